"""What stands between the sprint and a deployment when the record ends.

Three sources, one shape: blockers that stop and are open, approvals that were refused, let pass or
are still out, and gates that tell of trouble which nobody wrote down as a blocker.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from bot.domain.lead_time import DayRange, read_lead_time
from bot.domain.record import Approval, Blocker, Gate, Rollback, SprintRecord
from bot.domain.verdict.assumptions import (
    REFUSED_DAYS,
    ROLLBACK_DAYS,
    SCENARIOS,
    SILENT_DAYS,
    SUBJECT_FAMILY,
    UNNAMED_SCENARIO,
    ScenarioMeaning,
)
from bot.domain.verdict.evidence import with_evidence
from bot.domain.verdict.families import assumed_days, family_of, remedy_of
from bot.domain.verdict.model import FactRef, Obstacle, Sort
from bot.domain.vocabulary import Category, Decision, Kind, Remedy, Severity

_HOURS_A_DAY: Final = 24.0


def is_deployed(record: SprintRecord) -> bool:
    """Return whether a deployment was made that no rollback ended."""
    last = max((deployment.at for deployment in record.deployments), default=None)
    return last is not None and not any(rollback.at >= last for rollback in record.rollbacks)


def find_obstacles(record: SprintRecord) -> tuple[Obstacle, ...]:
    """Return what keeps the sprint from a deployment, in order of time; nothing once deployed."""
    if is_deployed(record):
        return ()
    gates = bad_gates(record)
    blockers = sorted(record.blockers, key=lambda blocker: (blocker.raised_at, blocker.id))
    found = [
        *(blocker_obstacle(b, record, gates) for b in blockers if _is_open(b, record)),
        *(_approval_obstacle(a, record.ended_at) for a in standing_approvals(record)),
        *(_gate_obstacle(gate) for gate in unexplained(gates, record)),
        *(_rollback_obstacle(r, record) for r in _standing_rollback(record)),
    ]
    return with_evidence(found, record)


def _is_open(blocker: Blocker, record: SprintRecord) -> bool:
    if blocker.severity is not Severity.STOPS or blocker.resolution:
        return False
    approval = _silent(blocker, record)
    return approval is None or not is_superseded(approval, record)


def bad_gates(record: SprintRecord) -> dict[str, Gate]:
    """Return, for each phase, its last gate when that was not the best scenario.

    Of gates set in the same hour the worst counts. A gate before a deployment was passed by it.
    """
    deployed_at = max((deployment.at for deployment in record.deployments), default=-1.0)
    last: dict[str, Gate] = {}
    for gate in sorted(record.gates, key=lambda gate: (gate.at, _badness(gate, record), gate.id)):
        last[gate.phase] = gate
    return {
        phase: gate
        for phase, gate in last.items()
        if _badness(gate, record) > 0 and gate.at >= deployed_at
    }


def _badness(gate: Gate, record: SprintRecord) -> int:
    scenarios = next((p.scenarios for p in record.phases if p.key == gate.phase), ())
    return scenarios.index(gate.scenario) if gate.scenario in scenarios else len(scenarios)


def meaning_of(gate: Gate) -> ScenarioMeaning:
    """Return what the gate's scenario says by itself."""
    return SCENARIOS.get((gate.phase, gate.scenario), UNNAMED_SCENARIO)


def explains(blocker: Blocker, gate: Gate) -> bool:
    """Return whether `blocker` is what `gate` speaks of, open or resolved alike.

    That it does not matter whether it is resolved keeps the promise that resolving a blocker never
    makes the path worse.
    """
    meaning = meaning_of(gate)
    if blocker.severity is not Severity.STOPS or blocker.raised_at > gate.at:
        return False
    near = blocker.phase == gate.phase or (meaning.family and family_of(blocker) is meaning.family)
    return bool(near) and blocker.category in meaning.explained_by


def _refuses(approval: Approval, gate: Gate) -> bool:
    """Return whether the gate tells of an approval that was not given."""
    return (
        approval.phase == gate.phase
        and approval.decision in (Decision.REJECTED, Decision.EXPIRED)
        and Category.ORGANIZATIONAL in meaning_of(gate).explained_by
    )


def unexplained(gates: dict[str, Gate], record: SprintRecord) -> list[Gate]:
    """Return the gates whose trouble nobody wrote down as a blocker or met as an approval."""
    return [
        gate
        for gate in gates.values()
        if not any(explains(blocker, gate) for blocker in record.blockers)
        and not any(_refuses(approval, gate) for approval in record.approvals)
    ]


