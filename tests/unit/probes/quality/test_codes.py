"""Shares in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.vocabulary import FindingLevel
from probes.quality.codes import CODES, coded_finding, percent, read


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


@pytest.mark.parametrize("code", [code for code in CODES if "{rows}" in str(read("codes")[code])])
def test_one_row_is_one_row(code: str) -> None:
    places = ["before", "until", "here", "there", "what", "parts", "but", "other", "columns"]
    words = dict.fromkeys([*places, "check_words", "key", "times"], "x")
    one, two = (
        coded_finding(
            FindingLevel.NOTE, code, column="c", rows=rows, words=words, count=2, lines=2
        ).sentence
        for rows in (1, 2_000)
    )
    assert "1 row" in one
    assert "1 rows" not in one
    assert "2,000 rows" in two
