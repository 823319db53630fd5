"""The migrations lead to the models, on both databases, and the audit trail is written once."""

from __future__ import annotations

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import delete, inspect, update

from bot.store.append_only import AppendOnlyError
from bot.store.columns import Base
from bot.store.database import migrate, migration_config, open_engine
from bot.store.models import AuditEntry
from tests.databases import KINDS, fresh_database
from tests.houses import HOUR_0


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
        with pytest.raises(AppendOnlyError):
            session.flush()
        session.rollback()
        session.delete(entry)
        with pytest.raises(AppendOnlyError):
            session.flush()
        session.rollback()
        for statement in (update(AuditEntry).values(action="x"), delete(AuditEntry)):
            with pytest.raises(AppendOnlyError):
                session.execute(statement)
            session.rollback()
        assert session.get_one(AuditEntry, entry.id).action == "did"


def test_an_unknown_database_is_refused_in_a_sentence(tmp_path):
    from bot.sprint.errors import InputError

    for url in ("mysql://root@localhost/x", "nonsense", ""):
        with pytest.raises(InputError, match=r"database\.url"):
            open_engine(url)
