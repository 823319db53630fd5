"""In which notation a column's texts write numbers and dates; decided once, kept with the plan.

A single text such as “5.1.2024” or “1.234” can be read in several ways, a whole column seldom can.
"""

from __future__ import annotations

import re
import warnings
from typing import Final

import numpy as np
import pandas as pd

PLAIN: Final = ""
"""As Python and ISO write it."""

COMMA: Final = "comma"
"""A comma before the decimals, points between thousands: 1.234,5."""

POINT: Final = "point"
"""A point before the decimals, commas between thousands: 1,234.5."""

COMPACT: Final = ("%Y%m%d", "%Y%m%d%H%M%S")
"""Dates as whole numbers, as warehouses keep them: 20260105."""

_READABLE: Final = 0.95
_COMPACT_DAY: Final = r"(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])"
_EARLIEST, _LATEST = 19_000_101, 20_991_231_235_959
_COMPACT_SHAPES: Final = {
    COMPACT[0]: re.compile(_COMPACT_DAY),
    COMPACT[1]: re.compile(_COMPACT_DAY + r"([01]\d|2[0-3])([0-5]\d){2}"),
}
_AROUND: Final = r"[\s\u00a0\u202f%€$£]|(?:EUR|USD|GBP|CHF)"
_SHAPES: Final = {
    POINT: re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?"),
    COMMA: re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?"),
}
_LOOKS_LIKE_DATE: Final = r"\d{1,4}[-/.]\d{1,2}"
_DAYS: Final = ("%d.%m.%Y", "%d.%m.%y", "%m/%d/%Y", "%d/%m/%Y", "%m/%d/%y", "%d-%m-%Y", "%Y/%m/%d")
_CLOCKS: Final = ("", " %H:%M", " %H:%M:%S")
_DATE_NOTATIONS: Final = tuple(day + clock for day in _DAYS for clock in _CLOCKS)


def number_notation(texts: pd.Series) -> str | None:
    """Return the notation in which nearly all texts are numbers, or none."""
    if _share(read_numbers(texts, PLAIN)) >= _READABLE:
        return PLAIN
    bare = _bare(texts)
    fitting = (
        notation
        for notation, shape in _SHAPES.items()
        if float(bare.map(lambda text, shape=shape: bool(shape.fullmatch(text))).mean())
        >= _READABLE
    )
    return next(fitting, None)


def date_notation(texts: pd.Series) -> str | None:
    """Return the notation in which nearly all texts are dates, or none."""
    text = texts.astype(str)
    if text.str.contains(_LOOKS_LIKE_DATE).mean() < _READABLE:
        return None
    iso = text.str.match(r"\s*\d{4}-").mean() >= _READABLE
    tried = (PLAIN,) if iso else (*_DATE_NOTATIONS, PLAIN)
    return next((one for one in tried if _share(read_moments(texts, one)) >= _READABLE), None)


def compact_notation(values: pd.Series) -> str | None:
    """Return the notation in which nearly all whole numbers are dates, or none."""
    if pd.api.types.is_numeric_dtype(values) and not _EARLIEST <= values.median() <= _LATEST:
        return None
    digits = _digits(values)
    fitting = (
        notation
        for notation, shape in _COMPACT_SHAPES.items()
        if float(digits.str.fullmatch(shape).mean()) >= _READABLE
    )
    return next(fitting, None)


def _digits(values: pd.Series) -> pd.Series:
    """Return numbers as they are written; with gaps in it a column holds 20260105.0."""
    if pd.api.types.is_float_dtype(values):
        return values.map("{:.0f}".format)
    return values.astype("str").str.strip().str.removesuffix(".0")


def _share(values: pd.Series) -> float:
    return float(values.notna().mean())


def _bare(texts: pd.Series) -> pd.Series:
    return texts.astype(str).str.replace(_AROUND, "", regex=True)


def read_numbers(column: pd.Series, notation: str) -> pd.Series:
    """Return a column as numbers; what cannot be read is missing."""
    if notation and not pd.api.types.is_numeric_dtype(column):
        text = _bare(column.where(column.notna(), ""))
        text = text.str.replace("." if notation == COMMA else ",", "", regex=False)
        column = text.str.replace(",", ".", regex=False)
    numbers = pd.to_numeric(column, errors="coerce")
    values = np.asarray(numbers.to_numpy(dtype="float64", na_value=np.nan), dtype="float64")
    return pd.Series(np.where(np.isinf(values), np.nan, values), index=column.index)


def read_moments(column: pd.Series, notation: str) -> pd.Series:
    """Return a column as moments without a zone, UTC where it had one; unreadable ones are NaT."""
    if not pd.api.types.is_datetime64_any_dtype(column):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # pandas warns of each unknown notation
            text = _digits(column) if notation in COMPACT else column.astype("str").str.strip()
            column = pd.to_datetime(text, errors="coerce", utc=True, format=notation or None)
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = column.dt.tz_convert("UTC").dt.tz_localize(None)
    return column
