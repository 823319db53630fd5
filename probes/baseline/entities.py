"""Whom the rows are about: a column that repeats and whose rows resemble each other.

Its name does not tell: one customer may stand five times under `ref`. Rows that share a value of
such a column agree in most other columns, or in the answer, far more often than two rows drawn at
random do.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probes.baseline.splits import FOLDS

Codes = NDArray[np.float64]

_PAIRS: Final = 4_000
_MOST_CANDIDATES: Final = 30
_MOST_COMPARED: Final = 60
_MOST_DISTINCT: Final = 0.7
_MOST_ALONE: Final = 0.5
"""Share of rows whose value occurs once, above which a column does not repeat."""

_CLOSE: Final = 0.02
"""Two numbers are alike when they differ by less than this share of the middle 90 %."""

_TELLS: Final = 0.9
"""Columns in which so many pairs drawn at random agree cannot tell."""

_STICKS: Final = 0.8
_MOST_STICK: Final = 0.5
_SOME_STICK: Final = 0.2
_ANSWER_TELLS: Final = 0.2
_MANY_GROUPS: Final = 0.05
_LIKE_A_NAME: Final = 0.2
_SEED: Final = 48
_ENTITY_NAME: Final = re.compile(
    r"(^|_)(customer|client|user|person|patient|household|account|member|employee|machine|device|"
    r"sensor|vehicle|store|shop|product|item|sku|station|asset|unit|tail)"
    r"(_?(id|no|nr|num|number|code|key))?$",
    re.IGNORECASE,
)
_ID_NAME: Final = re.compile(r"(^|_)id(_|$)|[a-z]I[dD]$")


@dataclass(frozen=True)
class Entity:
    """A column that names whom a row is about.

    Args:
        column: its name.
        asked: whether somebody named it.
        groups: how many there are.
        alike: share of the other columns that hardly change within one of them.
        answer_alike: how much more often two of its rows share the answer than chance has it, 0
            to 1.
        next_alike: the same of two rows with neighbouring values: high for a measurement, which
            goes up and down with the answer, and low for a name.
    """

    column: str
    asked: bool
    groups: int
    alike: float = 0.0
    answer_alike: float = 0.0
    next_alike: float = 0.0


def find_entity(
    frame: pd.DataFrame,
    answers: NDArray[np.float64],
    left_out: Collection[str] = (),
    asked: str | None = None,
) -> Entity | None:
    """Return the column that names whom a row is about, where one repeats.

    Args:
        frame: the rows, dates read as moments.
        answers: of those rows.
        left_out: columns that cannot be it, such as the target.
        asked: the column that somebody named.
    """
    compared = _Compared(frame, answers, left_out)
    if asked is not None and asked in frame:
        return compared.entity(asked, asked=True)
    names = [str(one) for one in frame.columns if one not in left_out]
    repeating = [name for name in names if _may_name(frame[name])]
    found = [compared.entity(name) for name in repeating[:_MOST_CANDIDATES]]
    entities = [one for one in found if _is_entity(one, len(frame))]
    return max(entities, key=lambda one: (one.alike, one.groups), default=None)


def _may_name(column: pd.Series) -> bool:
    """Return whether a column's values repeat as names do; measurements with decimals do not."""
    if pd.api.types.is_datetime64_any_dtype(column) or pd.api.types.is_bool_dtype(column):
        return False
    present = column.dropna()
    if pd.api.types.is_float_dtype(column) and not bool((present == present.round()).all()):
        return False
    try:
        counts = present.value_counts()
    except TypeError:  # lists and objects have no value to count
        return False
    distinct = len(counts)
    if not FOLDS * 4 <= distinct <= _MOST_DISTINCT * len(present):
        return False
    return float((counts == 1).sum()) <= _MOST_ALONE * len(present)


def _is_entity(one: Entity, rows: int) -> bool:
    """Tell by resemblance; a telling name only lowers how many of them there must be."""
    named = bool(_ENTITY_NAME.search(one.column))
    if named:
        return one.alike >= _SOME_STICK or one.answer_alike >= _ANSWER_TELLS
    if one.groups < math.sqrt(rows):
        return False
    no_measurement = one.next_alike <= _LIKE_A_NAME
    many = one.groups >= _MANY_GROUPS * rows
    is_id = bool(_ID_NAME.search(one.column))
    return one.alike >= _MOST_STICK or (
        no_measurement
        and (
            (one.answer_alike >= _STICKS and many) or (one.answer_alike >= _ANSWER_TELLS and is_id)
        )
    )


