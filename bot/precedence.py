"""People go first: what nobody waits for lets those by who wait for an acknowledgement.

All threads of a bot share one interpreter. Without this a minute in which thousands of prompts fall
due, and the messages of it, would make everybody's press wait its turn among them.
"""

from __future__ import annotations

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


class Precedence:
    """Tells who goes first in this process.

    Args:
        database: `sqlite` or `postgresql`.
    """

    def __init__(self, database: str = "sqlite") -> None:
        self._hands = threading.Semaphore(ANSWERED_AT_ONCE[database])
        self._spare = threading.Semaphore(ANSWERED_BESIDES)
        self._behind = threading.Semaphore(BEHIND_AT_ONCE[database])
        self._nobody_waits = threading.Condition()
        self._waiting = 0
        self._answered_at = -BUSY_SECONDS

    @property
    def was_busy(self) -> bool:
        """Whether somebody was answered within the last second."""
        return time.monotonic() - self._answered_at < BUSY_SECONDS

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Answer somebody within; a few at once, the others in turn."""
        with self._nobody_waits:
            self._waiting += 1
        hands = self._hands if self._hands.acquire(timeout=PATIENCE) else self._spare
        if hands is self._spare:
            hands.acquire()
        try:
            yield
        finally:
            hands.release()
            with self._nobody_waits:
                self._waiting -= 1
                self._answered_at = time.monotonic()
                if not self._waiting:
                    self._nobody_waits.notify_all()

    def give_way(self) -> None:
        """Wait while somebody waits to be answered, half a second at most."""
        if not self._waiting:
            return
        until = time.monotonic() + LONGEST_WAIT
        with self._nobody_waits:
            while self._waiting and (left := until - time.monotonic()) > 0:
                self._nobody_waits.wait(left)

    @contextmanager
    def behind(self) -> Iterator[None]:
        """Work within that nobody waits for: after people, and little of it at once."""
        with self._behind:
            self.give_way()
            yield
