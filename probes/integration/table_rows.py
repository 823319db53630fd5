"""Made-up rows that the types of a table's columns take."""

from __future__ import annotations

import datetime
import decimal
import uuid
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

_FAR: Final = 29_400
"""A place whose numbers are rare as keys, fit the smallest types, and make a share of 0.5."""


def example_rows(real: sa.Table, count: int) -> list[dict[str, Any]]:
    """Return rows that the columns' types take; numbers rise, so that keys differ."""
    columns = [one for one in real.columns if one.computed is None]
    return [{one.name: value_of(one.type, place) for one in columns} for place in range(count)]


def example_row(real: sa.Table) -> dict[str, Any]:
    """Return one row for the real table, without what the database fills or looks up itself."""
    columns = [one for one in real.columns if one.computed is None and one.identity is None]
    return {
        one.name: value_of(one.type, _FAR)
        for one in columns
        if not (one.nullable and one.foreign_keys)
    }


def value_of(kind: Any, place: int) -> Any:
    """Return a value that a type takes, another one for another place; None for unknown types."""
    if isinstance(kind, mysql.SET):
        return next(iter(kind.values), "")
    if isinstance(kind, sa.Enum):
        return kind.enums[place % len(kind.enums)] if kind.enums else None
    if isinstance(kind, sa.String):
        text = f"test{place}"
        return text[-kind.length :] if kind.length else text
    if isinstance(kind, sa.Numeric | sa.Float) and kind.asdecimal:
        whole = 10 ** max(0, (kind.precision or 6) - (kind.scale or 0))
        return decimal.Decimal(place % whole)
    return next((make(place) for base, make in _VALUES if isinstance(kind, base)), None)


_DAY: Final = datetime.date(2026, 1, 5)
_MOMENT: Final = datetime.datetime(2026, 1, 5, 9, tzinfo=datetime.UTC)
_SMALL: Final = 32_000
_TINY: Final = 100
_VALUES: Final[tuple[tuple[Any, Any], ...]] = (
    (sa.Boolean, lambda place: place % 2 == 0),
    (mysql.TINYINT, lambda place: place % _TINY),
    (mysql.YEAR, lambda place: 2000 + place % _TINY),
    (sa.SmallInteger, lambda place: place % _SMALL),
    (sa.Integer, lambda place: place),
    (sa.Numeric | sa.Float, lambda place: 0.5 + place % 7),
    (mysql.BIT, lambda place: place % 2),
    (sa.DateTime, lambda place: _MOMENT + datetime.timedelta(seconds=place)),
    (sa.Date, lambda place: _DAY + datetime.timedelta(days=place % 365)),
    (sa.Time, lambda _place: datetime.time(9)),
    (sa.Interval, lambda place: datetime.timedelta(seconds=place)),
    (sa.UUID, lambda place: uuid.UUID(int=place)),
    (sa.JSON, lambda _place: {"test": True}),
    (sa.LargeBinary | sa.BINARY | sa.VARBINARY, lambda place: str(place).encode()),
)
