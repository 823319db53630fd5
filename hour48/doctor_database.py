"""What `hour48 doctor` says of the database: whether it answers, is whole, and has our schema."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from bot.db.engine import open_engine, sqlite_file
from bot.db.error_messages import sentence_of, sqlite_sentence
from bot.db.existing import missing_file
from bot.db.models import Installation
from bot.db.schema_state import Schema, SchemaState, rights_refusal, schema_of, ungranted_tables
from bot.domain.errors import InputError
from bot.settings import DatabaseSettings
from bot.slack.scopes import read_scopes
from hour48.texts import say


class DatabaseCheck(NamedTuple):
    """What was seen of the database.

    Args:
        is_well: whether a bot can run on it.
        says: what was seen, in a sentence.
        advice: what to do; empty when it is well.
    """

    is_well: bool
    says: str
    advice: str = ""


def look(database: DatabaseSettings) -> DatabaseCheck:
    """Look at the configured database, which is neither changed nor created."""
    try:
        engine = open_engine(database.url.get_secret_value())
        try:
            file = missing_file(engine)
            if file is not None:
                return _new(file)
            schema = schema_of(engine)
            damage = _damage(engine) or _read_only(engine)
            lacking = ungranted_tables(engine)
        finally:
            engine.dispose()
    except InputError as refused:
        return DatabaseCheck(False, refused.message, "Correct database.url.")
    except (SQLAlchemyError, sqlite3.Error) as error:
        return _trouble(error)
    problem = _of_schema(schema, database.migrate_on_start)
    if problem.is_well and lacking:
        damage = rights_refusal(lacking)
    return DatabaseCheck(False, damage, say("again")) if damage else problem


def _new(file: Path) -> DatabaseCheck:
    """Say whether a SQLite file can be created that is not there yet."""
    if file.parent.is_dir() and os.access(file.parent, os.W_OK):
        return DatabaseCheck(True, say("database_file_new", file=file))
    advice = say("folder_fix", parent=file.parent)
    return DatabaseCheck(False, say("cannot_created", file=file), advice)


def _trouble(error: Exception) -> DatabaseCheck:
    sentence = sentence_of(error)
    if sentence is not None:
        return DatabaseCheck(False, sentence, say("again"))
    advice = say("database_fix")
    return DatabaseCheck(False, say("answer", cause=type(error).__name__), advice)


def _damage(engine: Engine) -> str | None:
    """Look through a SQLite file for damage; PostgreSQL looks after its own."""
    if engine.dialect.name != "sqlite":
        return None
    with engine.connect().execution_options(read_only=True) as connection:
        found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    return None if found == "ok" else sqlite_sentence(sqlite3.SQLITE_CORRUPT)


def _read_only(engine: Engine) -> str | None:
    """Say that a SQLite file or its folder cannot be written, as on a read-only disk."""
    file = sqlite_file(engine)
    if file is None or all(os.access(each, os.W_OK) for each in (file, file.parent)):
        return None
    return sqlite_sentence(sqlite3.SQLITE_READONLY)


def _of_schema(schema: Schema, is_migrated_by_start: bool) -> DatabaseCheck:
    if schema.state is SchemaState.UNKNOWN:
        return DatabaseCheck(False, schema.refusal, say("version_fix"))
    if schema.state is not SchemaState.NEWEST and not is_migrated_by_start:
        has = say("schema", found=schema.found) if schema.found else say("schema_yet")
        says = say("answers_version_needs", has=has, newest=schema.newest)
        return DatabaseCheck(False, says, say("run_hour48_migrate"))
    texts = {
        SchemaState.NEW: say("database_new"),
        SchemaState.NEWEST: say("answers_newest_schema"),
        SchemaState.OLDER: say("database_migrates", found=schema.found),
    }
    return DatabaseCheck(True, texts[schema.state])


def granted_by_workspace(database: DatabaseSettings) -> dict[str, frozenset[str]]:
    """Return what each workspace and organisation granted that installed the bot, by its name.

    None where the database cannot be read; `look` says why.
    """
    wanted = (
        select(Installation.team_id, Installation.team_name, Installation.scopes)
        .where(Installation.bot_token.is_not(None), Installation.scopes.is_not(None))
        .order_by(Installation.team_id)
    )
    try:
        engine = open_engine(database.url.get_secret_value())
        try:
            if missing_file(engine) is not None:
                return {}
            with engine.connect() as connection:
                rows = connection.execute(wanted).all()
        finally:
            engine.dispose()
    except (InputError, SQLAlchemyError, sqlite3.Error):
        return {}
    named = {f"{row.team_name or ''} ({row.team_id})".strip(): row.scopes for row in rows}
    return {team: read_scopes(scopes) or frozenset() for team, scopes in named.items()}
