"""A stretch that stands twice is told from what comes again all along, and from chance."""

from __future__ import annotations

import numpy as np
import pytest

from probes.quality.blocks import RepeatedStretch, repeated_stretches

DICE = np.random.default_rng(48)
ROWS = 1_200
READINGS = DICE.normal(20, 5, ROWS).round(2)
WALK = (DICE.integers(-1, 2, ROWS).cumsum() / 2 + 30).round(1)
OFTEN = np.ones(ROWS, dtype=bool)


def copied(values, first, last, distance):
    spoilt = values.copy()
    spoilt[first:last] = values[first - distance : last - distance]
    return spoilt


def test_a_week_that_holds_the_week_before_is_found_where_it_stands():
    spoilt = copied(READINGS, 600, 624, 24)
    assert repeated_stretches(spoilt, OFTEN) == [RepeatedStretch(600, 624, 24)]


def test_a_load_that_ran_again_is_found_at_the_end():
    again = np.concatenate((READINGS, READINGS[300:360]))
    assert repeated_stretches(again, np.ones(len(again), dtype=bool)) == [
        RepeatedStretch(ROWS, ROWS + 60, ROWS - 300)
    ]


def test_one_odd_row_within_ends_no_stretch():
    spoilt = copied(READINGS, 600, 640, 100)
    spoilt[615] = -1
    assert repeated_stretches(spoilt, OFTEN) == [RepeatedStretch(600, 640, 100)]


@pytest.mark.parametrize(
    "values",
    [
        READINGS,
        np.tile(READINGS[:24], 50),  # a calendar
        np.concatenate((READINGS[:600], READINGS[:600])),  # a design of two halves
        WALK,
        np.repeat(READINGS[:100], 12),  # stuck
    ],
)
def test_calendars_designs_and_coarse_walks_are_left_alone(values):
    assert not repeated_stretches(values, OFTEN)
