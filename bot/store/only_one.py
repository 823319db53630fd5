"""One bot on a SQLite file: it has one writer, and several bots would keep each other waiting."""

from __future__ import annotations

from filelock import BaseFileLock, FileLock, Timeout
from sqlalchemy import Engine

from bot.sprint.errors import InputError


def only_bot_on(engine: Engine) -> BaseFileLock | None:
    """Refuse a second bot on a SQLite file; replicas need PostgreSQL.

    Raises:
        InputError: another bot has it.
    """
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return None
    lock = FileLock(f"{engine.url.database}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise InputError(
            f"Another hour48 is running on {engine.url.database}. Stop it first, or use "
            "PostgreSQL (database.url), where several may run side by side."
        ) from None
    return lock
