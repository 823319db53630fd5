"""How the rows are parted into training and checking: in time, by entity, or at random.

The honest split is the one that asks what production will ask: of later rows when there is a time,
of entities never seen when one repeats. A random split is shown beside it for comparison.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probes.baseline.columns import order_values
from probes.baseline.task import PredictionTask, TaskKind

Positions = NDArray[np.intp]
Fold = tuple[Positions, Positions]

FOLDS: Final = 5
_FIRST_TRAINING_SHARE: Final = 0.4
_ASKED_SHARES: Final = (1 / FOLDS, 0.1, 0.05)
_LEARNT_SHARE: Final = 0.5
_SEED: Final = 48


class Split(StrEnum):
    """The ways to part rows, the most honest first."""

    TIME = "in order of time"
    ENTITY = "by entity"
    RANDOM = "at random"


@dataclass(frozen=True)
class Parting:
    """One way of parting the rows, with its folds."""

    split: Split
    column: str | None
    folds: tuple[Fold, ...]


def part_by_time(
    frame: pd.DataFrame,
    column: str,
    task: PredictionTask,
    groups: NDArray[np.int64] | None = None,
    beside: Positions | None = None,
) -> Parting | None:
    """Part the rows so that each check asks of rows later than all it learnt from.

    Rows of the same moment stay on one side. None when too few moments or outcomes are left.

    Args:
        frame: the table.
        column: says when a row happened.
        task: the answers.
        groups: rows of a group that was learnt from are not asked about later: the answer of one is
            the answer of all.
        beside: for each row those that may be its copies; none is asked about after the other.
    """
    moments = order_values(frame[column]).to_numpy()[task.rows]
    known = np.flatnonzero(~np.isnan(moments))
    edges = _moment_edges(moments[known])
    folds = [
        (known[moments[known] < start], known[(moments[known] >= start) & (moments[known] < end)])
        for start, end in edges
    ]
    if groups is not None:
        folds = [(train, test[~np.isin(groups[test], groups[train])]) for train, test in folds]
    if beside is not None:
        folds = [
            (train, np.setdiff1d(test, _beside(train, beside, len(moments))))
            for train, test in folds
        ]
    return _parting(Split.TIME, column, folds, task)


def _moment_edges(moments: NDArray[np.float64]) -> list[tuple[float, float]]:
    if not len(moments):
        return []
    shares = np.linspace(_FIRST_TRAINING_SHARE, 1.0, FOLDS + 1)
    edges = np.unique(np.quantile(moments, shares[:-1], method="higher"))
    return list(zip(edges, [*edges[1:], np.inf], strict=True))


def part_by_group(
    groups: NDArray[np.int64], task: PredictionTask, split: Split, column: str
) -> Parting | None:
    """Part the rows so that each group is wholly in one fold."""
    folds_of_groups = np.random.default_rng(_SEED).permutation(int(groups.max()) + 1) % FOLDS
    return _parting(split, column, _folds_by_number(folds_of_groups[groups]), task)


def part_at_random(task: PredictionTask, groups: NDArray[np.int64] | None = None) -> Parting | None:
    """Part the rows at random, each outcome spread evenly; same groups stay together if given."""
    if groups is not None:
        return part_by_group(groups, task, Split.RANDOM, "")
    order = np.random.default_rng(_SEED).permutation(len(task.answers))
    if task.kind is not TaskKind.REGRESSION:
        order = order[np.argsort(task.answers[order], kind="stable")]
    numbers = np.empty(len(order), dtype=np.intp)
    numbers[order] = np.arange(len(order)) % FOLDS
    return _parting(Split.RANDOM, None, _folds_by_number(numbers), task)


def part_apart(
    groups: NDArray[np.int64], beside: Positions, task: PredictionTask
) -> Parting | None:
    """Part groups at random, and learn from no row that may be a copy of one that is asked about.

    Where this leaves little to learn from, each check asks of fewer rows.

    Args:
        groups: for each row the number of the rows that it is kept together with.
        beside: for each row those that may be its copies.
        task: the answers.
    """
    rows, last = len(groups), int(groups.max()) + 1
    numbers = np.random.default_rng(_SEED).permutation(last)[groups] / last
    folds: list[Fold] = []
    for share in _ASKED_SHARES:
        folds = []
        for one in range(FOLDS):
            test = np.flatnonzero((numbers >= one * share) & (numbers < (one + 1) * share))
            near = np.union1d(test, _beside(test, beside, rows))
            folds.append((np.setdiff1d(np.arange(rows), near), test))
        if sum(len(train) for train, _ in folds) >= _LEARNT_SHARE * rows * FOLDS:
            break
    return _parting(Split.RANDOM, None, folds, task)


def _beside(rows: Positions, beside: Positions, count: int) -> Positions:
    """Return the rows that are beside some, or have one of them beside themselves."""
    chosen = np.zeros(count, dtype=bool)
    chosen[rows] = True
    near = np.asarray(chosen[beside].any(axis=1))
    near[beside[rows].ravel()] = True
    return np.flatnonzero(near)


def _folds_by_number(numbers: NDArray[np.intp]) -> list[Fold]:
    return [
        (np.flatnonzero(numbers != one), np.flatnonzero(numbers == one)) for one in range(FOLDS)
    ]


def _parting(
    split: Split, column: str | None, folds: list[Fold], task: PredictionTask
) -> Parting | None:
    usable = tuple(fold for fold in folds if _is_usable(fold, task))
    return Parting(split, column or None, usable) if len(usable) >= 2 else None


def _is_usable(fold: Fold, task: PredictionTask) -> bool:
    train, test = (task.answers[part] for part in fold)
    if len(train) < 20 or len(test) < 5:
        return False
    if task.kind is TaskKind.REGRESSION:
        return len(np.unique(train)) > 1 and len(np.unique(test)) > 1
    return len(np.unique(train)) == len(task.classes) and len(np.unique(test)) > 1


def group_numbers(column: pd.Series) -> NDArray[np.int64]:
    """Return a number for each distinct value; every missing value is a group of its own."""
    codes, distinct = pd.factorize(column)
    codes = codes.astype(np.int64)
    missing = np.flatnonzero(codes < 0)
    codes[missing] = len(distinct) + np.arange(len(missing))
    return codes


def thin_folds(parting: Parting, learn: int, ask: int) -> Parting:
    """Return the parting with each part cut to so many rows at random, the same ones each time."""

    def cut(part: Positions, most: int) -> Positions:
        drawn = np.random.default_rng(_SEED).permutation(len(part))
        return part if len(part) <= most else np.sort(part[drawn[:most]])

    folds = tuple((cut(train, learn), cut(test, ask)) for train, test in parting.folds)
    return Parting(parting.split, parting.column, folds)


def without_asking(parting: Parting, rows: Positions, task: PredictionTask) -> Parting | None:
    """Return the parting without checks on some rows; none when too little is left to check."""
    folds = [(train, np.setdiff1d(test, rows)) for train, test in parting.folds]
    return _parting(parting.split, parting.column, folds, task)


def last_folds(parting: Parting, count: int) -> Parting:
    """Return the parting with its last folds only."""
    return Parting(parting.split, parting.column, parting.folds[-count:])
