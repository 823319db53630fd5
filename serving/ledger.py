"""The record of what was served: buffered, written in batches, and honest about what it drops."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import Any, Final

import structlog

from serving.desired import LATENCY_MS, MinuteCounts, OutcomeRow, PredictionRow, ServingStore

log = structlog.get_logger()

MOST_ROWS: Final = 20_000
"""Rows that wait for a database that is away: 100 seconds at 200 calls a second, about 12 MB."""
EVERY_SECONDS: Final = 0.5
AT_ONCE: Final = 2_000
NO_ARM: Final = "none"
"""The arm of a call that was refused before it got one."""
_OVER: Final = len(LATENCY_MS)


class Ledger:
    """Buffers rows and counts, and writes them in the background.

    A row that finds the buffer full is dropped and counted; calls never wait for the database.

    Args:
        store: where it writes.
        worker: this process's key.
        most: rows that may wait.
    """

    def __init__(self, store: ServingStore, worker: str, most: int = MOST_ROWS) -> None:
        self._store = store
        self._worker = worker
        self._most = most
        self._predictions: deque[PredictionRow] = deque()
        self._outcomes: deque[OutcomeRow] = deque()
        self._minutes: dict[tuple[int, str, int], MinuteCounts] = {}
        self._changed: set[tuple[int, str, int]] = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)
        self.dropped = 0
        self.written = 0

    def start(self) -> None:
        """Write in the background until `stop`."""
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, as far as the database takes it, and end."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(5)
        self.flush()

    def predicted(self, row: PredictionRow, *, overloaded: bool = False) -> None:
        """Record one answered row, and count it in its minute."""
        minute = self._minute(int(row.at // 60), row.arm, row.generation)
        with self._lock:
            minute.calls += 1
            minute.errors_ours += row.error is not None
            minute.overloaded += overloaded
            minute.latency[bucket(row.latency_ms)] += 1
            if len(self._predictions) >= self._most:
                self.dropped += 1
                minute.dropped += 1
                return
            self._predictions.append(row)

    def refused(self, generation: int) -> None:
        """Count a call that was the caller's mistake; no guard looks at these."""
        minute = self._minute(int(time.time() // 60), NO_ARM, generation)
        with self._lock:
            minute.errors_theirs += 1

    def reported(self, rows: Sequence[OutcomeRow]) -> int:
        """Record outcomes; return how many were taken."""
        room = max(0, self._most - len(self._outcomes))
        self._outcomes.extend(rows[:room])
        self.dropped += len(rows) - len(rows[:room])
        return len(rows[:room])

    def _minute(self, minute: int, arm: str, generation: int) -> MinuteCounts:
        key = (minute, arm, generation)
        counts = self._minutes.get(key)
        if counts is None:
            counts = self._minutes[key] = MinuteCounts(minute, arm, generation)
        self._changed.add(key)
        return counts

    @property
    def waiting(self) -> int:
        """How many rows wait to be written."""
        return len(self._predictions) + len(self._outcomes)

    def _run(self) -> None:
        while not self._stop.wait(EVERY_SECONDS):
            self.flush()

    def flush(self) -> bool:
        """Write what waits; return whether the database took all of it."""
        while True:
            batch = self._next_batch()
            if not any(batch):
                return True
            try:
                self._store.append(self._worker, *batch)
            except Exception as away:  # any driver's error: what waits is kept
                log.warning("ledger.database_away", error=type(away).__name__, rows=self.waiting)
                self._put_back(*batch)
                return False
            self.written += len(batch[0])
            self._forget_old_minutes()

    def _next_batch(self) -> tuple[list[PredictionRow], list[OutcomeRow], list[MinuteCounts]]:
        with self._lock:
            predictions = _taken(self._predictions)
            changed, self._changed = self._changed, set()
            minutes = [_copied(self._minutes[key]) for key in changed]
        return predictions, _taken(self._outcomes), minutes

    def _put_back(
        self,
        predictions: list[PredictionRow],
        outcomes: list[OutcomeRow],
        minutes: list[MinuteCounts],
    ) -> None:
        with self._lock:
            self._predictions.extendleft(reversed(predictions))
            self._outcomes.extendleft(reversed(outcomes))
            self._changed |= {(one.minute, one.arm, one.generation) for one in minutes}

    def _forget_old_minutes(self) -> None:
        oldest = int(time.time() // 60) - 2
        with self._lock:
            for key in [key for key in self._minutes if key[0] < oldest]:
                if key not in self._changed:
                    del self._minutes[key]


def _copied(counts: MinuteCounts) -> MinuteCounts:
    return MinuteCounts(
        counts.minute,
        counts.arm,
        counts.generation,
        counts.calls,
        counts.errors_ours,
        counts.errors_theirs,
        counts.overloaded,
        counts.dropped,
        list(counts.latency),
    )


def _taken(rows: deque[Any]) -> list[Any]:
    return [rows.popleft() for _ in range(min(AT_ONCE, len(rows)))]


def bucket(milliseconds: float) -> int:
    """Return the place of a latency among a minute's counts."""
    for number, end in enumerate(LATENCY_MS):
        if milliseconds <= end:
            return number
    return _OVER
