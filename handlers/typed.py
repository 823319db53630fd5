"""What people typed, as Slack delivers it: references, links and entities back to plain words."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, TypeVar

from bot.slack.words import say_plain
from bot.sprint.errors import FormError
from handlers.request import Request

E = TypeVar("E", bound=StrEnum)

_REFERENCE: Final = re.compile(r"<([@#!]?)([^<>|]*)(?:\|([^<>]*))?>")


def typed_text(raw: str) -> str:
    """Return a command's or a message's text as the person reads it.

    Slack sends `<@U1|ana>` for a mention, `<https://x|label>` for a link and `&lt;` for `<`.
    """
    return html.unescape(_REFERENCE.sub(_words_of, raw)).strip()


def _words_of(found: re.Match[str]) -> str:
    sign, target, label = found.groups()
    if not sign:
        return label or target
    return ("@" if sign == "!" else sign) + (label or target).lstrip("@#")


def enum_member(of: type[E], value: str | None, field: str) -> E | None:
    """Return the member that a choice stands for; None for none, or for one left to hour48.

    Raises:
        FormError: there is no such member, as after an upgrade.
    """
    if value is None or value == "auto":
        return None
    try:
        return of(value)
    except ValueError:
        raise FormError({field: say_plain("blocker.unknown_choice")}) from None


def pack(**facts: Any) -> str:
    """Return facts that a modal shall bring back, without those that are None."""
    return json.dumps({key: value for key, value in facts.items() if value is not None})


def unpack(request: Request) -> Mapping[str, Any]:
    """Return the facts that a modal brought back."""
    facts = json.loads(request.private or "{}")
    return facts if isinstance(facts, dict) else {}
