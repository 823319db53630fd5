"""Time is passed in: one clock, the system's or one that runs faster or jumps."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time, in UTC, and waits until a time."""

    def now(self) -> datetime:
        """Return the present moment, aware and in UTC."""

    def real_seconds_until(self, moment: datetime) -> float:
        """Return how many seconds of real waiting lie before `moment`; zero when it has passed."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the present moment, aware and in UTC."""
        return datetime.now(UTC)

    def real_seconds_until(self, moment: datetime) -> float:
        """Return how many seconds of real waiting lie before `moment`; zero when it has passed."""
        return max(0.0, (moment - self.now()).total_seconds())


class CompressedClock:
    """A clock for demo, play and tests: it runs `speed` times as fast, and can be jumped forward.

    Args:
        start: the moment it shows first, aware.
        speed: its seconds for each real second; 0 stands still until jumped.
    """

    def __init__(self, start: datetime, speed: float = 0.0) -> None:
        self._lock = threading.Lock()
        self._base = start.astimezone(UTC)
        self._speed = speed
        self._since = time.monotonic()

    def now(self) -> datetime:
        """Return the moment the clock shows, aware and in UTC."""
        with self._lock:
            return self._now()

    def _now(self) -> datetime:
        elapsed = time.monotonic() - self._since
        return self._base + timedelta(seconds=elapsed * self._speed)

    def real_seconds_until(self, moment: datetime) -> float:
        """Return how many seconds of real waiting lie before `moment`; infinite while standing."""
        with self._lock:
            remaining = (moment - self._now()).total_seconds()
            if remaining <= 0:
                return 0.0
            return remaining / self._speed if self._speed else float("inf")

    @property
    def speed(self) -> float:
        """Its seconds for each real second."""
        return self._speed

    def set_speed(self, speed: float) -> None:
        """Run `speed` times as fast from now on."""
        with self._lock:
            self._rebase(self._now())
            self._speed = speed

    def jump_to(self, moment: datetime) -> None:
        """Show `moment` now; one that has passed changes nothing, since time never goes back."""
        with self._lock:
            self._rebase(max(self._now(), moment.astimezone(UTC)))

    def advance(self, delta: timedelta) -> None:
        """Jump forward by `delta`."""
        with self._lock:
            self._rebase(self._now() + max(delta, timedelta(0)))

    def _rebase(self, moment: datetime) -> None:
        self._base = moment
        self._since = time.monotonic()
