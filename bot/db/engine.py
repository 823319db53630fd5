"""Opening a database: SQLite for one bot, PostgreSQL when it grows; the same code on both."""

from __future__ import annotations

import select
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

from bot.db.schema_state import SchemaState, owned, schema_of
from bot.db.texts import say
from bot.db.write_lock import use_write_lock
from bot.domain.errors import InputError

if TYPE_CHECKING:
    from alembic.config import Config

DIALECTS: Final = ("sqlite", "postgresql")
"""The databases that the bot runs on, by the names of their dialects."""
MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_MILLISECONDS = 10_000
MOST_PAGES = 20_000
"""Pages of 4 kB in SQLite's log at which even a process that leaves them to others writes them."""
CACHE: Final = 2_000
LARGE_CACHE: Final = 8_000
"""Kilobytes of pages that a connection keeps, commonly and in a large transaction."""
GLANCE = 0.0005
"""Seconds between two tries to write to SQLite."""
POOL: Final[dict[str, Any]] = {"pool_size": 20, "max_overflow": 20, "pool_use_lifo": True}
"""Connections for every listener, delivery's workers, the alarm, the probes and the page. The one
used last goes first: its statements are prepared and what it read is at hand."""
LOST: Final = frozenset({"40P01", "40001"})
"""PostgreSQL's codes for a deadlock and for a transaction that could not be put in a row."""
IDLE_MILLISECONDS = 8_000
"""How long a transaction may do nothing; with the alarm's look every 5 seconds, what a dead bot had
in hand is taken over within 15."""
PATIENCE: Final[dict[str, Any]] = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""After how many seconds (the last: milliseconds) a PostgreSQL that is gone without a word is given
up, so that a standby is found; the URL may say otherwise."""


def open_engine(url: str) -> Engine:
    """Open the database at `url`.

    Args:
        url: a SQLAlchemy URL; `sqlite:///file.db` or `postgresql+psycopg://…`.

    Raises:
        InputError: the URL names no database that hour48 can run on.
    """
    try:
        parsed = make_url(url)
    except Exception as error:  # SQLAlchemy raises several kinds for a malformed URL
        raise InputError(say("database_url_invalid"), field="database.url") from error
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() not in DIALECTS:
        raise InputError(
            say("backend_unsupported", get_backend_name=parsed.get_backend_name()),
            field="database.url",
        )
    if parsed.get_backend_name() == "sqlite":
        _require_file(parsed)
        patience = BUSY_MILLISECONDS / 1000
        engine = create_engine(parsed, connect_args={"timeout": patience}, **POOL)
        use_write_lock(engine, patience)
        _tame_sqlite(engine)
        return engine
    limits = {name: value for name, value in PATIENCE.items() if name not in parsed.query}
    engine = create_engine(parsed, connect_args=limits, **POOL)
    _let_go_of_the_dead(engine)
    _leave_who_hung_up(engine)
    return engine


def _require_file(url: URL) -> None:
    """Refuse rows that are in one connection's memory: no thread would see another one's.

    Raises:
        InputError: the URL names no file.
    """
    if url.database in (None, "", ":memory:") or "mode=memory" in str(url):
        raise InputError(
            say("database_in_memory"),
            field="database.url",
        )


def sqlite_file(engine: Engine) -> Path | None:
    """Return the file of a SQLite database, also where the URL names it by SQLite's own `file:`."""
    if engine.dialect.name != "sqlite":
        return None
    named = str(engine.url.database)
    return Path(named.removeprefix("file:").partition("?")[0] if named[:5] == "file:" else named)


def _let_go_of_the_dead(engine: Engine) -> None:
    """Let PostgreSQL end a transaction of a bot that stands still, and free the rows it holds.

    A bot whose machine is frozen or cut off never closes its connection; without this its sprints
    would be passed by until TCP gives it up, after hours.
    """

    @event.listens_for(engine, "connect")
    def limit(connection: Any, _entry: ConnectionPoolEntry) -> None:
        connection.execute(f"SET idle_in_transaction_session_timeout = {IDLE_MILLISECONDS}")
        connection.commit()


def _leave_who_hung_up(engine: Engine) -> None:
    """Take a new connection for one that PostgreSQL has closed meanwhile, as a restart does.

    A server says nothing on a connection at rest but that it hangs up, which the machine knows
    without asking; SQLAlchemy's own look asks the server, and each answer to a person would wait.
    """

    @event.listens_for(engine, "checkout")
    def look(connection: Any, _entry: ConnectionPoolEntry, _proxy: Any) -> None:
        if connection.closed or _has_something_to_read(connection.fileno()):
            raise DisconnectionError


