"""Reminders: those of one person go out together, and no oftener than once an hour.

A timer that falls due adds a row for the person; the person's own timer sends every row that still
means something in one direct message. What is urgent does not wait for the hour.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select

from bot.db.models import TIMER_WAITS, Approval, Blocker, FixItem, Person, Reminder, Sprint, Timer
from bot.domain.enums import (
    FINISHED_FIXES,
    LIVE,
    ApprovalState,
    AuditSubject,
    BlockerState,
    SprintStatus,
    TimerKind,
    TimerState,
)
from bot.messages import keys
from bot.messages.reminder_card import Remind, reminder_card
from bot.messages.templates import Template
from bot.outbox.queue import Priority, TemplateArgs
from bot.slack.blocks import Block
from bot.sprints.people import successor
from bot.sprints.pings import next_ping_at, note_ping
from bot.unit_of_work import UnitOfWork

REMIND_EVERY: Final = timedelta(hours=12)
"""What is not urgent gathers for so long after the last reminder of the same person."""


def who_says(uow: UnitOfWork, sprint: Sprint, blocker: Blocker) -> str:
    """Return who is asked whether a blocker still blocks: its owner, else who raised it.

    Of a request without a yes the owner is the approver; who asked knows whether they still wait,
    or who took their role over since.
    """
    owner = None if blocker.approval_id else blocker.owner_id
    return owner or successor(uow, sprint, blocker.raised_by)


@dataclass(frozen=True, slots=True)
class Reminded:
    """One kind of thing that people are reminded of.

    Args:
        model: its table.
        waits: tells whether a row still waits, in its sprint, for who is reminded.
    """

    model: type[Any]
    waits: Callable[[UnitOfWork, Any, Sprint, str], bool]


REMINDED: Final[Mapping[str, Reminded]] = {
    AuditSubject.APPROVAL: Reminded(
        Approval,
        lambda _uow, row, sprint, user_id: (
            row.state == ApprovalState.WAITING
            and row.approver_id == user_id
            and sprint.status in LIVE
        ),
    ),
    AuditSubject.BLOCKER: Reminded(
        Blocker,
        lambda uow, row, sprint, user_id: (
            row.state == BlockerState.OPEN
            and who_says(uow, sprint, row) == user_id
            and sprint.status == SprintStatus.RUNNING
        ),
    ),
    AuditSubject.FIX: Reminded(
        FixItem, lambda _uow, row, _sprint, _user_id: row.state not in FINISHED_FIXES
    ),
    AuditSubject.SPRINT: Reminded(
        Sprint,
        lambda _uow, row, _sprint, user_id: (
            row.status == SprintStatus.DEBRIEF and user_id in (row.lead_id, row.sponsor_id)
        ),
    ),
}


def remind(
    uow: UnitOfWork,
    sprint: Sprint,
    user_id: str,
    subject: AuditSubject,
    subject_id: int,
    *,
    is_urgent: bool = False,
) -> None:
    """Remind somebody of something, together with whatever else waits for them.

    Args:
        uow: the open unit.
        sprint: the sprint it belongs to.
        user_id: whom to remind.
        subject: a key of `REMINDED`.
        subject_id: the row.
        is_urgent: it does not wait for an hour without a ping.
    """
    uow.ensure_person(user_id)
    uow.session.add(
        Reminder(
            team_id=uow.team_id,
            sprint_id=sprint.id,
            user_id=user_id,
            subject=subject,
            subject_id=subject_id,
            is_urgent=is_urgent,
            due_at=uow.now,
        )
    )
    uow.session.flush()
    _set_timer(uow, sprint, user_id, uow.now if is_urgent else _may_remind_at(uow, user_id))


def _may_remind_at(uow: UnitOfWork, user_id: str) -> datetime:
    """Return from when on somebody may be reminded of what is not urgent."""
    last = uow.session.scalar(
        select(func.max(Reminder.sent_at)).where(
            Reminder.team_id == uow.team_id, Reminder.user_id == user_id
        )
    )
    again = last + REMIND_EVERY if last is not None and last <= uow.now else uow.now
    return max(again, next_ping_at(uow, user_id))


def _set_timer(uow: UnitOfWork, sprint: Sprint, user_id: str, at: datetime) -> None:
    key = f"reminders:{user_id}"
    waiting = uow.session.scalars(
        select(Timer).where(Timer.sprint_id == sprint.id, Timer.key == key, TIMER_WAITS)
    ).one_or_none()
    if waiting is None or waiting.due_at > at:
        uow.set_timer(sprint.id, key, TimerKind.REMINDERS, at, user=user_id)


def send_reminders(uow: UnitOfWork, sprint: Sprint, timer: Timer) -> None:
    """Send somebody, in one message, everything that they are to be reminded of by now."""
    user_id = str(timer.facts["user"])
    uow.session.scalars(
        select(Person)
        .where(Person.team_id == uow.team_id, Person.user_id == user_id)
        .with_for_update()
    ).one_or_none()  # two sprints must not remind the same person at once
    waiting = _waiting(uow, user_id)
    if not waiting:
        return
    may_ping_at = _may_remind_at(uow, user_id)
    if may_ping_at > uow.now and not any(each.is_urgent for each in waiting):
        _set_timer(uow, sprint, user_id, may_ping_at)
        return
    for each in waiting:
        each.sent_at = uow.now
    note_ping(uow, user_id)
    uow.upsert(
        keys.reminders(user_id, uow.now),
        Template.REMINDERS,
        {"reminders": [each.id for each in waiting], "at": uow.now.isoformat()},
        sprint_id=sprint.id,
        to=user_id,
        priority=Priority.URGENT,
    )


def _waiting(uow: UnitOfWork, user_id: str) -> list[Reminder]:
    """Return what was not sent yet and still means something; the rest is forgotten."""
    rows = uow.session.scalars(
        select(Reminder)
        .where(
            Reminder.team_id == uow.team_id,
            Reminder.user_id == user_id,
            Reminder.sent_at.is_(None),
        )
        .order_by(Reminder.id)
        .with_for_update()
    ).all()
    newest: dict[tuple[str, int], Reminder] = {}
    for each in rows:
        _, row, sprint = _subject_of(uow, each)
        if row is None or not REMINDED[each.subject].waits(uow, row, sprint, user_id):
            uow.session.delete(each)
            continue
        about = (each.subject, each.subject_id)
        if about in newest:
            each.is_urgent = each.is_urgent or newest[about].is_urgent
            uow.session.delete(newest.pop(about))
        newest[about] = each
    return list(newest.values())


def _subject_of(uow: UnitOfWork, reminder: Reminder) -> tuple[Reminder, Any, Sprint]:
    row = uow.session.get(REMINDED[reminder.subject].model, reminder.subject_id)
    return reminder, row, uow.session.get_one(Sprint, reminder.sprint_id)


def render_reminders(uow: UnitOfWork, _sprint: Sprint, args: TemplateArgs) -> Block:
    """Render what somebody is reminded of, each with its buttons while it waits."""
    at = datetime.fromisoformat(str(args["at"]))
    rows = uow.session.scalars(
        select(Reminder).where(Reminder.id.in_(args["reminders"])).order_by(Reminder.id)
    )
    found = [_subject_of(uow, each) for each in rows]
    return reminder_card(
        [
            Remind(
                AuditSubject(each.subject),
                row,
                sprint,
                waits=REMINDED[each.subject].waits(uow, row, sprint, each.user_id),
                is_lead=sprint.lead_id == each.user_id,
            )
            for each, row, sprint in found
            if row is not None
        ],
        uow.playbook,
        at,
    )


def is_overtaken(uow: UnitOfWork, timer: Timer) -> bool:
    """Return whether a later timer of the same thing is due as well.

    Timers of one thing share their key up to its last `:`.
    """
    prefix = timer.key.rsplit(":", 1)[0] + ":"
    later = select(Timer.id).where(
        Timer.sprint_id == timer.sprint_id,
        Timer.key.startswith(prefix, autoescape=True),
        Timer.state != TimerState.DROPPED,
        Timer.nominal_at > timer.nominal_at,
        Timer.due_at <= uow.now,
    )
    return uow.session.scalar(later.limit(1)) is not None
