"""Notes: messages that somebody keeps for the debrief."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from bot.db.models import Note
from bot.domain.enums import AuditAction
from bot.domain.errors import InputError
from bot.domain.permissions import Action
from bot.messages.catalog import say_plain
from bot.slack.text import clean
from bot.sprints.people import require
from bot.sprints.selection import require_live
from bot.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class KeptMessage:
    """A message as it stands in Slack.

    Args:
        text: its words.
        permalink: the link to it.
        said_by: who wrote it; None for an app.
    """

    text: str
    permalink: str
    said_by: str | None = None


def keep_note(
    uow: UnitOfWork, actor_id: str, sprint_id: int, kept: KeptMessage
) -> tuple[Note, bool]:
    """Keep a message for the debrief, once.

    Returns:
        The note, and whether it is new; False when somebody kept the message before.

    Raises:
        InputError: the message has no words, they may not, or the sprint is not on.
    """
    sprint = uow.sprint(sprint_id, lock=True)
    require(uow, actor_id, Action.KEEP_NOTE, sprint)
    require_live(sprint)
    text = clean(kept.text).strip()
    if not text:
        raise InputError(say_plain("blocker.note_empty"))
    found = uow.session.scalars(
        select(Note).where(Note.sprint_id == sprint_id, Note.permalink == kept.permalink)
    ).one_or_none()
    if found is not None:
        return found, False
    note = Note(
        sprint_id=sprint_id,
        text=text,
        permalink=kept.permalink,
        said_by=kept.said_by,
        kept_by=actor_id,
        kept_at=uow.now,
    )
    uow.session.add(note)
    uow.session.flush()
    uow.audit_row(actor_id, AuditAction.KEPT, note, permalink=kept.permalink)
    return note, True


def drop_note(uow: UnitOfWork, actor_id: str, note_id: int) -> None:
    """Keep a message no longer, by the person who kept it."""
    note = uow.session.get(Note, note_id)
    if note is None or note.kept_by != actor_id:
        return
    require_live(uow.sprint(note.sprint_id))
    uow.session.delete(note)
    uow.audit_row(actor_id, AuditAction.WITHDRAWN, note)
