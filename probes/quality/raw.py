"""Times as a CSV file writes them: reading them loses their offsets and their order."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from probes.kinds import SourceKind
from probes.quality.view import View
from probes.sources import ColumnFamily, quote
from probes.sources.loading_text import MISSING_MARKS

if TYPE_CHECKING:
    import pandas as pd

RAW_ROWS = 40_000


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
