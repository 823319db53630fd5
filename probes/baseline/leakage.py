"""Which columns tell the answer because they were written after it.

Four searches, from cheap to dear: each column alone, what is missing, sums, differences and ratios
of pairs, and each column added to the rest. The last is needed: a column can look harmless alone
and still complete the answer together with others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer

from probes.baseline.columns import FramePlan
from probes.baseline.leak_kinds import COPY, NEAR_PERFECT, Leak, LeakKind
from probes.baseline.leak_sample import Sample, Values, draw_sample, ordering, safe_score
from probes.baseline.leak_together import jumps, pair_leaks
from probes.baseline.scores import auc
from probes.baseline.task import PredictionTask, TaskKind

_MOST_COLUMNS: Final = 60

_MOST_PAIRED: Final = 40

_FIRST: Final = (LeakKind.COPY, LeakKind.MISSING, LeakKind.ALONE)
"""A column that several searches find is named by the one that says most about it."""


def find_leaks(
    data: pd.DataFrame,
    plan: FramePlan,
    task: PredictionTask,
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
    sample = draw_sample(data, plan, task, entities)
    alone = figures_alone(sample)
    leaks = [*single_leaks(sample, alone), *missing_leaks(sample), *word_leaks(sample)]
    leaks.sort(key=lambda leak: _FIRST.index(leak.kind))
    taken = _columns_of(leaks)
    most = 2 if thorough else 1
    leaks += pair_leaks(sample, alone, taken, _MOST_PAIRED * most)
    leaks += jumps(sample, alone, _columns_of(leaks), _MOST_COLUMNS * most)
    first = {leak.columns: leak for leak in reversed(leaks)}
    return [leak for leak in leaks if first[leak.columns] is leak]


def _columns_of(leaks: Sequence[Leak]) -> set[str]:
    return {name for leak in leaks for name in leak.columns}


_MOST_BINS: Final = 256

_MOST_WORDS: Final = 2_000


def figures_alone(sample: Sample) -> dict[str, float]:
    """Return for each column how well it alone orders or tells the answers, in held-out rows."""
    return {str(name): _one_column(sample, str(name)) for name in sample.matrix}


def _one_column(sample: Sample, name: str) -> float:
    values = sample.matrix[name].to_numpy()
    ranked = ordering(values, sample.task)
    if ranked >= NEAR_PERFECT:
        return ranked
    return max(ranked, _binned(values, sample))


def _binned(values: Values, sample: Sample) -> float:
    """Return how well groups of equal or near values tell the answers in rows not looked at."""
    groups = _bins(values)
    known, asked = groups[sample.learn], groups[sample.ask]
    task = sample.task
    if task.kind is TaskKind.MULTICLASS:
        tables = [
            _group_means(known, (task.answers[sample.learn] == one).astype(float))[asked]
            for one in range(len(task.classes))
        ]
        return safe_score(task.kind, task.answers[sample.ask], np.column_stack(tables))
    means = _group_means(known, task.answers[sample.learn])
    return safe_score(task.kind, task.answers[sample.ask], means[asked])


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


def single_leaks(sample: Sample, alone: dict[str, float]) -> Iterator[Leak]:
    """Name columns whose values alone all but give the answer."""
    for name, figure in sorted(alone.items(), key=lambda pair: -pair[1]):
        if figure >= NEAR_PERFECT:
            is_copy = figure >= COPY and _renames(sample.matrix[name].to_numpy(), sample.task)
            kind = LeakKind.COPY if is_copy else LeakKind.ALONE
            yield Leak(kind, (sample.owners[name],), figure, how=name)


def _renames(values: Values, task: PredictionTask) -> bool:
    """Return whether each value stands for one answer and each answer for one value.

    A measurement that separates the answers perfectly does not: it may be an honest sign.
    """
    frame = pd.DataFrame({"value": values, "answer": task.answers}).dropna()
    one_way = frame.groupby("value")["answer"].nunique().max()
    return bool(one_way == 1 and frame.groupby("answer")["value"].nunique().max() == 1)


def word_leaks(sample: Sample) -> Iterator[Leak]:
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


def missing_leaks(sample: Sample) -> Iterator[Leak]:
    """Name columns that are filled for one outcome and empty for the other."""
    if sample.task.kind is not TaskKind.BINARY:
        return
    for name in sample.missing:
        absent = sample.missing[name].to_numpy(dtype="float64")
        if 0 < absent.mean() < 1:
            area = auc(sample.task.answers, absent)
            if max(area, 1 - area) >= NEAR_PERFECT:
                yield Leak(LeakKind.MISSING, (str(name),), max(area, 1 - area))
