"""The alarm: it leaves alone what another bot has in hand, and survives a database that is away."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta

import apscheduler.schedulers.base
import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from bot.clock import CompressedClock, SystemClock
from bot.db.engine import open_engine
from bot.db.models import Sprint, Timer
from bot.playbook.loader import load_playbook
from bot.unit_of_work import Runtime
from scheduler import clock_loop as alarm_module
from scheduler.clock_loop import ClockLoop
from tests.databases import migrated_database
from tests.runtimes import HOUR_0, TEAM, add_sprint, seat


@pytest.fixture
def runtime(tmp_path):
    engine = open_engine(migrated_database("postgresql", tmp_path))
    opened = Runtime(engine, CompressedClock(HOUR_0), load_playbook())
    seat(opened)
    yield opened
    engine.dispose()


def _due_prompt(runtime):
    number = add_sprint(runtime)
    with runtime.uow(TEAM) as uow:
        uow.set_timer(number, "prompt:0", "prompt", uow.now, hour=0)
    return number


def _state(runtime):
    with runtime.reading(TEAM) as uow:
        return uow.session.scalar(select(Timer.state))


def _wait(predicate, seconds=15.0):
    end = time.monotonic() + seconds
    while not predicate():
        assert time.monotonic() < end, "it did not become so in time"
        time.sleep(0.02)


def test_a_sprint_that_another_bot_has_in_hand_is_asked_about_now_and_then(runtime, monkeypatch):
    """Due rows that cannot be claimed must not keep the alarm ringing without a pause."""
    number = _due_prompt(runtime)
    rung = []
    run_due = alarm_module.run_due
    monkeypatch.setattr(alarm_module, "run_due", lambda runtime: rung.append(1) or run_due(runtime))
    clock_loop = ClockLoop(runtime, poll_seconds=60)
    with runtime.sessions.begin() as other:
        other.scalars(select(Sprint).where(Sprint.id == number).with_for_update()).one()
        clock_loop.start()
        time.sleep(2.0)
        assert 1 <= len(rung) <= 6
        assert _state(runtime) == "waiting"
    _wait(lambda: _state(runtime) == "done")
    clock_loop.stop()


def test_what_falls_due_while_it_rings_is_not_forgotten_until_the_next_poll(runtime, monkeypatch):
    clock_loop = ClockLoop(runtime, poll_seconds=60)
    clock_loop.start()
    _wait(lambda: clock_loop.last_rang is not None)
    number = _due_prompt(runtime)
    clock_loop.look_ahead()
    _wait(lambda: _state(runtime) == "done")
    for hour in range(1, 4):
        with runtime.uow(TEAM) as uow:
            uow.set_timer(number, f"prompt:{hour}", "prompt", uow.now, hour=hour)
        clock_loop.look_ahead()
    with runtime.reading(TEAM) as uow:
        waiting = select(Timer.id).where(Timer.state == "waiting")
    _wait(lambda: not runtime.sessions().scalars(waiting).all())
    clock_loop.stop()


def test_an_alarm_that_is_set_for_the_moment_already_is_not_set_anew(runtime, monkeypatch):
    runtime.clock = SystemClock()
    number = add_sprint(runtime)
    with runtime.uow(TEAM) as uow:
        uow.set_timer(number, "prompt:1", "prompt", uow.now + timedelta(minutes=30), hour=1)
    clock_loop = ClockLoop(runtime, poll_seconds=60)
    clock_loop.start()
    _wait(lambda: clock_loop._scheduler.get_job("next"))
    set_anew = []
    monkeypatch.setattr(clock_loop._scheduler, "add_job", lambda *_, **job: set_anew.append(job))
    clock_loop.ring()
    assert not set_anew
    with runtime.uow(TEAM) as uow:
        uow.set_timer(number, "prompt:0", "prompt", uow.now + timedelta(minutes=5), hour=0)
    clock_loop.ring()
    assert len(set_anew) == 1
    clock_loop.stop()


def test_a_database_that_is_away_neither_ends_the_alarm_nor_undoes_what_is_committed(
    runtime, monkeypatch
):
    clock_loop = ClockLoop(runtime, poll_seconds=0.1)
    away = threading.Event()
    next_due_at = alarm_module.next_due_at

    def perhaps(runtime):
        if away.is_set():
            raise OperationalError("select", {}, Exception("away"))
        return next_due_at(runtime)

    monkeypatch.setattr(alarm_module, "next_due_at", perhaps)
    runtime.on_commit(clock_loop.look_ahead)
    clock_loop.start()
    away.set()
    _due_prompt(runtime)
    time.sleep(0.5)
    away.clear()
    _wait(lambda: _state(runtime) == "done")
    clock_loop.stop()


def test_a_look_that_fails_sets_the_next_alarm_all_the_same(runtime, monkeypatch):
    def fail(_runtime):
        raise OperationalError("select", {}, Exception("away"))

    monkeypatch.setattr(alarm_module, "run_due", fail)
    clock_loop, ahead = ClockLoop(runtime), []
    monkeypatch.setattr(clock_loop, "_look_ahead", ahead.append)
    assert clock_loop.ring() == 0
    assert ahead == [alarm_module.BUSY_SECONDS]
    assert clock_loop.last_rang is not None


def test_a_clock_that_is_set_back_does_not_silence_the_alarm(runtime, monkeypatch):
    """What another bot wrote is found at the next look, whatever the machine takes for the time."""
    error = [timedelta(hours=2)]

    class WrongDatetime(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + error[0]

    for module in (alarm_module, apscheduler.schedulers.base):
        monkeypatch.setattr(module, "datetime", WrongDatetime)
    clock_loop = ClockLoop(runtime, poll_seconds=0.1)
    clock_loop.start()
    _wait(lambda: clock_loop.last_rang is not None)
    error[0] = timedelta(0)
    time.sleep(0.3)
    _due_prompt(runtime)
    _wait(lambda: _state(runtime) == "done", 5)
    clock_loop.stop()
