"""Opening the database for a question from the command line, which must never create it.

SQLite makes an empty file for whoever connects, so a question asked in the wrong folder would
leave a database behind that the next question takes for the real one.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, make_url

from bot.db.engine import migrate, open_engine, sqlite_file
from bot.db.texts import say
from bot.domain.errors import InputError


def missing_file(engine: Engine) -> Path | None:
    """Return the SQLite file that an engine would create; None where its database is there."""
    file = sqlite_file(engine)
    return None if file is None or file.exists() else file


def _advice(file: Path) -> str:
    return say("database_file_missing", file=file)


def open_stored(url: str) -> Engine:
    """Open the database at `url` that a bot has used before.

    Raises:
        InputError: the URL names none that hour48 can run on, or a file that is not there.
    """
    engine = open_engine(url)
    file = missing_file(engine)
    if file is not None:
        engine.dispose()
        raise InputError(_advice(file), field="database.url")
    return engine


@contextmanager
def reading_stored(url: str) -> Iterator[Engine]:
    """Open the database at `url` for questions; one that is not there answers as an empty one.

    Raises:
        InputError: the URL names no database that hour48 can run on.
    """
    engine = open_engine(url)
    file = missing_file(engine)
    if file is None:
        yield from _migrated(engine)
        return
    engine.dispose()
    print(_advice(file), file=sys.stderr)  # noqa: T201 - the answer goes to standard output
    with tempfile.TemporaryDirectory() as folder:
        empty = make_url("sqlite://").set(database=str(Path(folder) / "empty.db"))
        yield from _migrated(open_engine(empty.render_as_string()))


def _migrated(engine: Engine) -> Iterator[Engine]:
    try:
        migrate(engine)
        yield engine
    finally:
        engine.dispose()
