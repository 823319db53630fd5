"""Findings from another machine: an invitation with a one-time token, and where they land."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.domain.errors import AlreadyDone, InputError
from bot.domain.vocabulary import PhaseKey
from bot.messages.catalog import say_plain
from bot.probe_runs.service import Probe, accept_remote_result
from bot.unit_of_work import Runtime
from handlers.security_headers import SECURITY_HEADERS
from handlers.web import read_body
from probes.contract import result_to_plain
from probes.environment.report import Claims, make_token, read_report, read_token

REPORT_PATH: Final = "/probes/report"
SCRIPT_PATH: Final = "/probes/environment.py"
ANYWHERE: Final = "environment"
"""The probe that also runs where hour48 is not installed, as one file that the bot serves."""


class RemoteProbes:
    """Invites other machines to report, and takes what they send.

    Args:
        public_url: where the bot's page is reached from outside, without a slash at the end.
        secrets: what the tokens are signed with, the newest first.
    """

    def __init__(self, public_url: str, secrets: Sequence[str]) -> None:
        self._public_url = public_url
        self._keys = [
            hashlib.sha256(b"hour48 probe reports:" + secret.encode()).digest()
            for secret in secrets
        ]

    def invite(self, team_id: str, sprint_id: int, user_id: str, probe: str, now: datetime) -> str:
        """Return the command line that reports one result, for one person to run elsewhere."""
        token = make_token(self._keys[0], f"{team_id}:{sprint_id}:{user_id}", probe, now)
        url = self._public_url
        if probe != ANYWHERE:
            return f"hour48 probe {probe} --report-to {url}{REPORT_PATH} --token {token}"
        return f"curl -fsS {url}{SCRIPT_PATH} | python3 - {url}{REPORT_PATH} {token}"

    def accept(self, runtime: Runtime, token: str, body: bytes) -> tuple[int, str]:
        """Write a result down; return the HTTP status and one sentence for the sender."""
        try:
            claims = read_token(self._keys, token, runtime.clock.now())
        except InputError as refused:
            return 401, refused.message
        try:
            result = read_report(body, claims.probe)
            _keep(runtime, claims, result_to_plain(result))
        except AlreadyDone:
            return 409, say_plain("server.used")
        except InputError as refused:
            return 422, refused.message
        return 201, say_plain("server.sprint_findings")

    def routes(self, runtime: Runtime) -> list[BaseRoute]:
        """Return the address that takes reports."""

        async def report(request: Request) -> Response:
            scheme, _, token = request.headers.get("authorization", "").partition(" ")
            if scheme.lower() != "bearer" or not token:
                return _answer(401, say_plain("server.report_token_missing"))
            body = await read_body(request)
            if body is None:
                return _answer(413, say_plain("server.report_too_large"))
            return _answer(*await run_in_threadpool(self.accept, runtime, token.strip(), body))

        async def script(_request: Request) -> Response:
            return Response(_script(), media_type="text/x-python", headers=SECURITY_HEADERS)

        return [
            Route(REPORT_PATH, report, methods=["POST"]),
            Route(SCRIPT_PATH, script, methods=["GET"]),
        ]


@cache
def _script() -> bytes:
    return (files("probes.environment") / "anywhere.py").read_bytes()


def _keep(runtime: Runtime, claims: Claims, plain: dict[str, object]) -> None:
    team_id, sprint_id, user_id = claims.sprint.split(":")
    probe = Probe(claims.probe, PhaseKey.MODEL.value)
    with runtime.uow(team_id) as uow:
        accept_remote_result(uow, user_id, int(sprint_id), probe, plain, once=claims.once)


def _answer(status: int, message: str) -> Response:
    return JSONResponse({"message": message}, status, SECURITY_HEADERS)
