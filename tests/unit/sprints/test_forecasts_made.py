"""Forecasts are kept at the close, settled when what they were about happens, and scored."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.db.deployment_models import Deployment
from bot.db.models import Blocker, FixItem, ForecastMade, GateAnswer, Sprint
from bot.debrief.queries import experience_of, past_forecasts
from bot.debrief.service import end_or_close
from bot.domain.enums import FixCheckKind, ForecastSubject
from bot.domain.verdict.scores import ForecastMade as Made
from bot.domain.verdict.scores import calibrate, score
from bot.fixes import service as fixes
from bot.fixes.checks import FixCheck
from tests.runtimes import ANA, HOUR_0, TEAM, add_sprint, advance

DAY = timedelta(days=1)


@pytest.fixture
def closed(runtime):
    """A sprint that was closed with one blocker open."""
    sprint_id = add_sprint(runtime)
    with runtime.uow(TEAM) as uow:
        uow.session.add(
            Blocker(
                team_id=TEAM,
                sprint_id=sprint_id,
                number=1,
                title="A form for the replica",
                kind="approval_process",
                severity="stops",
                phase="data",
                raised_by=ANA,
                raised_at=HOUR_0,
                lead_time="4 weeks",
                waits_for="Security",
            )
        )
    _close(runtime, sprint_id)
    return sprint_id


def _close(runtime, sprint_id):
    for _ in range(2):  # first the debrief, then the close
        with runtime.uow(TEAM) as uow:
            end_or_close(uow, ANA, sprint_id)


def _rows(runtime):
    with runtime.reading(TEAM) as uow:
        return {row.subject: row for row in uow.session.scalars(select(ForecastMade))}


def test_a_close_keeps_the_sprints_forecast_and_each_fixs_own(runtime, closed):
    rows = _rows(runtime)
    assert set(rows) == {ForecastSubject.SPRINT, ForecastSubject.FIX}
    with runtime.reading(TEAM) as uow:
        said = uow.session.get(Sprint, closed).verdict
    assert (rows["sprint"].p50, rows["sprint"].p80) == tuple(said["forecast_days"].values())
    assert rows["sprint"].chance_30 == said["chance_30_days"]["now"]
    assert 28 < rows["fix"].p50 < rows["fix"].p80
    assert rows["fix"].function == "security"


def test_a_claimed_fix_settles_no_forecast_and_is_no_experience(runtime, closed):
    advance(runtime, 24 * 40)
    with runtime.uow(TEAM) as uow:
        item = uow.session.scalars(select(FixItem)).first()
        fixes.press_done(uow, ANA, item.id)
    assert _rows(runtime)["fix"].happened_at is None
    with runtime.reading(TEAM) as uow:
        assert experience_of(uow).quotes == ()


def test_a_proved_fix_settles_its_forecast_and_counts_as_experience(runtime, closed):
    advance(runtime, 24 * 40)
    with runtime.uow(TEAM) as uow:
        item = uow.session.scalars(select(FixItem)).first()
        fixes.choose_check(uow, ANA, item.id, FixCheck(FixCheckKind.EVIDENCE))
        fixes.show_evidence(uow, ANA, item.id, "https://example.com/minutes")
    made = _rows(runtime)["fix"]
    assert made.happened_at is not None
    with runtime.reading(TEAM) as uow:
        fix = next(each for each in past_forecasts(uow) if each.subject == "fix")
        quote = experience_of(uow).quotes[0]
    assert fix.took == pytest.approx(40, abs=0.1)
    assert (quote.quoted_days, round(quote.actual_days)) == (28, 40)


def test_a_rerun_that_goes_live_settles_the_run_before(runtime, closed):
    advance(runtime, 24 * 20)
    again = add_sprint(
        runtime,
        rerun_of=closed,
        channel_id="C2",
        started_at=runtime.clock.now(),
        planned_start=runtime.clock.now(),
    )
    advance(runtime, 30)
    with runtime.uow(TEAM) as uow:
        uow.session.add(
            Deployment(
                sprint_id=again, percent=1.0, deployed_by=ANA, deployed_at=runtime.clock.now()
            )
        )
    _close(runtime, again)
    with runtime.reading(TEAM) as uow:
        first = next(each for each in past_forecasts(uow) if each.subject == "sprint" and each.took)
    assert first.took == pytest.approx(20 + 30 / 24, abs=0.1)


def test_how_phases_ended_counts_by_closed_sprint(runtime, closed):
    with runtime.uow(TEAM) as uow:
        uow.session.add(
            GateAnswer(
                sprint_id=closed,
                phase="data",
                scenario="locked",
                answered_by=ANA,
                answered_at=HOUR_0,
            )
        )
    with runtime.reading(TEAM) as uow:
        assert experience_of(uow).outcomes == {("data", "locked"): 1}
        assert experience_of(uow, HOUR_0).outcomes == {}
        assert experience_of(uow, HOUR_0).forecasts == ()


SCORES = [
    ("nothing was made", [], (0, 0, 0, 0, None)),
    ("it came between both dates", [Made(10, 20, 15, 100)], (1, 0, 1, 1, None)),
    ("it is too young to say", [Made(10, 20, None, 5)], (0, 0, 0, 0, None)),
    ("it came early but its date is not over", [Made(10, 20, 4, 5)], (0, 0, 0, 0, None)),
    ("it has not come", [Made(10, 20, None, 25)], (1, 0, 1, 0, None)),
    ("a story says what it took", [Made(10, 20, 9)], (1, 1, 1, 1, None)),
    ("a sure chance that was wrong", [Made(10, 20, None, 40, 1.0)], (1, 0, 1, 0, 1.0)),
    ("a sure chance that was right", [Made(10, 20, 12, 40, 1.0)], (1, 0, 1, 1, 0.0)),
]


@pytest.mark.parametrize(("made", "told"), [row[1:] for row in SCORES], ids=[r[0] for r in SCORES])
def test_a_forecast_counts_once_its_date_is_over(made, told):
    found = score(made)
    assert (found.due_p50, found.by_p50, found.due_p80, found.by_p80, found.brier) == told


def test_a_company_that_was_wrong_before_gets_later_and_wider_forecasts():
    late = calibrate([Made(10, 15, 30)] * 20)
    wild = calibrate([Made(10, 15, took) for took in (3, 40)] * 10)
    right = calibrate([Made(10, 15, took) for took in (6, 8, 10, 12, 16)] * 4)
    assert late.shift > 0.5
    assert wild.widen > 1.5
    assert abs(right.shift) < 0.1
    assert right.widen == pytest.approx(1.0, abs=0.2)
