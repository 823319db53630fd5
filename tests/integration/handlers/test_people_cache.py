"""Who acts is looked up once, and only those are woken who have something to do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from freezegun import freeze_time

from bot.db.models import Person
from bot.unit_of_work import Change
from handlers import people_cache
from handlers.context import HandlerContext
from handlers.dispatch import run
from handlers.people_cache import PeopleCache
from handlers.request import Done, Request

TEAM, ANA = "T9", "U1"


def nothing(_ctx, _request):
    return Done()


def test_somebody_is_looked_up_once_and_then_known(runtime):
    asked = []

    def look_up(team_id, user_id):
        asked.append((team_id, user_id))
        return {"id": user_id, "name": "ana", "profile": {}}

    ctx = HandlerContext(runtime, look_up=look_up)
    for _ in range(3):
        run(ctx, nothing, Request(team_id=TEAM, user_id=ANA))
    assert asked == [(TEAM, ANA)]


def test_somebody_whom_slack_does_not_describe_is_asked_about_again(runtime):
    asked = []
    ctx = HandlerContext(runtime, look_up=lambda *somebody: asked.append(somebody))
    for _ in range(2):
        run(ctx, nothing, Request(team_id=TEAM, user_id=ANA))
    assert asked == [(TEAM, ANA)] * 2


def test_an_acquaintance_of_one_workspace_is_a_stranger_in_another():
    known = PeopleCache()
    known.keep("T1", ANA)
    assert known.has("T1", ANA)
    assert not known.has("T2", ANA)


def test_acquaintances_are_asked_about_again_after_a_minute():
    known = PeopleCache()
    with freeze_time("2026-03-09 09:00") as clock:
        known.keep(TEAM, ANA)
        assert known.has(TEAM, ANA)
        clock.tick(timedelta(seconds=people_cache.KEPT_SECONDS + 1))
        assert not known.has(TEAM, ANA)


def test_only_so_many_acquaintances_are_kept_and_the_newest_of_them(monkeypatch):
    monkeypatch.setattr(people_cache, "MOST_KEPT", 2)
    known = PeopleCache()
    for user_id in ("U1", "U2", "U1", "U3"):
        known.keep(TEAM, user_id)
    assert [known.has(TEAM, user_id) for user_id in ("U1", "U2", "U3")] == [True, False, True]


@pytest.mark.parametrize(
    ("change", "heard"),
    [
        (lambda uow: uow.ensure_person(ANA), ["anything"]),
        (lambda uow: uow.changes.add(Change.PROBES), ["anything", "probes"]),
    ],
)
def test_who_waits_for_one_thing_is_not_woken_for_another(runtime, change, heard):
    told = []
    runtime.on_commit(lambda: told.append("anything"))
    runtime.on_commit(lambda: told.append("timers"), Change.TIMERS)
    runtime.on_commit(lambda: told.append("probes"), Change.PROBES)
    with runtime.uow(TEAM) as uow:
        change(uow)
    assert told == heard


def test_people_are_read_together_and_strangers_stay_ids(runtime):
    with runtime.uow(TEAM) as uow:
        uow.session.add(
            Person(team_id=TEAM, user_id=ANA, name="Ana", looked_up_at=datetime.now(UTC))
        )
    with runtime.reading(TEAM) as uow:
        uow.preload_people([ANA, "U2"])
        assert [uow.name(each) for each in (ANA, "U2")] == ["Ana", "U2"]
