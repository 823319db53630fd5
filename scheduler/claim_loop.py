"""Threads that take work from a table: woken by a commit, else looking every few seconds."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from typing import Final

import structlog

log = structlog.get_logger()

LOOK_SECONDS: Final = 5.0
"""How often to look for work that nobody told of: that of a worker that died."""


class ClaimLoop(ABC):
    """Works off a table in the background, one piece at a time.

    Args:
        name: the threads' name.
        threads: pieces that may be under way at once.
    """

    def __init__(self, name: str, threads: int = 1) -> None:
        self._name = name
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, name=name, daemon=True) for _ in range(threads)
        ]

    def start(self) -> None:
        """Work in the background until `stop`."""
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Look for work now."""
        self._wake.set()

    def stop(self) -> None:
        """Stop what is under way; another worker takes it over."""
        self._stop.set()
        self._wake.set()
        for thread in self._threads:
            thread.join(15)

    @abstractmethod
    def work_once(self) -> bool:
        """Take one piece of work; tell whether there was any."""

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                worked = self.work_once()
            except Exception:  # a database that is away must not end the worker
                log.exception(f"{self._name}.worker_failed")
                worked = False
            if not worked:
                self._wake.wait(LOOK_SECONDS)
            self._wake.clear()
