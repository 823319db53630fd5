"""Databases by push-down: SQLAlchemy connects and lists, sqlglot compiles, the server counts.

A session is read-only, has a statement time limit, and keeps one snapshot where the server can, so
a table that changes meanwhile stays the same for us.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
import sqlglot

from bot.domain.errors import InputError
from probes.contract import ProbeFault
from probes.kinds import SourceKind
from probes.settings import SourceSettings
from probes.sources.base import Column, Source, quote
from probes.sources.connecting import engine_of, is_refusal, refusal, url_of
from probes.sources.faults import code_of, fault, keep_words
from probes.sources.reach import reach
from probes.sources.texts import say

if TYPE_CHECKING:
    import pandas as pd

DIALECTS: dict[SourceKind, str] = {
    SourceKind.POSTGRESQL: "postgres",
    SourceKind.MYSQL: "mysql",
    SourceKind.SNOWFLAKE: "snowflake",
    SourceKind.BIGQUERY: "bigquery",
    SourceKind.TRINO: "trino",
    SourceKind.DATABRICKS: "databricks",
    SourceKind.SPARK: "spark",
}
"""What sqlglot calls each engine."""

DEFAULT_PORTS: dict[SourceKind, int] = {
    SourceKind.POSTGRESQL: 5432,
    SourceKind.MYSQL: 3306,
    SourceKind.TRINO: 8080,
    SourceKind.DATABRICKS: 443,
}
"""Only where the URL's host is the server's: Snowflake's and BigQuery's are account names."""

SESSION_SETUP: dict[SourceKind, tuple[str, ...]] = {
    SourceKind.POSTGRESQL: (
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY, ISOLATION LEVEL REPEATABLE READ",
        "SET statement_timeout = {milliseconds}",
        "SET TIME ZONE 'UTC'",
    ),
    SourceKind.MYSQL: (
        "SET SESSION TRANSACTION READ ONLY",
        "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "SET SESSION time_zone = '+00:00'",
    ),
    SourceKind.SNOWFLAKE: (
        "ALTER SESSION SET STATEMENT_TIMEOUT_IN_SECONDS = {seconds}",
        "ALTER SESSION SET TIMEZONE = 'UTC'",
    ),
    SourceKind.TRINO: ("SET SESSION query_max_run_time = '{seconds}s'",),
    SourceKind.DATABRICKS: ("SET STATEMENT_TIMEOUT = {seconds}",),
}

MYSQL_TIME_LIMIT = "SET SESSION max_execution_time = {milliseconds}"
MARIADB_TIME_LIMIT = "SET SESSION max_statement_time = {seconds}"
"""MySQL and MariaDB speak one protocol and limit a statement's time each in their own way."""

SAMPLE_MARGIN = 1.1
NO_TABLE_SAMPLE = frozenset({SourceKind.MYSQL})


