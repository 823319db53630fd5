"""Approvals: one named person decides, and their silence until the deadline is an answer too.

In the audit trail a request is `requested`, `approved`, `rejected`, `asked`, `handed_over`,
`withdrawn`, `reminded`, `expired` or `lapsed`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select

from bot.approvals.announcements import (
    announce_request,
    card_key,
    direct_key,
    end_request,
    record_step,
    show_request,
)
from bot.approvals.dossier import send_dossier
from bot.approvals.expiry import answer_expired, pass_or_wait
from bot.approvals.forms import (
    ApprovalForm,
    check_new_approver,
    check_request,
    checked_question,
    checked_reason,
    deadline_of,
)
from bot.blockers.service import card_context
from bot.db.models import Approval, Sprint, Timer
from bot.domain.enums import (
    LIVE,
    ApprovalState,
    AuditAction,
    AuditSubject,
    TimerKind,
)
from bot.domain.errors import InputError
from bot.domain.permissions import Action
from bot.domain.transitions import can_reopen, decide, is_undecided
from bot.domain.vocabulary import Decision, Subject
from bot.fixes.service import recheck_approval
from bot.messages import keys
from bot.messages.approval_card import handed_over_card, time_left
from bot.messages.catalog import hours, say
from bot.messages.templates import Template
from bot.outbox.queue import Priority, TemplateArgs
from bot.slack import blocks
from bot.slack.text import clean, moment
from bot.sprints.card_threads import say_below
from bot.sprints.invitations import invite
from bot.sprints.overview import refresh_pinned_card
from bot.sprints.people import Access, require, successor
from bot.sprints.pings import called, note_ping
from bot.sprints.refused_buttons import settle_about
from bot.sprints.reminders import is_overtaken, remind
from bot.sprints.selection import locked_with_sprint, require_live
from bot.unit_of_work import BOT_ACTOR, UnitOfWork


def request_approval(uow: UnitOfWork, actor_id: str, form: ApprovalForm) -> Approval:
    """Ask one named person to decide something until a deadline.

    Raises:
        FormError: fields that cannot be taken, each with its sentence.
        InputError: the sprint is not on, or they may not.
    """
    sprint = uow.sprint(form.sprint_id, lock=True)
    require(uow, actor_id, Action.REQUEST_APPROVAL, sprint)
    require_live(sprint)
    check_request(uow, actor_id, form)
    return _open_request(uow, sprint, actor_id, form, deadline_of(uow, form))


def _open_request(
    uow: UnitOfWork, sprint: Sprint, actor_id: str, form: ApprovalForm, deadline: datetime
) -> Approval:
    """Add a request that needs no more checks to a sprint that is locked."""
    approval = Approval(
        team_id=uow.team_id,
        sprint_id=sprint.id,
        number=_next_number(uow, sprint),
        subject=form.subject.value,
        what=clean(form.what).strip(),
        requested_by=actor_id,
        approver_id=form.approver,
        requested_at=uow.now,
        deadline=deadline,
        state=ApprovalState.WAITING,
    )
    uow.session.add(approval)
    uow.session.flush()
    _set_timers(uow, approval)
    record_step(
        uow,
        approval,
        actor_id,
        AuditAction.REQUESTED,
        about=approval.subject,
        of=approval.approver_id,
        deadline=approval.deadline.isoformat(),
    )
    _bring_in(uow, sprint, approval)
    note_ping(uow, approval.approver_id)
    show_request(uow, sprint, approval)
    send_dossier(uow, sprint, approval)
    refresh_pinned_card(uow, sprint)
    return approval


def take_over_approval(uow: UnitOfWork, actor_id: str, approval_id: int) -> Approval:
    """Ask for an overdue request anew, with the person it was passed on to as its approver.

    Raises:
        InputError: it was not passed on to them, or it was asked anew before.
    """
    approval, sprint, access = _locked(uow, approval_id, actor_id)
    access.permit(Action.TAKE_OVER_APPROVAL)
    again = select(Approval.id).where(
        Approval.sprint_id == sprint.id,
        Approval.subject == approval.subject,
        Approval.requested_at >= approval.deadline,
    )
    asked_again = uow.session.scalar(again.limit(1)) is not None
    if approval.state != ApprovalState.EXPIRED or asked_again:
        raise InputError(say("approval.not_overdue"))
    form = ApprovalForm(sprint.id, Subject(approval.subject), actor_id, approval.what, "")
    anew = _open_request(uow, sprint, approval.requested_by, form, deadline_of(uow, form))
    who = uow.name(actor_id)
    say_below(uow, card_key(approval), "approval.line_taken_over", who=who, number=anew.number)
    overdue = uow.find_message(keys.overdue(sprint.id, approval.number))
    if overdue is not None:
        uow.upsert(
            overdue.key,
            Template.APPROVAL_OVERDUE,
            {"approval": approval.id},
            queue=overdue.queue,
            sprint_id=sprint.id,
        )
    return anew


def decide_approval(
    uow: UnitOfWork, actor_id: str, approval_id: int, decision: Decision, reason: str = ""
) -> tuple[Approval, bool]:
    """Approve or reject a request.

    Args:
        uow: the open unit.
        actor_id: who decides; only the named approver may.
        approval_id: the request.
        decision: approved or rejected.
        reason: why; a rejection needs one.

    Returns:
        The request, and whether this decision counts; False when it had ended before.

    Raises:
        FormError: a rejection without a reason.
        InputError: they may not decide it, or the sprint is over.
    """
    approval, sprint, waits = _open_to(uow, approval_id, actor_id, Action.DECIDE_APPROVAL)
    if not waits:
        return approval, False
    approval.reason = checked_reason(reason) if decision is Decision.REJECTED else None
    end_request(uow, approval, decide(decision), actor_id, uow.now)
    announce_request(
        uow,
        sprint,
        approval,
        f"approval.line_{decision}",
        Priority.URGENT,
        Template.APPROVAL_DECIDED,
        requester=called(uow, sprint, successor(uow, sprint, approval.requested_by)),
        who=uow.name(actor_id),
        after=hours((uow.now - approval.requested_at) / timedelta(hours=1)),
        reason=approval.reason or "",
    )
    if decision is Decision.APPROVED:
        answer_expired(uow, sprint, approval, actor_id)
    recheck_approval(uow, sprint, approval.subject)
    return approval, True


def reopen_approval(uow: UnitOfWork, actor_id: str, approval_id: int) -> tuple[Approval, bool]:
    """Take a decision back until the request's deadline, so that the request waits again.

    Returns:
        The request, and that it waits again.

    Raises:
        InputError: nothing was decided, its deadline passed, they may not, or the sprint is over.
    """
    approval, sprint, access = _locked(uow, approval_id, actor_id)
    access.permit(Action.DECIDE_APPROVAL)
    if not can_reopen(approval.state, approval.deadline, uow.now):
        raise InputError(say("approval.not_reopened"))
    approval.state = ApprovalState.WAITING
    approval.decided_by = approval.decided_at = approval.reason = None
    _set_timers(uow, approval)
    record_step(uow, approval, actor_id, AuditAction.REOPENED, about=approval.subject)
    announce_request(
        uow,
        sprint,
        approval,
        "approval.line_reopened",
        Priority.URGENT,
        requester=called(uow, sprint, successor(uow, sprint, approval.requested_by)),
        who=uow.name(actor_id),
        deadline=moment(approval.deadline),
    )
    return approval, True


def ask_about_approval(
    uow: UnitOfWork, actor_id: str, approval_id: int, question: str
) -> tuple[Approval, bool]:
    """Ask the requester something before deciding; the deadline stays.

    Returns:
        The request, and whether the question was asked; False when it had ended before.

    Raises:
        FormError: there is no question.
        InputError: only the named approver asks back here, or the sprint is over.
    """
    approval, sprint, waits = _open_to(uow, approval_id, actor_id, Action.ASK_ABOUT_APPROVAL)
    if not waits:
        return approval, False
    asked = checked_question(question, uow.name(approval.requested_by))
    approval.question = asked
    record_step(uow, approval, actor_id, AuditAction.ASKED, question=asked)
    requester = called(uow, sprint, successor(uow, sprint, approval.requested_by))
    announce_request(
        uow,
        sprint,
        approval,
        "approval.line_asked",
        Priority.URGENT,
        requester=requester,
        who=uow.name(actor_id),
        question=asked,
    )
    return approval, True


def hand_over_approval(
    uow: UnitOfWork, actor_id: str, approval_id: int, to_id: str | None
) -> tuple[Approval, bool]:
    """Let somebody else decide; the deadline stays.

    Returns:
        The request, and whether it was handed over; False when it had ended before.

    Raises:
        FormError: that person cannot decide it.
        InputError: only the named approver hands over, or the sprint is over.
    """
    approval, sprint, waits = _open_to(uow, approval_id, actor_id, Action.HAND_OVER_APPROVAL)
    if not waits:
        return approval, False
    _hand_over(uow, sprint, approval, actor_id, check_new_approver(uow, approval, to_id))
    return approval, True


def inherit_requests(
    uow: UnitOfWork, sprint: Sprint, actor_id: str, left: str, to_id: str
) -> list[int]:
    """Let somebody decide what waits for who left the team, except for what they asked themselves.

    Returns:
        The requests' numbers.
    """
    waiting = uow.session.scalars(
        select(Approval)
        .where(
            Approval.sprint_id == sprint.id,
            Approval.state == ApprovalState.WAITING,
            Approval.approver_id == left,
            Approval.requested_by != to_id,
        )
        .order_by(Approval.number)
    ).all()
    theirs = [approval for approval in waiting if _waits(uow, sprint, approval)]
    for approval in theirs:
        _hand_over(uow, sprint, approval, actor_id, to_id)
    return [approval.number for approval in theirs]


def _hand_over(
    uow: UnitOfWork, sprint: Sprint, approval: Approval, actor_id: str, to_id: str
) -> None:
    before = approval.approver_id
    approval.approver_id = to_id
    approval.question = None
    record_step(uow, approval, actor_id, AuditAction.HANDED_OVER, of=before, to=to_id)
    _bring_in(uow, sprint, approval)
    send_dossier(uow, sprint, approval)
    uow.upsert(
        direct_key(approval, before),
        Template.APPROVAL_HANDED_OVER,
        {"approval": approval.id},
        sprint_id=sprint.id,
        to=before,
    )
    returns = uow.find_message(direct_key(approval, to_id)) is not None
    to, who = uow.name(to_id), uow.name(actor_id)
    note_ping(uow, to_id)
    settle_about(uow, AuditSubject.APPROVAL, approval.id)
    announce_request(
        uow,
        sprint,
        approval,
        "approval.line_handed_over",
        who=who,
        to=to,
        deadline=moment(approval.deadline),
    )
    if returns:
        say_below(uow, direct_key(approval, to_id), "approval.line_back", who=who)


def withdraw_approval(uow: UnitOfWork, actor_id: str, approval_id: int) -> tuple[Approval, bool]:
    """Take a request back.

    Returns:
        The request, and whether this took it back; False when it had ended before.

    Raises:
        InputError: only who asked, or the lead, may, or the sprint is over.
    """
    approval, sprint, waits = _open_to(uow, approval_id, actor_id, Action.WITHDRAW_APPROVAL)
    if not waits:
        return approval, False
    end_request(uow, approval, ApprovalState.WITHDRAWN, actor_id, uow.now)
    announce_request(uow, sprint, approval, "approval.line_withdrawn", who=uow.name(actor_id))
    return approval, True


def look_at_approval(
    uow: UnitOfWork, actor_id: str, approval_id: int, action: Action
) -> tuple[Approval, bool]:
    """Return a request to somebody who may do `action` to it, and whether it still waits.

    Raises:
        InputError: they may not, or the sprint is over.
    """
    approval, _, waits = _open_to(uow, approval_id, actor_id, action)
    return approval, waits


def remind_approver(uow: UnitOfWork, timer: Timer) -> None:
    """Remind the approver of a request that still waits; of several that are due, the last does."""
    approval, sprint = _of_timer(uow, timer)
    waits = approval.state == ApprovalState.WAITING and uow.now < approval.deadline
    if not waits or sprint.status not in LIVE or is_overtaken(uow, timer):
        return
    left = time_left(approval, card_context(uow, sprint))
    record_step(uow, approval, BOT_ACTOR, AuditAction.REMINDED, of=approval.approver_id)
    remind(
        uow,
        sprint,
        approval.approver_id,
        AuditSubject.APPROVAL,
        approval.id,
        is_urgent=timer.kind == TimerKind.APPROVAL_HOUR,
    )
    say_below(
        uow,
        card_key(approval),
        "approval.line_reminded",
        approver=uow.name(approval.approver_id),
        left=left,
        deadline=moment(approval.deadline),
    )


def render_handed_over(uow: UnitOfWork, sprint: Sprint, args: TemplateArgs) -> blocks.Block:
    """Render what is left in the direct messages of who handed a request over."""
    approval = uow.session.get_one(Approval, args["approval"])
    return handed_over_card(approval, card_context(uow, sprint))


def expire_approval(uow: UnitOfWork, timer: Timer) -> None:
    """Record the silence about a request whose deadline has come."""
    approval, sprint = _of_timer(uow, timer)
    if (
        approval.state == ApprovalState.WAITING
        and sprint.status in LIVE
        and uow.now >= approval.deadline
    ):
        pass_or_wait(uow, sprint, approval)


def waiting_for(uow: UnitOfWork, user_id: str) -> Sequence[tuple[Approval, Sprint]]:
    """Return the requests that wait for somebody, in all sprints, the next deadline first."""
    rows = uow.session.execute(
        select(Approval, Sprint)
        .join(Sprint, Sprint.id == Approval.sprint_id)
        .where(
            Approval.team_id == uow.team_id,
            Approval.approver_id == user_id,
            Approval.state == ApprovalState.WAITING,
            Sprint.status.in_(LIVE),
        )
        .order_by(Approval.deadline, Approval.id)
    )
    return [(approval, sprint) for approval, sprint in rows]


def waiting_in(uow: UnitOfWork, sprint: Sprint) -> Sequence[tuple[Approval, Sprint]]:
    """Return a sprint's requests that wait, the next deadline first."""
    rows = uow.session.scalars(
        select(Approval)
        .where(Approval.sprint_id == sprint.id, Approval.state == ApprovalState.WAITING)
        .order_by(Approval.deadline, Approval.id)
    )
    return [(approval, sprint) for approval in rows]


