"""What each column is to a model, decided once and kept with the model as plain data.

The plan is JSON; `prepare` follows it the same way in training and in serving, so the saved model
itself holds nothing but scikit-learn.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Final, cast

import numpy as np
import pandas as pd

from probes.baseline.notations import (
    PLAIN,
    compact_notation,
    date_notation,
    number_notation,
    read_moments,
    read_numbers,
)
from probes.baseline.texts import say

MISSING_LEVEL: Final = "(missing)"
LARGEST_NUMBER: Final = 1e30
"""Beyond it a number is clipped: forests compute in 32 bits, where it would become infinite."""

LONGEST_TEXT: Final = 2_000
"""Characters of a text that a model reads; the rest of a 50 MB cell would only cost memory."""

_TEXT_WORDS: Final = 4
_ID_SHARE: Final = 0.95
_ID_ROWS: Final = 20
_ID_NAME = re.compile(r"(^|_|\b)(id|uuid|guid|key|nr|number|no)$", re.IGNORECASE)
_LOOKED_AT: Final = 2_000


WHEN: Final = "when"
DAY_OF_WEEK: Final = "day of week"
DAY_OF_MONTH: Final = "day of month"
MONTH: Final = "month"
HOUR: Final = "hour"
DATE_PARTS: Final = (WHEN, DAY_OF_WEEK, DAY_OF_MONTH, MONTH, HOUR)
"""What a date is to a model: the moment itself, under the column's name, and what comes round."""


class Use(StrEnum):
    """How a column enters the model."""

    NUMBER = "number"
    CATEGORY = "category"
    TEXT = "text"
    DATE = "date"


@dataclass(frozen=True)
class ColumnPlan:
    """A column and its use.

    Args:
        name: of the column.
        use: how it enters the model.
        levels: different values of a category.
        parts: what of a date the model sees.
        notation: in which numbers or dates are written, where they are texts.
    """

    name: str
    use: Use
    levels: int = 0
    parts: tuple[str, ...] = ()
    notation: str = PLAIN


@dataclass(frozen=True)
class LeftOut:
    """A column that no model sees, and why in a few words."""

    name: str
    reason: str


@dataclass(frozen=True)
class FramePlan:
    """All columns of a table, in order."""

    columns: tuple[ColumnPlan, ...]
    left_out: tuple[LeftOut, ...] = ()

    @property
    def names(self) -> list[str]:
        """The columns that a model sees."""
        return [column.name for column in self.columns]

    @property
    def prepared_names(self) -> list[str]:
        """The names of those columns after `prepare`."""
        return [name for column in self.columns for name in prepared_names(column)]

    def without(self, names: Collection[str], reason: str) -> FramePlan:
        """Return the plan with `names` left out for `reason`."""
        kept = tuple(column for column in self.columns if column.name not in names)
        gone = tuple(LeftOut(name, reason) for name in self.names if name in names)
        return FramePlan(kept, self.left_out + gone)

    def with_column(self, changed: ColumnPlan | None) -> FramePlan:
        """Return the plan with one of its columns used in another way."""
        if changed is None:
            return self
        kept = tuple(changed if one.name == changed.name else one for one in self.columns)
        return FramePlan(kept, self.left_out)

    def only(self, names: Collection[str]) -> FramePlan:
        """Return the plan reduced to `names`."""
        return FramePlan(tuple(column for column in self.columns if column.name in names))

    def to_plain(self) -> dict[str, Any]:
        """Return the plan as JSON."""
        return {
            "columns": [asdict(column) | {"use": column.use.value} for column in self.columns],
            "left_out": [asdict(column) for column in self.left_out],
        }

    @classmethod
    def from_plain(cls, raw: Mapping[str, Any]) -> FramePlan:
        """Return the plan that `to_plain` wrote."""
        return cls(
            tuple(
                ColumnPlan(
                    str(one["name"]),
                    Use(one["use"]),
                    int(one["levels"]),
                    tuple(one["parts"]),
                    str(one["notation"]),
                )
                for one in raw["columns"]
            ),
            tuple(LeftOut(str(one["name"]), str(one["reason"])) for one in raw["left_out"]),
        )


