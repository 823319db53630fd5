"""The chance to deploy within thirty days, with fixes done, and what waiting costs."""

from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.past import Value
from bot.domain.story import parse_story
from bot.domain.verdict import to_json, verdict, what_if
from bot.domain.verdict.assumptions import KIND_DAYS
from bot.domain.verdict.causes import causes_of
from bot.domain.verdict.chances import ENOUGH, chances_of
from bot.domain.verdict.delay import delay_of
from bot.domain.verdict.forecast import NEVER, Draws, Simulation, distribution
from bot.domain.verdict.model import Forecast
from bot.domain.verdict.overruns import learn
from bot.domain.verdict.schedule import ForecastTask
from bot.domain.verdict.tasks import tasks_of
from bot.domain.verdict.world import World
from bot.domain.vocabulary import PHASE_SCENARIOS, Kind, Period
from bot.playbook.story_file import load_story
from bot.reading.ranges import DayRange
from tests.speed import usual_seconds

PHASES = tuple(PHASE_SCENARIOS)
PLAIN = learn((), lambda kind: KIND_DAYS[kind])
WORK = {str(phase): DayRange(0.1, 0.2, 0.3) for phase in PHASES}


def _simulation(days, builds=(), count=20_000):
    tasks = [
        ForecastTask(
            f"t{n:02}",
            str(PHASES[n % 4]),
            f"t{n}",
            f"f{n % 5}",
            list(Kind)[n % 12],
            DayRange(each, each, each),
            n in builds,
        )
        for n, each in enumerate(days)
    ]
    return Simulation(tasks, WORK, Draws(count=count), PLAIN)


def _fixes(simulation):
    return {task.id: [task.id] for task in simulation.tasks}


@given(st.lists(st.integers(2, 120), min_size=1, max_size=6), st.sets(st.integers(0, 5)))
@settings(deadline=None, max_examples=40)
def test_more_fixes_never_make_the_chance_smaller_and_the_named_set_is_the_smallest(days, builds):
    simulation = _simulation(days, builds, count=500)
    found = chances_of(simulation, _fixes(simulation))
    alone = {each.fix: each.chance for each in found.fixes}
    assert all(found.now <= chance <= found.everything for chance in alone.values())
    assert all(each.days_bought >= 0 for each in found.fixes)
    for pair in found.pairs:
        assert pair.chance >= max(alone[fix] for fix in pair.fixes)

    def counted(chosen):
        by = dict.fromkeys(chosen, 14.0)
        return round(float((simulation.ended(by=by) <= 30).mean()), 4)

    enough = [
        chosen
        for size in range(len(days) + 1)
        for chosen in combinations(alone, size)
        if counted(chosen) >= ENOUGH
    ]
    if not enough:
        assert found.enough is None
    else:
        assert len(found.enough.fixes) == len(enough[0])
        assert found.enough.chance == counted(found.enough.fixes)
        assert found.enough.chance == max(
            counted(each) for each in enough if len(each) == len(enough[0])
        )


def test_a_chance_with_a_fix_is_the_same_future_with_one_end_moved():
    simulation = _simulation([60, 25, 10])
    found = chances_of(simulation, _fixes(simulation))
    for each in found.fixes:
        moved = simulation.ended(by={each.fix: 14.0})
        assert each.chance == round(float((moved <= 30).mean()), 4)
        assert (moved <= simulation.total).all()


def test_twelve_causes_and_their_sixty_six_pairs_take_less_than_300_ms():
    simulation = _simulation([20 + 5 * n for n in range(12)], builds={1, 4, 9})
    assert usual_seconds(lambda: chances_of(simulation, _fixes(simulation))) < 0.3
    assert len(chances_of(simulation, _fixes(simulation)).pairs) == 66


def _story(**more):
    events = [
        {
            "at": 1,
            "by": "Ana",
            "blocker": "form",
            "title": "A form for the replica",
            "kind": "approval_process",
            "lead_time": "10 weeks",
        },
        {
            "at": 26,
            "by": "Ana",
            "blocker": "vpn",
            "title": "No VPN token for the builder",
            "kind": "infrastructure",
            "remedy": "budget",
            "lead_time": "1 week",
        },
        *(
            {"at": 8 + 8 * n, "by": "Ana", "gate": str(phase), "scenario": scenarios[0]}
            for n, (phase, scenarios) in enumerate(PHASE_SCENARIOS.items())
        ),
    ]
    return parse_story({"story": "x", "events": events, **more}).record


