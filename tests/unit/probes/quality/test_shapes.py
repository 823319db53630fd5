"""Two kinds of rows in one column, shares that move at a moment, and relations that part."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.quality.across import _apart, _limited, _mirrored
from probes.quality.clusters import heaps
from probes.quality.ledgers import _parts_of, _running
from probes.quality.relations import _line, _turn
from probes.quality.shapes import moved

SLICES = 24


def _counts(rng: np.random.Generator, early: list[float], late: list[float], cut: int):
    shares = [early if at < cut else late for at in range(SLICES)]
    return np.array([rng.multinomial(120, share) for share in shares], dtype=float).T


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(8, 16))
def test_shares_that_move_are_found_where_they_moved(seed: int, cut: int) -> None:
    rng = np.random.default_rng(seed)
    turn = moved(_counts(rng, [0.05, 0.5, 0.45], [0.35, 0.35, 0.3], cut))
    assert turn is not None
    assert abs(turn[0] - cut) <= 1
    assert turn[2] == 0


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000))
def test_shares_that_stay_or_drift_do_not_jump(seed: int) -> None:
    rng = np.random.default_rng(seed)
    assert moved(_counts(rng, [0.2, 0.5, 0.3], [0.2, 0.5, 0.3], 12)) is None
    slow = [[0.2 + 0.02 * at, 0.5 - 0.02 * at, 0.3] for at in range(SLICES)]
    assert moved(np.array([rng.multinomial(2_000, one) for one in slow], dtype=float).T) is None


@pytest.mark.parametrize(
    ("few", "factor"),
    [
        (np.arange(1, 60), 2_000 / 30),  # years without their century
        (np.arange(1_900, 1_960), None),  # only earlier
        (np.array([5, 5, 5, 5, 5, 5, 5]), None),  # one number alone
    ],
)
def test_two_heaps_far_apart_are_two_scales(few: np.ndarray, factor: float | None) -> None:
    many = np.random.default_rng(48).integers(1_975, 2_025, 500)
    split = heaps(np.concatenate([few, many]).astype(float))
    assert (split is None) if factor is None else split.factor == pytest.approx(factor, rel=0.05)


def test_gaps_below_zero_lie_apart_where_hardly_a_sound_row_is_as_near() -> None:
    rng = np.random.default_rng(48)
    assert _apart(np.concatenate([rng.uniform(20, 40, 400), [-3, -5, -6.0]]))
    smooth = rng.normal(20, 10, 2_000)
    assert not _apart(smooth)
    assert not _limited(smooth)
    assert _limited(np.concatenate([rng.uniform(0, 70, 400), [-3, -5, -6.0]]))


def test_a_balance_goes_on_by_what_comes_in_less_what_goes_out() -> None:
    rng = np.random.default_rng(48)
    came, went = rng.integers(0, 60, 500).astype(float), rng.integers(0, 60, 500).astype(float)
    held = {"held": 900 + np.cumsum(came - went), "came": came, "went": went}
    kept = {name: np.delete(values, [90, 200, 310]) for name, values in held.items()}
    assert ("came", "went") in _parts_of("held", list(held))
    found = _running(kept, "held", ("came", "went"), np.ones(496, dtype=bool))
    assert found is not None
    assert found[0].evidence["rows"] == 3
    assert _running(held, "held", ("came", "went"), np.ones(499, dtype=bool)) == []


@pytest.mark.parametrize(("factor", "cut"), [(1.07, 15), (1.19, None)])
def test_a_ratio_that_changes_parts_two_columns(factor: float, cut: int | None) -> None:
    rng = np.random.default_rng(48)
    of_row = np.repeat(np.arange(SLICES), 50)
    x = rng.normal(4, 0.9, len(of_row))
    y = x + np.log(np.where(of_row < 15, 1.19, factor)) + rng.normal(0, 0.002, len(x))
    slope, constant = _line(x[:400], y[:400])
    found = _turn(y - slope * x - constant, of_row, SLICES, 0.009)
    assert (found is None) if cut is None else abs((found or 0) - cut) <= 1


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000))
def test_two_numbers_exchanged_in_a_few_rows_are_told_from_those_that_cross(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ratio = rng.normal(1.3, 0.2, 2_000)
    exchanged = np.where(rng.random(2_000) < 0.015, -ratio, ratio)
    assert _mirrored(exchanged) == (int((exchanged < 0).sum()) >= 5)
    assert not _mirrored(rng.normal(0.26, 0.14, 2_000))
    assert not _mirrored(np.abs(ratio))
