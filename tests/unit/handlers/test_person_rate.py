"""One person may do so much a minute, and nobody else waits for it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from handlers.person_rate import BURST_SECONDS, PersonRate


class Hand:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_who_does_too_much_waits_and_nobody_else_does():
    hand = Hand()
    rate = PersonRate(60, hand)
    assert [rate.wait("T1", "U1") for _ in range(30)] == [0.0] * 30
    assert rate.wait("T1", "U1") == 1.0
    assert (rate.wait("T1", "U2"), rate.wait("T2", "U1")) == (0.0, 0.0)
    hand.now += 1
    assert rate.wait("T1", "U1") == 0.0
    assert rate.wait("T1", "U1") > 0


def test_none_is_no_limit():
    rate = PersonRate(0, Hand())
    assert {rate.wait("T1", "U1") for _ in range(10_000)} == {0.0}


@given(st.integers(1, 600), st.lists(st.floats(0, 3), max_size=300))
def test_no_more_than_the_burst_and_the_rate_are_ever_taken(a_minute, pauses):
    hand = Hand()
    rate = PersonRate(a_minute, hand)
    taken = 0
    for pause in pauses:
        hand.now += pause
        taken += rate.wait("T", "U") == 0.0
    assert taken <= max(1, a_minute / 60 * BURST_SECONDS) + hand.now * a_minute / 60 + 1e-6
