"""What the labels themselves tell: turned round in one group, flipped, not yet known, drifting."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from probes.baseline.columns import FramePlan, Use, prepared_names
from probes.baseline.scores import auc
from probes.baseline.task import PredictionTask, TaskKind

Values = NDArray[np.float64]

_ROWS: Final = 8_000
_FEWEST_IN_LEVEL: Final = 40
_FEWEST_OF_OUTCOME: Final = 12
_MOST_LEVELS: Final = 30
_MOST_COLUMNS: Final = 12
_SURE: Final = 4.0
"""Standard errors by which a group must lie on the wrong side of guessing: hundreds are tried."""

_WRONG_SIDE: Final = 0.42

_ELSEWHERE: Final = 0.6
_MINORITY: Final = 0.5
_SEED: Final = 48

_BINS: Final = 20
_PLATEAU: Final = 0.1
_FEWEST_FLIPPED: Final = 0.08
_MOST_FLIPPED: Final = 0.4
_EVEN: Final = 0.08
_LEVEL_AT: Final = 0.02
_FEWEST_FOR_FLIPS: Final = 400

_RECENT: Final = np.linspace(0.02, 0.33, 32)
_FALLS_TO: Final = 0.6
_FALL_ERRORS: Final = 5.0
_BELOW_ALL: Final = 0.75
"""Of the lowest rate that any earlier stretch of that length had; a bad week is no unknown one."""

_MOST_STRETCHES: Final = 200
_STRETCH_STEPS: Final = 4
_FEWEST_RECENT: Final = 60
_PARTS: Final = 12
_DRIFT_RATIO: Final = 1.4
_DRIFT_SPREADS: Final = 0.4
_DRIFT_SURE: Final = 3.0
_DRIFT_RANK: Final = 0.75
_FEWEST_FOR_DRIFT: Final = 400


@dataclass(frozen=True)
class LabelIssue:
    """Something that is odd about the labels.

    Args:
        code: of the finding.
        facts: for its sentence.
        column: the column it is about, where there is one.
    """

    code: str
    facts: dict[str, Any] = field(default_factory=dict)
    column: str | None = None


def over_time(task: PredictionTask, moments: Values) -> Iterator[LabelIssue]:
    """Say whether the newest outcomes look unknown yet, and whether the base rate drifts.

    Args:
        task: the answers.
        moments: when each row happened, in days; not a number where nobody knows.
    """
    known = np.flatnonzero(~np.isnan(moments))
    order = known[np.argsort(moments[known], kind="stable")]
    if len(order) < _FEWEST_FOR_DRIFT or task.kind is TaskKind.MULTICLASS:
        return
    when, answers = moments[order], task.answers[order]
    ripe = len(order)
    if task.kind is TaskKind.BINARY and (unripe := _unripe(when, answers)):
        yield unripe
        ripe = int(np.searchsorted(when, unripe.facts["since"]))
    if ripe >= _FEWEST_FOR_DRIFT and (drift := _drift(answers[:ripe], task)):
        yield drift


def _unripe(when: Values, answers: Values) -> LabelIssue | None:
    """Return since when far fewer rows are yes than in the time before, up to the end."""
    first, last = float(when[0]), float(when[-1])
    best: tuple[float, float] = (0.0, 0.0)
    for share in _RECENT:
        since = last - share * (last - first)
        cut = int(np.searchsorted(when, since))
        before = int(np.searchsorted(when, since - 2 * (last - since)))
        old, new = answers[before:cut], answers[cut:]
        if min(len(old), len(new)) < _FEWEST_RECENT or not old.any():
            continue
        errors = _errors_apart(old, new)
        falls = new.mean() <= _FALLS_TO * old.mean() and _stays_low(new, old)
        if falls and errors > best[0] and new.mean() <= _BELOW_ALL * _lowest(when, answers, since):
            best = (errors, since)
    errors, since = best
    if errors < _FALL_ERRORS:
        return None
    cut = int(np.searchsorted(when, since))
    facts = {
        "days": last - since,
        "since": since,
        "rate": float(answers[cut:].mean()),
        "before": float(answers[:cut].mean()),
        "rows": len(answers) - cut,
    }
    return LabelIssue("labels_not_ripe", facts)


def _lowest(when: Values, answers: Values, since: float) -> float:
    """Return the lowest rate of any earlier stretch as long as the newest, so far as there are."""
    width = float(when[-1]) - since
    starts = np.arange(since - width, float(when[0]) - 1e-9, -width / _STRETCH_STEPS)
    cuts = np.searchsorted(when, np.stack([starts, starts + width])[:, :_MOST_STRETCHES])
    parts = [answers[low:high] for low, high in cuts.T]
    return min((float(part.mean()) for part in parts if len(part) >= _FEWEST_RECENT), default=0.0)


def _errors_apart(old: Values, new: Values) -> float:
    pooled = float(np.concatenate([old, new]).mean())
    spread = math.sqrt(max(pooled * (1 - pooled), 1e-12) * (1 / len(old) + 1 / len(new)))
    return float((old.mean() - new.mean()) / spread)


def _stays_low(new: Values, old: Values) -> bool:
    """Return whether the fall holds up to the end; a season that passes rises again."""
    ends = new[len(new) * 2 // 3 :]
    return float(ends.mean()) <= min(_FALLS_TO * float(old.mean()), float(new.mean()) * 1.1)


def _drift(answers: Values, task: PredictionTask) -> LabelIssue | None:
    """Return how the share of yes, or the mean, goes up or down over the whole time."""
    parts = np.array_split(answers, _PARTS)
    means = np.asarray([part.mean() for part in parts])
    if np.ptp(means) == 0:
        return None
    rank = float(stats.spearmanr(np.arange(_PARTS), means).statistic)
    third = _PARTS // 3
    early, late = means[:third], means[-third:]
    spread = math.sqrt((early.var(ddof=1) + late.var(ddof=1)) / third) or 1e-12
    apart = float(late.mean() - early.mean())
    if not abs(rank) >= _DRIFT_RANK or abs(apart) < _DRIFT_SURE * spread:
        return None
    if not _matters(early.mean(), late.mean(), answers, task):
        return None
    facts = {"early": float(early.mean()), "late": float(late.mean()), "rank": rank}
    return LabelIssue("base_rate_drifts", facts)


def _matters(early: float, late: float, answers: Values, task: PredictionTask) -> bool:
    if task.kind is TaskKind.REGRESSION:
        return bool(abs(late - early) >= _DRIFT_SPREADS * answers.std())
    low, high = sorted((early, late))
    no_low, no_high = 1 - high, 1 - low
    rarer = high >= _DRIFT_RATIO * low if high < 0.5 else no_high >= _DRIFT_RATIO * no_low
    return bool(rarer or high - low >= 0.1)


def flipped(task: PredictionTask, tested: NDArray[np.intp], scores: Values) -> LabelIssue | None:
    """Say whether labels look flipped: the surest cases are wrong as often as the nearly sure ones.

    Where labels are right, a higher score is right more often up to the end. Flipped at random,
    both ends of the scale level off as far from certainty as labels were flipped.

    Args:
        task: yes or no.
        tested: positions of rows that were checked.
        scores: their chances of yes.
    """
    if task.kind is not TaskKind.BINARY or len(tested) < _FEWEST_FOR_FLIPS:
        return None
    answers = task.answers[tested][np.argsort(scores, kind="stable")]
    bins = np.array_split(answers, _BINS)
    low, low_share = _plateau(bins)
    high, high_share = _plateau([1 - part for part in bins[::-1]])
    middle = 1 - low_share - high_share
    both = (low + high) / 2
    if not (min(low, high) >= _FEWEST_FLIPPED and both <= _MOST_FLIPPED):
        return None
    if abs(low - high) > _EVEN or min(low_share, high_share) < _PLATEAU or middle > 0.5:
        return None
    facts = {"share": both, "low": low, "high": 1 - high, "rows": len(tested)}
    return LabelIssue("labels_look_flipped", facts)


def _plateau(bins: list[Values]) -> tuple[float, float]:
    """Return the level of the surest bins, and over which share of all bins it holds."""
    length = 0
    for size in range(2, _BINS):
        rates = np.asarray([[part.sum(), len(part) - part.sum()] for part in bins[:size]])
        if (rates.sum(axis=0) == 0).any() or stats.chi2_contingency(rates).pvalue >= _LEVEL_AT:
            length = size
    if not length:
        return 0.0, 0.0
    surest = np.concatenate(bins[: max(2, length // 2)])
    return float(surest.mean()), length / _BINS


def turned_round(data: pd.DataFrame, plan: FramePlan, task: PredictionTask) -> Iterator[LabelIssue]:
    """Name groups of rows whose labels run against those of all others.

    For each column of few categories a quick model learns without it from half of the rows; in a
    group whose labels are turned round it ranks the other half upside down.

    Args:
        data: the prepared frame.
        plan: its columns.
        task: the answers.
    """
    if task.kind is TaskKind.MULTICLASS:
        return
    rng = np.random.default_rng(_SEED)
    rows = rng.permutation(len(task.answers))[:_ROWS]
    grouped = [
        column
        for column in plan.columns
        if column.use in {Use.CATEGORY, Use.NUMBER}
        and 2 <= data[column.name].iloc[rows].nunique() <= _MOST_LEVELS
    ]
    some = task.at(rows)
    numbers = _numbers(data.iloc[rows], plan)
    for column in grouped[:_MOST_COLUMNS]:
        others = [part for part in numbers if part not in prepared_names(column)]
        if others:
            levels = data[column.name].iloc[rows].astype(str).to_numpy()
            yield from _in_levels(column.name, levels, numbers[others], some)


def _in_levels(
    column: str, levels: NDArray[np.object_], numbers: pd.DataFrame, task: PredictionTask
) -> Iterator[LabelIssue]:
    half = len(levels) // 2
    ranked = np.empty(len(levels))
    for learn, ask in ((slice(None, half), slice(half, None)), (slice(half, None), slice(half))):
        if len(np.unique(task.answers[learn])) < 2:
            return
        ranked[ask] = _foretold(numbers.iloc[learn], task.answers[learn], numbers.iloc[ask], task)
    counts = pd.Series(levels).value_counts()
    for level in counts.index[counts >= _FEWEST_IN_LEVEL]:
        inside = levels == level
        agrees, error = _agreement(ranked[inside], task.answers[inside], task.kind)
        elsewhere, _ = _agreement(ranked[~inside], task.answers[~inside], task.kind)
        upside_down = agrees <= _WRONG_SIDE and agrees + _SURE * error < 0.5
        # The larger side says which way is right, though no single group of it may be larger.
        if inside.mean() < _MINORITY and upside_down and elsewhere >= _ELSEWHERE:
            facts = {"level": str(level), "auc": agrees, "elsewhere": elsewhere}
            yield LabelIssue("labels_turned_round", facts | {"rows": int(inside.sum())}, column)


def _foretold(
    learn: pd.DataFrame, answers: Values, ask: pd.DataFrame, task: PredictionTask
) -> Values:
    number = task.kind is TaskKind.REGRESSION
    make = HistGradientBoostingRegressor if number else HistGradientBoostingClassifier
    model = make(max_iter=30, learning_rate=0.2, max_leaf_nodes=8, random_state=_SEED)
    model.fit(learn.to_numpy(), answers if number else answers.astype(int))
    if number:
        return np.asarray(model.predict(ask.to_numpy()))
    return np.asarray(model.predict_proba(ask.to_numpy())[:, -1])


def _agreement(ranked: Values, answers: Values, kind: TaskKind) -> tuple[float, float]:
    """Return how often two rows are ranked the right way, and the standard error of that."""
    if kind is TaskKind.REGRESSION:
        if len(answers) < _FEWEST_IN_LEVEL or np.ptp(answers) == 0 or np.ptp(ranked) == 0:
            return 0.5, 1.0
        rank = float(stats.spearmanr(ranked, answers).statistic)
        return (1 + rank) / 2, 0.5 / math.sqrt(len(answers) - 1)
    yes = int(answers.sum())
    no = len(answers) - yes
    if min(yes, no) < _FEWEST_OF_OUTCOME:
        return 0.5, 1.0
    return auc(answers, ranked), math.sqrt((yes + no + 1) / (12 * yes * no))


def _numbers(data: pd.DataFrame, plan: FramePlan) -> pd.DataFrame:
    made = {
        part: data[part].to_numpy(dtype="float64")
        if column.use is not Use.CATEGORY
        else pd.factorize(data[part])[0].astype("float64")
        for column in plan.columns
        if column.use is not Use.TEXT
        for part in prepared_names(column)
    }
    return pd.DataFrame(made, index=data.index)
