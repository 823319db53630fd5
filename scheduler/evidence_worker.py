"""Looks at what blockers wait for: grants on sources, tickets and calendars."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

import httpx
import structlog

from bot.db.encryption import Encryption, SealedError
from bot.db.evidence_models import EvidenceSystem
from bot.domain.errors import InputError
from bot.domain.waits import SystemEvent
from bot.evidence.contract import PollError, UnreadableEvent
from bot.evidence.links import ACCESS
from bot.evidence.polling import LinkToPoll, claim_look, finish_look, granted
from bot.evidence.systems import Connected, as_connected
from bot.messages.catalog import say_plain
from bot.texts import use_language
from bot.unit_of_work import Runtime
from probes.grants import look_for_grant
from probes.guard import AddressRefused, guarded_client
from probes.settings import ProbeSettings
from scheduler.background_loop import ClaimLoop

log = structlog.get_logger()

ANSWER_SECONDS: Final = 15.0
LARGEST_ANSWER: Final = 5_000_000
THREADS: Final = 2
"""A source that does not answer holds up one of them until its time is over."""


class EvidenceWorker(ClaimLoop):
    """Looks at links in the background.

    Args:
        runtime: where facts are written.
        settings: the configured sources.
        encryption: opens tokens; None where no key is configured, so no system can be connected.
    """

    def __init__(
        self, runtime: Runtime, settings: ProbeSettings, encryption: Encryption | None
    ) -> None:
        super().__init__("evidence", threads=THREADS)
        self._runtime = runtime
        self._settings = settings
        self._encryption = encryption

    def work_once(self) -> bool:
        """Look at one link, if one is due; return whether there was one."""
        owner = uuid.uuid4().hex
        look = claim_look(self._runtime, owner)
        if look is None:
            return False
        with use_language(self._runtime.language_of(look.team_id)):
            facts, problem = self._asked(look)
        finish_look(self._runtime, look, owner, facts, problem)
        return True

    def _asked(self, look: LinkToPoll) -> tuple[Sequence[SystemEvent], str | None]:
        """Return what the system says, and what is wrong where it says nothing."""
        try:
            return self._facts(look), None
        except (PollError, UnreadableEvent) as refused:
            return (), str(refused)
        except InputError as refused:
            return (), refused.message
        except Exception:  # whatever an adapter stumbles over must not stop the other links
            log.exception("evidence.look_failed", link=look.link_id)
            return (), say_plain("connect.answer_unreadable")

    def _facts(self, look: LinkToPoll) -> Sequence[SystemEvent]:
        if look.adapter == ACCESS:
            grant = look_for_grant(look.subject, self._settings)
            if not grant.works:
                if grant.is_pending:
                    return ()
                raise PollError(grant.sentence)
            return [granted(look, self._runtime.clock.now())]
        return self._poll(look)

    def _poll(self, look: LinkToPoll) -> Sequence[SystemEvent]:
        with self._runtime.reading_sessions() as session:
            row = session.get(EvidenceSystem, look.system_id)
            session.expunge_all()
        if row is None:
            raise PollError(say_plain("connect.disconnected"))
        return ask_system(row, look.subject, self._encryption, self._runtime)


def ask_system(
    row: EvidenceSystem, subject: str, encryption: Encryption | None, runtime: Runtime
) -> list[SystemEvent]:
    """Ask a connected system about a subject.

    Raises:
        PollError: it cannot be asked, does not answer, or refuses; says which.
    """
    system = as_connected(row)
    poll = system.adapter.poll
    if poll is None or not system.can_be_asked:
        raise PollError(say_plain("connect.cannot_be_asked"))
    headers = {}
    if row.token and system.adapter.authorize:
        if encryption is None:
            raise PollError(say_plain("connect.token_sealed"))
        try:
            token = encryption.open(row.token)
        except SealedError as sealed:
            raise PollError(sealed.message) from None
        headers = dict(system.adapter.authorize(system.settings.user, token))
    allowed = bool(row.settings.get("allow_internal"))
    with guarded_client(timeout=ANSWER_SECONDS, allow_internal=allowed) as client:
        asker = _Asker(client, system, headers)
        return poll(asker, subject, system.settings, runtime.clock.now())


class _Asker:
    """Calls a system's API, with its token, at its own address only."""

    def __init__(self, client: httpx.Client, system: Connected, headers: Mapping[str, str]) -> None:
        self._client = client
        self._system = system
        self._headers = headers

    def __call__(
        self, path: str, *, post: Mapping[str, Any] | None = None, as_text: bool = False
    ) -> Any:
        url = f"{self._system.settings.base_url}{path}"
        label = self._system.adapter.label
        try:
            status, body = self._call(url, post)
        except AddressRefused as refused:
            raise PollError(_refused_address(refused)) from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as away:
            raise PollError(
                say_plain("connect.no_answer", label=label, cause=type(away).__name__)
            ) from None
        if status != 200:
            raise PollError(_refusal(label, status))
        text = body.decode("utf-8", "replace")
        if as_text:
            return text
        import json

        try:
            return json.loads(text)
        except ValueError:
            raise PollError(say_plain("connect.no_json", label=label)) from None

    def _call(self, url: str, post: Mapping[str, Any] | None) -> tuple[int, bytes]:
        method = "POST" if post is not None else "GET"
        body = b""
        with self._client.stream(method, url, headers=self._headers, json=post) as response:
            for piece in response.iter_bytes():
                body += piece
                if len(body) > LARGEST_ANSWER:
                    raise PollError(say_plain("connect.too_much", label=self._system.adapter.label))
            return response.status_code, body


def _refused_address(refused: AddressRefused) -> str:
    """Return the guard's refusal with the switch that an evidence system has for it."""
    ours = say_plain("connect.allow_by_flag")
    return refused.message.replace(say_plain("connect.allow_by_section"), ours)


def _refusal(label: str, status: int) -> str:
    reasons = {
        401: say_plain("connect.token_refused"),
        403: say_plain("connect.let_token_read"),
        404: say_plain("connect.item_not_found"),
        429: say_plain("connect.rate_limited"),
    }
    return f"{label} {reasons.get(status, say_plain('connect.other_status', status=status))}."
