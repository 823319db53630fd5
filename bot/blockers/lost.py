"""The stretches in which something stopped a sprint, read from its rows, also for many at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, select

from bot.db.models import Approval, AuditEntry, Blocker, Sprint
from bot.domain.enums import ApprovalState, AuditAction, AuditSubject, BlockerState, SprintStatus
from bot.domain.hours_lost import REFUSAL, Stop
from bot.domain.record import Blocker as BlockerFact
from bot.domain.record import BlockerChange
from bot.domain.vocabulary import Kind, Resolution, Severity
from bot.sprints.snapshot import hour_of
from bot.unit_of_work import UnitOfWork


def stops_of_sprint(uow: UnitOfWork, sprint: Sprint) -> list[Stop]:
    """Return the stops of one sprint up to the unit's moment."""
    return _stops(uow, [sprint], Sprint.id == sprint.id, uow.now)[sprint.id]


def stops_of_closed(uow: UnitOfWork) -> dict[int, list[Stop]]:
    """Return the stops of each closed sprint of the workspace, by the sprint's id."""
    closed = and_(
        Sprint.team_id == uow.team_id,
        Sprint.status == SprintStatus.CLOSED,
        Sprint.is_private.is_(False),
    )
    sprints = uow.session.scalars(select(Sprint).where(closed, Sprint.started_at.is_not(None)))
    return _stops(uow, list(sprints), closed, datetime.max.replace(tzinfo=UTC))


def _stops(
    uow: UnitOfWork, sprints: Sequence[Sprint], which: ColumnElement[bool], until: datetime
) -> dict[int, list[Stop]]:
    by_id = {sprint.id: sprint for sprint in sprints}
    found: dict[int, list[Stop]] = {sprint_id: [] for sprint_id in by_id}
    changes = _changes(uow, which)
    counting = _of(Blocker, which).where(Blocker.state != BlockerState.WITHDRAWN)
    for row in uow.session.scalars(counting):
        sprint = by_id.get(row.sprint_id)
        if sprint is not None and row.severity == Severity.STOPS:
            found[sprint.id] += _blocked(row, sprint, changes[row.id], _end(sprint, until))
    for sprint_id, refusals in _refusals(uow, which).items():
        if sprint_id in by_id:
            sprint = by_id[sprint_id]
            found[sprint_id] += _refused(refusals, sprint, _end(sprint, until))
    return found


def _of(model: type[Any], which: ColumnElement[bool]) -> Select[Any]:
    return select(model).join(Sprint, Sprint.id == model.sprint_id).where(which).order_by(model.id)


def _changes(uow: UnitOfWork, which: ColumnElement[bool]) -> dict[int | None, list[AuditEntry]]:
    """Return when each blocker was resolved or came back."""
    entries = _of(AuditEntry, which).where(
        AuditEntry.subject == AuditSubject.BLOCKER,
        AuditEntry.action.in_((AuditAction.RESOLVED, AuditAction.REOPENED)),
    )
    found: dict[int | None, list[AuditEntry]] = defaultdict(list)
    for entry in uow.session.scalars(entries):
        found[entry.subject_id].append(entry)
    return found


def _end(sprint: Sprint, until: datetime) -> float:
    ended = min(sprint.ended_at or until, until)
    return min(float(sprint.length_hours), hour_of(sprint, ended))


def _blocked(row: Blocker, sprint: Sprint, changes: list[AuditEntry], end: float) -> list[Stop]:
    fact = BlockerFact(
        id="",
        title="",
        kind=Kind(row.kind),
        raised_at=hour_of(sprint, row.raised_at),
        by="",
        phase=row.phase,
        history=_history(row, sprint, changes),
    )
    spans = ((start, min(ended, end)) for start, ended in fact.spans(end))
    return [Stop(start, ended, fact.kind) for start, ended in spans if start < ended]


def _history(row: Blocker, sprint: Sprint, entries: list[AuditEntry]) -> tuple[BlockerChange, ...]:
    changes = [BlockerChange(hour_of(sprint, each.at), "", _how(each)) for each in entries]
    if row.resolved_at and not (changes and changes[-1].how):  # rows older than their audit
        changes.append(BlockerChange(hour_of(sprint, row.resolved_at), "", Resolution.FIXED))
    return tuple(changes)


def _how(entry: AuditEntry) -> Resolution | None:
    return Resolution.FIXED if entry.action == AuditAction.RESOLVED else None


def _refusals(uow: UnitOfWork, which: ColumnElement[bool]) -> dict[int, list[Approval]]:
    decided = (ApprovalState.REJECTED, ApprovalState.APPROVED)
    found: dict[int, list[Approval]] = defaultdict(list)
    for row in uow.session.scalars(_of(Approval, which).where(Approval.state.in_(decided))):
        found[row.sprint_id].append(row)
    return found


def _refused(approvals: list[Approval], sprint: Sprint, end: float) -> list[Stop]:
    stops = []
    for refused in approvals:
        if refused.state != ApprovalState.REJECTED or refused.decided_at is None:
            continue
        given = min(_given(refused, approvals), default=None)
        until = min(hour_of(sprint, given), end) if given else end
        start = hour_of(sprint, refused.decided_at)
        if start < until:
            stops.append(Stop(start, until, REFUSAL))
    return stops


def _given(refused: Approval, approvals: list[Approval]) -> list[datetime]:
    return [
        other.decided_at
        for other in approvals
        if other.subject == refused.subject
        and other.state == ApprovalState.APPROVED
        and other.decided_at is not None
        and refused.decided_at is not None
        and other.decided_at >= refused.decided_at
    ]
