"""The payloads Slack sends to an app when a person acts."""

from __future__ import annotations

from typing import Any

from playground.events import entities_of
from playground.inputs import state_of
from playground.model import Channel, Message, ScreenView, User
from playground.shapes import message_shape, view_shape
from playground.team import Team
from playground.tickets import new_response_url, new_trigger

Json = dict[str, Any]
HIDDEN_NAMES = {"im": "directmessage", "group": "privategroup", "mpim": "privategroup"}


def _origin(workspace: Team, user: User) -> Json:
    team: Json = {"id": workspace.team_id, "domain": workspace.domain}
    organisation = workspace.organisation
    if organisation is not None:
        team |= {"enterprise_id": organisation.id, "enterprise_name": organisation.name}
    return {
        "team": team,
        "user": {
            "id": user.id,
            "username": user.name,
            "name": user.name,
            "team_id": workspace.team_id,
        },
        "api_app_id": workspace.app_id,
        "token": workspace.verification_token,
        "enterprise": organisation and {"id": organisation.id, "name": organisation.name},
        "is_enterprise_install": is_by_org(workspace),
    }


def is_by_org(workspace: Team) -> bool:
    """Return whether the app is in a workspace by its organisation's installation alone."""
    return workspace.organisation is not None and not workspace.installed


def _place(channel: Channel) -> Json:
    return {"id": channel.id, "name": HIDDEN_NAMES.get(channel.kind, channel.name)}


def _organisation(workspace: Team) -> Json:
    organisation = workspace.organisation
    if organisation is None:
        return {}
    return {"enterprise_id": organisation.id, "enterprise_name": organisation.name}


def slash_command(workspace: Team, user: User, channel: Channel, command: str, text: str) -> Json:
    """Return the payload of a slash command."""
    place = _place(channel)
    return {
        "token": workspace.verification_token,
        "team_id": workspace.team_id,
        "team_domain": workspace.domain,
        **_organisation(workspace),
        "channel_id": place["id"],
        "channel_name": place["name"],
        "user_id": user.id,
        "user_name": user.name,
        "command": command,
        "text": text,
        "api_app_id": workspace.app_id,
        "is_enterprise_install": is_by_org(workspace),
        "response_url": new_response_url(workspace, user.id, channel),
        "trigger_id": new_trigger(workspace, user.id),
    }


def block_actions_in_message(workspace: Team, user: User, message: Message, action: Json) -> Json:
    """Return the payload of using an element of a message."""
    channel = workspace.channels[message.channel_id]
    container = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": message.ephemeral_to is not None,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    typed = workspace.message_state.get((message.ts, user.id), {})
    payload = {
        "type": "block_actions",
        **_origin(workspace, user),
        "container": container,
        "trigger_id": new_trigger(workspace, user.id),
        "channel": _place(channel),
        "state": {"values": state_of(message.blocks, typed)},
        "response_url": new_response_url(workspace, user.id, channel, message),
        "actions": [action],
    }
    if not message.ephemeral_to:
        payload["message"] = message_shape(workspace, message, with_metadata=True)
    return payload


def block_actions_in_view(workspace: Team, user: User, view: ScreenView, action: Json) -> Json:
    """Return the payload of using an element of a modal or a Home tab."""
    shown = view_shape(workspace, view)
    return {
        "type": "block_actions",
        **_origin(workspace, user),
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": new_trigger(workspace, user.id, view.id),
        "view": shown,
        "state": shown["state"],
        "actions": [action],
    }


def block_suggestion(
    workspace: Team, user: User, surface: Message | ScreenView, placed: Json, query: str
) -> Json:
    """Return the payload of typing into an external select."""
    payload = {
        "type": "block_suggestion",
        **_origin(workspace, user),
        "action_id": placed["action_id"],
        "block_id": placed["block_id"],
        "value": query,
    }
    if isinstance(surface, ScreenView):
        container = {"type": "view", "view_id": surface.id}
        return {**payload, "container": container, "view": view_shape(workspace, surface)}
    return {
        **payload,
        "container": {"type": "message", "message_ts": surface.ts},
        "channel": _place(workspace.channels[surface.channel_id]),
        "message": message_shape(workspace, surface, with_metadata=True),
    }


def view_submission(workspace: Team, user: User, view: ScreenView) -> Json:
    """Return the payload of a modal's submit button."""
    origin = _origin(workspace, user)
    if is_by_org(workspace):  # Slack leaves it empty; the person and the view name the workspace
        origin["team"] = None
    return {
        "type": "view_submission",
        **origin,
        "trigger_id": new_trigger(workspace, user.id, view.id),
        "view": view_shape(workspace, view),
    }


def view_closed(workspace: Team, user: User, view: ScreenView, *, cleared: bool) -> Json:
    """Return the payload of closing a modal."""
    return {
        "type": "view_closed",
        **_origin(workspace, user),
        "view": view_shape(workspace, view),
        "is_cleared": cleared,
    }


def _shortcut(workspace: Team, user: User, kind: str, callback_id: str) -> Json:
    origin = _origin(workspace, user)
    del origin["api_app_id"]
    del origin["user"]["username"]
    return {
        "type": kind,
        **origin,
        "action_ts": workspace.stamps.new(),
        "callback_id": callback_id,
        "trigger_id": new_trigger(workspace, user.id),
    }


def message_shortcut(workspace: Team, user: User, message: Message, callback_id: str) -> Json:
    """Return the payload of a message shortcut."""
    channel = workspace.channels[message.channel_id]
    return {
        **_shortcut(workspace, user, "message_action", callback_id),
        "message_ts": message.ts,
        "channel": _place(channel),
        "message": message_shape(workspace, message, with_metadata=True),
        "response_url": new_response_url(workspace, user.id, channel, message),
    }


def global_shortcut(workspace: Team, user: User, callback_id: str) -> Json:
    """Return the payload of a global shortcut."""
    shortcut = _shortcut(workspace, user, "shortcut", callback_id)
    shortcut["user"]["username"] = user.name
    return shortcut


def app_home_opened(workspace: Team, user: User, channel: Channel, tab: str = "home") -> Json:
    """Return the inner event of opening the Home tab, or the messages tab of an agent."""
    event: Json = {
        "type": "app_home_opened",
        "user": user.id,
        "channel": channel.id,
        "tab": tab,
    }
    if tab == "messages":
        viewed = workspace.viewed.get(user.id)
        return event | {"context": {"entities": entities_of(viewed)}} if viewed else event
    if user.id in workspace.homes:
        event["view"] = view_shape(workspace, workspace.homes[user.id])
    return event
