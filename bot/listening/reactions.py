"""Reactions that act: one logs a message as a blocker, one keeps it, one resolves a blocker.

A reaction acts once, however often Slack delivers it, and taking it away within five minutes undoes
what it did. Slack's times decide, so that deliveries may come late or in the wrong order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from sqlalchemy import select

from bot.blockers.forms import blocker_of_message, form_of_line
from bot.blockers.service import (
    log_blocker,
    reopen_blocker,
    resolve_blocker,
    withdraw_blocker,
)
from bot.db.listening_models import ReactionAct
from bot.db.models import Blocker, Sprint
from bot.db.outbox_models import OutboxItem
from bot.debrief.service import refresh_debrief
from bot.domain.enums import AuditAction, AuditSubject, BlockerState
from bot.domain.errors import InputError
from bot.domain.vocabulary import Resolution
from bot.listening.channel_message import ChannelMessage, sprint_of_channel
from bot.listening.notes import KeptMessage, drop_note, keep_note
from bot.messages.blocker_card import LONGEST_TITLE
from bot.messages.catalog import say, say_plain
from bot.slack.text import Mrkdwn, clip, one_line
from bot.unit_of_work import UnitOfWork

UNDO_SECONDS: Final = 300.0
_CARD: Final = re.compile(r"sprint:(\d+):blocker:(\d+)")


class Reaction(StrEnum):
    """The reactions that act, by Slack's names."""

    LOG = "construction"
    KEEP = "pushpin"
    RESOLVE = "white_check_mark"


@dataclass(frozen=True, slots=True)
class Reacted:
    """A reaction that was added or removed.

    Args:
        user_id: whose it is.
        reaction: which one.
        channel_id: where the message stands.
        ts: the message.
        at: Slack's time of the reaction, in seconds.
    """

    user_id: str
    reaction: Reaction
    channel_id: str
    ts: str
    at: str


def needs_message(uow: UnitOfWork, reacted: Reacted) -> bool:
    """Return whether the message's words have to be read from Slack to act on this reaction."""
    if reacted.reaction is Reaction.RESOLVE or _is_stale(_known(uow, reacted), reacted):
        return False
    return sprint_of_channel(uow, reacted.channel_id) is not None


def act_on_reaction(
    uow: UnitOfWork, reacted: Reacted, message: ChannelMessage | None
) -> Mrkdwn | None:
    """Do what a reaction asks for, once.

    Args:
        uow: the open unit.
        reacted: the reaction.
        message: the message it is on; None when it is not needed.

    Returns:
        What only the person who reacted is told; None where the channel shows it, or for a
        reaction that means nothing here.

    Raises:
        InputError: they may not, or the sprint takes nothing now; the reaction did nothing.
    """
    sprint = sprint_of_channel(uow, reacted.channel_id, lock=True)
    if sprint is None:
        return None
    row = _known(uow, reacted)
    if _is_stale(row, reacted):
        return None
    act = row or _new_row(uow, reacted)
    act.added_ts, act.subject, act.subject_id = reacted.at, None, None
    uow.session.add(act)
    if reacted.reaction is Reaction.RESOLVE:
        return _resolve(uow, reacted, act)
    if message is None:
        raise InputError(say_plain("listening.message_gone"))
    if reacted.reaction is Reaction.LOG:
        return _log(uow, reacted, act, message, sprint.id)
    return _keep(uow, reacted, act, message, sprint.id)


def undo_reaction(uow: UnitOfWork, reacted: Reacted) -> Mrkdwn | None:
    """Undo what a reaction did when it is taken away within five minutes.

    Returns:
        What only they are told; None when the reaction had done nothing.
    """
    if sprint_of_channel(uow, reacted.channel_id, lock=True) is None:
        return None
    act = _known(uow, reacted) or _new_row(uow, reacted)
    if act.removed_ts is not None and float(act.removed_ts) >= float(reacted.at):
        return None
    act.removed_ts = reacted.at
    uow.session.add(act)
    if act.subject is None or act.subject_id is None or act.added_ts is None:
        return None
    if float(act.added_ts) > float(reacted.at):
        return None
    subject, subject_id = act.subject, act.subject_id
    act.subject, act.subject_id = None, None
    if float(reacted.at) - float(act.added_ts) > UNDO_SECONDS:
        return say("listening.too_late_to_undo")
    return _undo(uow, reacted, subject, subject_id)


def _log(
    uow: UnitOfWork, reacted: Reacted, act: ReactionAct, message: ChannelMessage, sprint_id: int
) -> Mrkdwn:
    if message.said_by is None or not message.text.strip():
        raise InputError(say_plain("listening.not_a_persons"))
    before = blocker_of_message(uow, sprint_id, message.permalink)
    if before is not None and before.state == BlockerState.WITHDRAWN:
        blocker, _ = reopen_blocker(uow, reacted.user_id, before.id)
    else:
        line = clip(one_line(message.text), LONGEST_TITLE)
        form = replace(form_of_line(uow, sprint_id, line), permalink=message.permalink)
        blocker = log_blocker(uow, reacted.user_id, form)
    act.subject, act.subject_id = AuditSubject.BLOCKER, blocker.id
    return say("listening.logged", number=blocker.number)


