"""Reading out of what came from outside: whatever stands there, the answer is a plain value.

Slack's payloads are signed, but what is in them was typed, kept and sent back by people's machines.
A field that is missing or of another kind reads as one that was left empty.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, TypeGuard

from bot.domain.errors import InputError
from bot.messages.catalog import say_plain
from bot.slack.text import clean

IDENT: Final = re.compile(r"[A-Za-z0-9_.-]{1,32}")
"""What Slack's ids look like; they are kept in columns of 32 characters."""
TOKEN: Final = re.compile(r"[A-Za-z0-9_.:-]{1,200}")
"""What Slack names a delivery or an opened view by."""
STAMP: Final = re.compile(r"[0-9]{1,12}\.[0-9]{1,9}")
"""What names a message in its channel: the second it was posted in, and a count."""

LONGEST_NUMBER: Final = 18
LARGEST: Final = 10**LONGEST_NUMBER
"""Numbers of rows are below this; a larger one does not fit a column."""


class UnreadableError(InputError):
    """A delivery does not say who acts in which workspace, so nothing can be done for anybody."""

    def __init__(self) -> None:
        super().__init__(say_plain("errors.unknown_sender"))


def part(of: object, name: str) -> Mapping[str, Any]:
    """Return the object under `name`; an empty one where there is none."""
    found = of.get(name) if isinstance(of, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def first(of: object, name: str) -> Mapping[str, Any]:
    """Return the first object of the list under `name`; an empty one where there is none."""
    return next(iter(parts(of, name)), {})


def parts(of: object, name: str) -> list[Mapping[str, Any]]:
    """Return the objects of the list under `name`."""
    found = of.get(name) if isinstance(of, Mapping) else None
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def written(of: Mapping[str, Any], name: str) -> str:
    """Return the text under `name`, without control characters and lone surrogates."""
    found = of.get(name)
    return clean(found) if isinstance(found, str) else ""


def ident(of: Mapping[str, Any], name: str) -> str | None:
    """Return the id of a person, channel or workspace under `name`; None where it is none."""
    found = of.get(name)
    return found if is_ident(found) else None


def workspace_of(body: Mapping[str, Any]) -> str | None:
    """Return the workspace in which the app receives an event; None where it is no workspace's.

    In a channel that is shared with another company `team_id` names where the event came from. An
    organisation's installation names no workspace in `authorizations`; an organisation is none.
    """
    workspace_ids = (
        ident(body, "context_team_id"),
        ident(first(body, "authorizations"), "team_id"),
        ident(body, "team_id"),
    )
    return next((team_id for team_id in workspace_ids if team_id and not is_org(team_id)), None)


def is_org(ident: str) -> bool:
    """Return whether an id is an organisation's and not a workspace's."""
    return ident.startswith("E")


def is_ident(found: object) -> TypeGuard[str]:
    """Return whether something is the id of a person, channel or workspace."""
    return isinstance(found, str) and IDENT.fullmatch(found) is not None


def stamp(of: Mapping[str, Any], name: str) -> str | None:
    """Return what names a message under `name`; None where it is no such name."""
    found = of.get(name)
    return found if isinstance(found, str) and STAMP.fullmatch(found) else None


def delivery(kind: str, of: Mapping[str, Any], name: str) -> str | None:
    """Return what names a delivery, for recognising a second one of it; None where nothing does."""
    found = of.get(name)
    return f"{kind}:{found}" if isinstance(found, str) and TOKEN.fullmatch(found) else None


def row_number(found: object) -> int | None:
    """Return the number of a row, written in digits or as a number; None where it is none."""
    if isinstance(found, int) and not isinstance(found, bool):
        return found if 0 <= found < LARGEST else None
    if isinstance(found, str) and found.isdecimal() and len(found) <= LONGEST_NUMBER:
        return int(found)
    return None
