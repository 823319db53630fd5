"""Very wide tables: which of thousands of columns are worth learning from.

One pass over all columns at once asks how much each tells by itself: by its order, by groups of its
values in rows that were not looked at, and by whether it is filled. The strongest are kept, so that
a column that gives the answer away is always among them.

The rows that choose are never asked about afterwards. Chosen on the rows a model is checked on, the
best of thousands of columns of noise would look like a discovery (Hastie, Tibshirani and Friedman,
The Elements of Statistical Learning, 7.10.2).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer

from probes.baseline.columns import ColumnPlan, FramePlan, Use, prepared_names
from probes.baseline.splits import Positions
from probes.baseline.task import PredictionTask, TaskKind

MOST_INPUTS: Final = 300
"""What a model may be given: a number counts once, a date by its parts, a text `_TEXT_INPUTS`."""

NOT_AMONG_THE_STRONGEST: Final = "tells less by itself than the columns that were chosen"
"""The reason written beside a column that is left out here."""

CHOOSING_SHARE: Final = 0.4

_TEXT_INPUTS: Final = 16
_MOST_CELLS: Final = 5_000_000
_MOST_BINS: Final = 64
_MOST_WORDS: Final = 500
_MOST_CLASSES: Final = 8
_SEED: Final = 48

Values = NDArray[np.float64]
Read = Callable[[pd.Series, Values], pd.Series]


@dataclass(frozen=True)
class Narrowing:
    """How the columns of a wide table were chosen.

    Args:
        columns: that could have been learnt from.
        kept: of them.
        rows: positions that chose; no model may be checked on them.
    """

    columns: int
    kept: int
    rows: Positions


def is_wide(plan: FramePlan) -> bool:
    """Return whether a table has more columns than a model is given."""
    return sum(map(_inputs, plan.columns)) > MOST_INPUTS


def _inputs(column: ColumnPlan) -> int:
    return _TEXT_INPUTS if column.use is Use.TEXT else max(1, len(column.parts))


def choosing_rows(
    task: PredictionTask, moments: Values | None, groups: NDArray[np.int64] | None
) -> Positions:
    """Return the rows that choose: the earliest, or whole groups, or some of each outcome.

    Args:
        task: the answers.
        moments: when each row happened, as numbers, where the table says so.
        groups: whom each row is about, by number, where the table says so.
    """
    if moments is not None and np.isfinite(moments).mean() > CHOOSING_SHARE:
        return np.flatnonzero(moments < np.nanquantile(moments, CHOOSING_SHARE))
    rng = np.random.default_rng(_SEED)
    if groups is not None:
        chooses = rng.permutation(int(groups.max()) + 1) < CHOOSING_SHARE * (groups.max() + 1)
        return np.flatnonzero(chooses[groups])
    order = rng.permutation(len(task.answers))
    order = order[np.argsort(task.answers[order], kind="stable")]
    return np.sort(order[np.arange(len(order)) % 5 < CHOOSING_SHARE * 5])


def narrow(
    data: pd.DataFrame,
    plan: FramePlan,
    task: PredictionTask,
    rows: Positions,
    named: Collection[str],
) -> tuple[FramePlan, Narrowing]:
    """Return the plan with the columns that tell most by themselves.

    Args:
        data: the prepared frame, one row per row of the task.
        plan: its columns.
        task: the answers.
        rows: positions of the rows that choose, see `choosing_rows`.
        named: columns to keep whatever they tell.
    """
    strength = dict(zip(plan.names, _strengths(data, plan, task, rows), strict=True))
    first = sorted(plan.columns, key=lambda one: (one.name not in named, -strength[one.name]))
    used = np.cumsum([_inputs(column) for column in first])
    kept = {one.name for one, total in zip(first, used, strict=True) if total <= MOST_INPUTS}
    rest = {name for name in plan.names if name not in kept}
    narrowed = plan.without(rest, NOT_AMONG_THE_STRONGEST)
    return narrowed, Narrowing(len(plan.columns), len(kept), rows)


def _strengths(
    data: pd.DataFrame, plan: FramePlan, task: PredictionTask, rows: Positions
) -> Values:
    """Return how many standard errors each column's best figure lies from telling nothing."""
    rng = np.random.default_rng(_SEED)
    most = max(_MOST_BINS, _MOST_CELLS // len(plan.columns))
    some = np.sort(rng.permutation(rows)[:most])
    answers = _answers(task, some)
    numbers = _numbers(data.iloc[some], plan, answers[:, 0])
    ways = (
        _by_order(numbers, answers),
        _by_groups(numbers, answers),
        _by_absence(numbers, answers),
    )
    return np.asarray(np.max(ways, axis=0))


def _answers(task: PredictionTask, rows: Positions) -> Values:
    """Return the answers as standardised columns: one, or one for each of the commonest classes."""
    answers = task.answers[rows]
    if task.kind is TaskKind.MULTICLASS:
        classes = pd.Series(answers).value_counts().index[:_MOST_CLASSES]
        table = np.column_stack([answers == one for one in classes]).astype("float64")
    elif task.kind is TaskKind.REGRESSION:
        table = pd.Series(answers).rank().to_numpy()[:, None]
    else:
        table = answers[:, None].astype("float64")
    return _standardised(table)


def _standardised(table: Values) -> Values:
    """Return columns of mean 0 and deviation 1 over what is known; what is not, is 0."""
    known = ~np.isnan(table)
    count = np.maximum(known.sum(axis=0), 1)
    centred = np.where(known, table - np.where(known, table, 0.0).sum(axis=0) / count, 0.0)
    spread = np.sqrt((centred**2).sum(axis=0) / count)
    return np.asarray(centred / np.where(spread > 0, spread, 1.0))


def _numbers(data: pd.DataFrame, plan: FramePlan, answers: Values) -> pd.DataFrame:
    """Return each column as numbers: dates by their moment, categories and texts by a code."""
    made = {
        column.name: _AS_NUMBERS[column.use](data[prepared_names(column)[0]], answers)
        for column in plan.columns
    }
    return pd.DataFrame(made, index=data.index)


def _codes(values: pd.Series, _: Values) -> pd.Series:
    codes = pd.factorize(values.where(values != "(missing)"), sort=True)[0].astype("float64")
    return pd.Series(np.where(codes < 0, np.nan, codes), index=values.index)


def _telling_word(texts: pd.Series, answers: Values) -> pd.Series:
    """Return whether the word is there that goes best with the answers."""
    try:
        found = CountVectorizer(binary=True, max_features=_MOST_WORDS).fit_transform(texts)
    except ValueError:  # not one word in all of them
        return pd.Series(0.0, index=texts.index)
    best = int(np.argmax(np.abs(answers @ found)))
    return pd.Series(found[:, [best]].toarray()[:, 0].astype("float64"), index=texts.index)


_AS_NUMBERS: Final[dict[Use, Read]] = {
    Use.NUMBER: lambda values, _: values.astype("float64"),
    Use.DATE: lambda values, _: values.astype("float64"),
    Use.CATEGORY: _codes,
    Use.TEXT: _telling_word,
}


def _strongest(products: Values, rows: Values | int) -> Values:
    """Return the largest of the standardised sums of products over the answers."""
    return np.asarray(np.abs(products).max(axis=-1) / np.sqrt(np.maximum(rows, 1)))


def _by_order(numbers: pd.DataFrame, answers: Values) -> Values:
    ranks = _standardised(numbers.rank().to_numpy())
    return _strongest(ranks.T @ answers, numbers.notna().sum().to_numpy())


def _by_absence(numbers: pd.DataFrame, answers: Values) -> Values:
    absent = _standardised(numbers.isna().to_numpy(dtype="float64"))
    return _strongest(absent.T @ answers, len(numbers))


def _by_groups(numbers: pd.DataFrame, answers: Values) -> Values:
    """Return how well means of equal or near values in half of the rows fit the other half."""
    bins = _bins(numbers)
    learn = np.random.default_rng(_SEED).permutation(len(bins)) % 2 == 0
    figures = [
        _strongest((_standardised(foretold).T @ answer[~learn])[:, None], int((~learn).sum()))
        for answer in answers.T
        for foretold in [_group_means(bins[learn], answer[learn], bins[~learn])]
    ]
    return np.asarray(np.max(figures, axis=0))


def _bins(numbers: pd.DataFrame) -> NDArray[np.intp]:
    """Return the group of each cell, counted through the columns; what is missing is a group."""
    dense = numbers.rank(method="dense").to_numpy()
    near = np.ceil(numbers.rank(pct=True).to_numpy() * _MOST_BINS)
    few = np.nan_to_num(dense).max(axis=0) <= _MOST_BINS
    within = np.nan_to_num(np.where(few, dense, near)).astype(np.intp)
    return np.asarray(within + np.arange(numbers.shape[1]) * (_MOST_BINS + 1))


def _group_means(learnt: NDArray[np.intp], answers: Values, asked: NDArray[np.intp]) -> Values:
    size = learnt.shape[1] * (_MOST_BINS + 1)
    repeated = np.repeat(answers, learnt.shape[1])
    sums = np.bincount(learnt.ravel(), weights=repeated, minlength=size)
    counts = np.bincount(learnt.ravel(), minlength=size)
    return np.asarray((sums / (counts + 2))[asked], dtype="float64")
