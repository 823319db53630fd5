"""Places where a bot under test kills itself: around every commit and every call to Slack."""

from __future__ import annotations

import mmap
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

from slack_sdk.web.base_client import BaseClient
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from tests.chaos.pulse import CROSSINGS, Pulse

NEVER = 2**62
"""So many places no bot comes past."""
ALONE = 0.3
"""The share of bots of which one process dies before all do."""
LEFT, DIES_ALONE = range(2)
"""What the processes of a bot share of a fuse."""
LONGEST_FLIGHT = 0.01
"""Seconds after which a bot that dies during a call is dead."""


class Fuse:
    """Kills a bot with SIGKILL at the n-th place that its processes come past.

    Mostly all of its processes die by SIGKILL; sometimes one of them dies alone first, the
    bot has to replace it, and all die n places later.

    Args:
        crossings: n; None never kills.
        only_calls: count only what is around calls to Slack.
        seed: for how long a call lasts during which it dies, and whether one dies alone.
        log: the file descriptor to which the place's name is written just before.
        pulse: where each crossing is counted.
    """

    def __init__(
        self,
        crossings: int | None,
        seed: int,
        log: int,
        pulse: Pulse,
        *,
        only_calls: bool = False,
    ) -> None:
        self.only_calls = only_calls
        self._crossings = crossings or NEVER
        self._random = random.Random(seed)
        self._shared = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("q")
        self._shared[LEFT] = self._crossings
        self._shared[DIES_ALONE] = self._random.random() < ALONE
        self._log = log
        self._pulse = pulse
        self._lock = threading.Lock()

    def _burns_down(self) -> bool:
        with self._lock:
            self._pulse.add(CROSSINGS)
            self._shared[LEFT] -= 1
            return self._shared[LEFT] == 0

    def cross(self, place: str) -> None:
        """Come past `place`."""
        if self._burns_down():
            self._kill(place)

    def cross_in_flight(self, place: str) -> None:
        """Come past `place` and, if it is the one, die a little later, while the call is out."""
        if self._burns_down():
            threading.Timer(
                self._random.uniform(0, LONGEST_FLIGHT), self._kill, args=(place,)
            ).start()

    def _kill(self, place: str) -> None:
        alone = self._shared[DIES_ALONE]
        self._shared[DIES_ALONE], self._shared[LEFT] = 0, self._crossings
        kill, who = (os.kill, os.getpid()) if alone else (os.killpg, os.getpgrp())
        os.write(self._log, f"{who} {place}{', alone' * alone}\n".encode())
        kill(who, signal.SIGKILL)
        time.sleep(60)


def _wrapped(fuse: Fuse, call: Callable[..., Any]) -> Callable[..., Any]:
    def api_call(self: BaseClient, api_method: str, **arguments: Any) -> Any:
        fuse.cross(f"before {api_method}")
        fuse.cross_in_flight(f"during {api_method}")
        answer = call(self, api_method, **arguments)
        fuse.cross(f"after {api_method}")
        return answer

    return api_call


def arm(fuse: Fuse) -> None:
    """Put the fuse into this process, for good."""
    BaseClient.api_call = _wrapped(fuse, BaseClient.api_call)  # type: ignore[method-assign]  # the fuse is put in for good, in this process alone

    if fuse.only_calls:
        return

    @event.listens_for(Engine, "commit")
    def before_commit(_connection: Any) -> None:
        fuse.cross("before commit")

    @event.listens_for(Session, "after_commit")
    def after_commit(_session: Any) -> None:
        fuse.cross("after commit")

    @event.listens_for(Session, "after_flush")
    def after_flush(_session: Any, _context: Any) -> None:
        fuse.cross("between two flushes")
