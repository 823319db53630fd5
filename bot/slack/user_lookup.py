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


def _quick(client: WebClient) -> WebClient:
    return WebClient(
        token=client.token, base_url=client.base_url, timeout=SECONDS, retry_handlers=[]
    )
