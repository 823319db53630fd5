"""How good a live model is, once outcomes come: with an interval, and beside control.

Pure. One row for each entity. Until outcomes are known there is only an estimate from the model's
own scores, and it says so.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from serving.texts import say

YES_OR_NO: Final = "yes or no"
FEWEST: Final = 20
"""Outcomes, and of each class, before a figure is given."""
_Z: Final = 1.959964
_POWER_Z: Final = 2.801585
"""Standard errors of a difference that 80 % of comparisons would show at 5 %."""
_DRAWS: Final = 200


@dataclass(frozen=True, slots=True)
class LabelledRow:
    """An answered row whose outcome is known.

    Args:
        score: of the model.
        answer: of the model.
        value: what happened.
    """

    score: float
    answer: str
    value: str


def quality_of(kind: str, classes: Sequence[str], known: Sequence[LabelledRow]) -> dict[str, Any]:
    """Return a live model's leading figure with its interval, or how many outcomes are missing.

    Args:
        kind: of the task.
        classes: of the model, the last one is yes.
        known: rows with outcomes, one for each entity.
    """
    return _FIGURES[kind](classes, known)


def _few(rows: int, more: int) -> dict[str, Any]:
    return {"rows": rows, "more": more, "says": say("quality_few", rows=rows, more=more)}


def _figure(metric: str, value: float, low: float, high: float, rows: int) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "metric": metric,
        "value": value,
        "low": low,
        "high": high,
        "rows": rows,
    }
    return facts | {"says": say("quality", **facts)}


def _auc_figure(classes: Sequence[str], known: Sequence[LabelledRow]) -> dict[str, Any]:
    yes = [one.score for one in known if one.value == classes[-1]]
    no = [one.score for one in known if one.value != classes[-1]]
    short = max(0, FEWEST // 2 - len(yes)) + max(0, FEWEST // 2 - len(no))
    if short:
        return _few(len(known), short)
    auc = area_under_curve(yes, no)
    error = _auc_error(auc, len(yes), len(no))
    low, high = max(0.0, auc - _Z * error), min(1.0, auc + _Z * error)
    return _figure("AUC", auc, low, high, len(known))


def area_under_curve(yes: Sequence[float], no: Sequence[float]) -> float:
    """Return the chance that a yes scores higher than a no; ties count half."""
    ranked = sorted([(one, 1) for one in yes] + [(one, 0) for one in no])
    total, place = 0.0, 0
    while place < len(ranked):
        end = place
        while end < len(ranked) and ranked[end][0] == ranked[place][0]:
            end += 1
        mean_rank = (place + end + 1) / 2
        total += mean_rank * sum(is_yes for _, is_yes in ranked[place:end])
        place = end
    count = len(yes)
    return (total - count * (count + 1) / 2) / (count * len(no))


def _auc_error(auc: float, yes: int, no: int) -> float:
    """Return the standard error after Hanley and McNeil."""
    first, second = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    spread = auc * (1 - auc) + (yes - 1) * (first - auc**2) + (no - 1) * (second - auc**2)
    return math.sqrt(max(spread, 0.25 / (yes + no)) / (yes * no))


def _accuracy_figure(_: Sequence[str], known: Sequence[LabelledRow]) -> dict[str, Any]:
    if len(known) < FEWEST:
        return _few(len(known), FEWEST - len(known))
    right = sum(one.answer == one.value for one in known)
    low, high = share_interval(right, len(known))
    return _figure("accuracy", right / len(known), low, high, len(known))


def _error_figure(_: Sequence[str], known: Sequence[LabelledRow]) -> dict[str, Any]:
    pairs = [(one.score, _number(one.value)) for one in known]
    errors = [abs(score - value) for score, value in pairs if value is not None]
    if len(errors) < FEWEST:
        return _few(len(errors), FEWEST - len(errors))
    draw = random.Random(48)
    means = sorted(sum(draw.choices(errors, k=len(errors))) / len(errors) for _ in range(_DRAWS))
    ends = means[round(0.025 * _DRAWS)], means[round(0.975 * _DRAWS) - 1]
    return _figure("mean error", sum(errors) / len(errors), *ends, len(errors))


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def share_interval(hits: int, rows: int) -> tuple[float, float]:
    """Return the Wilson interval of a share."""
    share, z2 = hits / rows, _Z**2
    middle = (share + z2 / (2 * rows)) / (1 + z2 / rows)
    half = _Z * math.sqrt(share * (1 - share) / rows + z2 / (4 * rows**2)) / (1 + z2 / rows)
    return middle - half, middle + half


_FIGURES: Final[Mapping[str, Callable[[Sequence[str], Sequence[LabelledRow]], dict[str, Any]]]] = {
    YES_OR_NO: _auc_figure,
    "one of several": _accuracy_figure,
    "a number": _error_figure,
}


def expected_quality(kind: str, scores: Sequence[float]) -> dict[str, Any] | None:
    """Return what the model expects of itself, from its scores alone; none where it cannot tell.

    It rests on the scores being honest chances, so it is an estimate until outcomes are known.

    Args:
        kind: of the task.
        scores: of one row for each entity.
    """
    if kind == "a number" or len(scores) < FEWEST:
        return None
    certain = [max(score, 1 - score) for score in scores] if kind == YES_OR_NO else scores
    value = sum(certain) / len(certain)
    says = say("quality_estimate", metric="accuracy", value=value)
    return {"metric": "accuracy", "value": value, "is_estimate": True, "says": says}


def effect_of(
    model: Sequence[str], control: Sequence[str], harmful: str | None, classes: Sequence[str]
) -> dict[str, Any]:
    """Return how outcomes differ between the arms, and the smallest difference that would show.

    Args:
        model: outcomes of the entities in the model's arm, as they were assigned.
        control: of the others.
        harmful: the outcome that is counted; the model's yes when none.
        classes: of the model; none for numbers.
    """
    counted = harmful or (classes[-1] if classes else None)
    both = [_values(side, counted) for side in (model, control)]
    rows, beside = len(both[0]), len(both[1])
    if min(rows, beside) < 2:
        says = say("effect_few", rows=rows, beside_rows=beside)
        return {"rows": rows, "beside_rows": beside, "says": says}
    (now, error), (was, error_beside) = (
        _mean(values, is_share=counted is not None) for values in both
    )
    spread = math.hypot(error, error_beside)
    points = 100.0 if counted is not None else 1.0
    facts: dict[str, Any] = {
        "now": now,
        "was": was,
        "rows": rows,
        "beside_rows": beside,
        "difference": (now - was) * points,
        "low": (now - was - _Z * spread) * points,
        "high": (now - was + _Z * spread) * points,
        "visible": _POWER_Z * spread * points,
    }
    says = say("effect" if counted is not None else "effect_number", **facts)
    return facts | {"counted": counted, "says": says}


def _values(outcomes: Sequence[str], counted: str | None) -> list[float]:
    if counted is not None:
        return [float(one == counted) for one in outcomes]
    return [value for one in outcomes if (value := _number(one)) is not None]


def _mean(values: Sequence[float], *, is_share: bool) -> tuple[float, float]:
    """Return a mean and its standard error; of a share, as if two more of each kind were seen."""
    rows = len(values)
    mean = sum(values) / rows
    if is_share:
        shrunk = (sum(values) + 2) / (rows + 4)
        return mean, math.sqrt(shrunk * (1 - shrunk) / (rows + 4))
    spread = sum((value - mean) ** 2 for value in values) / (rows - 1)
    return mean, math.sqrt(spread / rows)
