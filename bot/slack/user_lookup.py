"""Asking Slack who somebody is before they may do anything: a guest is not a colleague."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.slack.api_errors import TRANSPORT_ERRORS

log = structlog.get_logger()

SECONDS: Final = 1
"""Well below the three seconds in which a press has to be acknowledged."""


def look_up_person(client: WebClient, user_id: str) -> Mapping[str, Any] | None:
    """Return what `users.info` says of somebody, or None when Slack does not answer in time.

    Args:
        client: the workspace's client.
        user_id: who it is about.
    """
    quick = WebClient(
        token=client.token, base_url=client.base_url, timeout=SECONDS, retry_handlers=[]
    )
    try:
        found: Mapping[str, Any] = quick.users_info(user=user_id, include_locale=True)["user"]
    except (SlackApiError, *TRANSPORT_ERRORS) as error:
        log.warning("lookup.failed", user=user_id, error=repr(error))
        return None
    return found
