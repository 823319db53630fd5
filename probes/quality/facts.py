"""What one table pass tells: a row of aggregates for each column, compiled for any engine."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from probes.sources import Column, ColumnFamily, Source

if TYPE_CHECKING:
    import pandas as pd

COLUMNS_A_STATEMENT = 300
COLUMNS_A_HASH = 100
COLUMNS_APART = 1_000
"""Columns hashed in one statement: of ten thousand the engine's memory does not bear the blocks."""

SAMPLE_CELLS = 1_500_000
SAMPLE_ROWS = 60_000
SAMPLE_ROWS_LEAST = 1_000
SAMPLE_TEXT_LENGTH = 400
SAMPLE_COLUMNS = 1_000
"""Columns whose values are looked at; every column of a table is counted through."""
EXACT_DISTINCT_DIALECTS = frozenset({"postgres", "mysql"})
"""Engines without a sketch of their own count exactly."""

COUNTED_FAMILIES = frozenset(
    {ColumnFamily.NUMBER, ColumnFamily.TEXT, ColumnFamily.TIME, ColumnFamily.BOOLEAN}
)


@dataclass
class ColumnFacts:
    """The aggregates of one column over all rows. `distinct` is a sketch's estimate."""

    column: Column
    rows: int
    present: int = 0
    distinct: int | None = None
    exact_distinct: int | None = None
    smallest: Any = None
    largest: Any = None
    zeros: int = 0
    not_finite: int = 0
    longest: int = 0
    blank: int = 0

    @property
    def name(self) -> str:
        """The column's name."""
        return self.column.name

    @property
    def missing(self) -> int:
        """Rows without a value."""
        return self.rows - self.present

    @property
    def missing_share(self) -> float:
        """Rows without a value, of all."""
        return self.missing / self.rows if self.rows else 0.0


@dataclass
class TableFacts:
    """All that the checks look at: aggregates over every row, and a bounded sample.

    `left_out` counts the sampled rows that no check looks at, as their cells are misplaced.
    """

    source: Source
    table: str
    rows: int
    columns: dict[str, ColumnFacts]
    sample: pd.DataFrame
    duplicates: int | None = None
    left_out: int = 0
    names: dict[ColumnFamily, list[str]] = field(default_factory=dict)

    def of_family(self, *families: ColumnFamily) -> list[ColumnFacts]:
        """Return the columns of some families, those without any value left out."""
        return [
            facts
            for facts in self.columns.values()
            if facts.column.family in families and facts.present
        ]


Part = tuple[str, str]
"""A field of `ColumnFacts` and the SQL that fills it."""


NOT_FINITE_WORDS = "('nan', 'inf', '-inf', 'infinity', '-infinity')"
ALWAYS_FINITE_DIALECTS = frozenset({"mysql"})


def _finite(dialect: str, column: Column) -> str:
    """Return SQL that is true for finite numbers: by DuckDB's own test, elsewhere by their text."""
    if not column.is_float or dialect in ALWAYS_FINITE_DIALECTS:
        return "TRUE"
    if dialect == "duckdb":
        return f"isfinite({column.quoted})"
    return f"lower(CAST({column.quoted} AS VARCHAR)) NOT IN {NOT_FINITE_WORDS}"


def _distinct(dialect: str, column: Column) -> str:
    if dialect in EXACT_DISTINCT_DIALECTS:
        return f"count(DISTINCT {column.quoted})"
    return f"approx_count_distinct({column.quoted})"


def _number_parts(dialect: str, column: Column) -> list[Part]:
    finite = _finite(dialect, column)
    value = f"CASE WHEN {finite} THEN {column.quoted} END"
    parts = [
        ("smallest", f"CAST(min({value}) AS DOUBLE)"),
        ("largest", f"CAST(max({value}) AS DOUBLE)"),
        ("zeros", f"sum(CASE WHEN {column.quoted} = 0 THEN 1 ELSE 0 END)"),
    ]
    if column.is_float:
        broken = f"sum(CASE WHEN {column.quoted} IS NOT NULL AND NOT {finite} THEN 1 ELSE 0 END)"
        parts.append(("not_finite", broken))
    return parts


