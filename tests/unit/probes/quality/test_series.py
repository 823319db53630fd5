"""Runs, jumps of a rate, daily waves and schemas: the rules behind findings over time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.quality.drift import _step
from probes.quality.maturity import SURE, rate_jump
from probes.quality.rhythms import _moved, _moved_for_a_while
from probes.quality.scales import cents, clusters
from probes.quality.schema import differences
from probes.quality.series import longest_odd_run


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(30, 200), st.integers(20, 60))
def test_a_stuck_sensor_is_found_where_it_stuck(seed: int, start: int, length: int) -> None:
    values = np.random.default_rng(seed).normal(20, 2, 400)
    values[start : start + length] = values[start]
    assert longest_odd_run(values) == (start, length)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000))
def test_a_sensor_that_varies_is_not_stuck(seed: int) -> None:
    rng = np.random.default_rng(seed)
    assert longest_odd_run(rng.normal(20, 2, 400)) is None
    rain = np.where(rng.random(400) < 0.7, 0.0, rng.gamma(2, 3, 400))
    assert longest_odd_run(rain) is None


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000))
def test_a_steady_rate_is_no_jump(seed: int) -> None:
    labels = (np.random.default_rng(seed).random(2_000) < 0.3).astype(float)
    assert rate_jump(labels)[1] < SURE


def test_a_rate_that_halves_is_found_near_where_it_does() -> None:
    rng = np.random.default_rng(48)
    labels = np.concatenate([rng.random(1_200) < 0.4, rng.random(800) < 0.2]).astype(float)
    cut, score = rate_jump(labels)
    assert abs(cut - 1_200) < 120
    assert score > SURE


@pytest.mark.parametrize("hours", [-5, -2, 2, 3, 8])
def test_a_clock_that_moves_is_told_by_how_much(hours: int) -> None:
    rng = np.random.default_rng(abs(hours))
    true = np.arange(2_000) % 24
    wave = 10 + 4 * np.sin(true / 24 * 2 * np.pi) + rng.normal(0, 0.3, 2_000)
    shown = np.where(np.arange(2_000) < 1_200, true, (true + hours) % 24)
    found = _moved(wave, shown, counted=False)
    assert found is not None
    assert found[1:] == (2_000, hours)
    assert abs(found[0] - 1_200) <= 150


@pytest.mark.parametrize(("hours", "counted"), [(8, True), (-5, True), (6, False), (0, True)])
def test_a_clock_that_moves_for_a_while_is_told_with_its_end(hours: int, counted: bool) -> None:
    rng = np.random.default_rng(48)
    size = 9_000
    true = (
        np.clip(rng.normal(13, 2.5, size), 7, 20).astype(int) if counted else np.arange(size) % 24
    )
    wave = 10 + 4 * np.sin(true / 24 * 2 * np.pi) + rng.normal(0, 0.3, size)
    at = np.arange(size)
    shown = np.where((at >= 4_000) & (at < 6_000), (true + hours) % 24, true)
    values = np.ones(size) if counted else wave
    found = _moved_for_a_while(values, shown, counted=counted)
    if not hours:
        assert found is None
    else:
        assert found is not None
        assert found[2] == hours
        assert found[:2] == pytest.approx((4_000, 6_000), abs=300)


def test_a_clock_that_stays_is_not_told() -> None:
    rng = np.random.default_rng(1)
    hours = np.arange(2_000) % 24
    assert (
        _moved(10 + 4 * np.sin(hours / 3.8) + rng.normal(0, 0.5, 2_000), hours, counted=False)
        is None
    )


# The rule misses a few mixes in a thousand, so the draws are the same in each run. Hypothesis also
# draws constants that stand in whatever modules are loaded, so its draws are not.
@pytest.mark.parametrize(
    ("seed", "share"),
    [(seed, share) for seed, share in zip(range(30), np.linspace(0.08, 0.4, 30), strict=True)],
)
def test_cents_among_euros_are_found(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    euros = np.round(30 * np.exp(rng.normal(0, 0.5, 1_500)), 2)
    mixed = np.where(rng.random(1_500) < share, np.round(euros * 100), euros)
    split = cents(mixed) or clusters(mixed, "price")
    assert split is not None
    assert 80 < split.factor < 125
    assert cents(euros) is None
    assert clusters(euros, "price") is None


USUAL = {"day": "DATE", "units": "BIGINT", "price": "DOUBLE"}


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (dict(USUAL), []),
        ({"day": "DATE", "qty": "BIGINT", "price": "DOUBLE"}, ["units is called qty"]),
        ({"day": "DATE", "price": "DOUBLE"}, ["units is missing"]),
        (USUAL | {"shop": "VARCHAR"}, ["shop is new"]),
        (USUAL | {"units": "VARCHAR"}, ["units is text (varchar) instead of number (bigint)"]),
        (USUAL | {"units": "INTEGER"}, []),
        (
            {"price": "DOUBLE", "day": "DATE", "units": "BIGINT"},
            ["its 3 columns are in another order"],
        ),
    ],
)
def test_files_are_told_apart_by_columns_and_types(schema: dict[str, str], said: list[str]) -> None:
    assert differences(USUAL, schema) == said


PRICE = [4.4, 21, 66, 34, 12, 18, 45, 41, 41, 36, 73, 74, 82, 130, 194, 216, 270, 339, 385, 664,
         853, 1451, 1789, 1891]  # fmt: skip  # a table, one row a line
"""Medians of a share's price over two decades."""


def test_a_price_that_grows_jumps_at_no_moment() -> None:
    assert _step(np.array(PRICE), 5.0, 250.0) is None
    jumps = np.array([*([40.0, 42.0, 41.0] * 4), *([90.0, 92.0, 91.0] * 4)])
    assert _step(jumps, 5.0, 250.0) in {11, 12}
