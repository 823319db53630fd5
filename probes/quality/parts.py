"""Parts of one table whose columns are alike and whose contents are not: units, codes, gaps.

Every file is set beside every other; one stands apart where it is farther from the others, in
some respect, than any two of those are from each other.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from probes.quality.codes import figure, percent, shown
from probes.quality.exchanged import exchanged_columns, larger_shares, middles_of
from probes.quality.sentences import say
from probes.sources import ColumnFamily, quote
from probes.sources.base import family_of

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Floats = np.ndarray[Any, np.dtype[np.float64]]

FILES_LEAST = 3
COLUMNS_MOST = 60
NUMBERS_MOST = 16
ROWS_LOOKED_AT = 20_000
ROWS_KEPT = 2_000
ROWS_LEAST = 20
FORMS_MOST = 3
KEYS_DIFFER = 0.95
LEVELS_MOST = 30
DECIMALS_MOST = 6
QUANTILES = 33
APART = 0.3
TIMES_APART = 2.5
TIMES_AS_LARGE = math.log(1.3)
SMALLER = 0.4
OVERLAPS = 0.5
SAID_MOST = 4
SAME_BYTES_LEAST = 200


@dataclass(frozen=True)
class FileContent:
    """What one file holds: its columns, how often each number is above each other, and medians."""

    columns: Mapping[str, ColumnSummary] = field(default_factory=dict)
    larger: Mapping[tuple[str, str], float] = field(default_factory=dict)
    middles: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Difference:
    """What sets one file apart, in words, and the columns that it explains."""

    words: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class ColumnSummary:
    """What one column of one file holds.

    Args:
        rows: how many were looked at.
        missing: the share of them without a value.
        steps: quantiles of its numbers.
        shares: the share of each value, where they are few.
        marks: its days, or its keys, which other files hardly hold as well.
        form: how most of its values are written.
    """

    rows: int
    missing: float
    steps: Floats | None = None
    shares: Mapping[str, float] = field(default_factory=dict)
    marks: frozenset[str] = frozenset()
    form: str = ""


def content_differences(
    schemas: Mapping[Path, Mapping[str, str]], usual: Mapping[str, str]
) -> dict[Path, list[Difference]]:
    """Return what sets the contents of single files apart from all others.

    Args:
        schemas: columns and types by file, of files that are parts of one table.
        usual: the columns that most of them have.
    """
    found: dict[Path, list[Difference]] = {path: [] for path in schemas}
    for path, twin in _copies(list(schemas)):
        found[path].append(Difference(say("same_as_file", file=twin.name)))
    if len(schemas) < FILES_LEAST:
        return found
    names = list(usual)[:COLUMNS_MOST]
    contents = {path: _content(path, schema, names) for path, schema in schemas.items()}
    for path, words in _smaller(sorted(schemas)):
        found[path].append(Difference(words))
    for path, one in _exchanged(contents):
        found[path].append(one)
    for name in names:
        held = {path: one.columns[name] for path, one in contents.items() if name in one.columns}
        held = {path: one for path, one in sorted(held.items()) if one.rows >= ROWS_LEAST}
        for path, words in _apart(name, held) if len(held) >= FILES_LEAST else ():
            if not any(name in one.columns for one in found[path]):
                found[path].append(Difference(words, (name,)))
    return {path: words[:SAID_MOST] for path, words in found.items()}


def _exchanged(contents: Mapping[Path, FileContent]) -> Iterator[tuple[Path, Difference]]:
    """Find two columns that one file holds in each other's place."""
    larger = {path: one.larger for path, one in contents.items()}
    middles = {path: one.middles for path, one in contents.items()}
    for path, one, two in exchanged_columns(larger, middles):
        words = say("columns_exchanged_here", one=shown(one), two=shown(two))
        yield path, Difference(words, (one, two))


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


def _smaller(paths: list[Path]) -> Iterator[tuple[Path, str]]:
    """Find one file far smaller than all others; the first and the last may well be part of one."""
    sizes = [math.log(max(1, path.stat().st_size)) for path in paths]
    for at in _standing_apart(sizes, lambda one, other: abs(one - other), SMALLER):
        rest = median(size for place, size in enumerate(sizes) if place != at)
        if 0 < at < len(paths) - 1 and sizes[at] < rest:
            yield paths[at], say("file_smaller_here", share=percent(math.exp(sizes[at] - rest)))


def _read(path: Path, sql: str) -> pd.DataFrame | None:
    """Return a statement's answer about one file; nothing where it cannot be read."""
    import duckdb

    place = str(path).replace("'", "''")
    reader = "read_parquet" if path.suffix == ".parquet" else "read_csv"
    try:
        with duckdb.connect(config={"threads": "1", "memory_limit": "200MB"}) as local:
            return local.execute(sql.format(place=place, reader=reader)).df()
    except duckdb.Error:  # told by the source itself
        return None