def blocker_obstacle(
    blocker: Blocker, record: SprintRecord, gates: dict[str, Gate] | None = None
) -> Obstacle:
    """Return the obstacle that `blocker` is, with family, remedy and days filled in."""
    remedy, approval = remedy_of(blocker), _silent(blocker, record)
    stated = read_lead_time(blocker.lead_time, on=_said_on(blocker, record)).days
    gate = next((g for g in (gates or {}).values() if explains(blocker, g)), None)
    return Obstacle(
        id=f"{Sort.BLOCKER}:{blocker.id}",
        fact=blocker_fact(blocker),
        title=blocker.title,
        phase=blocker.phase,
        kind=blocker.kind,
        family=family_of(blocker),
        remedy=remedy,
        remedy_stated=blocker.remedy is not None,
        days=stated or _assumed(blocker, remedy, approval),
        days_stated=stated is not None,
        waits_for=blocker.waits_for,
        scenario=f"{gate.phase}.{gate.scenario}" if gate else None,
        words=blocker.lead_time if stated else None,
        owner=blocker.owner,
        at=blocker.raised_at,
        matter=_matter(blocker, approval),
    )


def _silent(blocker: Blocker, record: SprintRecord) -> Approval | None:
    return next((a for a in record.approvals if a.id == blocker.approval), None)


def _assumed(blocker: Blocker, remedy: Remedy, approval: Approval | None) -> DayRange:
    return SILENT_DAYS[approval.subject] if approval else assumed_days(blocker.kind, remedy)


def _matter(blocker: Blocker, approval: Approval | None) -> str:
    if approval:
        return f"silence on {approval.subject}"
    return f"{blocker.kind}: {' '.join(blocker.title.split())}"


def _said_on(blocker: Blocker, record: SprintRecord) -> date | None:
    said_on = blocker.lead_time_on or record.kickoff
    try:
        return date.fromisoformat(said_on[:10]) if said_on else None
    except ValueError:
        return None


def standing_approvals(record: SprintRecord) -> list[Approval]:
    """Return approvals not given, save those told by a blocker or replaced by a later yes."""
    told = {blocker.approval for blocker in record.blockers if blocker.approval}
    return [
        approval
        for approval in sorted(record.approvals, key=lambda a: (a.requested_at, a.id))
        if approval.decision is not Decision.APPROVED
        and approval.id not in told
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


def _approval_obstacle(approval: Approval, ended_at: float) -> Obstacle:
    refused = approval.decision is Decision.REJECTED
    silent = approval.decision is Decision.EXPIRED or approval.due_at <= ended_at
    pending_days = max(approval.due_at - ended_at, 1.0) / _HOURS_A_DAY
    pending = DayRange(pending_days / 2, pending_days, 3 * pending_days)
    return Obstacle(
        id=f"approval-{approval.id}",
        fact=approval_fact(approval),
        title=f"{approval.subject.replace('_', ' ')} approval",
        phase=approval.phase,
        kind=Kind.RISK_TOLERANCE if refused else Kind.APPROVAL_PROCESS,
        family=SUBJECT_FAMILY[approval.subject],
        remedy=Remedy.GOVERNANCE if refused or silent else Remedy.PEOPLE,
        days=REFUSED_DAYS if refused else SILENT_DAYS[approval.subject] if silent else pending,
        waits_for=str(approval.subject),
        refused=refused,
        owner=approval.approver,
        at=approval.requested_at,
        matter=f"approval {approval.subject}",
    )


def _gate_obstacle(gate: Gate) -> Obstacle:
    meaning = meaning_of(gate)
    return Obstacle(
        id=f"gate-{gate.id}",
        fact=gate_fact(gate),
        title=meaning.words,
        phase=gate.phase,
        kind=meaning.kind,
        family=meaning.family,
        remedy=meaning.remedy,
        days=meaning.days,
        scenario=f"{gate.phase}.{gate.scenario}",
        recorded=False,
        at=gate.at,
        matter=f"gate {gate.phase} {gate.scenario}",
    )


def _standing_rollback(record: SprintRecord) -> list[Rollback]:
    return sorted(record.rollbacks, key=lambda rollback: (rollback.at, rollback.id))[-1:]


def _rollback_obstacle(rollback: Rollback, record: SprintRecord) -> Obstacle:
    return Obstacle(
        id=f"rollback-{rollback.id}",
        fact=FactRef(
            Sort.ROLLBACK, rollback.id, f"rollback, hour {rollback.at:g}", rollback.permalink
        ),
        title=f"the deployment was taken back: {rollback.reason}",
        phase=record.phase_at(rollback.at),
        kind=Kind.DEPLOYMENT_PIPELINE,
        family=None,
        remedy=Remedy.PEOPLE,
        days=ROLLBACK_DAYS,
        recorded=False,
        at=rollback.at,
        matter="rollback",
    )


def blocker_fact(blocker: Blocker) -> FactRef:
    """Return the reference to a blocker."""
    return FactRef(
        Sort.BLOCKER,
        blocker.id,
        f"blocker {blocker.id.removeprefix('blocker-')}",
        blocker.permalink,
    )


def approval_fact(approval: Approval) -> FactRef:
    """Return the reference to an approval."""
    label = f"request {approval.id.removeprefix('approval-')} of {approval.approver}"
    return FactRef(Sort.APPROVAL, approval.id, label, approval.permalink)


def gate_fact(gate: Gate) -> FactRef:
    """Return the reference to a gate."""
    return FactRef(Sort.GATE, gate.id, f"gate {gate.phase}, hour {gate.at:g}", gate.permalink)
