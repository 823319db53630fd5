"""The agent surface: the app's messages tab, what is suggested there, and what stands beside it."""

from __future__ import annotations

from typing import Any

from playground import events, payloads
from playground.model import Channel, User
from playground.team import Team

Json = dict[str, Any]


def open_messages(workspace: Team, user: User) -> Channel:
    """Open the app's messages tab, which an app with the agent surface hears of."""
    with workspace.changing():
        channel = workspace.direct_message(user.id)
        if workspace.manifest.has_agent_view:
            events.emit(
                workspace, payloads.app_home_opened(workspace, user, channel, tab="messages")
            )
        return channel


def look_at(workspace: Team, user: User, channel: Channel) -> None:
    """Have a channel before one, beside the app's messages."""
    with workspace.changing():
        if workspace.viewed.get(user.id) == channel.id:
            return
        workspace.viewed[user.id] = channel.id
        if workspace.manifest.has_agent_view:
            event = {
                "type": "app_context_changed",
                "user": user.id,
                "channel": workspace.direct_message(user.id).id,
                "context": {"entities": events.entities_of(channel.id)},
            }
            events.emit(workspace, event)


def suggestions(workspace: Team, channel: Channel) -> Json | None:
    """Return the title and prompts that are shown above the composer of the app's messages."""
    is_apps = channel.is_im and workspace.bot_user_id in channel.members
    if not workspace.manifest.has_agent_view or not is_apps:
        return None
    plain = {"title": "", "prompts": [dict(each) for each in workspace.manifest.prompts]}
    return workspace.suggested.get(channel.id, plain)
