"""Moments that people name by the calendar: a date, a weekday, KW 34, "Q3 next year"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import Final

from bot.reading.calendar_patterns import Reader, patterns
from bot.reading.lexicon import any_of
from bot.reading.periods import (
    NEAR,
    SPAN_LENGTH,
    Period,
    read_day_of_month,
    read_next_span,
    read_this_span,
    read_weekday,
    read_year,
    span_named,
    week_of,
)
from bot.reading.ranges import YEAR, DayRange, Span

UNDATED: Final = DayRange(7.0, 90.0, 330.0)
"""A named month or date when nobody knows today's."""
SOME_DAY: Final = date(2000, 1, 3)
"""A day to read by where nobody knows the day on which something was said."""
YEARS_AHEAD: Final = DayRange(0.5 * YEAR, 1.5 * YEAR, 4 * YEAR)
"""A year named by its number then; who names one means no month of this one."""


def moments(folded: str, on: date | None) -> Iterator[Span]:
    """Find the moments that a folded text names, the more exact way of naming first.

    Args:
        folded: the text.
        on: the date it was said on; None gives ranges wide enough for any.
    """
    taken: list[tuple[int, int]] = []
    base = on or SOME_DAY
    for pattern, read in patterns():
        for found in pattern.finditer(folded):
            if any(start < found.end() and found.start() < end for start, end in taken):
                continue
            try:
                period = read(found, base)
            except (ValueError, OverflowError):
                continue
            if period is None:
                continue
            start = found.start()
            if following := _week_after().search(folded, 0, start):
                period, start = week_of(period[0] + timedelta(days=7)), following.start()
            elif period[0] == period[1] and _week_of().search(folded, 0, found.start()):
                period = week_of(period[0])
            taken.append((start, found.end()))
            yield replace(_span(found, period, read, on), start=start)


@cache
def _week_of() -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z]){any_of('week_of')}\s+(?:the |dem |le |el )?$")


@cache
def _week_after() -> re.Pattern[str]:
    return re.compile(
        r"(?<![a-z])(?:the )?(?:week after|woche nach|semaine (?:d')?apres|semana despues de)"
        r"\s+(?:the |dem |le |la |el )?$"
    )


def _span(
    found: re.Match[str],
    period: Period,
    read: Reader,
    on: date | None,
) -> Span:
    sort = (
        "day_of_month" if read is read_day_of_month else "year" if read is read_year else "calendar"
    )
    if on is None:
        return Span(found.start(), found.end(), sort, _undated(found, read), None)
    low, high = float((period[0] - on).days), float((period[1] - on).days)
    if high < 0:
        return Span(found.start(), found.end(), "past", None, None)
    low = max(low, 0.0)
    late = 0.5 if read is read_weekday else 0.0
    days = DayRange(low, (low + high) / 2, max(high + late, 0.5))
    return Span(found.start(), found.end(), sort, days, (low, high))


def _undated(found: re.Match[str], read: Reader) -> DayRange:
    if read is read_weekday:
        return DayRange(1.0, 4.0, 7.0)
    named = span_named(found) if read in (read_next_span, read_this_span) else None
    if named and read is read_next_span:
        length = float(SPAN_LENGTH[named])
        return DayRange(1.0, length, 2 * length)
    if named:
        length = float(SPAN_LENGTH[named])
        return DayRange(min(1.0, length / 2), length / 2, length)
    if read is read_year:
        return YEARS_AHEAD
    if read in NEAR:
        days = float(NEAR[read])
        return DayRange(max(days - 0.5, 0.1), max(days, 0.5), days + 0.5)
    return UNDATED
