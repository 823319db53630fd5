"""Asking for many rows at once, in a statement that stays the same however many there are."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ARRAY, JSON, ColumnElement, any_, bindparam, func, select
from sqlalchemy.orm import InstrumentedAttribute


def in_array(
    dialect: str, column: ColumnElement[Any] | InstrumentedAttribute[Any], values: str
) -> ColumnElement[bool]:
    """Return whether a column is one of many values.

    They go over as one array, on SQLite as one list in JSON: written out they would make another
    statement for each length, to be put together, read and planned anew.

    Args:
        dialect: the name of the database's dialect.
        column: what is compared.
        values: the name under which the statement is given them.
    """
    if dialect == "postgresql":
        return column == any_(bindparam(values, type_=ARRAY(column.type)))
    each = func.json_each(bindparam(values, type_=JSON)).table_valued("value")
    return column.in_(select(each.c.value))
