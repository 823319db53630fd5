"""How good a model is: one leading figure per kind of task, over folds, with its interval."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from sklearn.metrics import mean_absolute_error, r2_score
from sklearn.pipeline import Pipeline

from probes.baseline.columns import FramePlan
from probes.baseline.models import SIMPLICITY, ModelFamily, Shape, make_model
from probes.baseline.splits import Fold, Parting, Positions, Split
from probes.baseline.task import PredictionTask, TaskKind
from probes.baseline.worker_pool import Workbench

Predictions = NDArray[np.float64]
CONFIDENCE: Final = 0.95
SAME: Final = 0.005
NEAR: Final = 0.01
"""How much worse than the best a simpler model may be and still be chosen; see `choose`."""

METRIC: Final = {
    TaskKind.BINARY: "AUC",
    TaskKind.MULTICLASS: "AUC, one against the rest",
    TaskKind.REGRESSION: "R²",
}
GUESSING: Final = {TaskKind.BINARY: 0.5, TaskKind.MULTICLASS: 0.5, TaskKind.REGRESSION: 0.0}
"""What the leading figure is for somebody who guesses."""


@dataclass(frozen=True)
class ConfidenceInterval:
    """A figure and the 95 % interval around it."""

    mean: float
    low: float
    high: float

    def to_plain(self) -> dict[str, float]:
        """Return it as JSON, rounded to four places."""
        return {"mean": round(self.mean, 4), "low": round(self.low, 4), "high": round(self.high, 4)}

    def __str__(self) -> str:
        return f"{self.mean:.3f} ({self.low:.3f}–{self.high:.3f})"


@dataclass(frozen=True)
class SplitScore:
    """One family's check under one parting.

    Args:
        family: which model.
        split: how the rows were parted.
        interval: the leading figure.
        folds: the figure of each fold.
        errors: mean absolute error of each fold, for numbers only.
        seconds: time to fit and check all folds, one after another.
        learnt: rows that the last fold's model learnt from.
        model: the last fold's model.
        tested: the checked rows, each once, by position in the task.
        predictions: what was foretold for them; one column per class where there are several.
    """

    family: ModelFamily
    split: Split
    interval: ConfidenceInterval
    folds: tuple[float, ...]
    seconds: float
    tested: Positions = field(repr=False)
    predictions: Predictions = field(repr=False)
    errors: tuple[float, ...] = ()
    learnt: int = 0
    model: Any = field(default=None, repr=False)


def score(kind: TaskKind, answers: NDArray[np.float64], predictions: Predictions) -> float:
    """Return the leading figure: AUC for classes, R² for numbers."""
    if kind is TaskKind.BINARY:
        return auc(answers, predictions)
    if kind is TaskKind.REGRESSION:
        return float(r2_score(answers, predictions))
    one_by_one = [
        auc((answers == index).astype(float), predictions[:, index])
        for index in range(predictions.shape[1])
        if 0 < np.count_nonzero(answers == index) < len(answers)
    ]
    return float(np.mean(one_by_one)) if one_by_one else math.nan


def auc(answers: NDArray[np.float64], scores: NDArray[np.float64]) -> float:
    """Return the area under the ROC curve, by ranks; not a number when one outcome is absent."""
    yes = answers > 0.5
    count_yes, count = int(yes.sum()), len(answers)
    if count_yes in {0, count}:
        return math.nan
    ranks = stats.rankdata(scores)
    area = ranks[yes].sum() - count_yes * (count_yes + 1) / 2
    return float(area / (count_yes * (count - count_yes)))


def interval_over_folds(figures: Sequence[float], kind: TaskKind) -> ConfidenceInterval:
    """Return the mean over folds with a t interval, corrected for folds that share training rows.

    The correction is Nadeau and Bengio's (2003): the folds' variance times 1/k + 1/(k-1).
    """
    values = np.asarray(figures, dtype=float)
    mean = float(values.mean())
    if len(values) < 2:
        return ConfidenceInterval(mean, mean, mean)
    folds = len(values)
    spread = math.sqrt(values.var(ddof=1) * (1 / folds + 1 / (folds - 1)))
    reach = float(stats.t.ppf(0.5 + CONFIDENCE / 2, folds - 1)) * spread
    floor = 0.0 if kind is not TaskKind.REGRESSION else -math.inf
    return ConfidenceInterval(mean, max(floor, mean - reach), min(1.0, mean + reach))


def bootstrap_interval(
    statistic: Callable[[Positions], float], rows: int, *, rounds: int = 200
) -> ConfidenceInterval:
    """Return a statistic of rows with its percentile interval over redrawn rows."""
    rng = np.random.default_rng(48)
    drawn = [statistic(rng.integers(0, rows, rows)) for _ in range(rounds)]
    finite = np.asarray([value for value in drawn if math.isfinite(value)])
    mean = statistic(np.arange(rows))
    if not len(finite):
        return ConfidenceInterval(mean, mean, mean)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(finite, [tail, 1 - tail])
    return ConfidenceInterval(mean, float(low), float(high))


def fit(
    family: ModelFamily,
    data: pd.DataFrame,
    plan: FramePlan,
    task: PredictionTask,
    rows: Positions,
    *,
    later: bool = False,
) -> Pipeline:
    """Fit one family on some rows of the task.

    Args:
        family: which model.
        data: the prepared frame, one row per row of the task; columns beside the plan are ignored.
        plan: its columns.
        task: the answers.
        rows: positions to learn from.
        later: whether it will be asked about rows later than those.
    """
    used = plan.prepared_names
    shape = Shape(task.kind, len(rows), len(used), later, len(task.classes))
    answers = task.answers[rows]
    return make_model(family, plan, shape).fit(
        data[used].iloc[rows], answers if task.kind is TaskKind.REGRESSION else answers.astype(int)
    )


def predict(model: Any, data: Any, task_kind: TaskKind, classes: int) -> Predictions:
    """Return the yes-probability, the classes' probabilities, or the number, for each row."""
    if task_kind is TaskKind.REGRESSION:
        return np.asarray(model.predict(data), dtype=float)
    probabilities = np.asarray(model.predict_proba(data), dtype=float)
    if task_kind is TaskKind.BINARY:
        return probabilities[:, -1]
    full = np.zeros((len(data), classes))
    full[:, np.asarray(model.classes_, dtype=int)] = probabilities
    return full


