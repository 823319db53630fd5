"""Copy CSV and JSON into a working database.

Whatever had to be bent on the way is a remark, which the quality probe turns into a finding.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from probes.sources.base import Remark, quote
from probes.sources.json_shapes import readable_lines
from probes.sources.loading import distinct_names
from probes.sources.text_bytes import PlainText
from probes.sources.text_layout import Layout, layout_of, rewritten

MISSING_MARKS = ("", "NA", "NaN", "nan", "NULL", "null", "\\N")
"""What CSV writers leave for nothing; anything else that looks like it is a finding."""

USUAL_LINE_BYTES = 2_000_000
"""What DuckDB takes unasked; over it, it says so at great length: 13 s for a line of 50 MB."""

LONG_LINE_BYTES = 128 * 1024 * 1024
LONG_OBJECT_BYTES = 64 * 1024 * 1024
BLANK_BYTES = 4096
FLATTENED_DEPTH = 4
FLATTENED_COLUMNS = 2_000
"""An object of more parts than this is keyed by values, and stays one column."""

_STRICT = {"sample_size": "200000"}
_WHOLE_FILE = {"sample_size": "-1"}
_LONG_LINES = {"max_line_size": str(LONG_LINE_BYTES), "parallel": "false", "sample_size": "20"}
_REJECTING = {"ignore_errors": "true", "store_rejects": "true", "header": "true"}
_LOOSE = {
    "ignore_errors": "true",
    "store_rejects": "true",
    "strict_mode": "false",
    "null_padding": "true",
    "parallel": "false",
}


_BENT_FURTHER = (
    duckdb.InvalidInputException,
    duckdb.ConversionException,
    duckdb.OutOfMemoryException,
)
"""What the next step of the ladder may still read."""

_LADDER: tuple[dict[str, str], ...] = (
    {},
    _WHOLE_FILE,
    _LONG_LINES,
    _REJECTING,
    _LOOSE,
    _LOOSE | {"all_varchar": "true"},
)
"""How a file is read: the first way that works; each step bends more."""


class LongLineError(OSError):
    """A line is longer than can be read; the text says how long."""


class NoColumnsError(OSError):
    """Every line is as long and nothing divides it into columns."""


def load_csv(
    connection: duckdb.DuckDBPyConnection, table: str, text: PlainText, work: Path
) -> list[Remark]:
    """Copy a CSV file, loosening the reading step by step; return what had to be bent.

    Args:
        connection: to the working database.
        table: the name it gets there.
        text: where the file stands in plain UTF-8.
        work: a folder for a copy that the engine can divide into columns.

    Raises:
        LongLineError: a line is longer than the engine can hold.
        NoColumnsError: its columns have fixed widths that nothing tells.
        duckdb.Error: it cannot be read even loosely.
    """
    if text.longest_line > LONG_LINE_BYTES:
        raise LongLineError(f"{text.longest_line // 1_000_000:,} MB")
    if _is_blank(text.path):
        connection.execute(f"CREATE TABLE {quote(table)} (nothing VARCHAR)")
        return [Remark("file_empty")]
    long_lines = text.longest_line > USUAL_LINE_BYTES
    ladder = _LADDER[_LADDER.index(_LONG_LINES) :] if long_lines else _LADDER
    layout = Layout() if long_lines else layout_of(text.path)
    if layout.is_padded:
        raise NoColumnsError
    if not (layout.edges or layout.blanks):
        remarks = _climb(connection, table, text.path, ladder, _options_of(layout), layout)
        if layout.open_header:
            _drop_last(connection, table)
        return remarks
    copy = rewritten(text.path, layout, work / "divided.csv")
    try:
        return _climb(connection, table, copy, ladder, {"delim": "','"} | _decimals_of(layout))
    finally:
        copy.unlink()


def _decimals_of(layout: Layout) -> dict[str, str]:
    return {"decimal_separator": "','", "thousands": "'.'"} if layout.decimal_comma else {}


def _options_of(layout: Layout) -> dict[str, str]:
    options: dict[str, str] = {}
    if layout.delimiter:
        options["delim"] = f"'{layout.delimiter}'"
    if layout.skip:
        options |= {"skip": str(layout.skip), "header": "true"}
    if layout.open_header:
        options |= {"null_padding": "true", "header": "true", "parallel": "false"}
    options |= _decimals_of(layout)
    return options


def _climb(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    path: Path,
    ladder: Sequence[dict[str, str]],
    advice: dict[str, str],
    layout: Layout | None = None,
) -> list[Remark]:
    options = _STRICT | advice
    for loosened in ladder:
        try:
            _copy_csv(connection, table, path, options | loosened)
        except _BENT_FURTHER as error:
            if "INTERRUPT" in str(error) or loosened.get("all_varchar"):
                raise
            continue
        delimiter = _swallowed_delimiter(connection, table)
        if delimiter and "delim" not in options:
            options["delim"] = f"'{delimiter}'"
            continue
        if layout and layout.usual and "skip" not in options:
            columns = len(connection.execute(f"DESCRIBE {quote(table)}").fetchall())
            if columns < layout.width:  # it took a small table below the rows for the whole
                options |= {"delim": f"'{layout.usual}'", "skip": "0", "header": "true"}
                continue
        return _rejected(connection) if "store_rejects" in loosened else []
    return []


def _drop_last(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Drop the column without a name or a value that an open header makes."""
    last = connection.execute(f"DESCRIBE {quote(table)}").fetchall()[-1][0]
    filled = connection.execute(f"SELECT count({quote(last)}) FROM {quote(table)}").fetchall()  # noqa: S608  (names are quoted)
    if not filled[0][0]:
        connection.execute(f"ALTER TABLE {quote(table)} DROP COLUMN {quote(last)}")


