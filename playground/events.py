"""Events the app subscribed to, wrapped as the Events API sends them."""

from __future__ import annotations

from typing import Any

from playground.model import Channel, Message
from playground.shapes import message_shape
from playground.team import Team

MESSAGE_EVENTS = {
    "channel": "message.channels",
    "group": "message.groups",
    "im": "message.im",
    "mpim": "message.mpim",
}
CHANNEL_LETTERS = {"channel": "C", "group": "G", "im": "D", "mpim": "G"}


def emit(workspace: Team, event: dict[str, Any], subscription: str | None = None) -> None:
    """Send an event to the app, in the background, if the app subscribed to it.

    Args:
        workspace: where it happened.
        event: the inner event.
        subscription: the name it is subscribed by, where that is not the event's type.
    """
    wanted = workspace.manifest.events
    if wanted is not None and (subscription or event["type"]) not in wanted:
        return
    if not workspace.installed:
        return
    envelope = event_payload(workspace, event)
    workspace.events_sent.append(envelope)
    workspace.messenger.enqueue(envelope)


def event_payload(workspace: Team, event: dict[str, Any]) -> dict[str, Any]:
    """Return the outer event for an inner one."""
    return {
        "token": workspace.verification_token,
        "team_id": workspace.team_id,
        "api_app_id": workspace.app_id,
        "event": {**event, "event_ts": event.get("event_ts") or workspace.stamps.new()},
        "type": "event_callback",
        "event_id": workspace.ids.new("Ev"),
        "event_time": workspace.stamps.seconds(),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": workspace.team_id,
                "user_id": workspace.bot_user_id,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": workspace.ids.new("4-"),
    }


def emit_message(workspace: Team, channel: Channel, message: Message) -> None:
    """Tell the app of a new message in a channel the bot is in."""
    if workspace.bot_user_id not in channel.members:
        return
    event = {
        **message_shape(workspace, message, with_metadata=True),
        "channel": channel.id,
        "channel_type": channel.kind,
        "event_ts": message.ts,
    }
    event.pop("upload", None)
    emit(workspace, event, MESSAGE_EVENTS[channel.kind])
    if f"<@{workspace.bot_user_id}>" in message.text and channel.kind in ("channel", "group"):
        mention = {key: event[key] for key in event if key not in ("channel_type", "metadata")}
        emit(workspace, {**mention, "type": "app_mention"})


def emit_membership(
    workspace: Team, channel: Channel, user_id: str, change: str, inviter: str | None = None
) -> None:
    """Tell the app that somebody joined or left.

    Args:
        workspace: where it happened.
        channel: which channel; the bot hears of the channels it is in.
        user_id: who joined or left.
        change: `member_joined_channel` or `member_left_channel`.
        inviter: who brought them.
    """
    if workspace.bot_user_id not in (*channel.members, user_id):
        return
    event = {
        "type": change,
        "user": user_id,
        "channel": channel.id,
        "channel_type": CHANNEL_LETTERS[channel.kind],
        "team": workspace.team_id,
    }
    emit(workspace, {**event, "inviter": inviter} if inviter else event)
