"""Signing in to the web pages: the way to the provider and back, the session, who may read what."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any, Final

import structlog
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.db.encryption import Encryption, SealedError
from bot.db.installations import Installations
from bot.db.models import Receipt
from bot.messages.catalog import say_plain
from bot.settings import OidcSettings
from handlers.context import HandlerContext
from handlers.oidc import Claims, NotSignedInError, Provider, ProviderError, SignInAttempt
from handlers.payload import is_ident
from handlers.people_lookup import introduce
from handlers.security_headers import SECURITY_HEADERS
from handlers.small_page import small_page

log = structlog.get_logger()

SIGN_IN_PATH: Final = "/sign-in"
BACK_PATH: Final = "/signed-in"
SIGN_OUT_PATH: Final = "/sign-out"
LIST_PATH: Final = "/reports"
ATTEMPT_COOKIE: Final = "hour48_sign_in"
ATTEMPT_SECONDS: Final = 600
LONGEST_SEALED: Final = 4_000
OWN_PATH: Final = re.compile(r"/reports(/[A-Za-z0-9_=-]{1,600})?|/sprints/[0-9]{1,12}/report")
"""Where somebody may be sent after signing in: pages of ours that ask for it, and nowhere else."""
EMAIL_KEPT: Final = timedelta(minutes=10)
FORM_SHIELD: Final = {
    **SECURITY_HEADERS,
    "Content-Security-Policy": SECURITY_HEADERS["Content-Security-Policy"].replace(
        "form-action 'none'", "form-action 'self'"
    ),
}
FindByEmail = Callable[[str, str], str | None]


@dataclass(frozen=True, slots=True)
class SignInSession:
    """Who is signed in, as the provider named them.

    Args:
        id: the session's own, by which it is ended.
        user_id: their id in Slack; None where only their e-mail address is known.
        team_id: their workspace; None where the provider names none.
        email: their confirmed address, where it is what they are found by.
    """

    id: str
    user_id: str | None = None
    team_id: str | None = None
    email: str | None = None


@dataclass(slots=True)
class SignIn:
    """The pages of a sign-in, and the check that others ask.

    Args:
        settings: the provider, and which of its claims name somebody.
        provider: its other side.
        ctx: how Slack is asked who somebody is.
        installations: notes what counts once.
        seals: seals attempts and sessions.
        public_url: where the pages are reached from outside.
        find_by_email: asks Slack for who has an address, by workspace.
    """

    settings: OidcSettings
    provider: Provider
    ctx: HandlerContext
    installations: Installations
    seals: Encryption
    public_url: str
    find_by_email: FindByEmail
    _found: dict[tuple[str, str], tuple[datetime, str | None]] = field(default_factory=dict)

    def routes(self) -> list[BaseRoute]:
        """Return the addresses of signing in and out."""
        return [
            Route(SIGN_IN_PATH, self.begin, methods=["GET"]),
            Route(BACK_PATH, self.end, methods=["GET"]),
            Route(SIGN_OUT_PATH, self.sign_out, methods=["POST"]),
        ]

    @property
    def _is_secure(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def cookie(self) -> str:
        """The session's cookie; browsers hold one of this prefix to this host alone."""
        return "__Host-hour48" if self._is_secure else "hour48_session"

    # --- in and out -------------------------------------------------------------------------

    def ask(self, request: Request) -> Response:
        """Send somebody to sign in, who then comes back to where they were."""
        return RedirectResponse(f"{SIGN_IN_PATH}?to={request.url.path}", 302, SECURITY_HEADERS)

    async def begin(self, request: Request) -> Response:
        """Send somebody to the provider, with what only their browser can bring back."""
        attempt, to = SignInAttempt(), request.query_params.get("to", LIST_PATH)
        try:
            address = await run_in_threadpool(self.provider.authorize_url, attempt)
        except ProviderError as error:
            return self._away(error)
        kept = {**asdict(attempt), "to": to if OWN_PATH.fullmatch(to) else LIST_PATH}
        answer = RedirectResponse(address, 302, SECURITY_HEADERS)
        self._set(answer, ATTEMPT_COOKIE, kept, ATTEMPT_SECONDS, BACK_PATH)
        return answer

    async def end(self, request: Request) -> Response:
        """Take somebody back from the provider and open a session for them."""
        try:
            attempt, to = self._began_here(request)
            claims = await run_in_threadpool(self._claims, request, attempt)
            session = self._session(claims)
        except ProviderError as error:
            return self._away(error)
        except NotSignedInError as refused:
            log.warning("sign_in.refused", reason=refused.message)
            return _page("server.sign_in_refused", 400, again=True)
        answer = RedirectResponse(f"{self.public_url}{to}", 303, SECURITY_HEADERS)
        self._set(answer, self.cookie, asdict(session), self._seconds, "/")
        answer.delete_cookie(ATTEMPT_COOKIE, path=BACK_PATH)
        log.info("sign_in.done", subject=str(claims["sub"])[:60])
        return answer

    async def sign_out(self, request: Request) -> Response:
        """End the session, also for whoever copied its cookie."""
        if request.headers.get("origin") != self.public_url:
            return _page("server.sign_in_elsewhere", 403)
        session = await run_in_threadpool(self.session, request)
        if session is not None:
            ended = f"signed-out:{session.id}"
            await run_in_threadpool(self.installations.first_time, ended, datetime.now(UTC))
        answer = _page("server.signed_out", 200)
        answer.delete_cookie(self.cookie, path="/", secure=self._is_secure)
        return answer

    def _away(self, error: ProviderError) -> Response:
        log.warning("sign_in.provider", error=str(error))
        return _page("server.sign_in_away", 502, again=True)

    @property
    def _seconds(self) -> int:
        return int(self.settings.session_hours * 3_600)

    def _set(
        self, answer: Response, name: str, kept: Mapping[str, Any], seconds: int, path: str
    ) -> None:
        sealed = self.seals.seal(json.dumps({"for": name, **kept}))
        answer.set_cookie(
            name,
            sealed,
            max_age=seconds,
            path=path,
            secure=self._is_secure,
            httponly=True,
            samesite="lax",
        )

    def _kept(self, request: Request, name: str, seconds: int) -> dict[str, Any] | None:
        """Return what a cookie of ours holds; None where it is none, or not under this name."""
        sealed = request.cookies.get(name, "")
        if not sealed or len(sealed) > LONGEST_SEALED:
            return None
        try:
            read: dict[str, Any] = json.loads(self.seals.open(sealed, seconds))
        except SealedError:
            return None
        return read if read.pop("for", None) == name else None

    def _began_here(self, request: Request) -> tuple[SignInAttempt, str]:
        kept = self._kept(request, ATTEMPT_COOKIE, ATTEMPT_SECONDS)
        state = request.query_params.get("state", "")
        if kept is None or not secrets.compare_digest(kept["state"].encode(), state.encode()):
            raise NotSignedInError("state")
        issuer = request.query_params.get("iss", self.settings.issuer)
        if issuer != self.settings.issuer:
            raise NotSignedInError("iss of the answer")
        to = str(kept.pop("to"))
        return SignInAttempt(**kept), to

    def _claims(self, request: Request, attempt: SignInAttempt) -> Claims:
        code = request.query_params.get("code")
        if not code:
            raise NotSignedInError("declined")
        if not self.installations.first_time(f"sign-in:{attempt.state}", datetime.now(UTC)):
            raise NotSignedInError("replayed")
        return self.provider.claims(code, attempt)

    def _session(self, claims: Claims) -> SignInSession:
        """Return the session of who signed in.

        Raises:
            NotSignedInError: the provider names nobody whom Slack could know.
        """
        team_id = claims.get(self.settings.team) if self.settings.team else None
        if self.settings.team and not is_ident(team_id):
            raise NotSignedInError("no workspace")
        own = secrets.token_urlsafe(12)
        if self.settings.user:
            user_id = claims.get(self.settings.user)
            if not is_ident(user_id):
                raise NotSignedInError("no person")
            return SignInSession(own, user_id=user_id, team_id=team_id)
        email = claims.get("email")
        if not isinstance(email, str) or claims.get("email_verified") is not True:
            raise NotSignedInError("no confirmed address")
        return SignInSession(own, team_id=team_id, email=email.casefold())

    # --- who may read -----------------------------------------------------------------------

    def session(self, request: Request) -> SignInSession | None:
        """Return who is signed in; None where nobody is, or the session was ended."""
        kept = self._kept(request, self.cookie, self._seconds)
        if kept is None:
            return None
        session = SignInSession(**kept)
        with self.ctx.runtime.reading_sessions() as reading:
            ended = select(Receipt.id).where(Receipt.key == f"signed-out:{session.id}")
            return None if reading.scalar(ended) else session

    def person(self, session: SignInSession, team_id: str) -> str | None:
        """Return who somebody signed in is in a workspace; None where they are nobody there.

        Slack is asked, so that a guest, somebody who left and another company's are known as such.
        """
        if session.team_id not in (None, team_id):
            return None
        user_id = session.user_id or self._by_email(team_id, str(session.email))
        if user_id is None:
            return None
        introduce(self.ctx, team_id, user_id)
        with self.ctx.runtime.reading(team_id) as uow:
            known = uow.person(user_id)
            is_member = known is not None and known.looked_up_at is not None
            is_here = is_member and not (known.is_deleted or known.is_bot)  # type: ignore[union-attr]  # a member is known
        return user_id if is_here else None

    def _by_email(self, team_id: str, email: str) -> str | None:
        at, found = self._found.get((team_id, email), (None, None))
        now = datetime.now(UTC)
        if at is None or now - at > EMAIL_KEPT:
            found = self.find_by_email(team_id, email)
            if len(self._found) > 10_000:
                self._found.clear()
            self._found[team_id, email] = now, found
        return found


def _page(key: str, status: int, *, again: bool = False) -> Response:
    """Return a page of one sentence, with the way to start again."""
    way = f'<p><a href="{SIGN_IN_PATH}">{say_plain("server.sign_in_again")}</a></p>'
    return html(f"<h1>{escape(say_plain(key))}</h1>{way if again else ''}", status)


def html(inside: str, status: int = 200) -> Response:
    """Return a small page of ours; what is in it has to be escaped already."""
    return HTMLResponse(small_page(inside), status, FORM_SHIELD)
