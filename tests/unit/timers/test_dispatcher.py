"""A sprint whose row somebody has in hand is passed by, and its timers stay for later."""

from __future__ import annotations

from datetime import timedelta

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


def test_a_batch_passes_by_a_sprint_that_another_transaction_has_in_hand(on_postgresql):
    runtime = on_postgresql
    held, free = (add_sprint(runtime, channel_id=f"C{number}") for number in (1, 2))
    for number in (held, free):
        _due(runtime, number)
    with runtime.uow(TEAM) as mine:
        mine.sprint(held, lock=True)
        assert run_due(runtime) == 1
    assert run_due(runtime) == 1


def test_a_failing_timer_keeps_no_other_of_its_sprint_waiting(runtime, monkeypatch):
    from bot.timers import dispatcher

    sprint_id, step = add_sprint(runtime), dispatcher._run_step

    def fail_for_the_first(uow, sprint, timer, spoken_for):
        if timer.key == "gate:first":
            raise RuntimeError("planted")
        step(uow, sprint, timer, spoken_for)

    monkeypatch.setattr(dispatcher, "_run_step", fail_for_the_first)
    with runtime.uow(TEAM) as uow:
        for name in ("first", "second"):
            uow.set_timer(sprint_id, f"gate:{name}", TimerKind.GATE, HOUR_0, phase="data")
    assert run_due(runtime) == 1
    with runtime.reading(TEAM) as uow:
        found = {timer.key: timer for timer in uow.session.scalars(select(Timer))}
    assert found["gate:first"].due_at == HOUR_0 + POSTPONED
    assert found["gate:second"].state == TimerState.DONE


def test_what_is_due_of_a_sprint_runs_in_the_order_of_its_time(runtime, monkeypatch):
    sprint_id, ran = add_sprint(runtime), []
    monkeypatch.setattr(
        "bot.timers.dispatcher._run_step", lambda _uow, _sprint, timer, _for: ran.append(timer.key)
    )
    with runtime.uow(TEAM) as uow:
        for hours in (1, 3, 2):
            at = HOUR_0 - timedelta(hours=hours)
            uow.set_timer(sprint_id, f"gate:{hours}", TimerKind.GATE, at, phase="data")
    run_due(runtime)
    assert ran == ["gate:3", "gate:2", "gate:1"]
