"""Copy sheets of Excel workbooks: titles passed over, merged cells filled, margins dropped."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Collection, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO, Final
from xml.etree.ElementTree import ParseError

import duckdb

from probes.sources.base import quote
from probes.sources.loading import CHUNK_ROWS, append_rows, create_table
from probes.sources.text_bytes import LockedFileError, refuse_other_formats

HEADER_ROWS: Final = 10
HEADER_FILLED: Final = 0.5
LOOKED_AT: Final = 50
READ_BYTES: Final = 1 << 20
DIRECTORY_BYTES: Final = 4096
_FURTHEST: Final = 1 << 40
_COMPOUND: Final = b"\xd0\xcf\x11\xe0"
"""How .xls files begin, and .xlsx files that have a password."""

_LOCKED: Final = "EncryptedPackage".encode("utf-16-le")
_MERGED: Final = re.compile(rb'<mergeCell\b[^>]*\bref="([A-Z]+[0-9]+:[A-Z]+[0-9]+)"')
Merged = tuple[int, int, int, int]
"""First column and row, last column and row; from one."""
Row = tuple[Any, ...]


def sheet_names(path: Path) -> list[str]:
    """Return the sheets of a workbook that hold anything; all, where none does.

    Raises:
        OSError: it is not one.
    """
    book = _workbook(path)
    names = [sheet.title for sheet in book.worksheets]
    filled = [name for name in names if _holds_anything(book[name])]
    return filled or names


def _holds_anything(sheet: Any) -> bool:
    rows = islice(sheet.iter_rows(values_only=True), LOOKED_AT)
    return any(cell is not None for row in rows for cell in row)


def _directory(file: BinaryIO, head: bytes) -> bytes:
    """Return the beginning of a compound file's directory, which names its streams."""
    sector, place = (
        1 << int.from_bytes(head[30:32], "little"),
        int.from_bytes(head[48:52], "little"),
    )
    file.seek(min((place + 1) * sector, _FURTHEST))
    return file.read(DIRECTORY_BYTES)


def _workbook(path: Path) -> Any:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    with path.open("rb") as file:
        head = file.read(512)
        if head.startswith(_COMPOUND) and _LOCKED in _directory(file, head):
            raise LockedFileError
    if not head.startswith(b"PK"):
        refuse_other_formats(head)
    try:
        return load_workbook(path, read_only=True, data_only=True)
    # What openpyxl raises on parts of a workbook that it does not know, beside its own errors.
    except (InvalidFileException, LookupError, ValueError, AttributeError, TypeError) as error:
        raise OSError(str(error)) from error
    except ParseError as error:
        raise OSError(str(error)) from error


def load_sheet(connection: duckdb.DuckDBPyConnection, table: str, sheet: str, path: Path) -> str:
    """Copy a sheet into the working database; return the SQL that names the copy.

    Args:
        connection: to the working database.
        table: the name it gets there.
        sheet: of the workbook.
        path: of the workbook.

    Raises:
        OSError: it cannot be read.
    """
    page = _workbook(path)[sheet]
    merged = _merged_cells(path, page)
    filled = _filled(page.iter_rows(values_only=True), merged)
    numbered = (
        (at, row) for at, row in enumerate(filled, 1) if any(cell is not None for cell in row)
    )
    names, rows = _header(numbered, {area[1] for area in merged if area[2] > area[0]})
    block = [tuple(row[: len(names)]) + (None,) * (len(names) - len(row)) for row in rows]
    kinds = [{type(row[at]) for row in block} - {type(None)} for at in range(len(names))]
    # A column without a name and without a value is a margin.
    kept = [at for at, name in enumerate(names) if name or kinds[at]]
    titles = [names[at] or f"column_{at + 1}" for at in kept]
    types = [_excel_type(kinds[at]) for at in kept]
    create_table(connection, table, titles, types)
    for start in range(0, len(block) if titles else 0, CHUNK_ROWS):
        part = [tuple(row[at] for at in kept) for row in block[start : start + CHUNK_ROWS]]
        append_rows(connection, table, titles, types, part)
    return quote(table)


def _merged_cells(path: Path, page: Any) -> list[Merged]:
    """Return a sheet's merged cells, which openpyxl does not tell of when it reads row by row."""
    place = str(getattr(page, "_worksheet_path", "")).lstrip("/")
    found: list[Merged] = []
    try:
        with zipfile.ZipFile(path) as archive, archive.open(place) as sheet:
            held = b""
            while block := sheet.read(READ_BYTES):
                held = held[-256:] + block
                found += [_area(ref.decode()) for ref in _MERGED.findall(held)]
    except (KeyError, zipfile.BadZipFile):
        return []
    return list(dict.fromkeys(found))


def _area(text: str) -> Merged:
    from openpyxl.utils import range_boundaries

    left, top, right, bottom = range_boundaries(text)
    return int(left or 1), int(top or 1), int(right or 1), int(bottom or 1)


def _filled(rows: Iterator[Row], merged: Sequence[Merged]) -> Iterator[Row]:
    """Give each cell that is merged with ones above it their value; those beside stay empty.

    A title over several columns is one cell; a region over several rows is meant for each.
    """
    tall = [area for area in merged if area[3] > area[1]]
    values: dict[Merged, Any] = {}
    for number, row in enumerate(rows, 1):
        under = [area for area in tall if area[1] <= number <= area[3]]
        if not under:
            yield row
            continue
        cells = list(row)
        for area in under:
            at = area[0] - 1
            if at >= len(cells):
                continue
            if number == area[1]:
                values[area] = cells[at]
            else:
                cells[at] = values.get(area)
        yield tuple(cells)


def _header(
    numbered: Iterator[tuple[int, Row]], grouped: Collection[int]
) -> tuple[list[str], Iterator[Row]]:
    """Return the columns' names and the rows below them.

    The header is the first row that is about as filled as those around it; a row above it, or
    itself where it is merged over columns, may name groups of columns.

    Args:
        numbered: a sheet's rows that hold anything, with their numbers.
        grouped: numbers of rows with a cell that is merged over several columns.
    """
    first = list(islice(numbered, HEADER_ROWS))
    counts = [sum(cell is not None for cell in row) for _, row in first]
    least = HEADER_FILLED * max(counts, default=0)
    at = next((at for at, count in enumerate(counts) if count >= least), 0)
    groups: Row = ()
    if at + 1 < len(first) and first[at][0] in grouped and _is_text(first[at + 1][1]):
        groups, at = first[at][1], at + 1
    elif at and first and _has_twins(first[at][1]):
        groups = first[at - 1][1]
    below = chain((row for _, row in first[at + 1 :]), (row for _, row in numbered))
    return _named(groups, first[at][1] if first else ()), below


def _is_text(row: Row) -> bool:
    return all(isinstance(cell, str | None) for cell in row)


def _has_twins(row: Row) -> bool:
    names = [_text(cell) for cell in row if cell is not None]
    return len(set(names)) < len(names)


def _named(groups: Row, header: Row) -> list[str]:
    names, group = [], ""
    for at, cell in enumerate(header):
        group = _text(groups[at] if at < len(groups) else None) or group
        name = _text(cell)
        names.append(name if name == group or not name else f"{group} {name}".strip())
    return names


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell).strip()


def _excel_type(kinds: set[type]) -> str:
    names = {kind.__name__ for kind in kinds}
    for family, engine_type in (
        ({"bool"}, "BOOLEAN"),
        ({"int"}, "BIGINT"),
        ({"int", "float"}, "DOUBLE"),
        ({"datetime"}, "TIMESTAMP"),
    ):
        if names and names <= family:
            return engine_type
    return "VARCHAR"
