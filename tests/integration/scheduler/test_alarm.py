"""The alarm: it leaves alone what another bot has in hand, and survives a database that is away."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta

import apscheduler.schedulers.base
import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from bot.clock import CompressedClock
from bot.playbook.loader import load_playbook
from bot.store.database import open_engine
from bot.store.models import Sprint, Timer
from bot.usecases.house import House
from scheduler import alarm as alarm_module
from scheduler.alarm import Alarm
from tests.databases import migrated_database
from tests.houses import HOUR_0, TEAM, add_sprint, seat


@pytest.fixture
def house(tmp_path):
    engine = open_engine(migrated_database("postgresql", tmp_path))
    opened = House(engine, CompressedClock(HOUR_0), load_playbook())
    seat(opened)
    yield opened
    engine.dispose()


def _due_prompt(house):
    number = add_sprint(house)
    with house.unit(TEAM) as unit:
        unit.set_timer(number, "prompt:0", "prompt", unit.now, hour=0)
    return number


def _state(house):
    with house.reading(TEAM) as unit:
        return unit.session.scalar(select(Timer.state))


def _wait(predicate, seconds=15.0):
    end = time.monotonic() + seconds
    while not predicate():
        assert time.monotonic() < end, "it did not become so in time"
        time.sleep(0.02)


def test_a_sprint_that_another_bot_has_in_hand_is_asked_about_now_and_then(house, monkeypatch):
    """Due rows that cannot be claimed must not keep the alarm ringing without a pause."""
    number = _due_prompt(house)
    rung = []
    run_due = alarm_module.run_due
    monkeypatch.setattr(alarm_module, "run_due", lambda house: rung.append(1) or run_due(house))
    alarm = Alarm(house, poll_seconds=60)
    with house.sessions.begin() as other:
        other.scalars(select(Sprint).where(Sprint.id == number).with_for_update()).one()
        alarm.start()
        time.sleep(2.0)
        assert 1 <= len(rung) <= 6
        assert _state(house) == "waiting"
    _wait(lambda: _state(house) == "done")
    alarm.stop()


def test_what_falls_due_while_it_rings_is_not_forgotten_until_the_next_poll(house, monkeypatch):
    alarm = Alarm(house, poll_seconds=60)
    alarm.start()
    _wait(lambda: alarm.last_rang is not None)
    number = _due_prompt(house)
    alarm.look_ahead()
    _wait(lambda: _state(house) == "done")
    for hour in range(1, 4):
        with house.unit(TEAM) as unit:
            unit.set_timer(number, f"prompt:{hour}", "prompt", unit.now, hour=hour)
        alarm.look_ahead()
    with house.reading(TEAM) as unit:
        waiting = select(Timer.id).where(Timer.state == "waiting")
    _wait(lambda: not house.sessions().scalars(waiting).all())
    alarm.stop()


def test_a_database_that_is_away_neither_ends_the_alarm_nor_undoes_what_is_committed(
    house, monkeypatch
):
    alarm = Alarm(house, poll_seconds=0.1)
    away = threading.Event()
    next_due_at = alarm_module.next_due_at

    def perhaps(house):
        if away.is_set():
            raise OperationalError("select", {}, Exception("away"))
        return next_due_at(house)

    monkeypatch.setattr(alarm_module, "next_due_at", perhaps)
    house.on_unit_end(alarm.look_ahead)
    alarm.start()
    away.set()
    _due_prompt(house)
    time.sleep(0.5)
    away.clear()
    _wait(lambda: _state(house) == "done")
    alarm.stop()


def test_a_clock_that_is_set_back_does_not_silence_the_alarm(house, monkeypatch):
    """What another bot wrote is found at the next look, whatever the machine takes for the time."""
    error = [timedelta(hours=2)]

    class WrongDatetime(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + error[0]

    for module in (alarm_module, apscheduler.schedulers.base):
        monkeypatch.setattr(module, "datetime", WrongDatetime)
    alarm = Alarm(house, poll_seconds=0.1)
    alarm.start()
    _wait(lambda: alarm.last_rang is not None)
    error[0] = timedelta(0)
    time.sleep(0.3)
    _due_prompt(house)
    _wait(lambda: _state(house) == "done", 5)
    alarm.stop()
