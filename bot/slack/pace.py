"""Slack's rates: how long to wait before a call, per method, workspace and channel."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

PER_MINUTE: Final[dict[str, int]] = {
    "chat.postMessage": 300,
    "chat.update": 50,
    "conversations.create": 20,
    "conversations.setTopic": 20,
    "conversations.setPurpose": 20,
    "conversations.archive": 20,
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
CHANNEL_SECONDS: Final = 1.0
"""One message a second in a channel."""
USED_SHARE: Final = 0.95
"""The share of a rate that is used; the rest is for clocks that disagree."""
BURST: Final = 5.0
"""How many calls of a method may go at once after a pause."""


@dataclass
class _Bucket:
    per_second: float
    tokens: float = BURST
    since: float = field(default_factory=time.monotonic)

    def wait(self, now: float) -> float:
        """Return the seconds until a call may go, and zero after taking the token for it."""
        self.tokens = min(BURST, self.tokens + (now - self.since) * self.per_second)
        self.since = now
        if self.tokens < 1:
            return (1 - self.tokens) / self.per_second
        self.tokens -= 1
        return 0.0


class Pace:
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

    def wait(self, team_id: str, method: str, channel_id: str | None = None) -> float:
        """Return the seconds to wait before calling `method`; zero reserves the call.

        Args:
            team_id: the workspace.
            method: Slack's name of the method.
            channel_id: the channel a message goes to.
        """
        with self._lock:
            now = self._monotonic()
            blocked = self._blocked_until.get((team_id, method), 0.0) - now
            if blocked > 0:
                return blocked
            if self._unlimited:
                return 0.0
            return self._reserve(team_id, method, channel_id, now)

    def _reserve(self, team_id: str, method: str, channel_id: str | None, now: float) -> float:
        in_channel = (team_id, channel_id or "")
        posts = method == "chat.postMessage" and channel_id is not None
        if posts and self._channel_free_at.get(in_channel, 0.0) > now:
            return self._channel_free_at[in_channel] - now
        bucket = self._buckets.get((team_id, method))
        if bucket is None:
            per_second = PER_MINUTE.get(method, 50) / 60 * USED_SHARE
            bucket = self._buckets[team_id, method] = _Bucket(per_second, since=now)
        wait = bucket.wait(now)
        if posts and not wait:
            self._channel_free_at[in_channel] = now + CHANNEL_SECONDS
        return wait

    def block(self, team_id: str, method: str, seconds: float) -> None:
        """Call `method` in this workspace no more for `seconds`, as Slack asked."""
        with self._lock:
            self._blocked_until[team_id, method] = self._monotonic() + seconds
