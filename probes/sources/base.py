"""What every source can do, whatever holds the data: name tables and columns, answer aggregates.

Statements are written once, in DuckDB's dialect with quoted names; a source compiles them for its
own engine.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.domain.errors import InputError
from bot.texts import joined
from probes.kinds import SourceKind
from probes.settings import SourceSettings
from probes.sources.texts import say
from probes.texts import say as shared

if TYPE_CHECKING:
    import pandas as pd

NAMES_SHOWN = 12


@dataclass(frozen=True)
class Remark:
    """Something bent on reading: a code of the quality probe, in how many lines, first where."""

    code: str
    lines: int = 0
    first_line: int = 0


class ColumnFamily(StrEnum):
    """What may be asked of a column."""

    NUMBER = "number"
    BOOLEAN = "boolean"
    TIME = "time"
    TEXT = "text"
    NESTED = "nested"
    BINARY = "binary"
    OTHER = "other"


_FAMILIES: tuple[tuple[re.Pattern[str], ColumnFamily], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), family)
    for pattern, family in (
        (
            r"\[\]|^STRUCT|^MAP|LIST|ARRAY|JSON|VARIANT|HSTORE|^ROW|^OBJECT|^UNION",
            ColumnFamily.NESTED,
        ),
        (r"BLOB|BYTEA|BINARY|BYTES|^BIT", ColumnFamily.BINARY),
        (r"BOOL", ColumnFamily.BOOLEAN),
        (r"INTERVAL|^TIME($|\W(?!.*STAMP)|TZ)", ColumnFamily.OTHER),
        (r"DATE|TIMESTAMP", ColumnFamily.TIME),
        (r"INT|NUMERIC|DECIMAL|FLOAT|DOUBLE|REAL|MONEY|NUMBER", ColumnFamily.NUMBER),
        (r"CHAR|TEXT|STRING|ENUM|UUID|CLOB|CITEXT|INET", ColumnFamily.TEXT),
    )
)


def family_of(type_name: str) -> ColumnFamily:
    """Return the family of an engine's type name."""
    return next(
        (family for form, family in _FAMILIES if form.search(type_name)), ColumnFamily.OTHER
    )


@dataclass(frozen=True)
class Column:
    """A column as the engine declares it."""

    name: str
    type_name: str

    @property
    def family(self) -> ColumnFamily:
        """What may be asked of it."""
        return family_of(self.type_name)

    @property
    def quoted(self) -> str:
        """Its name as SQL."""
        return quote(self.name)

    @property
    def as_text(self) -> str:
        """SQL for its value as text."""
        plain_text = re.match(r"VARCHAR|TEXT|STRING", self.type_name, re.IGNORECASE)
        return self.quoted if plain_text else f"CAST({self.quoted} AS VARCHAR)"

    @property
    def is_float(self) -> bool:
        """Whether it may hold NaN and infinity."""
        return bool(re.search(r"FLOAT|DOUBLE|REAL", self.type_name, re.IGNORECASE))


def quote(name: str) -> str:
    """Return a name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


class Source(ABC):
    """An open, read-only source. Use as a context manager.

    Args:
        name: as the request gave it, without a table and without secrets.
        settings: its section of the configuration.
    """

    dialect: str = "duckdb"

    def __init__(self, name: str, settings: SourceSettings) -> None:
        self.name = name
        self.settings = settings

    @property
    def kind(self) -> SourceKind:
        """What holds the data."""
        return self.settings.kind

    @abstractmethod
    def all_tables(self) -> list[str]:
        """Return every table the source has."""

    @abstractmethod
    def columns(self, table: str) -> list[Column]:
        """Return a table's columns in order."""

    @abstractmethod
    def relation(self, table: str) -> str:
        """Return the SQL to read a table from, the row limit applied."""

    @abstractmethod
    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a statement written in DuckDB's dialect.

        Raises:
            ProbeFault: the source could not answer.
        """

    @abstractmethod
    def frame(self, sql: str) -> pd.DataFrame:
        """Return the rows of a statement as a frame.

        Raises:
            ProbeFault: the source could not answer.
        """

    def remarks_on(self, table: str) -> list[Remark]:
        """Return what had to be bent to read a table at all; nothing, for most sources."""
        del table
        return []

    def parts_of(self, table: str) -> list[Path]:
        """Return the files that a table is read from, where there are several; none, for most."""
        del table
        return []

    @abstractmethod
    def close(self) -> None:
        """Let go of the connection and of working files."""

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def tables(self) -> list[str]:
        """Return the tables that the configuration lets us look at; all, where it names none."""
        allowed = self.settings.tables
        every = self.all_tables()
        return [table for table in every if table in allowed] if allowed else every

    def only_table(self, wanted: str | None) -> str:
        """Return the table that is meant: the wanted one, or the only one there is.

        Raises:
            InputError: it does not exist, or there are several to choose from.
        """
        tables = self.tables()
        if wanted is None:
            return _the_only(tables, self.name)
        folded = {table.lower(): table for table in tables}
        found = wanted if wanted in tables else folded.get(wanted.lower())
        if found is None:
            raise InputError(
                say("table_not_visible", name=self.name, wanted=wanted, tables=listed(tables)),
                field="table",
            )
        return found

    def largest_table(self) -> str | None:
        """Return the largest of several tables where that is known without a count."""
        return None

    def row_count(self, table: str) -> int:
        """Return how many rows a table has, the row limit applied."""
        return int(self.rows(f"SELECT count(*) FROM {self.relation(table)}")[0][0])  # noqa: S608  (names are quoted)

    def side_by_side(self, table: str, cells: Sequence[str]) -> str:
        """Return the SQL to read expressions over a table from, as columns `c0`, `c1`, …."""
        named = ", ".join(f"{cell} AS c{at}" for at, cell in enumerate(cells))
        return f"(SELECT {named} FROM {self.relation(table)}) AS beside"  # noqa: S608  (names are quoted, measures are ours)

    @abstractmethod
    def sampled(self, table: str, rows: int, total: int) -> str:
        """Return the SQL to read about `rows` of a table's `total` rows from."""

    def read_frame(
        self, table: str, *, columns: Sequence[str] | None = None, rows: int | None = None
    ) -> pd.DataFrame:
        """Return a table as a frame.

        Args:
            table: one of `tables()`.
            columns: only these; all where left out.
            rows: at most so many, spread over the whole table where the engine can sample.
        """
        names = ", ".join(quote(name) for name in columns) if columns else "*"
        if rows is None:
            return self.frame(f"SELECT {names} FROM {self.relation(table)}")  # noqa: S608  (names are quoted)
        place = self.sampled(table, rows, self.row_count(table))
        return self.frame(f"SELECT {names} FROM {place}").head(rows)  # noqa: S608  (names are quoted)


def listed(names: Sequence[str]) -> str:
    """Return names as a short list for a sentence."""
    shown = joined(", ", names[:NAMES_SHOWN]) or shared("none")
    more = len(names) - NAMES_SHOWN
    return shared("and_more", shown=shown, more=more) if more > 0 else shown


def _the_only(tables: list[str], source: str) -> str:
    if len(tables) == 1:
        return tables[0]
    if not tables:
        raise InputError(say("no_visible_tables", source=source), field="table")
    raise InputError(
        say("tables_name_table", source=source, tables=len(tables), names=listed(tables)),
        field="table",
    )
