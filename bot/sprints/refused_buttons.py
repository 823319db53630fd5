"""Messages that were sent with buttons which do nothing any more are rendered anew."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, Text, and_, cast, or_, select

from bot.db.models import Reminder, Sprint
from bot.db.outbox_models import OutboxItem
from bot.domain.enums import AuditSubject
from bot.messages import keys
from bot.messages.ended import GONE
from bot.outbox.queue import render_anew
from bot.unit_of_work import UnitOfWork

SENT: Final = cast(OutboxItem.body, Text)
"""A message as it was sent last; its buttons' names and values are in it."""


def drop_refused(uow: UnitOfWork, sprint: Sprint) -> None:
    """Take away the buttons that a sprint refuses since its status changed."""
    refused = or_(*(SENT.contains(f'"{act}') for act in GONE[sprint.status]))
    render_anew(uow.session, uow.team_id, and_(OutboxItem.sprint_id == sprint.id, refused))
    settle_reminders(uow, Reminder.sprint_id == sprint.id)


def drop_buttons(uow: UnitOfWork, sprint_id: int, prefix: str, value: str) -> None:
    """Render anew what a sprint's messages ask about something.

    Args:
        uow: the open unit.
        sprint_id: the sprint.
        prefix: what the buttons' action ids begin with.
        value: their value.
    """
    asks = and_(SENT.contains(f'"{prefix}'), SENT.contains(f'"value": "{value}"'))
    render_anew(uow.session, uow.team_id, and_(OutboxItem.sprint_id == sprint_id, asks))


def settle_about(uow: UnitOfWork, subject: AuditSubject, row_id: int) -> None:
    """Let the reminders of a row that waits for nobody any more say so."""
    settle_reminders(uow, and_(Reminder.subject == subject, Reminder.subject_id == row_id))


def settle_reminders(uow: UnitOfWork, about: ColumnElement[bool]) -> None:
    """Render anew what reminded somebody; it may be about other sprints as well."""
    sent = select(Reminder.user_id, Reminder.sent_at).where(
        Reminder.team_id == uow.team_id, Reminder.sent_at.is_not(None), about
    )
    found = [keys.reminders(user_id, at) for user_id, at in uow.session.execute(sent) if at]
    if found:
        render_anew(uow.session, uow.team_id, OutboxItem.key.in_(found))
