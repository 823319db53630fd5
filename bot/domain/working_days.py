"""Working days: Monday to Friday. Public holidays differ by place and are not known here."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

SATURDAY: Final = 5
MORNING: Final = time(9)
"""When a working day begins, local time: sprints start then, and people are reminded."""


def day_in(zone: str, now: datetime, days: int = 0) -> date:
    """Return today in a time zone, or the day that comes so many days after."""
    return now.astimezone(ZoneInfo(zone)).date() + timedelta(days=days)


def morning(day: date, zone: str) -> datetime:
    """Return nine o'clock of a day in a time zone."""
    return datetime.combine(day, MORNING, ZoneInfo(zone))


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
