"""Shares in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.quality.codes import percent


@given(st.floats(min_value=0, max_value=1, exclude_min=True, exclude_max=True))
def test_a_share_is_never_nothing_nor_everything(share: float) -> None:
    assert percent(share) not in {"0 %", "0.0 %", "100 %", "100.0 %"}


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0, "0.0 %"),
        (0.0712, "7.1 %"),
        (0.5, "50 %"),
        (299 / 300, "99.7 %"),
        (0.9999, "99.9 %"),
        (1, "100 %"),
    ],
)
def test_a_share_has_a_decimal_where_it_tells_something(share: float, words: str) -> None:
    assert percent(share) == words
