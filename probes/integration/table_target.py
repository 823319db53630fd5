"""A database table that takes batch scores: a batch into a scratch copy, which is rolled back."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.exc import (
    DBAPIError,
    IntegrityError,
    NoSuchTableError,
    OperationalError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.schema import CreateTable

from bot.domain.errors import InputError
from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.guard import checked_addresses
from probes.integration import latency, reach
from probes.integration.calls import CallResult, Facts
from probes.integration.table_rows import example_rows, value_of
from probes.integration.table_rules import real_row
from probes.integration.texts import CODES, say
from probes.settings import TargetSettings, fill_from_environment

_PREFIX: Final = "hour48_scratch_"
_DRIVERS: Final[Mapping[str, str]] = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
    "sqlite": "sqlite",
}
_PORTS: Final[Mapping[str, int]] = {"postgresql": 5432, "mysql": 3306}
_NOT_ALLOWED: Final = ("permission denied", "denied", "readonly", "read-only", "must be owner")


class Target:
    """One table of one database; nothing it does outlives its transaction."""

    def __init__(self, target: TargetSettings) -> None:
        self.target = target
        url = make_url(fill_from_environment(target.url.get_secret_value()))
        name = url.drivername.split("+")[0]
        self.url = url.set(drivername=_DRIVERS[name])
        if target.token is not None:
            self.url = self.url.set(password=fill_from_environment(target.token.get_secret_value()))
        self._engine: Any = None
        self.real: sa.Table | None = None

    def __enter__(self) -> Target:
        return self

    def __exit__(self, *_: object) -> None:
        if self._engine is not None:
            self._engine.dispose()

    @property
    def kind(self) -> str:
        """The engine's name."""
        return self.url.get_backend_name()

    @property
    def host(self) -> str:
        """The server's host; empty for a file."""
        return self.url.host or ""

    @property
    def port(self) -> int:
        """The server's port."""
        return self.url.port or _PORTS.get(self.kind, 0)

    @property
    def is_encrypted(self) -> bool:
        """Whether the url asks for TLS."""
        asked = {**self.url.query}
        return str(asked.get("sslmode", "")) in {"require", "verify-ca", "verify-full"} or (
            "ssl_ca" in asked
        )

    @property
    def is_ready(self) -> bool:
        """Whether it is known what to call: always."""
        return True

    def engine(self) -> Any:
        """Return the engine; libpq is given the address that was checked."""
        if self._engine is None:
            seconds = max(1, round(self.target.timeout_seconds))
            arguments: dict[str, Any] = {"connect_timeout": seconds}
            if self.kind == "sqlite":
                arguments = {"timeout": seconds}
            elif self.kind == "postgresql" and self.host:
                allow = self.target.allow_internal
                arguments["hostaddr"] = checked_addresses(
                    self.host, self.port, allow_internal=allow
                )[0]
            self._engine = sa.create_engine(
                self.url, connect_args=arguments, poolclass=sa.pool.NullPool
            )
        return self._engine

    def call(self) -> CallResult:
        """Write a batch into a scratch table and roll back."""
        started = time.monotonic()
        try:
            seconds = self._batch()
        except (SQLAlchemyError, OSError, InputError) as broken:
            took = (time.monotonic() - started) * 1000
            return CallResult(took, 500, body=type(broken).__name__.encode())
        return CallResult(seconds * 1000, 200)

    def _batch(self) -> float:
        """Return the seconds that the insert alone took."""
        if self.real is None:
            raise InputError(say("table_read"))
        scratch, rows = scratch_of(self.real), example_rows(self.real, self.target.batch_rows)
        with self.engine().connect() as connection, connection.begin() as work:
            connection.execute(CreateTable(scratch))
            started = time.monotonic()
            connection.execute(scratch.insert(), rows)
            took = time.monotonic() - started
            written = connection.scalar(sa.select(sa.func.count()).select_from(scratch))
            # MySQL keeps a temporary table through a rollback; its session ends right after.
            work.rollback()
        if written != len(rows):
            raise SQLAlchemyError("not all rows arrived")
        return took


def scratch_of(real: sa.Table) -> sa.Table:
    """Return a temporary table with the columns of the real one, and none of its links."""
    columns = [
        sa.Column(
            one.name,
            one.type,
            primary_key=one.primary_key,
            autoincrement=False,
            nullable=one.nullable or value_of(one.type, 1) is None,
        )
        for one in real.columns
        if one.computed is None
    ]
    name = f"{_PREFIX}{uuid.uuid4().hex[:12]}"
    return sa.Table(name, sa.MetaData(), *columns, prefixes=["TEMPORARY"])


