"""What a plan starts with, so that its first screen needs five answers: start, roles, nights."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.domain.quiet_hours import quiet_end
from bot.domain.vocabulary import Role, UseCase
from bot.domain.working_days import day_in, morning, working_day_from
from bot.unit_of_work import UnitOfWork

_STEMS: Final[Mapping[UseCase, str]] = {
    UseCase.CHURN: r"churn|attrition|retention|retain|abwander|kündig|résili|désabonn|attrition"
    r"|fuga de clientes|cancelaci|\bleave\b|\bleaves\b|cancel",
    UseCase.RECOMMENDATION: r"recommend|next best|cross.?sell|upsell|personali[sz]|empfehl|recomm"
    r"|recomend",
    UseCase.ANOMALY: r"anomal|fraud|intrusion|outlier|betrug|fraude|ungewöhnlich|suspicious",
    UseCase.MAINTENANCE: r"maintenance|machine failure|breakdown|wartung|ausfall|mantenimiento"
    r"|panne|predictive maint|\bwear\b|\bpumps?\b",
    UseCase.INVENTORY: r"inventor|stock|demand|replenish|lagerbestand|nachfrage|bestand|demande"
    r"|existencias|reorder",
}
_KNOWN: Final = {case: re.compile(stems, re.IGNORECASE) for case, stems in _STEMS.items()}


def next_working_morning(now: datetime, zone: str) -> datetime:
    """Return nine o'clock of the next day from Monday to Friday, in UTC.

    Args:
        now: an aware moment.
        zone: whose days and mornings count, an IANA name.
    """
    return morning(working_day_from(day_in(zone, now, 1)), zone).astimezone(UTC)


def use_case_of(words: str) -> UseCase:
    """Return the use case that words name, else `other`; the first one named wins."""
    found = {case: pattern.search(words) for case, pattern in _KNOWN.items()}
    places = {case: match.start() for case, match in found.items() if match}
    return min(places, key=places.__getitem__, default=UseCase.OTHER)


def roles_of(people: Sequence[str]) -> dict[str, str]:
    """Give the roles to people in their order; with fewer people than roles, it starts over."""
    if not people:
        return {}
    return {role.value: people[place % len(people)] for place, role in enumerate(Role)}


def people_of(roles: Mapping[str, str | None]) -> list[str]:
    """Return who fills the roles, each person once, in the order of the roles."""
    in_order = (roles.get(role.value) for role in Role)
    return list(dict.fromkeys(user for user in in_order if user))


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
