"""Outbox dispatcher: leases queues, gives each its turn with a worker, and keeps the leases."""

from __future__ import annotations

import threading
import time
import uuid
from collections import deque
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from bot.db.outbox_models import OutboxItem, QueueLease
from bot.domain.enums import OutboxState
from bot.outbox import leases, sender
from bot.outbox.leases import QueueName
from bot.outbox.rate_limiter import RateLimiter
from bot.outbox.schedule import QUEUES_PER_TEAM, Schedule, Want
from bot.outbox.sender import ClientSource, FailureHook, Sender, StepResult, Writer
from bot.outbox.waiting import Waiting, something_waits, waiting_queues
from bot.priority_gate import PriorityGate
from bot.slack.call_counters import BUSY

log = structlog.get_logger()

POLL_SECONDS: Final = 1.0
"""How often to look for what nobody told of, such as another process that wrote."""
WORKERS: Final = 40
"""Threads that call Slack; nearly all of their time is waiting for its answers."""
STALLED_SECONDS: Final = 15.0
"""A dispatcher without progress for this long renews no lease, so another replica takes over."""
LONGEST_REST: Final = 2.0
"""A look that took long because the machine stood still must not be followed by a minute's rest."""
REST_AFTER_LOOK: Final = 20
"""How many times as long as a look for queues took until the next one, which costs a twentieth."""


