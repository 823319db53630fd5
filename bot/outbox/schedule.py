"""Scheduler of leased queues: which queue's turn it is, and when each may go on.

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
from bot.outbox.rate_limiter import RateLimiter
from bot.outbox.waiting import Waiting

QUEUES_PER_TEAM: Final = 16
"""Enough to use all of a workspace's rate, at one message a second in each channel."""
HELD_PER_WORKER: Final = 6
"""Queues that a replica holds for each worker; the others are left to other replicas. A channel
takes a message a second, so with only four a worker's quick calls leave it idle."""
WORKERS_PER_TEAM: Final = 4
"""Bulkhead: calls at a time into one workspace; more than its rates allow for long."""
SLOW_SECONDS: Final = 3.0
"""Circuit breaker: after a call that took longer, its workspace has one call at a time."""
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


@dataclass(slots=True)
class _Held:
    priority: int
    want: Want | None = None
    ticket: int | None = None
    until: float = 0.0

    def rests(self, now: float) -> bool:
        """Return whether it waits for so long that another queue can have its place."""
        return self.ticket is not None and self.until > now + REST_SECONDS


class Schedule:
    """The queues that one bot holds.

    Args:
        rate_limiter: Slack's rates.
        workers: how many queues may have their turn at a time.
    """

    def __init__(self, rate_limiter: RateLimiter, workers: int) -> None:
        self._rate_limiter = rate_limiter
        self._workers = workers
        self._lock = threading.Lock()
        self._held: dict[QueueName, _Held] = {}
        self._queue: list[tuple[float, int, QueueName]] = []
        self._ready: list[tuple[int, int, QueueName]] = []
        self._tickets = itertools.count()
        self._busy = 0
        self._busy_in: Counter[str] = Counter()
        self._slow: set[str] = set()
        self._parked: dict[str, list[tuple[int, int, QueueName]]] = defaultdict(list)

    @property
    def most(self) -> int:
        """How many queues this replica holds at a time, but for urgent ones and those at rest."""
        return self._workers * HELD_PER_WORKER

    @property
    def busy(self) -> int:
        """How many workers have a queue in hand."""
        return self._busy

    def names(self) -> list[QueueName]:
        """Return the queues that this replica holds, as far as it knows."""
        with self._lock:
            return list(self._held)

    def choose(self, waiting: Iterable[Waiting]) -> tuple[list[Waiting], list[QueueName]]:
        """Return which queues to take, and which to let go for them.

        Args:
            waiting: queues that have something to deliver, what goes first first.
        """
        with self._lock:
            now = time.monotonic()
            held = self._held.items()
            count = Counter(name.team_id for name, each in held if not each.rests(now))
            room = self.most - count.total()
            take: list[Waiting] = []
            crowded: dict[str, int] = defaultdict(int)
            for each in waiting:
                team_id = each.name.team_id
                if each.name in self._held:
                    continue
                is_urgent = each.priority <= Priority.URGENT
                if is_urgent or (count[team_id] < QUEUES_PER_TEAM and room > 0):
                    count[team_id] += 1
                    room -= 1
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
                if self._busy_in[name.team_id] >= self._limit(name.team_id):
                    self._parked[name.team_id].append((held.priority, ticket, name))
                    continue
                if wait := self._rate_limiter.wait(name.team_id, *held.want) if held.want else 0.0:
                    self._wait(name, time.monotonic() + wait)
                else:
                    held.ticket = None
                    self._busy += 1
                    self._busy_in[name.team_id] += 1
                    turns.append(Turn(name, held.want))
            return turns, self._seconds_to_next()

    def _limit(self, team_id: str) -> int:
        return 1 if team_id in self._slow else WORKERS_PER_TEAM

    def _free_worker(self, team_id: str, seconds: float) -> None:
        """Take back a worker; a workspace whose calls hang keeps no more than one from the rest."""
        self._busy -= 1
        self._busy_in[team_id] -= 1
        if not self._busy_in[team_id]:
            del self._busy_in[team_id]
        (self._slow.add if seconds > SLOW_SECONDS else self._slow.discard)(team_id)
        for entry in self._parked.pop(team_id, ()):
            heapq.heappush(self._ready, entry)

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

    def go_on(
        self,
        name: QueueName,
        wait: float,
        priority: int | None,
        want: Want | None,
        seconds: float = 0.0,
    ) -> None:
        """Let a queue have another turn.

        Args:
            name: the queue.
            wait: seconds until then.
            priority: of what it waits to deliver; None when that is as before.
            want: the call that it waits for.
            seconds: how long its turn took.
        """
        with self._lock:
            self._free_worker(name.team_id, seconds)
            held = self._held[name]
            held.want = want
            held.priority = held.priority if priority is None else priority
            self._wait(name, time.monotonic() + wait)

    def leave(self, name: QueueName, seconds: float = 0.0) -> None:
        """Forget a queue after its turn, which took some seconds; it is empty."""
        with self._lock:
            self._free_worker(name.team_id, seconds)
            del self._held[name]
