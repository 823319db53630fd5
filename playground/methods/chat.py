"""chat.*: messages of the bot."""

from __future__ import annotations

from typing import Any

from playground.blockkit import check_blocks, complete_blocks, unknown_types
from playground.errors import SlackError
from playground.events import emit_changed, emit_deleted
from playground.mentions import pings_of
from playground.methods.access import visible_channel
from playground.methods.registry import MethodCall, granted_scopes, method
from playground.model import Channel, Message
from playground.posting import add_message
from playground.shapes import message_shape

Json = dict[str, Any]
TEXT_CUT = 40_000
TEXT_IN_UPDATE = 4_000
MARKDOWN_TEXT = 12_000
METADATA_BYTES = 8_000
MOST_ATTACHMENTS = 100
NOT_IN_UPDATE = (
    "ts",
    "thread_ts",
    "parent_user_id",
    "reply_count",
    "reply_users_count",
    "reply_users",
    "latest_reply",
    "subscribed",
    "is_locked",
    "reactions",
)
"""What chat.update's answer leaves out of the message."""


def _content(request: MethodCall) -> Json:
    """Return the text, blocks, attachments and metadata sent, judged."""
    arguments = request.arguments
    blocks = arguments.json("blocks", [], "invalid_blocks_format") or []
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    attachments = arguments.json("attachments", [], "invalid_attachments") or []
    text = arguments.text("text")
    markdown = arguments.text("markdown_text")
    if markdown and (text or blocks):
        raise SlackError("markdown_text_conflict")
    if not (text or blocks or attachments or markdown):
        raise SlackError("no_text")
    if len(markdown) > MARKDOWN_TEXT:
        raise SlackError("msg_too_long")
    _judge(blocks, attachments, request.workspace.faults.refused_blocks)
    return {
        "text": text or markdown,
        "blocks": complete_blocks(blocks),
        "attachments": attachments,
        "metadata": _metadata(request),
    }


def _judge(blocks: list[Json], attachments: list[Json], refused: frozenset[str]) -> None:
    problems = unknown_types(blocks, refused) + check_blocks(blocks, "message")
    for index, attachment in enumerate(attachments):
        inner = attachment.get("blocks") or []
        problems += check_blocks(inner, "message", f"/attachments/{index}/blocks")
    if problems:
        raise SlackError("invalid_blocks", problems, errors=problems)
    if len(attachments) > MOST_ATTACHMENTS:
        raise SlackError("too_many_attachments")


def _metadata(request: MethodCall) -> Json | None:
    metadata = request.arguments.json("metadata", None, "invalid_metadata_format")
    if not metadata:
        return None
    payload = metadata.get("event_payload") if isinstance(metadata, dict) else None
    if not isinstance(payload, dict) or not isinstance(metadata.get("event_type"), str):
        raise SlackError("invalid_metadata_format")
    if len(str(payload).encode()) > METADATA_BYTES:
        raise SlackError("metadata_too_large")
    return {"event_type": metadata["event_type"], "event_payload": payload}


def _channel_to_write_to(request: MethodCall) -> Channel:
    workspace = request.workspace
    reference = request.arguments.text("channel")
    if reference in workspace.users:
        return _direct_channel(request, reference)
    channel = visible_channel(request)
    if channel.is_archived:
        raise SlackError("is_archived")
    may_write = channel.kind == "channel" and "chat:write.public" in granted_scopes(workspace)
    if workspace.bot_user_id not in channel.members and not may_write:
        raise SlackError("not_in_channel")
    return channel


def _direct_channel(request: MethodCall, user_id: str) -> Channel:
    user = request.workspace.users[user_id]
    if user.deleted or user.is_bot:
        raise SlackError("channel_not_found")
    return request.workspace.direct_message(user_id)


def _thread(request: MethodCall, channel: Channel) -> str | None:
    thread_ts = request.arguments.text("thread_ts")
    if not thread_ts:
        return None
    parent = next((one for one in channel.messages if one.ts == thread_ts), None)
    if parent is None:
        raise SlackError("thread_not_found")
    return parent.thread_ts or parent.ts


