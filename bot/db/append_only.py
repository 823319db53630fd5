"""Tables that are written once: changing or deleting their rows is an error, not a habit.

Here a session says so in time; triggers in the database say it to everybody else.
"""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import event
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapper, ORMExecuteState, Session, object_session

from bot.db.texts import say

M = TypeVar("M", bound=type)


class AppendOnlyError(RuntimeError):
    """A row that is written once was about to be changed or deleted."""

    def __init__(self, table: str) -> None:
        super().__init__(say("rows_written_once_never_changed", table=table))


def append_only(model: M) -> M:
    """Let a mapped class's rows be added and read, and nothing else, through any session."""

    def refuse_row(_mapper: Mapper[Any], _connection: Connection, row: Any) -> None:
        session = object_session(row)
        if session is None or row in session.deleted or session.is_modified(row):
            raise AppendOnlyError(row.__tablename__)

    def refuse_statement(state: ORMExecuteState) -> None:
        changes = state.is_update or state.is_delete
        if changes and state.bind_mapper is not None and state.bind_mapper.class_ is model:
            raise AppendOnlyError(str(state.bind_mapper.local_table))

    event.listen(model, "before_update", refuse_row)
    event.listen(model, "before_delete", refuse_row)
    event.listen(Session, "do_orm_execute", refuse_statement)
    return model
