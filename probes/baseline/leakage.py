"""Which columns tell the answer because they were written after it.

Four searches, from cheap to dear: each column alone, what is missing, sums, differences and ratios
of pairs, and each column added to the rest. The last is needed: a column can look harmless alone
and still complete the answer together with others.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import OrdinalEncoder

from probes.baseline.columns import FramePlan, Use, prepared_names
from probes.baseline.scores import GUESSING, auc, predict, score
from probes.baseline.task import Task, TaskKind

COPY: Final = 0.9999
"""From here on a single column is the answer itself."""

NEAR_PERFECT: Final = 0.98
"""From here on a figure is called near-perfect (AUC, or R² between ranks)."""

JUMP: Final = 0.08
"""One column that lifts the rest by so much, to above `HIGH`, is named."""

HIGH: Final = 0.93
"""Lifted to here, a column is a leak until somebody vouches for it; below, it is asked about."""

_ROWS: Final = 6_000
_MOST_COLUMNS: Final = 60
_MOST_PAIRED: Final = 40
_STEPS: Final = 8
_FEWEST_RARE: Final = 20
_MORE_THAN_ALONE: Final = 0.02
"""A lift that a column's own strength explains is a good column, not a leak."""

_MOST_WORDS: Final = 2_000
_SEED: Final = 48

Values = NDArray[np.float64]


class LeakKind(StrEnum):
    """How a column, or a pair, gives the answer away."""

    COPY = "target_copy"
    ALONE = "single_predictor"
    MISSING = "missing_tells"
    PAIR = "pair_tells"
    JUMP = "jump"
    LIFT = "lift"


@dataclass(frozen=True)
class Leak:
    """A suspicion: which columns, how, and the figures that tell.

    Args:
        kind: how it was found.
        columns: one column, or the two of a pair.
        alone: the leading figure of this column or pair by itself.
        without: the figure of the rest without it; none where it was not tried.
        together: the figure of the rest with it.
        how: the operation on a pair.
    """

    kind: LeakKind
    columns: tuple[str, ...]
    alone: float
    without: float | None = None
    together: float | None = None
    how: str = ""

    def to_plain(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "kind": self.kind.value,
            "columns": list(self.columns),
            "alone": _rounded(self.alone),
            "without": _rounded(self.without),
            "together": _rounded(self.together),
            "how": self.how,
        }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


@dataclass(frozen=True)
class _Sample:
    """A part of the rows as plain numbers, halved into learning and checking."""

    matrix: pd.DataFrame
    missing: pd.DataFrame
    texts: pd.DataFrame
    task: Task
    learn: NDArray[np.intp]
    ask: NDArray[np.intp]


def find_leaks(
    data: pd.DataFrame,
    plan: FramePlan,
    task: Task,
    *,
    thorough: bool,
    entities: NDArray[np.int64] | None = None,
) -> list[Leak]:
    """Search for columns that give the answer away.

    Args:
        data: the prepared frame, one row per row of the task.
        plan: its columns.
        task: the answers.
        thorough: try more columns and more pairs.
        entities: whom each row is about, by number; what names them again is no leak.

    Returns:
        The suspicions, the surest first; a column is named once, by the first search that finds it.
    """
    sample = _sample(data, plan, task, entities)
    alone = _alone(sample)
    leaks = [*_single_leaks(sample, alone), *_missing_leaks(sample), *_word_leaks(sample)]
    taken = _columns_of(leaks)
    most = 2 if thorough else 1
    leaks += _pair_leaks(sample, alone, taken, _MOST_PAIRED * most)
    leaks += _jumps(sample, alone, _columns_of(leaks), _MOST_COLUMNS * most)
    return leaks


def _columns_of(leaks: Sequence[Leak]) -> set[str]:
    return {name for leak in leaks for name in leak.columns}


def _sample(
    data: pd.DataFrame, plan: FramePlan, task: Task, entities: NDArray[np.int64] | None
) -> _Sample:
    rng = np.random.default_rng(_SEED)
    rows = _some_rows(task, rng)
    chosen = data.iloc[rows].reset_index(drop=True)
    used = [column for column in plan.columns if column.use is not Use.TEXT]
    numbers = {
        column.name: _as_number(chosen, prepared_names(column)[0], column.use) for column in used
    }
    matrix = pd.DataFrame(numbers, index=chosen.index)
    learns = _half(len(rows) if entities is None else entities[rows], rng)
    texts = chosen[[column.name for column in plan.columns if column.use is Use.TEXT]]
    return _Sample(matrix, _missing(chosen, plan), texts, task.at(rows), *learns)