def _has_something_to_read(file: int) -> bool:
    looked = select.poll()
    looked.register(file, select.POLLIN)
    return bool(looked.poll(0))


def _tame_sqlite(engine: Engine) -> None:
    """Make SQLite keep foreign keys, allow readers beside the writer, and take the lock at BEGIN.

    The driver begins a transaction only at its first write, so two of them can read the same row
    and both decide; BEGIN IMMEDIATE makes the second one wait and then read what the first wrote.
    """

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",  # what was acknowledged, and what is in doubt, survive a power cut
            "foreign_keys=ON",
            f"busy_timeout={BUSY_MILLISECONDS}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("read_only"):
            connection.exec_driver_sql("BEGIN")
        else:
            _begin_immediate(connection)


@contextmanager
def large_cache(session: Session) -> Iterator[None]:
    """Let SQLite keep the pages of a transaction that writes hundreds of sprints, until it ends.

    With the cache that it has for small ones it reads the same pages again and again.
    """
    if session.get_bind().dialect.name != "sqlite":
        yield
        return
    connection = session.connection()
    connection.exec_driver_sql(f"PRAGMA cache_size=-{LARGE_CACHE}")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA cache_size=-{CACHE}")


def rewrite_file(engine: Engine) -> bool:
    """Write SQLite's file anew without its free pages, where erased rows can still be read.

    Returns:
        Whether it was; not while another process holds a lock on it.
    """
    with engine.connect() as connection:
        own: Any = connection.connection.dbapi_connection
        own.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
        own.rollback()
        try:
            own.execute("PRAGMA secure_delete=ON")
            own.execute("VACUUM")
            busy, _pages, _moved = own.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.OperationalError:
            return False
        return not busy


def leave_checkpoints(engine: Engine) -> None:
    """Let other processes bring what was written from SQLite's log into its file.

    Whoever commits the thousandth page does, and waits for the disk; no person should.
    """
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def limit(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
            connection.execute(f"PRAGMA wal_autocheckpoint={MOST_PAGES}")


def _begin_immediate(connection: Connection) -> None:
    """Begin to write as soon as the other process of the bot has written.

    SQLite's own waiting sleeps longer with every try, up to a tenth of a second, and people wait.
    """
    own: Any = connection.connection.dbapi_connection
    until = time.monotonic() + BUSY_MILLISECONDS / 1000
    own.execute("PRAGMA busy_timeout=0")
    try:
        while not _has_begun(own, is_last_try=time.monotonic() > until):
            time.sleep(GLANCE)
    finally:
        own.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")


def _has_begun(connection: sqlite3.Connection, *, is_last_try: bool) -> bool:
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if is_last_try or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True


def has_lost(error: DBAPIError) -> bool:
    """Return whether PostgreSQL ended a transaction for another one's sake; all of it is undone."""
    return getattr(error.orig, "sqlstate", None) in LOST


def session_factory(engine: Engine) -> sessionmaker[Session]:
    """Return the factory of sessions that write."""
    from bot.db.audit_chain import chain_sessions

    sessions = sessionmaker(engine, expire_on_commit=False)
    chain_sessions(sessions)
    return sessions


def reading_session_factory(engine: Engine) -> sessionmaker[Session]:
    """Return the factory of sessions that only read, and so never wait for SQLite's one writer.

    On PostgreSQL each statement sees what is committed by then, in a transaction or not; so there
    is none, and nobody waits for its beginning and its end.
    """
    alone = {"isolation_level": "AUTOCOMMIT"} if engine.dialect.name == "postgresql" else {}
    reading = engine.execution_options(read_only=True, **alone)
    return sessionmaker(reading, expire_on_commit=False)


def migration_config(engine: Engine) -> Config:
    """Return Alembic's configuration for this engine."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = engine
    return config


def migrate(engine: Engine, revision: str = "head") -> None:
    """Bring the database's schema to `revision`.

    Raises:
        InputError: the schema is of a newer version, or the database's user may not change it.
    """
    if revision == "head":
        schema = schema_of(engine)
        if schema.state is SchemaState.NEWEST:
            return  # Alembic takes a fifth of a start to see the same
        if schema.state is SchemaState.UNKNOWN:
            raise InputError(schema.refusal, field="database.url")
    from alembic import command

    with owned():
        command.upgrade(migration_config(engine), revision)
