"""When checks run again: every night, for as long as a plan is looked after."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

NIGHT: Final = time(3, 0)
"""Local time of the sprint's zone at which checks run again."""
DAYS: Final = 90
"""Days after the close for which a plan is looked after; kept data checks end with it."""


def next_night(timezone: str, now: datetime) -> datetime:
    """Return the next moment at which checks run, later than `now`."""
    zone = ZoneInfo(timezone)
    today = now.astimezone(zone).date()
    tonight = datetime.combine(today, NIGHT, zone)
    return tonight if tonight > now else datetime.combine(today + timedelta(days=1), NIGHT, zone)
