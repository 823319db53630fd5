"""Several files as one table, also where a column is of another type in one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import duckdb

from probes.sources.base import ColumnFamily, Remark, family_of, quote

_MIXING: Final = {ColumnFamily.BOOLEAN: ColumnFamily.NUMBER}
"""Families that the engine converts to one another unasked."""


def read_together(connection: duckdb.DuckDBPyConnection, parts: Sequence[str]) -> str:
    """Return a statement that reads parts as one; columns that some lack are empty there.

    A column whose types do not mix, such as dates beside numbers, is read as text: the engine
    would refuse all of it. Which file differs is a finding of the quality probe.

    Args:
        connection: that knows the parts.
        parts: what can stand behind FROM.

    Raises:
        duckdb.Error: a part cannot be read.
    """
    columns = [_kinds(connection, part) for part in parts]
    seen: dict[str, set[str]] = {}
    for kinds in columns:
        for name, kind in kinds.items():
            seen.setdefault(name.casefold(), set()).add(kind)
    apart = {name for name, kinds in seen.items() if len(kinds) > 1}
    empty = _empty(connection, parts, columns, apart)
    for name in apart:
        full = {
            kinds[one]
            for at, kinds in enumerate(columns)
            for one in kinds
            if one.casefold() == name and (at, one) not in empty
        }
        seen[name] = full
    selects = []
    for at, (part, kinds) in enumerate(zip(parts, columns, strict=True)):
        cells = []
        for name in kinds:
            if (at, name) in empty:
                cells.append(f"NULL AS {quote(name)}")
            elif len(seen[name.casefold()]) > 1:
                cells.append(f"CAST({quote(name)} AS VARCHAR) AS {quote(name)}")
        star = f"* REPLACE ({', '.join(cells)})" if cells else "*"
        selects.append(f"SELECT {star} FROM {part}")  # noqa: S608  (names are quoted)
    return " UNION ALL BY NAME ".join(selects)


def _kinds(connection: duckdb.DuckDBPyConnection, part: str) -> dict[str, str]:
    rows = connection.execute(f"DESCRIBE SELECT * FROM {part}").fetchall()  # noqa: S608  (names are quoted)
    return {str(name): _kind(str(type_name)) for name, type_name, *_ in rows}


def _kind(type_name: str) -> str:
    """Return what a type mixes with: its family; objects and lists only with their like."""
    family = family_of(type_name)
    return type_name if family is ColumnFamily.NESTED else _MIXING.get(family, family).value


def _empty(
    connection: duckdb.DuckDBPyConnection,
    parts: Sequence[str],
    columns: Sequence[dict[str, str]],
    apart: set[str],
) -> set[tuple[int, str]]:
    """Return columns, by part and name, that are text only because they hold nothing there."""
    found = set()
    for at, (part, kinds) in enumerate(zip(parts, columns, strict=True)):
        texts = [
            name
            for name, kind in kinds.items()
            if kind == ColumnFamily.TEXT.value and name.casefold() in apart
        ]
        if texts:
            counts = ", ".join(f"count({quote(name)})" for name in texts)
            filled = connection.execute(f"SELECT {counts} FROM {part}").fetchall()[0]  # noqa: S608  (names are quoted)
            found |= {(at, name) for name, count in zip(texts, filled, strict=True) if not count}
    return found


def summed(remarks: Sequence[Remark]) -> list[Remark]:
    """Return remarks on several files as those on one: how many lines, and first where."""
    codes = dict.fromkeys(remark.code for remark in remarks)
    alike = {code: [one for one in remarks if one.code == code] for code in codes}
    return [
        Remark(code, sum(one.lines for one in same), same[0].first_line)
        for code, same in alike.items()
    ]
