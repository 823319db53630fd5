"""What the chosen model looks at, and whether more rows would make it better."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from probes.baseline.columns import FramePlan, prepared_names, with_columns
from probes.baseline.scores import (
    ConfidenceInterval,
    SplitScore,
    begin_check,
    interval_over_folds,
    predict,
    score,
)
from probes.baseline.splits import Parting, Positions, last_folds
from probes.baseline.task import PredictionTask
from probes.baseline.worker_pool import Workbench

SHARES: Final = (0.25, 0.5)
MORE_HELPS: Final = 0.01
"""A last doubling of the rows that gained more than this promises more from the next."""

_MANY_ROWS: Final = 60_000
_FEW_FOLDS: Final = 2
_ROWS: Final = 1_000
_REPEATS: Final = 3
_MOST_COLUMNS: Final = 120
_SEED: Final = 48


@dataclass(frozen=True)
class CurvePoint:
    """The leading figure when learning from so many rows."""

    rows: int
    mean: float


@dataclass(frozen=True)
class Curve:
    """The figure over growing numbers of rows, and what the last doubling gained."""

    points: tuple[CurvePoint, ...]
    gain: ConfidenceInterval

    @property
    def more_would_help(self) -> bool:
        """Whether the last doubling gained clearly, so that the next one promises to."""
        return self.gain.mean > MORE_HELPS and self.gain.low > -MORE_HELPS

    def to_plain(self) -> dict[str, Any]:
        """Return it as JSON."""
        points = [{"rows": point.rows, "mean": round(point.mean, 4)} for point in self.points]
        return {
            "points": points,
            "gain": self.gain.to_plain(),
            "more_would_help": self.more_would_help,
        }


@dataclass(frozen=True)
class Weight:
    """How much the leading figure falls when a column is shuffled."""

    column: str
    mean: float
    spread: float


def begin_curve(
    bench: Workbench,
    data: pd.DataFrame,
    plan: FramePlan,
    task: PredictionTask,
    parting: Parting,
    full: SplitScore,
) -> Callable[[], Curve | None]:
    """Begin to learn from a quarter and a half of each fold's rows, to compare with all of them.

    Args:
        bench: where the fits are done.
        data: the prepared frame.
        plan: its columns.
        task: the answers.
        parting: the folds of `full`; of large ones the last two are enough.
        full: the check that learnt all rows.

    Returns:
        What waits for the fits and returns the curve; none when a smaller part would lack an
        outcome.
    """
    many = len(parting.folds[-1][0]) > _MANY_ROWS
    asked = last_folds(parting, _FEW_FOLDS if many else len(parting.folds))
    rng = np.random.default_rng(_SEED)
    halves = [_cut(asked, share, rng) for share in SHARES]
    if any(_lacks_an_outcome(train, task) for part in halves for train, _ in part.folds):
        return lambda: None
    running = [begin_check(bench, full.family, data, plan, task, part) for part in halves]
    of_all = full.folds[-len(asked.folds) :]
    return lambda: _curve([checked().folds for checked in running], asked, of_all, task)


def _cut(parting: Parting, share: float, rng: np.random.Generator) -> Parting:
    folds = tuple(
        (rng.permutation(train)[: int(len(train) * share)], test) for train, test in parting.folds
    )
    return Parting(parting.split, parting.column, folds)


def _lacks_an_outcome(train: Positions, task: PredictionTask) -> bool:
    return len(np.unique(task.answers[train])) < (len(task.classes) or 2)


def _curve(
    figures: Sequence[Sequence[float]],
    parting: Parting,
    full: Sequence[float],
    task: PredictionTask,
) -> Curve:
    rows = float(np.mean([len(train) for train, _ in parting.folds]))
    means = [float(np.mean(of_share)) for of_share in figures]
    points = [
        CurvePoint(round(rows * share), mean)
        for share, mean in zip((*SHARES, 1.0), (*means, float(np.mean(full))), strict=True)
    ]
    gains = np.asarray(full) - np.asarray(figures[-1])
    spread = interval_over_folds([float(gain) for gain in gains + 0.0], task.kind)
    low = spread.mean - (spread.high - spread.mean) if spread.high < 1 else spread.low
    return Curve(tuple(points), ConfidenceInterval(spread.mean, low, spread.high))


def column_weights(
    model: Any, data: pd.DataFrame, plan: FramePlan, task: PredictionTask, rows: Sequence[int]
) -> list[Weight]:
    """Return how much the figure falls when each column is shuffled, the heaviest first.

    Args:
        model: fitted on other rows.
        data: the prepared frame.
        plan: its columns; the parts of a date are shuffled together.
        task: the answers.
        rows: positions of rows the model has not learnt from.
    """
    rng = np.random.default_rng(_SEED)
    asked = np.asarray(rows)
    if len(asked) > _ROWS:
        asked = np.sort(rng.choice(asked, _ROWS, replace=False))
    frame = data[plan.prepared_names].iloc[asked]
    answers = task.answers[asked]

    def figures(shown: list[pd.DataFrame]) -> list[float]:
        foretold = predict(model, pd.concat(shown), task.kind, len(task.classes))
        parts = np.split(foretold, len(shown))
        return [score(task.kind, answers, part) for part in parts]

    whole = figures([frame])[0]
    weights = []
    for column in plan.columns[:_MOST_COLUMNS]:
        names = prepared_names(column)
        shuffled = figures([_shuffled(frame, names, rng) for _ in range(_REPEATS)])
        falls = [whole - figure for figure in shuffled]
        weights.append(Weight(column.name, float(np.mean(falls)), float(np.std(falls))))
    return sorted(weights, key=lambda weight: -weight.mean)


def _shuffled(frame: pd.DataFrame, names: list[str], rng: np.random.Generator) -> pd.DataFrame:
    order = rng.permutation(len(frame))
    mixed = {name: frame[name].to_numpy()[order] for name in names}
    return with_columns(frame, mixed)