def _text_parts(_dialect: str, column: Column) -> list[Part]:
    blank = f"sum(CASE WHEN trim({column.as_text}) = '' THEN 1 ELSE 0 END)"
    return [("longest", f"max(length({column.as_text}))"), ("blank", blank)]


def _time_parts(_dialect: str, column: Column) -> list[Part]:
    return [
        ("smallest", f"CAST(min({column.quoted}) AS VARCHAR)"),
        ("largest", f"CAST(max({column.quoted}) AS VARCHAR)"),
    ]


def _nested_parts(_dialect: str, column: Column) -> list[Part]:
    return [("longest", f"max(length(CAST({column.quoted} AS VARCHAR)))")]


_FAMILY_PARTS: dict[ColumnFamily, Callable[[str, Column], list[Part]]] = {
    ColumnFamily.NUMBER: _number_parts,
    ColumnFamily.TEXT: _text_parts,
    ColumnFamily.TIME: _time_parts,
    ColumnFamily.NESTED: _nested_parts,
}


def column_parts(dialect: str, column: Column) -> list[Part]:
    """Return the aggregates that one column is asked for."""
    parts = [("present", f"count({column.quoted})")]
    if column.family in COUNTED_FAMILIES:
        parts.append(("distinct", _distinct(dialect, column)))
    more = _FAMILY_PARTS.get(column.family)
    return parts + (more(dialect, column) if more else [])


def statement(dialect: str, relation: str, columns: Sequence[Column]) -> tuple[str, list[Part]]:
    """Return the one statement that asks about many columns, and whose answers come back."""
    asked = [
        (column.name, field_name, sql)
        for column in columns
        for field_name, sql in column_parts(dialect, column)
    ]
    cells = ", ".join(
        ["count(*) AS n", *(f"{sql} AS a{at}" for at, (_, _, sql) in enumerate(asked))]
    )
    return f"SELECT {cells} FROM {relation}", [(name, part) for name, part, _ in asked]  # noqa: S608  (names are quoted, measures are ours)


def _batches(columns: Sequence[Column]) -> Iterator[Sequence[Column]]:
    for start in range(0, len(columns), COLUMNS_A_STATEMENT):
        yield columns[start : start + COLUMNS_A_STATEMENT]


def measure(
    source: Source, table: str, report: Callable[[float], None]
) -> tuple[int, dict[str, ColumnFacts]]:
    """Run the table pass.

    Args:
        source: an open source.
        table: one of its tables.
        report: called with the fraction that is done.

    Returns:
        The number of rows, and the aggregates by column in the table's order.
    """
    columns = source.columns(table)
    relation = source.relation(table)
    found: dict[str, ColumnFacts] = {}
    rows = 0
    for batch in _batches(columns):
        sql, asked = statement(source.dialect, relation, batch)
        answer = source.rows(sql)[0]
        rows = int(answer[0])
        found |= {column.name: ColumnFacts(column, rows) for column in batch}
        for (name, part), value in zip(asked, answer[1:], strict=True):
            if value is not None:
                setattr(found[name], part, value if part in _AS_IS else int(value))
        report(len(found) / max(1, len(columns)))
    return rows, found


_AS_IS = frozenset({"smallest", "largest"})


