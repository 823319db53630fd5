"""A sprint whose row somebody has in hand is passed by, and its timers stay for later."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.clock import CompressedClock
from bot.db.engine import open_engine
from bot.db.models import Timer
from bot.domain.enums import TimerKind, TimerState
from bot.playbook.loader import load_playbook
from bot.timers.dispatcher import POSTPONED, run_due, run_sprint
from bot.unit_of_work import Runtime
from tests.databases import migrated_database
from tests.runtimes import HOUR_0, TEAM, add_sprint


@pytest.fixture
def on_postgresql(tmp_path):
    engine = open_engine(migrated_database("postgresql", tmp_path))
    yield Runtime(engine, CompressedClock(HOUR_0), load_playbook())
    engine.dispose()


def _due(runtime, sprint_id):
    with runtime.uow(TEAM) as uow:
        uow.set_timer(sprint_id, "prompt:0", TimerKind.PROMPT, HOUR_0, hour=0)


def test_a_sprint_that_another_transaction_has_in_hand_is_passed_by(on_postgresql):
    runtime = on_postgresql
    sprint_id = add_sprint(runtime)
    _due(runtime, sprint_id)
    with runtime.uow(TEAM) as mine:
        mine.sprint(sprint_id, lock=True)
        with runtime.uow(TEAM) as other:
            assert run_sprint(other, sprint_id) == 0
    with runtime.uow(TEAM) as other:
        assert run_sprint(other, sprint_id) == 1


def test_what_runs_keeps_its_sprint_from_others_until_it_is_committed(on_postgresql):
    runtime = on_postgresql
    sprint_id = add_sprint(runtime)
    _due(runtime, sprint_id)
    with runtime.uow(TEAM) as mine:
        assert run_sprint(mine, sprint_id) == 1
        with runtime.uow(TEAM) as other:
            assert run_sprint(other, sprint_id) == 0
    assert run_due(runtime) == 0


def test_a_timer_that_fails_waits_a_minute(on_postgresql, monkeypatch):
    runtime = on_postgresql
    sprint_id = add_sprint(runtime)
    _due(runtime, sprint_id)
    monkeypatch.setattr("bot.timers.dispatcher._run_step", lambda *_: 1 / 0)
    monkeypatch.setattr("bot.timers.dispatcher.run_batch", lambda *_: 1 / 0)
    run_due(runtime)
    with runtime.reading(TEAM) as uow:
        timer = uow.session.scalars(select(Timer).where(Timer.key == "prompt:0")).one()
        assert (timer.state, timer.due_at) == (TimerState.WAITING, HOUR_0 + POSTPONED)
