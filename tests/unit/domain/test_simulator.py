"""Forecasts hold in companies that they know nothing of, and learn; see `hour48 simulate`."""

import json

import pytest
from typer.testing import CliRunner

from bot.domain.simulator.calibration import simulate
from bot.domain.simulator.company import NEVER, in_words, make_company
from bot.domain.simulator.sprint import act
from bot.domain.story import parse_story
from bot.domain.verdict.causes import causes_of
from bot.domain.vocabulary import Decision
from bot.reading.lead_time import read_lead_time
from hour48.cli import app

SEED = 7_001
"""Companies that nothing was tuned on."""


def test_a_short_run_is_calibrated_and_names_the_planted_path():
    found = simulate(16, 8, seed=SEED)
    late = sum(tally.by_p80 for tally in found.tallies) / sum(t.made for t in found.tallies)
    assert 0.72 <= late <= 0.90
    assert found.named >= 0.9


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_two_thousand_companies_are_calibrated_after_fifteen_sprints():
    found = simulate(2_000, 16, seed=SEED)
    assert 0.76 <= found.coverage(15) <= 0.84
    assert all(found.coverage(number) >= 0.70 for number in range(16))
    assert found.named >= 0.95


def test_the_same_seed_gives_the_same_sprints_and_another_seed_others():
    one, same = (act(make_company(3, 5), 2, seed=5) for _ in range(2))
    other = act(make_company(3, 6), 2, seed=6)
    assert (one.story, one.days) == (same.story, same.days)
    assert one.story != other.story


def test_sprints_are_stories_that_the_reader_takes_and_that_hide_what_was_not_reached():
    for number in range(40):
        sprint = act(make_company(number, 1), 0, seed=1, plant=number % 2 == 0)
        record = parse_story(sprint.story).record
        assert {gate.phase for gate in record.gates} == set(sprint.scenarios)
        assert bool(causes_of(record)) == bool(sprint.seen)
        if sprint.planted is not None:
            assert sum(each.is_planted for each in sprint.seen) == 1
        longest = max((each.days for each in (*sprint.seen, *sprint.unseen)), default=0.0)
        assert longest <= sprint.days <= NEVER


def test_requests_probes_and_repetitions_of_one_thing_are_one_cause():
    sprints = [act(make_company(number, 1), 0, seed=1) for number in range(150)]
    records = [parse_story(sprint.story).record for sprint in sprints]
    told = zip(map(causes_of, records), sprints, strict=True)
    assert sum(len(causes) == len(s.seen) for causes, s in told) / len(sprints) >= 0.95
    decisions = {a.decision for record in records for a in record.approvals}
    assert decisions >= {Decision.EXPIRED, Decision.REJECTED}
    assert any(record.findings for record in records)
    assert any(len(r.blockers) > len(s.seen) for r, s in zip(records, sprints, strict=True))


@pytest.mark.parametrize("days", [0.4, 3, 9, 30, 75, 100, 800])
def test_what_a_function_says_can_be_read_again(days):
    for as_range in (False, True):
        read = read_lead_time(in_words(days, as_range=as_range)).days
        assert 0.5 * days - 1 <= read.mode <= 1.5 * days + 2


def test_the_command_prints_a_table_or_json():
    told = CliRunner().invoke(app, ["simulate", "--companies", "2", "--sprints", "2", "--json"])
    shown = json.loads(told.stdout)
    assert [row["before"] for row in shown["sprints"]] == [0, 1]
    assert 0 <= shown["critical_path_named"] <= 1
    table = CliRunner().invoke(app, ["simulate", "--companies", "2", "--sprints", "2"])
    assert "in by P80" in table.stdout
