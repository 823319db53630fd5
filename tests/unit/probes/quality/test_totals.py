"""Rows that hold the sum of others, told by their numbers alone."""

from __future__ import annotations

import pytest

from probes.quality.totals import _rows_of_sums


@pytest.mark.parametrize(
    ("values", "rows"),
    [
        ([1.5, 2.25, 4.75, 8.5, 7.1, 3.2, 1.4, 11.7], {3, 7}),
        ([1.5, 2.25, 4.75, 8.5, 7.1, 3.2, 1.4, 20.2], {3, 7}),
        ([1.5, 2.25, 4.75, 8.6, 7.1, 3.2], set()),
    ],
)
def test_subtotals_and_sums_carried_forward_are_known(values, rows):
    assert _rows_of_sums(values) == rows
