"""What one person's client shows, as JSON: the browser client draws nothing else."""

from __future__ import annotations

from typing import Any

from playground.agent_view import suggestions
from playground.inputs import state_of
from playground.model import Channel, Message, ScreenView
from playground.shapes import bookmark_shape, channel_shape, message_shape, user_shape, view_shape
from playground.team import Team

Json = dict[str, Any]
MESSAGES_SHOWN = 400


def screen_of(workspace: Team, user_id: str) -> Json:
    """Return all that this user's client would show.

    Args:
        workspace: the team; held by the caller.
        user_id: who looks.

    Returns:
        `team`, `revision`, `now` (the workspace's time in seconds), `me`, `people` (all members,
        as users.info has them), `bot_user_id`, `commands`, `shortcuts`, `channels` (see
        `_channel_screen`), `modals` (bottom to top) and `home`.
    """
    manifest = workspace.manifest
    return {
        "team": {"id": workspace.team_id, "name": workspace.name, "domain": workspace.domain},
        "revision": workspace.revision,
        "now": workspace.clock.now().timestamp(),
        "me": user_id,
        "bot_user_id": workspace.bot_user_id,
        "people": [
            user_shape(workspace, user, with_email=True) for user in workspace.users.values()
        ],
        "commands": [vars(command) for command in (manifest.commands or {}).values()],
        "shortcuts": [vars(shortcut) for shortcut in manifest.shortcuts or ()],
        "channels": [
            _channel_screen(workspace, channel, user_id)
            for channel in workspace.channels.values()
            if sees(workspace, channel, user_id)
        ],
        "modals": [
            _view_screen(workspace, workspace.views[view_id])
            for view_id in workspace.modal_stacks.get(user_id, [])
        ],
        "home": _home_screen(workspace, user_id),
    }


def sees(workspace: Team, channel: Channel, user_id: str) -> bool:
    """Whether a channel is in this user's list: as a member, or public to all but guests."""
    is_public = channel.kind == "channel" and not workspace.users[user_id].is_guest
    return user_id in channel.members or is_public


def _channel_screen(workspace: Team, channel: Channel, user_id: str) -> Json:
    """Return a channel with all that is in it.

    Returns:
        conversations.info's keys, and `name` also for direct conversations, `kind`, `members`,
        `unread`, `unread_mentions`, `last_read`, `bookmarks`, `pins` (timestamps) and
        `messages` (see `_message_screen`, ephemeral ones to this user and thread replies
        among them, oldest first).
    """
    unread = [message for message in channel.messages if _is_unread(channel, message, user_id)]
    private = [message for message in channel.ephemerals if message.ephemeral_to == user_id]
    shown = sorted([*channel.messages, *private], key=lambda message: message.ts)
    return {
        **channel_shape(workspace, channel, user_id),
        "name": display_name(workspace, channel, user_id),
        "kind": channel.kind,
        "is_member": user_id in channel.members,
        "members": list(channel.members),
        "unread": len(unread),
        "unread_mentions": sum(_calls(message, user_id) for message in unread),
        "last_read": channel.last_read.get(user_id, "0"),
        "bookmarks": [bookmark_shape(one, workspace.team_id) for one in channel.bookmarks],
        "suggested": suggestions(workspace, channel),
        "pins": [pin.message_ts for pin in channel.pins],
        "canvas": _canvas_screen(channel),
        "messages": [_message_screen(workspace, one, user_id) for one in shown[-MESSAGES_SHOWN:]],
    }


def _canvas_screen(channel: Channel) -> Json | None:
    canvas = channel.canvas
    if canvas is None:
        return None
    rows = [{"id": each.id, "markdown": each.markdown} for each in canvas.sections]
    return {"id": canvas.id, "title": canvas.title, "sections": rows}


def display_name(workspace: Team, channel: Channel, user_id: str) -> str:
    """Return the name a channel has in this user's list; of a direct one, the other's."""
    if not (channel.is_im or channel.is_mpim):
        return channel.name
    others = [one for one in channel.members if one != user_id] or [user_id]
    return ", ".join(workspace.users[one].real_name for one in others)


def _is_unread(channel: Channel, message: Message, user_id: str) -> bool:
    return message.user_id != user_id and message.ts > channel.last_read.get(user_id, "0")


def _calls(message: Message, user_id: str) -> bool:
    return any(one.kind == "broadcast" or one.target == user_id for one in message.mentions)


def _message_screen(workspace: Team, message: Message, user_id: str) -> Json:
    """Return a message as history has it, with what only a client knows.

    Returns:
        The message's keys, and `channel`, `ephemeral`, `is_reply`, `reply_broadcast`, `pinged`
        (whether it calls this user) and `state` (what this user typed into its inputs).
    """
    typed = workspace.message_state.get((message.ts, user_id), {})
    return {
        **message_shape(workspace, message),
        "channel": message.channel_id,
        "ephemeral": message.ephemeral_to is not None,
        "is_reply": message.is_reply,
        "reply_broadcast": message.reply_broadcast,
        "pinged": _calls(message, user_id),
        "state": {"values": state_of(message.blocks, typed)},
    }


def _view_screen(workspace: Team, view: ScreenView) -> Json:
    return {**view_shape(workspace, view), "errors": dict(view.errors)}


def _home_screen(workspace: Team, user_id: str) -> Json | None:
    view = workspace.homes.get(user_id)
    return _view_screen(workspace, view) if view else None
