"""Reading one message from Slack at the moment somebody acts on it, so that none has to be kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.slack.api_errors import TRANSPORT_ERRORS

log = structlog.get_logger()

SECONDS: Final = 1
"""Per call, of which there are two at most, below the three seconds of an acknowledgement."""


def look_up_message(client: WebClient, channel_id: str, ts: str) -> Mapping[str, Any] | None:
    """Return a message as Slack holds it, or None when it is gone or Slack does not answer.

    Args:
        client: the workspace's client.
        channel_id: where it stands.
        ts: its name there; a reply in a thread is found too.
    """
    quick = WebClient(
        token=client.token, base_url=client.base_url, timeout=SECONDS, retry_handlers=[]
    )
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
