"""Files of one kind in one folder that differ in their columns or types."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.domain.vocabulary import FindingLevel
from bot.texts import joined
from probes.contract import Finding
from probes.kinds import SourceKind
from probes.quality.codes import coded_finding, counted, found, shown
from probes.quality.facts import ColumnFacts
from probes.quality.parts import content_differences
from probes.quality.sentences import say
from probes.quality.view import View
from probes.sources.base import family_of
from probes.sources.text_layout import layout_of

FILES_MOST = 60
FILES_LEAST = 2
SHARED_COLUMNS = 0.5
SAMPLE_LINES = 2_000
Schema = dict[str, str]
"""Columns and their types, in order."""


def schema_findings(view: View) -> Iterator[Finding]:
    """Say which files differ from most of their siblings, by name: columns and types."""
    files = _siblings(view)
    empty = [path for path in files if _is_empty(path)] if len(files) >= FILES_LEAST else []
    for path in empty:
        yield _differs(path, [say("no_rows_here")], len(files) - len(empty))
    schemas = {path: one for path in files if path not in empty and (one := _schema(path))}
    if len(schemas) < FILES_LEAST:
        return
    usual = _usual(list(schemas.values()))
    alike = {path: one for path, one in schemas.items() if _related(one, usual)}
    contents = content_differences(alike, usual)
    marks = _delimiters(alike)
    for path, schema in alike.items():
        held = contents.get(path, ())
        changes = [
            *marks.get(path, ()),
            *differences(usual, schema),
            *(one.words for one in held),
        ]
        if changes:
            moved = [name for name in {*usual, *schema} if (name in usual) != (name in schema)]
            changed = {name for one in held for name in one.columns}
            changed |= {n for n in usual if n in schema and _differ(usual[n], schema[n])}
            yield _differs(path, changes, len(alike) - 1, moved, sorted(changed))

    for path, schema in schemas.items():
        if path not in alike and len(alike) > 1 and len(schema) == len(usual):
            key = "file_without_names" if _without_names(schema) else "file_of_other_columns"
            yield _differs(path, [say(key)], len(alike))


def _without_names(schema: Schema) -> bool:
    """Whether a file's names are cells of a row, as those of one without its header are."""
    return any(re.fullmatch(r"column\d+|[-\d.,:/ ]*\d[-\d.,:/ ]*", name) for name in schema)


def _differs(
    path: Path,
    changes: Sequence[str],
    others: int,
    moved: Sequence[str] = (),
    changed: Sequence[str] = (),
) -> Finding:
    return coded_finding(
        FindingLevel.SLOWS,
        "schema_drift",
        words={"file": path.name, "others": counted(others, "file"), "what": joined("; ", changes)},
        count=others,
        file_name=path.name,
        differences=len(changes),
        columns_lost=sorted(moved),
        columns_changed=list(changed),
    )


def changed_since(
    columns: Mapping[str, ColumnFacts], earlier: Mapping[str, Any]
) -> Iterator[Finding]:
    """Say how a table's columns differ from what its last run saw.

    Args:
        columns: of today.
        earlier: the day of the last run, and its columns with their types.
    """
    before = dict(earlier["schema"])
    now = {name: column.column.type_name for name, column in columns.items()}
    changes = differences(before, now)
    if not changes:
        return
    day = str(earlier["day"])
    same_names = set(before) == set(now)
    moved_only = same_names and not any(_differ(before[name], now[name]) for name in before)
    yield found(
        FindingLevel.NOTE if moved_only else FindingLevel.SLOWS,
        "schema_drift",
        say("differs_from_run", day=day, what=joined("; ", changes)),
        {"since": day, "differences": len(changes)},
    )


def _siblings(view: View) -> list[Path]:
    """Return the files that seem to be parts of one table: names alike but for digits."""
    parts = view.facts.source.parts_of(view.facts.table)
    if parts:
        stem = _without_digits(parts[0].stem)
        beside = sorted(parts[0].parent.glob(f"*{parts[0].suffix}"))
        left_out = [one for one in beside if _without_digits(one.stem) == stem and one not in parts]
        return [*parts, *left_out][:FILES_MOST]
    settings = view.facts.source.settings
    if settings.path is None:
        return []
    if settings.kind is SourceKind.FOLDER and settings.path.is_dir():
        inside = settings.path / view.facts.table
        if inside.is_dir():
            return sorted(inside.rglob("*.parquet"))[:FILES_MOST]
        files = [path for path in settings.path.iterdir() if path.suffix in {".csv", ".parquet"}]
        stem = _without_digits(view.facts.table)
        alike = [path for path in files if _without_digits(path.stem) == stem]
        whole = not alike and view.facts.table == settings.path.name
        return sorted(files if whole else alike)[:FILES_MOST]
    return []


