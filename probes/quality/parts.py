"""Parts of one table whose columns are alike and whose contents are not: units, codes, gaps."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from probes.quality.codes import figure, shown
from probes.quality.sentences import say
from probes.sources import ColumnFamily, quote
from probes.sources.base import family_of

FILES_LEAST = 3
COLUMNS_MOST = 60
ROWS_LOOKED_AT = 20_000
FORM_ROWS = 500
FORMS_MOST = 3
LEVELS_MOST = 30
EMPTY, FILLED = 0.98, 0.2
APART = math.log(1.7)
SPREADS = 6.0
SAID_MOST = 4
SAME_BYTES_LEAST = 200


@dataclass(frozen=True)
class ColumnSummary:
    """What one column of one file holds: gaps, the middle number, a few words, how dates look."""

    missing: float
    middle: float | None
    levels: frozenset[str]
    form: str = ""


def content_differences(
    schemas: Mapping[Path, Mapping[str, str]], usual: Mapping[str, str]
) -> dict[Path, list[str]]:
    """Return what sets the contents of single files apart from all others, in words.

    Args:
        schemas: columns and types by file, of files that are parts of one table.
        usual: the columns that most of them have.
    """
    found: dict[Path, list[str]] = {path: [] for path in schemas}
    for path, twin in _copies(list(schemas)):
        found[path].append(say("same_as_file", file=twin.name))
    if len(schemas) < FILES_LEAST:
        return found
    names = list(usual)[:COLUMNS_MOST]
    contents = {path: _content(path, schema, names) for path, schema in schemas.items()}
    for name in names:
        held = {path: content[name] for path, content in contents.items() if name in content}
        for path, own in held.items():
            others = [other for place, other in held.items() if place != path]
            words = _apart(name, own, others) if len(others) + 1 >= FILES_LEAST else None
            if words:
                found[path].append(words)
    return {path: words[:SAID_MOST] for path, words in found.items()}


def _copies(paths: list[Path]) -> list[tuple[Path, Path]]:
    """Return files with the very bytes of an earlier one, and that one."""
    first: dict[str, Path] = {}
    found = []
    sizes = [path.stat().st_size for path in paths]
    for path, size in zip(paths, sizes, strict=True):
        if sizes.count(size) > 1 and size >= SAME_BYTES_LEAST:
            mark = hashlib.sha256(path.read_bytes()).hexdigest()
            if mark in first:
                found.append((path, first[mark]))
            first.setdefault(mark, path)
    return found


def _content(path: Path, schema: Mapping[str, str], names: list[str]) -> dict[str, ColumnSummary]:
    import duckdb

    asked = [name for name in names if name in schema]
    cells = []
    for name in asked:
        family, cell = family_of(schema[name]), quote(name)
        middle = f"median({cell})" if family is ColumnFamily.NUMBER else "NULL"
        words = family in (ColumnFamily.TEXT, ColumnFamily.BOOLEAN)
        levels = f"array_agg(DISTINCT CAST({cell} AS VARCHAR))" if words else "NULL"
        cells.append(f"avg(CASE WHEN {cell} IS NULL THEN 1.0 ELSE 0.0 END), {middle}, {levels}")
    place = str(path).replace("'", "''")
    reader = "read_parquet" if path.suffix == ".parquet" else "read_csv"
    sql = f"SELECT {', '.join(cells)} FROM (FROM {reader}('{place}') LIMIT {ROWS_LOOKED_AT})"  # noqa: S608  (names are quoted, the path escaped)
    try:
        with duckdb.connect(config={"threads": "1", "memory_limit": "200MB"}) as local:
            row = local.execute(sql).fetchall()[0]
    except duckdb.Error:  # told by the source itself
        return {}
    found = {}
    families = {name: family_of(schema[name]) for name in asked}
    forms = _forms(path, families)
    for at, name in enumerate(asked):
        missing, middle, levels = row[3 * at : 3 * at + 3]
        few = [one for one in levels or () if one is not None]
        kept = frozenset(few) if len(few) <= LEVELS_MOST else frozenset()
        number = None if middle is None else float(middle)
        found[name] = ColumnSummary(float(missing or 0), number, kept, forms.get(name, ""))
    return found


def _forms(path: Path, families: Mapping[str, ColumnFamily]) -> dict[str, str]:
    """Return how a text file writes its times and codes: the most frequent form.

    A time's digits count, of a code it is letters, digits and marks in order.
    """
    import duckdb

    names = [
        name for name, one in families.items() if one in (ColumnFamily.TIME, ColumnFamily.TEXT)
    ]
    if path.suffix == ".parquet" or not names:
        return {}
    cells = ", ".join(_form(quote(name), families[name]) for name in names)
    place = str(path).replace("'", "''")
    read = f"FROM read_csv('{place}', all_varchar = true) LIMIT {FORM_ROWS}"
    try:
        with duckdb.connect(config={"threads": "1", "memory_limit": "200MB"}) as local:
            row = local.execute(f"SELECT {cells} FROM ({read})").fetchall()[0]  # noqa: S608  (names are quoted, the path escaped)
    except duckdb.Error:  # told by the source itself
        return {}
    forms = dict(zip(names, zip(row[::2], row[1::2], strict=True), strict=True))
    return {
        name: str(form) for name, (form, kinds) in forms.items() if form and kinds <= FORMS_MOST
    }


def _form(cell: str, family: ColumnFamily) -> str:
    form = f"regexp_replace({cell}, '[0-9]', '9', 'g')"
    if family is ColumnFamily.TEXT:
        form = rf"regexp_replace(regexp_replace({cell}, '\p{{L}}+', 'a', 'g'), '[0-9]+', '9', 'g')"
    return f"mode({form}), count(DISTINCT {form})"


def _apart(name: str, own: ColumnSummary, others: list[ColumnSummary]) -> str | None:
    """Return how one file's column differs from that of all others, if it does."""
    if own.missing >= EMPTY and median(other.missing for other in others) <= FILLED:
        return say("column_empty_here", name=shown(name))
    middles = [other.middle for other in others if other.middle is not None and other.middle > 0]
    if own.middle is not None and own.middle > 0 and len(middles) == len(others):
        logs = [math.log(middle) for middle in middles]
        usual = median(logs)
        shift = math.log(own.middle) - usual
        near = sorted(abs(one - usual) for one in logs)[: len(logs) // 2 + 1]
        if abs(shift) > max(APART, 2 * SPREADS * near[-1]):
            times = figure(float(f"{math.exp(shift):.3g}"))
            return say("column_times_here", name=shown(name), times=times)
    form, files = Counter(other.form for other in others).most_common(1)[0]
    if own.form and form and own.form != form and files > len(others) / 2:
        return say("column_other_form_here", name=shown(name))
    if own.levels and all(other.levels for other in others):
        counts = Counter(level for other in others for level in other.levels)
        known = frozenset(level for level, files in counts.items() if files > len(others) / 2)
        alike = bool(known) and median(len(o.levels & known) / len(known) for o in others) >= 1 / 2
        if alike and not own.levels & known:
            return say("column_other_values_here", name=shown(name))
    return None
