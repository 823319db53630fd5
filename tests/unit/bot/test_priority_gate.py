"""Requests from people have priority over background work."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bot.priority_gate import ANSWERED_AT_ONCE, BEHIND_AT_ONCE, LONGEST_WAIT, PATIENCE, PriorityGate


@contextmanager
def somebody_waits(priority_gate: PriorityGate) -> Iterator[threading.Event]:
    """Keep somebody waiting until the event is set, or the block ends."""
    answered, is_there = threading.Event(), threading.Event()

    def answer() -> None:
        with priority_gate.answering():
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
    priority_gate = PriorityGate()
    began = time.monotonic()
    with priority_gate.worker():
        pass
    assert time.monotonic() - began < LONGEST_WAIT / 2
    assert not priority_gate.was_busy


def test_the_background_goes_on_as_soon_as_everybody_was_answered() -> None:
    priority_gate = PriorityGate()
    order: list[str] = []
    with somebody_waits(priority_gate) as answered:
        worker = threading.Thread(target=lambda: (priority_gate.give_way(), order.append("behind")))
        worker.start()
        order.append("person")
        answered.set()
        worker.join(5)
    assert order == ["person", "behind"]
    assert priority_gate.was_busy


def test_background_work_goes_on_when_people_never_stop() -> None:
    priority_gate = PriorityGate()
    with somebody_waits(priority_gate):
        began = time.monotonic()
        with priority_gate.worker():
            waited = time.monotonic() - began
    assert LONGEST_WAIT * 0.9 <= waited < LONGEST_WAIT * 5


@pytest.mark.parametrize(
    ("enter", "most"),
    [
        (PriorityGate.answering, ANSWERED_AT_ONCE["postgresql"]),
        (PriorityGate.worker, BEHIND_AT_ONCE["postgresql"]),
    ],
    ids=["people", "background"],
)
def test_a_few_are_worked_on_at_once_and_all_of_them_in_turn(enter, most: int) -> None:
    priority_gate = PriorityGate("postgresql")
    lock = threading.Lock()
    inside = highest = done = 0

    def work() -> None:
        nonlocal inside, highest, done
        with enter(priority_gate):
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
    priority_gate = PriorityGate()
    with somebody_waits(priority_gate):
        began = time.monotonic()
        with priority_gate.answering():
            waited = time.monotonic() - began
    assert PATIENCE * 0.9 <= waited < PATIENCE * 4
    with priority_gate.worker():
        pass


def test_a_handler_that_breaks_lets_the_next_one_in() -> None:
    priority_gate = PriorityGate()
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), priority_gate.answering():
            raise ZeroDivisionError
    with priority_gate.worker():
        assert priority_gate.was_busy


@pytest.mark.parametrize(
    ("somebody_pressed", "least", "most"), [(True, 0.01, 1.0), (False, 0.0, 0.01)]
)
def test_the_background_rests_as_long_as_it_worked_while_people_press(
    somebody_pressed, least, most
):
    priority_gate = PriorityGate("postgresql")
    if somebody_pressed:
        with priority_gate.answering():
            pass
    with priority_gate.worker():
        time.sleep(0.01)
        worked_until = time.monotonic()
    assert least <= time.monotonic() - worked_until < most
