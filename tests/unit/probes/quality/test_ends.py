"""States and the dates of their ends: what contradicts what."""

from __future__ import annotations

import numpy as np
import pytest

from probes.quality.ends import _said_by_others, _said_by_words
from probes.quality.raw import units_under_names
from probes.quality.view import LevelCodes

ALL_CLOSED = np.array([[0, 700], [0, 40]])


@pytest.mark.parametrize(
    ("name", "levels", "rows"),
    [
        ("CloseDate", ["CLOSED", "OPEN"], 40),
        ("geschlossen_am", ["erledigt", "offen"], 40),
        ("due_date", ["CLOSED", "OPEN"], 0),
        ("planned_close_date", ["CLOSED", "OPEN"], 0),
        ("CloseDate", ["north", "south"], 0),
        ("date_of_death", ["dead", "alive"], 40),
    ],
)
def test_words_say_what_has_not_ended(name, levels, rows):
    assert _said_by_words(name, LevelCodes(np.array([]), levels), ALL_CLOSED) == rows


@pytest.mark.parametrize(
    ("table", "is_end", "rows"),
    [
        ([[5, 95], [90, 10], [50, 0]], False, 15),
        ([[0, 100], [100, 0]], False, 0),
        ([[50, 50], [100, 0]], False, 0),
        ([[10, 90], [95, 5]], False, 0),
        ([[15, 85], [400, 0]], False, 15),
        ([[0, 100], [95, 5]], True, 5),
        ([[0, 100], [95, 5]], False, 0),
        ([[0, 100], [80, 20]], True, 0),
    ],
)
def test_others_say_whether_a_state_has_a_date(table, is_end, rows):
    assert _said_by_others(np.array(table), is_end=is_end) == rows


def test_units_under_the_names_are_no_row():
    rows = [f"{n},{n * 2.5},x" for n in range(9)]
    told = list(units_under_names(["kg,EUR,word", *rows], ",", ["weight", "price", "kind"]))
    assert [one.evidence["columns_named"] for one in told] == [["weight", "price"]]
    assert not list(units_under_names(rows, ",", ["weight", "price", "kind"]))
