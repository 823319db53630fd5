"""From every released schema to this one, with rows in it, and two versions side by side.

What a version knows of the database is the schema that it was released with. So the last version is
played by that schema, read from a database at its revision: it writes and reads the columns that it
knew and no others, while the present code runs beside it.
"""

from __future__ import annotations

from datetime import datetime

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import (
    JSON,
    Boolean,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    insert,
    select,
    text,
)

from bot.clock import CompressedClock
from bot.db.backup import back_up, restore
from bot.db.columns import Moment
from bot.db.engine import migrate, migration_config, open_engine
from bot.playbook.loader import load_playbook
from bot.unit_of_work import Runtime
from tests.databases import KINDS, fresh_database
from tests.runtimes import HOUR_0, TEAM, add_sprint, seat


def _released():
    script = ScriptDirectory(str(migration_config(None).get_main_option("script_location")))
    return [each.revision for each in reversed(list(script.walk_revisions()))]


RELEASED = _released()
NOT_FILLED = {"alembic_version"}
ONE_EACH = {"installations", "audit_heads"}
"""Tables with one row for each workspace."""


def everywhere(*revisions):
    """Return every revision on every database; PostgreSQL, which takes longer, marked as slow."""
    return [
        pytest.param(
            revision,
            kind,
            id=f"{revision}-{kind}",
            marks=pytest.mark.slow if (kind, revision) != ("sqlite", revisions[-1]) else (),
        )
        for revision in revisions
        for kind in KINDS
    ]


def version_of(engine):
    """Return the tables as the version of the present schema knows them."""
    known = MetaData()
    known.reflect(engine)
    for table in known.tables.values():
        for column in table.columns:
            if isinstance(column.type, DateTime):
                column.type = Moment()
            if isinstance(column.type, JSON):
                column.type = JSON(none_as_null=True)
    return [table for table in known.sorted_tables if table.name not in NOT_FILLED]


def a_row(table, number):
    """Return a row with something in every column that this version knows."""
    return {column.name: _value(column, number) for column in table.columns}


def _value(column, number):
    if column.foreign_keys or column.primary_key:
        return number
    if column.name == "team_id":
        return f"T{number}" if column.table.name in ONE_EACH else TEAM
    if column.name == "uninstalled_at":
        return None
    for kind, value in (
        (Boolean, False),
        (Moment, HOUR_0),
        (Float, 1.5),
        (Integer, number),
        (JSON, {"known": ["as", number]}),
        (LargeBinary, bytes([number % 256])),
    ):
        if isinstance(column.type, kind):
            return value
    return "open" if column.name == "state" else f"{column.name[:20]}{number}"


def write_everywhere(engine, tables, number):
    with engine.begin() as connection:
        for table in tables:
            connection.execute(insert(table), a_row(table, number))


def read_everywhere(engine, tables, number):
    with engine.connect() as connection:
        return {
            table.name: dict(
                connection.execute(select(table).where(table.c.id == number)).mappings().one()
            )
            for table in tables
        }


@pytest.fixture
def opened(tmp_path):
    engines = []

    def open_fresh(kind):
        engines.append(open_engine(fresh_database(kind, tmp_path)))
        return engines[-1]

    yield open_fresh
    for engine in engines:
        engine.dispose()


def runtime_on(engine):
    return Runtime(engine, CompressedClock(HOUR_0), load_playbook())


def now_of(engine):
    with engine.connect() as connection:
        return connection.execute(text("select version_num from alembic_version")).scalar()


@pytest.mark.parametrize(("revision", "kind"), everywhere(*RELEASED))
def test_rows_of_every_released_schema_are_kept_by_the_upgrade(opened, revision, kind):
    engine = opened(kind)
    migrate(engine, revision)
    old = version_of(engine)
    write_everywhere(engine, old, 1)
    before = read_everywhere(engine, old, 1)
    migrate(engine)
    assert read_everywhere(engine, old, 1) == before
    assert now_of(engine) == RELEASED[-1]


@pytest.mark.parametrize(("revision", "kind"), everywhere(*RELEASED))
def test_a_backup_of_every_released_schema_restores_on_the_other_database(
    opened, tmp_path, revision, kind
):
    engine, other = opened(kind), opened(next(each for each in KINDS if each != kind))
    migrate(engine, revision)
    old = version_of(engine)
    write_everywhere(engine, old, 1)
    counts = back_up(engine, tmp_path / "old.backup")
    assert restore(other, tmp_path / "old.backup") == counts
    kept = [table for table in old if table.name in counts]
    assert len(kept) > 15
    assert read_everywhere(other, kept, 1) == read_everywhere(engine, kept, 1)
    assert now_of(other) == RELEASED[-1]


@pytest.mark.parametrize(("revision", "kind"), everywhere(*RELEASED[:-1]))
def test_the_last_version_writes_and_reads_beside_this_one(opened, revision, kind):
    engine = opened(kind)
    migrate(engine, revision)
    last = version_of(engine)
    write_everywhere(engine, last, 1001)
    migrate(engine)
    runtime = runtime_on(engine)
    seat(runtime)
    number = add_sprint(runtime, channel_id="C7")
    with runtime.uow(TEAM) as uow:
        uow.upsert("later", None, {"text": "later", "blocks": []}, queue="channel:C1")
        uow.audit(number, "U1", "did", "sprint", number)
    write_everywhere(engine, last, 1040)
    _change(engine, last, 1040)
    found = read_everywhere(engine, last, 1040)
    assert found["sprints"]["title"] == "Changed by the last version"
    with runtime.uow(TEAM) as uow:
        assert uow.sprint(1040, lock=True).title == "Changed by the last version"
        assert uow.find_message("key1040") is not None
        uow.sprint(1040, lock=True).status = "closed"
    assert read_everywhere(engine, last, 1040)["sprints"]["status"] == "closed"
    assert isinstance(found["sprints"]["created_at"], datetime)


def _change(engine, tables, number):
    sprints = next(table for table in tables if table.name == "sprints")
    with engine.begin() as connection:
        connection.execute(
            sprints.update()
            .where(sprints.c.id == number)
            .values(title="Changed by the last version")
        )


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def test_this_version_runs_beside_columns_that_the_next_one_adds(opened, kind):
    """The rule of rolling upgrades: expand first, with columns that may be empty."""
    engine = opened(kind)
    migrate(engine)
    tables = ("sprints", "outbox", "timers", "audit", "receipts", "blockers", "approvals")
    with engine.begin() as connection:
        for table in tables:
            connection.execute(text(f"alter table {table} add column of_the_next_version text"))
    runtime = runtime_on(engine)
    seat(runtime)
    number = add_sprint(runtime, channel_id="C7")
    with runtime.uow(TEAM) as uow:
        uow.sprint(number, lock=True).title = "Changed"
        uow.upsert("later", None, {"text": "later", "blocks": []}, queue="channel:C1")
        uow.once("a receipt")
        uow.audit(number, "U1", "did", "sprint", number)
        uow.set_timer(number, "later", "prompt", uow.now, hour=1)
    with runtime.reading(TEAM) as uow:
        assert uow.sprint(number).title == "Changed"
