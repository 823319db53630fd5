"""What is to be foretold: the target column made into numbers, or the reason why it cannot be."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probes.baseline.texts import CODES, say
from probes.contract import ProbeFault

FEWEST_ROWS: Final = 40
FEWEST_OF_A_CLASS: Final = 8
FEW_POSITIVES: Final = 50
MOST_CLASSES: Final = 30
_STRAY: Final = 0.05
"""Of very many values, the rare ones are left out where so small a share of the rows has them."""

_COUNTED_AS_CLASSES: Final = 6
_CONDITION = re.compile(r"^\s*(?P<column>.+?)\s*(?P<sign>>=|<=|==|=|>|<)\s*(?P<value>.+?)\s*$")
_COMPARE: Final[dict[str, Callable[[Any, Any], Any]]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "=": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}
_YES: Final = frozenset({"1", "1.0", "true", "yes", "y", "t", "ja", "oui", "si"})


class TaskKind(StrEnum):
    """What kind of answer the target is."""

    BINARY = "yes or no"
    MULTICLASS = "one of several"
    REGRESSION = "a number"


@dataclass(frozen=True)
class PredictionTask:
    """The target as numbers.

    Args:
        target: what was asked for, as it was written.
        column: the column it comes from, which no model may see.
        kind: yes or no, one of several, a number.
        rows: positions of the rows whose target is known.
        answers: for those rows, the class's index or the number.
        classes: the classes' names in index order; for yes or no the second is the positive one.
    """

    target: str
    column: str
    kind: TaskKind
    rows: NDArray[np.intp]
    answers: NDArray[np.float64]
    classes: tuple[str, ...] = ()

    @property
    def positive(self) -> str:
        """The class that counts as yes."""
        return self.classes[-1] if self.classes else ""

    @property
    def positives(self) -> int:
        """How many rows are yes."""
        return int(self.answers.sum()) if self.kind is TaskKind.BINARY else 0

    def at(self, positions: NDArray[np.intp]) -> PredictionTask:
        """Return the task for some of its rows, by position among them."""
        return PredictionTask(
            self.target,
            self.column,
            self.kind,
            self.rows[positions],
            self.answers[positions],
            self.classes,
        )


def read_task(frame: pd.DataFrame, target: str, positive: str | None = None) -> PredictionTask:
    """Read the target from the table.

    Args:
        frame: the table, with unique text names.
        target: a column, or a condition on one such as `arr_delay>15`.
        positive: the value that counts as yes, where it is not obvious.

    Raises:
        ProbeFault: the target is absent, constant, too varied or too rare; its finding says which.
    """
    if frame.empty:
        raise _too_few_rows(target, 0)
    column, values = _target_values(frame, target)
    known = np.flatnonzero(values.notna().to_numpy())
    values = values.iloc[known]
    if len(values) < FEWEST_ROWS:
        raise _too_few_rows(target, len(values))
    if values.nunique() < 2:
        raise CODES.fault("target_constant", {"rows": len(values)}, target=target)
    if _is_number(values):
        numbers = pd.to_numeric(values).to_numpy(dtype="float64")
        return PredictionTask(target, column, TaskKind.REGRESSION, known, numbers)
    return _classes_task(target, column, known, _labels(values), positive)


def _target_values(frame: pd.DataFrame, target: str) -> tuple[str, pd.Series]:
    if target in frame:
        return target, _finite(frame[target])
    condition = _CONDITION.match(target)
    if condition is None or condition["column"] not in frame:
        raise _absent(target, list(frame.columns))
    column = condition["column"]
    values = _finite(frame[column])
    compared = _compare(values, condition["sign"], condition["value"], target)
    return column, compared.where(values.notna())


def _compare(values: pd.Series, sign: str, written: str, target: str) -> pd.Series:
    try:
        met = _COMPARE[sign](pd.to_numeric(values), float(written))
    except (ValueError, TypeError):
        if sign not in {"=", "=="}:
            raise CODES.fault("target_not_comparable", target=target) from None
        met = _labels(values) == written
    return cast("pd.Series", met.astype("boolean"))


def _finite(values: pd.Series) -> pd.Series:
    if pd.api.types.is_float_dtype(values):
        return values.where(np.isfinite(values.to_numpy(dtype="float64", na_value=np.nan)))
    return values


def _labels(values: pd.Series) -> pd.Series:
    """Return how each value is said; each different one is put into words once."""
    if pd.api.types.is_object_dtype(values):  # True, 1 and 1.0 are equal and not said alike
        return values.map(_label)
    codes, distinct = pd.factorize(values, use_na_sentinel=False)
    words = np.asarray([_label(value) for value in distinct], dtype=object)
    return pd.Series(words[codes], index=values.index)


def _label(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _is_number(values: pd.Series) -> bool:
    if pd.api.types.is_bool_dtype(values) or all(isinstance(value, bool) for value in values):
        return False
    numbers = pd.to_numeric(values.astype(object), errors="coerce")
    if numbers.isna().any():
        return False
    distinct = numbers.nunique()
    whole = bool((numbers == numbers.round()).all())
    return bool(distinct > (_COUNTED_AS_CLASSES if whole else 2))


def _classes_task(
    target: str,
    column: str,
    known: NDArray[np.intp],
    labels: pd.Series,
    positive: str | None,
) -> PredictionTask:
    counts = labels.value_counts()
    kept = counts[counts >= FEWEST_OF_A_CLASS].index
    stray = len(labels) - int(counts[kept].sum())
    if len(kept) > MOST_CLASSES or (len(counts) > MOST_CLASSES and stray > _STRAY * len(labels)):
        distinct = {"distinct": len(counts)}
        raise CODES.fault("target_too_varied", distinct, target=target, most_classes=MOST_CLASSES)
    if len(kept) < 2:
        raise _too_rare(target, counts)
    chosen = labels.isin(kept).to_numpy()
    classes = _ordered_classes(counts[kept], positive)
    answers = labels[chosen].map({name: index for index, name in enumerate(classes)})
    kind = TaskKind.BINARY if len(classes) == 2 else TaskKind.MULTICLASS
    rows = known[np.flatnonzero(chosen)]
    numbers = np.asarray(answers, dtype="float64")
    return PredictionTask(target, column, kind, rows, numbers, classes)


def _ordered_classes(counts: pd.Series, positive: str | None) -> tuple[str, ...]:
    names = sorted(str(name) for name in counts.index)
    if len(names) != 2:
        return tuple(names)
    yes = positive if positive in names else _likely_yes(names, counts)
    return tuple(sorted(names, key=lambda name: name == yes))


def _likely_yes(names: list[str], counts: pd.Series) -> str:
    rarer = str(counts.idxmin())
    return next((name for name in names if name.casefold() in _YES), rarer)


def _absent(target: str, columns: list[str]) -> ProbeFault:
    from rapidfuzz import process

    near = [name for name, _, _ in process.extract(target, columns, limit=3, score_cutoff=60)]
    hint = say("did_you_mean", near=" or ".join(f"“{name}”" for name in near)) if near else ""
    return CODES.fault("target_absent", {"columns": len(columns)}, target=target, hint=hint)


def _too_few_rows(target: str, rows: int) -> ProbeFault:
    return CODES.fault(
        "too_few_rows", {"rows": rows, "least": FEWEST_ROWS}, "labelled", target=target
    )


def _too_rare(target: str, counts: pd.Series) -> ProbeFault:
    second = int(counts.iloc[1])
    often = say("once") if second == 1 else say("times", count=second)
    rare = {"rarer": second, "least": FEWEST_OF_A_CLASS}
    return CODES.fault("too_few_positives", rare, "rare", target=target, often=often)