class Dispatcher:
    """Delivers the outbox.

    Args:
        sessions: the factory of writing sessions.
        reading: the factory of reading ones.
        workspace_of: gives a workspace's client by its id.
        rate_limiter: Slack's rates.
        on_failure: told, in the same transaction, of what Slack refused for good.
        rendered: renders what a row sends now.
        priority_gate: whom to let by.
        workers: calls to Slack at a time.
    """

    def __init__(
        self,
        sessions: sessionmaker[Session],
        reading: sessionmaker[Session],
        workspace_of: ClientSource,
        rate_limiter: RateLimiter,
        on_failure: FailureHook,
        rendered: Writer = lambda _session, item: item.body,
        priority_gate: PriorityGate | None = None,
        workers: int = WORKERS,
    ) -> None:
        self._sessions = sessions
        self._reading = reading
        self.owner = uuid.uuid4().hex
        self.sender = Sender(
            sessions,
            reading,
            workspace_of,
            rate_limiter,
            on_failure,
            rendered,
            priority_gate or PriorityGate(),
            self.owner,
        )
        self._wake = threading.Event()
        self._has_changed = threading.Event()
        self._left: deque[QueueName] = deque()
        self._stop = threading.Event()
        self._schedule = Schedule(rate_limiter, workers)
        self._looked_at = -POLL_SECONDS
        self._looked_to = ""
        self._rests_until = 0.0
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="delivery")
        self._threads: list[threading.Thread] = []
        self.progressed_at = time.monotonic()

    def start(self) -> None:
        """Deliver in the background until `stop`, under a name of its own.

        A process that is forked anew is not the one that died: its queues are another's.
        """
        self.owner = self.sender.owner = uuid.uuid4().hex
        self.progressed_at = time.monotonic()
        for work in (self._dispatch_until_stopped, self._renew_until_stopped):
            thread = threading.Thread(target=work, name=work.__name__, daemon=True)
            thread.start()
            self._threads.append(thread)

    def wake(self) -> None:
        """Look into the outbox now rather than at the next poll."""
        self._has_changed.set()
        self._wake.set()

    def stop(self) -> None:
        """Finish the calls under way and hand the queues over."""
        self._stop.set()
        self._wake.set()
        for thread in self._threads:
            thread.join(sender.CALL_SECONDS + 1)
        self._pool.shutdown(wait=True, cancel_futures=True)
        try:
            leases.release(self._sessions, self.owner)
        except SQLAlchemyError as away:  # the leases end by themselves within seconds
            log.warning("delivery.not_released", error=type(away).__name__)

    def is_idle(self) -> bool:
        """Return whether nothing waits that could be delivered now."""
        with self._reading() as session:
            waiting = session.scalar(
                select(func.count())
                .select_from(OutboxItem)
                .where(OutboxItem.state == OutboxState.WAITING)
            )
        return not waiting

    def _dispatch_until_stopped(self) -> None:
        while not self._stop.is_set():
            try:
                self._dispatch()
            except Exception:  # a database that is away must not end delivery
                log.exception("delivery.dispatch_failed")
                self._stop.wait(POLL_SECONDS)
            self.progressed_at = time.monotonic()

    def _dispatch(self) -> None:
        self._wake.clear()
        if time.monotonic() >= self._next_look_at():
            self._take_queues()
        turns, wait = self._schedule.turns()
        BUSY.set(self._schedule.busy)
        for name, paid in turns:
            self._pool.submit(self._turn, name, paid)
        self._wake.wait(self._patience(wait))

    def _next_look_at(self) -> float:
        """Return when to look for queues: now and then, or soon when there may be new ones."""
        pause = 0.0 if self._has_changed.is_set() else POLL_SECONDS
        return max(self._looked_at + pause, self._rests_until)

    def _patience(self, wait: float | None) -> float:
        """Return the seconds until there is something to do, if nobody wakes the dispatcher."""
        until_look = max(0.0, self._next_look_at() - time.monotonic())
        return until_look if wait is None else min(until_look, wait)

    def _take_queues(self) -> None:
        """Look for queues; a long look, in a full outbox, is not taken as often as a short one."""
        began = self._looked_at = time.monotonic()
        self._has_changed.clear()
        with self._reading() as session:
            mine = self._waiting_here(session) if something_waits(session) else []
        ended = time.monotonic()
        self._rests_until = ended + min(LONGEST_REST, REST_AFTER_LOOK * (ended - began))
        wanted, let_go = self._schedule.choose(mine)
        self._release([*let_go, *self._all_left()])
        taken = leases.lease_all(self._sessions, [each.name for each in wanted], self.owner)
        self._schedule.take([each for each in wanted if each.name in taken])

    def _waiting_here(self, session: Session) -> list[Waiting]:
        """Return queues that nobody serves and that are this replica's."""
        owners = leases.replicas(session) or (self.owner,)
        most = 2 * self._schedule.most * len(owners)
        found, self._looked_to = waiting_queues(session, QUEUES_PER_TEAM, most, self._looked_to)
        return [
            each
            for each in found
            if leases.home_of(each.name.team_id, owners) == self.owner or self.owner not in owners
        ]

    def _turn(self, name: QueueName, paid: Want | None) -> None:
        step = StepResult(sender.BACKOFF_SECONDS[1])
        began = time.monotonic()
        try:
            step = self.sender.step(name, paid)
        except Exception:  # the row stays as it was and the queue gets another turn
            log.exception("delivery.step_failed", queue=name.queue, team=name.team_id)
        finally:
            self._return(name, step, time.monotonic() - began)

    def _return(self, name: QueueName, step: StepResult, seconds: float) -> None:
        if step.wait is None:
            self._left.append(name)  # first: once it is left it may be taken again
            self._schedule.leave(name, seconds)
            self._has_changed.set()  # another queue can have its place
        else:
            self._schedule.go_on(name, step.wait, step.priority, step.want, seconds)
        self._wake.set()

    def _all_left(self) -> Iterator[QueueName]:
        """Yield the queues that were empty after their turns, which are given back together."""
        while self._left:
            yield self._left.popleft()

    def _release(self, names: Collection[QueueName]) -> None:
        """Give queues back; while the database is away they stay leased, and that does no harm."""
        if not names:
            return
        try:
            leases.release(self._sessions, self.owner, *names)
        except SQLAlchemyError:
            log.exception("delivery.release_failed", queues=len(names))

    def _renew_until_stopped(self) -> None:
        while True:
            try:
                if time.monotonic() - self.progressed_at < STALLED_SECONDS:
                    leases.announce(self._sessions, self.owner)
                    leases.renew(self._sessions, self.owner, self._schedule.names())
            except Exception:  # the lease runs out, another bot takes over, and that is right
                log.exception("delivery.renewal_failed")
            if self._stop.wait(leases.LEASE.total_seconds() / 4):
                return


def forget_leases(sessions: sessionmaker[Session]) -> None:
    """Free every queue at the start of the only bot on a database."""
    with sessions.begin() as session:
        session.execute(update(QueueLease).values(owner=None, leased_until=None))
