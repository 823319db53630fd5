"""A CSV file as it is written: reading it loses offsets of times, their order and odd rows."""

from __future__ import annotations

import csv
import re
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

if TYPE_CHECKING:
    import pandas as pd

RAW_ROWS = 40_000
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
