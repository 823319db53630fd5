"""Files through an embedded DuckDB: Parquet and DuckDB are read in place, the rest is copied once.

The copy is a working database in the probe's own folder, so that memory stays bounded however
long the file is; closing deletes it.
"""

from __future__ import annotations

import contextlib
import math
import os
import shutil
import threading
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb

from bot.texts import ComposedText
from probes.contract import OutOfDiskError, ProbeFault
from probes.kinds import SourceKind
from probes.settings import SourceSettings
from probes.sources.archives import unpack
from probes.sources.base import Column, Remark, Source, quote
from probes.sources.faults import fault
from probes.sources.folders import file_kind, table_name
from probes.sources.json_shapes import records_of
from probes.sources.loading import BrokenViewError, load_sqlite, sqlite_tables
from probes.sources.loading_text import LongLineError, NoColumnsError, load_csv, load_json
from probes.sources.text_bytes import LockedFileError, OtherFormatError, plain_text
from probes.sources.unreadable import is_disk_full, unreadable
from probes.sources.wide_text import wide_text
from probes.sources.workbooks import load_sheet, sheet_names

if TYPE_CHECKING:
    import pandas as pd

ENGINE_MEMORY_MB = 240
"""Enough for nearly any question: sixty million rows are counted as fast as with more."""
ENGINE_MEMORY_SHARE = 0.4
"""Of the probe's memory: to load a file, and for a question for which the above is too little."""
COLUMNS_AT_ONCE = 1_000
"""Of thousands of columns the engine holds a block each, which its memory does not bear."""

UNLINK_SECONDS = 0.5
"""How long spilled rows keep a file name."""

COLUMNS_THAT_DRAW = 50
"""So many columns' values decide, by a hash, which rows of a table are drawn."""

Answer = TypeVar("Answer")
Loader = Callable[[], str]
"""Makes one table ready and returns the SQL that names it."""


def take_name_from(path: Path) -> None:
    """Let the rows of an open file go with its process; an empty file keeps the name.

    DuckDB deletes its spill files by name, and ends the statement where a name is gone.
    """
    stand_in = path.with_suffix(".none")
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size:
            stand_in.touch()
            stand_in.replace(path)


