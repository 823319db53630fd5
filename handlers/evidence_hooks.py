"""Where outside systems send their webhooks: one address each, signed as that system signs."""

from __future__ import annotations

from typing import Final

import structlog
from sqlalchemy.exc import OperationalError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.db.encryption import Encryption, SealedError
from bot.db.evidence_models import EvidenceSystem
from bot.domain.errors import InputError
from bot.evidence.contract import UnreadableEvent, WebhookDelivery
from bot.evidence.service import take_facts
from bot.evidence.systems import HOOKS, as_connected, by_slug
from bot.messages.catalog import say_plain
from bot.unit_of_work import Runtime
from handlers.security_headers import SECURITY_HEADERS
from handlers.web import read_body

log = structlog.get_logger()

MOST_TRIES: Final = 4
"""How often facts are written that a deadlock or a busy database throws out."""


class EvidenceHooks:
    """Takes what outside systems send.

    Args:
        runtime: where facts are written.
        encryption: opens the secrets that deliveries are signed with.
    """

    def __init__(self, runtime: Runtime, encryption: Encryption) -> None:
        self._runtime = runtime
        self._encryption = encryption

    def accept(self, slug: str, delivery: WebhookDelivery) -> tuple[int, str]:
        """Write a delivery's facts down; return the HTTP status and one sentence for the sender."""
        with self._runtime.reading_sessions() as session:
            row = by_slug(session, slug)
        if row is None or row.secret is None:
            return 404, say_plain("connect.system_connected_address")
        try:
            return self._accept_from(row, delivery)
        except UnreadableEvent as wrong:
            self._note(row, str(wrong))
            return 400, str(wrong)
        except (SealedError, InputError) as refused:
            log.error("evidence.system_unusable", system=row.name, problem=refused.message)
            return 503, say_plain("connect.secret_unavailable")

    def _accept_from(self, row: EvidenceSystem, delivery: WebhookDelivery) -> tuple[int, str]:
        system = as_connected(row)
        adapter = system.adapter
        if adapter.verify is None or adapter.read is None:
            return 404, say_plain("connect.webhooks_unsupported")
        if not adapter.verify(self._encryption.open(str(row.secret)), delivery):
            refused = say_plain("connect.signature_wrong")
            if row.error != refused:  # whoever has only the address causes one write at most
                self._note(row, refused)
            return 401, refused
        facts = adapter.read(delivery, system.settings)
        for attempt in range(MOST_TRIES):
            try:
                with self._runtime.uow(row.team_id) as uow:
                    linked = take_facts(uow, row.id, facts)
            except OperationalError:
                if attempt + 1 == MOST_TRIES:
                    raise
            else:
                return 200, say_plain("connect.facts_read", facts=len(facts), linked=linked)
        raise AssertionError

    def _note(self, row: EvidenceSystem, problem: str) -> None:
        with self._runtime.uow(row.team_id) as uow:
            uow.session.get_one(EvidenceSystem, row.id).error = problem

    def routes(self) -> list[BaseRoute]:
        """Return the address that takes deliveries."""

        async def hook(request: Request) -> Response:
            body = await read_body(request)
            if body is None:
                return _answer(413, say_plain("connect.delivery_too_large"))
            headers = {name.lower(): value for name, value in request.headers.items()}
            delivery = WebhookDelivery(headers, body, self._runtime.clock.now())
            slug = request.path_params["slug"]
            return _answer(*await run_in_threadpool(self.accept, slug, delivery))

        return [Route(f"{HOOKS}{{slug}}", hook, methods=["POST"])]


def _answer(status: int, message: str) -> Response:
    return JSONResponse({"message": message}, status, SECURITY_HEADERS)
