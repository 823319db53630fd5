"""Whether a delivery has the shape that Bolt takes for granted; what has not is refused unread.

Bolt reads a delivery's parts before it checks the signature, so that a stranger's odd body would be
an unhandled fault; here it is a refusal.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

Rule = Callable[[Any], bool]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_address(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(("https://", "http://"))


def _object(*needed: str, **rules: Rule) -> Rule:
    """Return the rule of an object whose named parts keep to theirs.

    Args:
        needed: the parts that it cannot be without; the others may be missing or null.
        rules: every part that is read, and its rule.
    """

    def holds(value: Any) -> bool:
        return isinstance(value, Mapping) and all(
            name not in needed if value.get(name) is None else rule(value[name])
            for name, rule in rules.items()
        )

    return holds


def _several(rule: Rule) -> Rule:
    return lambda value: isinstance(value, list) and all(map(rule, value))


_NAMED: Final = _object(id=_is_text, team_id=_is_text, enterprise_id=_is_text, name=_is_text)
_VIEW: Final = _object(
    "type",
    id=_is_text,
    type=_is_text,
    callback_id=_is_text,
    private_metadata=_is_text,
    app_installed_team_id=_is_text,
    state=_object(),
)
_EVENT: Final = _object(
    "type", type=_is_text, subtype=_is_text, tab=_is_text, view=_VIEW, tokens=_object()
)
DELIVERY: Final = _object(
    type=_is_text,
    command=_is_text,
    text=_is_text,
    team_id=_is_text,
    user_id=_is_text,
    channel_id=_is_text,
    trigger_id=_is_text,
    callback_id=_is_text,
    response_url=_is_address,
    enterprise_id=_is_text,
    event_id=_is_text,
    team=_NAMED,
    user=_NAMED,
    channel=_NAMED,
    enterprise=_NAMED,
    container=_object(),
    message=_object(ts=_is_text, text=_is_text),
    state=_object(),
    view=_VIEW,
    event=_EVENT,
    actions=_several(_object(type=_is_text, action_id=_is_text, block_id=_is_text)),
    authorizations=_several(_NAMED),
    response_urls=_several(_object()),
)
"""What Bolt and the listeners read, and of which kind it is where it is there."""
_COMPLETE: Final[dict[str, str]] = {
    "block_actions": "actions",
    "event_callback": "event",
    "view_submission": "view",
    "view_closed": "view",
}
"""What a delivery of a type cannot be without."""


def is_delivery(body: bytes, content_type: str) -> bool:
    """Tell whether a body is an object of Slack's, with each known part of its kind.

    Args:
        body: as it was posted.
        content_type: the header.
    """
    try:
        read = _read(body.decode("utf-8"), content_type)
    except (ValueError, RecursionError):
        return False
    if not DELIVERY(read):
        return False
    needed = _COMPLETE.get(str(read.get("type")))
    return needed is None or bool(read.get(needed))


def _read(text: str, content_type: str) -> Any:
    """Read a body exactly as Bolt will."""
    if content_type == "application/json" or text.startswith("{"):
        return json.loads(text or "{}")
    fields = dict(parse_qsl(text, keep_blank_values=True))
    return json.loads(fields.get("payload", "{}")) if "payload" in text else fields
