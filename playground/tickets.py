"""Short-lived rights: a trigger opens one modal, a response_url answers an act a few times."""

from __future__ import annotations

import time

from playground.errors import SlackError
from playground.model import Channel, Message, ResponseUrl, Trigger
from playground.stamps import new_secret
from playground.team import Team

TRIGGER_SECONDS = 3.0
RESPONSE_URL_SECONDS = 30 * 60.0
RESPONSE_URL_USES = 5


def new_trigger(workspace: Team, user_id: str, view_id: str | None = None) -> str:
    """Return the id of a fresh trigger.

    Args:
        workspace: the team.
        user_id: on whose screen it may open a modal.
        view_id: the modal it was pressed in, if it was.
    """
    trigger_id = f"{workspace.ids.new('')}.{workspace.team_id}.{new_secret('')}"
    with workspace.lock:
        workspace.triggers[trigger_id] = Trigger(trigger_id, user_id, time.monotonic(), view_id)
    return trigger_id


def use_trigger(workspace: Team, trigger_id: str) -> Trigger:
    """Use a trigger up, or refuse as Slack does."""
    trigger = workspace.triggers.get(trigger_id)
    if trigger is None:
        raise SlackError("invalid_trigger_id")
    if trigger.used:
        raise SlackError("exchanged_trigger_id")
    if time.monotonic() - trigger.born > TRIGGER_SECONDS:
        raise SlackError("expired_trigger_id")
    trigger.used = True
    return trigger


def new_response_url(
    workspace: Team, user_id: str, channel: Channel, message: Message | None = None
) -> str:
    """Return the address of a fresh response_url.

    Args:
        workspace: the team.
        user_id: who acted.
        channel: where.
        message: the message whose button or menu was used, if one was.
    """
    key = new_secret("")
    with workspace.lock:
        workspace.response_urls[key] = ResponseUrl(
            id=key,
            user_id=user_id,
            channel_id=channel.id,
            born=time.monotonic(),
            message_ts=message.ts if message else None,
            thread_ts=message.thread_ts if message else None,
        )
    return f"{workspace.base_url}/respond/{workspace.team_id}/{key}"


def use_response_url(workspace: Team, key: str) -> ResponseUrl:
    """Use a response_url once, or refuse as Slack does."""
    ticket = workspace.response_urls.get(key)
    if ticket is None:
        raise SlackError("invalid_url", status=404)
    if time.monotonic() - ticket.born > RESPONSE_URL_SECONDS:
        raise SlackError("expired_url", status=404)
    if ticket.uses >= RESPONSE_URL_USES:
        raise SlackError("used_url", status=404)
    ticket.uses += 1
    return ticket
