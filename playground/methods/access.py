"""Which conversations the bot may see and write to."""

from __future__ import annotations

from playground.errors import SlackError
from playground.methods.registry import MethodCall
from playground.model import Channel


def visible_channel(request: MethodCall, reference: str | None = None) -> Channel:
    """Return the conversation the bot may know of, or refuse with `channel_not_found`."""
    workspace = request.workspace
    channel = workspace.channel(reference or request.arguments.text("channel"))
    is_member = workspace.bot_user_id in channel.members
    if channel.kind != "channel" and not is_member:
        raise SlackError("channel_not_found")
    return channel


def own_channel(
    request: MethodCall, family: str | None = None, *, archived: bool = False
) -> Channel:
    """Return a conversation the bot is in.

    Args:
        request: whose `channel` is meant.
        family: the scopes that are needed, by the conversation's kind.
        archived: whether an archived one will do.
    """
    channel = visible_channel(request)
    if family:
        request.require_scope(family, channel.kind)
    if request.workspace.bot_user_id not in channel.members:
        raise SlackError("not_in_channel")
    if channel.is_archived and not archived:
        raise SlackError("is_archived")
    return channel


def refuse_direct(channel: Channel) -> None:
    """Refuse for direct conversations, which have no name, topic or invitations."""
    if channel.is_im or channel.is_mpim:
        raise SlackError("method_not_supported_for_channel_type")
