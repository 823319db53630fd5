"""What is wrong with a database, in a sentence that says what to do."""

from __future__ import annotations

import sqlite3
from typing import Final

from sqlalchemy.exc import DBAPIError, OperationalError

from bot.db.texts import say, table

SQLITE: Final = {
    sqlite3.SQLITE_BUSY: "busy",
    sqlite3.SQLITE_READONLY: "readonly",
    sqlite3.SQLITE_CANTOPEN: "cantopen",
    sqlite3.SQLITE_PERM: "perm",
    sqlite3.SQLITE_CORRUPT: "corrupt",
    sqlite3.SQLITE_NOTADB: "notadb",
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_IOERR: "ioerr",
    sqlite3.SQLITE_IOERR_SHMSIZE: "full",  # there is no room for the index of the WAL
}
"""SQLite's result codes that a sentence is about."""


def sentence_of(error: BaseException) -> str | None:
    """Return what is wrong and what to do; None where only the error itself can say."""
    inner = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(inner, sqlite3.Error):
        code = getattr(inner, "sqlite_errorcode", None)
        return sqlite_sentence(code) if code is not None else None
    state = getattr(inner, "sqlstate", None)
    if isinstance(error, OperationalError) and state is None:
        cause = str(inner).strip().split("\n")[0].removeprefix("connection failed: ").rstrip(".")
        return say("postgresql_unreachable", cause=cause)
    return table("postgresql_troubles", str).get(state or "")


def sqlite_sentence(code: int) -> str | None:
    """Return what one of SQLite's result codes means and what to do; an extended one or not."""
    return table("sqlite_troubles", str).get(SQLITE.get(code) or SQLITE.get(code & 0xFF, ""))
