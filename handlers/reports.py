"""A sprint's report behind a sealed link, for who got the link from hour48."""

from __future__ import annotations

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot.sprint.errors import InputError
from bot.usecases.house import House
from bot.usecases.reporting import READY, render
from handlers.shield import SHIELD

GONE: Final = (
    "This link has expired, or never was one. `/sprint report` in Slack gives a new one.\n"
)


def report_routes(house: House) -> list[BaseRoute]:
    """Return the address of reports; none where no public address is configured."""
    links = house.links
    if links is None:
        return []

    def page(sealed: str) -> bytes | None:
        named = links.read(sealed, house.clock.now())
        if named is None:
            return None
        team_id, sprint_id = named
        with house.reading(team_id) as unit:
            try:
                sprint = unit.sprint(sprint_id)
            except InputError:
                return None
            return render(unit, sprint, "html")["html"] if sprint.status in READY else None

    async def report(request: Request) -> Response:
        found = await run_in_threadpool(page, request.path_params["sealed"])
        if found is None:
            return PlainTextResponse(GONE, 404, SHIELD)
        return Response(found, headers=SHIELD, media_type="text/html")

    return [Route("/reports/{sealed}", report, methods=["GET"])]
