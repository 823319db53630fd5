"""Slack's rates: how long to wait before a call, per method, workspace and channel."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

PER_MINUTE: Final[dict[str, int]] = {
    "chat.postMessage": 300,
    "chat.update": 50,
    "conversations.create": 20,
    "conversations.setTopic": 20,
    "conversations.setPurpose": 20,
    "conversations.list": 20,
    "conversations.invite": 50,
    "conversations.open": 50,
    "conversations.history": 50,
    "conversations.replies": 50,
    "pins.add": 20,
    "bookmarks.add": 20,
    "bookmarks.list": 20,
    "users.info": 100,
    "views.publish": 100,
    "files.getUploadURLExternal": 100,
    "files.completeUploadExternal": 100,
    "files.info": 50,
}
"""Calls a minute that Slack allows each method in a workspace, by its tier."""
CHANNEL_SECONDS: Final = 1.05
"""One message a second in a channel, and a little for the way there, which is never the same."""
ARRIVAL_SECONDS: Final = 0.1
"""How long a message usually takes there; what takes longer puts off the next one."""
USED_SHARE: Final = 0.94
"""The share of a rate that is used, at least, when there is a backlog."""
BURST_SHARE: Final = 0.03
"""The share of a minute's calls that may go at once after a pause; both together stay below one,
so that no minute, wherever it begins, holds more calls than Slack allows."""
HISTORY: Final = frozenset({"conversations.history", "conversations.replies"})
LIMITED_PER_MINUTE: Final = 1
"""Calls a minute that Slack allows each of them to apps distributed outside its Marketplace."""
LIMITED_SECONDS: Final = 20.0
"""Whoever keeps these rates and is told to wait for longer is such an app."""
SPARE_SHARE: Final = 0.01
"""The share of a minute's calls, one at least, that is left for those that come late and close."""


@dataclass
class _Bucket:
    per_second: float
    burst: float
    tokens: float = 1.0
    since: float = field(default_factory=time.monotonic)

    @classmethod
    def of(cls, per_minute: int, now: float) -> _Bucket:
        """Return a bucket for a method; it starts without a burst, since nobody knows what a bot
        that has just died has used of this minute.
        """
        burst = max(1.0, per_minute * BURST_SHARE)
        left = per_minute - burst - max(1.0, per_minute * SPARE_SHARE)
        return cls(max(left, per_minute * USED_SHARE) / 60, burst, since=now)

    def wait(self, now: float) -> float:
        """Return the seconds until a call may go."""
        self.tokens = min(self.burst, self.tokens + (now - self.since) * self.per_second)
        self.since = now
        return max(0.0, (1 - self.tokens) / self.per_second)

    def take(self) -> None:
        """Use up one call."""
        self.tokens -= 1


class RateLimiter:
    """Keeps calls within Slack's rates.

    Args:
        unlimited: keep no rates, for a local workspace that does not enforce them; what it
            refuses with `ratelimited` is still respected.
        monotonic: the clock, in seconds.
    """

    def __init__(
        self, *, unlimited: bool = False, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._unlimited = unlimited
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._buckets: dict[tuple[str, str], _Bucket] = {}
        self._channel_free_at: dict[tuple[str, str], float] = {}
        self._blocked_until: dict[tuple[str, str], float] = {}

    def wait(
        self, team_id: str, method: str, channel_id: str | None = None, also: str | None = None
    ) -> float:
        """Return the seconds to wait before calling `method`; zero reserves the call.

        Args:
            team_id: the workspace.
            method: Slack's name of the method.
            channel_id: the channel a message goes to.
            also: another method that is called with it; both are reserved, or none.
        """
        methods = [method, also] if also else [method]
        with self._lock:
            now = self._monotonic()
            wait = max(self._wait(team_id, one, channel_id, now) for one in methods)
            if not wait and not self._unlimited:
                self._reserve(team_id, methods, channel_id, now)
            return wait

    def give_back(self, team_id: str, method: str, also: str | None = None) -> None:
        """Undo the reservation of a call that was not made."""
        if self._unlimited:
            return
        with self._lock:
            now = self._monotonic()
            for one in [method, also] if also else [method]:
                self._bucket(team_id, one, now).tokens += 1

    def _wait(self, team_id: str, method: str, channel_id: str | None, now: float) -> float:
        blocked = self._blocked_until.get((team_id, method), 0.0) - now
        if blocked > 0 or self._unlimited:
            return max(0.0, blocked)
        in_channel = 0.0
        if method == "chat.postMessage" and channel_id:
            in_channel = self._channel_free_at.get((team_id, channel_id), 0.0) - now
        return max(0.0, in_channel, self._bucket(team_id, method, now).wait(now))

    def _reserve(
        self, team_id: str, methods: Sequence[str], channel_id: str | None, now: float
    ) -> None:
        for method in methods:
            self._bucket(team_id, method, now).take()
        if methods[0] == "chat.postMessage" and channel_id:
            self._channel_free_at[team_id, channel_id] = now + CHANNEL_SECONDS

    def _bucket(self, team_id: str, method: str, now: float) -> _Bucket:
        known = self._buckets.get((team_id, method))
        if known is None:
            known = self._buckets[team_id, method] = _Bucket.of(PER_MINUTE.get(method, 50), now)
        return known

    def arrived(self, team_id: str, channel_id: str) -> None:
        """Note that a message has just arrived in a channel, perhaps long after its call began."""
        with self._lock:
            free_at = self._monotonic() + CHANNEL_SECONDS - ARRIVAL_SECONDS
            known = self._channel_free_at.get((team_id, channel_id), 0.0)
            self._channel_free_at[team_id, channel_id] = max(known, free_at)

    def limit_history(self, team_id: str, method: str) -> None:
        """Ask for history once a minute from now on, a minute after the page that showed it."""
        with self._lock:
            limited = _Bucket.of(LIMITED_PER_MINUTE, self._monotonic())
            limited.tokens = 0.0
            self._buckets[team_id, method] = limited

    def block(self, team_id: str, method: str, seconds: float) -> None:
        """Call `method` in this workspace no more for `seconds`, as Slack asked."""
        if method in HISTORY and seconds > LIMITED_SECONDS:
            self.limit_history(team_id, method)
        with self._lock:
            self._blocked_until[team_id, method] = self._monotonic() + seconds
