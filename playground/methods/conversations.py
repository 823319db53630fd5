"""conversations.*: channels, their members and their history."""

from __future__ import annotations

import re
from typing import Any

from playground.errors import SlackError
from playground.events import emit, emit_membership
from playground.methods.access import own_channel, refuse_direct, visible_channel
from playground.methods.basics import wanted_kinds
from playground.methods.paging import page
from playground.methods.registry import MethodCall, method
from playground.model import Caption, Channel, User
from playground.posting import post_system
from playground.shapes import channel_shape

Json = dict[str, Any]
LONGEST_NAME = 80
LONGEST_CAPTION = 250
MOST_IN_GROUP_MESSAGE = 8


def _shape(request: MethodCall, channel: Channel) -> Json:
    return channel_shape(request.workspace, channel, request.workspace.bot_user_id)


def check_name(name: str) -> None:
    """Refuse a channel name as Slack does.

    Args:
        name: as the app wants it.
    """
    if not name:
        raise SlackError("invalid_name_required")
    if len(name) > LONGEST_NAME:
        raise SlackError("invalid_name_maxlength")
    if not re.search(r"[^\W_]", name):
        raise SlackError("invalid_name_punctuation")
    if name != name.lower() or not re.fullmatch(r"[\w-]+", name):
        raise SlackError("invalid_name_specials")
    if not re.fullmatch(r"[a-z0-9_-]+", name):
        raise SlackError("invalid_name")


def _require_free_name(request: MethodCall, name: str) -> None:
    check_name(name)
    if any(one.name == name for one in request.workspace.channels.values() if not one.is_im):
        raise SlackError("name_taken")


@method("conversations.create")
def create(request: MethodCall) -> Json:
    """Create a channel, with the bot as its first member."""
    workspace = request.workspace
    is_private = request.arguments.flag("is_private")
    request.require_scope("manage", "group" if is_private else "channel")
    name = request.arguments.text("name")
    _require_free_name(request, name)
    bot = workspace.bot_user_id
    channel = workspace.add_channel(name, creator=bot, is_private=is_private, members=[bot])
    return {"channel": _shape(request, channel)}


@method("conversations.invite")
def invite(request: MethodCall) -> Json:
    """Invite people; without `force`, one who can't come keeps all from coming."""
    channel = own_channel(request, "invite")
    refuse_direct(channel)
    user_ids = request.arguments.names("users")
    if not user_ids:
        raise SlackError("no_user")
    refused = [(one, _why_not(request, channel, one)) for one in user_ids]
    problems = [{"user": one, "ok": False, "error": why} for one, why in refused if why]
    welcome = [one for one, why in refused if not why]
    if problems and not (request.arguments.flag("force") and welcome):
        raise SlackError(str(problems[0]["error"]), errors=problems)
    for user_id in welcome:
        _let_in(request, channel, user_id, inviter=request.workspace.bot_user_id)
    answer: Json = {"channel": _shape(request, channel)}
    return {**answer, "errors": problems} if problems else answer


def _why_not(request: MethodCall, channel: Channel, user_id: str) -> str | None:
    workspace = request.workspace
    if user_id == workspace.bot_user_id:
        return "cant_invite_self"
    if user_id not in workspace.users:
        return "user_not_found"
    if workspace.users[user_id].deleted:
        return "cant_invite"
    return "already_in_channel" if user_id in channel.members else None


def _let_in(
    request: MethodCall, channel: Channel, user_id: str, inviter: str | None = None
) -> None:
    workspace = request.workspace
    channel.members.append(user_id)
    subtype = "group_join" if channel.is_private else "channel_join"
    extra = {"inviter": inviter} if inviter else {}
    text = f"<@{user_id}> has joined the channel"
    post_system(workspace, channel, user_id, subtype, text, **extra)
    emit_membership(workspace, channel, user_id, "member_joined_channel", inviter)


@method("conversations.kick")
def kick(request: MethodCall) -> Json:
    """Remove somebody."""
    channel = own_channel(request, "manage")
    refuse_direct(channel)
    user_id = request.arguments.text("user")
    request.workspace.user(user_id)
    if user_id == request.workspace.bot_user_id:
        raise SlackError("cant_kick_self")
    if channel.is_general:
        raise SlackError("cant_kick_from_general")
    if user_id not in channel.members:
        raise SlackError("not_in_channel")
    channel.members.remove(user_id)
    emit_membership(request.workspace, channel, user_id, "member_left_channel")
    return {"errors": {}}


@method("conversations.join")
def join(request: MethodCall) -> Json:
    """Let the bot into a public channel."""
    channel = visible_channel(request)
    if channel.kind != "channel":
        raise SlackError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise SlackError("is_archived")
    bot = request.workspace.bot_user_id
    if bot in channel.members:
        metadata = {"warnings": ["already_in_channel"]}
        shape = _shape(request, channel)
        return {"channel": shape, "warning": "already_in_channel", "response_metadata": metadata}
    _let_in(request, channel, bot)
    return {"channel": _shape(request, channel)}


@method("conversations.leave")
def leave(request: MethodCall) -> Json:
    """Let the bot leave."""
    channel = visible_channel(request)
    refuse_direct(channel)
    request.require_scope("manage", channel.kind)
    bot = request.workspace.bot_user_id
    if bot not in channel.members:
        return {"not_in_channel": True}
    if channel.is_general:
        raise SlackError("cant_leave_general")
    emit_membership(request.workspace, channel, bot, "member_left_channel")
    channel.members.remove(bot)
    return {}


