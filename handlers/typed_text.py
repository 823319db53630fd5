"""What people typed, as Slack delivers it: references, links and entities back to plain words."""

from __future__ import annotations

import html
import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from bot.domain.errors import FormError, InputError
from bot.messages.catalog import say_plain
from bot.slack.text import Mrkdwn, escape, mention
from handlers.payload import row_number, written
from handlers.request import Request

F = TypeVar("F")
LEFT_TO_US: Final = "auto"

_REFERENCE: Final = re.compile(r"<([@#!]?)([^<>|]*)(?:\|([^<>]*))?>")


def typed_text(raw: str) -> str:
    """Return a command's or a message's text as the person reads it.

    Slack sends `<@U1|ana>` for a mention, `<https://x|label>` for a link and `&lt;` for `<`.
    """
    return html.unescape(_REFERENCE.sub(_words_of, raw)).strip()


def typed_again(raw: str) -> Mrkdwn:
    """Return a command's text to be copied and sent again; only people stay mentions in it."""
    parts, last = [], 0
    for each in _REFERENCE.finditer(raw):
        is_person = each.group(1) == "@"
        shown = mention(each.group(2)) if is_person else escape(_words_of(each))
        parts += [escape(html.unescape(raw[last : each.start()])), shown]
        last = each.end()
    return Mrkdwn("".join([*parts, escape(html.unescape(raw[last:]))]))


def mentioned_in(raw: str) -> dict[str, str]:
    """Return whom a text mentions: what they are called in it, in lower case → their id."""
    found = (each.groups() for each in _REFERENCE.finditer(raw))
    return {(label or target).casefold(): target for sign, target, label in found if sign == "@"}


def _words_of(found: re.Match[str]) -> str:
    sign, target, label = found.groups()
    if not sign:
        return label or target
    return ("@" if sign == "!" else sign) + (label or target).lstrip("@#")


def split_words(text: str) -> list[str]:
    """Return a command's words, quoted ones as one; where a quote is left open, every word."""
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


@cache
def _reader(of: Any) -> TypeAdapter[Any]:
    return TypeAdapter(of)


def fill(of: type[F], **values: Any) -> F:
    """Return a form with what was typed and chosen.

    Args:
        of: the form, a dataclass; each choice is a member of its field's enumeration.
        values: by field; None and a choice that is left to hour48 take the field's default.

    Raises:
        FormError: a choice is none of its field's, as after an upgrade, or is missing.
    """
    given = {name: value for name, value in values.items() if value not in (None, LEFT_TO_US)}
    form: Any = of
    try:
        filled: F = _reader(form).validate_python(given)
    except ValidationError as wrong:
        unknown = say_plain("blocker.unknown_choice")
        raise FormError({str(each["loc"][0]): unknown for each in wrong.errors()}) from None
    return filled


def pack(**facts: Any) -> str:
    """Return facts that a modal brings back, without those that are None."""
    return json.dumps({key: value for key, value in facts.items() if value is not None})


@dataclass(frozen=True, slots=True)
class Packed:
    """What a modal brought back: written by `pack`, kept by Slack and by people's machines.

    Args:
        facts: whatever stood there.
    """

    facts: Mapping[str, Any]

    def __contains__(self, name: str) -> bool:
        """Return whether anything stands under `name`."""
        return name in self.facts

    def text(self, name: str) -> str | None:
        """Return the text under `name`, or None."""
        return written(self.facts, name) or None

    def number(self, name: str) -> int | None:
        """Return the row's number under `name`; None where nothing is there.

        Raises:
            InputError: something is there that is no number.
        """
        if self.facts.get(name) is None:
            return None
        found = row_number(self.facts[name])
        if found is None:
            raise InputError(say_plain("errors.old_form"))
        return found

    def required(self, name: str) -> int:
        """Return the row's number under `name`.

        Raises:
            InputError: there is none.
        """
        found = self.number(name)
        if found is None:
            raise InputError(say_plain("errors.old_form"))
        return found


def unpack(request: Request) -> Packed:
    """Return the facts that a modal brought back; none where they cannot be read."""
    try:
        facts = json.loads(request.private or "{}")
    except (ValueError, RecursionError):
        facts = None
    return Packed(facts if isinstance(facts, dict) else {})
