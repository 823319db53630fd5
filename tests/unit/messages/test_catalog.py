"""Lengths of time as people say them."""

import pytest

from bot.messages.catalog import age


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (0, "0 h"),
        (0.4, "24 min"),
        (3.52, "3.5 h"),
        (32.4, "32 h"),
        (53.1, "2 days"),
        (29 * 24, "29 days"),
    ],
)
def test_an_age_is_as_coarse_as_its_length(hours, words):
    assert age(hours) == words
