"""What pydantic refuses, in our own words: where it is and what is wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from bot.domain.texts import say, table

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

LONGEST_SHOWN: Final = 24
"""Characters of a value that a sentence repeats; what is longer could be a secret."""


class GivenValue:
    """What was given, as a sentence repeats it.

    Args:
        value: the value.
        is_secret: it may be one, so that no sentence repeats it.
    """

    def __init__(self, value: object, *, is_secret: bool) -> None:
        self._value, self._is_secret = value, is_secret

    def __repr__(self) -> str:
        """Return the value as configuration files write it, or words instead."""
        if not self._is_secret and isinstance(self._value, bool | int | float | str):
            shown = json.dumps(self._value, ensure_ascii=False)
            if len(shown) <= LONGEST_SHOWN:
                return shown
        return say("given_value_hidden")


def fault_words(error: ErrorDetails, given: object) -> str:
    """Return what is wrong with a value and what would be right, without the place.

    Args:
        error: as pydantic gives it.
        given: the value, whose `repr` may be shown.
    """
    message = table("faults", str).get(error["type"])
    if message is None:
        return error["msg"].removeprefix("Value error, ").rstrip(".")
    return message.format(value=given, **error.get("ctx", {}))


def first_fault(error: ValidationError) -> str:
    """Return where the first refused value is and what is wrong; never the value itself."""
    first = error.errors(include_url=False)[0]
    place = ".".join(map(str, first["loc"]))
    words = fault_words(first, GivenValue(None, is_secret=True))
    return f"{place}: {words}" if place else words
