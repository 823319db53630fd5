"""Lines as people type them, with what they say; the models of reading learn from them.

A line is `text ¦ bounds ¦ whom it waits for`, with `-` for nothing, `?` where nobody said. Bounds
are lengths (`2w`, `4w..6w`, `3m..` where the upper side is open), dates (`@2026-03-16`) or `event`
for a time without a date; all were said on `ON`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from bot.reading.ranges import MONTH, YEAR, Bounds

HERE: Final = Path(__file__).parent
ON: Final = date(2026, 3, 4)
"""The day on which every line was said, a Wednesday."""
UNSAID: Final = "?"
_UNITS: Final = {
    "d": 1.0,
    "wd": 7 / 5,
    "w": 7.0,
    "sprint": 14.0,
    "m": MONTH,
    "q": 3 * MONTH,
    "y": YEAR,
    "h": 1 / 24,
}


@dataclass(frozen=True, slots=True)
class CorpusLine:
    """A line and what it says.

    Args:
        text: as it was typed.
        bounds: how long, as the module says.
        waits_for: whom it waits for, "-" for nobody, `UNSAID` where the corpus does not tell.
    """

    text: str
    bounds: str
    waits_for: str

    @property
    def has_time(self) -> bool:
        """Whether it says how long, or until which event."""
        return self.bounds != "-"

    @property
    def days(self) -> Bounds | None:
        """The bounds in days; None without figures."""
        if self.bounds in ("-", "event"):
            return None
        low, dots, high = self.bounds.partition("..")
        if not dots:
            return _days(low), _days(low)
        return _days(low) if low else None, _days(high) if high else None


def _days(words: str) -> float:
    return sum(_term(term) for term in words.split("+"))


def _term(term: str) -> float:
    if term.startswith("@"):
        return float((date.fromisoformat(term[1:]) - ON).days)
    found = re.fullmatch(r"([\d.]+)([a-z]+)", term)
    if found is None:
        raise ValueError(term)
    return float(found[1]) * _UNITS[found[2]]


def lines_of(file: Path) -> Iterator[CorpusLine]:
    """Yield the lines of a file."""
    for row in file.read_text(encoding="utf-8").splitlines():
        if row and row[0] != "#":
            text, bounds, waits_for = (part.strip() for part in row.split("¦"))
            yield CorpusLine(text, bounds, waits_for)


def corpus() -> dict[str, list[CorpusLine]]:
    """Return the lines of each hand, by the hand's name."""
    return {file.stem: list(lines_of(file)) for file in sorted(HERE.glob("*.txt"))}


def same_bounds(got: Bounds | None, expected: Bounds) -> bool:
    """Whether two bounds are the same to half a day or two parts in a hundred."""

    def same(one: float | None, other: float | None) -> bool:
        if one is None or other is None:
            return one is other
        return abs(one - other) <= max(0.51, 0.02 * other)

    return got is not None and all(map(same, got, expected))