def _copy_csv(
    connection: duckdb.DuckDBPyConnection, table: str, path: Path, options: dict[str, str]
) -> None:
    marks = ", ".join("'" + mark + "'" for mark in MISSING_MARKS)
    extra = "".join(f", {key}={value}" for key, value in options.items())
    place = str(path).replace("'", "''")
    for leftover in (table, "reject_errors", "reject_scans"):
        connection.execute(f"DROP TABLE IF EXISTS {quote(leftover)}")
    connection.execute(
        f"CREATE TABLE {quote(table)} AS SELECT * FROM "  # noqa: S608  (the name is quoted, the path escaped)
        f"read_csv('{place}', nullstr=[{marks}]{extra})"
    )


def _swallowed_delimiter(connection: duckdb.DuckDBPyConnection, table: str) -> str | None:
    """Return the delimiter inside an only column's name: a torn line made the sniffer give up."""
    names = [row[0] for row in connection.execute(f"DESCRIBE {quote(table)}").fetchall()]
    only = names[0] if len(names) == 1 else ""
    return next((mark for mark in (",", ";", "\t", "|") if mark in only), None)


def _rejected(connection: duckdb.DuckDBPyConnection) -> list[Remark]:
    count, first = connection.execute(
        "SELECT count(DISTINCT line), min(line) FROM reject_errors"
    ).fetchall()[0]
    return [Remark("unreadable_lines", int(count), int(first))] if count else []


def _is_blank(path: Path) -> bool:
    size = path.stat().st_size
    if size > BLANK_BYTES:
        return False
    return not path.read_bytes().removeprefix(codecs.BOM_UTF8).strip()


def load_json(
    connection: duckdb.DuckDBPyConnection, table: str, path: Path, work: Path
) -> list[Remark]:
    """Copy a JSON file, its nested objects as columns of their own; return what had to be left out.

    There is room for long objects only where one asks for it: the room is held.

    Args:
        connection: to the working database.
        table: the name it gets there.
        path: of the file, in UTF-8.
        work: a folder for a copy without the lines that are no JSON.

    Raises:
        duckdb.Error: it cannot be read.
        OSError: hardly any of its lines is JSON.
    """
    if _is_blank(path):
        connection.execute(f"CREATE TABLE {quote(table)} (nothing VARCHAR)")
        return [Remark("file_empty")]
    try:
        _copy_any_json(connection, table, path)
    except duckdb.InvalidInputException:
        copy = work / "lines.jsonl"
        torn = readable_lines(path, copy)
        try:
            _copy_any_json(connection, table, copy)
        finally:
            copy.unlink()
        return torn.remarks("unreadable_lines")
    return []


def _copy_any_json(connection: duckdb.DuckDBPyConnection, table: str, path: Path) -> None:
    try:
        _copy_json(connection, table, path, "")
    except duckdb.InvalidInputException as error:
        if "maximum_object_size" not in str(error):
            raise
        _copy_json(connection, table, path, f", maximum_object_size={LONG_OBJECT_BYTES}")


def _copy_json(connection: duckdb.DuckDBPyConnection, table: str, path: Path, options: str) -> None:
    place = str(path).replace("'", "''")
    reading = f"read_json_auto('{place}', map_inference_threshold=-1{options})"
    columns = _flat_columns(connection, reading)
    connection.execute(f"CREATE OR REPLACE TABLE {quote(table)} AS SELECT {columns} FROM {reading}")  # noqa: S608  (names are quoted, the path escaped)


def _flat_columns(connection: duckdb.DuckDBPyConnection, reading: str) -> str:
    """Return SQL for a document's columns: a nested object's parts by `outer.inner` names."""
    described = connection.execute(f"SELECT * FROM {reading} LIMIT 0")  # noqa: S608  (the path is escaped)
    cells: list[tuple[str, str]] = []
    for name, kind in zip(
        [column[0] for column in described.description], described_types(described), strict=True
    ):
        cells += _flat(quote(name), name, kind, FLATTENED_DEPTH)
    if len(cells) > FLATTENED_COLUMNS:
        return "*"
    names = distinct_names([name for name, _ in cells])
    return ", ".join(
        f"{cell} AS {quote(name)}" for (_, cell), name in zip(cells, names, strict=True)
    )


def described_types(relation: duckdb.DuckDBPyConnection) -> list[Any]:
    """Return the engine's types of a result's columns."""
    return [column[1] for column in relation.description]


def _flat(cell: str, name: str, kind: Any, depth: int) -> list[tuple[str, str]]:
    if str(kind) == "JSON":  # numbers and texts mixed: the text of each
        return [(name, f"({cell} ->> '$')")]
    if getattr(kind, "id", "") != "struct" or not depth:
        return [(name, cell)]
    parts: list[tuple[str, str]] = []
    for inner, inner_kind in kind.children:
        parts += _flat(f"{cell}.{quote(inner)}", f"{name}.{inner}", inner_kind, depth - 1)
    return parts
