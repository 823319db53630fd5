"""Days as people say them, with the names of days and months in the reader's language."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from bot.texts import texts_beside

_names: Final = texts_beside(__file__).table


def day_and_time(at: datetime, timezone: str) -> str:
    """Return a moment of a time zone as "03 Mar 08:00", for places that know no reader's own."""
    there = at.astimezone(ZoneInfo(timezone))
    return f"{there:%d} {_names('month', int)[there.month]} {there:%H:%M}"


def day_with_weekday(day: date) -> str:
    """Return a day as "Tue 9 Jun"."""
    return f"{_names('weekday', int)[day.weekday()]} {day.day} {_names('month', int)[day.month]}"


def day_of_month(day: date) -> str:
    """Return a day as "9 June"."""
    return f"{day.day} {_names('long_month', int)[day.month]}"