def _content(path: Path, schema: Mapping[str, str], names: list[str]) -> FileContent:
    families = {name: family_of(schema[name]) for name in names if name in schema}
    usable = [name for name, one in families.items() if one in _SUMMARIES]
    if not usable:
        return FileContent()
    cells = ", ".join(_cell(name, families[name]) for name in usable).replace("{", "{{")
    frame = _read(
        path,
        f"SELECT {cells.replace('}', '}}')} FROM (FROM {{reader}}('{{place}}') LIMIT {ROWS_LOOKED_AT}) "  # noqa: S608, E501  (names are quoted, the path escaped)
        f"USING SAMPLE reservoir({ROWS_KEPT} ROWS) REPEATABLE (48)",
    )
    if frame is None:
        return FileContent()
    forms = _forms(path, {name: families[name] for name in usable})
    numeric = [name for name in usable if families[name] is ColumnFamily.NUMBER][:NUMBERS_MOST]
    numbers = {name: frame[name].to_numpy(dtype=float) for name in numeric}
    return FileContent(
        {
            name: _SUMMARIES[families[name]](name, frame[name], forms.get(name, ""))
            for name in usable
        },
        larger_shares(numbers),
        middles_of(numbers),
    )


def _cell(name: str, family: ColumnFamily) -> str:
    kind = "DOUBLE" if family is ColumnFamily.NUMBER else "VARCHAR"
    return f"CAST({quote(name)} AS {kind}) AS {quote(name)}"


def _of_numbers(name: str, values: pd.Series, form: str) -> ColumnSummary:
    import numpy as np

    del form
    numbers = values.dropna().to_numpy(dtype=float)
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        return ColumnSummary(len(values), 1.0)
    whole = bool((numbers == np.round(numbers)).all())
    found = _of_texts(name, values.map("{:.0f}".format, na_action="ignore"), "") if whole else None
    decimals = next(
        n for n in range(DECIMALS_MOST + 1) if _written(numbers, n) or n == DECIMALS_MOST
    )
    return ColumnSummary(
        len(values),
        1 - len(numbers) / len(values),
        np.quantile(numbers, np.linspace(0.01, 0.99, QUANTILES)),
        found.shares if found else {},
        found.marks if found else frozenset(),
        "" if whole and len(np.unique(numbers)) <= LEVELS_MOST else f"{decimals}",
    )


def _written(numbers: Floats, decimals: int) -> bool:
    import numpy as np

    return bool(np.isclose(numbers, np.round(numbers, decimals), atol=1e-9).mean() >= 0.98)


def _of_texts(_name: str, values: pd.Series, form: str) -> ColumnSummary:
    counts = values.value_counts()
    filled = int(counts.sum())
    few = len(counts) <= LEVELS_MOST and filled
    shares = {str(level): count / filled for level, count in counts.items()} if few else {}
    keys = len(counts) >= KEYS_DIFFER * len(values)
    marks = frozenset(map(str, counts.index)) if keys else frozenset()
    return ColumnSummary(len(values), 1 - filled / len(values), None, shares, marks, form)


def _of_times(_name: str, values: pd.Series, form: str) -> ColumnSummary:
    days = frozenset(values.dropna().str.slice(0, 10))
    return ColumnSummary(len(values), float(values.isna().mean()), None, {}, days, form)


_SUMMARIES: dict[ColumnFamily, Callable[[str, Any, str], ColumnSummary]] = {
    ColumnFamily.NUMBER: _of_numbers,
    ColumnFamily.TEXT: _of_texts,
    ColumnFamily.BOOLEAN: _of_texts,
    ColumnFamily.TIME: _of_times,
}


def _forms(path: Path, families: Mapping[str, ColumnFamily]) -> dict[str, str]:
    """Return how a text file writes its times and codes: the most frequent form.

    A time's digits count, of a code it is letters, digits and marks in order.
    """
    names = [
        name for name, one in families.items() if one in (ColumnFamily.TIME, ColumnFamily.TEXT)
    ]
    if path.suffix == ".parquet" or not names:
        return {}
    cells = ", ".join(_form(quote(name), families[name]) for name in names)
    cells = cells.replace("{", "{{").replace("}", "}}")
    read = "FROM read_csv('{place}', all_varchar = true) LIMIT 500"
    frame = _read(path, f"SELECT {cells} FROM ({read})")  # noqa: S608  (names are quoted, the path escaped)
    if frame is None:
        return {}
    row = list(frame.iloc[0])
    forms = dict(zip(names, zip(row[::2], row[1::2], strict=True), strict=True))
    return {
        name: str(form) for name, (form, kinds) in forms.items() if form and kinds <= FORMS_MOST
    }


def _form(cell: str, family: ColumnFamily) -> str:
    form = f"regexp_replace({cell}, '[0-9]', '9', 'g')"
    if family is ColumnFamily.TEXT:
        form = rf"regexp_replace(regexp_replace({cell}, '\p{{L}}+', 'a', 'g'), '[0-9]+', '9', 'g')"
    return f"mode({form}), count(DISTINCT {form})"