@method("conversations.archive")
def archive(request: MethodCall) -> Json:
    """Archive a channel."""
    channel = visible_channel(request)
    refuse_direct(channel)
    if channel.is_archived:
        raise SlackError("already_archived")
    if channel.is_general:
        raise SlackError("cant_archive_general")
    own_channel(request, "manage")
    channel.is_archived = True
    bot = request.workspace.bot_user_id
    event = {"type": "channel_archive", "channel": channel.id, "user": bot, "is_moved": 0}
    emit(request.workspace, event)
    return {}


@method("conversations.unarchive")
def unarchive(request: MethodCall) -> Json:
    """Bring a channel back."""
    channel = visible_channel(request)
    refuse_direct(channel)
    request.require_scope("manage", channel.kind)
    if not channel.is_archived:
        raise SlackError("not_archived")
    channel.is_archived = False
    return {}


@method("conversations.rename")
def rename(request: MethodCall) -> Json:
    """Give a channel another name."""
    channel = own_channel(request, "manage")
    refuse_direct(channel)
    name = request.arguments.text("name")
    if name != channel.name:
        _require_free_name(request, name)
        channel.previous_names.insert(0, channel.name)
        channel.name = name
        renamed = {
            "id": channel.id,
            "is_channel": True,
            "is_mpim": False,
            "name": name,
            "name_normalized": name,
            "created": channel.created,
        }
        emit(request.workspace, {"type": "channel_rename", "channel": renamed})
    return {"channel": _shape(request, channel)}


def _set_caption(request: MethodCall, name: str) -> Json:
    channel = own_channel(request, "topic")
    text = request.arguments.text(name)
    if len(text) > LONGEST_CAPTION:
        raise SlackError("too_long")
    workspace = request.workspace
    bot = workspace.bot_user_id
    setattr(channel, name, Caption(text, bot, workspace.stamps.seconds()))
    caption = f"set the channel {name}: {text}"
    post_system(workspace, channel, bot, f"channel_{name}", caption, **{name: text})
    return {"channel": _shape(request, channel)}


@method("conversations.setTopic")
def set_topic(request: MethodCall) -> Json:
    """Set the topic."""
    return _set_caption(request, "topic")


@method("conversations.setPurpose")
def set_purpose(request: MethodCall) -> Json:
    """Set the purpose."""
    return _set_caption(request, "purpose")


@method("conversations.info")
def info(request: MethodCall) -> Json:
    """Tell of one conversation."""
    channel = visible_channel(request)
    request.require_scope("read", channel.kind)
    shape = _shape(request, channel)
    if request.arguments.flag("include_num_members"):
        shape["num_members"] = len(channel.members)
    if channel.canvas is not None:
        is_empty = not channel.canvas.sections
        shape["properties"] = {"canvas": {"file_id": channel.canvas.id, "is_empty": is_empty}}
    return {"channel": shape}


@method("conversations.list")
def list_all(request: MethodCall) -> Json:
    """List the conversations the bot may see."""
    workspace = request.workspace
    kinds = wanted_kinds(request)
    skip_archived = request.arguments.flag("exclude_archived")
    found = [
        channel
        for channel in workspace.channels.values()
        if channel.kind in kinds
        and (channel.kind == "channel" or workspace.bot_user_id in channel.members)
        and not (skip_archived and channel.is_archived)
    ]
    shown, metadata = page(found, request.arguments)
    channels = [_shape(request, channel) for channel in shown]
    for shape, channel in zip(channels, shown, strict=True):
        shape.pop("is_open", None)
        shape["num_members"] = len(channel.members)
    if channel.canvas is not None:
        is_empty = not channel.canvas.sections
        shape["properties"] = {"canvas": {"file_id": channel.canvas.id, "is_empty": is_empty}}
    return {"channels": channels, "response_metadata": metadata}


@method("conversations.members")
def members(request: MethodCall) -> Json:
    """List who is in a conversation."""
    channel = visible_channel(request)
    request.require_scope("read", channel.kind)
    shown, metadata = page(channel.members, request.arguments)
    return {"members": shown, "response_metadata": metadata}


@method("conversations.open")
def open_direct(request: MethodCall) -> Json:
    """Open a direct conversation."""
    workspace = request.workspace
    user_ids = request.arguments.names("users")
    if request.arguments.text("channel"):
        channel = visible_channel(request)
        return {"channel": _opened(request, channel), "no_op": True, "already_open": True}
    if not user_ids:
        raise SlackError("users_list_not_supplied")
    people = [_addressee(request, user_id) for user_id in dict.fromkeys(user_ids)]
    if len(people) > MOST_IN_GROUP_MESSAGE:
        raise SlackError("too_many_users")
    request.require_scope("open", "im" if len(people) == 1 else "mpim")
    before = len(workspace.channels)
    channel = workspace.conversation_of([workspace.bot_user_id, *(one.id for one in people)])
    answer: Json = {"channel": _opened(request, channel)}
    return (
        {**answer, "no_op": True, "already_open": True}
        if len(workspace.channels) == before
        else answer
    )


def _addressee(request: MethodCall, user_id: str) -> User:
    user = request.workspace.user(user_id)
    if user.deleted:
        raise SlackError("user_disabled")
    return user


def _opened(request: MethodCall, channel: Channel) -> Json:
    if not request.arguments.flag("return_im"):
        return {"id": channel.id}
    shape = _shape(request, channel)
    wanted = ("id", "created", "is_archived", "is_im", "is_org_shared", "user", "is_open")
    return {key: shape[key] for key in wanted if key in shape}
