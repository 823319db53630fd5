"""Messages come into being here, whoever writes them."""

from __future__ import annotations

import re
import uuid
from typing import Any

from playground.errors import SlackError
from playground.events import emit_message
from playground.inputs import rich_text
from playground.mentions import pings_of
from playground.model import SLACKBOT, Channel, Message, StoredFile, User
from playground.team import Team

TYPED_MENTION = re.compile(r"(?<!\w)([@#])([\w][\w.-]*(?: [A-Z][\w.-]*)?)")
BROADCASTS = ("channel", "here", "everyone")


def escape_typed(workspace: Team, text: str) -> str:
    """Return what a person typed as Slack keeps it.

    `&`, `<` and `>` are escaped, `@Ana`, `@channel` and `#general` become mentions.
    """
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return link_names(workspace, escaped, with_labels=False)


def link_names(workspace: Team, text: str, *, with_labels: bool) -> str:
    """Turn `@Ana` and `#general` into mentions where somebody or something is called so.

    Args:
        workspace: whose people and channels are meant.
        text: what was typed.
        with_labels: whether the mention carries the name too, as in a slash command.
    """

    def mention(match: re.Match[str]) -> str:
        sign, name = match.groups()
        first = name.split(" ")[0]
        for candidate in dict.fromkeys([name, first, first.rstrip(".-")]):
            found = _mention(workspace, sign, candidate, with_labels=with_labels)
            if found:
                return found + name[len(candidate) :]
        return match.group(0)

    return TYPED_MENTION.sub(mention, text)


def _mention(workspace: Team, sign: str, name: str, *, with_labels: bool) -> str | None:
    wanted = name.casefold()
    if sign == "#":
        for channel in workspace.channels.values():
            if channel.kind in ("channel", "group") and channel.name == wanted:
                return f"<#{channel.id}|{channel.name}>"
        return None
    if wanted in BROADCASTS:
        return f"<!{wanted}>"
    for user in workspace.users.values():
        if wanted in (user.name, user.real_name.casefold()):
            return f"<@{user.id}|{user.name}>" if with_labels else f"<@{user.id}>"
    return None


def add_message(workspace: Team, channel: Channel, message: Message) -> Message:
    """Put a message into its channel (or before one person's eyes) and tell the app."""
    with workspace.changing():
        message.mentions = pings_of(message.text, message.blocks, message.attachments)
        if message.ephemeral_to:
            channel.ephemerals.append(message)
            return message
        channel.messages.append(message)
        channel.last_read[message.user_id] = message.ts
        _start_thread(channel, message)
        emit_message(workspace, channel, message)
    return message


def _start_thread(channel: Channel, message: Message) -> None:
    if message.is_reply:
        for parent in channel.messages:
            if parent.ts == message.thread_ts:
                parent.thread_ts = parent.ts


def post_by_person(
    workspace: Team,
    user: User,
    channel: Channel,
    text: str,
    *,
    thread_ts: str | None,
    files: list[StoredFile],
) -> Message:
    """Post what a person wrote.

    Args:
        workspace: the team.
        user: who writes.
        channel: where to; they must be in it.
        text: as Slack keeps it.
        thread_ts: below which message.
        files: what is attached.
    """
    with workspace.changing():
        if user.id not in channel.members:
            raise SlackError("not_in_channel")
        if channel.is_archived:
            raise SlackError("is_archived")
        message = Message(
            ts=workspace.stamps.new(),
            channel_id=channel.id,
            user_id=user.id,
            text=text,
            blocks=[{**rich_text(text), "block_id": workspace.ids.new("")[-5:]}],
            thread_ts=thread_ts,
            client_msg_id=str(uuid.uuid4()),
            files=[file.id for file in files],
        )
        return add_message(workspace, channel, message)


def post_system(
    workspace: Team, channel: Channel, user_id: str, subtype: str, text: str, **extra: Any
) -> Message:
    """Post what Slack itself says: somebody joined, a topic was set, something was pinned."""
    message = Message(
        ts=workspace.stamps.new(),
        channel_id=channel.id,
        user_id=user_id,
        text=text,
        subtype=subtype,
        extra=extra,
    )
    add_message(workspace, channel, message)
    message.mentions = []
    return message


def post_ephemeral(workspace: Team, channel: Channel, user_id: str, text: str) -> Message:
    """Let Slackbot say something that one person sees."""
    message = Message(
        ts=workspace.stamps.new(),
        channel_id=channel.id,
        user_id=SLACKBOT,
        text=text,
        ephemeral_to=user_id,
    )
    return add_message(workspace, channel, message)