class FileSource(Source):
    """One file; `probes.sources.file_folders` reads several."""

    def __init__(
        self,
        name: str,
        settings: SourceSettings,
        folder: Path,
        memory_mb: int,
        disk_mb: int = 10_240,
    ) -> None:
        super().__init__(name, settings)
        assert settings.path is not None  # noqa: S101  (the settings' own rule for files)
        self.path = settings.path.expanduser()
        self._check_path()
        self.work = folder / f"work-{os.getpid()}-{id(self):x}"
        self.work.mkdir(parents=True)
        self._closed = threading.Event()
        self._most_mb = int(memory_mb * ENGINE_MEMORY_SHARE)
        self._little_mb = min(ENGINE_MEMORY_MB, self._most_mb)
        self.connection = self._connect(disk_mb)
        self._relations: dict[str, str] = {}
        self._described: dict[str, list[Column]] = {}
        self.remarks: dict[str, list[Remark]] = {}
        self._at = (settings.kind, self.path)
        with self._answering():
            self._loaders = self.find()

    def _check_path(self) -> None:
        try:
            if not self.path.exists():
                raise fault("file_absent", self.name)
            if not (self.path.is_file() or self.path.is_dir()):
                raise fault("file_no_file", self.name)  # a pipe would be waited for
            readable = os.access(self.path, os.R_OK)
        except PermissionError:
            readable = False
        if not readable:
            raise fault("file_not_permitted", self.name)

    def _connect(self, disk_mb: int) -> duckdb.DuckDBPyConnection:
        """Open the engine on a working database that loses its name at once.

        So its rows are gone with this process, however it ends; spilled ones lose theirs a moment
        after they were written.
        """
        spill = self.work / "spill"
        spill.mkdir()
        connection = duckdb.connect(
            config={
                "memory_limit": f"{self._little_mb}MB",
                "temp_directory": str(spill),
                "max_temp_directory_size": f"{disk_mb}MB",
                "threads": str(max(1, min(4, len(os.sched_getaffinity(0))))),
                "preserve_insertion_order": "false",
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
            },
        )
        place = self.work / "work.duckdb"
        connection.execute(f"ATTACH '{escaped(place)}' AS work (RECOVERY_MODE no_wal_writes)")
        place.unlink()
        connection.execute("USE work")
        connection.execute("SET TimeZone = 'UTC'")
        threading.Thread(target=self._unlink_spill, args=(spill,), daemon=True).start()
        return connection

    def _unlink_spill(self, spill: Path) -> None:
        while not self._closed.wait(UNLINK_SECONDS):
            for path in spill.glob("duckdb_temp_*.tmp"):
                take_name_from(path)

    def all_tables(self) -> list[str]:
        """Return the tables of the file or folder."""
        return list(self._loaders)

    def columns(self, table: str) -> list[Column]:
        """Return a table's columns as DuckDB types them."""
        if table not in self._described:
            found = self._fetch(f"DESCRIBE SELECT * FROM {self.relation(table)}")  # noqa: S608  (names are quoted)
            self._described[table] = [Column(row[0], row[1]) for row in found]
        return self._described[table]

    def relation(self, table: str) -> str:
        """Return the SQL to read a table from; its first use loads what must be copied."""
        if table not in self._relations:
            with self._answering():
                self._allow(self._most_mb)
                named = self._in_utc(self._loaders[table]())
                self._allow(self._little_mb)
            limit = self.settings.row_limit
            self._relations[table] = (
                f"(SELECT * FROM {named} LIMIT {limit}) AS limited"  # noqa: S608  (names are quoted)
                if limit
                else named
            )
        return self._relations[table]

    def _in_utc(self, named: str) -> str:
        """Return a relation whose zoned timestamps are plain ones in UTC: Python reads no other."""
        described = self.connection.execute(f"DESCRIBE SELECT * FROM {named}").fetchall()  # noqa: S608  (names are quoted)
        zoned = [quote(row[0]) for row in described if row[1] == "TIMESTAMP WITH TIME ZONE"]
        if not zoned:
            return named
        plain = ", ".join(f"timezone('UTC', {name}) AS {name}" for name in zoned)
        return f"(SELECT * REPLACE ({plain}) FROM {named}) AS in_utc"  # noqa: S608  (names are quoted)

    def sampled(self, table: str, rows: int, total: int) -> str:
        """Return the SQL to read about so many rows from, drawn evenly over the whole table."""
        named = self.relation(table)
        return named if rows >= total else f"{named} USING SAMPLE {rows} ROWS"

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a statement."""
        return self._fetch(sql)

    def _fetch(self, sql: str) -> list[tuple[Any, ...]]:
        with self._answering():
            return self._asked(lambda: self.connection.execute(sql).fetchall())

    def frame(self, sql: str) -> pd.DataFrame:
        """Return the rows of a statement as a frame."""
        with self._answering():
            return self._asked(lambda: self.connection.execute(sql).df())

    def _asked(self, ask: Callable[[], Answer]) -> Answer:
        """Return an answer; a question for which the memory is too little is asked with more."""
        try:
            return ask()
        except duckdb.OutOfMemoryException:
            self._allow(self._most_mb)
            return ask()

    def _allow(self, megabytes: int) -> None:
        self.connection.execute(f"SET memory_limit = '{megabytes}MB'")

    def read_frame(
        self, table: str, *, columns: Sequence[str] | None = None, rows: int | None = None
    ) -> pd.DataFrame:
        """Return a table as a frame, the same rows each time; a very wide one is read in parts."""
        names = list(columns or [column.name for column in self.columns(table)])
        drawn = self._drawn(table, rows)
        frame = self._columns_of(self.relation(table) + drawn, names, rows)
        # Where few rows differ, a hash draws far too many or far too few.
        if drawn and rows and not rows // 2 <= len(frame) < rows and len(names) <= COLUMNS_AT_ONCE:
            return super().read_frame(table, columns=names, rows=rows)
        return frame

    def _columns_of(self, place: str, names: Sequence[str], rows: int | None) -> pd.DataFrame:
        most = "" if rows is None else f" LIMIT {rows}"
        if len(names) <= COLUMNS_AT_ONCE:
            return self.frame(f"SELECT {', '.join(map(quote, names))} FROM {place}{most}")  # noqa: S608  (names are quoted)
        import pandas as pd

        self._fetch("SET preserve_insertion_order = true")
        parts = [
            self.frame(f"SELECT {', '.join(map(quote, part))} FROM {place}{most}")  # noqa: S608  (names are quoted)
            for part in (
                names[at : at + COLUMNS_AT_ONCE] for at in range(0, len(names), COLUMNS_AT_ONCE)
            )
        ]
        if len({len(part) for part in parts}) > 1:
            raise fault("source_changed", self.name)
        return pd.concat(parts, axis=1)

    def _drawn(self, table: str, rows: int | None) -> str:
        """Return SQL that draws the same rows whichever columns are read, nearly so many."""
        total = self.row_count(table) if rows else 0
        if rows is None or rows >= total:
            return ""
        cells = ", ".join(column.quoted for column in self.columns(table)[:COLUMNS_THAT_DRAW])
        return f" WHERE hash({cells}) % {total} < {rows - 5 * math.isqrt(rows)}"

    def side_by_side(self, table: str, cells: Sequence[str]) -> str:
        """Return the SQL to read expressions from; several are worked out one after the other."""
        if len(cells) == 1:
            return super().side_by_side(table, cells)
        self._fetch("SET preserve_insertion_order = true")
        for at, cell in enumerate(cells):
            read = f"SELECT {cell} AS c{at} FROM {self.relation(table)}"  # noqa: S608  (names are quoted, measures are ours)
            self._fetch(f"CREATE OR REPLACE TEMP TABLE part_{at} AS {read}")
        return " POSITIONAL JOIN ".join(f"part_{at}" for at in range(len(cells)))

    def close(self) -> None:
        """Close the engine and delete its working files."""
        self._closed.set()
        self.connection.close()
        shutil.rmtree(self.work, ignore_errors=True)

    def remarks_on(self, table: str) -> list[Remark]:
        """Return what had to be bent to read a table at all."""
        self.relation(table)
        return self.remarks.get(table, [])

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """Stop a statement at its time limit and name what went wrong."""
        limit = self.settings.statement_timeout
        timer = threading.Timer(limit, self.connection.interrupt)
        timer.daemon = True
        timer.start()
        try:
            yield
        except duckdb.OutOfMemoryException as full:
            if "max_temp_directory_size" in str(full):
                raise OutOfDiskError(str(full)) from full
            raise MemoryError(str(full)) from full
        except RuntimeError as stopped:  # how a frame's reading reports an interrupt
            raise self._fault_of(duckdb.InterruptException(str(stopped))) from stopped
        except (duckdb.Error, OSError, zipfile.BadZipFile) as error:
            if is_disk_full(error):
                raise OutOfDiskError(str(error)) from error
            raise self._fault_of(error) from error
        finally:
            timer.cancel()

    def _fault_of(self, error: Exception) -> ProbeFault:
        otherwise = "file_unreadable" if self.path.exists() else "source_lost"
        code = next((code for kinds, code in _FAULTS if isinstance(error, kinds)), otherwise)
        words = next((each for each in error.args if isinstance(each, ComposedText)), str(error))
        details = {
            "statement_timed_out": f"{self.settings.statement_timeout:g}",
            "source_failed": words,
            "file_other_format": words,
            "line_too_long": words,
            "file_unreadable": unreadable(*self._at, inside=self._at[1] != self.path),
        }
        return fault(code, self.name, details.get(code, ""))

    def view(self, reader: str, path: Path) -> str:
        """Return a reader's call on a path, as SQL."""
        return f"{reader}('{escaped(path)}')"

    def _parquet(self, path: Path) -> str:
        self._at = (SourceKind.PARQUET, path)
        return self.view("read_parquet", path)

    def copy_csv(self, table: str, path: Path) -> str:
        """Copy a CSV file into the working folder and return the SQL that names the copy."""
        self._at = (SourceKind.CSV, path)
        if path.suffix.lower() == ".zip":
            path = self._unzipped(path, SourceKind.CSV)
        text = plain_text(path, self.work)
        wide = wide_text(text.path)
        if wide:
            place = self.work / f"wide-{len(self.remarks)}.parquet"
            self.remarks[table] = text.remarks + wide.rewrite(place)
            return self.view("read_parquet", place)
        self.remarks[table] = text.remarks + load_csv(self.connection, table, text, self.work)
        self._forget(text.path)
        return quote(table)

    def copy_json(self, table: str, path: Path) -> str:
        """Copy a JSON file into the working database and return its name there."""
        self.remarks[table] = load_json(self.connection, table, path, self.work)
        self._forget(path)
        return quote(table)

    def _forget(self, path: Path) -> None:
        """Delete a copy that has been loaded; the file itself is not in our folder."""
        if self.work in path.parents:
            path.unlink(missing_ok=True)

    def _unzipped(self, path: Path, kind: SourceKind) -> Path:
        """Return the one file of an archive."""
        found = [one for one in unpack(path, self.work) if file_kind(one) in {kind, None}]
        if len(found) != 1:
            raise zipfile.BadZipFile(f"{len(found)} members")
        return found[0]

    def loaders_of(self, kind: SourceKind, table: str, path: Path) -> dict[str, Loader]:
        """Return how one file becomes tables: one, but of a JSON document as many as it holds."""
        self._at = (kind, path)
        if kind is SourceKind.PARQUET:
            return {table: partial(self._parquet, path)}
        if kind is SourceKind.CSV:
            return {table: partial(self.copy_csv, table, path)}
        if kind is SourceKind.EXCEL:
            return self._sheets(table, path)
        if path.suffix.lower() == ".zip":
            path = self._unzipped(path, SourceKind.JSON)
        text = plain_text(path, self.work)
        parts = records_of(text.path, table, self.work) or {table: text.path}
        return {name: partial(self.copy_json, name, part) for name, part in parts.items()}

    def _sheets(self, table: str, path: Path) -> dict[str, Loader]:
        sheets = sheet_names(path)
        named = {sheet: f"{table} {sheet}" if len(sheets) > 1 else table for sheet in sheets}
        return {
            name: partial(load_sheet, self.connection, name, sheet, path)
            for sheet, name in named.items()
        }

    def find(self) -> dict[str, Loader]:
        """Return what makes each table ready; the only one of a file is named by the file."""
        if several := _OF_SEVERAL.get(self.kind):
            return several(self)
        return self.loaders_of(self.kind, table_name(self.path), self.path)

    def find_in_excel(self) -> dict[str, Loader]:
        """Return one table a sheet, of those that hold anything."""
        load = partial(load_sheet, self.connection)
        return {sheet: partial(load, sheet, sheet, self.path) for sheet in sheet_names(self.path)}

    def find_in_sqlite(self) -> dict[str, Loader]:
        """Return the tables and views of a SQLite file."""
        limit = self.settings.row_limit
        return {
            table: partial(load_sqlite, self.connection, table, self.path, limit)
            for table in sqlite_tables(self.path)
        }

    def find_in_duckdb(self) -> dict[str, Loader]:
        """Return the tables and views of a DuckDB file, attached read-only."""
        self.connection.execute(f"ATTACH '{escaped(self.path)}' AS source (READ_ONLY)")
        rows = self.connection.execute(
            "SELECT table_schema, table_name FROM information_schema.tables "
            "WHERE table_catalog = 'source' ORDER BY ALL"
        ).fetchall()
        return {
            (table if schema == "main" else f"{schema}.{table}"): partial(
                str, f"source.{quote(schema)}.{quote(table)}"
            )
            for schema, table in rows
        }


_FAULTS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
    (duckdb.InterruptException, "statement_timed_out"),
    ((duckdb.BinderException, duckdb.CatalogException), "source_changed"),
    (BrokenViewError, "source_failed"),
    (LockedFileError, "file_locked"),
    (OtherFormatError, "file_other_format"),
    (LongLineError, "line_too_long"),
    (NoColumnsError, "file_no_columns"),
    (PermissionError, "file_not_permitted"),
)
_OF_SEVERAL: dict[SourceKind, Callable[[FileSource], dict[str, Loader]]] = {
    SourceKind.EXCEL: FileSource.find_in_excel,
    SourceKind.SQLITE: FileSource.find_in_sqlite,
    SourceKind.DUCKDB: FileSource.find_in_duckdb,
}


def escaped(path: Path) -> str:
    """Return a path as it stands between SQL's quotes."""
    return str(path).replace("'", "''")
