"""What people type to try a system out, and what only looks so."""

from __future__ import annotations

import pytest

from probes.quality.trials import is_tried, is_typed


@pytest.mark.parametrize("text", ["asdf", "qwertz", "xxx", "aaa", "asdasd", "pls ignore", "Test 2"])
def test_what_is_typed_at_random_or_says_test_is_told(text: str) -> None:
    assert is_tried(text)


@pytest.mark.parametrize("text", ["protest", "contest", "red", "see", "XL", "a", "latest", "sad"])
def test_words_are_no_tests(text: str) -> None:
    assert not is_tried(text)


@pytest.mark.parametrize(
    ("value", "is_one"),
    [(12.34, True), (1.11, True), (9_999.99, True), (0.01, True), (123.0, True), (12.5, False)],
)
def test_a_row_of_keys_is_no_amount(value: float, is_one: bool) -> None:
    assert is_typed(value) is is_one
