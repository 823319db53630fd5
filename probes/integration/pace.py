"""How fast a target answers, and how often it lets itself be called."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bot.sprint.vocabulary import Kind, Remedy
from probes.contract import Finding, Level, SuggestedBlocker
from probes.integration.calls import Answer, Caller, Facts

_BURST: Final = ("ratelimit-limit", "x-ratelimit-limit", "x-rate-limit-limit", "retry-after")


def latency(caller: Caller, name: str, facts: Facts) -> Iterator[Finding]:
    """Call again and again, and compare the slowest with the budget."""
    if not facts.get("works"):
        return
    import numpy as np

    answers = _many(caller)
    times = [one.milliseconds for one in answers if one.works]
    facts["limited"] = sum(one.status == 429 for one in answers)
    failed = sum(not one.works and one.status != 429 for one in answers)
    if failed:
        yield Finding(
            Level.SLOWS,
            "sometimes_fails",
            f"{failed} of {len(answers)} calls to {name} failed.",
            {"failed": failed, "calls": len(answers)},
            "Whoever uses the prediction needs an answer for that case.",
            SuggestedBlocker(Kind.INTEGRATION, Remedy.ARCHITECTURE, f"{name} fails at times"),
        )
    yield from _limits(answers, name)
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


def _limits(answers: list[Answer], name: str) -> Iterator[Finding]:
    limited = sum(one.status == 429 for one in answers)
    headers = {key.lower(): value for one in answers for key, value in one.headers.items()}
    said = next((headers[key] for key in _BURST if key in headers), None)
    if limited:
        yield Finding(
            Level.SLOWS,
            "limit_met",
            f"{name} turned away {limited} of {len(answers)} calls as too many.",
            {"limited": limited, "calls": len(answers)},
            "Ask for a higher limit, or send predictions in batches.",
            SuggestedBlocker(Kind.INTEGRATION, Remedy.BUDGET, f"{name} limits its callers"),
        )
    elif said is not None:
        yield Finding(
            Level.NOTE, "limit_stated", f"{name} states a limit of {str(said)[:40]} calls."
        )
