"""Whether groups of people are treated alike, with intervals, and which are too small to say."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bot.domain.vocabulary import Kind, Remedy
from probes.contract import Finding, Level, Picture, SuggestedBlocker
from probes.pictures import GroupBar, group_differences

SMALLEST_GROUP: Final = 30
_Z95: Final = 1.959964
_FOUR_FIFTHS: Final = 0.8
"""The usual rule of thumb: look at a group chosen less than four fifths as often as another."""


@dataclass(frozen=True)
class Rate:
    """A share of a group with its 95 % interval (Wilson's)."""

    name: str
    rows: int
    mean: float
    low: float
    high: float

    @property
    def large_enough(self) -> bool:
        """Whether the group can be judged."""
        return self.rows >= SMALLEST_GROUP


def wilson(hits: float, rows: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share; everything when there is no row."""
    if rows == 0:
        return 0.0, 1.0
    share, squared = hits / rows, _Z95**2
    middle = (share + squared / (2 * rows)) / (1 + squared / rows)
    reach = _Z95 / (1 + squared / rows)
    reach *= math.sqrt(share * (1 - share) / rows + squared / (4 * rows**2))
    return max(0.0, middle - reach), min(1.0, middle + reach)


def group_rates(
    answers: NDArray[np.float64], chosen: NDArray[np.bool_], groups: pd.Series
) -> tuple[list[Rate], Any]:
    """Return how often each group is chosen, and fairlearn's frame of the same and more."""
    from fairlearn.metrics import MetricFrame, count, selection_rate, true_positive_rate

    frame = MetricFrame(
        metrics={"chosen": selection_rate, "found": true_positive_rate, "rows": count},
        y_true=answers.astype(int),
        y_pred=chosen.astype(int),
        sensitive_features=groups.astype(object).where(groups.notna(), "(missing)").map(str),
    )
    rates = [
        Rate(
            str(name),
            int(row["rows"]),
            float(row["chosen"]),
            *wilson(row["chosen"] * row["rows"], int(row["rows"])),
        )
        for name, row in frame.by_group.iterrows()
    ]
    return rates, frame


def bias(
    answers: NDArray[np.float64],
    chosen: NDArray[np.bool_],
    groups: pd.Series,
    folder: Path,
) -> tuple[list[Finding], Picture]:
    """Say whether the groups of a column are chosen alike.

    Args:
        answers: 1 where the case was right.
        chosen: the cases on the business's list.
        groups: the column to compare by.
        folder: for the picture.
    """
    rates, frame = group_rates(answers, chosen, groups)
    column = str(groups.name)
    picture = group_differences(
        folder,
        [
            GroupBar(one.name, one.mean, one.low, one.high, one.rows, one.large_enough)
            for one in rates
        ],
        column=column,
        metric="share chosen",
        overall=float(frame.overall["chosen"]),
        name=f"groups-{hashlib.sha256(column.encode()).hexdigest()[:8]}",
    )
    return list(_findings(rates, column)), picture


def _findings(rates: list[Rate], column: str) -> Iterator[Finding]:
    judged = [one for one in rates if one.large_enough]
    small = len(rates) - len(judged)
    if small:
        yield Finding(
            Level.NOTE,
            "groups_too_small",
            f"{small} of {len(rates)} groups of “{column}” have fewer than {SMALLEST_GROUP} rows "
            "and cannot be judged.",
            {"small": small, "groups": len(rates)},
            "No difference found there means nothing.",
            column=column,
        )
    if len(judged) < 2:
        return
    low, high = min(judged, key=lambda one: one.mean), max(judged, key=lambda one: one.mean)
    apart = low.high < high.low and low.mean < _FOUR_FIFTHS * high.mean
    words = (
        f"By “{column}” the share chosen goes from {low.mean:.1%} ({low.low:.1%}–{low.high:.1%}) "
        f"to {high.mean:.1%} ({high.low:.1%}–{high.high:.1%})."
    )
    evidence = {"lowest": low.mean, "highest": high.mean, "groups": len(judged)}
    if not apart:
        meaning = "The intervals leave no clear difference."
        yield Finding(Level.OK, "groups_alike", words, evidence, meaning, column=column)
        return
    yield Finding(
        Level.SLOWS,
        "groups_differ",
        words,
        evidence,
        "It may have a good reason; somebody has to say which, and sign for it.",
        SuggestedBlocker(
            Kind.RISK_TOLERANCE, Remedy.GOVERNANCE, f"Groups by “{column}” are treated differently"
        ),
        column=column,
    )