class _Compared:
    """The table as numbers in which two rows can be compared.

    Args:
        frame: the rows.
        answers: of those rows.
        left_out: columns not to compare.
    """

    def __init__(
        self, frame: pd.DataFrame, answers: NDArray[np.float64], left_out: Collection[str]
    ) -> None:
        self._frame = frame
        self._rng = np.random.default_rng(_SEED)
        self._answers, self._reach = answers, _reach(answers)
        self._columns = self._comparable(left_out)
        first, second = self._rng.integers(0, len(frame), (2, _PAIRS))
        self._chance = {
            name: _agree(*column, first, second) for name, column in self._columns.items()
        }
        self._answer_chance = _agree(answers, self._reach, first, second)

    def _comparable(self, left_out: Collection[str]) -> dict[str, tuple[Codes, float]]:
        columns = {}
        for name in self._frame.columns:
            column = self._frame[name]
            if name in left_out or pd.api.types.is_datetime64_any_dtype(column):
                continue
            coded = _codes(column)
            if coded is not None:
                columns[str(name)] = coded
            if len(columns) >= _MOST_COMPARED:
                break
        return columns

    def entity(self, name: str, *, asked: bool = False) -> Entity:
        """Return how much the rows resemble each other that share a value of a column."""
        codes = self._in_order(name)
        order = np.argsort(codes, kind="stable")
        same = np.flatnonzero((codes[order][1:] == codes[order][:-1]) & (codes[order][1:] >= 0))
        if len(same) > _PAIRS:
            same = self._rng.choice(same, _PAIRS, replace=False)
        first, second = order[same], order[same + 1]
        groups = int(codes.max()) + 1
        if not len(same):
            return Entity(name, asked, groups)
        alike = [
            _beyond_chance(_agree(*column, first, second), self._chance[other]) >= _STICKS
            for other, column in self._columns.items()
            if other != name and self._chance[other] < _TELLS
        ]
        beside = np.flatnonzero(codes[order][1:] == codes[order][:-1] + 1)
        return Entity(
            name,
            asked,
            groups,
            float(np.mean(alike)) if alike else 0.0,
            self._answers_agree(first, second),
            self._answers_agree(order[beside], order[beside + 1]),
        )

    def _in_order(self, name: str) -> NDArray[np.intp]:
        """Return a number for each value, in the order of the values."""
        try:
            return np.asarray(pd.factorize(self._frame[name], sort=True)[0], dtype=np.intp)
        except TypeError:  # words and numbers in one column have no order
            return np.asarray(pd.factorize(self._frame[name])[0], dtype=np.intp)

    def _answers_agree(self, first: NDArray[np.intp], second: NDArray[np.intp]) -> float:
        if not len(first):
            return 0.0
        agreed = _agree(self._answers, self._reach, first, second)
        return _beyond_chance(agreed, self._answer_chance)


def _codes(column: pd.Series) -> tuple[Codes, float] | None:
    """Return a column's values as numbers, and by how much two of them may differ and be alike."""
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        values = column.to_numpy(dtype="float64", na_value=np.nan)
        values = np.where(np.isfinite(values), values, np.nan)
        return values, _reach(values)
    try:
        codes, distinct = pd.factorize(column)
    except TypeError:  # lists and objects are not compared
        return None
    return np.where(codes < 0, np.nan, codes) if len(distinct) else codes.astype(float), 0.0


def _reach(values: Codes) -> float:
    known = values[np.isfinite(values)]
    if not len(known):
        return 0.0
    low, high = np.quantile(known, [0.05, 0.95])
    return float(high - low) * _CLOSE


def _agree(values: Codes, reach: float, first: NDArray[np.intp], second: NDArray[np.intp]) -> float:
    """Return the share of pairs that are alike; two gaps are."""
    one, other = values[first], values[second]
    gaps = np.isnan(one) & np.isnan(other)
    return float((gaps | (np.abs(one - other) <= reach)).mean())


def _beyond_chance(agreed: float, chance: float) -> float:
    """Return how far pairs agree beyond chance: 0 as chance, 1 always."""
    return max(0.0, (agreed - chance) / (1 - chance)) if chance < 1 else 0.0
