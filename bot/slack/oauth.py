"""Slack's OAuth: authorization URL, code exchange and token refresh."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from slack_sdk import WebClient

from bot.db.installations import Tokens

AUTHORIZE_URL: Final = "https://slack.com/oauth/v2/authorize"
CALL_SECONDS: Final = 10
PAGE: Final = 1000


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

    def authorize_url(
        self, state: str, granted: Collection[str] = (), team_id: str | None = None
    ) -> str:
        """Return where somebody says yes to the installation.

        Args:
            state: comes back with them.
            granted: what the workspace has granted; only what is missing is asked for.
            team_id: the workspace, where it is known.
        """
        missing = [scope for scope in self.scopes if scope not in granted]
        asked = {
            "client_id": self.client_id,
            "scope": ",".join(missing or self.scopes),
            "state": state,
            "redirect_uri": self.redirect_url,
            **({"team": team_id} if team_id else {}),
        }
        return f"{AUTHORIZE_URL}?{urlencode(asked)}"

    def exchange(self, code: str, now: datetime) -> Tokens:
        """Return the tokens that a code stands for.

        Raises:
            SlackApiError: the code is none, or no longer.
            LookupError: the answer names neither a workspace nor an organisation.
        """
        answer = self._client().oauth_v2_access(
            client_id=self.client_id,
            client_secret=self.client_secret,
            code=code,
            redirect_uri=self.redirect_url,
        )
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
        fresh = {name: value for name, value in dict(answer.data).items() if value}  # type: ignore[arg-type]  # Slack answers with an object here
        renewed = Tokens.of(
            {**_place(tokens), **fresh},
            now,
        )
        return replace(renewed, team_id=tokens.team_id)

    def workspaces(self, tokens: Tokens) -> list[str]:
        """Return the workspaces that an organisation's token may act in, as Slack lists them.

        Raises:
            SlackApiError: Slack refuses the token.
        """
        client, found, cursor = self._client(tokens.bot_token), [], None
        while True:
            page = client.api_call("auth.teams.list", params={"limit": PAGE, "cursor": cursor})
            found += [str(team["id"]) for team in page["teams"]]
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return found

    def add_to_workspaces_url(self, tokens: Tokens) -> str:
        """Return where an organisation's administrator adds the app to workspaces."""
        place = f"{tokens.team_id}/integrations/profile/{tokens.app_id}/workspaces/add"
        return f"https://app.slack.com/manage/{place}"

    def _client(self, token: str | None = None) -> WebClient:
        return WebClient(
            token=token, base_url=self.api_url, retry_handlers=[], timeout=CALL_SECONDS
        )


def _place(tokens: Tokens) -> dict[str, object]:
    """Return where a renewed token belongs, should Slack's answer not repeat it."""
    place = {"id": tokens.team_id}
    if tokens.is_org:
        return {"enterprise": place, "is_enterprise_install": True}
    return {"team": place}
