"""Overdue requests: who else hears of them, as the playbook says, and may take them over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from bot.approvals.announcements import card_key, record_step
from bot.db.models import Approval, Person, Sprint, Timer
from bot.domain.enums import LIVE, AuditAction
from bot.domain.vocabulary import Role
from bot.messages import keys
from bot.messages.approval_card import Overdue, overdue_card, subject_title
from bot.messages.templates import Template
from bot.outbox.queue import Priority, TemplateArgs
from bot.playbook.model import OverdueTo
from bot.slack.blocks import Block
from bot.sprints.card_threads import say_below
from bot.sprints.pings import can_act, note_ping
from bot.unit_of_work import BOT_ACTOR, UnitOfWork


@dataclass(frozen=True, slots=True)
class _Asked:
    uow: UnitOfWork
    sprint: Sprint
    approval: Approval


def _named_stand_in(asked: _Asked) -> str | None:
    """Return whom the playbook names for the subject, by Slack's id or by name."""
    named = asked.uow.playbook.subject(asked.approval.subject).stand_in
    if not named:
        return None
    found = asked.uow.session.scalars(
        select(Person.user_id).where(
            Person.team_id == asked.uow.team_id,
            (Person.user_id == named) | (Person.name == named),
            Person.is_deleted.is_(False),
        )
    ).all()
    return found[0] if len(found) == 1 else None


def _team_approver(asked: _Asked) -> str | None:
    members = asked.sprint.members
    return next((each.user_id for each in members if each.role == Role.APPROVER), None)


CANDIDATES: Final[dict[OverdueTo, Callable[[_Asked], str | None]]] = {
    OverdueTo.STAND_IN: _named_stand_in,
    OverdueTo.TEAM_APPROVER: _team_approver,
    OverdueTo.SPONSOR: lambda asked: asked.sprint.sponsor_id,
    OverdueTo.LEAD: lambda asked: asked.sprint.lead_id,
}
"""Who an overdue request can go to; the playbook says in which order."""


def next_in_line(uow: UnitOfWork, sprint: Sprint, approval: Approval) -> str | None:
    """Return who hears of an overdue request: the first who is neither of its two people."""
    asked = _Asked(uow, sprint, approval)
    for step in uow.playbook.subject(approval.subject).overdue_to:
        user_id = CANDIDATES[step](asked)
        its_own = (approval.approver_id, approval.requested_by)
        if user_id and user_id not in its_own and can_act(uow, user_id):
            return user_id
    return None


def pass_on(uow: UnitOfWork, timer: Timer) -> None:
    """Let the next in line know that nobody answered a request; without one nothing is said.

    A request that was made anew while quiet hours lasted is not passed on.
    """
    approval = uow.session.get_one(Approval, timer.facts["approval_id"])
    sprint = uow.sprint(approval.sprint_id)
    user_id = next_in_line(uow, sprint, approval)
    if user_id is None or _made_anew(uow, sprint, approval) is not None:
        return
    uow.ensure_person(user_id)
    record_step(uow, approval, BOT_ACTOR, AuditAction.ESCALATED, to=user_id)
    note_ping(uow, user_id)
    uow.upsert(
        keys.overdue(sprint.id, approval.number),
        Template.APPROVAL_OVERDUE,
        {"approval": approval.id},
        sprint_id=sprint.id,
        to=user_id,
        priority=Priority.URGENT,
    )
    say_below(uow, card_key(approval), "approval.line_overdue", who=uow.name(user_id))


def render_overdue(uow: UnitOfWork, sprint: Sprint, args: TemplateArgs) -> Block:
    """Render what the next in line reads about an overdue request."""
    approval = uow.session.get_one(Approval, args["approval"])
    again = _made_anew(uow, sprint, approval)
    return overdue_card(
        Overdue(
            approval_id=approval.id,
            number=approval.number,
            subject=subject_title(uow.playbook, approval),
            what=approval.what,
            title=sprint.title,
            approver=uow.name(approval.approver_id),
            requester=uow.name(approval.requested_by),
            deadline=approval.deadline,
            again=again.number if again else None,
            again_by=uow.name(again.approver_id) if again else "",
            is_open=sprint.status in LIVE and again is None,
        )
    )


def _made_anew(uow: UnitOfWork, sprint: Sprint, approval: Approval) -> Approval | None:
    """Return the first request for the same that was made after a deadline passed."""
    return uow.session.scalars(
        select(Approval)
        .where(
            Approval.sprint_id == sprint.id,
            Approval.subject == approval.subject,
            Approval.requested_at >= approval.deadline,
        )
        .order_by(Approval.id)
        .limit(1)
    ).one_or_none()
