"""Quiet hours: the sprint's clock runs on, and nobody is pinged."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

STEP = timedelta(minutes=15)
"""How finely waking time is counted."""


def awake_hours(
    since: datetime, until: datetime, timezone: str, start: str | None, end: str | None
) -> float:
    """Return the hours from `since` to `until` that lie outside of quiet hours; see `quiet_end`."""
    awake, at = timedelta(0), since
    while at < until:
        quiet = quiet_end(at, timezone, start, end)
        following = min(quiet or at + STEP, until)
        awake += timedelta(0) if quiet else following - at
        at = following
    return awake / timedelta(hours=1)


@lru_cache(maxsize=256)  # a due minute asks it of thousands of sprints with few answers
def quiet_end(
    moment: datetime, timezone: str, start: str | None, end: str | None
) -> datetime | None:
    """Return when the quiet hours around `moment` end; None when it lies outside of them.

    Args:
        moment: an aware moment.
        timezone: the sprint's IANA time zone; days with a clock change are right by it.
        start: local `HH:MM` at which quiet begins; None for no quiet hours.
        end: local `HH:MM` at which it ends; before `start` means on the next day.
    """
    if not start or not end or start == end:
        return None
    zone = ZoneInfo(timezone)
    local = moment.astimezone(zone)
    begins, ends = time.fromisoformat(start), time.fromisoformat(end)
    for day in (local.date() - timedelta(days=1), local.date()):
        first = datetime.combine(day, begins, zone)
        last = datetime.combine(day if ends > begins else day + timedelta(days=1), ends, zone)
        if first.timestamp() <= moment.timestamp() < last.timestamp():
            return last.astimezone(moment.tzinfo)
    return None
