"""A sprint's report as a page: behind a sealed link, and for who is signed in and may read it."""

from __future__ import annotations

from html import escape

from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot.db.models import Sprint
from bot.debrief.links import opens
from bot.debrief.report_files import READY, readable, render
from bot.domain.errors import InputError
from bot.messages.catalog import say_plain
from bot.sprints.people import seen_by
from bot.unit_of_work import Runtime, UnitOfWork
from handlers.security_headers import SECURITY_HEADERS
from handlers.sign_in import LIST_PATH, SIGN_OUT_PATH, SignIn, SignInSession, html

MOST_LISTED = 100


def report_routes(runtime: Runtime, sign_in: SignIn | None = None) -> list[BaseRoute]:
    """Return the addresses of reports; none where no public address is configured.

    Args:
        runtime: where they are read.
        sign_in: lets in who is signed in and may read a sprint; None where the link is enough.
    """
    pages = _Pages(runtime, sign_in)
    routes: list[BaseRoute] = []
    if runtime.links is not None:
        routes.append(Route("/reports/{sealed}", pages.behind_link, methods=["GET"]))
    if sign_in is not None:
        routes += [
            Route(LIST_PATH, pages.listed, methods=["GET"]),
            Route("/sprints/{sprint_id:int}/report", pages.of_sprint, methods=["GET"]),
            *sign_in.routes(),
        ]
    return routes


class _Pages:
    """The pages.

    Args:
        runtime: where they are read.
        sign_in: see `report_routes`.
    """

    def __init__(self, runtime: Runtime, sign_in: SignIn | None) -> None:
        self._runtime = runtime
        self._sign_in = sign_in

    async def behind_link(self, request: Request) -> Response:
        """Show the report of a link; who has to sign in learns nothing of it before."""
        session = await self._session(request)
        if self._sign_in is not None and session is None:
            return self._sign_in.ask(request)
        found = await run_in_threadpool(self._linked, request.path_params["sealed"], session)
        return _report(found)

    async def of_sprint(self, request: Request) -> Response:
        """Show a sprint's report to who is signed in and may read it."""
        session = await self._session(request)
        if self._sign_in is not None and session is None:
            return self._sign_in.ask(request)
        found = await run_in_threadpool(self._own, request.path_params["sprint_id"], session)
        return _report(found)

    async def listed(self, request: Request) -> Response:
        """Show which reports somebody may read, with the way out."""
        session = await self._session(request)
        if session is None:
            return self._sign_in.ask(request) if self._sign_in else _report(None)
        return html(await run_in_threadpool(self._list, session))

    async def _session(self, request: Request) -> SignInSession | None:
        if self._sign_in is None:
            return None
        return await run_in_threadpool(self._sign_in.session, request)

    def _linked(self, sealed: str, session: SignInSession | None) -> bytes | None:
        links, now = self._runtime.links, self._runtime.clock.now()
        named = links.read(sealed, now) if links else None
        if named is None:
            return None
        team_id, sprint_id, link_id = named
        reader = self._reader(session, team_id)
        with self._runtime.reading(team_id) as uow:
            sprint = self._readable(uow, sprint_id, reader)
            if sprint is None or not opens(uow, sprint, link_id):
                return None
            return render(uow, sprint, "html")["html"]

    def _own(self, sprint_id: int, session: SignInSession | None) -> bytes | None:
        team_id = self._team_of(sprint_id, session)
        reader = self._reader(session, team_id) if team_id else None
        if team_id is None or reader is None:
            return None
        with self._runtime.reading(team_id) as uow:
            sprint = self._readable(uow, sprint_id, reader)
            return render(uow, sprint, "html")["html"] if sprint else None

    def _team_of(self, sprint_id: int, session: SignInSession | None) -> str | None:
        """Return a sprint's workspace, where the provider names none of the reader's."""
        if session is None or session.team_id:
            return session.team_id if session else None
        with self._runtime.reading_sessions() as reading:
            return reading.scalar(select(Sprint.team_id).where(Sprint.id == sprint_id))

    def _reader(self, session: SignInSession | None, team_id: str) -> str | None:
        return self._sign_in.person(session, team_id) if self._sign_in and session else None

    def _readable(self, uow: UnitOfWork, sprint_id: int, reader: str | None) -> Sprint | None:
        """Return a sprint that has a report and that a reader may see; a link alone may do."""
        if self._sign_in is not None:
            return readable(uow, reader, sprint_id) if reader else None
        try:
            sprint = uow.sprint(sprint_id)
        except InputError:
            return None
        return sprint if sprint.status in READY else None

    def _list(self, session: SignInSession) -> str:
        lines = "".join(
            f'<li><a href="/sprints/{number}/report">{escape(title)}</a></li>'
            for number, title in self._titles(session)
        )
        listed = f"<ul>{lines}</ul>" if lines else f"<p>{say_plain('server.reports_none')}</p>"
        out = (
            f'<form method="post" action="{SIGN_OUT_PATH}">'
            f"<button>{say_plain('server.sign_out')}</button></form>"
        )
        return f"<h1>{say_plain('server.reports_title')}</h1>{listed}{out}"

    def _titles(self, session: SignInSession) -> list[tuple[int, str]]:
        found: list[tuple[int, str]] = []
        for team_id in self._teams(session):
            reader = self._reader(session, team_id)
            if reader is None:
                continue
            with self._runtime.reading(team_id) as uow:
                seen = select(Sprint).where(
                    Sprint.team_id == team_id, Sprint.status.in_(READY), seen_by(uow, reader)
                )
                newest = seen.order_by(Sprint.id.desc()).limit(MOST_LISTED)
                for sprint in uow.session.scalars(newest).all():
                    if self._readable(uow, sprint.id, reader) is not None:
                        found.append((sprint.id, sprint.title))
        return found[:MOST_LISTED]

    def _teams(self, session: SignInSession) -> list[str]:
        """Return the workspaces to look into: their own, or every one that has a sprint."""
        if session.team_id:
            return [session.team_id]
        with self._runtime.reading_sessions() as reading:
            return list(reading.scalars(select(Sprint.team_id).distinct().limit(MOST_LISTED)))


def _report(found: bytes | None) -> Response:
    if found is None:
        return PlainTextResponse(say_plain("errors.gone") + "\n", 404, SECURITY_HEADERS)
    return Response(found, headers=SECURITY_HEADERS, media_type="text/html")
