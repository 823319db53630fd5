"""Rules that the rows themselves show are told from chance: products, ledgers, states and bands."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from probes.quality.dependencies import _broken_state, _out_of_band, decided
from probes.quality.equations import _least_absolute
from probes.quality.ledgers import _running
from probes.quality.products import Term, _holds, _of_few_rates, _term
from probes.quality.view import coded, parse_moments

DICE = np.random.default_rng(48)
ROWS = 600
A = DICE.lognormal(3, 0.6, ROWS).round(2)
B = DICE.integers(2, 40, ROWS).astype(float)
OFF = np.arange(ROWS) % 60 == 0


def term(values: np.ndarray, half: float = 0.00501) -> Term:
    return _term("x", "x", values, half)


@pytest.mark.parametrize(
    ("made", "factor"),
    [
        ((A * B).round(2), 1.0),
        ((A * B / 60).round(2), 1 / 60),
        (DICE.lognormal(5, 0.6, ROWS).round(2), None),
    ],
)
def test_a_product_is_known_up_to_the_factor_of_its_units(made, factor):
    seen = _holds(term(np.where(OFF, made * 1.3, made)), (term(A), term(B, 0.501)))
    if factor is None:
        assert seen is None
    else:
        assert seen is not None
        share, times, apart = seen
        assert (share, times) == (pytest.approx(OFF.mean()), pytest.approx(factor, rel=0.01))
        assert apart < 0.05


@pytest.mark.parametrize(
    ("rates", "found"), [([0.07, 0.19], 2), (DICE.uniform(0.05, 0.3, ROWS), 0), ([0.19], 0)]
)
def test_rates_are_few_or_none(rates, found):
    net = A * 100
    tax = (net * (DICE.choice(rates, ROWS) if len(rates) < 9 else np.array(rates))).round(2)
    tax = np.where(OFF, tax * 1.5, tax)
    seen = _of_few_rates(np.log(tax) - np.log(net), 0.00501 / tax)
    assert (seen is not None and seen[1].count("/") + 1 == found) or (seen is None and not found)


def test_weights_come_out_as_they_are_though_some_rows_break_the_sum():
    points = 3 * A + B - 2
    weights, constant = _least_absolute(np.column_stack([A, B]), np.where(OFF, points + 50, points))
    assert weights == pytest.approx([3, 1], abs=0.001)
    assert constant == pytest.approx(-2, abs=0.05)


@pytest.mark.parametrize(
    ("balance", "broken"),
    [(np.cumsum(A), int(OFF.sum()) * 2 - 1), (A + 5, None), (np.repeat(7.0, ROWS), None)],
)
def test_a_balance_is_the_row_before_and_the_movement(balance, broken):
    balance = np.where(OFF, balance + 777, balance) if broken else balance
    seen = _running({"a": balance, "b": A}, "a", "b", np.ones(ROWS - 1, dtype=bool))
    assert broken is None or (seen is not None and seen[0].evidence["rows"] == broken)
    assert broken is not None or seen is None


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        ([[300, 2], [1, 297]], 3),
        ([[446, 4], [360, 90]], 4),
        ([[200, 100], [150, 150]], None),
        ([[300, 0], [0, 300]], None),
    ],
)
def test_a_state_that_others_keep_is_broken_in_a_few_rows(table, rows):
    seen = _broken_state(np.array(table))
    assert (seen and seen[0]) == rows


def test_classes_with_limits_are_told_from_those_that_overlap():
    number = np.argsort(np.argsort(DICE.normal(50, 9, ROWS))) / ROWS
    classes = np.digitize(number, [0.2, 0.6, 0.8])
    every = np.ones(ROWS, dtype=bool)
    assert _out_of_band(number, np.where(OFF, 0, classes), every, 4) >= 0.7 * OFF.sum()
    assert _out_of_band(number, classes, every, 4) == 0
    assert _out_of_band(number + DICE.normal(0, 0.1, ROWS), classes, every, 4) == 0


def test_what_one_column_decides_counts_values_that_come_again():
    codes = coded(DICE.integers(0, 90, ROWS))
    towns = coded(np.where(OFF, -1, codes.of_row // 3))
    assert 0 < decided(codes, towns).broken < 0.03
    assert decided(coded(np.arange(ROWS)), towns).count == 0


@pytest.mark.parametrize(
    ("written", "first"),
    [
        (["03.2023", "12.2023"], "2023-03-01"),
        (["2023-Q2", "2023Q4"], "2023-04-01"),
        (["KW 3/2023", "KW12 2023"], "2023-01-16"),
        (["2023-05", "2023/6"], "2023-05-01"),
        (["3-Jan-2023", "14 Mar 2023"], "2023-01-03"),
    ],
)
def test_months_quarters_and_weeks_are_moments(written, first):
    assert str(parse_moments(pd.Series(written * 20)).iloc[0])[:10] == first


@pytest.mark.parametrize(
    ("wrong", "clumped", "broken"),
    [(0.04, False, True), (0.08, False, True), (0.04, True, False), (0.2, False, False)],
)
def test_a_name_that_contradicts_its_code_is_told_from_a_value_that_is_mixed(
    wrong: float, clumped: bool, broken: bool
) -> None:
    """Slips fall on every value; a value that is truly mixed has nearly all of them."""
    dice = np.random.default_rng(1)
    code = dice.integers(0, 12, 6_000)
    off = dice.random(6_000) < wrong
    off = (code == 3) & (dice.random(6_000) < 12 * wrong) if clumped else off
    seen = decided(
        coded(code), coded(np.where(off, (code + dice.integers(1, 12, 6_000)) % 12, code))
    )
    assert (seen.broken <= seen.most_broken) is broken
