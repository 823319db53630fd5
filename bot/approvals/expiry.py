"""Requests without an answer by their deadline: they expire and become a blocker."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import select

from bot.approvals.announcements import announce_request, end_request, record_step, show_request
from bot.approvals.escalation import pass_on
from bot.blockers.forms import BlockerForm
from bot.blockers.service import end_blocker, open_blocker
from bot.db.models import Approval, AuditEntry, Blocker, Sprint
from bot.domain import transitions
from bot.domain.enums import (
    ApprovalState,
    AuditAction,
    AuditSubject,
    BlockerState,
    TimerKind,
)
from bot.domain.errors import InputError
from bot.domain.quiet_hours import quiet_end
from bot.domain.vocabulary import Resolution, Subject
from bot.messages.catalog import say_plain
from bot.outbox.queue import Priority
from bot.reading import find_lead_time
from bot.slack.text import moment
from bot.sprints.overview import refresh_pinned_card
from bot.sprints.snapshot import hour_of, moment_of
from bot.unit_of_work import THE_CLOCK, UnitOfWork

AWAY_AFTER: Final = timedelta(minutes=10)
"""A deadline that is noticed later than this passed while the bot was away."""
GRACE: Final = timedelta(hours=1)
"""What an approver gets whose deadline passed while the bot was away."""


def pass_or_wait(uow: UnitOfWork, sprint: Sprint, approval: Approval) -> None:
    """Let a deadline pass, or give an hour more when nobody could be reminded of it.

    A request gets the hour once, and only while the sprint's own hours last.
    """
    ends = moment_of(sprint, sprint.length_hours)
    quiet = quiet_end(uow.now, sprint.timezone, sprint.quiet_from, sprint.quiet_until)
    until = (quiet or uow.now) + GRACE
    was_away = uow.now - approval.deadline > AWAY_AFTER
    if not was_away or until > ends or _had_grace(uow, approval):
        let_pass(uow, sprint, approval)
        return
    before, approval.deadline = approval.deadline, until
    key = f"approval:{approval.number}"
    number = approval.id
    uow.drop_timers(sprint.id, f"{key}:")
    uow.set_timer(sprint.id, f"{key}:grace", TimerKind.APPROVAL_HOUR, uow.now, approval_id=number)
    uow.set_timer(
        sprint.id, f"{key}:deadline", TimerKind.APPROVAL_DEADLINE, until, approval_id=number
    )
    record_step(
        uow,
        approval,
        THE_CLOCK,
        AuditAction.EXTENDED,
        deadline=until.isoformat(),
        before=before.isoformat(),
    )
    approver, deadline = uow.name(approval.approver_id), moment(until)
    announce_request(
        uow, sprint, approval, "approval.line_grace", approver=approver, deadline=deadline
    )


def _had_grace(uow: UnitOfWork, approval: Approval) -> bool:
    given = select(AuditEntry.id).where(
        AuditEntry.sprint_id == approval.sprint_id,
        AuditEntry.subject == AuditSubject.APPROVAL,
        AuditEntry.subject_id == approval.id,
        AuditEntry.action == AuditAction.EXTENDED,
    )
    return uow.session.scalar(given.limit(1)) is not None


def let_pass(uow: UnitOfWork, sprint: Sprint, approval: Approval) -> None:
    """Let the deadline of an unanswered request pass; after the last hour it says nothing more."""
    state = transitions.expire(approval.deadline, moment_of(sprint, sprint.length_hours))
    end_request(uow, approval, state, THE_CLOCK, approval.deadline)
    if state == ApprovalState.LAPSED:
        show_request(uow, sprint, approval)
        refresh_pinned_card(uow, sprint)
        return
    blocker = open_blocker(
        uow,
        sprint,
        approval.requested_by,
        _expiry(sprint, approval),
        approval.deadline,
        phase=uow.playbook.phase_at(hour_of(sprint, approval.requested_at)).key,
        actor_id=THE_CLOCK,
    )
    announce_request(
        uow,
        sprint,
        approval,
        "approval.line_expired",
        Priority.URGENT,
        number=blocker.number,
    )
    pass_on(uow, sprint, approval)


def _expiry(sprint: Sprint, approval: Approval) -> BlockerForm:
    implied = transitions.blocker_of_silence(Subject(approval.subject))
    return BlockerForm(
        sprint_id=approval.sprint_id,
        title=say_plain(
            "approval.expired_title",
            subject=implied.waits_for,
            hour=int(hour_of(sprint, approval.deadline)),
        ),
        kind=implied.kind,
        severity=implied.severity,
        remedy=implied.remedy,
        family=implied.family,
        waits_for=implied.waits_for,
        owner=approval.approver_id,
        approval_id=approval.id,
    )


def answer_expired(uow: UnitOfWork, sprint: Sprint, approval: Approval, actor_id: str) -> None:
    """Resolve what an earlier silence on the same subject blocked, now that it was asked anew."""
    silent = uow.session.execute(
        select(Blocker, Approval.subject, Approval.deadline)
        .join(Approval, Approval.id == Blocker.approval_id)
        .where(
            Blocker.sprint_id == sprint.id,
            Blocker.state == BlockerState.OPEN,
            Approval.state == ApprovalState.EXPIRED,
        )
        .with_for_update(of=Blocker)
    ).all()
    for blocker, subject, deadline in silent:
        if transitions.supersedes(approval.subject, approval.requested_at, subject, deadline):
            end_blocker(uow, sprint, blocker, actor_id, Resolution.FIXED)


def rejection_as_blocker(uow: UnitOfWork, approval_id: int) -> dict[str, str]:
    """Return what the blocker's form shows at first of a rejected request.

    Raises:
        InputError: it is not there, or was not rejected.
    """
    approval = uow.row(Approval, approval_id, "request")
    if approval.state != ApprovalState.REJECTED:
        raise InputError(say_plain("approval.not_offered"))
    implied = transitions.blocker_of_rejection(Subject(approval.subject))
    decided_on = (approval.decided_at or uow.now).date()
    return {
        "lead_time": find_lead_time(approval.reason, on=decided_on).words,
        "title": say_plain(
            "approval.rejected_title",
            subject=uow.playbook.subject(approval.subject).title,
            approver=uow.name(approval.approver_id),
            reason=approval.reason or "",
        ),
        "kind": implied.kind.value,
        "remedy": implied.remedy.value,
        "family": implied.family.value,
        "waits_for": implied.waits_for,
    }
