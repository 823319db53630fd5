"""PostgreSQL with two users: one owns the tables and migrates, one runs and cannot change them."""

from __future__ import annotations

import re
from typing import Final

from sqlalchemy import Engine, text

from bot.db.texts import say
from bot.domain.errors import InputError

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_$]{0,62}")
RIGHTS: Final = (
    'GRANT USAGE ON SCHEMA {schema} TO "{role}"',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO "{role}"',
    'GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO "{role}"',
    'REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM "{role}"',
)
"""Enough to run. Not TRUNCATE, not a trigger, not the schema; the triggers guard the trail."""


def grant(engine: Engine, role: str) -> None:
    """Let a role run hour48 on the tables as they are; after each migration anew.

    Raises:
        InputError: the database is SQLite, or there is no such role.
    """
    if engine.dialect.name != "postgresql":
        raise InputError(say("grant_needs_postgresql"), field="grant")
    if not _NAME.fullmatch(role):
        raise InputError(say("cannot_name_role", role=role[:60]), field="grant")
    with engine.begin() as connection:
        known = connection.scalar(
            text("SELECT count(*) FROM pg_roles WHERE rolname = :role"), {"role": role}
        )
        if not known:
            raise InputError(
                say("role_missing", role=role),
                field="grant",
            )
        schema = connection.scalar(text("SELECT quote_ident(current_schema())"))
        for right in RIGHTS:
            connection.exec_driver_sql(right.format(schema=schema, role=role))
