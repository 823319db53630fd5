"""Who acts is looked up once, and only those are woken who have something to do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from freezegun import freeze_time

from bot.store.models import Person
from bot.usecases.house import Change
from handlers import acquaintances
from handlers.acquaintances import Acquaintances
from handlers.desk import Desk
from handlers.dispatch import run
from handlers.request import Done, Request

TEAM, ANA = "T9", "U1"


def nothing(_desk, _request):
    return Done()


def test_somebody_is_looked_up_once_and_then_known(house):
    asked = []

    def look_up(team_id, user_id):
        asked.append((team_id, user_id))
        return {"id": user_id, "name": "ana", "profile": {}}

    desk = Desk(house, look_up=look_up)
    for _ in range(3):
        run(desk, nothing, Request(team_id=TEAM, user_id=ANA))
    assert asked == [(TEAM, ANA)]


def test_somebody_whom_slack_does_not_describe_is_asked_about_again(house):
    asked = []
    desk = Desk(house, look_up=lambda *somebody: asked.append(somebody))
    for _ in range(2):
        run(desk, nothing, Request(team_id=TEAM, user_id=ANA))
    assert asked == [(TEAM, ANA)] * 2


def test_an_acquaintance_of_one_workspace_is_a_stranger_in_another():
    known = Acquaintances()
    known.keep("T1", ANA)
    assert known.has("T1", ANA)
    assert not known.has("T2", ANA)


def test_acquaintances_are_asked_about_again_after_a_minute():
    known = Acquaintances()
    with freeze_time("2026-03-09 09:00") as clock:
        known.keep(TEAM, ANA)
        assert known.has(TEAM, ANA)
        clock.tick(timedelta(seconds=acquaintances.KEPT_SECONDS + 1))
        assert not known.has(TEAM, ANA)


def test_only_so_many_acquaintances_are_kept_and_the_newest_of_them(monkeypatch):
    monkeypatch.setattr(acquaintances, "MOST_KEPT", 2)
    known = Acquaintances()
    for user_id in ("U1", "U2", "U1", "U3"):
        known.keep(TEAM, user_id)
    assert [known.has(TEAM, user_id) for user_id in ("U1", "U2", "U3")] == [True, False, True]


@pytest.mark.parametrize(
    ("change", "heard"),
    [
        (lambda unit: unit.meet(ANA), ["anything"]),
        (lambda unit: unit.changes.add(Change.PROBES), ["anything", "probes"]),
    ],
)
def test_who_waits_for_one_thing_is_not_woken_for_another(house, change, heard):
    told = []
    house.on_unit_end(lambda: told.append("anything"))
    house.on_unit_end(lambda: told.append("timers"), Change.TIMERS)
    house.on_unit_end(lambda: told.append("probes"), Change.PROBES)
    with house.unit(TEAM) as unit:
        change(unit)
    assert told == heard


def test_people_are_read_together_and_strangers_stay_ids(house):
    with house.unit(TEAM) as unit:
        unit.session.add(
            Person(team_id=TEAM, user_id=ANA, name="Ana", looked_up_at=datetime.now(UTC))
        )
    with house.reading(TEAM) as unit:
        unit.know([ANA, "U2"])
        assert [unit.name(each) for each in (ANA, "U2")] == ["Ana", "U2"]
