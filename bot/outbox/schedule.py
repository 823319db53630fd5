"""Whose turn it is: the queues that a bot holds, and when each of them may go on.

A few queues at a time serve a workspace's rate; the others wait in the outbox, where they cost
nothing. A queue that only brings messages up to date gives way to one that has something new.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from bot.outbox.leases import QueueName
from bot.outbox.queue import Priority
from bot.outbox.rate_limiter import Pace

QUEUES_PER_TEAM: Final = 16
"""Enough to use all of a workspace's rate, at one message a second in each channel."""
REST_SECONDS: Final = 5.0
"""A queue that waits for longer, for Slack or an administrator, gives its place to another."""


class Want(NamedTuple):
    """What a queue waits to call: the method, its channel, and a look that goes before it."""

    method: str
    channel_id: str | None = None
    look_method: str | None = None


class Turn(NamedTuple):
    """A queue that may go on now, and the call that was reserved for it."""

    name: QueueName
    paid: Want | None


class Waiting(NamedTuple):
    """A queue that has something to deliver, and the priority of what comes first in it."""

    name: QueueName
    priority: int


@dataclass(slots=True)
class _Held:
    priority: int
    want: Want | None = None
    ticket: int | None = None
    until: float = 0.0

    def rests(self, now: float) -> bool:
        """Tell whether it waits for so long that another queue can have its place."""
        return self.ticket is not None and self.until > now + REST_SECONDS


class Schedule:
    """The queues that one bot holds.

    Args:
        pace: Slack's rates.
        workers: how many queues may have their turn at a time.
    """

    def __init__(self, pace: Pace, workers: int) -> None:
        self._pace = pace
        self._workers = workers
        self._lock = threading.Lock()
        self._held: dict[QueueName, _Held] = {}
        self._queue: list[tuple[float, int, QueueName]] = []
        self._ready: list[tuple[int, int, QueueName]] = []
        self._tickets = itertools.count()
        self._busy = 0

    def choose(self, waiting: Iterable[Waiting]) -> tuple[list[Waiting], list[QueueName]]:
        """Return which queues to take, and which to let go for them.

        Args:
            waiting: queues that have something to deliver, what goes first first.
        """
        with self._lock:
            now = time.monotonic()
            held = self._held.items()
            count = Counter(name.team_id for name, each in held if not each.rests(now))
            take: list[Waiting] = []
            crowded: dict[str, int] = defaultdict(int)
            for each in waiting:
                team_id = each.name.team_id
                if each.name in self._held:
                    continue
                if count[team_id] < QUEUES_PER_TEAM or each.priority <= Priority.URGENT:
                    count[team_id] += 1
                    take.append(each)
                elif each.priority < Priority.REFRESH:
                    crowded[team_id] += 1
            return take, self._give_way(crowded)

    def _give_way(self, crowded: dict[str, int]) -> list[QueueName]:
        """Let go of queues that have nothing new, as many as would take their places."""
        gone: list[QueueName] = []
        for name, held in list(self._held.items()):
            rests = held.ticket is not None and held.priority >= Priority.REFRESH
            if rests and crowded.get(name.team_id, 0) > 0:
                crowded[name.team_id] -= 1
                del self._held[name]
                gone.append(name)
        return gone

    def take(self, taken: Sequence[Waiting]) -> None:
        """Give queues that were leased their first turn."""
        with self._lock:
            for name, priority in taken:
                self._held[name] = _Held(priority)
                self._wait(name, time.monotonic())

    def _wait(self, name: QueueName, until: float) -> None:
        ticket = self._held[name].ticket = next(self._tickets)
        self._held[name].until = until
        heapq.heappush(self._queue, (until, ticket, name))

    def turns(self) -> tuple[list[Turn], float | None]:
        """Return who may go on now, and the seconds until somebody else may; None for nobody."""
        with self._lock:
            turns = []
            self._let_in()
            while self._ready and self._busy < self._workers:
                _, ticket, name = heapq.heappop(self._ready)
                held = self._held.get(name)
                if held is None or held.ticket != ticket:
                    continue
                if wait := self._pace.wait(name.team_id, *held.want) if held.want else 0.0:
                    self._wait(name, time.monotonic() + wait)
                else:
                    held.ticket = None
                    self._busy += 1
                    turns.append(Turn(name, held.want))
            return turns, self._seconds_to_next()

    def _let_in(self) -> None:
        """Let queues whose time has come stand in line for a worker, the most urgent first."""
        now = time.monotonic()
        while self._queue and self._queue[0][0] <= now:
            _, ticket, name = heapq.heappop(self._queue)
            held = self._held.get(name)
            if held is not None and held.ticket == ticket:
                heapq.heappush(self._ready, (held.priority, ticket, name))

    def _seconds_to_next(self) -> float | None:
        if not self._queue or self._busy >= self._workers:
            return None
        return max(0.0, self._queue[0][0] - time.monotonic())

    def go_on(self, name: QueueName, wait: float, priority: int | None, want: Want | None) -> None:
        """Let a queue have another turn after some seconds, for the call that it wants."""
        with self._lock:
            self._busy -= 1
            held = self._held[name]
            held.want = want
            held.priority = held.priority if priority is None else priority
            self._wait(name, time.monotonic() + wait)

    def leave(self, name: QueueName) -> None:
        """Forget a queue after its turn; it is empty."""
        with self._lock:
            self._busy -= 1
            del self._held[name]
