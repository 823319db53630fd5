"""People go first: who waits for an acknowledgement is let by."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bot.precedence import (
    ANSWERED_AT_ONCE,
    BEHIND_AT_ONCE,
    LONGEST_WAIT,
    PATIENCE,
    Precedence,
)


@contextmanager
def somebody_waits(precedence: Precedence) -> Iterator[threading.Event]:
    """Keep somebody waiting until the event is set, or the block ends."""
    answered, is_there = threading.Event(), threading.Event()

    def answer() -> None:
        with precedence.answering():
            is_there.set()
            answered.wait(5)

    thread = threading.Thread(target=answer)
    thread.start()
    assert is_there.wait(5)
    try:
        yield answered
    finally:
        answered.set()
        thread.join(5)


def test_nobody_waits_so_the_background_goes_at_once() -> None:
    precedence = Precedence()
    began = time.monotonic()
    with precedence.behind():
        pass
    assert time.monotonic() - began < LONGEST_WAIT / 2
    assert not precedence.was_busy


def test_the_background_goes_on_as_soon_as_everybody_was_answered() -> None:
    precedence = Precedence()
    order: list[str] = []
    with somebody_waits(precedence) as answered:
        behind = threading.Thread(target=lambda: (precedence.give_way(), order.append("behind")))
        behind.start()
        order.append("person")
        answered.set()
        behind.join(5)
    assert order == ["person", "behind"]
    assert precedence.was_busy


def test_the_background_does_not_stand_still_when_people_never_stop() -> None:
    precedence = Precedence()
    with somebody_waits(precedence):
        began = time.monotonic()
        with precedence.behind():
            waited = time.monotonic() - began
    assert LONGEST_WAIT * 0.9 <= waited < LONGEST_WAIT * 5


@pytest.mark.parametrize(
    ("enter", "most"),
    [
        (Precedence.answering, ANSWERED_AT_ONCE["postgresql"]),
        (Precedence.behind, BEHIND_AT_ONCE["postgresql"]),
    ],
    ids=["people", "background"],
)
def test_a_few_are_worked_on_at_once_and_all_of_them_in_turn(enter, most: int) -> None:
    precedence = Precedence("postgresql")
    lock = threading.Lock()
    inside = highest = done = 0

    def work() -> None:
        nonlocal inside, highest, done
        with enter(precedence):
            with lock:
                inside += 1
                highest = max(highest, inside)
            time.sleep(0.005)
            with lock:
                inside -= 1
                done += 1

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert (highest, done) == (most, 12)


def test_somebody_whose_answer_is_stuck_does_not_keep_the_next_one_waiting_for_long() -> None:
    precedence = Precedence()
    with somebody_waits(precedence):
        began = time.monotonic()
        with precedence.answering():
            waited = time.monotonic() - began
    assert PATIENCE * 0.9 <= waited < PATIENCE * 4
    with precedence.behind():
        pass


def test_a_handler_that_breaks_lets_the_next_one_in() -> None:
    precedence = Precedence()
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), precedence.answering():
            raise ZeroDivisionError
    with precedence.behind():
        assert precedence.was_busy


@pytest.mark.parametrize(
    ("somebody_pressed", "least", "most"), [(True, 0.01, 1.0), (False, 0.0, 0.01)]
)
def test_the_background_rests_as_long_as_it_worked_while_people_press(
    somebody_pressed, least, most
):
    precedence = Precedence("postgresql")
    if somebody_pressed:
        with precedence.answering():
            pass
    with precedence.behind():
        time.sleep(0.01)
        worked_until = time.monotonic()
    assert least <= time.monotonic() - worked_until < most
