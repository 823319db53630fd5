"""What is wrong with a database, in a sentence that says what to do."""

from __future__ import annotations

import sqlite3
from typing import Final

from sqlalchemy.exc import DBAPIError

SENTENCES: Final = {
    sqlite3.SQLITE_READONLY: "The database file or its disk is read-only. Let hour48 write to the "
    "file and its folder, or point database.url at another one.",
    sqlite3.SQLITE_CANTOPEN: "The database file cannot be opened. Check that its folder is there "
    "and that hour48 may write to it, or correct database.url.",
    sqlite3.SQLITE_PERM: "hour48 may not open the database file. Let it read and write the file "
    "and its folder.",
    sqlite3.SQLITE_CORRUPT: "The database file is damaged. Stop hour48, keep the file aside, and "
    "restore the newest backup with `hour48 restore`.",
    sqlite3.SQLITE_NOTADB: "The database file is damaged, or is no SQLite file. Correct "
    "database.url, or restore the newest backup with `hour48 restore`.",
    sqlite3.SQLITE_FULL: "The disk of the database is full. Make room; nothing that was "
    "acknowledged is lost.",
    sqlite3.SQLITE_IOERR: "The disk of the database gives errors. Check it, and move the file to "
    "another one.",
}
"""By SQLite's primary result codes."""
POSTGRESQL: Final = {
    "25006": "The database is read-only: it is a standby, or was set so. Point database.url at "
    "the server that writes.",
    "53100": "The disk of the database is full. Make room; nothing that was acknowledged is lost.",
    "42501": "The database's user lacks a right. Run `hour48 migrate --grant USER` as the user "
    "that owns the tables.",
}


def sentence_of(error: BaseException) -> str | None:
    """Return what is wrong and what to do; None where only the error itself can say."""
    inner = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(inner, sqlite3.Error):
        code = getattr(inner, "sqlite_errorcode", None)
        return SENTENCES.get(code & 0xFF) if code is not None else None
    return POSTGRESQL.get(getattr(inner, "sqlstate", None) or "")
