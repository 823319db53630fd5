"""A sprint's report behind a sealed link, for who got the link from hour48."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot.debrief.links import opens
from bot.debrief.report_files import READY, render
from bot.domain.errors import InputError
from bot.messages.catalog import say_plain
from bot.unit_of_work import Runtime
from handlers.security_headers import SHIELD


def report_routes(runtime: Runtime) -> list[BaseRoute]:
    """Return the address of reports; none where no public address is configured."""
    links = runtime.links
    if links is None:
        return []

    def page(sealed: str) -> bytes | None:
        named = links.read(sealed, runtime.clock.now())
        if named is None:
            return None
        team_id, sprint_id, link_id = named
        with runtime.reading(team_id) as uow:
            try:
                sprint = uow.sprint(sprint_id)
            except InputError:
                return None
            if sprint.status not in READY or not opens(uow, sprint, link_id):
                return None
            return render(uow, sprint, "html")["html"]

    async def report(request: Request) -> Response:
        found = await run_in_threadpool(page, request.path_params["sealed"])
        if found is None:
            return PlainTextResponse(say_plain("errors.gone") + "\n", 404, SHIELD)
        return Response(found, headers=SHIELD, media_type="text/html")

    return [Route("/reports/{sealed}", report, methods=["GET"])]
