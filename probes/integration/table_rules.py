"""What the real table has and a copy of its columns lacks: triggers, links and rules on values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Protocol

import sqlalchemy as sa
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from probes.contract import Finding
from probes.integration.calls import Facts
from probes.integration.table_rows import example_row
from probes.integration.texts import CODES, say
from probes.settings import TargetSettings

_TRIGGERS: Final[Mapping[str, str]] = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :plain",
    "postgresql": (
        "SELECT tgname FROM pg_trigger WHERE tgrelid = to_regclass(:whole) AND NOT tgisinternal"
    ),
    "mysql": (
        "SELECT trigger_name FROM information_schema.triggers WHERE event_object_table = :plain"
        " AND event_object_schema = COALESCE(:schema, DATABASE())"
    ),
}
_ENGINE: Final = (
    "SELECT engine FROM information_schema.tables WHERE table_name = :plain"
    " AND table_schema = COALESCE(:schema, DATABASE())"
)
_ROLLS_BACK: Final = frozenset({"innodb", "rocksdb", "ndbcluster"})
_BY_TRIGGER: Final = "SQLITE_CONSTRAINT_TRIGGER"
_CHECK_FAILED: Final = frozenset({3819, 4025})
"""Numbers of MySQL and MariaDB, whose drivers take these for faults in operation."""
_SHOWN: Final = 3


class _Session(Protocol):
    target: TargetSettings
    real: sa.Table | None

    @property
    def kind(self) -> str: ...

    def engine(self) -> Any: ...


def real_row(session: _Session, name: str, facts: Facts) -> Iterator[Finding]:
    """Put one row into the real table and roll back: its triggers and rules hold only there.

    What a trigger does outside the database, such as a call by dblink, a rollback can't undo.
    """
    real = session.real
    if real is None:
        return
    words: dict[str, Any] = {"name": name, "table": session.target.table}
    row = example_row(real) | {
        key: value for key, value in (session.target.body or {}).items() if key in real.columns
    }
    with session.engine().connect() as connection:
        triggers = _triggers(connection, real, session.kind)
        facts["triggers"] = len(triggers)
        keeps = _keeps_rows(connection, real, session.kind)
        connection.rollback()
        if keeps:
            yield CODES.finding("real_row_untried", {"engine": keeps}, **words)
            return
        with connection.begin() as work:
            try:
                connection.execute(sa.insert(real), [row])
            except SQLAlchemyError as broken:
                is_ours = _is_about_values(broken) and not session.target.body
                code = "real_row_unclear" if is_ours else "real_row_refused"
                why = type(broken).__name__
                evidence = {"triggers": triggers, "why": why}
                yield CODES.finding(code, evidence, why=why, seen=_seen(triggers), **words)
            else:
                evidence = {"triggers": triggers}
                yield CODES.finding("real_row_taken", evidence, seen=_seen(triggers), **words)
            work.rollback()


def _seen(triggers: list[str]) -> str:
    if not triggers:
        return say("no_trigger_seen")
    return say("triggers_seen", names=", ".join(triggers[:_SHOWN]))


def _place(connection: Any, real: sa.Table) -> dict[str, Any]:
    whole = connection.dialect.identifier_preparer.format_table(real)
    return {"plain": real.name, "schema": real.schema, "whole": whole}


def _triggers(connection: Any, real: sa.Table, kind: str) -> list[str]:
    """Return the triggers that this login may see; MySQL shows them with a right of their own."""
    found = connection.execute(_asked(_TRIGGERS[kind]), _place(connection, real))
    return sorted(str(one) for (one,) in found)


def _keeps_rows(connection: Any, real: sa.Table, kind: str) -> str:
    """Return the storage engine of a table whose rows outlive a rollback; else nothing."""
    if kind != "mysql":
        return ""
    engine = str(connection.scalar(_asked(_ENGINE), _place(connection, real)) or "")
    return "" if engine.casefold() in _ROLLS_BACK else engine or "?"


def _asked(statement: str) -> Any:
    return sa.text(statement)


def _is_about_values(broken: SQLAlchemyError) -> bool:
    """Whether a rule on values was broken, not a trigger's own refusal."""
    cause = getattr(broken, "orig", None)
    if getattr(cause, "sqlite_errorname", "") == _BY_TRIGGER:
        return False
    number = next(iter(getattr(cause, "args", ())), None)
    return isinstance(broken, IntegrityError | DataError) or number in _CHECK_FAILED
