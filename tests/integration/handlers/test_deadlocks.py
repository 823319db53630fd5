"""Two people who get into each other's way on PostgreSQL: both are answered, and nothing twice."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, text

from bot.clock import CompressedClock
from bot.playbook.loader import load_playbook
from bot.store.database import open_engine
from bot.store.models import AuditEntry
from bot.usecases.house import House
from handlers.desk import Desk
from handlers.dispatch import run
from handlers.request import Done, Request, Say
from tests.databases import migrated_database
from tests.houses import ANA, BEN, HOUR_0, TEAM, add_sprint, seat


@pytest.fixture
def desk(tmp_path):
    engine = open_engine(migrated_database("postgresql", tmp_path))
    house = House(engine, CompressedClock(HOUR_0), load_playbook())
    seat(house)
    yield Desk(house)
    engine.dispose()


def asked_by(user_id):
    return Request(team_id=TEAM, user_id=user_id, signed=f"signed:{user_id}")


def written(desk):
    with desk.house.reading_sessions() as session:
        return session.scalar(select(func.count()).select_from(AuditEntry))


def test_who_loses_a_deadlock_is_answered_all_the_same(desk):
    first, second = (add_sprint(desk.house, channel_id=f"C{each}") for each in (1, 2))
    both_hold_one = threading.Barrier(2, timeout=10)
    one_is_through = threading.Event()
    tries = []

    def locking(one, other):
        def handler(desk, request):
            if request.user_id in tries:  # or the loser is back before the winner has woken
                assert one_is_through.wait(10)
            with desk.house.unit(TEAM) as unit:
                unit.audit(one, request.user_id, "locked", "test")
                unit.sprint(one, lock=True)
                tries.append(request.user_id)
                if tries.count(request.user_id) == 1:
                    both_hold_one.wait()
                unit.sprint(other, lock=True)
            one_is_through.set()
            return Done()

        return handler

    with ThreadPoolExecutor(2) as people:
        outcomes = [
            people.submit(run, desk, locking(first, second), asked_by(ANA)),
            people.submit(run, desk, locking(second, first), asked_by(BEN)),
        ]
        assert [outcome.result(30) for outcome in outcomes] == [Done(), Done()]
    assert len(tries) == 3
    assert written(desk) == 2


def deadlock(unit):
    unit.session.execute(
        text("DO $$ BEGIN RAISE EXCEPTION 'planted' USING ERRCODE = '40P01'; END $$")
    )


def test_who_loses_every_time_is_told_so_with_an_error_s_id(desk):
    tries = []

    def handler(desk, _request):
        tries.append(1)
        with desk.house.unit(TEAM) as unit:
            deadlock(unit)

    outcome = run(desk, handler, asked_by(ANA))
    assert isinstance(outcome, Say)
    assert "error id" in outcome.content["text"]
    assert len(tries) == 3


def test_a_handler_that_has_written_something_is_not_run_again(desk):
    def handler(desk, request):
        with desk.house.unit(TEAM) as unit:
            unit.audit(None, request.user_id, "half", "test")
        with desk.house.unit(TEAM) as unit:
            deadlock(unit)

    assert isinstance(run(desk, handler, asked_by(ANA)), Say)
    assert written(desk) == 1
