"""Spark: the cluster's catalogue, or files on this machine in local mode, asked by compiled SQL.

A Java machine runs Spark; its heap stays below the probe's memory limit, since the limit counts it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from bot.domain.errors import InputError
from probes.contract import ProbeFault
from probes.kinds import SPARK_HERE, SourceKind
from probes.settings import SourceSettings, fill_from_environment
from probes.sources.base import Column, Source, quote
from probes.sources.faults import code_of, fault, keep_words
from probes.sources.reach import reach
from probes.sources.servers import DIALECTS, SAMPLE_MARGIN, compile_for
from probes.sources.texts import say

if TYPE_CHECKING:
    import pandas as pd

READERS: dict[str, str] = {
    ".parquet": "parquet",
    ".orc": "orc",
    ".csv": "csv",
    ".json": "json",
    ".jsonl": "json",
}
"""Endings of files and folders that Spark reads here, and its name for each format."""

READER_OPTIONS: dict[str, dict[str, str]] = {"csv": {"header": "true", "inferSchema": "true"}}
HEAP_SHARE = 0.4
HEAP_LEAST_MB = 512
DEFAULT_PORT = 7077
CANCEL_SECONDS = 0.2

ONLY_HERE = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
"""In local mode nothing of Spark listens to the network."""

CONDITIONS: tuple[tuple[str, str], ...] = (
    ("TABLE_OR_VIEW_NOT_FOUND", "table_absent"),
    ("SCHEMA_NOT_FOUND", "no_such_database"),
    ("PATH_NOT_FOUND", "file_absent"),
    ("UNRESOLVED_COLUMN", "source_changed"),
    ("FAILED_READ_FILE.FILE_NOT_EXIST", "source_changed"),
    ("FAILED_READ_FILE", "file_unreadable"),
    ("CANNOT_READ_FILE_FOOTER", "file_unreadable"),
    ("UNABLE_TO_INFER_SCHEMA", "file_unreadable"),
)
"""Spark's own names for what went wrong, the narrower before the wider."""


class SparkSource(Source):
    """A Spark cluster's catalogue, or a file or folder read by Spark in local mode."""

    dialect = DIALECTS[SourceKind.SPARK]

    def __init__(self, name: str, settings: SourceSettings, memory_mb: int) -> None:
        super().__init__(name, settings)
        assert settings.url is not None  # noqa: S101  (the settings' own rule for servers)
        self._url = urlsplit(fill_from_environment(settings.url.get_secret_value()))
        self._path = Path(self._url.path) if _is_here(self._url) and self._url.path else None
        self._database = None if self._path else self._url.path.strip("/") or None
        if self._path and not self._path.exists():
            raise fault("file_absent", self.name)
        if not _is_here(self._url):
            host, port = self._url.hostname or "", self._url.port or DEFAULT_PORT
            reach(self.name, host, port, settings.connect_timeout)
        self._session = _session(self._url, settings, memory_mb)
        self._files = _files(self._path) if self._path else {}
        self._views: set[str] = set()
        self.rows("SELECT 1")  # the first statement of a new engine pays for its warming up

    def all_tables(self) -> list[str]:
        """Return the files' tables, or those of the catalogue's database."""
        if self._path:
            return list(self._files)
        with self._answering():
            return [table.name for table in self._session.catalog.listTables(self._database)]

    def columns(self, table: str) -> list[Column]:
        """Return a table's columns as Spark types them."""
        relation = self.relation(table)
        with self._answering(table):
            found = self._session.sql(self._compiled(f"SELECT * FROM {relation}"))  # noqa: S608  (names are quoted)
            return [Column(one.name, one.dataType.simpleString().upper()) for one in found.schema]

    def relation(self, table: str) -> str:
        """Return the SQL to read a table from; its first use makes a file known to Spark."""
        if table not in self._views:
            self._make_view(table)
        limit = self.settings.row_limit
        return f"(SELECT * FROM {quote(table)} LIMIT {limit}) AS limited" if limit else quote(table)  # noqa: S608  (names are quoted)

    def _make_view(self, table: str) -> None:
        """Read a file, or a table of the catalogue, under a name of this session's own."""
        with self._answering(table):
            if self._path:
                path = self._files[table]
                form = READERS[path.suffix.lower()]
                reader = self._session.read.options(**READER_OPTIONS.get(form, {}))
                found = reader.format(form).load(str(path))
            else:
                named = [part for part in (self._database, table) if part]
                found = self._session.table(".".join(f"`{part}`" for part in named))
            _in_utc(found).createOrReplaceTempView(f"`{table.replace('`', '``')}`")
        self._views.add(table)

    def sampled(self, table: str, rows: int, total: int) -> str:
        """Return where to read about so many rows from, drawn over the whole table."""
        named = self.relation(table)
        if rows >= total:
            return named
        if not self.settings.row_limit:
            percent = max(100 * SAMPLE_MARGIN * rows / total, 0.0001)
            named = f"{named} TABLESAMPLE BERNOULLI ({percent:.4f} PERCENT)"
        return f"(SELECT * FROM {named} LIMIT {rows}) AS sampled"  # noqa: S608  (names are quoted)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a statement, compiled for Spark."""
        with self._answering():
            return [tuple(row) for row in self._session.sql(self._compiled(sql)).collect()]

    def frame(self, sql: str) -> pd.DataFrame:
        """Return the rows of a statement as a frame."""
        import pandas as pd

        with self._answering():
            found = self._session.sql(self._compiled(sql))
            rows = [tuple(row) for row in found.collect()]
            return pd.DataFrame.from_records(rows, columns=found.columns, coerce_float=True)

    def _compiled(self, sql: str) -> str:
        return compile_for(self.dialect, sql)

    def close(self) -> None:
        """Forget this session's tables; Spark itself ends with the process."""
        for table in self._views:
            self._session.catalog.dropTempView(table)

    @contextmanager
    def _answering(self, table: str | None = None) -> Iterator[None]:
        """Stop a statement at its time limit and name what went wrong."""
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException

        answered, stopped = threading.Event(), threading.Event()
        threading.Thread(target=self._stop_jobs, args=[answered, stopped], daemon=True).start()
        try:
            yield
        except (PySparkException, Py4JError, OSError) as error:
            raise self._fault_of(error, table, timed_out=stopped.is_set()) from error
        finally:
            answered.set()

    def _stop_jobs(self, answered: threading.Event, stopped: threading.Event) -> None:
        """Cancel after the time limit, and again: a statement that is still planned has no job."""
        if answered.wait(self.settings.statement_timeout):
            return
        stopped.set()
        while not answered.wait(CANCEL_SECONDS):
            self._session.sparkContext.cancelAllJobs()

    def _fault_of(self, error: Exception, table: str | None, *, timed_out: bool) -> ProbeFault:
        code = "statement_timed_out" if timed_out else _code_of(error)
        if code == "source_failed":
            keep_words(self.name, error)
        details = {
            "statement_timed_out": f"{self.settings.statement_timeout:g}",
            "table_absent": table or "",
            "privilege_missing": table or "it",
            "file_unreadable": "data",
            "source_failed": type(error).__name__,
        }
        return fault(code, self.name, details.get(code, ""), table)


