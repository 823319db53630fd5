"""What the forms of a deployment carry, and what of it cannot be taken."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from rapidfuzz import process

from bot.domain.errors import FormError, InputError
from bot.domain.vocabulary import OwnedPart
from bot.forms import FieldRule, has_length
from bot.messages.catalog import say, say_plain

LONGEST_ANSWER: Final = 200
LONGEST_LINK: Final = 1_000
CONTROL: Final = FieldRule("control", "rollout.control_long", has_length(0, most=LONGEST_ANSWER))
_COLUMN: Final = re.compile(r"column\s*[:=]\s*(?P<name>.+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CheckedSetUp:
    """What a set-up form says, once it was checked."""

    owners: Mapping[OwnedPart, str]
    on_call: str | None
    control: dict[str, Any] | None
    entity_column: str | None
    keeps_features: bool | None


@dataclass(frozen=True, slots=True)
class SetUpForm:
    """Who answers for it, who is called at night, and what everybody else gets.

    Args:
        owners: part → the person's id; those left out stay as they are.
        on_call: the person's id.
        control: a fixed answer as it was typed, or `column: NAME` for the caller's own value.
        entity_column: the column that says whom a row is about.
        keeps_features: whether the columns of each call may be recorded; None leaves it as it is.
    """

    owners: Mapping[OwnedPart, str | None] = field(default_factory=dict)
    on_call: str | None = None
    control: str = ""
    entity_column: str = ""
    keeps_features: bool | None = None

    def checked(self, columns: Sequence[str]) -> CheckedSetUp:
        """Return it as it is stored.

        Args:
            columns: the model's columns; empty where there is no model yet.

        Raises:
            FormError: the control answer is too long.
        """
        return CheckedSetUp(
            owners={part: user for part, user in self.owners.items() if user},
            on_call=self.on_call,
            control=read_control(self.control, columns),
            entity_column=self.entity_column.strip()[:LONGEST_ANSWER] or None,
            keeps_features=self.keeps_features,
        )


def read_control(typed: str, columns: Sequence[str]) -> dict[str, Any] | None:
    """Return the control answer that was typed; None where the field was left empty.

    Raises:
        FormError: it is too long, or names no column of the model where one is near.
    """
    text = typed.strip()
    if not text:
        return None
    CONTROL.checked(text, most=LONGEST_ANSWER)
    named = _COLUMN.fullmatch(text)
    if named is None:
        return {"answer": _value(text)}
    name = named["name"].strip().strip("\"'`")
    near = process.extractOne(name, columns, score_cutoff=80) if columns else None
    if near is not None and near[0] != name:
        raise FormError({"control": say_plain("rollout.control_near", name=name, near=near[0])})
    return {"column": name}


def shown_control(control: Mapping[str, Any] | None) -> str:
    """Return a control answer as it can be typed again."""
    if not control:
        return ""
    if "column" in control:
        return f"column: {control['column']}"
    answer = control.get("answer")
    return answer if isinstance(answer, str) else json.dumps(answer)


def _value(text: str) -> Any:
    """Return a number, true, false or null where the text is one, else the text."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, int | float | bool) or value is None else text


def checked_link(text: str) -> str:
    """Return a link that can be opened.

    Raises:
        InputError: it is none, or leads to what no deployment can be.
    """
    link = text.strip().strip("<>").partition("|")[0]
    try:
        parts = urlsplit(link)
        port_is_one = parts.port is None or 0 < parts.port < 65_536
    except ValueError:
        parts, port_is_one = urlsplit(""), False
    fits = parts.scheme in ("http", "https") and bool(parts.hostname) and port_is_one
    if not fits or len(link) > LONGEST_LINK or parts.username or parts.password:
        raise InputError(say("rollout.bad_link", link=link[:80]), field="link")
    return link
