"""Slack's side of an installation: where to send people, and what a code or a token is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from slack_sdk import WebClient

from bot.db.installations import Tokens
from bot.domain.errors import InputError
from bot.slack.texts import say

AUTHORIZE_URL: Final = "https://slack.com/oauth/v2/authorize"
CALL_SECONDS: Final = 10


@dataclass(frozen=True, slots=True)
class SlackOAuth:
    """The app as Slack's authorisation knows it.

    Args:
        client_id: the app.
        client_secret: proves that it is the app.
        scopes: what the bot asks for.
        redirect_url: where Slack sends people back to.
        api_url: where the Web API is.
    """

    client_id: str
    client_secret: str = field(repr=False)
    scopes: Sequence[str]
    redirect_url: str
    api_url: str = WebClient.BASE_URL

    def authorize_url(self, state: str) -> str:
        """Return where somebody says yes to the installation."""
        asked = {
            "client_id": self.client_id,
            "scope": ",".join(self.scopes),
            "state": state,
            "redirect_uri": self.redirect_url,
        }
        return f"{AUTHORIZE_URL}?{urlencode(asked)}"

    def exchange(self, code: str, now: datetime) -> Tokens:
        """Return the tokens that a code stands for.

        Raises:
            SlackApiError: the code is none, or no longer.
            InputError: the app was installed for a whole organisation.
        """
        answer = self._client().oauth_v2_access(
            client_id=self.client_id,
            client_secret=self.client_secret,
            code=code,
            redirect_uri=self.redirect_url,
        )
        if not isinstance(answer.get("team"), dict):
            raise InputError(say("hour48_installed_workspace_time_choose"))
        return Tokens.of(dict(answer.data), now)  # type: ignore[arg-type]  # Slack answers with an object here

    def renew(self, tokens: Tokens, now: datetime) -> Tokens:
        """Return the tokens that follow on those that are about to expire.

        Raises:
            SlackApiError: Slack refuses the refresh token.
        """
        answer = self._client().oauth_v2_access(
            client_id=self.client_id,
            client_secret=self.client_secret,
            grant_type="refresh_token",
            refresh_token=tokens.refresh_token,
        )
        return Tokens.of({"team": {"id": tokens.team_id}, **dict(answer.data)}, now)  # type: ignore[arg-type]  # Slack answers with an object here

    def _client(self) -> WebClient:
        return WebClient(base_url=self.api_url, retry_handlers=[], timeout=CALL_SECONDS)
