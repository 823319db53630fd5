"""One fault out of what pydantic refuses: where it is and what is wrong, without the value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong.

    Args:
        place: the path to it, such as `sources.crm.url`; empty for the whole.
        words: what is wrong, without a full stop.
        is_unknown: nothing of that name is known.
    """

    place: str
    words: str
    is_unknown: bool

    def __str__(self) -> str:
        """Name the place and say what is wrong there."""
        return f"{self.place}: {self.words}" if self.place else self.words


def first_fault(error: ValidationError) -> Fault:
    """Return the first thing that was refused; never its value, which may be a secret."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    return Fault(
        place=".".join(map(str, first["loc"])),
        words=first["msg"].removeprefix("Value error, ").rstrip("."),
        is_unknown=first["type"] == "extra_forbidden",
    )
