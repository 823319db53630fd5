"""Approvals: one named person decides, and their silence until the deadline is an answer too.

In the audit trail a request is `requested`, `approved`, `rejected`, `asked`, `handed_over`,
`withdrawn`, `reminded`, `expired` or `lapsed`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select

from bot.slack import blocks
from bot.slack.cards.approval_card import (
    handed_over_card,
    subject_title,
    time_left,
)
from bot.slack.outbox import Priority, person_lane, sprint_lane
from bot.slack.text import clean, moment
from bot.slack.words import hours, say
from bot.sprint.permissions import Action
from bot.sprint.vocabulary import Decision
from bot.store.models import Approval, Sprint, Timer
from bot.usecases.approval_form import (
    ApprovalForm,
    check_new_approver,
    check_request,
    checked_question,
    checked_reason,
    deadline_of,
)
from bot.usecases.approval_lines import (
    card_key,
    direct_key,
    end_request,
    record_step,
    show_request,
    tell_request,
)
from bot.usecases.blockers import teller
from bot.usecases.board import refresh_board
from bot.usecases.calling import called
from bot.usecases.house import THE_CLOCK, Unit
from bot.usecases.people import require
from bot.usecases.reminders import is_overtaken
from bot.usecases.silence import break_silence, let_pass
from bot.usecases.threads import say_below
from bot.usecases.which import LIVE, locked_with_sprint, require_live


def request_approval(
    unit: Unit, actor_id: str, form: ApprovalForm, *, receipt: str | None = None
) -> Approval:
    """Ask one named person to decide something until a deadline.

    Raises:
        FormError: fields that cannot be taken, each with its sentence.
        InputError: the sprint is not on, or they may not.
        AlreadyDone: the same delivery was acted on before.
    """
    sprint = unit.sprint(form.sprint_id, lock=True)
    require(unit, actor_id, Action.REQUEST_APPROVAL, sprint)
    require_live(sprint)
    unit.once(receipt)
    check_request(unit, actor_id, form)
    approval = Approval(
        team_id=unit.team_id,
        sprint_id=sprint.id,
        number=_next_number(unit, sprint),
        subject=form.subject.value,
        what=clean(form.what).strip(),
        requested_by=actor_id,
        approver_id=form.approver,
        requested_at=unit.now,
        deadline=deadline_of(unit, form),
        state="waiting",
    )
    unit.session.add(approval)
    unit.session.flush()
    _set_timers(unit, approval)
    record_step(
        unit,
        approval,
        actor_id,
        "requested",
        about=approval.subject,
        of=approval.approver_id,
        deadline=approval.deadline.isoformat(),
    )
    _bring_in(unit, sprint, approval)
    show_request(unit, sprint, approval)
    refresh_board(unit, sprint)
    return approval


def decide_approval(
    unit: Unit, actor_id: str, approval_id: int, decision: Decision, reason: str = ""
) -> tuple[Approval, bool]:
    """Approve or reject a request.

    Args:
        unit: the open unit.
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
    approval, sprint = _locked(unit, approval_id, actor_id)
    if not _waits(unit, sprint, approval):
        return approval, False
    require(unit, actor_id, Action.DECIDE_APPROVAL, approval)
    approval.reason = checked_reason(reason) if decision is Decision.REJECTED else None
    end_request(unit, approval, decision.value, actor_id, unit.now)
    line = say(
        f"approval.line_{decision}",
        requester=called(unit, sprint, approval.requested_by),
        who=unit.name(actor_id),
        after=hours((unit.now - approval.requested_at) / timedelta(hours=1)),
        reason=approval.reason or "",
    )
    tell_request(unit, sprint, approval, line, Priority.URGENT)
    if decision is Decision.APPROVED:
        break_silence(unit, sprint, approval, actor_id)
    return approval, True


