"""Installing in a workspace or organisation: to Slack with a state, and back with a code."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Final

import structlog
from slack_sdk.errors import SlackApiError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.db.encryption import Encryption, SealedError
from bot.db.installations import Installations, Tokens
from bot.db.organisations import Organisations
from bot.messages.catalog import say_plain
from bot.messages.scopes_line import off_words
from bot.outbox.clients import SlackClients
from bot.outbox.organisations import learn_workspaces
from bot.slack.api_errors import TRANSPORT_ERRORS
from bot.slack.oauth import SlackOAuth
from bot.slack.scopes import read_scopes, switched_off
from handlers.security_headers import SECURITY_HEADERS
from handlers.small_page import small_page

log = structlog.get_logger()

COOKIE: Final = "hour48_install"
STATE_SECONDS: Final = 600
INSTALL_PATH: Final = "/slack/install"
REDIRECT_PATH: Final = "/slack/oauth_redirect"

STATUSES: Final = {"done": 200, "org": 200, "away": 502}
"""Of how an installation ended; 400 for all others."""


@dataclass(frozen=True, slots=True)
class Installing:
    """The two addresses of an installation.

    Args:
        oauth: Slack's side.
        installations: where tokens are kept.
        organisations: which workspaces an organisation's installation covers.
        states: seals the state, so that only what began here can end here.
        keys: what signs links that ask for what a workspace has not granted, the newest first.
        clients: hears of new tokens.
        welcome: tells whoever installed it what to try.
    """

    oauth: SlackOAuth
    installations: Installations
    organisations: Organisations
    states: Encryption
    keys: Sequence[str]
    clients: SlackClients
    welcome: Callable[[Tokens], None]

    def routes(self) -> list[BaseRoute]:
        """Return both addresses."""
        return [
            Route(INSTALL_PATH, self.begin, methods=["GET"]),
            Route(REDIRECT_PATH, self.end, methods=["GET"]),
        ]

    async def begin(self, request: Request) -> Response:
        """Send somebody to Slack, with a state that only their browser can bring back."""
        nonce = secrets.token_urlsafe(24)
        sealed = request.query_params.get("for", "")
        team_id, granted = await run_in_threadpool(self._granted, sealed)
        address = self.oauth.authorize_url(self.states.seal(nonce), granted, team_id)
        answer = RedirectResponse(address, 302, SECURITY_HEADERS)
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
        outcome, tokens = await run_in_threadpool(
            self._finish, asked.get("state", ""), cookie, asked.get("code")
        )
        title = say_plain(f"server.install_{outcome}", name=escape(self._name_of(tokens)))
        page = small_page(f"<h1>{title}</h1><p>{self._next(tokens)}</p>")
        answer = HTMLResponse(page, STATUSES.get(outcome, 400), SECURITY_HEADERS)
        answer.delete_cookie(COOKIE, path=REDIRECT_PATH)
        return answer

    def _granted(self, sealed: str) -> tuple[str | None, frozenset[str]]:
        """Return the workspace that a link of ours is for, and what it has granted."""
        team_id = sealed.partition(".")[0]
        made_here = signed_team(team_id, self.keys)
        if not any(secrets.compare_digest(sealed.encode(), each.encode()) for each in made_here):
            return None, frozenset()
        return team_id, read_scopes(self.installations.scopes(team_id)) or frozenset()

    def _name_of(self, tokens: Tokens | None) -> str:
        return (tokens.team_name or tokens.team_id) if tokens else ""

    def _next(self, tokens: Tokens | None) -> str:
        """Say what to do next, as a line of the page."""
        if tokens is None:
            again = _link(INSTALL_PATH, say_plain("server.install_again"))
            return f"{again}; {say_plain('server.install_within')}"
        if tokens.is_org:
            address = self.oauth.add_to_workspaces_url(tokens)
            return _link(address, say_plain("server.install_add_to_workspaces"))
        off = switched_off(read_scopes(tokens.scopes) or ())
        steps = say_plain("server.install_next")
        return f"{steps} {escape(off_words(off))}" if off and tokens.scopes else steps

    def _finish(self, state: str, cookie: str, code: str | None) -> tuple[str, Tokens | None]:
        if not self._began_here(state, cookie):
            return "state", None
        if not code:
            return "declined", None
        now = datetime.now(UTC)
        try:
            tokens = self.oauth.exchange(code, now)
        except (SlackApiError, LookupError):
            return "code", None
        except TRANSPORT_ERRORS:
            return "away", None
        self.installations.save(tokens, now)
        self.clients.forget(tokens.team_id)
        if tokens.is_org:
            learn_workspaces(self.oauth, self.organisations, tokens, now)
        else:
            self.welcome(tokens)
        log.info("workspace.installed", team=tokens.team_id, is_org=tokens.is_org)
        return ("org" if tokens.is_org else "done"), tokens

    def _began_here(self, state: str, cookie: str) -> bool:
        """Return whether a state was sealed here, for this browser, lately and not yet used."""
        try:
            nonce = self.states.open(state, STATE_SECONDS)
        except SealedError:
            return False
        if not secrets.compare_digest(nonce.encode(), cookie.encode()):
            return False
        return self.installations.first_time(f"install:{nonce}", datetime.now(UTC))


def signed_team(team_id: str, keys: Sequence[str]) -> list[str]:
    """Return a workspace as links name it that ask for what it has not granted, one for each key.

    It is the same each time, since it stands on Home, which is not sent again without a change.
    """
    message = f"missing-scopes:{team_id}".encode()
    marks = [hmac.new(key.encode(), message, hashlib.sha256).hexdigest() for key in keys]
    return [f"{team_id}.{mark}" for mark in marks]


def _link(address: str, words: str) -> str:
    return f'<a href="{escape(address)}">{words}</a>'
