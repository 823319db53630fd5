"""The records about something between the sprint and a deployment, in one shape.

Blockers that stop, approvals that were refused, let pass or are still out, gates that are not the
best scenario, a rollback, and what probes found to stop for. Which of them are about one thing is
decided in `causes`.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from bot.domain.going_live import Guardrail, Rollback, is_live
from bot.domain.record import Approval, Blocker, Finding, GateAnswer, SprintRecord
from bot.domain.verdict import texts, wording
from bot.domain.verdict.assumptions import (
    REFUSED_DAYS,
    SCENARIOS,
    SILENT_DAYS,
    SUBJECT_FAMILY,
    UNNAMED_SCENARIO,
    ScenarioMeaning,
)
from bot.domain.verdict.facts import guardrail_fact
from bot.domain.verdict.families import assumed_days, family_of, is_family_guessed, remedy_of
from bot.domain.verdict.findings import finding_fact, phase_of, stopping_findings, with_evidence
from bot.domain.verdict.links import closed_by_link
from bot.domain.verdict.meanings import (
    meaning_of_finding,
    meaning_of_guardrail,
    meaning_of_rollback,
)
from bot.domain.verdict.measured import left_of
from bot.domain.verdict.model import Basis, FactRef, Obstacle, Sort
from bot.domain.vocabulary import Decision, GuardrailOutcome, Kind, Remedy, Severity
from bot.reading.lead_time import LeadTime, find_lead_time, read_lead_time
from bot.reading.ranges import DayRange

_HOURS_A_DAY: Final = 24.0


def is_deployed(record: SprintRecord) -> bool:
    """Return whether a deployment was made that no rollback ended."""
    ended_at = max((rollback.at for rollback in record.rollbacks), default=None)
    return any(is_live(deployment.at, ended_at) for deployment in record.deployments)


def is_verified_live(record: SprintRecord) -> bool:
    """Return whether a deployment stands that more than somebody's word shows."""
    last = max(record.deployments, key=lambda each: (each.at, each.verified), default=None)
    return last is not None and last.verified and is_deployed(record)


def find_obstacles(record: SprintRecord) -> tuple[Obstacle, ...]:
    """Return what is in the way, in order of time, whether it still stands or not.

    What no longer stands is part of it: a resolved blocker explains the gate of its phase, and its
    lead time says how long the refusal beside it will take.
    """
    gates = bad_gates(record)
    blockers = sorted(record.blockers, key=lambda blocker: (blocker.raised_at, blocker.id))
    found = [
        *(blocker_obstacle(b, record, gates) for b in blockers if b.severity is Severity.STOPS),
        *(_approval_obstacle(a, record) for a in standing_approvals(record)),
        *(_gate_obstacle(gate, record) for gate in gates.values()),
        *(_rollback_obstacle(r, record) for r in _standing_rollback(record)),
        *(_finding_obstacle(f, record) for f in stopping_findings(record)),
        *(_guardrail_obstacle(g, record) for g in breached_guardrails(record)),
    ]
    return closed_by_link(with_evidence(found, record), record)


def _is_open(blocker: Blocker, record: SprintRecord) -> bool:
    approval = _silent(blocker, record)
    asked_again = approval is not None and is_superseded(approval, record)
    return not blocker.resolution and not asked_again


def bad_gates(record: SprintRecord) -> dict[str, GateAnswer]:
    """Return, for each phase, its last gate when that was not the best scenario.

    Of gates set in the same hour the worst counts. A verified deployment passes the gates before
    it, but for those of its own phase: going live settles neither a security review nor an owner.
    """
    verified = (deployment.at for deployment in record.deployments if deployment.verified)
    deployed_at, last_phase = max(verified, default=-1.0), record.phases[-1].key
    last: dict[str, GateAnswer] = {}
    for gate in sorted(record.gates, key=lambda gate: (gate.at, _badness(gate, record), gate.id)):
        last[gate.phase] = gate
    return {
        phase: gate
        for phase, gate in last.items()
        if _badness(gate, record) > 0 and (gate.at >= deployed_at or phase == last_phase)
    }


