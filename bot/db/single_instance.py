"""Lock that keeps a second bot off the same SQLite file, which has one writer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from filelock import BaseFileLock, FileLock, Timeout
from sqlalchemy import Engine

from bot.db.engine import sqlite_file
from bot.db.texts import say
from bot.domain.errors import InputError

PREDECESSOR_SECONDS: Final = 15.0
"""How long the delivery of a bot that was killed may take to notice; it takes milliseconds."""


def only_bot_on(engine: Engine) -> BaseFileLock | None:
    """Refuse a second bot on a SQLite file; replicas need PostgreSQL.

    Raises:
        InputError: another bot has it.
    """
    return _only_one(engine, ".lock", 0)


@contextmanager
def alone_on(engine: Engine) -> Iterator[None]:
    """Keep bots off a SQLite file meanwhile; of the lock nothing is left.

    Raises:
        InputError: a bot has it.
    """
    lock = only_bot_on(engine)
    try:
        yield
    finally:
        if lock is not None:
            Path(lock.lock_file).unlink()  # still held: who opened this file sees that it is gone
            lock.release()


def only_delivery_on(engine: Engine) -> BaseFileLock | None:
    """Wait until no process of an earlier bot delivers from a SQLite file.

    Raises:
        InputError: one does not end.
    """
    return _only_one(engine, ".delivery.lock", PREDECESSOR_SECONDS)


def _only_one(engine: Engine, suffix: str, patience: float) -> BaseFileLock | None:
    file = sqlite_file(engine)
    if file is None:
        return None
    lock = FileLock(f"{file}{suffix}")
    try:
        lock.acquire(timeout=patience)
    except Timeout:
        raise InputError(say("database_locked", database=file)) from None
    except OSError as error:
        raise InputError(
            say("lock_file_unwritable", lock_file=lock.lock_file, strerror=error.strerror),
            field="database.url",
        ) from None
    return lock
