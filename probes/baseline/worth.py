"""What a model would be worth to the business: hits within the number of cases it can act on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from probes.baseline.scores import ConfidenceInterval, bootstrap_interval

DEFAULT_CAPACITY: Final = 0.1


@dataclass(frozen=True)
class Worth:
    """The best-ranked cases, against as many picked by chance.

    Args:
        cases: how many are acted on, among `tested`.
        tested: how many rows were checked.
        hits: how many of the cases are right.
        precision: the share of right ones, with its interval.
        base_rate: the share that chance would find.
        found: the share of all right cases that the list holds.
        asked: whether the business named the capacity.
        value: expected gain of acting on the list, where prices are known.
        value_by_chance: the same for a list drawn by chance.
    """

    cases: int
    tested: int
    hits: int
    precision: ConfidenceInterval
    base_rate: float
    found: float
    asked: bool
    value: float | None = None
    value_by_chance: float | None = None

    @property
    def lift(self) -> float:
        """How many times better than chance."""
        return self.precision.mean / self.base_rate if self.base_rate else 0.0

    def to_plain(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "cases": self.cases,
            "tested": self.tested,
            "hits": self.hits,
            "precision": self.precision.to_plain(),
            "base_rate": round(self.base_rate, 4),
            "found": round(self.found, 4),
            "lift": round(self.lift, 2),
            "asked": self.asked,
            "value": self.value,
            "value_by_chance": self.value_by_chance,
        }


def worth_at(
    answers: NDArray[np.float64],
    scores: NDArray[np.float64],
    capacity: float | None,
    value_per_hit: float | None = None,
    cost_per_action: float | None = None,
) -> Worth:
    """Say what acting on the best-ranked cases would bring.

    Args:
        answers: 1 where the case was right.
        scores: what the model gave them, rows it had not learnt from.
        capacity: a number of cases, or a share below 1; a tenth when not said.
        value_per_hit: gain for each right case.
        cost_per_action: price of acting on any case.
    """
    tested = len(answers)
    cases = _cases(capacity, tested)
    base_rate = float(answers.mean())
    chosen = _best(scores, cases)
    hits = int(answers[chosen].sum())

    def precision_of(rows: NDArray[np.intp]) -> float:
        return float(answers[rows][_best(scores[rows], cases)].mean())

    return Worth(
        cases=cases,
        tested=tested,
        hits=hits,
        precision=bootstrap_interval(precision_of, tested),
        base_rate=base_rate,
        found=hits / max(1.0, float(answers.sum())),
        asked=capacity is not None,
        value=_value(hits, cases, value_per_hit, cost_per_action),
        value_by_chance=_value(base_rate * cases, cases, value_per_hit, cost_per_action),
    )


def _cases(capacity: float | None, tested: int) -> int:
    wanted = DEFAULT_CAPACITY if capacity is None else capacity
    number = round(wanted * tested) if wanted < 1 else int(wanted)
    return min(tested, max(1, number))


def _best(scores: NDArray[np.float64], cases: int) -> NDArray[np.intp]:
    return np.argpartition(-scores, cases - 1)[:cases]


def _value(
    hits: float, cases: int, value_per_hit: float | None, cost_per_action: float | None
) -> float | None:
    if value_per_hit is None:
        return None
    return round(hits * value_per_hit - cases * (cost_per_action or 0.0), 2)
