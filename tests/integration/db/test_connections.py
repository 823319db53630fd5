"""Connections to PostgreSQL that are gone are replaced without anybody noticing."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from bot.db.engine import open_engine, reading_session_factory, session_factory
from tests.databases import fresh_database

ENDED = text(
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.fixture
def engine(tmp_path):
    opened = open_engine(fresh_database("postgresql", tmp_path))
    yield opened
    opened.dispose()


LEFT = text(
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND backend_type = 'client backend' "
    "AND pid <> pg_backend_pid()"
)


def hang_up_on(engine, count):
    """Let the server close connections at rest, as its restart does."""
    with engine.connect() as first:
        others = [engine.connect() for _ in range(count)]
        for other in others:
            other.execute(text("SELECT 1"))
            other.close()
        assert first.execute(ENDED).scalar_one() == count
        until = time.monotonic() + 10
        while first.execute(LEFT).scalar_one():  # a server takes a moment to hang up
            assert time.monotonic() < until
            time.sleep(0.02)
            first.rollback()  # what pg_stat_activity shows is kept for a transaction


@pytest.mark.parametrize("sessions_of", [session_factory, reading_session_factory])
def test_connections_that_the_server_closed_are_replaced_at_their_next_use(engine, sessions_of):
    hang_up_on(engine, 5)
    sessions = sessions_of(engine)
    opened = [sessions() for _ in range(6)]
    assert [session.scalar(text("SELECT 1")) for session in opened] == [1] * 6
    for session in opened:
        session.close()


def test_a_connection_that_breaks_in_use_is_not_used_again(engine):
    sessions = session_factory(engine)
    with engine.connect() as other, sessions() as session:
        session.execute(text("SELECT 1"))
        other.execute(ENDED)
        with pytest.raises(OperationalError):
            session.execute(text("SELECT 1"))
    with sessions() as session:
        assert session.scalar(text("SELECT 1")) == 1


def test_readers_hold_no_transaction_open_on_postgresql(engine):
    with reading_session_factory(engine)() as session, engine.connect() as other:
        session.execute(text("SELECT 1"))
        open_ones = text(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE state = 'idle in transaction' AND pid <> pg_backend_pid()"
        )
        assert other.execute(open_ones).scalar_one() == 0