def _keep(
    uow: UnitOfWork, reacted: Reacted, act: ReactionAct, message: ChannelMessage, sprint_id: int
) -> Mrkdwn:
    kept = KeptMessage(message.text, message.permalink, message.said_by)
    note, is_new = keep_note(uow, reacted.user_id, sprint_id, kept)
    if not is_new:
        return say("blocker.note_twice", who=uow.name(note.kept_by))
    act.subject, act.subject_id = AuditSubject.NOTE, note.id
    return say("listening.kept")


def _resolve(uow: UnitOfWork, reacted: Reacted, act: ReactionAct) -> Mrkdwn | None:
    """Resolve the blocker whose card it is, or that was logged from a person's message.

    Below any other message of a person the mark is a nod to them; below one of ours it was meant
    for the bot, and its author is told where it works.
    """
    key = _key_of(uow, reacted)
    blocker = _blocker_of_card(uow, key) if key else _blocker_of_message(uow, reacted)
    if blocker is None:
        return _where_it_works(key) if key else None
    _, changed = resolve_blocker(uow, reacted.user_id, blocker.id, Resolution.FIXED)
    if not changed:
        state = say_plain(f"blocker.state_{blocker.state}")
        return say("listening.not_open", number=blocker.number, state=state)
    act.subject, act.subject_id = AuditAction.RESOLVED, blocker.id
    return None


def _undo(uow: UnitOfWork, reacted: Reacted, subject: str, subject_id: int) -> Mrkdwn | None:
    if subject == AuditSubject.NOTE:
        drop_note(uow, reacted.user_id, subject_id)
        return say("listening.unkept")
    if subject == AuditSubject.BLOCKER:
        blocker, _ = withdraw_blocker(uow, reacted.user_id, subject_id)
        refresh_debrief(uow, uow.sprint(blocker.sprint_id))
        return say("listening.unlogged", number=blocker.number)
    blocker = uow.session.get_one(Blocker, subject_id)
    is_mine = blocker.state == BlockerState.FIXED and blocker.resolved_by == reacted.user_id
    if is_mine:
        reopen_blocker(uow, reacted.user_id, subject_id)
    return None


def _where_it_works(key: str) -> Mrkdwn:
    is_request = re.fullmatch(r"sprint:\d+:approval:\d+", key)
    return say("listening.decide_on_card" if is_request else "listening.not_a_card")


def _key_of(uow: UnitOfWork, reacted: Reacted) -> str | None:
    """Return what names a message of the bot; None for anybody else's."""
    return uow.session.scalar(
        select(OutboxItem.key).where(
            OutboxItem.team_id == uow.team_id,
            OutboxItem.channel_id == reacted.channel_id,
            OutboxItem.ts == reacted.ts,
        )
    )


def _blocker_of_message(uow: UnitOfWork, reacted: Reacted) -> Blocker | None:
    place = f"/archives/{reacted.channel_id}/p{reacted.ts.replace('.', '')}"
    sprints = select(Sprint.id).where(
        Sprint.team_id == uow.team_id, Sprint.channel_id == reacted.channel_id
    )
    return uow.session.scalars(
        select(Blocker)
        .where(
            Blocker.sprint_id.in_(sprints),
            Blocker.state != BlockerState.WITHDRAWN,
            Blocker.permalink.contains(place, autoescape=True),
        )
        .order_by(Blocker.id.desc())
        .limit(1)
    ).one_or_none()


def _blocker_of_card(uow: UnitOfWork, key: str) -> Blocker | None:
    found = _CARD.fullmatch(key)
    if found is None:
        return None
    return uow.session.scalars(
        select(Blocker).where(Blocker.sprint_id == int(found[1]), Blocker.number == int(found[2]))
    ).one_or_none()


def _known(uow: UnitOfWork, reacted: Reacted) -> ReactionAct | None:
    return uow.session.scalars(
        select(ReactionAct).where(
            ReactionAct.team_id == uow.team_id,
            ReactionAct.channel_id == reacted.channel_id,
            ReactionAct.ts == reacted.ts,
            ReactionAct.user_id == reacted.user_id,
            ReactionAct.reaction == reacted.reaction,
        )
    ).one_or_none()


def _new_row(uow: UnitOfWork, reacted: Reacted) -> ReactionAct:
    return ReactionAct(
        team_id=uow.team_id,
        channel_id=reacted.channel_id,
        ts=reacted.ts,
        user_id=reacted.user_id,
        reaction=reacted.reaction.value,
    )


def _is_stale(act: ReactionAct | None, reacted: Reacted) -> bool:
    """Return whether this delivery repeats one that was acted on, or its reaction is gone again."""
    if act is None:
        return False
    known = [float(each) for each in (act.added_ts, act.removed_ts) if each is not None]
    return any(at >= float(reacted.at) for at in known)