def _apart(name: str, held: Mapping[Path, ColumnSummary]) -> Iterator[tuple[Path, str]]:
    """Yield the files whose column differs from that of all others, and how."""
    paths, every = list(held), list(held.values())
    reported: set[int] = set()
    for distance, words in _RESPECTS:
        for at in _standing_apart(every, distance, APART):
            if at not in reported:
                reported.add(at)
                others = [one for place, one in enumerate(every) if place != at]
                yield paths[at], words(shown(name), every[at], others)
    for at, other in _repeated(every):
        yield paths[at], say("column_of_file_here", name=shown(name), file=paths[other].name)


def _standing_apart(
    every: Sequence[Any], distance: Callable[[Any, Any], float], least: float
) -> Iterator[int]:
    """Yield the places of those that are far from the others, which are near each other."""
    count = len(every)
    apart = [[distance(one, other) for other in every] for one in every]
    if max(map(max, apart), default=0.0) < least:
        return
    for at in range(count):
        rest = [place for place in range(count) if place != at]
        own = median(apart[at][place] for place in rest)
        usual = max(median(apart[i][j] for j in rest if j != i) for i in rest)
        if own >= max(least, TIMES_APART * usual):
            yield at


def _gaps(one: ColumnSummary, other: ColumnSummary) -> float:
    return abs(one.missing - other.missing)


def _steps(one: ColumnSummary, other: ColumnSummary) -> float:
    """Return the largest gap between two distributions, less what chance makes of few rows."""
    import numpy as np

    if one.steps is None or other.steps is None:
        return 0.0
    at = np.concatenate([one.steps, other.steps])
    ranks = [np.searchsorted(x, at, side="right") / QUANTILES for x in (one.steps, other.steps)]
    return float(np.abs(ranks[0] - ranks[1]).max()) - 1 / math.sqrt(min(one.rows, other.rows))


def _mix(one: ColumnSummary, other: ColumnSummary) -> float:
    """Return how many rows have values that the other has not, or not as often."""
    if not one.shares or not other.shares:
        return 0.0
    levels = {*one.shares, *other.shares}
    chance = math.sqrt(len(levels) / min(one.rows, other.rows)) / 2
    apart = sum(abs(one.shares.get(x, 0) - other.shares.get(x, 0)) for x in levels) / 2
    return apart - chance


def _written_apart(one: ColumnSummary, other: ColumnSummary) -> float:
    return float(bool(one.form and other.form) and one.form != other.form)


def _gap_words(name: str, own: ColumnSummary, others: Sequence[ColumnSummary]) -> str:
    if own.missing >= 1:
        return say("column_empty_here", name=name)
    usual = percent(median(one.missing for one in others))
    return say("column_gaps_here", name=name, share=percent(own.missing), usual=usual)


def _step_words(name: str, own: ColumnSummary, others: Sequence[ColumnSummary]) -> str:
    middle, usual = own.steps, [one.steps for one in others if one.steps is not None]
    here = float(middle[QUANTILES // 2]) if middle is not None else 0.0
    there = median(float(one[QUANTILES // 2]) for one in usual)
    if here > 0 and there > 0 and abs(math.log(here / there)) >= TIMES_AS_LARGE:
        return say("column_times_here", name=name, times=figure(float(f"{here / there:.3g}")))
    return say("column_spread_here", name=name)


def _mix_words(name: str, own: ColumnSummary, others: Sequence[ColumnSummary]) -> str:
    files = Counter(level for one in others for level in one.shares)
    known = {level for level, count in files.items() if count > len(others) / 2}
    same = known & set(own.shares)
    return say("column_other_mix_here" if same else "column_other_values_here", name=name)


def _form_words(name: str, _own: ColumnSummary, _others: Sequence[ColumnSummary]) -> str:
    return say("column_other_form_here", name=name)


_RESPECTS: tuple[tuple[Callable[..., float], Callable[..., str]], ...] = (
    (_gaps, _gap_words),
    (_mix, _mix_words),
    (_steps, _step_words),
    (_written_apart, _form_words),
)
"""In what files may differ, as a share of their rows, and how it is said."""


def _repeated(every: Sequence[ColumnSummary]) -> Iterator[tuple[int, int]]:
    """Yield files whose days or keys an earlier one holds, where others share next to none."""
    pairs = {
        (at, other): len(one.marks & every[other].marks) / len(one.marks)
        for at, one in enumerate(every)
        for other in range(at)
        if one.marks and every[other].marks
    }
    for (at, other), share in pairs.items():
        rest = [one for pair, one in pairs.items() if at not in pair and other not in pair]
        if share >= OVERLAPS and rest and max(rest) <= OVERLAPS / 5:
            yield at, other