def _badness(gate: GateAnswer, record: SprintRecord) -> int:
    scenarios = next((p.scenarios for p in record.phases if p.key == gate.phase), ())
    return scenarios.index(gate.scenario) if gate.scenario in scenarios else len(scenarios)


def meaning_of(gate: GateAnswer) -> ScenarioMeaning:
    """Return what the gate's scenario says by itself."""
    return SCENARIOS.get((gate.phase, gate.scenario), UNNAMED_SCENARIO)


def explains(blocker: Blocker, gate: GateAnswer) -> bool:
    """Return whether `blocker` is what `gate` speaks of, open or resolved alike.

    That it does not matter whether it is resolved keeps the promise that resolving a blocker never
    makes the path worse; that the hour does not matter, that typing late changes nothing.
    """
    meaning = meaning_of(gate)
    if blocker.severity is not Severity.STOPS:
        return False
    fits_family = meaning.family is not None and family_of(blocker) is meaning.family
    near = fits_family or (blocker.phase == gate.phase and not blocker.approval)
    return near and blocker.category in meaning.explained_by


def blocker_obstacle(
    blocker: Blocker, record: SprintRecord, gates: dict[str, GateAnswer] | None = None
) -> Obstacle:
    """Return the obstacle that `blocker` is, with family, remedy and days filled in."""
    remedy, approval = remedy_of(blocker), _silent(blocker, record)
    sentence = "" if approval else blocker.title  # a silence has a title of ours, with its hour
    time = _said(blocker.lead_time, sentence, _said_on(blocker.lead_time_on, record))
    stated = time.stated
    assumed = _assumed(blocker, remedy, approval)
    left = left_of(blocker, stated, assumed, record.ended_at)
    days, words = time.days_or(assumed), time.words if stated else None
    basis = Basis.STATED if stated else Basis.ASSUMED
    if left is not None:
        days, words, basis = left.days or stated or REFUSED_DAYS, left.words, Basis.MEASURED
    gate = next((g for g in (gates or {}).values() if explains(blocker, g)), None)
    return Obstacle(
        id=f"{Sort.BLOCKER}:{blocker.id}",
        fact=blocker_fact(blocker),
        title=blocker.title,
        phase=blocker.phase,
        kind=blocker.kind,
        family=family_of(blocker),
        family_guessed=is_family_guessed(blocker),
        remedy=remedy,
        remedy_stated=blocker.remedy is not None,
        days=days,
        basis=basis,
        refused=left is not None and left.refused,
        waits_for=blocker.waits_for,
        scenario=f"{gate.phase}.{gate.scenario}" if gate else None,
        words=words,
        owner=blocker.owner,
        at=blocker.raised_at,
        matter=_matter(blocker, approval),
        is_open=_is_open(blocker, record),
        subject=str(approval.subject) if approval else None,
        asked=approval.approver if approval else "",
        unread=_unread(time, blocker.lead_time),
        undated=time.undated,
        kind_stated=not blocker.kind_suggested or blocker.family is not None,
    )


def _silent(blocker: Blocker, record: SprintRecord) -> Approval | None:
    return next((a for a in record.approvals if a.id == blocker.approval), None)


def _assumed(blocker: Blocker, remedy: Remedy, approval: Approval | None) -> DayRange:
    return SILENT_DAYS[approval.subject] if approval else assumed_days(blocker.kind, remedy)


def _matter(blocker: Blocker, approval: Approval | None) -> str:
    if approval:
        return f"approval {approval.subject}"
    return f"{blocker.kind}: {' '.join(blocker.title.split())}"


def _said(field: str | None, sentence: str, on: date | None) -> LeadTime:
    """Return the lead time of a field, else the one that the sentence beside it names."""
    read = read_lead_time(field, on=on)
    return read if field else find_lead_time(sentence, on=on)


