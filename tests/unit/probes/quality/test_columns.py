"""Stand-ins, scales and shares of single columns of numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from probes.quality.clusters import thousands_points
from probes.quality.columns import _off_scale, _repeats_a_digit
from probes.quality.optional import heads_blocks
from probes.quality.units import factors_of


@pytest.mark.parametrize(
    ("value", "is_one"),
    [(-999.9, True), (11111.0, True), (99.0, True), (100.0, False), (11.0, False), (0.0, False)],
)
def test_one_digit_again_and_again_is_a_stand_in(value, is_one):
    assert _repeats_a_digit(value) is is_one


@pytest.mark.parametrize(
    ("values", "share"),
    [
        ([1, 2, 3, 4, 5] * 20 + [9], 1 / 101),
        ([1, 2, 3, 4, 5] * 20 + [6], 0),
        ([0, 5, 10, 15] * 20 + [99], 0),
    ],
)
def test_a_value_beyond_a_scale_whose_steps_are_frequent_is_off_it(values, share):
    assert _off_scale(pd.Series(values, dtype=float)) == pytest.approx(share)


def test_thousands_read_as_decimals_are_told_from_decimals():
    counts = pd.Series(range(120, 5_000, 7), dtype=float)
    spoilt = counts.where(counts < 1000, counts / 1000).to_numpy()
    assert thousands_points(spoilt) is not None
    assert thousands_points((counts / 7).round(3).to_numpy()) is None


def test_a_factor_between_units_needs_a_name_that_has_them():
    assert "acres_hectares" in {unit for _, unit in factors_of("field_area")}
    assert "acres_hectares" not in {unit for _, unit in factors_of("latency")}


def test_the_first_rows_of_blocks_are_told_from_values_that_few_rows_have():
    dice = np.random.default_rng(48)
    merged = pd.Series([name if row == 0 else None for name in "abcd" * 30 for row in range(5)])
    seldom = pd.Series(np.where(dice.random(600) < 0.2, "coupon", None))
    assert heads_blocks(merged)
    assert not heads_blocks(seldom)