def _locked(uow: UnitOfWork, approval_id: int, actor_id: str) -> tuple[Approval, Sprint, Access]:
    """Return a request, its sprint and the actor's access to it, as they learn how it ended."""
    approval, sprint = locked_with_sprint(uow, Approval, approval_id, "request")
    access = require(uow, actor_id, Action.READ, approval)
    require_live(sprint)
    return approval, sprint, access


def _open_to(
    uow: UnitOfWork, approval_id: int, actor_id: str, action: Action
) -> tuple[Approval, Sprint, bool]:
    """Return a request to act on, its sprint, and whether it waits; who acts on it must be let."""
    approval, sprint, access = _locked(uow, approval_id, actor_id)
    waits = _waits(uow, sprint, approval)
    if waits:
        access.permit(action)
    return approval, sprint, waits


def _of_timer(uow: UnitOfWork, timer: Timer) -> tuple[Approval, Sprint]:
    return locked_with_sprint(uow, Approval, int(timer.facts["approval_id"]), "request")


def _waits(uow: UnitOfWork, sprint: Sprint, approval: Approval) -> bool:
    """Return whether a request can still be decided; one whose time is up ends on the spot."""
    if approval.state == ApprovalState.WAITING and not is_undecided(
        approval.state, approval.deadline, uow.now
    ):
        pass_or_wait(uow, sprint, approval)
    return approval.state == ApprovalState.WAITING


