"""What happens in one stretch of time alone is told from seasons, growth and chance."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from probes.quality.recodings import _of_one_other
from probes.quality.relations import _one_factor
from probes.quality.stretches import lone_stretch
from probes.quality.successions import creeps

DICE = np.random.default_rng(48)
ROWS = 2_400
OFTEN = DICE.random(ROWS) < 0.3
AT = np.arange(ROWS)
SLICES = SimpleNamespace(count=24, of_row=AT // 100)


@pytest.mark.parametrize(
    ("occurs", "found"),
    [
        (OFTEN & ~((AT >= 900) & (AT < 1_300)), True),
        (OFTEN & (AT >= 500), True),
        (OFTEN, False),
        (OFTEN & (AT % 800 >= 300), False),  # a season
        (OFTEN & (DICE.random(ROWS) < AT / ROWS - 0.3), False),  # grows from nothing
        ((AT % 200 == 0) & (AT >= 500), False),  # too few to be sure
    ],
)
def test_a_stretch_has_edges_and_is_the_only_one(occurs, found):
    assert (lone_stretch(occurs) is not None) is found


def test_a_series_creeps_that_moves_in_one_direction():
    noise = DICE.normal(0, 0.2, 24)
    assert creeps(np.linspace(0, 3, 24) + noise, 2.0)
    assert not creeps(noise, 0.1)


@pytest.mark.parametrize(
    ("factors", "found"),
    [(1.19, True), (1.01, False), (np.where(AT % 2, 1.05, 1.3), False)],
)
def test_one_factor_for_all_is_no_rise_of_prices(factors, found):
    logs = np.where(AT >= 1_250, np.log(factors), 0.0)
    assert (_one_factor(logs, SLICES) is not None) is found


@pytest.mark.parametrize(("after", "found"), [([30, 30, 20, 20], True), ([45, 25, 15, 15], False)])
def test_a_value_that_begins_has_its_rows_from_one_other(after, found):
    table = np.column_stack([*[[60, 0, 20, 20]] * 12, *[after] * 12]).astype(float)
    assert _of_one_other(table, np.array([False, True, False, False]), 12) is found
