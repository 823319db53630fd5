"""A plan as its items stand, and what its checks rest on: runs, kept checks and requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import func, select

from bot.db.check_models import CheckRun, KeptCheck
from bot.db.models import Approval, FixItem, Sprint
from bot.domain.enums import UNFINISHED_CHECKS, ApprovalState, CheckTrigger, FixState, SprintStatus
from bot.domain.plan_counts import PlanCounts, counts_of
from bot.domain.verdict import Verdict
from bot.domain.verdict.facts import record_fact
from bot.domain.verdict.model import Fix, Sentence
from bot.domain.vocabulary import Subject
from bot.domain.working_days import day_in
from bot.messages.catalog import say_plain
from bot.unit_of_work import UnitOfWork

MOST_RERUNS: Final = 20


def items_of(uow: UnitOfWork, sprint: Sprint) -> list[FixItem]:
    """Return the plan's items in their order."""
    return list(
        uow.session.scalars(
            select(FixItem).where(FixItem.sprint_id == sprint.id).order_by(FixItem.number)
        )
    )


def as_planned(
    uow: UnitOfWork, sprint: Sprint, judged: Verdict, *, says_state: bool = True
) -> Verdict:
    """Return a verdict with its plan as the items stand: rewritten, moved, confirmed or not.

    Before the plan is posted there are no items, and the verdict stays what it is.

    Args:
        uow: the open unit.
        sprint: the sprint.
        judged: its verdict.
        says_state: say behind each item how it stands; else only its `state` does.
    """
    items = items_of(uow, sprint)
    if not items:
        return judged
    known = {fix.blocker: fix for fix in judged.fixes}
    fixes = tuple(
        _as_fix(sprint, item, known.get(item.reference or ""), says_state=says_state)
        for item in items
    )
    sentences = tuple(Sentence(fix.text, fix.facts) for fix in fixes)
    return replace(judged, fixes=fixes, reasons={**judged.reasons, "thirty_days": sentences})


def _as_fix(sprint: Sprint, item: FixItem, known: Fix | None, *, says_state: bool) -> Fix:
    ended = day_in(sprint.timezone, sprint.ended_at or item.due_at)
    mark = say_plain(f"fix.mark_{item.state}") if says_state else ""
    if item.state in (FixState.OPEN, FixState.STUCK) and not item.confirmed_by:
        mark = say_plain("fix.mark_unconfirmed")
    return Fix(
        text=f"{item.text}{mark}",
        owner=item.owner_name or "",
        due_day=(day_in(sprint.timezone, item.due_at) - ended).days,
        blocker=item.reference or "",
        in_thirty_days=known.in_thirty_days if known else True,
        facts=known.facts if known else (record_fact(),),
        cause=known.cause if known else None,
        is_question=item.is_question,
        state=FixState(item.state),
        changes=known.changes if known else (),
    )


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
