"""The watch over a deployed model: errors, latency and drift in a moving window."""

from __future__ import annotations

import math
import threading
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

_SMALLEST_SHARE: Final = 1e-4


@dataclass(frozen=True)
class Limits:
    """When a deployment is rolled back.

    Args:
        error_rate: share of calls that may fail.
        latency_ms: what 99 % of calls must stay below.
        drift: population stability index of the scores that is still the same population; the
            usual reading is below 0.1 stable, above 0.25 another population.
        fewest: calls before errors and latency are judged; drift asks ten times as many.
    """

    error_rate: float = 0.05
    latency_ms: float = 1_000.0
    drift: float = 0.25
    fewest: int = 20


class Watch:
    """Counts the last calls. Safe to use from several threads.

    Args:
        reference: the shares the model was trained on, as saved with it.
        limits: when to give up.
        size: how many calls it looks back.
    """

    def __init__(
        self, reference: Mapping[str, Any], limits: Limits | None = None, size: int = 5_000
    ) -> None:
        self.limits = limits or Limits()
        self._reference = reference
        self._lock = threading.Lock()
        self._calls: deque[tuple[bool, float]] = deque(maxlen=size)
        self._scores: deque[float] = deque(maxlen=size)

    def note(self, *, failed: bool, milliseconds: float, scores: Sequence[float] = ()) -> None:
        """Take one call."""
        with self._lock:
            self._calls.append((failed, milliseconds))
            self._scores.extend(scores)

    def figures(self) -> dict[str, float | int | None]:
        """Return calls, error rate, 99th percentile of latency in ms, and the scores' drift."""
        with self._lock:
            calls, scores = list(self._calls), list(self._scores)
        times = [took for _, took in calls]
        return {
            "calls": len(calls),
            "error_rate": sum(failed for failed, _ in calls) / len(calls) if calls else 0.0,
            "latency_ms": float(np.percentile(times, 99)) if times else 0.0,
            "drift": self._drift(scores),
        }

    def _drift(self, scores: list[float]) -> float | None:
        if len(scores) < 10 * self.limits.fewest:
            return None
        spread = self._reference["scores"]
        places = np.searchsorted(np.asarray(spread["edges"]), scores, side="right")
        counts = Counter(int(place) for place in places)
        now = [counts[place] / len(scores) for place in range(len(spread["shares"]))]
        return stability_index(spread["shares"], now)

    def why_roll_back(self) -> str | None:
        """Return the reason to take the model back, or nothing while all is well."""
        figures = self.figures()
        if int(figures["calls"] or 0) < self.limits.fewest:
            return None
        rows = (
            ("error_rate", self.limits.error_rate, "{:.1%} of calls fail; {:.1%} is allowed"),
            ("latency_ms", self.limits.latency_ms, "99 % of calls take {:.0f} ms; {:.0f} allowed"),
            ("drift", self.limits.drift, "scores have drifted by {:.2f}; {:.2f} is allowed"),
        )
        for name, limit, words in rows:
            value = figures[name]
            if value is not None and value > limit:
                return words.format(value, limit)
        return None


def stability_index(before: Sequence[float], now: Sequence[float]) -> float:
    """Return the population stability index between two lists of shares."""
    return sum(
        (max(b, _SMALLEST_SHARE) - max(a, _SMALLEST_SHARE))
        * math.log(max(b, _SMALLEST_SHARE) / max(a, _SMALLEST_SHARE))
        for a, b in zip(before, now, strict=True)
    )
