"""Answering a prompt in words: by its form, or by a reply in its thread.

A reply is one row, named by its message, so that Slack's redelivery adds nothing, an edit changes
the answer and a deletion takes it back. Late answers count until the sprint is closed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from sqlalchemy import exists, select

from bot.db.listening_models import PromptReply
from bot.db.models import Sprint
from bot.db.outbox_models import OutboxItem
from bot.domain.enums import AuditAction, AuditSubject, OutboxState
from bot.domain.errors import InputError
from bot.domain.permissions import Action, is_allowed
from bot.forms import FieldRule
from bot.hourly import gates
from bot.hourly.prompts import require_answerable, show_answers
from bot.hourly.queries import asked_hours, asked_question
from bot.messages.prompt_card import LONGEST_ANSWER, answer_form
from bot.slack.blocks import Block
from bot.slack.text import clean, clip, one_line
from bot.sprints.people import relations
from bot.sprints.selection import require_running
from bot.unit_of_work import UnitOfWork

_KEY: Final = re.compile(r"sprint:(\d+):prompt:(\d+)")
_MENTION: Final = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
_EMOJI: Final = re.compile(r":[a-z0-9_+'-]+:")


@dataclass(frozen=True, slots=True)
class Threaded:
    """The prompt that a thread belongs to.

    Args:
        sprint_id: the sprint.
        hour: the prompt's hour.
    """

    sprint_id: int
    hour: int


def prompt_of_thread(uow: UnitOfWork, channel_id: str, thread_ts: str) -> Threaded | None:
    """Return the prompt that a thread hangs below; None for any other thread."""
    key = uow.session.scalar(
        select(OutboxItem.key).where(
            OutboxItem.team_id == uow.team_id,
            OutboxItem.channel_id == channel_id,
            OutboxItem.ts == thread_ts,
            OutboxItem.key.like("sprint:%:prompt:%"),
        )
    )
    found = _KEY.fullmatch(key or "")
    return Threaded(int(found[1]), int(found[2])) if found else None


def is_arriving(uow: UnitOfWork, channel_id: str) -> bool:
    """Return whether a prompt of a channel's sprint may be in Slack but is not yet stored."""
    return bool(
        uow.session.scalar(
            select(
                exists().where(
                    OutboxItem.team_id == uow.team_id,
                    OutboxItem.sprint_id == Sprint.id,
                    Sprint.channel_id == channel_id,
                    OutboxItem.state == OutboxState.WAITING,
                    OutboxItem.in_doubt.is_(True),
                    OutboxItem.key.like("sprint:%:prompt:%"),
                )
            )
        )
    )


def with_names(uow: UnitOfWork, text: str) -> str:
    """Return a message with people's names in the place of their mentions."""
    return _MENTION.sub(lambda found: uow.name(found[1]), text)


def says_something(text: str) -> bool:
    """Return whether a reply holds words; a lone emoji or mention answers nothing."""
    return any(map(str.isalnum, _EMOJI.sub(" ", re.sub(r"<[^>]*>", " ", text))))


ANSWER: Final = FieldRule("answer", "prompt.answer_empty", says_something)


def answer_in_thread(
    uow: UnitOfWork, actor_id: str, place: Threaded, ts: str, text: str
) -> PromptReply | None:
    """Keep a reply in a prompt's thread as an answer, or change the one that was edited.

    A thread is a place to talk: what cannot count is no error, and nobody is told.

    Args:
        uow: the open unit.
        actor_id: who replied.
        place: the prompt.
        ts: the reply's message.
        text: its words, as people read them.

    Returns:
        The answer; None when the sprint takes none, they may not, or no words are left.
    """
    sprint = uow.sprint(place.sprint_id, lock=True)
    if not is_allowed(Action.ANSWER_PROMPT, relations(uow, actor_id, sprint)):
        return None
    try:
        require_running(sprint)
    except InputError:
        return None
    known = _by_message(uow, sprint, ts)
    words = clip(clean(text).strip(), LONGEST_ANSWER)
    if not says_something(words):
        if known is not None:
            _drop(uow, sprint, known, actor_id)
        return None
    if known is not None and known.text == words:
        return known
    row = known or PromptReply(sprint_id=sprint.id, hour=place.hour, user_id=actor_id, ts=ts)
    return _keep(uow, sprint, row, words)


def take_back(uow: UnitOfWork, place: Threaded, ts: str) -> None:
    """Drop the answer whose message was deleted."""
    sprint = uow.sprint(place.sprint_id, lock=True)
    known = _by_message(uow, sprint, ts)
    if known is not None:
        try:
            require_running(sprint)
        except InputError:
            return
        _drop(uow, sprint, known, known.user_id)


def answer_by_words(
    uow: UnitOfWork, actor_id: str, sprint_id: int, hour: int, text: str
) -> PromptReply:
    """Keep the answer of a prompt's form; a later one of the same person replaces it.

    Raises:
        FormError: there are no words.
        InputError: that hour was never asked about, the sprint is over, or they may not.
    """
    sprint = uow.sprint(sprint_id, lock=True)
    require_answerable(uow, actor_id, sprint, hour)
    words = ANSWER.checked(clip(one_line(clean(text)), LONGEST_ANSWER))
    row = _by_form(uow, sprint, hour, actor_id)
    if row is not None and row.text == words:
        return row
    new = PromptReply(sprint_id=sprint.id, hour=hour, user_id=actor_id, ts=None)
    return _keep(uow, sprint, row or new, words)


def open_answer(uow: UnitOfWork, actor_id: str, sprint_id: int, hour: int) -> Block:
    """Return the form that answers a prompt in words, with what they answered by it before.

    Raises:
        InputError: that hour was never asked about, the sprint is over, or they may not.
    """
    sprint = uow.sprint(sprint_id)
    require_answerable(uow, actor_id, sprint, hour)
    known = _by_form(uow, sprint, hour, actor_id)
    question = asked_question(uow, sprint, hour)
    return answer_form(sprint.id, hour, question, known.text if known else "")


def _keep(uow: UnitOfWork, sprint: Sprint, row: PromptReply, words: str) -> PromptReply:
    row.text, row.replied_at = words, uow.now
    uow.session.add(row)
    uow.session.flush()
    uow.audit(
        sprint.id, row.user_id, AuditAction.ANSWERED, AuditSubject.PROMPT, row.hour, text=words
    )
    _show(uow, sprint, row.hour)
    return row


def _drop(uow: UnitOfWork, sprint: Sprint, row: PromptReply, actor_id: str) -> None:
    hour = row.hour
    uow.session.delete(row)
    uow.session.flush()
    uow.audit(sprint.id, actor_id, AuditAction.WITHDRAWN, AuditSubject.PROMPT, hour)
    _show(uow, sprint, hour)


def _show(uow: UnitOfWork, sprint: Sprint, hour: int) -> None:
    show_answers(uow, sprint, hour, asked_hours(uow, sprint))
    gates.refresh_gate(uow, sprint, uow.playbook.phase_at(hour).key)


def _by_message(uow: UnitOfWork, sprint: Sprint, ts: str) -> PromptReply | None:
    return uow.session.scalars(
        select(PromptReply).where(PromptReply.sprint_id == sprint.id, PromptReply.ts == ts)
    ).one_or_none()


def _by_form(uow: UnitOfWork, sprint: Sprint, hour: int, user_id: str) -> PromptReply | None:
    return uow.session.scalars(
        select(PromptReply).where(
            PromptReply.sprint_id == sprint.id,
            PromptReply.hour == hour,
            PromptReply.user_id == user_id,
            PromptReply.ts.is_(None),
        )
    ).one_or_none()