def begin_check(
    bench: Workbench,
    family: ModelFamily,
    data: pd.DataFrame,
    plan: FramePlan,
    task: PredictionTask,
    parting: Parting,
) -> Callable[[], SplitScore]:
    """Begin to fit and check one family on every fold of a parting.

    Returns:
        What waits for the folds and returns their outcome.
    """
    job = partial(_check_fold, family, data, plan, task, later=parting.split is Split.TIME)
    running = [bench.begin(partial(job, fold)) for fold in parting.folds]
    return lambda: _outcome(family, task, parting, [one.result() for one in running])


@dataclass(frozen=True)
class _Checked:
    """One fold: the model that learnt its one part and what it foretold for the other."""

    model: Pipeline
    foretold: Predictions
    seconds: float


def _check_fold(
    family: ModelFamily,
    data: pd.DataFrame,
    plan: FramePlan,
    task: PredictionTask,
    fold: Fold,
    *,
    later: bool,
) -> _Checked:
    started = time.monotonic()
    train, test = fold
    model = fit(family, data, plan, task, train, later=later)
    asked = data[plan.prepared_names].iloc[test]
    foretold = predict(model, asked, task.kind, len(task.classes))
    return _Checked(model, foretold, time.monotonic() - started)


def _outcome(
    family: ModelFamily, task: PredictionTask, parting: Parting, checked: list[_Checked]
) -> SplitScore:
    predictions = [one.foretold for one in checked]
    answers = [task.answers[test] for _, test in parting.folds]
    figures = [score(task.kind, *pair) for pair in zip(answers, predictions, strict=True)]
    return SplitScore(
        family,
        parting.split,
        _interval(figures, task.kind, answers[-1], predictions[-1]),
        tuple(figures),
        sum(one.seconds for one in checked),
        np.concatenate([test for _, test in parting.folds]),
        np.concatenate(predictions),
        _errors(task.kind, answers, predictions),
        len(parting.folds[-1][0]),
        checked[-1].model,
    )


def _interval(
    figures: Sequence[float], kind: TaskKind, answers: NDArray[np.float64], foretold: Predictions
) -> ConfidenceInterval:
    """Return the interval over folds; over redrawn rows where there is one fold only."""
    if len(figures) > 1:
        return interval_over_folds(figures, kind)
    return bootstrap_interval(
        lambda rows: score(kind, answers[rows], foretold[rows]), len(answers), rounds=60
    )


def _errors(
    kind: TaskKind, answers: list[NDArray[np.float64]], predictions: list[Predictions]
) -> tuple[float, ...]:
    if kind is not TaskKind.REGRESSION:
        return ()
    return tuple(
        float(mean_absolute_error(*pair)) for pair in zip(answers, predictions, strict=True)
    )


def choose(outcomes: Sequence[SplitScore]) -> SplitScore:
    """Return the simplest model that is no worse than the best one, as far as the folds can tell.

    No worse is: behind by less than `SAME`, or by less than the standard error of the folds' gaps
    and less than `NEAR`.
    """
    models = [one for one in outcomes if one.family is not ModelFamily.DUMMY]
    best = max(models, key=lambda one: one.interval.mean)
    near = [one for one in models if one is best or _no_worse(one, best)]
    return min(near, key=lambda one: SIMPLICITY[one.family])


def _no_worse(one: SplitScore, best: SplitScore) -> bool:
    gaps = np.asarray(best.folds) - np.asarray(one.folds)
    error = float(gaps.std(ddof=1)) / math.sqrt(len(gaps))
    return float(gaps.mean()) <= max(SAME, min(NEAR, error))
