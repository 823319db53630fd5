"""How the plan's items stand after the debrief: claimed, proved and broken again, never one sum."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Final

from bot.domain.enums import FixState
from bot.domain.plan_counts import PlanCounts, counts_of
from bot.domain.plan_facts import FixChange, PlannedFix
from bot.domain.record import Approval, Blocker, BlockerChange, SprintRecord
from bot.domain.verdict import texts
from bot.domain.verdict.causes import causes_of
from bot.domain.verdict.facts import record_fact, reference_to
from bot.domain.verdict.model import Cause, Fix, Forecast, Sentence
from bot.domain.verdict.result import Verdict
from bot.domain.verdict.wording import say_days
from bot.domain.vocabulary import Decision, Resolution

SHOWN: Final = 12
"""Items of which the report tells what happened; the others are in the plan with their state."""


STATE_NAME: Final = texts.table("state_name", FixState)
"""How a report calls the state of an item."""


def with_states(
    fixes: Sequence[Fix], causes: Sequence[Cause], plan: Sequence[PlannedFix]
) -> tuple[Fix, ...]:
    """Return the plan's items with how each stands; what nobody tells of is open."""
    records = {cause.id: {reference_to(fact) for fact in cause.records} for cause in causes}
    return tuple(_with_state(fix, records.get(fix.cause or "", set()), plan) for fix in fixes)


def _with_state(fix: Fix, of_cause: set[str], plan: Sequence[PlannedFix]) -> Fix:
    found = [each for each in plan if each.fix == fix.blocker or each.fix in of_cause]
    if not found:
        return fix
    last = max(found, key=lambda each: each.changes[-1].day if each.changes else -1.0)
    return replace(fix, state=last.state, changes=last.changes)


def unplanned(
    plan: Sequence[PlannedFix], found: Sequence[Fix], causes: Sequence[Cause]
) -> list[str]:
    """Return what is told of that no item of the plan is about."""
    known = {fix.blocker for fix in found}
    for cause in causes:
        known |= {reference_to(fact) for fact in cause.records}
    return [each.fix for each in plan if each.fix not in known]


def proved(plan: Sequence[PlannedFix]) -> set[str]:
    """Return what the proved items are about; what is only claimed doesn't count."""
    return {each.fix for each in plan if each.state is FixState.PROVED}


def counts(plan: Sequence[PlannedFix], found: Verdict) -> PlanCounts:
    """Count the plan's items, and what is told of that is no longer in the plan."""
    others = set(unplanned(plan, found.fixes, found.causes))
    states = [fix.state for fix in found.fixes]
    return counts_of([*states, *(each.state for each in plan if each.fix in others)])


def sentences(found: Verdict, counted: PlanCounts, forecast: Forecast) -> Iterator[Sentence]:
    """Say how many items stand where, what that means for the forecast, and what happened."""
    parts = [
        texts.say(f"progress_{state}", count=count)
        for state, count in counted.plain().items()
        if count and state not in ("count", FixState.PROVED)
    ]
    head = texts.say("progress_proved", proved=counted.proved, count=counted.count)
    yield Sentence(f"{', '.join([head, *parts])}.", (record_fact(),))
    p50, p80 = say_days(forecast.p50), say_days(forecast.p80)
    before = say_days(found.forecast.p50)
    yield Sentence(
        texts.say("progress_forecast", p50=p50, p80=p80, before=before), (record_fact(),)
    )
    changed = [(number, fix) for number, fix in enumerate(found.fixes, 1) if fix.changes]
    for number, fix in changed[:SHOWN]:
        changes = "; ".join(map(_change_words, fix.changes))
        yield Sentence(texts.say("progress_item", number=number, changes=changes), fix.facts)


def _change_words(change: FixChange) -> str:
    words = texts.say(f"progress_change_{change.outcome}", day=f"{change.day:.3g}")
    if change.held_until is not None:
        words += texts.say("progress_held", day=f"{change.held_until:.3g}")
    by = texts.say("progress_by", who=change.by) if change.by else ""
    return f"{words}{by}: {change.says.rstrip('.')}" if change.says else f"{words}{by}"


def with_done(record: SprintRecord, references: Collection[str], by: str) -> SprintRecord:
    """Return the record as if what the plan's items are about had been settled at its end.

    Args:
        record: the sprint.
        references: what the done items are about, as `Fix.blocker` names it: a blocker's id, or
            `approval-`, `gate-` and `rollback-` before the id of such a fact, or an action plan's.
        by: whose name stands beside it.
    """
    references = _with_their_causes(record, references)
    return replace(
        record,
        blockers=tuple(
            _fixed(each, record, by) if each.id in references else each for each in record.blockers
        ),
        approvals=tuple(
            _approved(each, record) if f"approval-{each.id}" in references else each
            for each in record.approvals
        ),
        gates=tuple(each for each in record.gates if f"gate-{each.id}" not in references),
        rollbacks=tuple(
            each for each in record.rollbacks if f"rollback-{each.id}" not in references
        ),
        findings=tuple(each for each in record.findings if f"finding-{each.id}" not in references),
        action_plans=tuple(
            replace(each, ready=True) if each.id in references else each
            for each in record.action_plans
        ),
    )


def _with_their_causes(record: SprintRecord, references: Collection[str]) -> set[str]:
    """Return the references and those to everything else that tells of the same causes."""
    done = set(references)
    for cause in causes_of(record):
        records = {reference_to(fact) for fact in cause.records}
        if records & done:
            done |= records
    return done


def _fixed(blocker: Blocker, record: SprintRecord, by: str) -> Blocker:
    change = BlockerChange(at=record.ended_at, by=by, how=Resolution.FIXED)
    return replace(blocker, history=(*blocker.history, change))


def _approved(approval: Approval, record: SprintRecord) -> Approval:
    return replace(approval, decision=Decision.APPROVED, decided_at=record.ended_at)
