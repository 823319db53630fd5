"""People go first: what nobody waits for lets those by who wait for an acknowledgement.

Threads of a process share one interpreter, and all processes of a bot share SQLite's one writer.
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
GLANCE: Final = 0.002
"""Seconds until the background looks again whether people of another process still wait."""


class Queue:
    """How many people wait, and when the last one was answered; seen by all processes forked since.

    Both are floats that are written at once, so nobody who looks sees half of one.
    """

    def __init__(self) -> None:
        self._shared = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("d")
        self.clear()

    def clear(self) -> None:
        """Let nobody wait: whoever counted them is gone."""
        self.waiting = 0
        self.answered_at = -BUSY_SECONDS

    @property
    def waiting(self) -> int:
        """How many people wait."""
        return int(self._shared[0])

    @waiting.setter
    def waiting(self, people: int) -> None:
        self._shared[0] = people

    @property
    def answered_at(self) -> float:
        """When the last one was answered, by the machine's monotonic clock."""
        return self._shared[1]

    @answered_at.setter
    def answered_at(self, moment: float) -> None:
        self._shared[1] = moment


class Precedence:
    """Tells who goes first. People are answered in one process; the background may be in another.

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
        return time.monotonic() - self._queue.answered_at < BUSY_SECONDS

    def begin(self) -> None:
        """Let nobody wait yet; for the process that begins to answer people."""
        self._queue.clear()

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Answer somebody within; a few at once, the others in turn."""
        with self._nobody_waits:
            self._queue.waiting += 1
        hands = self._hands if self._hands.acquire(timeout=PATIENCE) else self._spare
        if hands is self._spare:
            hands.acquire()
        try:
            yield
        finally:
            hands.release()
            with self._nobody_waits:
                self._queue.waiting -= 1
                self._queue.answered_at = time.monotonic()
                if not self._queue.waiting:
                    self._nobody_waits.notify_all()

    def give_way(self) -> None:
        """Wait while somebody waits to be answered, half a second at most."""
        if not self._queue.waiting:
            return
        until = time.monotonic() + LONGEST_WAIT
        with self._nobody_waits:
            while self._queue.waiting and (left := until - time.monotonic()) > 0:
                self._nobody_waits.wait(min(left, GLANCE))

    @contextmanager
    def behind(self) -> Iterator[None]:
        """Work within that nobody waits for: after people, and little of it at once."""
        with self._behind:
            self.give_way()
            yield
