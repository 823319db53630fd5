"""Gives interactive requests priority over background work, across processes.

Threads of a process share one interpreter, and all processes of a bot one database.
Without this a minute in which thousands of prompts fall due, and the messages of it, would make
everybody's press wait its turn among them.
"""

from __future__ import annotations

import mmap
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

ANSWERED_AT_ONCE: Final = {"sqlite": 1, "postgresql": 2}
"""People answered at once. More only take the processor from each other, and all are late; with
PostgreSQL one is worked on while another one's rows are on their way."""
PATIENCE: Final = 0.5
"""Seconds after which somebody is answered though another one's answer is stuck in a lock."""
ANSWERED_BESIDES: Final = 3
"""How many at once of those who lost patience."""
BEHIND_AT_ONCE: Final = {"sqlite": 1, "postgresql": 2}
"""The same for what nobody waits for."""
BUSY_SECONDS: Final = 1.0
LONGEST_WAIT: Final = 0.5
"""Seconds after which the background goes on though people wait; it must not stand still."""
LONGEST_REST: Final = 0.02
"""Seconds that the background rests at most after a piece of work while people press; it rests as
long as it worked, so that whoever comes meanwhile finds a processor free."""
GLANCE: Final = 0.002
"""Seconds until the background looks again whether people of another process still wait."""
MOST_PROCESSES: Final = 16
"""Processes of one bot that answer people."""


class Queue:
    """How many people wait, and when the last one was answered; seen by all processes forked since.

    Each process counts its own people. All are floats that are written at once, so nobody who
    looks sees half of one.
    """

    def __init__(self) -> None:
        self._answered_at = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("d")
        self._answered_at[0] = -BUSY_SECONDS
        self._waiting = self._answered_at[1 : 1 + MOST_PROCESSES]
        self._mine = 0

    def begin(self, mine: int) -> None:
        """Count from nothing at a place: the process that counted there is gone."""
        self._mine = mine
        self._waiting[mine] = 0

    def come(self) -> None:
        """Count somebody who waits."""
        self._waiting[self._mine] += 1

    def go(self) -> None:
        """Count somebody as answered now, by the machine's monotonic clock."""
        self._waiting[self._mine] -= 1
        self._answered_at[0] = time.monotonic()

    @property
    def is_empty(self) -> bool:
        """Whether nobody waits, in any process."""
        return not any(self._waiting)

    @property
    def seconds_since(self) -> float:
        """How long ago the last one was answered."""
        return time.monotonic() - self._answered_at[0]


class PriorityGate:
    """Tells who goes first: people, whichever process answers them, or the background.

    Args:
        database: `sqlite` or `postgresql`.
    """

    def __init__(self, database: str = "sqlite") -> None:
        self._hands = threading.Semaphore(ANSWERED_AT_ONCE[database])
        self._spare = threading.Semaphore(ANSWERED_BESIDES)
        self._behind = threading.Semaphore(BEHIND_AT_ONCE[database])
        self._nobody_waits = threading.Condition()
        self._queue = Queue()

    @property
    def was_busy(self) -> bool:
        """Whether somebody was answered within the last second."""
        return self._queue.seconds_since < BUSY_SECONDS

    def begin(self, place: int) -> None:
        """Let nobody wait yet; for a process that begins to answer people.

        Args:
            place: which of them it is, from 0.
        """
        self._queue.begin(place)

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Answer somebody within; a few at once, the others in turn."""
        with self._nobody_waits:
            self._queue.come()
        worker_count = self._hands if self._hands.acquire(timeout=PATIENCE) else self._spare
        if worker_count is self._spare:
            worker_count.acquire()
        try:
            yield
        finally:
            worker_count.release()
            with self._nobody_waits:
                self._queue.go()
                if self._queue.is_empty:
                    self._nobody_waits.notify_all()

    def give_way(self) -> None:
        """Wait while somebody waits to be answered, half a second at most."""
        if self._queue.is_empty:
            return
        until = time.monotonic() + LONGEST_WAIT
        with self._nobody_waits:
            while not self._queue.is_empty and (left := until - time.monotonic()) > 0:
                self._nobody_waits.wait(min(left, GLANCE))

    @contextmanager
    def worker(self) -> Iterator[None]:
        """Work within that nobody waits for: after people, and little of it at once."""
        with self._behind:
            self.give_way()
            began = time.monotonic()
            yield
            if self.was_busy:
                time.sleep(min(LONGEST_REST, time.monotonic() - began))
