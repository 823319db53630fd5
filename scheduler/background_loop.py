"""Threads that look for work: woken by a commit, else every few seconds."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from typing import Final

import structlog

log = structlog.get_logger()

LOOK_SECONDS: Final = 5.0
"""How often to look for work that nobody told of: that of a worker that died."""


class BackgroundLoop(ABC):
    """Looks again and again in the background.

    Args:
        name: what the threads are called.
        threads: how many look beside each other.
        stop_seconds: how long `stop` waits for each look that is under way.
    """

    def __init__(self, name: str, *, threads: int = 1, stop_seconds: float = 15.0) -> None:
        self._name = name
        self._stop_seconds = stop_seconds
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, name=name, daemon=True) for _ in range(threads)
        ]

    def start(self) -> None:
        """Look in the background until `stop`."""
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Look now."""
        self._wake.set()

    def stop(self) -> None:
        """Begin no more looks, and wait for those under way."""
        self._stop.set()
        self._wake.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(self._stop_seconds)

    @abstractmethod
    def look(self) -> float:
        """Look once; return the seconds until the next look, which `wake` cuts short."""

    def _work(self) -> None:
        while not self._stop.is_set():
            wait = LOOK_SECONDS
            try:
                wait = self.look()
            except Exception:  # a database that is away must not end the loop
                log.exception(f"{self._name}.worker_failed")
            if wait > 0.0:
                self._wake.wait(wait)
            self._wake.clear()


class ClaimLoop(BackgroundLoop):
    """Works off a table, one piece at a time; stopping leaves the rest to another worker."""

    @abstractmethod
    def work_once(self) -> bool:
        """Take one piece of work; return whether there was any."""

    def look(self) -> float:
        """Take one piece of work, and look again at once where there was any."""
        return 0.0 if self.work_once() else LOOK_SECONDS
