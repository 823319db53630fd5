"""What people say without a command: replies to prompts, reactions, and messages in passing."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.domain.errors import InputError
from bot.hourly import replies
from bot.listening import capture, reactions
from bot.listening.channel_message import ChannelMessage
from bot.listening.reactions import Reacted, Reaction
from bot.messages.catalog import say
from bot.slack import blocks
from bot.slack.action_ids import Act
from bot.slack.text import Mrkdwn
from handlers.channel_message import channel_message_of
from handlers.context import Handler, HandlerContext
from handlers.dispatch import opened
from handlers.payload import ident, part, stamp, written
from handlers.request import AfterCommit, Answer, Ephemeral, Request, Swap
from handlers.typed_text import typed_text

SPOKEN: Final = frozenset({"", "file_share", "thread_broadcast"})
"""Subtypes of messages that a person wrote; Slack marks joins, edits and the like with others."""
LOOKS: Final = 10
LOOK_SECONDS: Final = 0.2
"""A prompt can be answered before its own posting is written down; the event has three seconds."""
CHANGED: Final = "message_changed"
DELETED: Final = "message_deleted"


@dataclass(frozen=True, slots=True)
class Whisper:
    """Something that only one person is shown in a channel."""

    channel_id: str
    user_id: str
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Spoken:
    """A message that a person wrote or edited in a channel.

    Args:
        user_id: who wrote it.
        channel_id: where.
        ts: its name there.
        thread_ts: the thread it is in; None at the top level.
        text: as Slack keeps it.
        is_edit: it was there before, with other words.
    """

    user_id: str
    channel_id: str
    ts: str
    thread_ts: str | None
    text: str
    is_edit: bool


def on_message(
    ctx: HandlerContext, team_id: str, event: Mapping[str, Any], bot_user_id: str | None
) -> Whisper | None:
    """Hear a message in a channel: an answer to a prompt, or words that sound like a blocker.

    Args:
        ctx: what handlers share.
        team_id: the workspace.
        event: the `message` event.
        bot_user_id: the bot's own id; what mentions it is answered as a question instead.

    Returns:
        What its author alone is shown.
    """
    if written(event, "subtype") == DELETED:
        _on_deleted(ctx, team_id, event)
        return None
    spoken = _spoken(event)
    if spoken is None or spoken.user_id == bot_user_id:
        return None
    if bot_user_id and f"<@{bot_user_id}" in spoken.text:
        return None
    if spoken.thread_ts is not None:
        answer_prompt_in_thread(ctx, team_id, spoken)
        return None
    return None if spoken.is_edit else _offer(ctx, team_id, spoken)


def _spoken(event: Mapping[str, Any]) -> Spoken | None:
    is_edit = written(event, "subtype") == CHANGED
    message = part(event, "message") if is_edit else event
    if message.get("bot_id") or (not is_edit and written(event, "subtype") not in SPOKEN):
        return None
    user_id, channel_id = ident(message, "user"), ident(event, "channel")
    ts, thread_ts = stamp(message, "ts"), stamp(message, "thread_ts")
    if user_id is None or channel_id is None or ts is None:
        return None
    root = None if thread_ts == ts else thread_ts
    return Spoken(user_id, channel_id, ts, root, written(message, "text"), is_edit)


def _on_deleted(ctx: HandlerContext, team_id: str, event: Mapping[str, Any]) -> None:
    """Take an answer back whose message was deleted."""
    channel_id, ts = ident(event, "channel"), stamp(event, "deleted_ts")
    thread_ts = stamp(part(event, "previous_message"), "thread_ts")
    if channel_id is None or ts is None or thread_ts in (None, ts):
        return
    with opened(ctx, Request(team_id, "", channel_id=channel_id)) as mine:
        place = replies.prompt_of_thread(mine.reading, channel_id, str(thread_ts))
        if place is not None:
            replies.take_back(mine.uow, place, ts)


def answer_prompt_in_thread(ctx: HandlerContext, team_id: str, spoken: Spoken) -> bool:
    """Keep a reply in a prompt's thread as an answer.

    Returns:
        Whether it counts as one.
    """
    if spoken.thread_ts is None:
        return False
    for _ in range(LOOKS):
        with opened(ctx, _said(team_id, spoken)) as mine:
            place = replies.prompt_of_thread(mine.reading, spoken.channel_id, spoken.thread_ts)
            if place is not None:
                uow = mine.uow
                words = typed_text(replies.with_names(uow, spoken.text))
                kept = replies.answer_in_thread(uow, spoken.user_id, place, spoken.ts, words)
                return kept is not None
            if not replies.is_arriving(mine.reading, spoken.channel_id):
                return False
        time.sleep(LOOK_SECONDS)
    return False


def _said(team_id: str, spoken: Spoken) -> Request:
    return Request(team_id, spoken.user_id, channel_id=spoken.channel_id)


def _offer(ctx: HandlerContext, team_id: str, spoken: Spoken) -> Whisper | None:
    """Offer the author of a message that sounds like a blocker to log it."""
    with opened(ctx, _said(team_id, spoken)) as mine:
        if not capture.listens(mine.reading, spoken.channel_id):
            return None
        if not capture.sounds_blocked(mine.reading, typed_text(spoken.text)):
            return None
        offer = capture.offer_to(mine.uow, spoken.channel_id, spoken.user_id, spoken.ts)
    return Whisper(spoken.channel_id, spoken.user_id, offer) if offer else None


def on_reaction(
    ctx: HandlerContext, team_id: str, event: Mapping[str, Any], bot_user_id: str | None
) -> Whisper | None:
    """Act on a reaction that was added or removed.

    Returns:
        What only the person who reacted is shown.
    """
    reacted = _reacted(event)
    if reacted is None or reacted.user_id == bot_user_id:
        return None
    request = Request(team_id, reacted.user_id, channel_id=reacted.channel_id)
    try:
        with opened(ctx, request) as mine:
            if written(event, "type") == "reaction_removed":
                notice = reactions.undo_reaction(mine.uow, reacted)
            else:
                notice = _act(mine, team_id, reacted)
    except InputError as refused:
        return _whisper(reacted, blocks.message(refused.message))
    return _whisper(reacted, blocks.message(notice)) if notice else None


def _act(ctx: HandlerContext, team_id: str, reacted: Reacted) -> Mrkdwn | None:
    message: ChannelMessage | None = None
    if reactions.needs_message(ctx.reading, reacted):
        found = ctx.message(team_id, reacted.channel_id, reacted.ts)
        message = channel_message_of(ctx, team_id, reacted.channel_id, found) if found else None
    return reactions.act_on_reaction(ctx.uow, reacted, message)


def _whisper(reacted: Reacted, content: Mapping[str, Any]) -> Whisper:
    return Whisper(reacted.channel_id, reacted.user_id, content)


def _reacted(event: Mapping[str, Any]) -> Reacted | None:
    item, name = part(event, "item"), written(event, "reaction")
    user_id, channel_id = ident(event, "user"), ident(item, "channel")
    ts, at = stamp(item, "ts"), stamp(event, "event_ts")
    if user_id is None or channel_id is None or ts is None or at is None:
        return None
    if written(item, "type") != "message" or name not in set(Reaction):
        return None
    return Reacted(user_id, Reaction(name), channel_id, ts, at)


def take_offer(ctx: HandlerContext, request: Request) -> Answer:
    """Log the message that a private offer was about, and say so in the offer's place."""
    ts = stamp({"ts": request.value}, "ts")
    found = None
    if request.channel_id is not None and ts is not None:
        found = ctx.message(request.team_id, request.channel_id, ts)
    if request.channel_id is None or found is None:
        return Ephemeral(say("listening.message_gone"))
    message = channel_message_of(ctx, request.team_id, request.channel_id, found)
    number = capture.take_offer(ctx.uow, request.user_id, message).number
    return AfterCommit(lambda: Swap(blocks.message(say("listening.offer_taken", number=number))))


def refuse_offer(_ctx: HandlerContext, _request: Request) -> Answer:
    """Let a private offer vanish."""
    return Swap(None)


ACTIONS: Final[dict[str, Handler]] = {Act.CAPTURE_LOG: take_offer, Act.CAPTURE_NO: refuse_offer}
