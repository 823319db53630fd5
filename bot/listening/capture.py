"""Quiet capture: a message that sounds like a blocker gets one private offer to its author.

Off until the team switches it on, and announced in the channel. A message is read in passing and
never stored; only when its author takes the offer is it read from Slack again and logged.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from sqlalchemy import select

from bot.blockers.forms import form_of_line
from bot.blockers.service import log_blocker
from bot.db.listening_models import CaptureOffer
from bot.db.models import Blocker, Sprint
from bot.domain.enums import AuditAction, SprintStatus
from bot.domain.errors import InputError
from bot.domain.permissions import Action, is_allowed
from bot.listening.channel_message import ChannelMessage, sprint_of_channel
from bot.messages.blocker_card import LONGEST_TITLE
from bot.messages.catalog import say, say_plain
from bot.messages.labelled import button
from bot.reading import read
from bot.slack import blocks
from bot.slack.action_ids import Act
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn, clip, one_line
from bot.sprints.capture_notice import announce_capture
from bot.sprints.people import relations, require
from bot.sprints.selection import refuse_cancelled
from bot.unit_of_work import UnitOfWork

OFFER_EVERY: Final = timedelta(hours=1)
LONGEST_READ: Final = 1_000
"""Characters of a message that are read; a longer one is no remark in passing."""


def listens(uow: UnitOfWork, channel_id: str) -> bool:
    """Return whether a channel's sprint is running with quiet capture on."""
    sprint = sprint_of_channel(uow, channel_id)
    return sprint is not None and _is_on(sprint)


def _is_on(sprint: Sprint) -> bool:
    return sprint.quiet_capture and sprint.status == SprintStatus.RUNNING


def sounds_blocked(uow: UnitOfWork, text: str) -> bool:
    """Return whether a message sounds like a blocker; nothing of it is kept."""
    if not text.strip() or len(text) > LONGEST_READ:
        return False
    return read(one_line(text), on=uow.now.date()).is_blocker


def offer_to(uow: UnitOfWork, channel_id: str, user_id: str, ts: str) -> Block | None:
    """Return the offer to log a message of theirs; at most one an hour is made to a person.

    Args:
        uow: the open unit.
        channel_id: the sprint's channel.
        user_id: who wrote the message.
        ts: the message; it goes into the offer's button and nowhere else.

    Returns:
        What only they are to be shown; None when capture is off, they may log nothing, or they had
        an offer within the hour.
    """
    sprint = sprint_of_channel(uow, channel_id, lock=True)
    if sprint is None or not _is_on(sprint):
        return None
    if not is_allowed(Action.LOG_BLOCKER, relations(uow, user_id, sprint)):
        return None
    last = uow.session.scalars(
        select(CaptureOffer).where(
            CaptureOffer.sprint_id == sprint.id, CaptureOffer.user_id == user_id
        )
    ).one_or_none()
    if last is not None and uow.now - last.offered_at < OFFER_EVERY:
        return None
    offer = last or CaptureOffer(sprint_id=sprint.id, user_id=user_id)
    offer.offered_at = uow.now
    uow.session.add(offer)
    return _offer(ts)


def _offer(ts: str) -> Block:
    words = say("listening.offer")
    log = button("listening.offer_log", Act.CAPTURE_LOG, ts, style="primary")
    no = button("listening.offer_no", Act.CAPTURE_NO, ts)
    return blocks.message(words, [blocks.section(words), blocks.actions([log, no])])


def take_offer(uow: UnitOfWork, actor_id: str, message: ChannelMessage) -> Blocker:
    """Log the message that an offer was about.

    Raises:
        InputError: it is not theirs, is logged already, or the sprint takes nothing now.
    """
    sprint = sprint_of_channel(uow, message.channel_id, lock=True)
    if sprint is None or message.said_by != actor_id:
        raise InputError(say_plain("listening.message_gone"))
    line = clip(one_line(message.text), LONGEST_TITLE)
    form = replace(form_of_line(uow, sprint.id, line), permalink=message.permalink)
    return log_blocker(uow, actor_id, form)


def switch_capture(uow: UnitOfWork, actor_id: str, sprint_id: int, *, on: bool) -> Mrkdwn:
    """Switch quiet capture on or off for a sprint, and announce it in its channel.

    Returns:
        What the person is told.

    Raises:
        InputError: they may not, or the sprint is over.
    """
    sprint = uow.sprint(sprint_id, lock=True)
    require(uow, actor_id, Action.EDIT_PLAN, sprint)
    refuse_cancelled(sprint)
    if sprint.status not in (SprintStatus.PLANNED, SprintStatus.RUNNING):
        raise InputError(say_plain("blocker.over", title=sprint.title))
    if sprint.quiet_capture == on:
        return say("listening.capture_same", on=on, title=sprint.title)
    sprint.quiet_capture = on
    uow.audit_row(actor_id, AuditAction.PLAN_CHANGED, sprint, quiet_capture=on)
    if sprint.status == SprintStatus.RUNNING:
        announce_capture(uow, sprint, actor_id)
    return say("listening.capture_set", on=on, title=sprint.title)