def ask_about_approval(
    unit: Unit, actor_id: str, approval_id: int, question: str, *, receipt: str | None = None
) -> tuple[Approval, bool]:
    """Ask the requester something before deciding; the deadline stays.

    Returns:
        The request, and whether the question was asked; False when it had ended before.

    Raises:
        FormError: there is no question.
        InputError: only the named approver asks back here, or the sprint is over.
    """
    approval, sprint = _locked(unit, approval_id, actor_id)
    if not _waits(unit, sprint, approval):
        return approval, False
    require(unit, actor_id, Action.ASK_ABOUT_APPROVAL, approval)
    asked = checked_question(question, unit.name(approval.requested_by))
    unit.once(receipt)
    approval.question = asked
    record_step(unit, approval, actor_id, "asked", question=asked)
    requester = called(unit, sprint, approval.requested_by)
    line = say("approval.line_asked", requester=requester, who=unit.name(actor_id), question=asked)
    tell_request(unit, sprint, approval, line, Priority.URGENT)
    return approval, True


def hand_over_approval(
    unit: Unit, actor_id: str, approval_id: int, to_id: str | None
) -> tuple[Approval, bool]:
    """Let somebody else decide; the deadline stays.

    Returns:
        The request, and whether it was handed over; False when it had ended before.

    Raises:
        FormError: that person cannot decide it.
        InputError: only the named approver hands over, or the sprint is over.
    """
    approval, sprint = _locked(unit, approval_id, actor_id)
    if not _waits(unit, sprint, approval):
        return approval, False
    require(unit, actor_id, Action.HAND_OVER_APPROVAL, approval)
    to_id = check_new_approver(unit, approval, to_id)
    before = approval.approver_id
    approval.approver_id = to_id
    approval.question = None
    record_step(unit, approval, actor_id, "handed_over", of=before, to=to_id)
    _bring_in(unit, sprint, approval)
    unit.wish(
        direct_key(approval, before),
        person_lane(before),
        handed_over_card(approval, teller(unit, sprint)),
        sprint_id=sprint.id,
    )
    returns = unit.wished(direct_key(approval, to_id)) is not None
    to, who = called(unit, sprint, to_id), unit.name(actor_id)
    tell_request(unit, sprint, approval, say("approval.line_handed_over", who=who, to=to))
    if returns:
        say_below(unit, direct_key(approval, to_id), say("approval.line_back", who=who))
    return approval, True


def withdraw_approval(unit: Unit, actor_id: str, approval_id: int) -> tuple[Approval, bool]:
    """Take a request back.

    Returns:
        The request, and whether this took it back; False when it had ended before.

    Raises:
        InputError: only who asked, or the lead, may, or the sprint is over.
    """
    approval, sprint = _locked(unit, approval_id, actor_id)
    if not _waits(unit, sprint, approval):
        return approval, False
    require(unit, actor_id, Action.WITHDRAW_APPROVAL, approval)
    end_request(unit, approval, "withdrawn", actor_id, unit.now)
    tell_request(unit, sprint, approval, say("approval.line_withdrawn", who=unit.name(actor_id)))
    return approval, True


def look_at_approval(
    unit: Unit, actor_id: str, approval_id: int, action: Action
) -> tuple[Approval, bool]:
    """Return a request to somebody who may do `action` to it, and whether it still waits.

    Raises:
        InputError: they may not, or the sprint is over.
    """
    approval, sprint = _locked(unit, approval_id, actor_id)
    if not _waits(unit, sprint, approval):
        return approval, False
    require(unit, actor_id, action, approval)
    return approval, True


def remind_approver(unit: Unit, timer: Timer) -> None:
    """Remind the approver of a request that still waits; of several that are due, the last does."""
    approval, sprint = _of_timer(unit, timer)
    waits = approval.state == "waiting" and unit.now < approval.deadline
    if not waits or sprint.status not in LIVE or is_overtaken(unit, timer):
        return
    tells = teller(unit, sprint)
    left = time_left(approval, tells)
    record_step(unit, approval, THE_CLOCK, "reminded", of=approval.approver_id)
    words = say(
        "approval.dm_reminder",
        left=left,
        number=approval.number,
        subject=subject_title(unit.playbook, approval),
        deadline=moment(approval.deadline),
    )
    unit.wish(
        f"{direct_key(approval, approval.approver_id)}:{timer.key.rsplit(':', 1)[1]}",
        person_lane(approval.approver_id),
        blocks.message(words, [blocks.section(words)]),
        sprint_id=sprint.id,
        priority=Priority.URGENT,
    )
    approver = unit.name(approval.approver_id)
    say_below(unit, card_key(approval), say("approval.line_reminded", approver=approver, left=left))


