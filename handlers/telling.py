"""Tells one person something by the first way that Slack takes.

An answer beside the message is best, but a response_url expires, and an ephemeral message needs a
channel that the bot is in. A direct message is the last resort, so that no press ends in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import structlog
from slack_bolt import Respond
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.slack.api_errors import TRANSPORT_ERRORS, diagnose
from handlers.native_answers import TAKEN, plainly

log = structlog.get_logger()

TROUBLE: Final = (SlackApiError, *TRANSPORT_ERRORS)


def tell(
    client: WebClient,
    user_id: str,
    content: Mapping[str, Any],
    *,
    channel_id: str | None = None,
    respond: Respond | None = None,
) -> None:
    """Show something to one person: beside what they pressed, in the channel, or directly.

    Args:
        client: the workspace's client.
        user_id: who is told.
        content: from `blocks.message`; newer blocks are sent as their twins.
        channel_id: where they acted; None where that was in no channel.
        respond: sends to the response_url; None where the delivery had none.
    """
    shown = plainly(content)
    ways: list[Callable[[], bool]] = []
    if respond is not None and respond.response_url:
        ways.append(lambda: responds(respond, shown))
    if channel_id:
        ways.append(
            lambda: bool(client.chat_postEphemeral(channel=channel_id, user=user_id, **shown))
        )
    ways.append(lambda: bool(client.chat_postMessage(channel=user_id, **shown)))
    for way in ways:
        try:
            if way():
                return
        except TROUBLE as error:
            log.info("handler.way_refused", error=diagnose(error).error)
    log.warning("handler.unheard", user=user_id)


def responds(respond: Respond, content: Mapping[str, Any], *, replaces: bool = False) -> bool:
    """Answer at the response_url; return whether Slack took it.

    Args:
        respond: sends there.
        content: what is shown.
        replaces: whether in the place of the message that was pressed.
    """
    try:
        answer = respond(response_type="ephemeral", replace_original=replaces, **content)
    except TROUBLE as error:
        log.info("handler.way_refused", error=type(error).__name__)
        return False
    return bool(answer.status_code == TAKEN)
