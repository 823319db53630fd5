"""Lines as people type them: those that no model learnt from are read as well as documented."""

import zipfile

import pytest

from bot.reading.weights import WEIGHTS, regression
from tests.training.reading.corpus import corpus
from tests.unit.reading.corpus import HERE, held_out, judge

FLOORS = {  # precision, recall, both bounds, waits-for; the measured figures are in docs/reading.md
    "lines_dawn": (0.93, 0.88, 0.82, 0.86),
    "lines_harbour": (0.97, 0.92, 0.9, 0.78),
    "lines_wind": (0.95, 0.92, 0.9, 0.8),
    "lines_mixed": (0.97, 0.94, 0.92, 0.97),
    "lines_varied": (0.97, 0.92, 0.89, 0.88),
    "lines_stranger": (0.96, 0.98, 0.93, 0.93),
}
MANY = {"lines_trades": (0.95, 0.92, 0.86, 0.89)}
LEARNT = (0.97, 0.95, 0.9, 0.9)


def _holds(score, floors):
    precision, recall, bounds, waits = floors
    assert score.precision >= precision, score
    assert score.recall >= recall, score
    assert score.bounds >= bounds, score
    assert not score.waiting or score.waits >= waits, score


@pytest.mark.parametrize("name", FLOORS)
def test_lines_that_no_model_learnt_from_are_read_as_well_as_documented(name):
    _holds(judge(held_out(name)), FLOORS[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", MANY)
def test_many_lines_of_other_trades_are_read_as_well_as_documented(name):
    _holds(judge(held_out(name)), MANY[name])


def test_who_is_told_as_waited_for_is_mostly_the_right_one():
    score = judge([line for name in FLOORS for line in held_out(name)])
    assert score.waits_precision >= 0.82, score


@pytest.mark.slow
def test_lines_that_the_models_learnt_from_are_read():
    _holds(judge([line for hand in corpus().values() for line in hand]), LEARNT)


def test_each_way_to_say_how_long_gives_the_bounds_that_it_says():
    score = judge(held_out("forms"))
    assert score.recall == 1.0, score
    assert score.bounds == 1.0, score


def test_no_held_out_line_is_learnt_from():
    learnt = {line.text for hand in corpus().values() for line in hand}
    for file in HERE.glob("lines_*.txt"):
        assert not learnt & {line.text for line in held_out(file.stem)}, file.name


def test_the_weights_hold_three_models_that_know_words():
    with zipfile.ZipFile(WEIGHTS) as archive:
        names = {name.removesuffix(".json") for name in archive.namelist()}
    assert names == {"lead_time", "party", "likelihood"}
    assert all(len(regression(name).weights) > 1000 for name in names)
