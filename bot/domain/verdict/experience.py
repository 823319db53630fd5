"""What a company has been through before: its quotes, its forecasts and how its phases ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.domain.verdict.model import Quote
from bot.domain.verdict.scores import ForecastMade


@dataclass(frozen=True, slots=True)
class Experience:
    """A company's past, as far as it was written down.

    Args:
        quotes: what was quoted and what it took, newest first.
        forecasts: the product's own forecasts and what came of them.
        outcomes: (phase, scenario) → in how many past sprints the phase ended so.
    """

    quotes: tuple[Quote, ...] = ()
    forecasts: tuple[ForecastMade, ...] = ()
    outcomes: Mapping[tuple[str, str], int] = field(default_factory=dict)