class ServerSource(Source):
    """A database server."""

    def __init__(self, name: str, settings: SourceSettings) -> None:
        super().__init__(name, settings)
        self.dialect = DIALECTS[settings.kind]
        self._url = url_of(settings)
        self._engine = engine_of(name, self._url, settings)
        self._raw: Any = None
        self._described: dict[str, list[Column]] = {}
        try:
            self._reach()
            self._raw = self._login()
        except (ProbeFault, InputError):
            self._engine.dispose()
            raise

    def _reach(self) -> None:
        host, port = self._url.host, self._url.port or DEFAULT_PORTS.get(self.kind)
        if not host or not port or host.startswith("/") or "unix_socket" in self._url.query:
            return
        reach(self.name, host, port, self.settings.connect_timeout)

    def _login(self) -> Any:
        sa.event.listen(self._engine, "connect", self._set_up)
        try:
            with self._answering():
                return self._engine.raw_connection()
        except (TypeError, ProbeFault) as failed:
            cause = failed.__cause__ if isinstance(failed, ProbeFault) else failed
            own = getattr(cause, "orig", None) or cause
            if own is None or not is_refusal(own):
                raise
            raise refusal(self.name, own) from failed

    def _set_up(self, raw: Any, _record: Any) -> None:
        cursor = raw.cursor()
        for statement in self._setup_statements(self._time_limits(cursor)):
            cursor.execute(statement)
        cursor.close()
        raw.commit()

    def _time_limits(self, cursor: Any) -> tuple[str, ...]:
        if self.kind is not SourceKind.MYSQL:
            return ()
        cursor.execute("SELECT VERSION()")
        is_mariadb = "mariadb" in str(cursor.fetchone()[0]).lower()
        return (MARIADB_TIME_LIMIT if is_mariadb else MYSQL_TIME_LIMIT,)

    def _setup_statements(self, time_limits: tuple[str, ...] = ()) -> list[str]:
        seconds = max(1, round(self.settings.statement_timeout))
        milliseconds = max(1, round(self.settings.statement_timeout * 1000))
        return [
            line.format(seconds=seconds, milliseconds=milliseconds)
            for line in (*SESSION_SETUP.get(self.kind, ()), *time_limits)
        ]

    def all_tables(self) -> list[str]:
        """Return tables and views: of the default schema by name, of others with their schema."""
        with self._answering():
            look = sa.inspect(self._engine)
            default = look.default_schema_name
            schemas = [default, *(name for name in look.get_schema_names() if name != default)]
            return [
                table if schema == default else f"{schema}.{table}"
                for schema in schemas
                if (schema or "").lower() not in _SYSTEM_SCHEMAS
                for table in sorted({*look.get_table_names(schema), *look.get_view_names(schema)})
            ]

    def columns(self, table: str) -> list[Column]:
        """Return a table's columns as the server declares them."""
        if table not in self._described:
            schema, _, name = table.rpartition(".")
            with self._answering(table):
                found = sa.inspect(self._engine).get_columns(name, schema=schema or None)
            self._described[table] = [
                Column(str(column["name"]), _type_name(column["type"])) for column in found
            ]
        return self._described[table]

    def relation(self, table: str) -> str:
        """Return the table's quoted name, or a bounded selection of it."""
        schema, _, name = table.rpartition(".")
        quoted = f"{quote(schema)}.{quote(name)}" if schema else quote(name)
        limit = self.settings.row_limit
        return f"(SELECT * FROM {quoted} LIMIT {limit}) AS limited" if limit else quoted  # noqa: S608  (names are quoted)

    def sampled(self, table: str, rows: int, total: int) -> str:
        """Return where to read so many rows from; a view or MySQL gives its first ones."""
        named = self.relation(table)
        if rows >= total:
            return named
        first = f"(SELECT * FROM {named} LIMIT {rows}) AS sampled"  # noqa: S608  (names are quoted)
        if self.settings.row_limit or self.kind in NO_TABLE_SAMPLE or self._is_view(table):
            return first
        percent = max(100 * SAMPLE_MARGIN * rows / total, 0.0001)
        spread = f"{named} TABLESAMPLE BERNOULLI ({percent:.4f} PERCENT)"
        return f"(SELECT * FROM {spread} LIMIT {rows}) AS sampled"  # noqa: S608  (names are quoted)

    def _is_view(self, table: str) -> bool:
        schema, _, name = table.rpartition(".")
        with self._answering(table):
            return name in sa.inspect(self._engine).get_view_names(schema or None)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a statement, compiled for this server."""
        return self._execute(sql)[0]

    def frame(self, sql: str) -> pd.DataFrame:
        """Return the rows of a statement as a frame."""
        import pandas as pd

        rows, names = self._execute(sql)
        return pd.DataFrame.from_records(rows, columns=names, coerce_float=True)

    def native_rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a statement in the server's own words."""
        return self._run(sql)[0]

    def _execute(self, sql: str) -> tuple[list[tuple[Any, ...]], list[str]]:
        return self._run(compile_for(self.dialect, sql))

    def _run(self, sql: str) -> tuple[list[tuple[Any, ...]], list[str]]:
        with self._answering():
            cursor = self._raw.cursor()
            try:
                cursor.execute(sql)
                names = [item[0] for item in cursor.description]
                return [tuple(row) for row in cursor.fetchall()], names
            except self._errors:
                self._raw.rollback()
                raise
            finally:
                cursor.close()

    def close(self) -> None:
        """Close the connection."""
        if self._raw is not None:
            self._raw.close()
        self._engine.dispose()

    @contextmanager
    def _answering(self, table: str | None = None) -> Iterator[None]:
        """Name what went wrong; the driver's own words may hold secrets and stay in the log."""
        try:
            yield
        except sa.exc.NoSuchTableError as absent:
            raise fault("table_absent", self.name, table or "") from absent
        except self._errors as error:
            raise self._fault_of(error, table) from error

    @property
    def _errors(self) -> tuple[type[Exception], ...]:
        driver: Any = self._engine.dialect.dbapi
        return (driver.Error, sa.exc.DBAPIError, OSError)

    def _fault_of(self, error: Exception, table: str | None) -> ProbeFault:
        cause = getattr(error, "orig", None) or error
        code = code_of(cause)
        if code == "source_failed":
            keep_words(self.name, cause)
        details = {
            "statement_timed_out": f"{self.settings.statement_timeout:g}",
            "connection_timed_out": f"{self.settings.connect_timeout:g}",
            "privilege_missing": table or say("anything"),
            "table_absent": table or "",
            "source_failed": type(cause).__name__,
        }
        return fault(code, self.name, details.get(code, ""), table)


_SYSTEM_SCHEMAS = frozenset(
    {"information_schema", "pg_catalog", "mysql", "performance_schema", "sys", "pg_toast"}
)


def compile_for(dialect: str, sql: str) -> str:
    """Return a statement, written in DuckDB's dialect, in an engine's own."""
    return sqlglot.transpile(
        sql, read="duckdb", write=dialect, unsupported_level=sqlglot.ErrorLevel.IGNORE
    )[0]


def _type_name(kind: Any) -> str:
    try:
        return str(kind.compile()).upper()
    except (sa.exc.CompileError, sa.exc.UnsupportedCompilationError):
        return type(kind).__name__.upper()
