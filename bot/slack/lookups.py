"""Asking Slack while somebody waits: who people are, where one may post, what a message says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.slack.api_errors import MISSING_SCOPE, TRANSPORT_ERRORS
from bot.slack.scopes import FEATURES, SCOPES_HEADER, header_of, read_scopes

log = structlog.get_logger()

SECONDS: Final = 1
"""Per call, of which there are two at most, below the three seconds of an acknowledgement."""


def look_up_person(client: WebClient, user_id: str) -> Mapping[str, Any] | None:
    """Return what `users.info` says of somebody, or None when Slack does not answer in time.

    Args:
        client: the workspace's client.
        user_id: who it is about.
    """
    try:
        response = _quick(client).users_info(user=user_id, include_locale=True)
        found: Mapping[str, Any] = response["user"]
    except (SlackApiError, *TRANSPORT_ERRORS) as error:
        log.warning("lookup.failed", user=user_id, error=repr(error))
        return None
    return found


def find_by_email(client: WebClient, email: str) -> str | None:
    """Return who has a confirmed address in a workspace; None where nobody has, or Slack is silent.

    It needs the scope `users:read.email`, which the manifest does not ask for by itself.

    Args:
        client: the workspace's client.
        email: the address.
    """
    try:
        return str(_quick(client).users_lookupByEmail(email=email)["user"]["id"])
    except (SlackApiError, *TRANSPORT_ERRORS) as error:
        log.warning("lookup.by_email_failed", error=repr(error)[:200])
        return None


_REFUSALS: Final = {
    "channel_not_found": "private",
    "method_not_supported_for_channel_type": "kind",
    MISSING_SCOPE: "unseen",
}


def why_unpostable(client: WebClient, channel_id: str) -> str | None:
    """Return why the bot cannot post in a channel, as the end of a text's key.

    None where it can, and where Slack does not say in time: delivery then reports a failed post.

    Args:
        client: the workspace's client.
        channel_id: the channel.
    """
    try:
        told = _quick(client).conversations_info(channel=channel_id)
    except SlackApiError as error:
        # Slack hides private channels that the bot is not in
        return _REFUSALS.get(str(error.response.get("error")))
    except TRANSPORT_ERRORS as error:
        log.warning("channel_lookup.failed", channel=channel_id, error=repr(error)[:200])
        return None
    channel: dict[str, Any] = told["channel"]
    closed = _closed_to_all(channel)
    if closed or channel.get("is_member"):
        return closed
    granted = read_scopes(header_of(told, SCOPES_HEADER))
    if granted is not None and not FEATURES["public"] <= granted:
        return "public"
    return "private" if channel.get("is_private") else None


def _closed_to_all(channel: dict[str, Any]) -> str | None:
    """Return why no ordinary member may post in a channel, as far as Slack tells."""
    if channel.get("is_archived"):
        return "archived"
    allowed = (channel.get("properties") or {}).get("posting_restricted_to") or {}
    is_for_others = bool(allowed.get("type") or allowed.get("user"))
    return "restricted" if channel.get("is_read_only") or is_for_others else None


def look_up_message(client: WebClient, channel_id: str, ts: str) -> Mapping[str, Any] | None:
    """Return a message as Slack holds it, or None when it is gone or Slack does not answer.

    Args:
        client: the workspace's client.
        channel_id: where it stands.
        ts: its name there; a reply in a thread is found too.
    """
    quick = _quick(client)
    window: dict[str, Any] = {"channel": channel_id, "inclusive": True, "latest": ts, "oldest": ts}
    for method, more in (
        ("conversations.history", {"limit": 1}),
        ("conversations.replies", {"ts": ts, "limit": 2}),
    ):
        try:
            messages = quick.api_call(method, params={**window, **more}).get("messages") or []
        except (SlackApiError, *TRANSPORT_ERRORS) as error:
            log.warning("message_lookup.failed", channel=channel_id, error=repr(error)[:200])
            continue
        found: Mapping[str, Any] | None = next((m for m in messages if m.get("ts") == ts), None)
        if found is not None:
            return found
    return None


def _quick(client: WebClient) -> WebClient:
    return WebClient(
        token=client.token, base_url=client.base_url, timeout=SECONDS, retry_handlers=[]
    )