def _delimiters(paths: Iterable[Path]) -> dict[Path, list[str]]:
    """Return which text files divide their columns by another mark than most, in words."""
    texts = [path for path in paths if path.suffix == ".csv"]
    layouts = {path: layout_of(path) for path in texts}
    found = {path: mark for path, one in layouts.items() if (mark := one.delimiter or one.usual)}
    counts = Counter(found.values()).most_common(1)
    if not counts or counts[0][1] <= len(found) / 2:
        return {}
    usual = counts[0][0]
    return {
        path: [say("divided_otherwise", mark=mark, usual=usual)]
        for path, mark in found.items()
        if mark != usual
    }


def _without_digits(name: str) -> str:
    months = r"jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
    return re.sub(rf"\d+|(?<![a-z])({months})[a-z]*", "#", name.lower())


def _is_empty(path: Path) -> bool:
    """Whether a file holds no row; one that cannot be read is told of by the source itself."""
    return not path.stat().st_size or _asked(path, "SELECT count(*) FROM (FROM {} LIMIT 1)") == [
        (0,)
    ]


def _schema(path: Path) -> Schema:
    return {str(row[0]): str(row[1]) for row in _asked(path, "DESCRIBE FROM {}")}


def _asked(path: Path, sql: str) -> list[Any]:
    """Return the rows of a statement about one file; none where it cannot be read."""
    import duckdb

    place = str(path).replace("'", "''")
    reader = "read_parquet" if path.suffix == ".parquet" else "read_csv"
    extra = "" if path.suffix == ".parquet" else f", sample_size = {SAMPLE_LINES * 10}"
    try:
        with duckdb.connect(config={"threads": "1", "memory_limit": "200MB"}) as local:
            return local.execute(sql.format(f"{reader}('{place}'{extra})")).fetchall()
    except duckdb.Error:  # told by the source itself
        return []


def _usual(schemas: Sequence[Schema]) -> Schema:
    """Return what most files agree on: columns that most have, each with its most frequent type."""
    names = Counter(name for schema in schemas for name in schema)
    first = list(dict.fromkeys(name for schema in schemas for name in schema))
    kept = [name for name in first if names[name] > len(schemas) / 2]
    if len(schemas) == FILES_LEAST:
        kept = list(schemas[0])
    return {
        name: Counter(schema[name] for schema in schemas if name in schema).most_common(1)[0][0]
        for name in kept
    }


def _related(schema: Schema, usual: Schema) -> bool:
    known = {name.casefold() for name in usual}
    shared = sum(name.casefold() in known for name in schema)
    return shared >= SHARED_COLUMNS * max(1, min(len(schema), len(usual)))


def differences(usual: Schema, schema: Schema) -> list[str]:
    """Return what sets one file apart, in words: renamed, new, missing and retyped columns."""
    folded = {name.casefold(): name for name in usual if name not in schema}
    cased = {
        name: folded[name.casefold()]
        for name in schema
        if name not in usual and name.casefold() in folded
    }
    schema = {cased.get(name, name): kind for name, kind in schema.items()}
    lost = [name for name in usual if name not in schema]
    new = [name for name in schema if name not in usual]
    changes = []
    if cased:
        names = ", ".join(map(shown, [*cased][:4]))
        changes.append(say("names_another_case", names=names, count=len(cased)))
    if len(lost) == len(new) == 1:
        changes.append(say("column_renamed", name=shown(lost[0]), now=shown(new[0])))
    else:
        changes += [say("column_lost", name=shown(name)) for name in lost[:4]]
        changes += [say("column_new", name=shown(name)) for name in new[:4]]
    for name, kind in usual.items():
        if name in schema and _differ(kind, schema[name]):
            changes.append(
                say("instead", name=shown(name), type=_type(schema[name]), usual=_type(kind))
            )
    apart = [pair for pair in zip(usual, schema, strict=False) if pair[0] != pair[1]]
    if not changes and len(apart) == 2 and apart[0] == apart[1][::-1]:
        one, two = map(shown, apart[0])
        changes.append(say("columns_exchanged_here", one=one, two=two))
    elif not changes and list(usual) != list(schema):
        changes.append(say("stand_another_order", counted=counted(len(schema), "column")))
    return changes[:6]


def _differ(one: str, other: str) -> bool:
    return family_of(one) is not family_of(other) or (
        {one, other} & {"DOUBLE", "FLOAT"} != set() and one != other and "INT" in one + other
    )


def _type(name: str) -> str:
    return f"{family_of(name).value} ({name.lower()})"
