"""What a plan starts with, so that its first screen needs five answers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from bot.domain.vocabulary import Role, UseCase
from bot.domain.working_days import day_in, morning, working_day_from

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
