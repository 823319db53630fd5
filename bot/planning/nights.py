"""Quiet hours that nobody chose: the team's nights, in the zones that Slack knows of its people."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.domain.quiet_hours import quiet_end
from bot.unit_of_work import UnitOfWork

STEP = timedelta(minutes=15)
STEPS_A_DAY = 96


def team_nights(
    uow: UnitOfWork, user_ids: Iterable[str], timezone: str, start: datetime
) -> tuple[str, str] | None:
    """Return from when until when it is night for most of a team, as `HH:MM` in a sprint's zone.

    Args:
        uow: the open unit.
        user_ids: the team; who has no known zone lives in the sprint's.
        timezone: the sprint's IANA zone.
        start: the sprint's start, since zones differ by the season.

    Returns:
        The longest stretch in which more than half sleep; None where the playbook has no nights,
        or the team is spread so far that there is no such stretch.
    """
    night = uow.playbook.quiet_hours
    if night is None:
        return None
    zones = [_zone_of(uow, user_id, timezone) for user_id in dict.fromkeys(user_ids)]
    if all(zone == timezone for zone in zones):
        return night.start, night.end
    noon = datetime.combine(start.astimezone(ZoneInfo(timezone)), time(12), ZoneInfo(timezone))
    moments = [noon + STEP * step for step in range(STEPS_A_DAY)]
    asleep = [
        2 * sum(quiet_end(each, zone, night.start, night.end) is not None for zone in zones)
        > len(zones)
        for each in moments
    ]
    stretches = [
        [step for step, _ in found]
        for is_night, found in groupby(enumerate(asleep), key=lambda pair: pair[1])
        if is_night
    ]
    if not stretches:
        return None
    longest = max(stretches, key=len)
    return f"{moments[longest[0]]:%H:%M}", f"{moments[longest[-1]] + STEP:%H:%M}"


def _zone_of(uow: UnitOfWork, user_id: str, otherwise: str) -> str:
    person = uow.person(user_id)
    zone = person.timezone if person else None
    try:
        return zone if zone and ZoneInfo(zone) else otherwise
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return otherwise