def draw_sample(source: Source, table: str, rows: int, named: Collection[str] = ()) -> pd.DataFrame:
    """Return some rows spread over the table, long texts clipped; nested and binary cells left out.

    Times come as text so that years no clock knows survive.

    Args:
        source: an open source.
        table: one of its tables.
        rows: how many it has.
        named: columns that somebody named; of a very wide table they are looked at first.
    """
    columns = [c for c in source.columns(table) if c.family in COUNTED_FAMILIES or _is_clock(c)]
    if not columns or not rows:
        import pandas as pd

        return pd.DataFrame({column.name: [] for column in columns})
    columns.sort(key=lambda column: column.name not in named)
    columns = columns[:SAMPLE_COLUMNS]
    wanted = max(SAMPLE_ROWS_LEAST, min(SAMPLE_ROWS, SAMPLE_CELLS // len(columns)))
    place = source.sampled(table, wanted, rows)
    return source.frame(f"SELECT {_sample_cells(columns)} FROM {place}")  # noqa: S608  (names are quoted, measures are ours)


def _is_clock(column: Column) -> bool:
    """Whether a column is a time of the day, which is no moment."""
    return column.type_name.upper().startswith("TIME") and column.family is ColumnFamily.OTHER


def _sample_cells(columns: Sequence[Column]) -> str:
    return ", ".join(f"{_sample_cell(column)} AS {column.quoted}" for column in columns)


def _sample_cell(column: Column) -> str:
    if column.family is ColumnFamily.TEXT:
        return f"left({column.as_text}, {SAMPLE_TEXT_LENGTH})"
    if column.family is ColumnFamily.TIME or _is_clock(column):
        return f"CAST({column.quoted} AS VARCHAR)"
    if column.family is ColumnFamily.NUMBER:
        return f"CAST({column.quoted} AS DOUBLE)"
    return column.quoted


def count_exactly(source: Source, table: str, names: Sequence[str]) -> dict[str, int]:
    """Return the exact number of distinct values of some columns, in one statement."""
    by_name = {column.name: column for column in source.columns(table)}
    cells = ", ".join(f"count(DISTINCT {by_name[name].quoted})" for name in names)
    answer = source.rows(f"SELECT {cells} FROM {source.relation(table)}")[0]  # noqa: S608  (names are quoted, measures are ours)
    return {name: int(value) for name, value in zip(names, answer, strict=True)}


def most_frequent(source: Source, table: str, name: str) -> int:
    """Return in how many rows the most frequent value of a column is."""
    quoted = next(column.quoted for column in source.columns(table) if column.name == name)
    counted = f"SELECT count(*) AS n FROM {source.relation(table)} WHERE {quoted} IS NOT NULL GROUP BY {quoted}"  # noqa: S608, E501  (names are quoted)
    return int(source.rows(f"SELECT max(n) FROM ({counted}) AS counted")[0][0] or 0)  # noqa: S608  (our own)


def count_distinct_rows(source: Source, table: str, names: Sequence[str] | None = None) -> int:
    """Return how many different rows there are, over some columns or all that can be compared.

    Of a very wide table the first columns are asked first: rows that differ there differ.
    """
    columns = [c for c in source.columns(table) if names is None or c.name in names]
    for width in sorted({min(COLUMNS_A_STATEMENT, len(columns)), len(columns)}):
        rows, distinct = source.rows(_rows_and_distinct(source, table, columns[:width]))[0]
        if rows == distinct:
            break
    return int(distinct)


def _rows_and_distinct(source: Source, table: str, columns: Sequence[Column]) -> str:
    relation = source.relation(table)
    if source.dialect == "duckdb":
        hashes = [
            _row_hash(columns[start : start + COLUMNS_APART])
            for start in range(0, len(columns), COLUMNS_APART)
        ]
        beside = source.side_by_side(table, hashes)
        return f"SELECT count(*), count(DISTINCT hash(*COLUMNS(*))) FROM {beside}"  # noqa: S608  (names are quoted, measures are ours)
    cells = ", ".join(f"{_comparable(column)} AS c{at}" for at, column in enumerate(columns))
    distinct = f"SELECT count(*) FROM (SELECT DISTINCT {cells} FROM {relation}) AS d"  # noqa: S608  (names are quoted, measures are ours)
    return f"SELECT count(*), ({distinct}) FROM {relation}"  # noqa: S608  (names are quoted, measures are ours)


def _row_hash(columns: Sequence[Column]) -> str:
    """Return a hash of whole rows, made of hashes of some columns each.

    One hash over thousands of columns takes the engine minutes and gigabytes.
    """
    cells = [_comparable(column) for column in columns]
    parts = [
        f"hash({', '.join(cells[start : start + COLUMNS_A_HASH])})"
        for start in range(0, len(cells), COLUMNS_A_HASH)
    ]
    return parts[0] if len(parts) == 1 else f"hash({', '.join(parts)})"


def _comparable(column: Column) -> str:
    nested = column.family in {ColumnFamily.NESTED, ColumnFamily.OTHER}
    return f"CAST({column.quoted} AS VARCHAR)" if nested else column.quoted
