"""The map of where no is said: ranked by what would have shipped, and naming nobody."""

from __future__ import annotations

import random

import pytest

from bot.domain.refusals import refusal_map
from bot.domain.simulator.company import make_company
from bot.domain.simulator.sprint import act, plantable
from bot.domain.story import parse_story
from bot.domain.verdict.overruns import named

SPRINTS = 10
TUNED, UNSEEN = range(8), range(700, 708)


def planted(seed):
    """Act a company in which one function is behind six of ten sprints; return its map and name."""
    company, chance = make_company(seed, seed), random.Random(seed)
    known = [each for each in plantable(company) if each.trade.name != "people and hiring"]
    bottleneck = chance.choice(known)
    acted = [
        act(company, n, seed=seed, plant=n % 5 < 3, bottleneck=bottleneck, asks=False)
        for n in range(SPRINTS)
    ]
    return refusal_map([parse_story(each.story).record for each in acted]), bottleneck.trade.name


@pytest.mark.parametrize("seed", [*TUNED, *UNSEEN])
def test_the_bottleneck_of_a_planted_company_comes_first(seed):
    found, bottleneck = planted(seed)
    assert named(found.stations[0].function) == named(bottleneck)
    assert found.stations[0].would_ship > 0


def story(*events, team=("Ana", "Ben", "Cho", "Dee")):
    roles = dict(zip(("builder", "data", "approver", "business"), team, strict=False))
    return parse_story({"story": "S", "team": roles, "events": list(events)}).record


def blocked(by="Ana", waits="The architecture board has to agree first", **more):
    return {
        "at": 3,
        "by": by,
        "blocker": "b",
        "title": waits,
        "kind": "approval_process",
        "lead_time": "8 weeks",
        **more,
    }


def test_requests_waits_refusals_and_detours_are_counted():
    records = [
        story(blocked()),
        story(blocked(), {"at": 9, "by": "Ben", "resolve": "b", "how": "worked_around"}),
        story(blocked(), {"at": 9, "by": "Ben", "resolve": "b", "how": "fixed"}),
        story(
            blocked(),
            {
                "at": 9,
                "by": "Ana",
                "measured": "b",
                "source": "JIRA A-1",
                "asked": -240,
                "ended": 0,
                "outcome": "refused",
            },
        ),
    ]
    (station,) = refusal_map(records).stations
    assert station.function == "architecture board"
    assert (station.requests, station.waits, station.refusals) == (4, 1, 1)
    assert (station.detours, station.granted, station.measured) == (1, 1, 1)
    assert (station.sprints, station.would_ship, station.would_ship_at_once) == (4, 2, 2)


def test_a_function_of_fewer_than_three_people_is_not_named():
    asked = [
        {"at": 4, "by": "Ana", "request": "security", "of": "Sam", "deadline": 4},
        {"at": 6, "by": "Sam", "decide": "security", "decision": "rejected"},
    ]
    found = refusal_map([story(*asked), story(*asked)])
    assert found.stations == ()
    assert found.unnamed.refusals == 2
    assert "Sam" not in str(found)
    others = [
        [each | {"of": who} if "of" in each else each | {"by": who} for each in asked]
        for who in ("Tia", "Uwe")
    ]
    known = refusal_map([story(*asked), *(story(*each) for each in others)])
    assert known.stations[0].function == "security"
    assert known.unnamed is None


def test_a_team_of_two_is_not_told_apart_from_its_map():
    assert refusal_map([story(blocked(), team=("Ana", "Ben"))]).stations == ()


def test_a_person_who_is_waited_for_is_no_function():
    from dataclasses import replace

    record = story(blocked())
    named_person = replace(record.blockers[0], waits_for="Cho")
    found = refusal_map([replace(record, blockers=(named_person,))])
    assert found.stations == ()
    assert "cho" not in str(found).lower()


def test_a_sprint_that_is_live_would_not_have_shipped_sooner():
    live = story(
        blocked(severity="slows"), {"at": 40, "by": "Ana", "deploy": 1, "evidence": "https://x"}
    )
    found = refusal_map([live])
    assert (found.sprints, found.not_live) == (1, 0)
    assert found.stations == ()


def test_no_sprints_make_an_empty_map():
    found = refusal_map([])
    assert (found.sprints, found.stations, found.unnamed) == (0, (), None)
