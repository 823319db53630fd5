"""Answers to one person that hold newer blocks: the plain twin is sent where Slack refuses them.

An acknowledgement cannot tell whether Slack took its blocks, so such an answer goes to the
response_url, whose answer can.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import structlog
from slack_bolt import Respond

from bot.outbox.refusals import refused_by, remember
from bot.slack import native
from bot.unit_of_work import Runtime

log = structlog.get_logger()
TAKEN = 200


def plainly(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a content with plain blocks alone, for surfaces that take no newer ones."""
    return native.chosen(content, native.NATIVE)


def as_taken(runtime: Runtime, team_id: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a content as a workspace is known to take it; its newer blocks keep their twins."""
    if not native.has_twins(content):
        return dict(content)
    with runtime.reading(team_id) as uow:
        refused = refused_by(uow.session, team_id, datetime.now(UTC))
    if native.types_in(content) <= refused:
        return plainly(content)
    return dict(content)


def respond_with_twin(
    runtime: Runtime, team_id: str, respond: Respond, content: Mapping[str, Any]
) -> bool:
    """Answer only the person who acted, with the plain twin where Slack refuses newer blocks.

    Args:
        runtime: the shared parts.
        team_id: the workspace, whose refusal is remembered.
        respond: sends to the response_url.
        content: from `blocks.message`, its newer blocks with their twins.

    Returns:
        Whether Slack took it.
    """
    known = as_taken(runtime, team_id, content)
    if not native.has_twins(known):
        answer = respond(response_type="ephemeral", replace_original=False, **known)
        return bool(answer.status_code == TAKEN)
    first = native.chosen(known, frozenset())
    answer = respond(response_type="ephemeral", replace_original=False, **first)
    if answer.status_code == TAKEN or not _is_refusal(str(answer.body)):
        return bool(answer.status_code == TAKEN)
    again = respond(response_type="ephemeral", replace_original=False, **plainly(known))
    log.info("handler.plain_twin", team=team_id, status=again.status_code)
    if again.status_code != TAKEN:
        return False
    with runtime.uow(team_id) as uow:
        remember(uow.session, team_id, native.types_in(known), datetime.now(UTC))
    return True


def _is_refusal(body: str) -> bool:
    return any(error in body for error in native.REFUSALS)
