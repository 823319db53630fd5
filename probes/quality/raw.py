"""A CSV file as it is written: reading it loses offsets of times, their order and odd rows."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.kinds import SourceKind
from probes.quality.codes import coded_finding, shown
from probes.quality.view import View
from probes.sources import ColumnFamily, quote
from probes.sources.loading_text import MISSING_MARKS
from probes.sources.text_bytes import LETTER_BYTES, wide_encoding

if TYPE_CHECKING:
    import pandas as pd

RAW_ROWS = 40_000
HEAD_LINES = 30
TAIL_BYTES = 4_000
NUMBERS_LEAST = 5
NUMBER = re.compile(r"[+-]?\d[\d.,' ]*")


def csv_path(view: View) -> Path | None:
    """Return the CSV file that the table was read from, if it is one plain file."""
    settings = view.facts.source.settings
    if settings.path is None:
        return None
    if settings.kind is SourceKind.CSV and settings.path.suffix.lower() in {".csv", ".tsv", ".txt"}:
        return settings.path
    if settings.kind is SourceKind.FOLDER:
        inside = settings.path / f"{view.facts.table}.csv"
        return inside if inside.is_file() else None
    return None


def around_findings(view: View) -> Iterator[Finding]:
    """Look at the file's own first and last lines: a reader leaves titles and notes out unasked."""
    path = csv_path(view)
    if path is None:
        return
    with path.open("rb") as file:
        begin = file.read(64_000)
        encoding = _encoding(begin)
        head = begin.decode(encoding, errors="replace").lstrip("\ufeff").splitlines()[:HEAD_LINES]
        size = file.seek(0, 2)
        file.seek(max(0, size - TAIL_BYTES) // LETTER_BYTES * LETTER_BYTES)
        tail = file.read().decode(encoding, errors="replace").splitlines()
    names = list(view.facts.columns)
    if len(names) < 2:
        return
    at = next(
        (n for n, line in enumerate(head) if all(name.strip() in line for name in names)), None
    )
    if at:
        yield coded_finding(FindingLevel.SLOWS, "title_lines", lines=at)
    mark = max(",;\t|", key=lambda m: sum(line.count(m) for line in head))
    yield from _names_twice(head[at or 0] if head else "", mark, names)
    yield from units_under_names(head[(at or 0) + 1 :], mark, names)
    body = [_marks(line, mark) for line in head if line.strip()]
    usual = max(set(body), key=body.count) if body else 0
    if usual < 1 or any(line.count('"') % 2 for line in tail[-5:]):
        return
    lines = tail[1:] if size > TAIL_BYTES else tail[(at or 0) + 1 :]
    padded = not any(_says_one_thing(line, mark) for line in head[(at or 0) + 1 :])
    below = 0
    for line in reversed(lines):
        if _marks(line, mark) >= usual and not (padded and _says_one_thing(line, mark)):
            break
        below += bool(line.strip())
    if 0 < below <= 20 and below < len(lines):
        yield coded_finding(FindingLevel.SLOWS, "footer_lines", lines=below)


def _marks(line: str, mark: str) -> int:
    """Return how many marks divide a line into cells; those within quotes divide nothing."""
    return (
        line.count(mark) if '"' not in line else len(next(csv.reader([line], delimiter=mark))) - 1
    )


def _says_one_thing(line: str, mark: str) -> bool:
    """Whether a line's first cell is its only one, as of a note that a spreadsheet filled up."""
    first, *rest = next(csv.reader([line], delimiter=mark), [""])
    return bool(first.strip()) and bool(rest) and not "".join(rest).strip()


def _encoding(begin: bytes) -> str:
    """Return how a file's bytes are letters, so that its end can be read without its beginning."""
    wide = wide_encoding(begin)
    if wide not in ("utf-16", "utf-32"):
        return wide or "utf-8"
    return f"{wide}-le" if begin.startswith(codecs.BOM_UTF16_LE) else f"{wide}-be"


def _names_twice(header: str, mark: str, names: list[str]) -> Iterator[Finding]:
    """Find names that the file gives to several columns, which reading told apart by numbers."""
    cells = next(csv.reader([header], delimiter=mark), [])
    counts = Counter(cell.strip() for cell in cells if cell.strip())
    twice = [name for name, count in counts.items() if count > 1 and name in names]
    if twice and len(cells) == len(names):
        yield coded_finding(
            FindingLevel.SLOWS,
            "repeated_names",
            words={"names": ", ".join(map(shown, twice[:5]))},
            columns_named=tuple(twice),
            count=len(twice),
        )


def units_under_names(lines: Sequence[str], mark: str, names: Sequence[str]) -> Iterator[Finding]:
    """Find a first row of words, such as units, in columns that hold numbers below it."""
    rows = [cells for cells in csv.reader(lines, delimiter=mark) if len(cells) == len(names)]
    if len(rows) <= NUMBERS_LEAST:
        return
    first, *rest = rows
    odd = [
        name
        for at, name in enumerate(names)
        if first[at].strip() and not NUMBER.fullmatch(first[at].strip())
        if sum(bool(NUMBER.fullmatch(row[at].strip())) for row in rest) >= NUMBERS_LEAST
        if all(NUMBER.fullmatch(row[at].strip()) or not row[at].strip() for row in rest)
    ]
    if len(odd) > 1:
        words = {"names": ", ".join(map(shown, odd[:5]))}
        yield coded_finding(
            FindingLevel.SLOWS, "units_row", rows=1, words=words, columns_named=odd, count=len(odd)
        )


def raw_texts(view: View) -> dict[str, pd.Series]:
    """Return the typed time columns of a CSV file as texts; none for other sources."""
    import duckdb

    names = view.names(ColumnFamily.TIME)
    path = csv_path(view)
    if path is None or not names:
        return {}
    cells = ", ".join(quote(name) for name in names)
    marks = ", ".join("'" + mark.replace("'", "''") + "'" for mark in MISSING_MARKS)
    place = str(path).replace("'", "''")
    sql = (
        f"SELECT {cells} FROM read_csv('{place}', all_varchar = true, nullstr = [{marks}], "  # noqa: S608  (names are quoted, the path escaped)
        f"ignore_errors = true) LIMIT {RAW_ROWS}"
    )
    try:
        with duckdb.connect(config={"threads": "2", "memory_limit": "200MB"}) as local:
            frame = local.execute(sql).df()
    except duckdb.Error:  # read another way than the table was: nothing to add
        return {}
    return {name: frame[name].dropna().astype("string").str.strip() for name in names}
