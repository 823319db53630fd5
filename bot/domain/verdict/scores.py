"""How past forecasts did: coverage, Brier score, and what the next forecast learns from it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

WITHIN_DAYS: Final = 30
P80_DEVIATION: Final = 0.8416
"""Standard deviations between a normal distribution's median and its P80."""
WEIGHT: Final = 12.0
"""So many forecasts weigh as much as the belief that forecasts are right as they are."""
SHIFT_LIMIT: Final = math.log(3)
WIDEN_LIMITS: Final = (0.8, 2.5)
_NARROWEST: Final = 0.05
"""P80 over P50 as a logarithm, at least; below it a miss would count as a hundred deviations."""


class Made(Protocol):
    """A forecast of the past, and what came of it, in days."""

    @property
    def p50(self) -> float:
        """As likely sooner as later."""

    @property
    def p80(self) -> float:
        """Four in five by then."""

    @property
    def took(self) -> float | None:
        """How long it took; None while it has not happened."""

    @property
    def after(self) -> float | None:
        """How many days passed so far, where it has not happened."""


@dataclass(frozen=True, slots=True)
class ForecastMade:
    """A forecast that was made, and what came of it, in days.

    Args:
        p50: as likely sooner as later.
        p80: four in five by then.
        took: None while it has not happened.
        after: how many days passed so far, where it has not happened.
        chance_30: the chance that was given for "within 30 days"; None where none was.
        subject: what it was about, for lists: `sprint` or `fix`.
        function: whom a fix waited for.
    """

    p50: float
    p80: float
    took: float | None = None
    after: float | None = None
    chance_30: float | None = None
    subject: str = "sprint"
    function: str | None = None


def as_made(made: Made) -> ForecastMade:
    """Return a forecast of a story's past as one that can be scored."""
    return ForecastMade(made.p50, made.p80, made.took, made.after)


@dataclass(frozen=True, slots=True)
class Score:
    """How a number of forecasts did.

    A forecast counts for a date once that date has passed or the thing has long happened by then:
    counting what came early while leaving out what is still open would flatter.

    Args:
        made: all of them.
        due_p50: those whose P50 date has passed.
        by_p50: of these, how many had come by then.
        due_p80: those whose P80 date has passed.
        by_p80: of these, how many had come by then.
        brier: the mean squared error of the chance for 30 days, where it was given 30 days ago or
            more; None while there is none.
    """

    made: int
    due_p50: int
    by_p50: int
    due_p80: int
    by_p80: int
    brier: float | None

    @property
    def coverage_p50(self) -> float | None:
        """The share that came in by P50; 0.5 is right. None while none is due."""
        return self.by_p50 / self.due_p50 if self.due_p50 else None

    @property
    def coverage_p80(self) -> float | None:
        """The share that came in by P80; 0.8 is right. None while none is due."""
        return self.by_p80 / self.due_p80 if self.due_p80 else None


@dataclass(frozen=True, slots=True)
class Calibration:
    """What past forecasts teach the next one, pulled towards "nothing" while they are few.

    Args:
        shift: added to the logarithm of every wait.
        widen: what the spread of every wait is multiplied by.
        forecasts: how many it rests on.
    """

    shift: float = 0.0
    widen: float = 1.0
    forecasts: int = 0


def score(made: Iterable[ForecastMade]) -> Score:
    """Return how these forecasts did, as far as can be told yet."""
    rows = list(made)
    due_50, due_80 = ([r for r in rows if _is_due(r, by)] for by in ("p50", "p80"))
    scored = [r for r in rows if r.chance_30 is not None and _age(r) >= WITHIN_DAYS]
    errors = [((r.chance_30 or 0.0) - _came(r, WITHIN_DAYS)) ** 2 for r in scored]
    return Score(
        len(rows),
        len(due_50),
        sum(_came(r, r.p50) for r in due_50),
        len(due_80),
        sum(_came(r, r.p80) for r in due_80),
        sum(errors) / len(errors) if errors else None,
    )


def _is_due(made: ForecastMade, by: str) -> bool:
    date: float = getattr(made, by)
    return _age(made) >= date


def _age(made: Made) -> float:
    """Return the days that have passed since; what happened is judged as of today, so for ever."""
    return math.inf if made.took is not None and made.after is None else made.after or 0.0


def _came(made: Made, days: float) -> bool:
    return made.took is not None and made.took <= days


def calibrate(
    made: Sequence[Made],
) -> Calibration:
    """Return what these forecasts teach.

    Each is placed on its own scale: standard deviations from its P50, as its P80 told them. What is
    still open past its P50 counts as at least so far.
    """
    placed = [each for each in map(_place, made) if each is not None]
    if not placed:
        return Calibration()
    count = len(placed)
    trust = count / (count + WEIGHT)
    shift = trust * sum(log for log, _ in placed) / count
    middle = sum(z for _, z in placed) / count
    squares = sum((z - middle) ** 2 for _, z in placed)
    widen = math.sqrt((WEIGHT + squares) / (WEIGHT + count))
    return Calibration(
        min(max(shift, -SHIFT_LIMIT), SHIFT_LIMIT),
        min(max(widen, WIDEN_LIMITS[0]), WIDEN_LIMITS[1]),
        count,
    )


def _place(made: Made) -> tuple[float, float] | None:
    if made.p50 <= 0:
        return None
    took = made.took if made.took is not None else made.after
    if took is None or (made.took is None and took <= made.p50):
        return None
    off = math.log(max(took, _NARROWEST) / made.p50)
    spread = max(math.log(max(made.p80, made.p50) / made.p50), _NARROWEST) / P80_DEVIATION
    return off, max(-3.0, min(off / spread, 3.0))
