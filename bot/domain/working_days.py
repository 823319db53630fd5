"""Working days: Monday to Friday. Public holidays differ by place and are not known here."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

SATURDAY: Final = 5


def is_working_day(day: date) -> bool:
    """Return whether people are at work on a day, as far as weekdays say."""
    return day.weekday() < SATURDAY


def working_day_from(day: date) -> date:
    """Return the day itself, or the Monday after a weekend."""
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def working_day_until(day: date) -> date:
    """Return the day itself, or the Friday before a weekend."""
    while not is_working_day(day):
        day -= timedelta(days=1)
    return day