def reach_server(session: Target, name: str, facts: Facts) -> Iterator[Finding]:
    """Resolve the server's name; a file needs none."""
    elsewhere = {"host", "hostaddr", "unix_socket"} & set(session.url.query)
    if elsewhere and not session.target.allow_internal:
        yield reach.unreachable(name, "refused_address")
    if not session.host:
        return
    if session.is_encrypted:
        allow = session.target.allow_internal
        try:
            found = checked_addresses(session.host, session.port, allow_internal=allow)
        except OSError:
            yield reach.unreachable(name, "resolve_failed")
        except ValueError:
            yield reach.unreachable(name, "refused_address")
        else:
            facts["addresses"] = len(found)
    else:
        yield from reach.reach(session, name, facts)


def table(session: Target, name: str, facts: Facts) -> Iterator[Finding]:
    """Read the table's columns and what they demand."""
    schema, _, plain = str(session.target.table).rpartition(".")
    try:
        session.real = sa.Table(
            plain,
            sa.MetaData(),
            schema=schema or None,
            autoload_with=session.engine(),
            resolve_fks=False,
        )
    except NoSuchTableError:
        yield CODES.finding("table_not_there", name=name, table=session.target.table)
        return
    except (OperationalError, DBAPIError) as broken:
        denied = any(word in str(broken).lower() for word in ("password", "denied", "role"))
        code = "login_refused" if denied else "database_unreachable"
        yield CODES.finding(code, name=name)
        return
    facts["columns"] = len(session.real.columns)
    yield CODES.finding(
        "table_read", name=name, table=session.target.table, count=len(session.real.columns)
    )
    strange = [one.name for one in session.real.columns if value_of(one.type, 1) is None]
    if strange:
        yield CODES.finding(
            "column_type_unknown", {"columns": strange}, name=name, columns=", ".join(strange[:4])
        )


def batch(session: Target, name: str, facts: Facts) -> Iterator[Finding]:
    """Try the right to insert on the real table, then a batch on a scratch copy."""
    if session.real is None:
        return
    if not _may_insert(session):
        yield CODES.finding("write_refused", name=name)
        return
    answer, rows = session.call(), session.target.batch_rows
    facts["works"] = answer.works
    facts["batch"] = {"rows": rows, "ms": round(answer.milliseconds, 1)}
    if not answer.works:
        why = answer.body.decode()
        yield CODES.finding("batch_refused", {"why": why}, name=name, rows=rows)
        return
    rate = rows / max(answer.milliseconds / 1000, 1e-6)
    yield CODES.finding(
        "batch_taken",
        facts["batch"],
        name=name,
        rows=rows,
        ms=answer.milliseconds,
        rate=rate,
    )
    yield from real_row(session, name, facts)
    yield from _twice(session, name)


def _may_insert(session: Target) -> bool:
    """Whether an insert of no row at all is allowed: rights are asked for before rows."""
    real = session.real
    if real is None:
        return False
    columns = [one for one in real.columns if one.computed is None]
    nothing = sa.select(*columns).where(sa.false())
    try:
        with session.engine().connect() as connection, connection.begin() as work:
            connection.execute(sa.insert(real).from_select([one.name for one in columns], nothing))
            work.rollback()
    except (ProgrammingError, OperationalError, IntegrityError, DBAPIError) as broken:
        return not any(word in str(broken).lower() for word in _NOT_ALLOWED)
    return True


def _twice(session: Target, name: str) -> Iterator[Finding]:
    """Say whether a batch that is sent twice would count twice: only a key prevents it."""
    keys = list(session.real.primary_key.columns) if session.real is not None else []
    made_by_database = [
        one for one in keys if one.autoincrement is True or one.server_default is not None
    ]
    safe = bool(keys) and len(made_by_database) < len(keys)
    code = "batch_safe_twice" if safe else "batch_counts_twice"
    yield CODES.finding(code, name=name, level=FindingLevel.OK if safe else None)


CHECKS: Final = (
    ("resolving_connecting", reach_server),
    ("reading_table", table),
    ("step_scratch_table", batch),
    ("timing_batches", latency.latency),
)