def _unread(time: LeadTime, field: str | None) -> str | None:
    """Return a lead time as it was said, where it gives no days."""
    return None if time.stated else field or time.words or None


def _said_on(said_on: str | None, record: SprintRecord) -> date | None:
    on = said_on or record.kickoff
    try:
        return date.fromisoformat(on[:10]) if on else None
    except ValueError:
        return None


def standing_approvals(record: SprintRecord) -> list[Approval]:
    """Return approvals not given, save those told by a blocker or replaced by a later yes."""
    logged = {blocker.approval for blocker in record.blockers if blocker.approval}
    return [
        approval
        for approval in sorted(record.approvals, key=lambda a: (a.requested_at, a.id))
        if approval.decision is not Decision.APPROVED
        and approval.id not in logged
        and not is_superseded(approval, record)
    ]


def is_superseded(approval: Approval, record: SprintRecord) -> bool:
    """Return whether the same thing was asked for again after `approval` ended, and approved."""
    ended = approval.decided_at if approval.decided_at is not None else approval.due_at
    return any(
        other.subject is approval.subject
        and other.decision is Decision.APPROVED
        and other.requested_at >= ended
        for other in record.approvals
    )


def _approval_obstacle(approval: Approval, record: SprintRecord) -> Obstacle:
    refused = approval.decision is Decision.REJECTED
    silent = approval.decision is Decision.EXPIRED or approval.due_at <= record.ended_at
    time = _said(approval.lead_time, approval.reason or "", _said_on(None, record))
    stated = time.stated if refused else None
    return Obstacle(
        id=f"approval-{approval.id}",
        fact=approval_fact(approval),
        title=texts.say("approval_of", subject=wording.subject_name(approval.subject)),
        phase=approval.phase,
        kind=Kind.RISK_TOLERANCE if refused else Kind.APPROVAL_PROCESS,
        family=SUBJECT_FAMILY[approval.subject],
        remedy=Remedy.GOVERNANCE if refused or silent else Remedy.PEOPLE,
        days=stated or _approval_days(approval, record.ended_at, silent=silent),
        basis=Basis.STATED if stated else Basis.ASSUMED,
        words=time.words if stated else None,
        unread=_unread(time, approval.lead_time) if refused else None,
        undated=refused and time.undated,
        waits_for=str(approval.subject),
        refused=refused,
        owner=approval.approver,
        at=approval.requested_at,
        matter=f"approval {approval.subject}",
        subject=str(approval.subject),
        reason=approval.reason or "",
        asked=approval.approver,
    )


def _approval_days(approval: Approval, ended_at: float, *, silent: bool) -> DayRange:
    if approval.decision is Decision.REJECTED:
        return REFUSED_DAYS
    if silent:
        return SILENT_DAYS[approval.subject]
    pending = max(approval.due_at - ended_at, 1.0) / _HOURS_A_DAY
    return DayRange(pending / 2, pending, 3 * pending)


def _gate_obstacle(gate: GateAnswer, record: SprintRecord) -> Obstacle:
    meaning = meaning_of(gate)
    time = _said(gate.lead_time, gate.note or "", _said_on(None, record))
    stated = time.stated
    return Obstacle(
        id=f"gate-{gate.id}",
        fact=gate_fact(gate),
        title=meaning.words,
        phase=gate.phase,
        kind=meaning.kind,
        family=meaning.family,
        remedy=meaning.remedy,
        days=time.days_or(meaning.days),
        basis=Basis.STATED if stated else Basis.ASSUMED,
        words=time.words if stated else None,
        unread=_unread(time, gate.lead_time),
        undated=time.undated,
        scenario=f"{gate.phase}.{gate.scenario}",
        recorded=False,
        at=gate.at,
        matter=f"gate {gate.phase} {gate.scenario}",
    )


def _standing_rollback(record: SprintRecord) -> list[Rollback]:
    """Return the last rollback, unless the model went live again after it."""
    ordered = sorted(record.rollbacks, key=lambda rollback: (rollback.at, rollback.id))
    return [] if is_deployed(record) else ordered[-1:]


