"""Columns that give the answer away with others: in pairs, or added to all the rest."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from probes.baseline.leak_kinds import HIGH, JUMP, NEAR_PERFECT, Leak, LeakKind
from probes.baseline.leak_sample import SEED, Sample, Values, ordering, safe_score
from probes.baseline.scores import GUESSING, predict
from probes.baseline.task import PredictionTask, TaskKind

_STEPS: Final = 8

_MOST_CARRIERS: Final = 4

_MORE_THAN_APART: Final = 0.02
"""A column that lifts the rest as much without touching it is a good one, not a leak."""

_PAIR_WAYS: Final = (
    ("{0} - {1}", lambda a, b: a - b),
    ("{0} / {1}", lambda a, b: np.divide(a, b, out=np.full_like(a, np.nan), where=b != 0)),
    ("{0} + {1}", lambda a, b: a + b),
    ("{0} = {1}", lambda a, b: np.where(np.isnan(a) | np.isnan(b), np.nan, (a == b).astype(float))),
)


def pair_leaks(
    sample: Sample, alone: dict[str, float], taken: set[str], most: int
) -> Iterator[Leak]:
    """Name pairs of numbers whose difference, ratio, sum or equality is the answer."""
    if sample.task.kind is TaskKind.MULTICLASS:
        return
    free = [name for name in alone if sample.owners[name] not in taken]
    tried = sorted(free, key=lambda name: -alone[name])[:most]
    rows = np.sort(sample.ask[:1_500])
    task = sample.task.at(rows)
    values = {name: sample.matrix[name].to_numpy()[rows] for name in tried}
    for first, second in itertools.combinations(tried, 2):
        pair = (sample.owners[first], sample.owners[second])
        if pair[0] == pair[1]:
            continue
        found = _best_way(values[first], values[second], task)
        if found[0] >= max(NEAR_PERFECT, alone[first] + 0.02, alone[second] + 0.02):
            how = found[1].format(first, second)
            yield Leak(LeakKind.PAIR, pair, found[0], how=how)


def _best_way(first: Values, second: Values, task: PredictionTask) -> tuple[float, str]:
    with np.errstate(all="ignore"):
        return max((ordering(combine(first, second), task), words) for words, combine in _PAIR_WAYS)


def jumps(sample: Sample, alone: dict[str, float], taken: set[str], most: int) -> Iterator[Leak]:
    """Name columns that lift the rest far, though they may look harmless alone.

    The strongest columns are taken away one by one, since one leak hides behind another; then each
    is put back by itself and the lift is measured.
    """
    left = [name for name in alone if sample.owners[name] not in taken]
    free = sorted(left, key=lambda name: -alone[name])
    names = free[:most]
    if len(names) < 2:
        return
    removed, rest, figure = _strip(sample, names)
    for name in removed:
        together = _fitted_score(sample, [*rest, name])
        if together - figure >= JUMP:
            kind = LeakKind.JUMP if together >= HIGH else LeakKind.LIFT
            if kind is LeakKind.JUMP or together >= _apart(sample, rest, name) + _MORE_THAN_APART:
                yield Leak(kind, (sample.owners[name],), alone[name], figure, together)


def _strip(sample: Sample, names: list[str]) -> tuple[list[str], list[str], float]:
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


def carriers(sample: Sample) -> list[str]:
    """Return the columns without which a quick model is near-perfect no more, strongest first."""
    rest = [str(name) for name in sample.matrix]
    carrying: list[str] = []
    model = _fit_quick(sample, rest)
    while len(carrying) < _MOST_CARRIERS:
        strongest = sample.owners[_strongest(sample, rest, model)]
        carrying.append(strongest)
        rest = [name for name in rest if sample.owners[name] != strongest]
        if not rest:
            break
        model = _fit_quick(sample, rest)
        if _asked_score(model, rest, sample) < NEAR_PERFECT:
            break
    return carrying


def _quick_model(task: PredictionTask) -> Any:
    make = (
        HistGradientBoostingRegressor
        if task.kind is TaskKind.REGRESSION
        else HistGradientBoostingClassifier
    )
    return make(
        max_iter=40, learning_rate=0.3, max_leaf_nodes=15, early_stopping=False, random_state=SEED
    )


def _fit_quick(sample: Sample, names: list[str], *, apart: bool = False) -> Any:
    """Fit the quick model; `apart` keeps the last column out of all interactions."""
    answers = sample.task.answers[sample.learn]
    if sample.task.kind is not TaskKind.REGRESSION:
        answers = answers.astype(int)
    model = _quick_model(sample.task)
    if apart:
        model.set_params(interaction_cst=[range(len(names) - 1), [len(names) - 1]])
    return model.fit(sample.matrix[names].to_numpy()[sample.learn], answers)


def _asked_score(model: Any, names: list[str], sample: Sample) -> float:
    task = sample.task
    matrix = sample.matrix[names].to_numpy()[sample.ask]
    predictions = predict(model, matrix, task.kind, len(task.classes))
    return safe_score(task.kind, task.answers[sample.ask], predictions)


def _fitted_score(sample: Sample, names: list[str]) -> float:
    return _asked_score(_fit_quick(sample, names), names, sample)


def _apart(sample: Sample, rest: list[str], name: str) -> float:
    """Return the figure of a column and the rest where each tells the answer for itself."""
    names = [*rest, name]
    return _asked_score(_fit_quick(sample, names, apart=True), names, sample)


def _strongest(sample: Sample, names: list[str], model: Any) -> str:
    """Return the column whose shuffling costs the fitted model most."""
    rng = np.random.default_rng(SEED)
    task, ask = sample.task, sample.ask[:1_500]
    matrix = sample.matrix[names].to_numpy()[ask]
    shuffled = np.tile(matrix, (len(names), 1))
    for place in range(len(names)):
        rows = slice(place * len(ask), (place + 1) * len(ask))
        shuffled[rows, place] = rng.permutation(matrix[:, place])
    parts = np.split(predict(model, shuffled, task.kind, len(task.classes)), len(names))
    scores = [safe_score(task.kind, task.answers[ask], part) for part in parts]
    return names[int(np.argmin(scores))]