def with_plain_names(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with unique text names; a repeated name gets a number behind it."""
    seen: dict[str, int] = {}
    names = []
    for raw in frame.columns:
        name = str(raw)
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}.{seen[name] - 1}")
    return frame.set_axis(names, axis=1)


def with_columns(frame: pd.DataFrame, columns: Mapping[str, Any]) -> pd.DataFrame:
    """Return the frame with some columns replaced or added; `assign` knows no column “self”."""
    made = frame.copy(deep=False)
    for name, values in columns.items():
        made[name] = values
    return made


def plan_frame(
    frame: pd.DataFrame, leave_out: Mapping[str, str], notations: Mapping[str, str] | None = None
) -> FramePlan:
    """Decide what each column is to a model.

    Args:
        frame: the table, with unique text names.
        leave_out: columns not to use, with the reason.
        notations: of the columns whose texts were read as moments, see `with_moments`.
    """
    kept: list[ColumnPlan] = []
    gone: list[LeftOut] = []
    for name in frame.columns:
        planned = _left_out(name, leave_out) or _plan_column(name, frame[name])
        if notations and name in notations and isinstance(planned, ColumnPlan):
            planned = replace(planned, notation=notations[name])
        (gone if isinstance(planned, LeftOut) else kept).append(planned)  # type: ignore[arg-type]  # each list gets its own kind
    return FramePlan(tuple(kept), tuple(gone))


def _left_out(name: str, leave_out: Mapping[str, str]) -> LeftOut | None:
    return LeftOut(name, leave_out[name]) if name in leave_out else None


def _plan_column(name: str, column: pd.Series) -> ColumnPlan | LeftOut:
    present = column.dropna()
    if present.empty:
        return LeftOut(name, "empty")
    if _holds_nested_values(present):
        return LeftOut(name, say("nested_values"))
    distinct = int(present.nunique())
    if distinct == 1 and len(present) == len(column):
        return LeftOut(name, say("always_same"))
    use, notation = _use_of(present)
    if _is_identifier(name, present, distinct, use):
        return LeftOut(name, say("nearly_unique_values"))
    levels = distinct if use is Use.CATEGORY else 0
    return ColumnPlan(name, use, levels, DATE_PARTS if use is Use.DATE else (), notation)


def _holds_nested_values(present: pd.Series) -> bool:
    """Return whether a column holds anything else than plain values, by what cannot be hashed."""
    if not _is_worded(present) or isinstance(present.dtype, pd.StringDtype):
        return False
    nested = (bytes, tuple, frozenset)
    return any(isinstance(one, nested) or type(one).__hash__ is None for one in present)


def _is_worded(column: pd.Series) -> bool:
    return bool(
        pd.api.types.is_object_dtype(column)
        or pd.api.types.is_string_dtype(column)
        or isinstance(column.dtype, pd.CategoricalDtype)
    )


def _is_identifier(name: str, present: pd.Series, distinct: int, use: Use) -> bool:
    if len(present) < _ID_ROWS or distinct < _ID_SHARE * len(present):
        return False
    if _is_worded(present):
        return use is Use.CATEGORY
    return bool(pd.api.types.is_integer_dtype(present) and _ID_NAME.search(name))


def _use_of(present: pd.Series) -> tuple[Use, str]:
    """Return what a column is to a model, and in which notation its texts are written."""
    if pd.api.types.is_datetime64_any_dtype(present):
        return Use.DATE, PLAIN
    looked_at = present.iloc[:_LOOKED_AT]
    if not pd.api.types.is_bool_dtype(present) and (notation := compact_notation(looked_at)):
        return Use.DATE, notation
    if not _is_worded(present):
        return Use.NUMBER, PLAIN
    if (notation := number_notation(looked_at)) is not None:
        return Use.NUMBER, notation
    if (notation := date_notation(looked_at)) is not None:
        return Use.DATE, notation
    return (Use.TEXT if _reads_as_text(looked_at) else Use.CATEGORY), PLAIN


def _reads_as_text(values: pd.Series) -> bool:
    text = values.astype(str).str.slice(0, LONGEST_TEXT)
    words = text.str.count(r"\s+") + 1
    return bool(words.mean() >= _TEXT_WORDS and text.nunique() > min(50, len(text) / 4))


def _numbers(column: pd.Series, notation: str = PLAIN) -> pd.Series:
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    if pd.api.types.is_timedelta64_dtype(column):
        return cast("pd.Series", column.dt.total_seconds())
    if pd.api.types.is_datetime64_any_dtype(column):
        return _days(column)
    values = read_numbers(column, notation).to_numpy()
    return pd.Series(np.clip(values, -LARGEST_NUMBER, LARGEST_NUMBER), index=column.index)


def _days(column: pd.Series) -> pd.Series:
    return (column - pd.Timestamp("1970-01-01")).dt.total_seconds() / 86_400


def with_moments(frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return the frame with texts that are dates read as moments, and the notation of each."""
    notations: dict[str, str] = {}
    for name in frame.columns:
        if pd.api.types.is_datetime64_any_dtype(frame[name]):
            continue
        present = frame[name].dropna()
        if present.empty or _holds_nested_values(present):
            continue
        use, notation = _use_of(present)
        if use is Use.DATE:
            notations[name] = notation
    read = {name: read_moments(frame[name], notation) for name, notation in notations.items()}
    return with_columns(frame, read), notations


def order_values(column: pd.Series) -> pd.Series:
    """Return numbers that sort as the column's times do; a numeric column (a week) is its own."""
    if pd.api.types.is_numeric_dtype(column):
        return _numbers(column)
    return _days(read_moments(column, PLAIN))


_PART_OF: Final[dict[str, Callable[[pd.Series], pd.Series]]] = {
    WHEN: _days,
    DAY_OF_WEEK: lambda moment: moment.dt.day_of_week,
    DAY_OF_MONTH: lambda moment: moment.dt.day,
    MONTH: lambda moment: moment.dt.month,
    HOUR: lambda moment: moment.dt.hour,
}


def _part_name(column: ColumnPlan, part: str) -> str:
    return column.name if part == WHEN else f"{column.name} · {part}"


def _date_parts(column: ColumnPlan, values: pd.Series) -> dict[str, pd.Series]:
    moment = read_moments(values, column.notation)
    return {
        _part_name(column, part): _PART_OF[part](moment).astype("float64") for part in column.parts
    }


def _categories(column: pd.Series) -> pd.Series:
    if not isinstance(column.dtype, pd.StringDtype):
        return _texts(column, MISSING_LEVEL)
    codes, distinct = pd.factorize(column)  # a missing value is numbered -1, the last of the names
    names = np.asarray([*(str(text)[:LONGEST_TEXT] for text in distinct), MISSING_LEVEL], object)
    return pd.Series(names[codes], index=column.index, dtype=object)


def _texts(column: pd.Series, missing: str = "") -> pd.Series:
    text = column.astype(object).where(column.notna(), missing)
    return text.map(str).str.slice(0, LONGEST_TEXT).astype(object)


_PREPARE: Final[dict[Use, Callable[[ColumnPlan, pd.Series], dict[str, pd.Series]]]] = {
    Use.NUMBER: lambda column, values: {column.name: _numbers(values, column.notation)},
    Use.CATEGORY: lambda column, values: {column.name: _categories(values)},
    Use.TEXT: lambda column, values: {column.name: _texts(values)},
    Use.DATE: _date_parts,
}


def prepared_names(column: ColumnPlan) -> list[str]:
    """Return the names that a planned column has after `prepare`."""
    if column.use is not Use.DATE:
        return [column.name]
    return [_part_name(column, part) for part in column.parts]


def prepare(frame: pd.DataFrame, plan: FramePlan) -> pd.DataFrame:
    """Return the frame as the models take it: finite numbers or NaN, and text.

    A planned column that the frame lacks counts as missing in every row.
    """
    prepared: dict[str, pd.Series] = {}
    empty = pd.Series(np.nan, index=frame.index, dtype="object")
    for column in plan.columns:
        values = frame.get(column.name, empty)
        prepared |= _PREPARE[column.use](column, values)
    return pd.DataFrame(prepared, index=frame.index)
