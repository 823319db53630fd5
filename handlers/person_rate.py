"""Rate limit per person: a token bucket each, in the memory of the process that answers."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Final

MOST_PEOPLE: Final = 50_000
"""Buckets that are kept; the one used longest ago goes, and is as full as a new one by then."""
BURST_SECONDS: Final = 30.0
"""So much of a minute's allowance can be used at once."""


class PersonRate:
    """Says whether somebody may do something more just now.

    Args:
        a_minute: how often in the long run; 0 for as often as they like.
        clock: seconds that only grow.
    """

    def __init__(self, a_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._a_second = a_minute / 60
        self._burst = max(1.0, self._a_second * BURST_SECONDS)
        self._clock = clock
        self._lock = Lock()
        self._buckets: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def wait(self, team_id: str, user_id: str) -> float:
        """Count one more; return 0, or the seconds until it would be taken where it is not."""
        if not self._a_second:
            return 0.0
        key, now = (team_id, user_id), self._clock()
        with self._lock:
            left, at = self._buckets.pop(key, (self._burst, now))
            left = min(self._burst, left + (now - at) * self._a_second)
            taken = left >= 1
            self._buckets[key] = (left - 1 if taken else left, now)
            if len(self._buckets) > MOST_PEOPLE:
                self._buckets.popitem(last=False)
        return 0.0 if taken else (1 - left) / self._a_second
