"""Letters of another alphabet that look like Latin ones."""

from __future__ import annotations

import pandas as pd
import pytest

from probes.quality.letters import _imitations


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (["S", "M", "L", "\u041c"], ["\u041c"]),
        (["ACME", "\u0410\u0421\u041c\u0415", "BETA"], ["\u0410\u0421\u041c\u0415"]),
        (["Athens", "\u0391\u03b8\u03ae\u03bd\u03b1"], []),
        (["\u041c\u043e\u0441\u043a\u0432\u0430", "Moskva"], []),
        (["M\u00fcnchen", "Munchen"], []),
        (["\u041c", "\u0416"], []),
    ],
)
def test_a_value_in_lookalike_letters_of_another_is_found(texts: list[str], found: list[str]):
    assert _imitations(pd.Index(texts)) == found
