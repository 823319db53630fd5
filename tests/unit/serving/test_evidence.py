"""Bets against "as before": fair while nothing changes, quick when something does."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.evidence import (
    above_rate,
    changed_location,
    changed_shares,
    log_mean,
    lost_relation,
    other_rate,
    threshold,
    worse_rate,
)

COUNTS = st.integers(0, 400)
SHARES = (0.1, 0.2, 0.3, 0.4)
RUNS = 200


@given(COUNTS, COUNTS, COUNTS)
def test_more_bad_entities_are_never_less_evidence(bad, more, beside):
    rows = 1_000
    assert worse_rate(bad, rows, beside, rows) <= worse_rate(bad + more, rows, beside, rows) + 1e-9
    assert above_rate(bad, rows, 0.01) <= above_rate(bad + more, rows, 0.01) + 1e-9


@given(st.lists(st.integers(0, 300), min_size=4, max_size=4))
def test_a_bet_is_a_number_whatever_is_counted(counts):
    assert math.isfinite(changed_shares(counts, SHARES, 500))
    assert math.isfinite(other_rate(counts[0], sum(counts), 0.01))
    assert math.isfinite(changed_location(counts[0] - counts[1], sum(counts), 500))
    table = [counts[:2], counts[2:]]
    assert math.isfinite(lost_relation(table, [[0.25, 0.25], [0.1, 0.4]], 500))


@pytest.mark.parametrize("rows", [1, 2])
def test_a_bet_s_mean_is_one_while_nothing_has_changed(rows):
    """Summed over everything that can be seen, weighed by its chance: what makes it an e-value."""
    rate = 0.3
    total = sum(
        math.comb(rows, hits)
        * rate**hits
        * (1 - rate) ** (rows - hits)
        * math.exp(other_rate(hits, rows, rate))
        for hits in range(rows + 1)
    )
    assert total == pytest.approx(1)
    allowed = sum(
        math.comb(rows, bad)
        * rate**bad
        * (1 - rate) ** (rows - bad)
        * math.exp(above_rate(bad, rows, rate))
        for bad in range(rows + 1)
    )
    assert allowed == pytest.approx(1)


def _looked_at_often(draw_bad, draw_beside, alpha, rows, step):
    """Return whether any of many looks raises an alarm."""
    bad, beside = np.cumsum(draw_bad(rows)), np.cumsum(draw_beside(rows))
    return any(
        worse_rate(int(bad[at - 1]), at, int(beside[at - 1]), at) > threshold(alpha)
        for at in range(step, rows + 1, step)
    )


@pytest.mark.parametrize(
    ("rate", "runs", "at_least", "at_most"),
    [
        pytest.param(0.02, RUNS, 0.8, 1.0, marks=pytest.mark.slow),
        pytest.param(0.01, RUNS, 0.0, 0.02, marks=pytest.mark.slow),
        (0.05, 20, 1.0, 1.0),
        (0.01, 20, 0.0, 0.05),
    ],
)
def test_a_doubled_error_rate_is_found_within_5000_calls_a_side(rate, runs, at_least, at_most):
    rng = np.random.default_rng(48)
    found = [
        _looked_at_often(
            lambda rows: rng.random(rows) < rate,
            lambda rows: rng.random(rows) < 0.01,
            0.01,
            5_000,
            250,
        )
        for _ in range(runs)
    ]
    assert at_least <= np.mean(found) <= at_most


def test_shares_that_were_estimated_are_trusted_as_far_as_they_were():
    moved = [round(1_000 * one) for one in (0.14, 0.19, 0.28, 0.39)]
    assert changed_shares(moved, SHARES, 10_000) > changed_shares(moved, SHARES, 300)
    assert changed_shares([0, 0, 0, 1_000], SHARES, 300) > 50


def test_a_relation_that_is_lost_is_seen_though_both_columns_are_spread_as_before():
    before = [[0.4, 0.1], [0.1, 0.4]]
    together, apart = [[40, 10], [10, 40]], [[25, 25], [25, 25]]
    assert lost_relation(together, before, 1_000) < 0
    assert lost_relation(apart, before, 1_000) > 3


@given(st.integers(1, 50))
def test_fresh_bets_share_the_allowed_chance(looks):
    spent = sum(math.exp(-threshold(0.01, look)) for look in range(1, looks + 1))
    assert spent <= 0.01 + 1e-12


def test_a_mean_of_logarithms_survives_what_no_float_holds():
    assert log_mean([-2_000.0, -2_000.0]) == pytest.approx(-2_000)
    assert log_mean([-math.inf, -math.inf]) == -math.inf
