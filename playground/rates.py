"""Slack's rates: how many calls of a method a minute, and what waiting a caller is told."""

from __future__ import annotations

import math
import threading
import time
from collections import defaultdict, deque
from dataclasses import dataclass


@dataclass(frozen=True)
class Allowance:
    """So many calls in so many seconds."""

    calls: int
    seconds: float


TIERS = {
    1: Allowance(1, 60.0),
    2: Allowance(20, 60.0),
    3: Allowance(50, 60.0),
    4: Allowance(100, 60.0),
}
POSTING_BURST = Allowance(4, 4.0)
"""chat.postMessage in one channel: one a second, short bursts allowed."""
POSTING_IN_ALL = Allowance(300, 60.0)
"""chat.postMessage in the whole workspace."""


HISTORY = frozenset({"conversations.history", "conversations.replies"})
OUTSIDE_MARKETPLACE = Allowance(1, 60.0)
"""Each of `HISTORY` for an app that is distributed commercially outside Slack's Marketplace."""
LIMITED_PAGE = 15
"""Messages that such an app is given at a time, whatever it asks for."""


class Rates:
    """Counts calls in sliding windows of real time.

    `history` is what apps outside the Marketplace are allowed of each history method; None for an
    internal app, which has the methods' tier.
    """

    def __init__(self) -> None:
        self.history: Allowance | None = None
        self._lock = threading.Lock()
        self._calls: dict[tuple[str, ...], deque[float]] = defaultdict(deque)

    def wait_for(self, method: str, tier: int | None, channel: str | None) -> int:
        """Count one call, unless it comes too early.

        Args:
            method: the Web API method.
            tier: its tier, 1 to 4; None for a method without one.
            channel: the channel it goes to, which chat.postMessage is counted by.

        Returns:
            Whole seconds to wait; 0 when the call is allowed, and then it was counted.
        """
        windows = self._windows(method, tier, channel)
        with self._lock:
            now = time.monotonic()
            wait = max((self._wait(key, allowed, now) for key, allowed in windows), default=0.0)
            if wait <= 0:
                for key, _ in windows:
                    self._calls[key].append(now)
        return math.ceil(wait)

    def _windows(
        self, method: str, tier: int | None, channel: str | None
    ) -> list[tuple[tuple[str, ...], Allowance]]:
        if method == "chat.postMessage":
            return [((method, channel or ""), POSTING_BURST), ((method,), POSTING_IN_ALL)]
        if self.history and method in HISTORY:
            return [((method,), self.history)]
        return [((method,), TIERS[tier])] if tier else []

    def _wait(self, key: tuple[str, ...], allowed: Allowance, now: float) -> float:
        calls = self._calls[key]
        while calls and calls[0] <= now - allowed.seconds:
            calls.popleft()
        return calls[0] + allowed.seconds - now if len(calls) >= allowed.calls else 0.0
