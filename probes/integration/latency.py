"""How fast a target answers, and how often it lets itself be called."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.integration.calls import CallResult, Facts, TargetSession
from probes.integration.texts import CODES, say

TOO_MANY: Final = 429
RARE_SHARE: Final = 0.01
"""Fewer failures than this can be retried; nothing needs to change for them."""


_MISSES: Final[Mapping[str, Callable[[CallResult], bool]]] = {
    "sometimes_fails": lambda one: not one.works and one.status != TOO_MANY,
    "limit_met": lambda one: one.status == TOO_MANY,
}
"""Ways in which some of many calls were not taken."""
_UNITS: Final = ((7200, "wait_hours", 3600), (120, "wait_minutes", 60), (0, "wait_seconds", 1))
_BURST: Final = ("ratelimit-limit", "x-ratelimit-limit", "x-rate-limit-limit")


def latency(caller: TargetSession, name: str, facts: Facts) -> Iterator[Finding]:
    """Call again and again, and compare the slowest with the budget."""
    if not facts.get("works"):
        return
    import numpy as np

    answers = _many(caller)
    yield from _missed(answers, name)
    yield from _stated_limit(answers, name)
    times = [one.milliseconds for one in answers if one.works]
    if not times:
        return
    median, slow = (float(np.percentile(times, share)) for share in (50, 99))
    budget = caller.target.latency_budget_ms
    facts["latency"] = {"ms": [round(one, 1) for one in times], "budget": budget}
    code = "too_slow" if median > budget else "slow_at_times" if slow > budget else "fast_enough"
    yield CODES.finding(
        code,
        {"p50": median, "p99": slow, "budget": budget, "calls": len(times)},
        name=name,
        median=median,
        slow=slow,
    )


def _many(caller: TargetSession) -> list[CallResult]:
    """Call until enough calls are made, two timeouts are used up, or three calls in a row fail."""
    answers: list[CallResult] = []
    left = 2 * caller.target.timeout_seconds * 1000
    while len(answers) < caller.target.calls and left > 0:
        answers.append(caller.call())
        left -= answers[-1].milliseconds
        if len(answers) >= 3 and all(one.fault for one in answers[-3:]):
            break
    return answers


def _missed(answers: list[CallResult], name: str) -> Iterator[Finding]:
    wait = _longest_wait(answers)
    for code, holds in _MISSES.items():
        count = sum(map(holds, answers))
        if count:
            asked = {"retry_after": wait} if code == "limit_met" and wait is not None else {}
            yield CODES.finding(
                code,
                {"missed": count, "calls": len(answers)} | asked,
                level=FindingLevel.NOTE if count < RARE_SHARE * len(answers) else None,
                count=count,
                answers=len(answers),
                name=name,
                wait=wait_in_words(wait),
            )
    other = sum(bool(one.mismatch[0]) and one.works for one in answers)
    if other and not answers[0].mismatch[0]:
        yield CODES.finding(
            "answers_vary",
            {"missed": other, "calls": len(answers)},
            name=name,
        )


def wait_of(answer: CallResult) -> int | None:
    """Return the seconds that a refusal asks to wait by its Retry-After, a number or a date."""
    headers = {key.lower(): value.strip() for key, value in answer.headers.items()}
    stated = headers.get("retry-after", "")
    if stated.isdecimal():
        return int(stated[:9])
    try:
        until = parsedate_to_datetime(stated)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0, round((until - datetime.now(UTC)).total_seconds()))


def wait_in_words(seconds: int | None) -> str:
    """Say how long callers are asked to wait, or that nothing says so."""
    if seconds is None:
        return say("wait_not_asked")
    key, unit = next(row[1:] for row in _UNITS if seconds >= row[0])
    return say(key, count=math.ceil(seconds / unit))


def _longest_wait(answers: list[CallResult]) -> int | None:
    waits = [wait_of(one) for one in answers if one.status == TOO_MANY]
    return max((one for one in waits if one is not None), default=None)


def _stated_limit(answers: list[CallResult], name: str) -> Iterator[Finding]:
    """Tell a limit from the headers, unless it was met: then that is the finding."""
    headers = {key.lower(): value for one in answers for key, value in one.headers.items()}
    limit = next((headers[key] for key in _BURST if key in headers), None)
    if limit is not None and not any(one.status == TOO_MANY for one in answers):
        yield CODES.finding("limit_stated", name=name, limit=str(limit)[:40])
