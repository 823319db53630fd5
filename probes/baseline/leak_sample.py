"""The rows in which leaks are looked for, as plain numbers, and the figures asked of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from sklearn.preprocessing import OrdinalEncoder

from probes.baseline.columns import FramePlan, Use, prepared_names
from probes.baseline.scores import auc, score
from probes.baseline.task import PredictionTask, TaskKind

_ROWS: Final = 6_000

FEWEST_RARE: Final = 20

SEED: Final = 48

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """A part of the rows as plain numbers, halved into learning and checking.

    Args:
        matrix: the inputs; a date stands with each of its parts.
        owners: the column that each input comes from.
        missing: which cells are empty.
        texts: the columns of free text.
        task: the answers.
        learn: positions to learn from.
        ask: positions to ask about.
    """

    matrix: pd.DataFrame
    owners: Mapping[str, str]
    missing: pd.DataFrame
    texts: pd.DataFrame
    task: PredictionTask
    learn: NDArray[np.intp]
    ask: NDArray[np.intp]


def draw_sample(
    data: pd.DataFrame, plan: FramePlan, task: PredictionTask, entities: NDArray[np.int64] | None
) -> Sample:
    """Return some rows as numbers, each entity wholly among those learnt from or those asked."""
    rng = np.random.default_rng(SEED)
    rows = _some_rows(task, rng)
    chosen = data.iloc[rows].reset_index(drop=True)
    used = [column for column in plan.columns if column.use is not Use.TEXT]
    owners = {part: column.name for column in used for part in prepared_names(column)}
    numbers = {
        part: _as_number(chosen, part, column.use)
        for column in used
        for part in prepared_names(column)
    }
    matrix = pd.DataFrame(numbers, index=chosen.index)
    learns = _half(len(rows) if entities is None else entities[rows], rng)
    texts = chosen[[column.name for column in plan.columns if column.use is Use.TEXT]]
    return Sample(matrix, owners, _missing(chosen, plan), texts, task.at(rows), *learns)


def _half(
    entities: int | NDArray[np.int64], rng: np.random.Generator
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return rows to learn from and rows to ask about, each entity wholly on one side."""
    _, numbers = np.unique(
        np.arange(entities) if isinstance(entities, int) else entities, return_inverse=True
    )
    learns = rng.permutation(int(numbers.max()) + 1)[numbers] % 2 == 0
    return np.flatnonzero(learns), np.flatnonzero(~learns)


def _some_rows(task: PredictionTask, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return at most `_ROWS` rows at random, all of a rare outcome among them."""
    count = len(task.answers)
    if count <= _ROWS:
        return np.arange(count)
    if task.kind is TaskKind.BINARY and task.positives < _ROWS // 10:
        yes = np.flatnonzero(task.answers > 0.5)
        no = np.flatnonzero(task.answers < 0.5)
        return np.concatenate([yes, rng.choice(no, _ROWS - len(yes), replace=False)])
    return rng.choice(count, _ROWS, replace=False)


def _as_number(chosen: pd.DataFrame, name: str, use: Use) -> Values:
    if use is not Use.CATEGORY:
        return chosen[name].to_numpy(dtype="float64")
    return np.asarray(OrdinalEncoder().fit_transform(chosen[[name]])[:, 0], dtype="float64")


def _missing(chosen: pd.DataFrame, plan: FramePlan) -> pd.DataFrame:
    absent = {
        column.name: _is_missing(chosen[prepared_names(column)[0]], column.use)
        for column in plan.columns
    }
    return pd.DataFrame(absent, index=chosen.index)


def _is_missing(values: pd.Series, use: Use) -> pd.Series:
    if use is Use.TEXT:
        return values.eq("")
    return values.eq("(missing)") if use is Use.CATEGORY else values.isna()


def ordering(values: Values, task: PredictionTask) -> float:
    """Return how well the order of `values` alone tells the answers, either way round."""
    known = ~np.isnan(values)
    if known.sum() < FEWEST_RARE or known.mean() < 0.5:
        return 0.0
    answers = task.answers[known]
    if task.kind is TaskKind.REGRESSION:
        if np.ptp(values[known]) == 0 or np.ptp(answers) == 0:
            return 0.0
        return float(stats.spearmanr(values[known], answers).statistic ** 2)
    if task.kind is TaskKind.MULTICLASS:
        return 0.0
    area = auc(answers, values[known])
    return max(area, 1 - area) if np.isfinite(area) else 0.0


def safe_score(kind: TaskKind, answers: Values, predictions: Values) -> float:
    """Return the leading figure; nothing, where it cannot be told."""
    figure = score(kind, answers, predictions)
    return figure if np.isfinite(figure) else 0.0
