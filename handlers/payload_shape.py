"""Whether a delivery has the shape that Bolt takes for granted; what has not is refused unread.

Bolt reads a delivery's parts before it checks the signature, so that a stranger's odd body would be
an unhandled fault; here it is a refusal.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, InstanceOf, StringConstraints, ValidationError

Text = InstanceOf[str]
"""Text as it is: what in it cannot be kept is taken out where it is read."""
Address = Annotated[str, StringConstraints(pattern="^https?://")]
Part = dict[str, Any]


class _Shape(BaseModel):
    """A part whose known fields are of their kind, missing or null."""

    model_config = ConfigDict(strict=True)


class _Named(_Shape):
    id: Text | None = None
    team_id: Text | None = None
    enterprise_id: Text | None = None
    name: Text | None = None


class _View(_Shape):
    type: Text
    id: Text | None = None
    callback_id: Text | None = None
    private_metadata: Text | None = None
    app_installed_team_id: Text | None = None
    state: Part | None = None


class _Event(_Shape):
    type: Text
    subtype: Text | None = None
    tab: Text | None = None
    view: _View | None = None
    tokens: Part | None = None


class _Message(_Shape):
    ts: Text | None = None
    text: Text | None = None


class _Pressed(_Shape):
    type: Text | None = None
    action_id: Text | None = None
    block_id: Text | None = None


class SlackPayload(_Shape):
    """What Bolt and the listeners read, and of which kind it is where it is there."""

    type: Text | None = None
    command: Text | None = None
    text: Text | None = None
    team_id: Text | None = None
    user_id: Text | None = None
    channel_id: Text | None = None
    trigger_id: Text | None = None
    callback_id: Text | None = None
    response_url: Address | None = None
    enterprise_id: Text | None = None
    event_id: Text | None = None
    team: _Named | None = None
    user: _Named | None = None
    channel: _Named | None = None
    enterprise: _Named | None = None
    container: Part | None = None
    message: _Message | None = None
    state: Part | None = None
    view: _View | None = None
    event: _Event | None = None
    actions: list[_Pressed] | None = None
    authorizations: list[_Named] | None = None
    response_urls: list[Part] | None = None


_COMPLETE: Final[dict[str, str]] = {
    "block_actions": "actions",
    "event_callback": "event",
    "view_submission": "view",
    "view_closed": "view",
}
"""What a delivery of a type cannot be without."""


def is_delivery(body: bytes, content_type: str) -> bool:
    """Return whether a body is an object of Slack's, with each known part of its kind.

    Args:
        body: as it was posted.
        content_type: the header.
    """
    try:
        read = SlackPayload.model_validate(_read(body.decode("utf-8"), content_type))
    except (ValidationError, ValueError, RecursionError):
        return False
    needed = _COMPLETE.get(str(read.type))
    return needed is None or bool(getattr(read, needed))


def _read(text: str, content_type: str) -> Any:
    """Read a body exactly as Bolt will."""
    if content_type == "application/json" or text.startswith("{"):
        return json.loads(text or "{}")
    fields = dict(parse_qsl(text, keep_blank_values=True))
    return json.loads(fields.get("payload", "{}")) if "payload" in text else fields
