"""What the forms of a deployment carry, and what of it cannot be taken."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, ValidationInfo
from pydantic_core import ErrorDetails
from rapidfuzz import process

from bot.domain.errors import InputError
from bot.domain.vocabulary import OwnedPart
from bot.forms import check_form, field_name, refuse, rule, with_rules
from bot.messages.catalog import say, say_plain
from bot.sprints.pings import can_act
from bot.unit_of_work import UnitOfWork

LONGEST_ANSWER: Final = 200
LONGEST_LINK: Final = 1_000
_COLUMN: Final = re.compile(r"column\s*[:=]\s*(?P<name>.+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _SettingUp:
    """What the rules of a set-up look into: people, and the columns of the model."""

    uow: UnitOfWork
    columns: Sequence[str]


def _answers(user_id: str | None, info: ValidationInfo) -> bool:
    """Return whether a field is empty or names a person who is there."""
    context: Any = info.context
    return not user_id or can_act(context.uow, user_id)


def _control_fault(typed: str, info: ValidationInfo) -> str | None:
    context: Any = info.context
    if len(typed.strip()) > LONGEST_ANSWER:
        return say_plain("rollout.control_long", most=LONGEST_ANSWER)
    name = (read_control(typed) or {}).get("column")
    near = name and process.extractOne(name, context.columns, score_cutoff=80)
    if not near or near[0] == name:
        return None
    return say_plain("rollout.control_near", name=name, near=near[0])


_Person = Annotated[str | None, rule("fix.owner_choose", _answers)]


@with_rules
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

    owners: Mapping[OwnedPart, _Person] = field(default_factory=dict)
    on_call: _Person = None
    control: Annotated[str, refuse(_control_fault)] = ""
    entity_column: str = ""
    keeps_features: bool | None = None


def check_set_up(uow: UnitOfWork, form: SetUpForm, columns: Sequence[str]) -> None:
    """Refuse a set-up that cannot be taken.

    Args:
        uow: the open unit.
        form: what was filled in.
        columns: the model's columns; empty where there is no model yet.

    Raises:
        FormError: bots, deactivated accounts, a control answer that is too long or names no column
            of the model where one is near, each at its field.
    """
    check_form(form, _SettingUp(uow, columns), _block)


def _block(fault: ErrorDetails) -> str:
    name, *part = fault["loc"]
    return f"owner_{part[0]}" if part else str(name)


def read_control(typed: str) -> dict[str, Any] | None:
    """Return the control answer that was typed; None where the field was left empty."""
    text = typed.strip()
    if not text:
        return None
    named = _COLUMN.fullmatch(text)
    if named is None:
        return {"answer": _value(text)}
    return {"column": named["name"].strip().strip("\"'`")}


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


def _webhook(typed: str | None) -> str | None:
    try:
        return checked_link(typed) if typed else None
    except InputError:
        raise ValueError(say_plain("notice.bad_address")) from None


def _is_heard(in_channel: bool, info: ValidationInfo) -> bool:  # noqa: FBT001  (a field's value)
    """Return whether anybody would be told; asked once the other fields can be taken."""
    return in_channel or len(info.data) < 2 or bool(info.data["url"])


@with_rules
@dataclass(frozen=True, slots=True)
class NoticeSettings:
    """What a person asked to be told of high scores.

    Args:
        threshold: from which score on.
        url: of the webhook; None for none.
        in_channel: whether the sprint's channel is told.
    """

    threshold: Annotated[float, rule("notice.not_a_number", lambda score, _: isfinite(score))]
    url: Annotated[str | None, AfterValidator(_webhook)]
    in_channel: Annotated[bool, rule("notice.nowhere", _is_heard)]

    def checked(self) -> NoticeSettings:
        """Return them as they are stored.

        Raises:
            FormError: the threshold is no number, the address no webhook's, or nobody is told.
        """
        return check_form(self, (), lambda fault: field_name(fault).removeprefix("in_"))
