"""Compiled statements that all tests of a process share, though each has an engine of its own."""

from __future__ import annotations

from functools import cache
from typing import Any

import sqlalchemy

import bot.db.engine

COMPILED: dict[Any, Any] = {}


@cache
def _dialect() -> sqlalchemy.Dialect:
    """Return the one dialect of SQLite; a compiled statement belongs to its dialect."""
    engine = sqlalchemy.create_engine("sqlite://")
    engine.connect().close()  # the first connection tells the dialect what SQLite can do
    return engine.dialect


def _create_engine(url: sqlalchemy.URL, **options: Any) -> sqlalchemy.Engine:
    engine = sqlalchemy.create_engine(url, **options)
    if engine.dialect.name == "sqlite":
        engine.dialect = _dialect()
        engine.update_execution_options(compiled_cache=COMPILED)
    return engine


def share() -> None:
    """Let every engine that is opened from now on use what others have compiled."""
    bot.db.engine.create_engine = _create_engine