def _half(
    entities: int | NDArray[np.int64], rng: np.random.Generator
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return rows to learn from and rows to ask about, each entity wholly on one side."""
    _, numbers = np.unique(
        np.arange(entities) if isinstance(entities, int) else entities, return_inverse=True
    )
    learns = rng.permutation(int(numbers.max()) + 1)[numbers] % 2 == 0
    return np.flatnonzero(learns), np.flatnonzero(~learns)


def _some_rows(task: Task, rng: np.random.Generator) -> NDArray[np.intp]:
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


def _alone(sample: _Sample) -> dict[str, float]:
    """Return for each column how well it alone orders or tells the answers, in held-out rows."""
    return {str(name): _one_column(sample, str(name)) for name in sample.matrix}


def _one_column(sample: _Sample, name: str) -> float:
    values = sample.matrix[name].to_numpy()
    ranked = _ordering(values, sample.task)
    if ranked >= NEAR_PERFECT:
        return ranked
    return max(ranked, _binned(values, sample))


def _ordering(values: Values, task: Task) -> float:
    """Return how well the order of `values` alone tells the answers, either way round."""
    known = ~np.isnan(values)
    if known.sum() < _FEWEST_RARE or known.mean() < 0.5:
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


def _binned(values: Values, sample: _Sample) -> float:
    """Return how well groups of equal or near values tell the answers in rows not looked at."""
    groups = _bins(values)
    known, asked = groups[sample.learn], groups[sample.ask]
    task = sample.task
    if task.kind is TaskKind.MULTICLASS:
        tables = [
            _group_means(known, (task.answers[sample.learn] == one).astype(float))[asked]
            for one in range(len(task.classes))
        ]
        return _safe_score(task.kind, task.answers[sample.ask], np.column_stack(tables))
    means = _group_means(known, task.answers[sample.learn])
    return _safe_score(task.kind, task.answers[sample.ask], means[asked])


_MOST_BINS: Final = 256


def _bins(values: Values) -> NDArray[np.intp]:
    codes, distinct = pd.factorize(values, sort=True)
    if len(distinct) > _MOST_BINS:
        edges = np.unique(np.nanquantile(values, np.linspace(0, 1, 65)[1:-1]))
        codes = np.where(np.isnan(values), -1, np.searchsorted(edges, values))
    return np.asarray(codes + 1, dtype=np.intp)


def _group_means(groups: NDArray[np.intp], answers: Values) -> Values:
    counts = np.bincount(groups, minlength=_MOST_BINS + 2)
    sums = np.bincount(groups, weights=answers, minlength=_MOST_BINS + 2)
    overall = float(answers.mean())
    return np.asarray((sums + 2 * overall) / (counts + 2), dtype="float64")


def _safe_score(kind: TaskKind, answers: Values, predictions: Values) -> float:
    figure = score(kind, answers, predictions)
    return figure if np.isfinite(figure) else 0.0


def _single_leaks(sample: _Sample, alone: dict[str, float]) -> Iterator[Leak]:
    for name, figure in sorted(alone.items(), key=lambda pair: -pair[1]):
        if figure >= NEAR_PERFECT:
            is_copy = figure >= COPY and _renames(sample.matrix[name].to_numpy(), sample.task)
            yield Leak(LeakKind.COPY if is_copy else LeakKind.ALONE, (name,), figure)


def _renames(values: Values, task: Task) -> bool:
    """Return whether each value stands for one answer and each answer for one value.

    A measurement that separates the answers perfectly does not: it may be an honest sign.
    """
    frame = pd.DataFrame({"value": values, "answer": task.answers}).dropna()
    one_way = frame.groupby("value")["answer"].nunique().max()
    return bool(one_way == 1 and frame.groupby("answer")["value"].nunique().max() == 1)


def _word_leaks(sample: _Sample) -> Iterator[Leak]:
    """Name texts in which a single word all but gives the answer."""
    if sample.task.kind is not TaskKind.BINARY:
        return
    yes = sample.task.answers > 0.5
    for name in sample.texts:
        figure = _best_word(sample.texts[name], yes)
        if figure >= NEAR_PERFECT:
            yield Leak(LeakKind.ALONE, (str(name),), figure)


def _best_word(texts: pd.Series, yes: NDArray[np.bool_]) -> float:
    """Return the AUC of the one word whose presence tells most."""
    try:
        found = CountVectorizer(binary=True, max_features=_MOST_WORDS).fit_transform(texts)
    except ValueError:  # not one word in all of them
        return 0.0
    gap = np.asarray(found[yes].mean(axis=0)) - np.asarray(found[~yes].mean(axis=0))
    return float(0.5 + np.abs(gap).max() / 2)


def _missing_leaks(sample: _Sample) -> Iterator[Leak]:
    """Name columns that are filled for one outcome and empty for the other."""
    if sample.task.kind is not TaskKind.BINARY:
        return
    for name in sample.missing:
        absent = sample.missing[name].to_numpy(dtype="float64")
        if 0 < absent.mean() < 1:
            area = auc(sample.task.answers, absent)
            if max(area, 1 - area) >= NEAR_PERFECT:
                yield Leak(LeakKind.MISSING, (str(name),), max(area, 1 - area))


_PAIR_WAYS: Final = (
    ("{0} - {1}", lambda a, b: a - b),
    ("{0} / {1}", lambda a, b: np.divide(a, b, out=np.full_like(a, np.nan), where=b != 0)),
    ("{0} + {1}", lambda a, b: a + b),
    ("{0} = {1}", lambda a, b: np.where(np.isnan(a) | np.isnan(b), np.nan, (a == b).astype(float))),
)


def _pair_leaks(
    sample: _Sample, alone: dict[str, float], taken: set[str], most: int
) -> Iterator[Leak]:
    """Name pairs of numbers whose difference, ratio, sum or equality is the answer."""
    if sample.task.kind is TaskKind.MULTICLASS:
        return
    free = [name for name in alone if name not in taken]
    tried = sorted(free, key=lambda name: -alone[name])[:most]
    rows = np.sort(sample.ask[:1_500])
    task = sample.task.at(rows)
    values = {name: sample.matrix[name].to_numpy()[rows] for name in tried}
    for first, second in itertools.combinations(tried, 2):
        found = _best_way(values[first], values[second], task)
        if found[0] >= max(NEAR_PERFECT, alone[first] + 0.02, alone[second] + 0.02):
            how = found[1].format(first, second)
            yield Leak(LeakKind.PAIR, (first, second), found[0], how=how)


def _best_way(first: Values, second: Values, task: Task) -> tuple[float, str]:
    with np.errstate(all="ignore"):
        return max(
            (_ordering(combine(first, second), task), words) for words, combine in _PAIR_WAYS
        )


def _jumps(sample: _Sample, alone: dict[str, float], taken: set[str], most: int) -> Iterator[Leak]:
    """Name columns that lift the rest far, though they may look harmless alone.

    The strongest columns are taken away one by one, since one leak hides behind another; then each
    is put back by itself and the lift is measured.
    """
    free = sorted((name for name in alone if name not in taken), key=lambda name: -alone[name])
    names = free[:most]
    if len(names) < 2:
        return
    removed, rest, figure = _strip(sample, names)
    for name in removed:
        together = _fitted_score(sample, [*rest, name])
        if together - figure >= JUMP:
            kind = LeakKind.JUMP if together >= HIGH else LeakKind.LIFT
            if kind is LeakKind.JUMP or together >= alone[name] + _MORE_THAN_ALONE:
                yield Leak(kind, (name,), alone[name], figure, together)


def _strip(sample: _Sample, names: list[str]) -> tuple[list[str], list[str], float]:
    """Take away the strongest column again and again while the rest is still good."""
    rest = list(names)
    removed: list[str] = []
    model = _fit_quick(sample, rest)
    figure = _asked_score(model, rest, sample)
    good = (1 + GUESSING[sample.task.kind]) / 2
    while figure >= good and len(rest) > 1 and len(removed) < _STEPS:
        strongest = _strongest(sample, rest, model)
        rest.remove(strongest)
        removed.append(strongest)
        model = _fit_quick(sample, rest)
        figure = _asked_score(model, rest, sample)
    return removed, rest, figure


def _quick_model(task: Task) -> Any:
    make = (
        HistGradientBoostingRegressor
        if task.kind is TaskKind.REGRESSION
        else HistGradientBoostingClassifier
    )
    return make(
        max_iter=40, learning_rate=0.3, max_leaf_nodes=15, early_stopping=False, random_state=_SEED
    )


def _fit_quick(sample: _Sample, names: list[str]) -> Any:
    answers = sample.task.answers[sample.learn]
    if sample.task.kind is not TaskKind.REGRESSION:
        answers = answers.astype(int)
    return _quick_model(sample.task).fit(sample.matrix[names].to_numpy()[sample.learn], answers)


def _asked_score(model: Any, names: list[str], sample: _Sample) -> float:
    task = sample.task
    matrix = sample.matrix[names].to_numpy()[sample.ask]
    predictions = predict(model, matrix, task.kind, len(task.classes))
    return _safe_score(task.kind, task.answers[sample.ask], predictions)


def _fitted_score(sample: _Sample, names: list[str]) -> float:
    return _asked_score(_fit_quick(sample, names), names, sample)


def _strongest(sample: _Sample, names: list[str], model: Any) -> str:
    """Return the column whose shuffling costs the fitted model most."""
    rng = np.random.default_rng(_SEED)
    task, ask = sample.task, sample.ask[:1_500]
    matrix = sample.matrix[names].to_numpy()[ask]
    shuffled = np.tile(matrix, (len(names), 1))
    for place in range(len(names)):
        rows = slice(place * len(ask), (place + 1) * len(ask))
        shuffled[rows, place] = rng.permutation(matrix[:, place])
    parts = np.split(predict(model, shuffled, task.kind, len(task.classes)), len(names))
    scores = [_safe_score(task.kind, task.answers[ask], part) for part in parts]
    return names[int(np.argmin(scores))]