def _is_here(url: SplitResult) -> bool:
    return url.hostname == SPARK_HERE


def _session(url: SplitResult, settings: SourceSettings, memory_mb: int) -> Any:
    """Start Spark, or join what this process has started, with a session of our own.

    Raises:
        InputError: pyspark or Java is missing.
    """
    try:
        from pyspark.errors import PySparkRuntimeError
        from pyspark.sql import SparkSession
    except ModuleNotFoundError as missing:
        raise InputError(say("spark_missing"), field="kind") from missing
    builder = SparkSession.builder.master(_master(url)).appName("hour48")
    here = ONLY_HERE if _is_here(url) else {}
    for key, value in {
        **_configuration(memory_mb),
        **here,
        **{key: str(value) for key, value in settings.options.items()},
    }.items():
        builder = builder.config(key, value)
    try:
        session = builder.getOrCreate()
    except PySparkRuntimeError as missing:
        raise InputError(
            say("spark_needs_java"),
            field="kind",
        ) from missing
    session.sparkContext.setLogLevel("OFF")
    return session.newSession()


def _master(url: SplitResult) -> str:
    return "local[*]" if _is_here(url) else f"spark://{url.hostname}:{url.port or DEFAULT_PORT}"


def _configuration(memory_mb: int) -> dict[str, str]:
    return {
        "spark.driver.memory": f"{max(HEAP_LEAST_MB, int(memory_mb * HEAP_SHARE))}m",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "8",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "OFF",
    }


def _files(path: Path) -> dict[str, Path]:
    """Return the tables of a folder by name, or the one that a file or a table's folder is."""
    if path.suffix.lower() in READERS:
        return {path.stem: path}
    if not path.is_dir():
        raise InputError(
            say("spark_format_unknown", readers=", ".join(READERS), name=path.name),
            field="url",
        )
    return {
        one.stem: one
        for one in sorted(path.iterdir())
        if one.suffix.lower() in READERS and not one.name.startswith((".", "_"))
    }


def _in_utc(found: Any) -> Any:
    """Return a frame whose zoned timestamps are plain ones in UTC: Python reads them locally."""
    from pyspark.sql.types import TimestampType

    zoned = [one.name for one in found.schema if isinstance(one.dataType, TimestampType)]
    plain = {name: found[f"`{name.replace('`', '``')}`"].cast("timestamp_ntz") for name in zoned}
    return found.withColumns(plain) if plain else found


def _code_of(error: Exception) -> str:
    from py4j.protocol import Py4JNetworkError

    if isinstance(error, Py4JNetworkError | ConnectionError):
        return "source_lost"
    named = str(getattr(error, "getCondition", lambda: None)() or "") + str(error)
    return next((code for word, code in CONDITIONS if word in named), code_of(error))
