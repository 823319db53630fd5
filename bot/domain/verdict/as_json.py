"""The verdict as the plain object that `--json` prints and stories expect."""

from __future__ import annotations

from typing import Any

from bot.domain.plan_facts import FixChange
from bot.domain.verdict.assumed import Assumed
from bot.domain.verdict.chances import Chances
from bot.domain.verdict.delay import Delay
from bot.domain.verdict.evidence import Evidence
from bot.domain.verdict.model import Cause, CauseDays, FactRef, Fix, PlanProgress, Sort
from bot.domain.verdict.result import Verdict


def to_json(verdict: Verdict) -> dict[str, Any]:
    """Return the verdict with the keys of a story's `expect`, its reasons, forecast and plan."""
    return {
        **answers_of(verdict),
        "reasons": {
            question: [str(sentence) for sentence in sentences]
            for question, sentences in verdict.reasons.items()
        },
        "forecast_days": {"p50": verdict.forecast.p50, "p80": verdict.forecast.p80},
        "fixes": [_fix(fix, is_told=verdict.progress is not None) for fix in verdict.fixes],
        "champions": list(verdict.champions),
        "causes": [_cause(cause, verdict.cause_days[cause.id]) for cause in verdict.causes],
        "evidence": {answer: _evidence(found) for answer, found in verdict.evidence.items()},
        "assumed": [_assumed(each) for each in verdict.assumed],
        "chance_30_days": _chances(verdict.chances, verdict.forecast.never)
        if verdict.chances
        else None,
        "cost_of_delay": _delay(verdict.delay) if verdict.delay else None,
        **({"progress": _progress(verdict.progress)} if verdict.progress else {}),
    }


def _progress(progress: PlanProgress) -> dict[str, Any]:
    """Return how the plan stands; the forecast counts only what is proved."""
    forecast = progress.forecast
    return {
        **progress.counts.plain(),
        "forecast_days": {"p50": forecast.p50, "p80": forecast.p80},
    }


def _cause(cause: Cause, days: CauseDays) -> dict[str, Any]:
    return {
        "id": cause.id,
        "title": cause.title,
        "records": [record_name(fact) for fact in cause.records],
        "kind": str(cause.kind),
        "family": str(cause.family) if cause.family else None,
        "remedy": str(cause.remedy),
        "days": {"p50": days.p50, "p80": days.p80},
        "merged_because": list(cause.merged_because),
    }


def record_name(fact: FactRef) -> str:
    """Return how a story names a record: a blocker by its id, others by what they are."""
    if fact.sort is Sort.BLOCKER:
        return fact.id
    if fact.sort is Sort.APPROVAL:
        return f"request {fact.id.removeprefix('approval-')}"
    if fact.sort is Sort.FINDING:
        return f"finding {fact.id}"
    return str(fact).partition(",")[0]


def _evidence(found: Evidence) -> dict[str, Any]:
    return {
        "level": str(found.level),
        "phases": list(found.phases),
        "probes": list(found.probes),
    }


def _assumed(each: Assumed) -> dict[str, Any]:
    return {
        "what": each.what,
        "value": each.value,
        "source": each.source,
        "records": [record_name(fact) for fact in each.facts],
    }


def _chances(chances: Chances, never: float) -> dict[str, Any]:
    """Return the chances; a pair is named by both ids with a plus between them."""
    alone = {each.fix: each.chance for each in chances.fixes}
    pairs = {" + ".join(pair.fixes): pair.chance for pair in chances.pairs}
    enough = chances.enough
    return {
        "now": chances.now,
        "with": {**alone, **pairs},
        "with_all": chances.everything,
        "cheapest_set": {"fixes": list(enough.fixes), "chance": enough.chance} if enough else None,
        "never": never,
        "days_bought": {each.fix: each.days_bought for each in chances.fixes},
    }


def _delay(delay: Delay) -> dict[str, Any]:
    return {
        "currency": delay.currency,
        "per_day": delay.a_day,
        "p50": delay.p50,
        "p80": delay.p80,
    }


def answers_of(verdict: Verdict) -> dict[str, bool | str | None]:
    """Return the answers under the keys of a story's `expect`."""
    cause = verdict.critical_path
    return {
        "deployed": verdict.deployed,
        "unlimited_resources": verdict.unlimited_resources,
        "critical_path": str(cause.family) if cause and cause.family else None,
        "timeline": str(verdict.timeline),
        "should_do_ai": str(verdict.should_do_ai),
        "path": str(verdict.path),
        "surprise": str(verdict.surprise) if verdict.surprise else None,
    }


def _fix(fix: Fix, *, is_told: bool) -> dict[str, Any]:
    return {
        "text": fix.text,
        "owner": fix.owner,
        "due_day": fix.due_day,
        "blocker": fix.blocker,
        **(
            {"state": str(fix.state), "changes": [_change(each) for each in fix.changes]}
            if is_told
            else {}
        ),
    }


def _change(change: FixChange) -> dict[str, Any]:
    return {
        "day": change.day,
        "outcome": str(change.outcome),
        "by": change.by,
        "says": change.says,
        "held_until": change.held_until,
    }
