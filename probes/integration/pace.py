"""How fast a target answers, and how often it lets itself be called."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from bot.domain.vocabulary import Kind, Remedy
from probes.contract import Finding, Level, SuggestedBlocker
from probes.integration.calls import Answer, Caller, Facts

TOO_MANY: Final = 429


@dataclass(frozen=True)
class _Miss:
    """One way in which some of many calls were not taken."""

    code: str
    holds: Callable[[Answer], bool]
    words: str
    meaning: str
    remedy: Remedy
    title: str


_MISSES: Final = (
    _Miss(
        "sometimes_fails",
        lambda one: not one.works and one.status != TOO_MANY,
        "failed",
        "Whoever uses the prediction needs an answer for that case.",
        Remedy.ARCHITECTURE,
        "fails at times",
    ),
    _Miss(
        "limit_met",
        lambda one: one.status == TOO_MANY,
        "were turned away as too many",
        "Ask for a higher limit, or send predictions in batches.",
        Remedy.BUDGET,
        "limits its callers",
    ),
)
_BURST: Final = ("ratelimit-limit", "x-ratelimit-limit", "x-rate-limit-limit")


def latency(caller: Caller, name: str, facts: Facts) -> Iterator[Finding]:
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
    within = slow <= budget
    yield Finding(
        Level.OK if within else Level.SLOWS,
        "fast_enough" if within else "too_slow",
        f"Half of {len(times)} calls took up to {median:.0f} ms, 99 % up to {slow:.0f} ms; the "
        f"budget is {budget:.0f} ms.",
        {"p50": median, "p99": slow, "budget": budget, "calls": len(times)},
        "" if within else "The page would wait for the model: cache it, or ask ahead of time.",
        None
        if within
        else SuggestedBlocker(Kind.INTEGRATION, Remedy.ARCHITECTURE, f"{name} is too slow"),
    )


def _many(caller: Caller) -> list[Answer]:
    """Call until enough calls are made, two timeouts are used up, or three calls in a row fail."""
    answers: list[Answer] = []
    left = 2 * caller.target.timeout_seconds * 1000
    while len(answers) < caller.target.calls and left > 0:
        answers.append(caller.call())
        left -= answers[-1].milliseconds
        if len(answers) >= 3 and all(one.fault for one in answers[-3:]):
            break
    return answers


def _missed(answers: list[Answer], name: str) -> Iterator[Finding]:
    for miss in _MISSES:
        count = sum(miss.holds(one) for one in answers)
        if count:
            yield Finding(
                Level.SLOWS,
                miss.code,
                f"{count} of {len(answers)} calls to {name} {miss.words}.",
                {"missed": count, "calls": len(answers)},
                miss.meaning,
                SuggestedBlocker(Kind.INTEGRATION, miss.remedy, f"{name} {miss.title}"),
            )


def _stated_limit(answers: list[Answer], name: str) -> Iterator[Finding]:
    """Tell a limit from the headers, unless it was met: then that is the finding."""
    headers = {key.lower(): value for one in answers for key, value in one.headers.items()}
    said = next((headers[key] for key in _BURST if key in headers), None)
    if said is not None and not any(one.status == TOO_MANY for one in answers):
        yield Finding(
            Level.NOTE, "limit_stated", f"{name} states a limit of {str(said)[:40]} calls."
        )
