"""What ran beside what: the record as the timeline's bars, waits and live stretches."""

from __future__ import annotations

from itertools import pairwise

from bot.domain import record as records
from bot.domain.record import SprintRecord
from bot.domain.vocabulary import Severity
from bot.playbook.model import Playbook
from bot.report.content import ApprovalBar, BlockerBar, Live, PhaseBand, Timeline
from bot.report.facts import FactBook, decision_words
from bot.report.formatting import hours_text
from bot.report.texts import say, table


def timeline(record: SprintRecord, playbook: Playbook, facts: FactBook) -> Timeline:
    """Return a record's phases, blockers, approvals and deployments over its hours."""
    blockers = sorted(record.blockers, key=lambda each: (each.raised_at, each.id))
    approvals = sorted(record.approvals, key=lambda each: (each.requested_at, each.id))
    return Timeline(
        length=record.length,
        ended_at=record.ended_at,
        phases=tuple(_band(phase, record, playbook, facts) for phase in record.phases),
        bars=tuple(_bar(each, record.ended_at) for each in blockers),
        waits=tuple(_wait(each, record.ended_at, playbook) for each in approvals),
        live=live_stretches(record),
    )


def live_stretches(record: SprintRecord) -> tuple[Live, ...]:
    """Return when which share of the traffic went to the model."""
    changes = [(each.at, each.percent) for each in record.deployments]
    changes += [(each.at, 0.0) for each in record.rollbacks]
    ordered = [*sorted(changes, key=lambda change: change[0]), (record.ended_at, 0.0)]
    return tuple(
        Live(start, end, percent, say("live_hour", percent=percent, hours=_hours(start, end)))
        for (start, percent), (end, _) in pairwise(ordered)
        if percent > 0 and end > start
    )


def _hours(start: float, end: float) -> str:
    """Return a stretch in whole hours, which are what cards and prompts count in."""
    if int(start) == int(end):
        return say("hour_in", hour=int(start))
    return say("hour", start=int(start), end=int(end))


def _band(
    phase: records.Phase, record: SprintRecord, playbook: Playbook, facts: FactBook
) -> PhaseBand:
    title = phase.title or facts.phase_title(phase.key)
    gates = [gate for gate in record.gates if gate.phase == phase.key]
    if not gates:
        return PhaseBand(phase.key, title, phase.start, phase.end, None, None)
    last = max(gates, key=lambda gate: (gate.at, gate.id))
    learning = _learning(playbook, last)
    outcome = facts.scenario_title(last)
    return PhaseBand(phase.key, title, phase.start, phase.end, outcome, learning)


def _learning(playbook: Playbook, gate: records.GateAnswer) -> str | None:
    scenarios = (
        scenario
        for phase in playbook.phases
        if phase.key == gate.phase
        for scenario in phase.scenarios
    )
    return next((each.learning for each in scenarios if each.key == gate.scenario), None)


def _bar(blocker: records.Blocker, until: float) -> BlockerBar:
    still = blocker.resolution is None
    stops = blocker.severity is Severity.STOPS
    spans = blocker.spans(until)
    stretches = say("and").join(_hours(start, end) for start, end in spans)
    ended = "open" if still or blocker.how is None else str(blocker.how)
    words = say(
        "bar_stops" if stops else "bar_slows",
        title=blocker.title,
        stretches=stretches,
        ended=table("ended", str)[ended],
    )
    return BlockerBar(blocker.title, str(blocker.category), stops, spans, still, words)


def _wait(approval: records.Approval, until: float, playbook: Playbook) -> ApprovalBar:
    end = until if approval.decided_at is None else approval.decided_at
    subject = playbook.subject(approval.subject).title
    outcome = decision_words(approval.decision)
    waited = hours_text(max(end - approval.requested_at, 0))
    asked = say(
        "asked_hour",
        subject=subject,
        approver=approval.approver,
        requested_at=int(approval.requested_at),
    )
    words = f"{asked}: {outcome}, {waited}."
    decision = str(approval.decision) if approval.decision else "open"
    return ApprovalBar(f"{subject}: {outcome}", approval.requested_at, end, decision, words)
