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
SCOPE_OF_EVENT = {
    "app_mention": "app_mentions:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
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
    if not workspace.is_reached:
        return
    if SCOPE_OF_EVENT.get(subscription or event["type"]) in workspace.declined:
        return
    envelope = event_payload(workspace, event)
    workspace.events_sent.append(envelope)
    workspace.messenger.enqueue(envelope)


def event_payload(workspace: Team, event: dict[str, Any]) -> dict[str, Any]:
    """Return the outer event for an inner one."""
    organisation = workspace.organisation
    by_org = organisation is not None and not workspace.installed
    return {
        "token": workspace.verification_token,
        "team_id": workspace.team_id,
        **(in_organisation(workspace) if organisation else {}),
        "api_app_id": workspace.app_id,
        "event": {**event, "event_ts": event.get("event_ts") or workspace.stamps.new()},
        "type": "event_callback",
        "event_id": workspace.ids.new("Ev"),
        "event_time": workspace.stamps.seconds(),
        "authorizations": [
            organisation.authorization()
            if organisation and by_org
            else {
                "enterprise_id": organisation.id if organisation else None,
                "team_id": workspace.team_id,
                "user_id": workspace.bot_user_id,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": workspace.ids.new("4-"),
    }


def in_organisation(workspace: Team) -> dict[str, Any]:
    """Return what the outer event of a workspace of an organisation has besides."""
    enterprise_id = workspace.organisation.id if workspace.organisation else None
    return {
        "enterprise_id": enterprise_id,
        "context_team_id": workspace.team_id,
        "context_enterprise_id": enterprise_id,
    }


def emit_reaction(workspace: Team, change: str, user_id: str, message: Message, name: str) -> None:
    """Tell the app of a reaction on a message of a channel the bot is in.

    Args:
        workspace: where it happened.
        change: `reaction_added` or `reaction_removed`.
        user_id: whose reaction it is.
        message: the message.
        name: the emoji's name.
    """
    if workspace.bot_user_id not in workspace.channels[message.channel_id].members:
        return
    item = {"type": "message", "channel": message.channel_id, "ts": message.ts}
    event = {"type": change, "user": user_id, "reaction": name, "item": item}
    emit(workspace, {**event, "item_user": message.user_id})


def emit_changed(
    workspace: Team, channel: Channel, message: Message, before: dict[str, Any]
) -> None:
    """Tell the app that a message has other content; `before` is the shape it had."""
    shape = message_shape(workspace, message, with_metadata=True)
    _emit_hidden(workspace, channel, "message_changed", message=shape, previous_message=before)


def emit_deleted(workspace: Team, channel: Channel, message: Message) -> None:
    """Tell the app that a message is gone."""
    before = message_shape(workspace, message)
    _emit_hidden(
        workspace, channel, "message_deleted", previous_message=before, deleted_ts=message.ts
    )


def _emit_hidden(workspace: Team, channel: Channel, subtype: str, **more: Any) -> None:
    if workspace.bot_user_id not in channel.members:
        return
    ts = workspace.stamps.new()
    event = {
        "type": "message",
        "subtype": subtype,
        "hidden": True,
        "channel": channel.id,
        "channel_type": channel.kind,
        "ts": ts,
        "event_ts": ts,
        **more,
    }
    emit(workspace, event, MESSAGE_EVENTS[channel.kind])


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
    event |= app_context(workspace, message.user_id, channel)
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


def app_context(workspace: Team, user_id: str, channel: Channel) -> dict[str, Any]:
    """Return what a person has before them, as messages to an agent carry it."""
    viewed = workspace.viewed.get(user_id)
    is_direct = channel.is_im and workspace.bot_user_id in channel.members
    if not workspace.manifest.has_agent_view or not is_direct or viewed is None:
        return {}
    return {"app_context": {"entities": entities_of(viewed)}}


def entities_of(channel_id: str) -> list[dict[str, str]]:
    """Return a channel as the agent surface names what somebody looks at."""
    return [{"type": "slack#/types/channel_id", "value": channel_id}]
