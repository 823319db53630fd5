"""Which schema a database has, beside the one that this version of hour48 needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import Enum, auto
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DBAPIError

import bot.db.models  # noqa: F401 - fills the metadata
from bot.db.columns import Base
from bot.db.texts import say
from bot.domain.errors import InputError

VERSIONS: Final = Path(__file__).parent / "migrations" / "versions"
NOT_ALLOWED: Final = "42501"
"""PostgreSQL's code for a user without the right."""
UNGRANTED: Final = text("""
    SELECT relname FROM pg_class
    WHERE relkind = 'r' AND relname = ANY(:ours)
      AND relnamespace = current_schema()::regnamespace
      AND NOT (has_table_privilege(oid, 'SELECT') AND has_table_privilege(oid, 'INSERT')
           AND has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, 'DELETE'))
    ORDER BY relname
""")


class SchemaState(Enum):
    """How a database's schema stands to this version's."""

    NEW = auto()
    OLDER = auto()
    NEWEST = auto()
    UNKNOWN = auto()


class Schema(NamedTuple):
    """A database's schema.

    Args:
        state: how it stands to this version's.
        found: its revision; None where there is none yet.
        newest: what this version needs.
    """

    state: SchemaState
    found: str | None
    newest: str

    @property
    def refusal(self) -> str:
        """What somebody reads whose database is of a newer version."""
        return say("schema_too_new", found=self.found, newest=self.newest)


@cache
def known_revisions() -> tuple[str, ...]:
    """Return every revision that this version knows, the oldest first, by the files' names."""
    return tuple(sorted(file.stem.partition("_")[0] for file in VERSIONS.glob("[0-9]*.py")))


def schema_of(engine: Engine) -> Schema:
    """Return the schema of a database; nothing is changed."""
    known = known_revisions()
    with engine.connect().execution_options(read_only=True) as connection:
        found: str | None = None
        if inspect(connection).has_table("alembic_version"):
            rows = connection.exec_driver_sql("SELECT version_num FROM alembic_version")
            found = rows.scalars().first()
    if found is None:
        return Schema(SchemaState.NEW, None, known[-1])
    if found not in known:
        return Schema(SchemaState.UNKNOWN, found, known[-1])
    state = SchemaState.NEWEST if found == known[-1] else SchemaState.OLDER
    return Schema(state, found, known[-1])


def require_newest(engine: Engine) -> None:
    """Refuse to start on another schema, where `hour48 migrate` brings it up and `run` does not.

    Raises:
        InputError: the schema is not this version's.
    """
    schema = schema_of(engine)
    if schema.state is SchemaState.UNKNOWN:
        raise InputError(schema.refusal, field="database.url")
    if schema.state is not SchemaState.NEWEST:
        has = f"the schema {schema.found}" if schema.found else say("schema_yet")
        raise InputError(
            say("migration_needed", has=has, newest=schema.newest),
            field="database.url",
        )


def ungranted_tables(engine: Engine) -> tuple[str, ...]:
    """Return the tables that the database's user may not read or write, by their names.

    A migration that adds a table grants nothing: a bot would start, and fail when somebody presses.
    """
    if engine.dialect.name != "postgresql":
        return ()
    with engine.connect().execution_options(read_only=True) as connection:
        return tuple(connection.scalars(UNGRANTED, {"ours": list(Base.metadata.tables)}))


def rights_refusal(tables: Sequence[str]) -> str:
    """Return what somebody reads whose database's user may not read or write some tables."""
    return say("database_user_lacks_tables", tables=", ".join(tables))


def require_writable(engine: Engine) -> None:
    """Write nothing, as a transaction that writes; a disk that is read-only refuses it already.

    Raises:
        InputError: the database's user may not write some of the tables.
        DBAPIError: it cannot be written; `bot.db.error_messages` says it in a sentence.
    """
    if lacking := ungranted_tables(engine):
        raise InputError(rights_refusal(lacking), field="database.url")
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM lanes WHERE id = -1")


@contextmanager
def owned() -> Iterator[None]:
    """Say in a sentence that the database's user may not change the schema.

    Raises:
        InputError: it may not.
    """
    try:
        yield
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != NOT_ALLOWED:
            raise
        raise InputError(
            say("schema_rights_missing"),
            field="database.url",
        ) from None
