"""Years in the wrong order and codes that turn in one are told from how years usually lie."""

from __future__ import annotations

import numpy as np
import pytest

from probes.quality.turned import turned_periods
from probes.quality.years import _beyond_an_edge

DICE = np.random.default_rng(48)
AGE = DICE.integers(0, 20, 2_000).astype(float)


def spoilt(gap, share, by):
    wrong = DICE.random(len(gap)) < share
    return np.where(wrong, -by, gap)


@pytest.mark.parametrize(
    ("gap", "found"),
    [
        (spoilt(AGE, 0.015, 5), True),
        (spoilt(AGE - 1, 0.015, 5), True),  # next year's model is sold this year
        (AGE, True),
        (spoilt(AGE % 3 + 2, 0.015, 1), True),  # a warranty that ends before it begins
        (DICE.normal(8, 4, 2_000).round(), False),  # thins out bit by bit
        (DICE.integers(-20, 20, 2_000).astype(float), False),
    ],
)
def test_years_in_the_wrong_order_lie_beyond_an_edge(gap, found):
    assert (_beyond_an_edge(gap) is not None) is found


def shares(*rows):
    return np.array(rows) * 500


USUAL = [[0.7, 0.3, 0.0], [0.72, 0.28, 0.0], [0.69, 0.31, 0.0], [0.71, 0.29, 0.0]]


@pytest.mark.parametrize(
    ("period", "turned"),
    [
        ([0.3, 0.7, 0.0], [4]),
        ([0.0, 0.7, 0.3], [4]),
        ([0.5, 0.5, 0.0], []),  # the world moved
        ([0.7, 0.3, 0.0], []),
    ],
)
def test_a_code_turns_where_another_order_of_its_values_is_the_usual_one(period, turned):
    assert turned_periods(shares(*USUAL, period)) == turned


def test_a_flag_of_its_period_is_no_turned_code():
    assert not turned_periods(shares(*[[1.0, 0.0]] * 4, [0.0, 1.0]))
