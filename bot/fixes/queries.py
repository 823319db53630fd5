"""What the checks of a plan rest on: counts by state, runs, kept checks and requests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import func, select

from bot.db.check_models import CheckRun, KeptCheck
from bot.db.models import Approval, FixItem, Sprint
from bot.domain.enums import UNFINISHED_CHECKS, ApprovalState, CheckTrigger, SprintStatus
from bot.domain.plan_counts import PlanCounts, counts_of
from bot.domain.vocabulary import Subject
from bot.unit_of_work import UnitOfWork

MOST_RERUNS: Final = 20


def workspace_counts(uow: UnitOfWork) -> PlanCounts:
    """Count the items of all closed sprints of a workspace."""
    rows = uow.session.execute(
        select(FixItem.state, func.count())
        .join(Sprint, Sprint.id == FixItem.sprint_id)
        .where(FixItem.team_id == uow.team_id, Sprint.status == SprintStatus.CLOSED)
        .group_by(FixItem.state)
    )
    return counts_of([state for state, count in rows for _ in range(count)])


def under_way(uow: UnitOfWork, item_id: int) -> CheckRun | None:
    """Return the run that somebody who pressed Done waits for, or None."""
    return uow.session.scalars(
        select(CheckRun)
        .where(
            CheckRun.item_id == item_id,
            CheckRun.trigger == CheckTrigger.DONE,
            CheckRun.state.in_(UNFINISHED_CHECKS),
        )
        .order_by(CheckRun.id.desc())
        .limit(1)
    ).one_or_none()


def kept_checks(
    uow: UnitOfWork, sprint_id: int, source: str | None = None, table: str | None = None
) -> Sequence[KeptCheck]:
    """Return the data checks that a sprint's people keep, of one table where it is named."""
    rows = select(KeptCheck).where(KeptCheck.sprint_id == sprint_id, KeptCheck.removed_at.is_(None))
    if source is not None:
        rows = rows.where(KeptCheck.source == source, KeptCheck.table_name == (table or ""))
    return uow.session.scalars(
        rows.order_by(KeptCheck.source, KeptCheck.table_name, KeptCheck.id)
    ).all()


def newest_request(uow: UnitOfWork, sprint: Sprint, subject: Subject) -> Approval | None:
    """Return the newest request about a subject, of the sprint or of one that ran it again."""
    return uow.session.scalars(
        select(Approval)
        .where(
            Approval.team_id == uow.team_id,
            Approval.sprint_id.in_(_runs_of(uow, sprint)),
            Approval.subject == subject.value,
            Approval.state != ApprovalState.WITHDRAWN,
        )
        .order_by(Approval.requested_at.desc(), Approval.id.desc())
        .limit(1)
    ).one_or_none()


def _runs_of(uow: UnitOfWork, sprint: Sprint) -> list[int]:
    """Return the sprint and those that ran it again."""
    found = [sprint.id]
    for _ in range(MOST_RERUNS):
        later = uow.session.scalars(
            select(Sprint.id).where(Sprint.rerun_of.in_(found), Sprint.id.not_in(found))
        ).all()
        if not later:
            break
        found += later
    return found
