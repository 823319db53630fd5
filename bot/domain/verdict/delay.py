"""What waiting costs: the worth of the use case, over the days until it can be live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.domain.past import Value
from bot.domain.verdict.forecast import NEVER
from bot.domain.verdict.model import Forecast
from bot.domain.vocabulary import Period
from bot.reading.ranges import MONTH, YEAR

PERIOD_DAYS: Final[dict[Period, float]] = {
    Period.DAY: 1.0,
    Period.WEEK: 7.0,
    Period.MONTH: MONTH,
    Period.QUARTER: 3 * MONTH,
    Period.YEAR: YEAR,
}


@dataclass(frozen=True, slots=True)
class Delay:
    """What the wait until a deployment costs, by the worth that the business named.

    Args:
        currency: as it was said.
        a_day: the worth of one day live.
        p50: lost until the P50; None where it has no end.
        p80: lost until the P80; None where it has no end.
    """

    currency: str
    a_day: float
    p50: float | None
    p80: float | None


def delay_of(value: Value | None, forecast: Forecast) -> Delay | None:
    """Return what the wait costs; None where nobody said what the use case is worth."""
    if value is None:
        return None
    a_day = value.amount / PERIOD_DAYS[value.per]
    p50, p80 = (
        None if days >= NEVER else round(a_day * days, 2) for days in (forecast.p50, forecast.p80)
    )
    return Delay(value.currency, round(a_day, 2), p50, p80)
