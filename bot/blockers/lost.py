"""The stretches in which something stopped a sprint, read from its rows, also for many at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, select

from bot.db.models import Approval, AuditEntry, Blocker, Sprint
from bot.domain import record
from bot.domain.enums import AuditAction, AuditSubject, BlockerState, SprintStatus
from bot.domain.hours_lost import Stop, stops_among
from bot.domain.vocabulary import Decision, Kind, Resolution, Severity, Subject
from bot.sprints.snapshot import hour_of
from bot.unit_of_work import UnitOfWork


def stops_of_sprint(uow: UnitOfWork, sprint: Sprint) -> tuple[Stop, ...]:
    """Return the stops of one sprint up to the unit's moment."""
    return _stops(uow, [sprint], Sprint.id == sprint.id, uow.now)[sprint.id]


def stops_of_closed(uow: UnitOfWork) -> dict[int, tuple[Stop, ...]]:
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
) -> dict[int, tuple[Stop, ...]]:
    changes = _changes(uow, which)
    counting = _of(Blocker, which).where(Blocker.state != BlockerState.WITHDRAWN)
    blockers = _by_sprint(uow.session.scalars(counting))
    decided = _of(Approval, which).where(Approval.state.in_(Decision))
    approvals = _by_sprint(uow.session.scalars(decided))
    return {
        sprint.id: stops_among(
            [_blocker(row, sprint, changes[row.id]) for row in blockers[sprint.id]],
            [_approval(row, sprint) for row in approvals[sprint.id] if row.decided_at],
            _end(sprint, until),
        )
        for sprint in sprints
    }


def _of(model: type[Any], which: ColumnElement[bool]) -> Select[Any]:
    return select(model).join(Sprint, Sprint.id == model.sprint_id).where(which).order_by(model.id)


def _by_sprint(rows: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.sprint_id].append(row)
    return found


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


def _blocker(row: Blocker, sprint: Sprint, entries: list[AuditEntry]) -> record.Blocker:
    return record.Blocker(
        id="",
        title="",
        kind=Kind(row.kind),
        raised_at=hour_of(sprint, row.raised_at),
        by="",
        phase=row.phase,
        severity=Severity(row.severity),
        history=_history(row, sprint, entries),
    )


def _history(
    row: Blocker, sprint: Sprint, entries: list[AuditEntry]
) -> tuple[record.BlockerChange, ...]:
    changes = [record.BlockerChange(hour_of(sprint, each.at), "", _how(each)) for each in entries]
    if row.resolved_at and not (changes and changes[-1].how):  # rows older than their audit
        at = hour_of(sprint, row.resolved_at)
        changes.append(record.BlockerChange(at, "", Resolution.FIXED))
    return tuple(changes)


def _how(entry: AuditEntry) -> Resolution | None:
    return Resolution.FIXED if entry.action == AuditAction.RESOLVED else None


def _approval(row: Approval, sprint: Sprint) -> record.Approval:
    return record.Approval(
        id="",
        subject=Subject(row.subject),
        requested_by="",
        approver="",
        requested_at=hour_of(sprint, row.requested_at),
        due_at=hour_of(sprint, row.deadline),
        phase="",
        decision=Decision(row.state),
        decided_at=hour_of(sprint, row.decided_at) if row.decided_at else None,
    )
