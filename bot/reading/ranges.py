"""Days, as a range to forecast with and as the bounds that were said."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

MONTH: Final = 30.4375
YEAR: Final = 365.25
LONGEST: Final = 100 * YEAR

UNIT_DAYS: Final[dict[str, float]] = {
    "minute": 1 / 1440,
    "hour": 1 / 24,
    "shift": 1 / 3,
    "day": 1.0,
    "working_day": 7 / 5,
    "week": 7.0,
    "fortnight": 14.0,
    "half_month": 15.0,
    "sprint": 14.0,
    "month": MONTH,
    "quarter": 3 * MONTH,
    "half_year": 6 * MONTH,
    "year": YEAR,
    "decade": 10 * YEAR,
}
"""Calendar days in a unit; ten working days are two weeks."""

Bounds = tuple[float | None, float | None]
"""Days, as said: the lower and the upper; None where it was left open ("up to 2 weeks")."""


@dataclass(frozen=True, slots=True)
class DayRange:
    """A duration in days: the least, the most likely and the most.

    Args:
        indefinite: nobody gave it an end; the figures are then an assumption.
    """

    low: float
    mode: float
    high: float
    indefinite: bool = False

    def scaled(self, factor: float) -> DayRange:
        """Return the range with every figure times `factor`."""
        return DayRange(self.low * factor, self.mode * factor, self.high * factor, self.indefinite)

    def quantile(self, share: float) -> float:
        """Return the days within which `share` (0 to 1) of a triangular distribution lies."""
        width = self.high - self.low
        if width <= 0:
            return self.high
        turn = (self.mode - self.low) / width
        if share < turn:
            return self.low + math.sqrt(share * width * (self.mode - self.low))
        return self.high - math.sqrt((1 - share) * width * (self.high - self.mode))


INDEFINITE: Final = DayRange(YEAR, 3 * YEAR, 10 * YEAR, indefinite=True)


@dataclass(frozen=True, slots=True)
class Span:
    """A time that was found in a text.

    Args:
        start: where its words begin.
        end: where they end.
        sort: what it is: duration, article ("a week"), vague ("weeks"), rhythm, calendar, event,
            open_end, phrase.
        days: to forecast with; None when the words give no figure.
        said: the bounds as said; None when the words give none.
        is_short: less than half a day.
        surety: how surely it is a lead time, as its neighbours say.
    """

    start: int
    end: int
    sort: str
    days: DayRange | None = None
    said: Bounds | None = None
    is_short: bool = False
    surety: float = 0.0


def exactly(days: float) -> DayRange:
    """Return the range that a single figure stands for: a fifth less to a fifth more."""
    return DayRange(0.8 * days, days, 1.2 * days)


def bounded(days: DayRange) -> DayRange:
    """Return the range in order, from no day to a hundred years."""
    figures = (days.low, days.mode, days.high)
    low, mode, high = sorted(min(max(figure, 0.0), LONGEST) for figure in figures)
    return DayRange(low, mode, high, days.indefinite)


def sum_of(one: Span, other: Span) -> Span:
    """Return two times that follow each other as one."""
    days = said = None
    if one.days and other.days:
        days = DayRange(
            one.days.low + other.days.low,
            one.days.mode + other.days.mode,
            one.days.high + other.days.high,
            one.days.indefinite or other.days.indefinite,
        )
    if one.said and other.said:
        said = (_plus(one.said[0], other.said[0]), _plus(one.said[1], other.said[1]))
    short = one.is_short and other.is_short
    surety = max(one.surety, other.surety)
    return Span(one.start, other.end, _broader(one.sort, other.sort), days, said, short, surety)


def hull_of(one: Span, other: Span) -> Span:
    """Return the range that holds both times."""
    days = one.days or other.days
    if one.days and other.days:
        days = DayRange(
            min(one.days.low, other.days.low), one.days.mode, max(one.days.high, other.days.high)
        )
    said = one.said or other.said
    if one.said and other.said:
        lows = [figure for figure in (one.said[0], other.said[0]) if figure is not None]
        highs = [figure for figure in (one.said[1], other.said[1]) if figure is not None]
        said = (min(lows) if lows else None, max(highs) if highs else None)
    short = one.is_short and other.is_short
    surety = max(one.surety, other.surety)
    return Span(one.start, other.end, _broader(one.sort, other.sort), days, said, short, surety)


def _plus(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other


def _broader(one: str, other: str) -> str:
    return "duration" if "duration" in (one, other) else one
