"""A short run of the fuzz targets, by hypothesis; `make fuzz` is the long one, by atheris."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import HOSTILE, TARGETS, run

PIECES = st.sampled_from([*HOSTILE, "<", ">", "&", "@", "|", ":", "\n", "`", "*", "%", "=", "{{"])
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=30)), max_size=6).map("".join)


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=TEXTS)
def test_a_hostile_text_is_taken_or_refused_in_words(name, text):
    run(name, text)


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("text", HOSTILE)
def test_known_tricks_are_taken_or_refused_in_words(name, text):
    run(name, text)
