"""conversations.history and conversations.replies."""

from __future__ import annotations

import re
from typing import Any

from playground.errors import SlackError
from playground.methods.access import own_channel
from playground.methods.arguments import Arguments
from playground.methods.paging import MOST_PER_PAGE, page
from playground.methods.registry import MethodCall, method
from playground.model import Channel, Message
from playground.rates import LIMITED_PAGE
from playground.shapes import message_shape

Json = dict[str, Any]
TIMESTAMP = re.compile(r"\d+(\.\d+)?")


def _moment(arguments: Arguments, name: str) -> float | None:
    text = arguments.text(name)
    if not text or text == "now":
        return None
    if not TIMESTAMP.fullmatch(text):
        raise SlackError(f"invalid_ts_{name}")
    return float(text)


def _within(messages: list[Message], arguments: Arguments) -> list[Message]:
    """Return the messages between `oldest` and `latest`; the ends count when `inclusive`."""
    oldest, latest = _moment(arguments, "oldest"), _moment(arguments, "latest")
    inclusive = arguments.flag("inclusive")

    def fits(message: Message) -> bool:
        ts = float(message.ts)
        after = oldest is None or ts > oldest or (inclusive and ts == oldest)
        before = latest is None or ts < latest or (inclusive and ts == latest)
        return after and before

    return [message for message in messages if fits(message)]


def _listed(request: MethodCall, messages: list[Message]) -> Json:
    most = LIMITED_PAGE if request.workspace.rates.history else MOST_PER_PAGE
    shown, metadata = page(messages, request.arguments, most)
    has_more = bool(metadata["next_cursor"])
    with_metadata = request.arguments.flag("include_all_metadata")
    answer: Json = {
        "messages": [
            message_shape(request.workspace, one, with_metadata=with_metadata) for one in shown
        ],
        "has_more": has_more,
    }
    return {**answer, "response_metadata": metadata} if has_more else answer


def _channel(request: MethodCall) -> Channel:
    return own_channel(request, "history", archived=True)


@method("conversations.history")
def history(request: MethodCall) -> Json:
    """List a conversation's messages, newest first; replies only where broadcast."""
    channel = _channel(request)
    shown = [one for one in channel.messages if not one.is_reply or one.reply_broadcast]
    newest_first = _within(shown, request.arguments)[::-1]
    answer = _listed(request, newest_first)
    return {**answer, "pin_count": len(channel.pins)}


@method("conversations.replies")
def replies(request: MethodCall) -> Json:
    """List a thread, its parent first."""
    channel = _channel(request)
    ts = request.arguments.text("ts")
    named = next((one for one in channel.messages if one.ts == ts), None)
    if named is None:
        raise SlackError("thread_not_found")
    root = named.thread_ts or named.ts
    parent = [one for one in channel.messages if one.ts == root]
    below = [one for one in channel.messages if one.is_reply and one.thread_ts == root]
    return _listed(request, parent + _within(below, request.arguments))
