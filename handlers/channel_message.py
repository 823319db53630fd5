"""A message of Slack's, as payloads and history calls hold it, read into plain values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.listening.channel_message import ChannelMessage
from handlers.context import HandlerContext
from handlers.payload import ident, stamp, written
from handlers.typed_text import typed_text


def channel_message_of(
    ctx: HandlerContext, team_id: str, channel_id: str, message: Mapping[str, Any]
) -> ChannelMessage:
    """Return a message that has a `ts`, with the link to it."""
    ts = stamp(message, "ts") or ""
    plain_link = f"https://slack.com/archives/{channel_id}/p{ts.replace('.', '')}"
    return ChannelMessage(
        channel_id=channel_id,
        ts=ts,
        text=typed_text(written(message, "text")),
        permalink=ctx.permalink(team_id, channel_id, ts) or plain_link,
        said_by=None if message.get("bot_id") else ident(message, "user"),
    )
