"""Relations that nearly every row keeps are found, and none is read into chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from probes.quality import relations
from probes.quality.across import _same_stem
from probes.quality.equations import _line
from probes.quality.labels import _shortened
from probes.quality.people_values import is_address_of_a_machine, is_person
from probes.quality.view import half_a_digit

DICE = np.random.default_rng(48)
X = DICE.normal(20, 6, 400).round(1)


@pytest.mark.parametrize(
    ("made", "found"),
    [
        ((X * 1.8 + 32).round(1), (1.8, 32.0)),
        ((X * 0.19).round(2), (0.19, 0.0)),
        (X + 4, None),
        (DICE.normal(20, 6, 400).round(1), None),
        (X.round() * 2, None),
    ],
)
def test_a_line_is_one_where_rows_keep_it_to_the_last_digit(made, found):
    line = _line(X, np.where(np.arange(400) % 50 == 0, made + 7, made))
    assert line == (None if found is None else pytest.approx(found, abs=0.02))


@pytest.mark.parametrize(("values", "half"), [([1.0, 2], 0.501), ([1.5, 2], 0.0501)])
def test_half_of_the_last_digit_is_what_rounding_may_take(values, half):
    assert half_a_digit(np.array(values)) == pytest.approx(half)


@pytest.mark.parametrize(
    ("values", "pairs"),
    [
        (["TX", "OH", "ME", "Texas", "Ohio", "Maine"], 3),
        (["red", "run", "rod", "Tables", "Chairs", "Lamps"], 0),
        (["AB", "CD", "EF", "Alpha beta", "Gamma", "Delta"], 0),
    ],
)
def test_codes_shorten_names_where_each_has_one_of_its_own(values, pairs):
    assert len(_shortened(pd.Series(1, index=values))) == pairs


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [("avg_ms", "max_ms", True), ("temp_min", "temp_max", True), ("min_age", "max_price", False)],
)
def test_ends_of_a_range_are_named_alike(one, other, alike):
    assert _same_stem(one, other) is alike


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("2a02:8109::1", True), ("10.0.0.7", True), ("08:15:00", False), ("a:b:c", False)],
)
def test_internet_addresses_of_both_versions_are_known(text, is_one):
    assert is_address_of_a_machine(text) is is_one


def test_a_family_name_in_capitals_may_come_first():
    assert is_person("SCHMIDT Anna")
    assert not is_person("STEEL Washer")


def test_a_line_through_rows_that_are_one_and_the_same_is_level():
    x = np.where(np.arange(90) < 80, 0.0, np.arange(90))
    assert relations._line(x, np.zeros(90))[0] == pytest.approx(0.0)
