"""The migrations lead to the models, on both databases, and the audit trail is written once."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import delete, inspect, text, update
from sqlalchemy.exc import DBAPIError

from bot.db.columns import Base
from bot.db.engine import MIGRATIONS, migrate, migration_config, open_engine, session_factory
from bot.db.installations import Installations
from bot.db.models import AuditEntry, Sprint
from bot.domain.errors import InputError
from tests.databases import KINDS, fresh_database
from tests.runtimes import HOUR_0, TEAM


@pytest.fixture(params=KINDS)
def engine(request, tmp_path):
    opened = open_engine(fresh_database(request.param, tmp_path))
    yield opened
    opened.dispose()


def test_the_newest_migration_equals_the_models(engine):
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrating_twice_changes_nothing_and_going_back_leaves_nothing(engine):
    migrate(engine)
    migrate(engine)
    command.downgrade(migration_config(engine), "base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    migrate(engine)
    assert set(Base.metadata.tables) <= set(inspect(engine).get_table_names())


def test_a_schema_that_is_the_newest_is_known_without_alembic(engine, monkeypatch):
    migrate(engine)
    monkeypatch.setattr(command, "upgrade", lambda *_: pytest.fail("Alembic was asked"))
    migrate(engine)


@pytest.mark.parametrize("version", ["0001", "0002"])
def test_a_schema_that_is_older_is_not_taken_for_the_newest(engine, version):
    migrate(engine, version)
    migrate(engine)
    with engine.connect() as connection:
        newest = ScriptDirectory.from_config(migration_config(engine)).get_current_head()
        assert MigrationContext.configure(connection).get_current_revision() == newest


def test_a_migration_s_file_is_named_by_its_revision():
    for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions():
        assert Path(script.path).name.startswith(f"{script.revision}_")


def test_the_audit_trail_cannot_be_changed_or_cut(engine):
    from sqlalchemy.orm import Session

    migrate(engine)
    with Session(engine) as session:
        entry = AuditEntry(
            team_id="T1", at=HOUR_0, actor_id="U1", action="did", subject="test", facts={}
        )
        session.add(entry)
        session.commit()
        entry.action = "did not"
        with pytest.raises(DBAPIError, match="written once"):
            session.flush()
        session.rollback()
        session.delete(entry)
        with pytest.raises(DBAPIError, match="written once"):
            session.flush()
        session.rollback()
        for statement in (update(AuditEntry).values(action="x"), delete(AuditEntry)):
            with pytest.raises(DBAPIError, match="written once"):
                session.execute(statement)
            session.rollback()
        assert session.get_one(AuditEntry, entry.id).action == "did"


CHANGES = (
    "UPDATE audit SET action = 'did not'",
    "UPDATE audit SET facts = '{}' WHERE id = 1",
    "DELETE FROM audit",
    "DELETE FROM sprints",
)


def test_the_database_itself_refuses_to_change_or_cut_the_audit_trail(engine):
    migrate(engine)
    _write_a_step(engine)
    for statement in CHANGES:
        with pytest.raises(DBAPIError, match="written once"), engine.begin() as connection:
            connection.execute(text(statement))
    assert _steps_of(engine, TEAM) == 1


def test_an_audit_trail_cannot_be_emptied_at_one_go(tmp_path):
    engine = open_engine(fresh_database("postgresql", tmp_path))
    migrate(engine)
    _write_a_step(engine)
    with pytest.raises(DBAPIError, match="never emptied"), engine.begin() as connection:
        connection.execute(text("TRUNCATE audit"))
    engine.dispose()


def test_an_audit_trail_goes_with_its_workspace_and_no_sooner(engine):
    migrate(engine)
    for team in (TEAM, "T2"):
        _write_a_step(engine, team)
    installations = Installations(session_factory(engine))
    with pytest.raises(DBAPIError, match="written once"):
        installations.erase(TEAM)
    installations.leave(TEAM, HOUR_0)
    installations.erase(TEAM)
    assert (_steps_of(engine, TEAM), _steps_of(engine, "T2")) == (0, 1)


def _write_a_step(engine, team=TEAM):
    with session_factory(engine).begin() as session:
        sprint = Sprint(
            team_id=team,
            title="Pilot",
            use_case="churn",
            lead_id="U1",
            planned_start=HOUR_0,
            created_at=HOUR_0,
        )
        session.add(sprint)
        session.flush()
        session.add(
            AuditEntry(
                team_id=team,
                sprint_id=sprint.id,
                at=HOUR_0,
                actor_id="U1",
                action="did",
                subject="test",
                facts={},
            )
        )


def _steps_of(engine, team):
    with engine.connect() as connection:
        return connection.scalar(
            text("SELECT count(*) FROM audit WHERE team_id = :team"), {"team": team}
        )


@pytest.mark.parametrize(
    "url",
    [
        "mysql://root@localhost/x",
        "nonsense",
        "",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:x?mode=memory&uri=true",
    ],
)
def test_a_database_that_cannot_hold_the_rows_is_refused_in_a_sentence(url):
    with pytest.raises(InputError, match=r"database\.url"):
        open_engine(url)
