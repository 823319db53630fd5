"""Copy SQLite tables, which DuckDB cannot read in place, into a working database."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from probes.sources.base import quote
from probes.sources.texts import say

CHUNK_ROWS = 50_000
CHUNK_BYTES = 64 * 1024 * 1024


class BrokenViewError(OSError):
    """A view that its own database cannot answer; the text names it."""


@contextlib.contextmanager
def _sqlite(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a file for one look at it: what others write meanwhile is not seen."""
    place = f"file:{path.resolve().as_posix()}?mode=ro"
    try:
        with contextlib.closing(sqlite3.connect(place, uri=True, timeout=10)) as connection:
            connection.text_factory = lambda raw: raw.decode("utf-8", errors="replace")
            connection.execute("BEGIN")
            yield connection
    except sqlite3.DatabaseError as error:
        raise OSError(str(error)) from error


def sqlite_tables(path: Path) -> list[str]:
    """Return the tables and views of a SQLite file.

    Raises:
        OSError: it is not one, or is locked.
    """
    with _sqlite(path) as connection:
        rows = connection.execute(
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') "
            "AND name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY name"
        )
        return [row[0] for row in rows]


def load_sqlite(
    connection: duckdb.DuckDBPyConnection, table: str, path: Path, row_limit: int | None
) -> str:
    """Copy a SQLite table, typed by what its cells hold rather than by what was declared.

    Raises:
        OSError: the file cannot be read.
    """
    with _sqlite(path) as source:
        _check_view(source, table)
        described = source.execute(f"PRAGMA table_info({quote(table)})").fetchall()
        names = [row[1] for row in described]
        shapes = _sqlite_shapes(source, table, names)
        types = [
            _sqlite_type(shape, row[2] or "") for shape, row in zip(shapes, described, strict=True)
        ]
        chunk = _chunk_rows(shapes)
        limit = f" LIMIT {row_limit}" if row_limit else ""
        cells = ", ".join(quote(name) for name in names)
        cursor = source.execute(f"SELECT {cells} FROM {quote(table)}{limit}")  # noqa: S608  (names are quoted)
        create_table(connection, table, names, types)
        for block in iter(lambda: cursor.fetchmany(chunk), []):
            append_rows(connection, table, names, types, block)
    _dates_of_text(connection, table, names, [row[2] or "" for row in described])
    return quote(table)


def _check_view(source: sqlite3.Connection, table: str) -> None:
    try:
        source.execute(f"SELECT * FROM {quote(table)} LIMIT 0")  # noqa: S608  (names are quoted)
    except sqlite3.OperationalError as broken:
        if re.search("no such (table|column|function)", str(broken)):
            raise BrokenViewError(say("view_of_gone", table=table)) from broken
        raise


def _sqlite_shapes(
    source: sqlite3.Connection, table: str, names: Sequence[str]
) -> list[tuple[int, int, int, int, int]]:
    """Count each column's integers, reals, texts and blobs, and its longest cell."""
    shapes: list[tuple[int, int, int, int, int]] = []
    for start in range(0, len(names), 200):
        parts = []
        for name in names[start : start + 200]:
            kind = f"typeof({quote(name)})"
            parts += [f"sum({kind}='{form}')" for form in ("integer", "real", "text", "blob")]
            parts.append(f"max(length({quote(name)}))")
        row = source.execute(f"SELECT {', '.join(parts)} FROM {quote(table)}").fetchone()  # noqa: S608  (names are quoted)
        numbers = [int(value or 0) for value in row]
        shapes += [tuple(numbers[at : at + 5]) for at in range(0, len(numbers), 5)]  # type: ignore[misc]  # five figures a column
    return shapes


def _sqlite_type(shape: tuple[int, int, int, int, int], declared: str) -> str:
    integers, reals, texts, blobs, _ = shape
    if blobs:
        return "BLOB"
    if texts:
        return "VARCHAR"
    if reals:
        return "DOUBLE"
    if re.search("BOOL", declared, re.IGNORECASE):
        return "BOOLEAN"
    return "BIGINT" if integers else "VARCHAR"


def _chunk_rows(shapes: Sequence[tuple[int, int, int, int, int]]) -> int:
    widest = sum(shape[4] for shape in shapes) + 64 * len(shapes)
    return max(1, min(CHUNK_ROWS, CHUNK_BYTES // max(1, widest)))


def create_table(
    connection: duckdb.DuckDBPyConnection, table: str, names: Sequence[str], types: Sequence[str]
) -> None:
    """Create a table of these columns, their names made distinct."""
    unique = list(zip(distinct_names(names), types, strict=True))
    columns = ", ".join(f"{quote(name)} {kind}" for name, kind in unique)
    connection.execute(f"CREATE TABLE {quote(table)} ({columns or 'nothing VARCHAR'})")


def append_rows(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    names: Sequence[str],
    types: Sequence[str],
    block: Sequence[Sequence[Any]],
) -> None:
    """Append rows of Python values to a table of these columns."""
    columns = {
        f"c{at}": pd.Series([_cell(row[at], kind) for row in block], dtype=_PANDAS[kind])
        for at, kind in enumerate(types[: len(names)])
    }
    connection.register("block", pd.DataFrame(columns))
    connection.execute(f"INSERT INTO {quote(table)} SELECT * FROM block")  # noqa: S608  (names are quoted)
    connection.unregister("block")


_PANDAS = {
    "BIGINT": "Int64",
    "DOUBLE": "float64",
    "VARCHAR": "object",
    "BLOB": "object",
    "BOOLEAN": "boolean",
    "TIMESTAMP": "datetime64[us]",
}
_CELLS: dict[str, Any] = {
    "VARCHAR": lambda value: value if isinstance(value, str) else _as_text(value),
    "BLOB": lambda value: value if isinstance(value, bytes) else str(value).encode(),
    "BOOLEAN": bool,
}


def _cell(value: Any, kind: str) -> Any:
    if value is None:
        return None
    return _CELLS[kind](value) if kind in _CELLS else value


def _as_text(value: Any) -> str:
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else str(value)


def _dates_of_text(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    names: Sequence[str],
    declared: Sequence[str],
) -> None:
    """Turn columns declared as dates into timestamps where every cell reads as one."""
    for name, kind in zip(distinct_names(names), declared, strict=True):
        if not re.search("DATE|TIMESTAMP", kind, re.IGNORECASE):
            continue
        with contextlib.suppress(duckdb.Error):
            connection.execute(f"ALTER TABLE {quote(table)} ALTER {quote(name)} TYPE TIMESTAMP")


def distinct_names(names: Sequence[str]) -> list[str]:
    """Return the names, blank ones given and later twins numbered; engines ignore their case."""
    seen: dict[str, int] = {}
    distinct = []
    for name in (given or f"column_{at}" for at, given in enumerate(names, start=1)):
        count = seen.get(name.lower(), 0)
        seen[name.lower()] = count + 1
        distinct.append(f"{name}_{count + 1}" if count else name)
    return distinct