def _rollback_obstacle(rollback: Rollback, record: SprintRecord) -> Obstacle:
    meaning = meaning_of_rollback(rollback)
    time = find_lead_time(rollback.reason, on=_said_on(None, record))
    stated = time.stated
    return Obstacle(
        id=f"rollback-{rollback.id}",
        fact=FactRef(
            Sort.ROLLBACK,
            rollback.id,
            texts.say("fact_rollback", at=int(rollback.at)),
            rollback.permalink,
        ),
        title=rollback.reason or texts.say("rolled_back_untold"),
        phase=record.phase_at(rollback.at),
        kind=meaning.kind,
        family=meaning.family,
        remedy=meaning.remedy,
        days=time.days_or(meaning.days),
        basis=Basis.STATED if stated else Basis.ASSUMED,
        words=time.words if stated else None,
        unread=_unread(time, None),
        undated=time.undated,
        at=rollback.at,
        matter=f"rollback: {' '.join(rollback.reason.split())}",
    )


def _finding_obstacle(finding: Finding, record: SprintRecord) -> Obstacle:
    meaning = meaning_of_finding(finding)
    time = find_lead_time(finding.read, on=_said_on(None, record))
    return Obstacle(
        id=f"finding-{finding.id}",
        fact=finding_fact(finding),
        title=finding.sentence,
        phase=phase_of(finding, record),
        kind=meaning.kind,
        family=meaning.family,
        remedy=meaning.remedy,
        days=time.stated or meaning.days,
        basis=Basis.MEASURED if time.stated else Basis.ASSUMED,
        words=time.words if time.stated else None,
        recorded=False,
        at=finding.at,
        matter=f"finding {finding.probe} {finding.code} {finding.source}",
        reason=finding.code.replace("_", " "),
    )


def breached_guardrails(record: SprintRecord) -> tuple[Guardrail, ...]:
    """Return the guardrails whose last word is a breach, with no deployment made since."""
    last: dict[str, Guardrail] = {}
    for guardrail in sorted(record.guardrails, key=lambda each: (each.at, each.id)):
        last[guardrail.name.casefold()] = guardrail
    deployed_at = max((each.at for each in record.deployments), default=-1.0)
    return tuple(
        guardrail
        for guardrail in last.values()
        if guardrail.outcome is GuardrailOutcome.BREACHED and guardrail.at >= deployed_at
    )


def _guardrail_obstacle(guardrail: Guardrail, record: SprintRecord) -> Obstacle:
    meaning = meaning_of_guardrail(guardrail)
    return Obstacle(
        id=f"guardrail-{guardrail.id}",
        fact=guardrail_fact(guardrail),
        title=texts.say("guardrail_title", name=guardrail.name),
        phase=record.phase_at(guardrail.at),
        kind=meaning.kind,
        family=meaning.family,
        remedy=meaning.remedy,
        days=meaning.days,
        recorded=False,
        at=guardrail.at,
        matter=f"guardrail {' '.join(guardrail.name.casefold().split())}",
    )


def blocker_fact(blocker: Blocker) -> FactRef:
    """Return the reference to a blocker."""
    return FactRef(
        Sort.BLOCKER,
        blocker.id,
        texts.say("fact_blocker", number=blocker.id.removeprefix("blocker-")),
        blocker.permalink,
    )


def approval_fact(approval: Approval) -> FactRef:
    """Return the reference to an approval."""
    number = approval.id.removeprefix("approval-")
    label = texts.say("fact_request_of", number=number, approver=approval.approver)
    return FactRef(Sort.APPROVAL, approval.id, label, approval.permalink)


def gate_fact(gate: GateAnswer) -> FactRef:
    """Return the reference to a gate."""
    return FactRef(
        Sort.GATE,
        gate.id,
        texts.say("fact_gate", phase=_phase_name(gate.phase), at=int(gate.at)),
        gate.permalink,
    )


def _phase_name(phase: str) -> str:
    return texts.table("phase_name", str).get(phase, phase)
