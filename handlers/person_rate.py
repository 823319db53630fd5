"""Rate limit per person: a token bucket each, counted here and shared with the other processes."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from typing import Final

import structlog

log = structlog.get_logger()

MOST_PEOPLE: Final = 50_000
"""Buckets that are kept; the one used longest ago goes, and is as full as a new one by then."""
BURST_SECONDS: Final = 30.0
"""So much of a minute's allowance can be used at once."""
SHARE_SECONDS: Final = 2.0
"""How often a process tells the others what it counted, while it counts anything."""
Person = tuple[str, str]
Take = Callable[[Mapping[Person, int], float, float], Mapping[Person, float]]
"""Takes counts from shared buckets and returns what is left; see `SharedAllowances.take`."""


class PersonRate:
    """Says whether somebody may do something more just now.

    No request waits for the database: what is taken is counted in memory and shared every two
    seconds. For so long, each process may let a burst of its own pass.

    Args:
        a_minute: how often in the long run; 0 for as often as they like.
        clock: seconds that only grow.
        take: takes from the buckets that all processes share; None where this is the only one.
    """

    def __init__(
        self,
        a_minute: int,
        clock: Callable[[], float] = time.monotonic,
        take: Take | None = None,
    ) -> None:
        self._a_second = a_minute / 60
        self._burst = max(1.0, self._a_second * BURST_SECONDS)
        self._clock = clock
        self._take = take
        self._lock = threading.Lock()
        self._buckets: OrderedDict[Person, tuple[float, float]] = OrderedDict()
        self._counted: Counter[Person] = Counter()
        self._wake = threading.Event()
        self._sharing: threading.Thread | None = None

    def wait(self, team_id: str, user_id: str) -> float:
        """Count one more; return 0, or the seconds until it would be taken where it is not."""
        if not self._a_second:
            return 0.0
        key, now = _key(team_id, user_id), self._clock()
        with self._lock:
            left, at = self._buckets.pop(key, (self._burst, now))
            left = min(self._burst, left + (now - at) * self._a_second)
            taken = left >= 1
            self._buckets[key] = (left - 1 if taken else left, now)
            if len(self._buckets) > MOST_PEOPLE:
                self._buckets.popitem(last=False)
            if taken and self._take is not None:
                self._counted[key] += 1
        if taken:
            self._share_soon()
        return 0.0 if taken else (1 - left) / self._a_second

    def share(self) -> None:
        """Take what was counted here from the shared buckets, and keep what is left there."""
        with self._lock:
            counted, self._counted = self._counted, Counter()
        if not counted or self._take is None:
            return
        try:
            shared = self._take(counted, self._a_second, self._burst)
        except Exception:  # a database that is away makes nobody wait; it is counted the next time
            log.exception("person_rate.not_shared")
            with self._lock:
                self._counted += counted
            return
        now = self._clock()
        with self._lock:
            for key, left in shared.items():
                since = self._counted[key]
                self._buckets[key] = (left - since, now)

    def _share_soon(self) -> None:
        """Let the background share; its thread begins with the first person, after any fork."""
        if self._take is None:
            return
        if self._sharing is None:
            with self._lock:
                if self._sharing is None:
                    self._sharing = threading.Thread(
                        target=self._keep_sharing, name="person-rate", daemon=True
                    )
                    self._sharing.start()
        self._wake.set()

    def _keep_sharing(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            time.sleep(SHARE_SECONDS)
            self.share()


def _key(team_id: str, user_id: str) -> Person:
    return team_id, hashlib.sha256(f"{team_id}\x1f{user_id}".encode()).hexdigest()
