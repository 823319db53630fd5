"""Reads one JSON value as a model's column takes it, or refuses it by the column's name.

The same rules as `probes.baseline.columns.prepare`, for one value at a time and without pandas. Two
differences are on purpose: what cannot be read is refused rather than taken for missing, and a JSON
number is that number whatever notation the training table's texts had.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

LARGEST_NUMBER: Final = 1e30
"""As in training; beyond it a number is clipped."""
LONGEST_TEXT: Final = 2_000
MISSING_LEVEL: Final = "(missing)"
MISSING_WORDS: Final = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "?"})
"""What tables write for “not known”; a caller may as well, in any case."""

_SHOWN: Final = 40
_NAN: Final = math.nan
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - moments are compared without a zone
_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_AROUND: Final = re.compile(r"[\s\u00a0\u202f%€$£]|EUR|USD|GBP|CHF")
_THOUSANDS: Final = {"comma": ".", "point": ","}
_ISO: Final = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?)?.*", re.ASCII)
_ONE_WAY: Final = re.compile(
    r"^\d{4}[-/.]|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec", re.ASCII | re.IGNORECASE
)
_DIRECTIVES: Final = dict.fromkeys("dmHMS", r"(\d{1,2})") | {"Y": r"(\d{4})", "y": r"(\d{2})"}
COMPACT: Final = "%Y%m%d"
"""How the notations begin of dates that are written as whole numbers."""

_PIVOT: Final = 69
"""Two-digit years from it on are of the last century, as C's strptime has it."""

Reader = Callable[[Any], Any]


class FieldError(ValueError):
    """A value that a column cannot take.

    Args:
        column: its name.
        problem: what is wrong, to be read after the name.
    """

    def __init__(self, column: str, problem: str) -> None:
        super().__init__(f"{column}: {problem}")
        self.column = column
        self.problem = problem


def reader_of(column: Mapping[str, Any]) -> Reader:
    """Return the reader of a planned column: a JSON value in, what the model sees out.

    Numbers become floats, NaN where missing; categories and texts become strings; dates become a
    tuple of floats, one for each part that the model sees.

    Args:
        column: of a plan as plain data: name, use, notation, parts.
    """
    return _READERS[column["use"]](column)


def _wrong(name: str, wanted: str, value: Any) -> FieldError:
    shown = repr(value)
    if len(shown) > _SHOWN:
        shown = shown[:_SHOWN] + "…"
    return FieldError(name, f"expected {wanted}, got {shown}")


def _number_reader(column: Mapping[str, Any]) -> Reader:
    name = str(column["name"])
    thousands = _THOUSANDS.get(str(column["notation"]))

    def read(value: Any) -> float:
        if value is None:
            return _NAN
        if isinstance(value, str):
            return _number_in(name, value, thousands)
        if not isinstance(value, (int, float)):
            raise _wrong(name, "a number", value)
        return _clipped(name, value)

    return read


def _number_in(name: str, text: str, thousands: str | None) -> float:
    if text.strip().casefold() in MISSING_WORDS:
        return _NAN
    plain = text.strip()
    if thousands is not None:
        plain = _AROUND.sub("", text).replace(thousands, "").replace(",", ".")
    if len(plain) > _SHOWN or not _NUMBER.fullmatch(plain):
        raise _wrong(name, "a number", text)
    return _clipped(name, float(plain))


def _clipped(name: str, value: float) -> float:
    try:
        number = float(value)
    except OverflowError:
        raise FieldError(name, "this number is too large") from None
    if not math.isfinite(number):
        raise FieldError(name, "this number is not finite")
    return max(-LARGEST_NUMBER, min(LARGEST_NUMBER, number))


def _category_reader(column: Mapping[str, Any]) -> Reader:
    name = str(column["name"])

    def read(value: Any) -> str:
        if isinstance(value, str):
            return value[:LONGEST_TEXT]
        if value is None:
            return MISSING_LEVEL
        if isinstance(value, (int, float)):
            return str(value)[:LONGEST_TEXT]
        raise _wrong(name, "one value", value)

    return read


