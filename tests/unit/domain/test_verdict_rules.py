"""What must hold for every record, whatever is in it."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.going_live import Deployment, Guardrail
from bot.domain.record import Blocker, BlockerChange, CriterionAnswer, GateAnswer, SprintRecord
from bot.domain.story import parse_story
from bot.domain.verdict import answers_of, to_json, verdict
from bot.domain.verdict.assumptions import KIND_DAYS
from bot.domain.verdict.causes import causes_of
from bot.domain.verdict.evidence import EvidenceLevel
from bot.domain.verdict.forecast import Draws, Simulation, remaining_work
from bot.domain.verdict.obstacles import meaning_of
from bot.domain.verdict.overruns import learn
from bot.domain.verdict.priors import Priors, unknowns_of
from bot.domain.verdict.tasks import tasks_of
from bot.domain.vocabulary import (
    KIND_CATEGORY,
    PHASE_SCENARIOS,
    Criterion,
    GuardrailOutcome,
    Kind,
    Path,
    Remedy,
    Resolution,
    Severity,
    TimelineBand,
)
from tests.speed import usual_seconds

TIMES = list(TimelineBand)
PATHS = list(Path)
TITLES = [
    *(
        "A form",
        "Legacy core",
        "Security review",
        "No budget",
        "Firewall closed",
        "Feed comes late",
    ),
    *("Nobody owns alerts", "Works council", "Licence expired", "GPU ordered", "Two languages"),
]
LEADS = [None, "3 days", "2-6 weeks", "6-12 months", "4 years", "indefinite", "asap", "no idea"]


@st.composite
def blockers(draw, count=6):
    """Different things each; what two records say of one thing is in `test_causes`."""
    made = []
    titles = draw(st.lists(st.sampled_from(TITLES), max_size=count, unique=True))
    for number, title in enumerate(titles):
        at = draw(st.sampled_from([1.0, 7.0, 9.0, 18.0, 30.0, 47.0]))
        ended = draw(st.booleans())
        change = BlockerChange(min(at + 1, 48.0), "Eve", Resolution.FIXED)
        made.append(
            Blocker(
                id=f"b{number}",
                title=title,
                kind=draw(st.sampled_from(Kind)),
                raised_at=at,
                by="Ana",
                phase=SprintRecord("x").phase_at(at),
                severity=draw(st.sampled_from(Severity)),
                remedy=draw(st.none() | st.sampled_from(Remedy)),
                lead_time=draw(st.sampled_from(LEADS)),
                history=(change,) if ended else (),
            )
        )
    return tuple(made)


@st.composite
def gates(draw):
    return tuple(
        GateAnswer(f"{phase}-1", phase, draw(st.sampled_from(scenarios)), 8.0 * number + 8, "Ana")
        for number, (phase, scenarios) in enumerate(PHASE_SCENARIOS.items())
        if draw(st.booleans())
    )


@given(blockers(), gates())
def test_resolving_a_blocker_never_makes_path_or_time_worse(made, told):
    record = SprintRecord("x", blockers=made, gates=told)
    before = verdict(record)
    change = BlockerChange(48.0, "Eve", Resolution.FIXED)
    for number, blocker in enumerate(made):
        if blocker.resolution:
            continue
        done = (*made[:number], replace(blocker, history=(change,)), *made[number + 1 :])
        after = verdict(replace(record, blockers=done))
        assert PATHS.index(after.path) <= PATHS.index(before.path)
        assert after.forecast.p50 <= before.forecast.p50
        assert after.forecast.p80 <= before.forecast.p80


def _never_sooner(verdicts):
    for fewer, more in pairwise(verdicts):
        assert fewer.forecast.p50 <= more.forecast.p50
        assert fewer.forecast.p80 <= more.forecast.p80
        assert TIMES.index(fewer.timeline) <= TIMES.index(more.timeline)
        assert PATHS.index(fewer.path) <= PATHS.index(more.path)


@given(blockers())
def test_more_blockers_never_make_the_time_shorter(made):
    _never_sooner([verdict(SprintRecord("x", blockers=made[:n])) for n in range(len(made) + 1)])


@st.composite
def told_gates(draw):
    """Gates, each bad one with a blocker that it speaks of."""
    found = [gate for gate in draw(gates()) if gate.scenario not in ("accessible", "works", "easy")]
    behind = []
    for gate in found:
        category = sorted(meaning_of(gate).explained_by)[0]
        kind = next(kind for kind in Kind if KIND_CATEGORY[kind] is category)
        at = next(phase.start for phase in SprintRecord("x").phases if phase.key == gate.phase)
        lead = draw(st.sampled_from(LEADS))
        title = f"{gate.phase} is why"
        behind.append(Blocker(f"of {gate.id}", title, kind, at, "Ana", gate.phase, lead_time=lead))
    return tuple(found), tuple(behind)


@given(st.permutations(["p99 latency", "error rate", "precision"]), st.data())
def test_one_breached_guardrail_more_never_makes_the_time_shorter(names, data):
    made, told = data.draw(blockers()), tuple(data.draw(gates()))
    live = Deployment("1", 20.0, "Ana", 1, evidence="a log")
    breaches = [
        Guardrail(name, name, GuardrailOutcome.BREACHED, 30.0 + number, "Ana")
        for number, name in enumerate(names)
    ]
    record = SprintRecord("x", gates=told, blockers=made, deployments=(live,))
    _never_sooner(
        verdict(replace(record, guardrails=tuple(breaches[:n]))) for n in range(len(breaches) + 1)
    )


@given(blockers(), gates(), st.lists(st.sampled_from([True, None]), min_size=3, max_size=3))
def test_a_criterion_that_nobody_confirmed_never_makes_the_evidence_stronger(made, told, answers):
    levels = list(EvidenceLevel)
    sure = tuple(CriterionAnswer(criterion, met=True) for criterion in Criterion)
    asked = tuple(map(CriterionAnswer, Criterion, answers))
    record = SprintRecord("x", gates=tuple(told), blockers=made)
    before, after = (verdict(replace(record, criteria=each)).evidence for each in (sure, asked))
    for answer, known in before.items():
        assert levels.index(after[answer].level) >= levels.index(known.level)


@given(told_gates(), blockers())
def test_more_blockers_behind_told_gates_never_make_the_time_shorter(told, made):
    found, behind = told
    record = SprintRecord("x", gates=found, blockers=behind)
    assert all(cause.recorded for cause in causes_of(record))
    _never_sooner(
        [verdict(replace(record, blockers=(*behind, *made[:n]))) for n in range(len(made) + 1)]
    )


@given(blockers(), gates(), st.randoms(use_true_random=False))
def test_neither_the_order_of_rows_nor_their_ids_matter(made, told, chance):
    record = SprintRecord("x", blockers=made, gates=told)
    renamed = [replace(blocker, id=f"other {n}") for n, blocker in enumerate(made)]
    chance.shuffle(renamed)
    first, other = verdict(record), verdict(replace(record, blockers=tuple(renamed)))
    assert answers_of(first) == answers_of(other)
    assert first.forecast == other.forecast
    assert sorted(fix.text for fix in first.fixes) == sorted(fix.text for fix in other.fixes)


EVENTS = [
    {"at": 8, "by": "Ana", "blocker": "b", "title": "A form for the data", "lead_time": "3 days"},
    {"at": 8, "by": "Ben", "blocker": "a", "title": "A form for the data", "lead_time": "3 days"},
    {"at": 8, "by": "Eve", "resolve": "a"},
    {"at": 8, "by": "Ana", "gate": "data", "scenario": "locked"},
    {"at": 8, "by": "Ben", "gate": "data", "scenario": "missing"},
    {"at": 8, "by": "Dee", "request": "security", "of": "Cho", "deadline": 4},
    {"at": 8, "by": "Cho", "decide": "security", "decision": "rejected"},
    {"at": 8, "by": "Ana", "deploy": 1},
    {"at": 8, "by": "Ana", "rollback": "errors"},
]


@given(st.permutations(EVENTS))
def test_the_order_of_events_in_one_hour_does_not_matter(events):
    first, other = (
        to_json(verdict(parse_story({"story": "x", "events": each}).record))
        for each in (EVENTS, events)
    )
    assert first == other


@given(
    st.integers(1, 12),
    st.sampled_from(
        (
            ("weeks", "days", 7),
            ("days", "hours", 24),
            ("years", "months", 12),
            ("quarters", "months", 3),
            ("fortnights", "weeks", 2),
        )
    ),
)
def test_it_does_not_matter_in_which_unit_a_time_was_said(count, units):
    large, small, size = units

    def judged(words):
        event = {"at": 1, "by": "Ana", "blocker": "b", "title": "A form", "lead_time": words}
        return verdict(parse_story({"story": "x", "events": [event]}).record)

    first, other = judged(f"{count} {large}"), judged(f"{count * size} {small}")
    assert first.forecast == other.forecast
    assert answers_of(first) == answers_of(other)


def _many(count):
    return SprintRecord(
        "x",
        blockers=tuple(
            Blocker(
                f"b{n}",
                f"Blocker {n}",
                list(Kind)[n % 12],
                n % 40 + 1.0,
                "Ana",
                SprintRecord("x").phase_at(n % 40 + 1.0),
                lead_time=f"{1 + n % 9} weeks",
            )
            for n in range(count)
        ),
    )


def test_three_hundred_blockers_are_judged_in_less_than_half_a_second():
    record = _many(300)
    verdict(record)
    assert usual_seconds(lambda: verdict(record), 9) < 0.5


def test_twenty_thousand_futures_take_less_than_100_ms():
    record = _many(12)
    tasks, work = tasks_of(causes_of(record)), remaining_work(record)
    unknown = unknowns_of(record.phases, frozenset(), Priors())
    overruns = learn((), lambda kind: KIND_DAYS[kind])

    def forecast():
        return Simulation(tasks, work, Draws(1), overruns, unknown).forecast()

    assert usual_seconds(forecast) < 0.1
