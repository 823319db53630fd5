"""What is known from before the sprint: its worth, past quotes, past forecasts."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.vocabulary import Period


@dataclass(frozen=True, slots=True)
class Value:
    """What the use case is worth once it works, as the business says."""

    amount: float
    currency: str
    per: Period


@dataclass(frozen=True, slots=True)
class PastQuote:
    """What a function of this company quoted before and how long it took, in days.

    Args:
        took: None where it never came, or has not come yet.
        after: how many days have passed without it, where it may still come.
    """

    function: str
    quoted: float
    took: float | None
    after: float | None = None


@dataclass(frozen=True, slots=True)
class PastForecast:
    """A forecast of a past sprint and what came of it, in days.

    Args:
        took: None while it has not happened.
        after: how many days have passed without it, where `took` is None.
    """

    p50: float
    p80: float
    took: float | None
    after: float | None = None