def expire_approval(unit: Unit, timer: Timer) -> None:
    """Record the silence about a request whose deadline has come."""
    approval, sprint = _of_timer(unit, timer)
    if approval.state == "waiting" and sprint.status in LIVE and unit.now >= approval.deadline:
        let_pass(unit, sprint, approval)


def waiting_for(unit: Unit, user_id: str) -> Sequence[tuple[Approval, Sprint]]:
    """Return the requests that wait for somebody, in all sprints, the next deadline first."""
    rows = unit.session.execute(
        select(Approval, Sprint)
        .join(Sprint, Sprint.id == Approval.sprint_id)
        .where(
            Approval.team_id == unit.team_id,
            Approval.approver_id == user_id,
            Approval.state == "waiting",
            Sprint.status.in_(LIVE),
        )
        .order_by(Approval.deadline, Approval.id)
    )
    return [(approval, sprint) for approval, sprint in rows]


def waiting_in(unit: Unit, sprint: Sprint) -> Sequence[tuple[Approval, Sprint]]:
    """Return a sprint's requests that wait, the next deadline first."""
    rows = unit.session.scalars(
        select(Approval)
        .where(Approval.sprint_id == sprint.id, Approval.state == "waiting")
        .order_by(Approval.deadline, Approval.id)
    )
    return [(approval, sprint) for approval in rows]


def _locked(unit: Unit, approval_id: int, actor_id: str) -> tuple[Approval, Sprint]:
    """Return a request and its sprint to somebody who may read them, as they learn how it ended."""
    approval, sprint = locked_with_sprint(unit, Approval, approval_id, "request")
    require(unit, actor_id, Action.READ, approval)
    require_live(sprint)
    return approval, sprint


def _of_timer(unit: Unit, timer: Timer) -> tuple[Approval, Sprint]:
    return locked_with_sprint(unit, Approval, int(timer.facts["approval_id"]), "request")


def _waits(unit: Unit, sprint: Sprint, approval: Approval) -> bool:
    """Tell whether a request can still be decided; one whose time is up ends on the spot."""
    if approval.state == "waiting" and unit.now > approval.deadline:
        let_pass(unit, sprint, approval)
    return approval.state == "waiting"


def _set_timers(unit: Unit, approval: Approval) -> None:
    reminders = unit.playbook.reminders
    half = approval.requested_at + reminders.approval_share * (
        approval.deadline - approval.requested_at
    )
    due = {"half": ("approval_half", half), "deadline": ("approval_deadline", approval.deadline)}
    for before in reminders.approval_before_deadline:
        at = approval.deadline - timedelta(hours=before)
        if at > half:
            due[f"before_{before}"] = ("approval_hour", at)
    for name, (kind, at) in due.items():
        key = f"approval:{approval.number}:{name}"
        unit.set_timer(approval.sprint_id, key, kind, at, approval_id=approval.id)


def _bring_in(unit: Unit, sprint: Sprint, approval: Approval) -> None:
    """Let the approver be known, and see the card and its thread in the channel."""
    unit.meet(approval.approver_id)
    unit.wish(
        f"sprint:{sprint.id}:invite:{approval.approver_id}",
        sprint_lane(sprint.id),
        {"user_id": approval.approver_id},
        kind="invite",
        sprint_id=sprint.id,
    )


def _next_number(unit: Unit, sprint: Sprint) -> int:
    highest = unit.session.scalar(
        select(func.max(Approval.number)).where(Approval.sprint_id == sprint.id)
    )
    return (highest or 0) + 1
