"""`hour48 backtest`: how forecasts and quotes held, from stories and from the database."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from bot.db.models import ForecastMade
from bot.domain.backtest import backtest_quotes
from bot.domain.verdict.model import Quote
from bot.home.portfolio import portfolio
from bot.home.service import home_view
from hour48.backtests import backtest_of
from hour48.cli import app
from tests.runtimes import ANA, HOUR_0, TEAM, add_sprint
from tests.stage import words_of

STORY = """
story: Past
history:
{history}
forecasts:
  - {{p50: 20, p80: 35, took: 41}}
  - {{p50: 20, p80: 35, took: 30}}
  - {{p50: 20, p80: 35, took: null, after: 90}}
  - {{p50: 20, p80: 35, took: null, after: 5}}
"""


def _run(*arguments):
    return CliRunner().invoke(app, ["backtest", *map(str, arguments)])


def test_a_storys_past_is_scored(tmp_path):
    line = '  - {function: security, quoted: "2 weeks", took: "5 weeks"}'
    file = tmp_path / "past.yaml"
    file.write_text(STORY.format(history="\n".join([line] * 12)), encoding="utf-8")
    told = json.loads(_run(file, "--json").stdout)
    everything = told["forecasts"][0]
    assert (everything["made"], everything["due_p80"], everything["by_p80"]) == (4, 3, 1)
    quotes = {row["function"]: row for row in told["quotes"]}
    assert quotes["security"]["median_ratio"] == 2.5
    assert quotes["security"]["kept"] == 0
    assert 4 <= quotes["all"]["backtest"]["by_p80"] < 12  # wrong at first, right once it has learnt
    table = _run(file).stdout
    assert "Of 3 forecasts, 1 came in by P80" in table
    assert "security" in table


def test_each_quote_is_forecast_from_those_before_it_alone():
    late = [Quote(10.0, 40.0, None, "board")] * 30
    half, whole = (backtest_quotes(late[:count])[0].score for count in (15, 30))
    assert half.by_p80 <= whole.by_p80 - 14  # all later ones are foreseen
    assert backtest_quotes([Quote(10.0, 40.0, None, "board")])[0].score.by_p80 == 0


def test_a_file_that_is_no_story_is_refused_by_name(tmp_path):
    file = tmp_path / "past.yaml"
    file.write_text("story: x\nhistory: [{function: a, quoted: blue, took: 2 days}]\n")
    told = _run(file)
    assert told.exit_code != 0
    assert "past.yaml" in str(told.exception)


@pytest.fixture
def scored(runtime):
    """Three forecasts of two sprints whose dates are over, one of them missed."""
    with runtime.uow(TEAM) as uow:
        now = uow.now
    for channel, took in (("C7", 10), ("C8", 30), ("C9", None)):
        sprint_id = add_sprint(
            runtime,
            status="closed",
            path="fix_blockers",
            channel_id=channel,
            verdict={"critical_path": None, "path": "fix_blockers"},
            closed_at=HOUR_0,
        )
        with runtime.uow(TEAM) as uow:
            made_at = now - timedelta(days=60)
            happened = made_at + timedelta(days=took) if took else None
            row = ForecastMade(
                team_id=TEAM,
                sprint_id=sprint_id,
                subject="sprint",
                number=0,
                p50=20.0,
                p80=35.0,
                chance_30=0.7,
                made_at=made_at,
                happened_at=happened,
            )
            uow.session.add(row)
    return runtime


def test_the_portfolio_and_home_say_how_many_came_in(scored):
    with scored.reading(TEAM) as uow:
        found = portfolio(uow).forecasts
        home = words_of(home_view(uow, ANA))
    assert (found.due_p80, found.by_p80, found.by_p50) == (3, 2, 1)
    assert found.brier == pytest.approx((0.09 + 0.09 + 0.49) / 3)
    assert "Of 3 forecasts, 2 came in by the 80 % date" in home


def test_the_database_is_backtested_and_an_empty_one_says_so(scored, tmp_path):
    with scored.reading(TEAM) as uow:
        found = backtest_of(uow)
    assert [subject for subject, _ in found.forecasts] == ["", "sprint"]
    config = tmp_path / "hour48.toml"
    config.write_text(f'[database]\nurl = "sqlite:///{tmp_path}/empty.db"\n')
    assert "Nothing to check yet" in _run("--config", config).stdout