def _text_reader(column: Mapping[str, Any]) -> Reader:
    name = str(column["name"])

    def read(value: Any) -> str:
        if isinstance(value, str):
            return value[:LONGEST_TEXT]
        if value is None:
            return ""
        if isinstance(value, (int, float)):
            return str(value)
        raise _wrong(name, "a text", value)

    return read


def _date_reader(column: Mapping[str, Any]) -> Reader:
    name, parts = str(column["name"]), tuple(_PARTS[part] for part in column["parts"])
    notation = str(column["notation"])
    parse, is_compact = _moment_parser(notation), notation.startswith(COMPACT)
    missing = (_NAN,) * len(parts)

    def read(value: Any) -> tuple[float, ...]:
        if value is None:
            return missing
        if is_compact and isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            raise _wrong(name, "a date such as 2026-01-31", value)
        text = value.strip()
        if text.casefold() in MISSING_WORDS:
            return missing
        try:
            moment = parse(text)
        except (ValueError, OverflowError):
            raise _wrong(name, "a date such as 2026-01-31", value) from None
        return tuple([part(moment) for part in parts])

    return read


def _days(moment: datetime) -> float:
    return (moment - _EPOCH).total_seconds() / 86_400


_PARTS: Final[dict[str, Callable[[datetime], float]]] = {
    "when": _days,
    "day of week": lambda moment: float(moment.weekday()),
    "day of month": lambda moment: float(moment.day),
    "month": lambda moment: float(moment.month),
    "hour": lambda moment: float(moment.hour),
}


def _moment_parser(notation: str) -> Callable[[str], datetime]:
    return _by_notation(notation) if notation else _plain_moment


def _plain_moment(text: str) -> datetime:
    """Read an ISO moment, or a date that can be read in one way, such as “5 Jan 2026”.

    Not “05.06.2026”: the training table's reader knew whether that is in May.
    """
    if _ISO.fullmatch(text):
        return _without_zone(datetime.fromisoformat(text))
    if len(text) > _SHOWN or not _ONE_WAY.search(text) or not any(map(str.isdigit, text)):
        raise ValueError(text)
    from dateutil import parser

    return _without_zone(parser.parse(text, default=datetime(1, 1, 1)))  # noqa: DTZ001 - see _EPOCH


def _without_zone(moment: datetime) -> datetime:
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


def _by_notation(notation: str) -> Callable[[str], datetime]:
    """Return a parser of one strptime notation: ten times as fast, and the same dates."""
    letters = re.findall(r"%(.)", notation)
    shape = re.compile(
        re.sub(r"%(.)", lambda found: _DIRECTIVES[found[1]], re.escape(notation)), re.ASCII
    )

    def parse(text: str) -> datetime:
        found = shape.fullmatch(text)
        if found is None:
            return _plain_iso(text)
        part = dict(zip(letters, map(int, found.groups()), strict=True))
        year = part["Y"] if "Y" in part else part["y"] + (1900 if part["y"] >= _PIVOT else 2000)
        clock = [part.get(letter, 0) for letter in "HMS"]
        return datetime(year, part["m"], part["d"], *clock)  # noqa: DTZ001 - see _EPOCH

    return parse


def _plain_iso(text: str) -> datetime:
    """Read an ISO date, which is taken whatever notation the training table had."""
    if not _ISO.fullmatch(text):
        raise ValueError(text)
    return _without_zone(datetime.fromisoformat(text))


_READERS: Final[dict[str, Callable[[Mapping[str, Any]], Reader]]] = {
    "number": _number_reader,
    "category": _category_reader,
    "text": _text_reader,
    "date": _date_reader,
}


def positions(columns: Sequence[Mapping[str, Any]]) -> list[int]:
    """Return how many prepared values each column has: one, or one for each part of a date."""
    return [len(one["parts"]) if one["use"] == "date" else 1 for one in columns]
