"""The small page beside the bot: health, readiness, metrics and, in HTTP mode, Slack."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from anyio import CapacityLimiter, to_thread
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from slack_bolt import App
from slack_bolt.adapter.starlette.handler import to_bolt_request, to_starlette_response
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from handlers.payload_shape import is_delivery

AT_ONCE: Final = 12
"""Deliveries in threads at once. The others wait in the loop, where waiting costs nothing: threads
beyond this would wait for so long that they lose their patience, see `bot.priority_gate`."""
LARGEST_BODY: Final = 1_000_000
_TIMESTAMP: Final = re.compile(r"[0-9]{1,12}")
"""Bolt takes the header for a number without looking."""
Check = Callable[[], str | None]
Hung = Callable[[], Collection[str]]


def build_web(
    checks: Mapping[str, Check],
    registry: CollectorRegistry,
    slack_app: App | None = None,
    more: Sequence[BaseRoute] = (),
    *,
    has_ops: bool = True,
    hung: Hung = frozenset,
) -> Starlette:
    """Build the page.

    Args:
        checks: what readiness rests on: a name → what is wrong, None when it is well.
        registry: the metrics.
        slack_app: Bolt's app in HTTP mode.
        more: further routes, such as reports.
        has_ops: whether readiness and metrics are on it; else `build_ops` serves them elsewhere.
        hung: names the bot's processes that make no progress.
    """
    routes: list[BaseRoute] = [*_liveness(hung), *more]
    if has_ops:
        routes += _ops_routes(checks, registry)
    if slack_app is not None:
        routes.append(Route("/slack/events", _slack_endpoint(slack_app), methods=["POST"]))
    return Starlette(routes=routes, exception_handlers={ClientDisconnect: _to_nobody})


def build_ops(
    checks: Mapping[str, Check], registry: CollectorRegistry, hung: Hung = frozenset
) -> Starlette:
    """Build the page for operators alone; see `build_web`."""
    return Starlette(routes=[*_liveness(hung), *_ops_routes(checks, registry)])


def _liveness(hung: Hung) -> list[BaseRoute]:
    async def healthz(_request: Request) -> Response:
        if names := sorted(hung()):
            return PlainTextResponse(f"no progress: {', '.join(names)}\n", status_code=503)
        return PlainTextResponse("ok\n")

    return [Route("/healthz", healthz), Route("/livez", healthz)]


def _ops_routes(checks: Mapping[str, Check], registry: CollectorRegistry) -> list[BaseRoute]:
    async def readyz(_request: Request) -> Response:
        found = await run_in_threadpool(lambda: {name: check() for name, check in checks.items()})
        wrong = {name: problem for name, problem in found.items() if problem}
        status = 503 if wrong else 200
        return JSONResponse({"ready": not wrong, "wrong": wrong}, status_code=status)

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return [Route("/readyz", readyz), Route("/metrics", metrics)]


async def _to_nobody(_request: Request, _hung_up: Exception) -> Response:
    """Answer who is gone; that callers hang up is no failure of ours to be logged with a trace."""
    return Response(status_code=400)


def _slack_endpoint(app: App) -> Callable[[Request], object]:
    at_once = CapacityLimiter(AT_ONCE)

    async def endpoint(request: Request) -> Response:
        body = await read_body(request)
        if body is None:
            return PlainTextResponse("too large\n", status_code=413)
        if not _TIMESTAMP.fullmatch(request.headers.get("x-slack-request-timestamp", "")):
            return PlainTextResponse("not signed\n", status_code=401)
        if not is_delivery(body, request.headers.get("content-type", "")):
            return PlainTextResponse("not readable\n", status_code=400)
        bolt_request = to_bolt_request(request, body)
        return to_starlette_response(
            await to_thread.run_sync(app.dispatch, bolt_request, limiter=at_once)
        )

    return endpoint


async def read_body(request: Request) -> bytes | None:
    """Return a body; None as soon as it is larger than anything Slack or a probe sends."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST_BODY:
            return None
    return body
