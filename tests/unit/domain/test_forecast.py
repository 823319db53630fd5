"""The forecast: waits side by side, building in a row, spread from history, phases not reached."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.story import parse_story
from bot.domain.verdict import Experience, verdict
from bot.domain.verdict.assumptions import KIND_DAYS
from bot.domain.verdict.forecast import NEVER, Draws, Simulation
from bot.domain.verdict.model import Quote
from bot.domain.verdict.overruns import OverrunPrior, learn
from bot.domain.verdict.priors import Priors, unknowns_of
from bot.domain.verdict.schedule import ForecastTask, LikelyEnd
from bot.domain.vocabulary import PHASE_SCENARIOS, Kind
from bot.reading.ranges import DayRange

PHASES = ("data", "model", "integration", "deployment")
EXACT = OverrunPrior(1.0, 1e-6, 1e-6, 1e-6, 1e-6, weight=8.0, never=0.0)
SURE = learn((), lambda kind: KIND_DAYS[kind], prior=EXACT)
"""A company whose quotes always come true, so that sums can be checked on paper."""
WORK = {phase: DayRange(0, 0, 0) for phase in PHASES}


def _task(name, days, *, builds=False, phase="data", needs=(), function=""):
    span = DayRange(days, days, days)
    return ForecastTask(
        name, phase, name, function, Kind.APPROVAL_PROCESS, span, builds, True, needs
    )


def _days(tasks, **asked):
    futures = Simulation(tasks, WORK, Draws(count=200), SURE).ended(**asked)
    assert np.allclose(futures, futures[0], rtol=1e-3)
    return round(float(futures[0]), 1)


SCHEDULES = [
    ("waits run side by side", [_task("a", 30), _task("b", 20, phase="deployment")], 30),
    (
        "building follows building",
        [_task("a", 30, builds=True), _task("b", 20, builds=True, phase="integration")],
        50,
    ),
    (
        "building of one phase runs side by side",
        [_task("a", 30, builds=True), _task("b", 20, builds=True)],
        30,
    ),
    ("waits run beside building", [_task("a", 30, builds=True), _task("b", 40)], 40),
    (
        "a wait that needs another comes after it",
        [_task("a", 30), _task("b", 20, needs=("a",))],
        50,
    ),
    (
        "building that needs a wait comes after it",
        [_task("a", 30), _task("b", 20, builds=True, needs=("a",))],
        50,
    ),
    (
        "a wait that needs building comes after it",
        [_task("a", 30, builds=True), _task("b", 20, needs=("a",)), _task("c", 5, needs=("b",))],
        55,
    ),
    (
        "later building waits for what earlier building needs",
        [
            _task("z", 30),
            _task("b", 20, builds=True, needs=("z",)),
            _task("a", 10, builds=True, phase="model"),
        ],
        60,
    ),
    ("a circle of needs is cut", [_task("a", 30, needs=("b",)), _task("b", 20, needs=("a",))], 50),
    ("nothing takes no time", [], 0),
]


@pytest.mark.parametrize(
    ("tasks", "days"), [row[1:] for row in SCHEDULES], ids=[row[0] for row in SCHEDULES]
)
def test_the_schedule(tasks, days):
    assert _days(tasks) == days
    assert LikelyEnd(tasks, PHASES).days == days


def test_what_is_fixed_by_a_day_ends_then_and_what_is_gone_takes_nothing():
    tasks = [_task("a", 60), _task("b", 20), _task("c", 10, needs=("a",))]
    assert _days(tasks) == 70
    assert _days(tasks, by={"a": 14.0}) == 24
    assert _days(tasks, without=("a",)) == 20
    assert round(float(Simulation(tasks, WORK, Draws(count=9), SURE).without("b")[0]), 1) == 70


@st.composite
def schedules(draw):
    names = [f"t{number}" for number in range(draw(st.integers(1, 7)))]
    return [
        _task(
            name,
            draw(st.integers(1, 90)),
            builds=draw(st.booleans()),
            phase=draw(st.sampled_from(PHASES)),
            needs=tuple(draw(st.sets(st.sampled_from(names[:number]), max_size=2)))
            if number
            else (),
        )
        for number, name in enumerate(names)
    ]


@given(schedules(), st.data())
@settings(deadline=None)
def test_taking_away_or_fixing_a_task_never_makes_any_future_longer(tasks, data):
    history = learn((), lambda kind: KIND_DAYS[kind])
    simulation = Simulation(tasks, WORK, Draws(count=300), history, UNKNOWN)
    one = data.draw(st.sampled_from(tasks)).id
    gone, fixed = simulation.without(one), simulation.ended(by={one: 14.0})
    assert (gone <= simulation.total + 1e-9).all()
    assert (fixed <= simulation.total + 1e-9).all()
    assert np.allclose(gone, simulation.ended(without={one}))
    fewer = Simulation(
        [t for t in tasks if t.id != one and one not in t.needs],
        WORK,
        Draws(count=300),
        history,
        UNKNOWN,
    )
    assert (fewer.total <= simulation.total + 1e-9).all()


UNKNOWN = unknowns_of(parse_story({"story": "x"}).record.phases, frozenset(), Priors())


@given(schedules(), st.randoms(use_true_random=False))
def test_the_order_of_tasks_does_not_matter(tasks, chance):
    other = list(tasks)
    chance.shuffle(other)
    assert _days(tasks) == _days(other) == round(LikelyEnd(other, PHASES).days, 1)


def _story(*hours, lead="5 weeks", title="Form {} for the board", **more):
    events = [
        {
            "at": at,
            "by": "Ana",
            "blocker": f"b{n}",
            "title": title.format(n),
            "kind": "approval_process",
            "lead_time": lead,
        }
        for n, at in enumerate(hours)
    ]
    return parse_story({"story": "x", "events": events, **more}).record


_SLOW = [{"function": "security", "quoted": "2 weeks", "took": "9 weeks"}] * 6


@pytest.mark.parametrize("past", [{}, {"history": _SLOW}], ids=["no history", "history"])
@pytest.mark.parametrize("hours", [(2, 12, 20), (20, 30, 47), (12, 2, 45)])
def test_when_somebody_typed_a_wait_does_not_change_the_forecast(hours, past):
    assert verdict(_story(2, 3, 4, **past)).forecast == verdict(_story(*hours, **past)).forecast


def _quotes(ratios, function="security", kind=Kind.APPROVAL_PROCESS):
    return tuple(
        Quote(10.0, None if ratio is None else 10.0 * ratio, kind, function) for ratio in ratios
    )


def _spread(quotes, function="security", kind=Kind.APPROVAL_PROCESS):
    overruns = learn(quotes, lambda each: KIND_DAYS[each])
    return overruns.spread(DayRange(10, 10, 10), function, kind, stated=True)


def test_without_history_the_prior_counts_as_published_studies_found_it():
    spread = _spread(())
    mean_overrun = np.exp(spread.mean + spread.total**2 / 2)
    assert 1.30 <= mean_overrun <= 1.40
    assert spread.quantile(0.1) / spread.median == pytest.approx(0.5, abs=0.03)
    late = 1 - _share_below(spread, 1.0)
    assert 0.60 <= late <= 0.80


def _share_below(spread, ratio):
    from statistics import NormalDist

    return NormalDist(spread.mean, spread.total).cdf(np.log(ratio))


def test_a_company_whose_quotes_scatter_gets_a_wider_forecast_than_one_whose_quotes_hold():
    wild, steady = _spread(_quotes([0.2, 5, 0.4, 3, 1, 0.3, 4, 2])), _spread(_quotes([1.0] * 8))
    assert wild.total > 1.8 * steady.total
    story = _story(3)
    waits = replace(story, blockers=(replace(story.blockers[0], waits_for="security"),))
    told = [
        verdict(waits, experience=Experience(quotes=_quotes(ratios))).forecast
        for ratios in ([0.2, 5, 0.4, 3, 1, 0.3, 4, 2] * 3, [1.0] * 24)
    ]
    assert told[0].p80 - told[0].p50 > told[1].p80 - told[1].p50


def test_history_of_a_function_counts_most_for_that_function():
    quotes = _quotes([3.0] * 10)
    assert _spread(quotes).median > 2.2
    other = _spread(quotes, "legal", Kind.SKILLS_GAP)
    assert 1.17 < other.median < _spread(quotes).median
    assert _spread(_quotes([3.0])).median < _spread(quotes).median


def test_the_prior_gives_way_as_history_grows():
    medians = [_spread(_quotes([2.0] * count)).median for count in (0, 1, 5, 20, 100)]
    assert medians == sorted(medians)
    assert medians[-1] == pytest.approx(2.0, abs=0.1)


def test_what_never_came_raises_the_chance_of_never():
    assert _spread(()).never == pytest.approx(0.02)
    assert _spread(_quotes([1.0] * 6 + [None] * 6)).never > 0.1
    assert _spread(_quotes([1.0] * 50)).never < 0.02


def test_what_is_still_open_counts_as_longer_than_so_far():
    closed = [Quote(10.0, 10.0, Kind.APPROVAL_PROCESS, "security")] * 4
    waiting = [Quote(10.0, None, Kind.APPROVAL_PROCESS, "security", open_days=30.0)] * 4
    young = [Quote(10.0, None, Kind.APPROVAL_PROCESS, "security", open_days=1.0)] * 4
    assert _spread((*closed, *waiting)).median > 1.3 * _spread(tuple(closed)).median
    assert _spread((*closed, *young)).median == pytest.approx(
        _spread(tuple(closed)).median, rel=0.2
    )


def test_what_never_ends_is_beyond_every_date():
    prior = replace(EXACT, never=0.3)
    overruns = learn((), lambda kind: KIND_DAYS[kind], prior=prior)
    simulation = Simulation([_task("a", 10)], WORK, Draws(), overruns)
    assert simulation.forecast().never == pytest.approx(0.3, abs=1e-3)
    assert simulation.forecast().p50 == 10
    assert simulation.forecast().p80 == NEVER


def test_phases_that_nobody_reached_take_time_as_the_method_says():
    """5 % of companies deploy at once, 60 % after a blocker sprint, 35 % need groundwork."""
    record = parse_story({"story": "x"}).record
    total = Simulation((), WORK, Draws(), SURE, unknowns_of(record.phases, frozenset(), Priors()))
    assert float((total.total <= 7).mean()) == pytest.approx(0.05, abs=0.01)
    assert float((total.total > 91).mean()) == pytest.approx(0.35, abs=0.04)


def test_a_gate_that_opened_alone_gives_no_forecast_of_hours():
    event = {"at": 8, "by": "Ana", "gate": "data", "scenario": "accessible"}
    one = parse_story({"story": "x", "events": [event]}).record
    found = verdict(one).forecast
    assert found.p50 > 7
    best = [
        {"at": 8 + 8 * number, "by": "Ana", "gate": phase, "scenario": scenarios[0]}
        for number, (phase, scenarios) in enumerate(PHASE_SCENARIOS.items())
    ]
    seen = [verdict(parse_story({"story": "x", "events": best[:n]}).record) for n in range(5)]
    p80s = [each.forecast.p80 for each in seen]
    assert p80s == sorted(p80s, reverse=True)
    assert seen[-1].forecast.p50 < 2


def test_a_companys_own_sprints_take_over_from_the_priors():
    record = parse_story({"story": "x"}).record
    smooth = {(phase, scenarios[0]): 40 for phase, scenarios in PHASE_SCENARIOS.items()}
    plain = verdict(record).forecast
    known = verdict(record, experience=Experience(outcomes=smooth)).forecast
    assert known.p50 < plain.p50
    for unknown in unknowns_of(record.phases, frozenset(), Priors(), smooth):
        assert sum(outcome.chance for outcome in unknown.outcomes) == pytest.approx(1.0)
        assert unknown.outcomes[0].chance > 0.85


def test_names_draw_numbers_that_have_nothing_to_do_with_each_other():
    draws = Draws(3)
    drawn = [draws.normal(f"name {number}") for number in range(40)]
    against = np.corrcoef(drawn)
    assert np.abs(against - np.eye(40)).max() < 0.05
    assert (np.sort(drawn[0]) == np.sort(drawn[1])).all()


def test_what_nobody_quoted_takes_what_its_function_needed_before():
    """A rebuild is assumed at a year; this team's rebuilds took a month, so its next one does."""
    took = tuple(
        Quote(0.0, days, Kind.INTEGRATION, "shop platform team") for days in (25, 30, 35) * 6
    )
    event = {
        **{"at": 20, "by": "Ana", "blocker": "core", "kind": "integration"},
        **{"title": "The shop platform team has to rebuild the core", "remedy": "architecture"},
    }
    ready = [
        {"at": 8 + 8 * number, "by": "Ana", "gate": phase, "scenario": scenarios[0]}
        for number, (phase, scenarios) in enumerate(PHASE_SCENARIOS.items())
    ]
    record = parse_story({"story": "x", "events": [event, *ready]}).record
    assert verdict(record).forecast.p50 > 300
    assert 25 <= verdict(record, experience=Experience(quotes=took)).forecast.p50 <= 80
    elsewhere = tuple(replace(quote, waits_for="legal") for quote in took)
    assert verdict(record, experience=Experience(quotes=elsewhere)).forecast.p50 > 90


def test_the_hour_in_the_title_of_an_expired_request_is_no_lead_time():
    events = [
        {"at": 3.3, "by": "Dee", "request": "data_access", "of": "Eve", "deadline": 2},
        {
            **{"at": 4, "by": "Ana", "blocker": "form", "title": "Read access needs a ticket"},
            **{"kind": "approval_process", "family": "data_access_process", "lead_time": "8 days"},
        },
    ]
    (cause,) = verdict(parse_story({"story": "x", "events": events}).record).causes
    assert cause.words == "8 days"
    assert cause.days.mode == 8