def _set_timers(uow: UnitOfWork, approval: Approval) -> None:
    reminders = uow.playbook.reminders
    half = approval.requested_at + reminders.approval_share * (
        approval.deadline - approval.requested_at
    )
    due = {
        "half": (TimerKind.APPROVAL_HALF, half),
        "deadline": (TimerKind.APPROVAL_DEADLINE, approval.deadline),
    }
    for before in reminders.approval_before_deadline:
        at = approval.deadline - timedelta(hours=before)
        if at > half:
            due[f"before_{before}"] = (TimerKind.APPROVAL_HOUR, at)
    for name, (kind, at) in due.items():
        if at < uow.now:
            continue
        key = f"approval:{approval.number}:{name}"
        uow.set_timer(approval.sprint_id, key, kind, at, approval_id=approval.id)


def _bring_in(uow: UnitOfWork, sprint: Sprint, approval: Approval) -> None:
    """Let the approver be known, and see the card and its thread in the channel."""
    uow.ensure_person(approval.approver_id)
    invite(uow, sprint, approval.approver_id)


def _next_number(uow: UnitOfWork, sprint: Sprint) -> int:
    highest = uow.session.scalar(
        select(func.max(Approval.number)).where(Approval.sprint_id == sprint.id)
    )
    return (highest or 0) + 1
