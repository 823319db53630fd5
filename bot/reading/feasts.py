"""Days of the year that have a name and no number: Easter, Black Friday, Christmas."""

from __future__ import annotations

from datetime import date, timedelta


def easter_of(year: int) -> date:
    """Return Easter Sunday, by the anonymous Gregorian algorithm."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    w = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    month, day = divmod(h + w - 7 * ((a + 11 * h + 22 * w) // 451) + 114, 31)
    return date(year, month, day + 1)


def black_friday_of(year: int) -> date:
    """Return the day after the fourth Thursday of November."""
    return thanksgiving_of(year) + timedelta(days=1)


def thanksgiving_of(year: int) -> date:
    """Return the fourth Thursday of November."""
    november = date(year, 11, 1)
    return november + timedelta(days=(3 - november.weekday()) % 7 + 21)