def test_the_json_names_the_fix_that_is_enough_and_the_days_it_buys():
    told = to_json(verdict(_story()))["chance_30_days"]
    assert told["now"] < 0.1 < ENOUGH < told["with"]["form"]
    assert told["with"]["form + vpn"] >= told["with"]["form"]
    assert told["cheapest_set"]["fixes"] == ["form"]
    assert told["days_bought"]["form"] > 50
    assert told["days_bought"]["vpn"] < 4


def test_what_if_agrees_with_the_verdict():
    record = _story()
    told = to_json(verdict(record))
    assert what_if(record, [])[0] == told["chance_30_days"]["now"]
    assert what_if(record, [])[1].p50 == told["forecast_days"]["p50"]
    chance, forecast = what_if(record, ["form", "vpn"])
    assert chance == told["chance_30_days"]["with"]["form + vpn"]
    assert forecast.p50 <= 15


def test_what_is_shown_to_be_live_is_certain_and_what_is_only_said_to_be_is_not():
    live = {"at": 30, "by": "Ana", "deploy": 1}
    shown = parse_story({"story": "x", "events": [{**live, "evidence": "the log"}]}).record
    claimed = parse_story({"story": "x", "events": [live]}).record
    assert to_json(verdict(shown))["chance_30_days"]["now"] == 1.0
    assert to_json(verdict(claimed))["chance_30_days"]["now"] < 1.0


@pytest.mark.parametrize(
    ("per", "days"),
    [("day", 1), ("week", 7), ("month", 30.4375), ("quarter", 91.3125), ("year", 365.25)],
)
def test_the_cost_of_delay_is_the_worth_of_the_days(per, days):
    delay = delay_of(Value(40_000, "EUR", Period(per)), Forecast(10, 20))
    assert delay.a_day == pytest.approx(40_000 / days, abs=0.01)
    assert delay.p80 == pytest.approx(20 * 40_000 / days, abs=0.01)


def test_a_wait_without_an_end_has_no_price_and_no_worth_costs_nothing():
    assert delay_of(Value(1, "EUR", Period.DAY), Forecast(10, NEVER)).p80 is None
    assert delay_of(None, Forecast(10, 20)) is None
    assert to_json(verdict(_story()))["cost_of_delay"] is None
    told = to_json(verdict(_story(value={"amount": 7000, "currency": "EUR", "per": "week"})))
    assert told["cost_of_delay"]["per_day"] == 1000.0
    assert told["cost_of_delay"]["p50"] == 1000.0 * told["forecast_days"]["p50"]


def test_a_storys_own_history_and_forecasts_count():
    late = [{"function": "board", "quoted": "2 weeks", "took": "6 weeks"}] * 9
    missed = [{"p50": 10, "p80": 15, "took": 40}] * 9
    plain = verdict(_story()).forecast
    assert verdict(_story(history=late)).forecast.p50 > 1.3 * plain.p50
    corrected = verdict(_story(forecasts=missed)).forecast
    assert corrected.p50 > 1.3 * plain.p50


STORIES = sorted(Path("tests/stories").glob("*.yaml"))


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_the_plan_and_the_forecast_agree(path):
    """Nothing is settled within thirty days that the same page forecasts beyond them."""
    found = verdict(load_story(path).record)
    for fix in found.fixes:
        if fix.cause is not None:
            assert fix.in_thirty_days == (found.cause_days[fix.cause].p50 <= 30)


def test_a_causes_days_are_the_draws_of_its_own_wait():
    record = _story(history=[{"function": "board", "quoted": "2 weeks", "took": "6 weeks"}] * 9)
    world, causes = World(record), causes_of(record)
    simulation = world.simulation(record, tasks_of(causes))
    for cause in causes:
        told, drawn = world.days_of(cause), distribution(simulation.days_of(cause.id))
        assert told.p50 == pytest.approx(drawn.p50, rel=0.03, abs=1)
        assert told.p80 == pytest.approx(drawn.p80, rel=0.03, abs=1)
