"""Whether a target takes a test prediction, from whom, and from which pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bot.texts import joined
from probes.contract import Finding
from probes.integration.calls import MOST_BYTES, Caller, CallResult, Facts, TargetSession
from probes.integration.content import shortfall_of
from probes.integration.latency import wait_in_words, wait_of
from probes.integration.reach import unreachable
from probes.integration.texts import CODES, say

_LOGIN: Final = re.compile(
    r"log[-_]?[io]n|sign[-_]?[io]n|\bauth|\bsso\b|saml|oauth|anmeld|connexion", re.IGNORECASE
)
_STATUSES: Final = (
    ((401, 403), "credentials_refused"),
    ((404, 405), "operation_absent"),
    ((429,), "rate_limited"),
    (range(400, 500), "body_refused"),
    (range(1000), "server_fails"),
)
_WAIT: Final = frozenset({429, 503})
"""Statuses whose Retry-After says when to call again."""


def real_call(caller: TargetSession, name: str, facts: Facts) -> Iterator[Finding]:
    """Send one test prediction with the credentials."""
    if not caller.is_ready:
        return
    answer = caller.call()
    lacks = _shortfall(caller, answer) if isinstance(caller, Caller) else ""
    known = caller.has_credentials if isinstance(caller, Caller) else True
    yield from answer_findings(answer, name, facts, lacks, has_credentials=known)
    if answer.works and isinstance(caller, Caller):
        yield from answered_as_described(caller, name, answer)


def _shortfall(caller: Caller, answer: CallResult) -> str:
    """Return what an answer lacks; nothing where it comes later by callback, or is described so."""
    lacks = shortfall_of(answer.status or 0, answer.body) if answer.works else ""
    calls_back = bool(caller.target.callback_field)
    described = caller.operation is not None and answer.mismatch == ("", "")
    is_meant = calls_back if lacks == "answered_later" else calls_back or described
    return "" if is_meant and lacks != "answer_substituted" else lacks


def answer_findings(
    answer: CallResult, name: str, facts: Facts, lacks: str = "", *, has_credentials: bool = True
) -> Iterator[Finding]:
    """Say whether a call was taken, and note it for the checks that follow.

    Args:
        answer: what came back.
        name: of the target.
        facts: get the first call's status and time.
        lacks: the code of what a successful answer lacks of a prediction, if anything.
        has_credentials: whether anything secret was sent.
    """
    facts["first_call"] = {"status": answer.status, "ms": round(answer.milliseconds, 1)}
    facts["works"] = answer.works
    if answer.fault:
        yield unreachable(name, answer.fault)
    elif answer.refusal:
        yield CODES.finding(answer.refusal, facts["first_call"], name=name, status=answer.status)
    elif lacks:
        yield CODES.finding(lacks, facts["first_call"], name=name, status=answer.status)
    elif answer.works:
        took = answer.milliseconds
        yield CODES.finding("call_accepted", facts["first_call"], name=name, milliseconds=took)
        if answer.is_cut:
            evidence = {"bytes_read": MOST_BYTES}
            yield CODES.finding(
                "answer_too_long", evidence, name=name, most_bytes=MOST_BYTES // 1_000_000
            )
    elif 300 <= (answer.status or 0) < 400:
        yield _redirect(answer, name)
    else:
        yield _refusal(answer, name, has_credentials=has_credentials)


def answered_as_described(caller: Caller, name: str, answer: CallResult) -> Iterator[Finding]:
    """Compare an answer with the OpenAPI document, where there is one."""
    code, where = answer.mismatch
    if caller.operation is None or answer.is_cut:
        return
    evidence = {"status": answer.status}
    if not code:
        yield CODES.finding("answer_as_described", evidence, name=name)
    else:
        yield CODES.finding(f"answer_not_described_{code}", evidence, name=name, where=where)


def _redirect(answer: CallResult, name: str) -> Finding:
    """Say where a target sends its callers; what follows a question mark may be a secret."""
    place = next((value for key, value in answer.headers.items() if key.lower() == "location"), "")
    place = re.split(r"[?#;]", place)[0]
    code = "sent_to_login" if _LOGIN.search(place) else "redirected" if place else "redirected_away"
    evidence = {"status": answer.status}
    return CODES.finding(code, evidence, name=name, status=answer.status, place=place)


def _refusal(answer: CallResult, name: str, *, has_credentials: bool) -> Finding:
    status = answer.status or 0
    code = next(code for statuses, code in _STATUSES if status in statuses)
    is_unknown = code == "credentials_refused" and not has_credentials
    wait = wait_of(answer) if status in _WAIT else None
    return CODES.finding(
        code,
        {"status": status} | ({} if wait is None else {"retry_after": wait}),
        name=name,
        status=status,
        words=say("refused.caller" if is_unknown else f"refused.{code}"),
        advice=_next_step(code, wait),
    )


def _next_step(code: str, wait: int | None) -> str:
    arrives = say("call_arrives_taken")
    if code != "rate_limited" and wait is None:
        return arrives
    return joined(" ", (arrives, wait_in_words(wait)))


def authentication(caller: Caller, name: str, facts: Facts) -> Iterator[Finding]:
    """Call once without credentials: it should be refused."""
    if not caller.has_credentials:
        yield CODES.finding("no_credentials", name=name)
        return
    answer = caller.call(known=False)
    if answer.works and facts.get("works"):
        yield CODES.finding("open_to_anyone", {"status": answer.status}, name=name)
    elif answer.status in {401, 403}:
        yield CODES.finding("credentials_asked", name=name)


def cors(caller: Caller, name: str, _: Facts) -> Iterator[Finding]:
    """Ask whether a page at the configured origin may call the target."""
    origin = caller.target.origin
    if not origin:
        return
    asked = {"Origin": origin, "Access-Control-Request-Method": caller.target.method.upper()}
    answer = caller.call(method="OPTIONS", headers=asked, known=False)
    allowed = {key.lower(): value for key, value in answer.headers.items()}
    if allowed.get("access-control-allow-origin") in {origin, "*"}:
        yield CODES.finding("page_allowed", origin=origin, name=name)
    else:
        yield CODES.finding("page_refused", {"status": answer.status}, origin=origin, name=name)
