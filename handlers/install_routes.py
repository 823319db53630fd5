"""Installing in a workspace: to Slack with a state, and back with a code; Bolt's authorisation."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.db.encryption import Encryption, SealedError
from bot.db.installations import Installations, Tokens
from bot.domain.errors import InputError
from bot.messages.catalog import say_plain
from bot.outbox.clients import NotInstalledError, SlackClients
from bot.slack.api_errors import TRANSPORT_ERRORS, diagnose
from bot.slack.oauth import SlackOAuth
from handlers.security_headers import SHIELD

log = structlog.get_logger()

COOKIE: Final = "hour48_install"
STATE_SECONDS: Final = 600
INSTALL_PATH: Final = "/slack/install"
REDIRECT_PATH: Final = "/slack/oauth_redirect"

STATUSES: Final = {"done": 200, "away": 502}
"""Of how an installation ended; 400 for all others."""


class NotNowError(RuntimeError):
    """Slack does not say just now who the bot is, so nothing that came in is acknowledged."""


def authorize_by(clients: SlackClients) -> Callable[..., AuthorizeResult | None]:
    """Return what Bolt asks who the bot is in a workspace, and with which token it answers.

    Bolt's own way to ask acknowledges what comes in while Slack refuses to answer, and a form that
    was submitted then is gone from the screen and kept nowhere.
    """

    def authorize(
        enterprise_id: str | None = None, team_id: str | None = None, user_id: str | None = None
    ) -> AuthorizeResult | None:
        try:
            way = clients.workspace(team_id or "")
        except NotInstalledError:
            return None
        except (SlackApiError, *TRANSPORT_ERRORS) as error:
            raise NotNowError(diagnose(error).error) from error
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            user_id=user_id,
            bot_user_id=way.bot_user_id,
            bot_token=way.client.token,
        )

    return authorize


def on_gone(
    installations: Installations, forget: Callable[[str], None]
) -> Callable[[dict[str, Any], dict[str, Any]], None]:
    """Return the listener for `app_uninstalled` and `tokens_revoked`."""

    def listen(event: dict[str, Any], body: dict[str, Any]) -> None:
        if event.get("type") == "tokens_revoked" and not (event.get("tokens") or {}).get("bot"):
            return
        team_id = str(body["team_id"])
        happened = body.get("event_time")
        at = datetime.fromtimestamp(int(happened), UTC) if happened else None
        left = installations.leave(team_id, datetime.now(UTC), at)
        forget(team_id)
        log.info("workspace.left" if left else "workspace.came_back_meanwhile", team=team_id)

    return listen


@dataclass(frozen=True, slots=True)
class Installing:
    """The two addresses of an installation.

    Args:
        oauth: Slack's side.
        installations: where tokens are kept.
        states: seals the state, so that only what began here can end here.
        clients: hears of new tokens.
        welcome: tells whoever installed it what to try.
    """

    oauth: SlackOAuth
    installations: Installations
    states: Encryption
    clients: SlackClients
    welcome: Callable[[Tokens], None]

    def routes(self) -> list[BaseRoute]:
        """Return both addresses."""
        return [
            Route(INSTALL_PATH, self.begin, methods=["GET"]),
            Route(REDIRECT_PATH, self.end, methods=["GET"]),
        ]

    async def begin(self, _request: Request) -> Response:
        """Send somebody to Slack, with a state that only their browser can bring back."""
        nonce = secrets.token_urlsafe(24)
        answer = RedirectResponse(self.oauth.authorize_url(self.states.seal(nonce)), 302, SHIELD)
        answer.set_cookie(
            COOKIE,
            nonce,
            max_age=STATE_SECONDS,
            path=REDIRECT_PATH,
            secure=self.oauth.redirect_url.startswith("https://"),
            httponly=True,
            samesite="lax",
        )
        return answer

    async def end(self, request: Request) -> Response:
        """Take somebody back from Slack and keep what their yes is worth."""
        asked, cookie = request.query_params, request.cookies.get(COOKIE, "")
        outcome = await run_in_threadpool(
            self._finish, asked.get("state", ""), cookie, asked.get("code")
        )
        words = say_plain("server.install_next" if outcome == "done" else "server.install_within")
        if outcome != "done":
            words = f'<a href="{INSTALL_PATH}">{say_plain("server.install_again")}</a>; {words}'
        title = say_plain(f"server.install_{outcome}")
        answer = HTMLResponse(_page(title, words), STATUSES.get(outcome, 400), SHIELD)
        answer.delete_cookie(COOKIE, path=REDIRECT_PATH)
        return answer

    def _finish(self, state: str, cookie: str, code: str | None) -> str:
        if not self._began_here(state, cookie):
            return "state"
        if not code:
            return "declined"
        now = datetime.now(UTC)
        try:
            tokens = self.oauth.exchange(code, now)
        except InputError:
            return "org"
        except SlackApiError:
            return "code"
        except TRANSPORT_ERRORS:
            return "away"
        self.installations.save(tokens, now)
        self.clients.forget(tokens.team_id)
        self.welcome(tokens)
        log.info("workspace.installed", team=tokens.team_id)
        return "done"

    def _began_here(self, state: str, cookie: str) -> bool:
        """Tell whether a state was sealed here, for this browser, lately and for the first time."""
        try:
            nonce = self.states.open(state, STATE_SECONDS)
        except SealedError:
            return False
        if not secrets.compare_digest(nonce.encode(), cookie.encode()):
            return False
        return self.installations.first_time(f"install:{nonce}", datetime.now(UTC))


def _page(title: str, words: str) -> str:
    style = "body{font:1.1rem/1.5 system-ui;margin:20vh auto;max-width:32rem;padding:0 1rem}"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>hour48</title>'
        f"<style>{style}</style><h1>{title}</h1><p>{words}</p></html>"
    )
