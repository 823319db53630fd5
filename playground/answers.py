"""Answers to an act: the text of an acknowledgement, or a use of a response_url."""

from __future__ import annotations

from typing import Any

from playground.blockkit import check_blocks, complete_blocks, unknown_types
from playground.errors import SlackError
from playground.mentions import pings_of
from playground.model import Channel, Message, ResponseUrl
from playground.posting import add_message
from playground.team import Team


def answer_act(
    workspace: Team,
    channel: Channel,
    user_id: str,
    body: dict[str, Any],
    thread_ts: str | None = None,
) -> Message:
    """Post an answer, to the person who acted or, as `in_channel`, to everybody."""
    blocks = body.get("blocks") or []
    refused = workspace.faults.refused_blocks
    problems = unknown_types(blocks, refused) + check_blocks(blocks, "message")
    if problems:
        raise SlackError("invalid_blocks", problems)
    if not (body.get("text") or blocks or body.get("attachments")):
        raise SlackError("no_text")
    message = Message(
        ts=workspace.stamps.new(),
        channel_id=channel.id,
        user_id=workspace.bot_user_id,
        text=body.get("text") or "",
        blocks=complete_blocks(blocks),
        attachments=body.get("attachments") or [],
        thread_ts=body.get("thread_ts") or thread_ts,
        metadata=body.get("metadata"),
        by_bot=True,
        ephemeral_to=None if body.get("response_type") == "in_channel" else user_id,
    )
    return add_message(workspace, channel, message)


def answer_response_url(workspace: Team, ticket: ResponseUrl, body: dict[str, Any]) -> None:
    """Do what was sent to a response_url.

    Args:
        workspace: the team.
        ticket: the response_url, already counted as used.
        body: the JSON sent: a message, or `replace_original` or `delete_original`.
    """
    with workspace.changing():
        channel = workspace.channels[ticket.channel_id]
        original = _original(channel, ticket)
        if original and body.get("delete_original"):
            _remove(channel, original)
        elif original and body.get("replace_original"):
            _replace(original, body)
        else:
            thread_ts = body.get("thread_ts")
            message = answer_act(workspace, channel, ticket.user_id, body, thread_ts)
            ticket.message_ts = ticket.message_ts or message.ts


def _original(channel: Channel, ticket: ResponseUrl) -> Message | None:
    everything = (*channel.messages, *channel.ephemerals)
    return next((one for one in everything if one.ts == ticket.message_ts), None)


def _remove(channel: Channel, message: Message) -> None:
    place = channel.ephemerals if message.ephemeral_to else channel.messages
    place.remove(message)


def _replace(message: Message, body: dict[str, Any]) -> None:
    blocks = body.get("blocks") or []
    problems = check_blocks(blocks, "message")
    if problems:
        raise SlackError("invalid_blocks", problems)
    message.text = body.get("text") or ""
    message.blocks = complete_blocks(blocks)
    message.attachments = body.get("attachments") or []
    message.mentions = pings_of(message.text, message.blocks, message.attachments)
