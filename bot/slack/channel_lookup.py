"""Asking Slack whether the bot may post in a channel, before somebody relies on it."""

from __future__ import annotations

from typing import Any, Final

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.slack.api_errors import MISSING_SCOPE, TRANSPORT_ERRORS
from bot.slack.scopes import FEATURES, SCOPES_HEADER, header_of, read_scopes

log = structlog.get_logger()

SECONDS: Final = 1
"""Well below the three seconds in which a form has to be acknowledged."""
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
    quick = WebClient(
        token=client.token, base_url=client.base_url, timeout=SECONDS, retry_handlers=[]
    )
    try:
        told = quick.conversations_info(channel=channel_id)
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