@method("chat.postMessage")
def post_message(request: MethodCall) -> Json:
    """Post a message; a text over 40,000 characters is cut, as Slack does."""
    workspace, arguments = request.workspace, request.arguments
    channel = _channel_to_write_to(request)
    content = _content(request)
    content["text"] = content["text"][:TEXT_CUT]
    message = Message(
        ts=workspace.stamps.new(),
        channel_id=channel.id,
        user_id=workspace.bot_user_id,
        thread_ts=_thread(request, channel),
        reply_broadcast=arguments.flag("reply_broadcast"),
        by_bot=True,
        username=arguments.text("username") or None,
        icons={"emoji": arguments.text("icon_emoji")} if arguments.text("icon_emoji") else {},
        **content,
    )
    add_message(workspace, channel, message)
    if arguments.flag("link_names") or arguments.text("parse") == "full":
        message.mentions = pings_of(
            message.text, message.blocks, message.attachments, link_names=True
        )
    shape = message_shape(workspace, message, with_metadata=True)
    return {"channel": channel.id, "ts": message.ts, "message": shape}


@method("chat.update")
def update(request: MethodCall) -> Json:
    """Change one of the bot's own messages; what is not sent stays."""
    workspace = request.workspace
    channel = visible_channel(request)
    message = workspace.message(channel, request.arguments.text("ts"))
    if message.user_id != workspace.bot_user_id or message.subtype:
        raise SlackError("cant_update_message")
    content, before = _content(request), message_shape(workspace, message)
    if len(content["text"]) > TEXT_IN_UPDATE:
        raise SlackError("msg_too_long")
    _rewrite(message, content, set(request.arguments.values))
    message.edited = {"user": workspace.bot_user_id, "ts": workspace.stamps.new()}
    message.mentions = pings_of(message.text, message.blocks, message.attachments)
    emit_changed(workspace, channel, message, before)
    shape = message_shape(workspace, message, with_metadata=True)
    shown = {key: value for key, value in shape.items() if key not in NOT_IN_UPDATE}
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": shown}


def _rewrite(message: Message, content: Json, sent: set[str]) -> None:
    """Give a message new content: a text alone takes the blocks away."""
    message.text = content["text"]
    if "blocks" in sent or message.text:
        message.blocks = content["blocks"]
    for name in ("attachments", "metadata"):
        if name in sent:
            setattr(message, name, content[name])


@method("chat.delete")
def delete(request: MethodCall) -> Json:
    """Delete one of the bot's own messages."""
    workspace = request.workspace
    channel = visible_channel(request)
    message = workspace.message(channel, request.arguments.text("ts"))
    if message.user_id != workspace.bot_user_id:
        raise SlackError("cant_delete_message")
    channel.messages.remove(message)
    channel.pins = [pin for pin in channel.pins if pin.message_ts != message.ts]
    emit_deleted(workspace, channel, message)
    return {"channel": channel.id, "ts": message.ts}


@method("chat.postEphemeral")
def post_ephemeral(request: MethodCall) -> Json:
    """Show a message to one person."""
    workspace = request.workspace
    channel = _channel_to_write_to(request)
    user_id = request.arguments.text("user")
    if user_id not in channel.members:
        raise SlackError("user_not_in_channel")
    content = _content(request)
    if len(content["text"]) > TEXT_CUT:
        raise SlackError("msg_too_long")
    message = Message(
        ts=workspace.stamps.new(),
        channel_id=channel.id,
        user_id=workspace.bot_user_id,
        thread_ts=_thread(request, channel),
        by_bot=True,
        ephemeral_to=user_id,
        **content,
    )
    add_message(workspace, channel, message)
    return {"message_ts": message.ts}


@method("chat.getPermalink")
def get_permalink(request: MethodCall) -> Json:
    """Give a message's address."""
    workspace = request.workspace
    channel = visible_channel(request)
    message = workspace.message(channel, request.arguments.text("message_ts"))
    return {"permalink": permalink(workspace.domain, channel, message), "channel": channel.id}


def permalink(domain: str, channel: Channel, message: Message) -> str:
    """Return a message's address as Slack writes it."""
    address = f"https://{domain}.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}"
    return (
        f"{address}?thread_ts={message.thread_ts}&cid={channel.id}" if message.is_reply else address
    )
