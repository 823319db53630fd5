"""Deterministic scheduler: tasks are greenlets, time is virtual, one seed draws who goes next.

A task runs until it reaches a switch point: before a transaction, around a call to Slack, or where
it waits. Nothing else can happen in between, so the same seed gives the same run.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from greenlet import greenlet

STEP_SECONDS = 0.0004
"""Virtual seconds that pass, on average, while one task runs to its next switch point."""


class Killed(BaseException):
    """What a task meets whose process was killed; no `except Exception` takes it."""


class StuckError(AssertionError):
    """Nothing can go on, or what was waited for did not come in time."""


@dataclass(eq=False)
class Process:
    """Tasks that die and stand still together, as the threads of one process do."""

    name: str
    frozen_until: float = 0.0
    is_dead: bool = False
    tasks: set[Task] = field(default_factory=set)


@dataclass(eq=False)
class Task:
    """One thread of execution."""

    name: str
    process: Process | None
    greenlet: Any = None
    wake: int = 0
    waits_for: Event | None = None


class Scheduler:
    """Runs tasks one at a time.

    Args:
        seed: draws who goes next, and for how long.
        pass_time: told by how many seconds the virtual clocks go on.
    """

    def __init__(self, seed: int, pass_time: Callable[[float], None]) -> None:
        self.random = random.Random(seed)
        self.now = 0.0
        self.steps = 0
        self.is_writing = False
        self.trace = 0
        self.failures: list[tuple[str, BaseException]] = []
        self._pass_time = pass_time
        self._hub = greenlet.getcurrent()
        self._ready: list[tuple[Task, int]] = []
        self._sleeping: list[tuple[float, int, Task, int]] = []
        self._order = itertools.count()
        self._current: Task | None = None

    @property
    def current(self) -> Task | None:
        """The task that runs; None for what is outside the simulation."""
        return self._current

    def spawn(self, name: str, work: Callable[[], object], process: Process | None = None) -> Task:
        """Start a task."""
        task = Task(name, process)

        def live() -> None:
            try:
                work()
            except Killed:
                pass
            except BaseException as failure:
                self.failures.append((name, failure))
            finally:
                if process is not None:
                    process.tasks.discard(task)

        task.greenlet = greenlet(live, parent=self._hub)
        if process is not None:
            process.tasks.add(task)
        self._make_ready(task)
        return task

    # --- switch points ----------------------------------------------------------------------

    def switch(self) -> None:
        """Let others go first, perhaps; does nothing outside a task or within a transaction."""
        task = self._current
        if task is None:
            return
        self._refuse_the_dead(task)
        if not self.is_writing:
            self._make_ready(task)
            self._leave(task)

    def sleep(self, seconds: float) -> None:
        """Wait for virtual seconds."""
        task = self._current
        if task is None:
            self._go_on_by(seconds)
            return
        self._refuse_the_dead(task)
        if self.is_writing:
            raise AssertionError(f"{task.name} sleeps within a transaction")
        self._sleep_until(task, self.now + max(0.0, seconds))
        self._leave(task)

    def wait(self, event: Event, seconds: float | None) -> bool:
        """Wait until an event is set; tells whether it is."""
        task = self._current
        if task is None or event.flag:
            return event.flag
        self._refuse_the_dead(task)
        task.waits_for = event
        event.waiting.append(task)
        if seconds is not None:
            self._sleep_until(task, self.now + max(0.0, seconds))
        self._leave(task)
        task.waits_for = None
        if task in event.waiting:
            event.waiting.remove(task)
        return event.flag

    def _leave(self, task: Task) -> None:
        self._hub.switch()
        self._refuse_the_dead(task)

    @staticmethod
    def _refuse_the_dead(task: Task) -> None:
        if task.process is not None and task.process.is_dead:
            raise Killed

    def _make_ready(self, task: Task) -> None:
        task.wake += 1
        self._ready.append((task, task.wake))

    def _sleep_until(self, task: Task, moment: float) -> None:
        task.wake += 1
        heapq.heappush(self._sleeping, (moment, next(self._order), task, task.wake))

    def awake(self, task: Task) -> None:
        """Let a waiting task go on."""
        self._make_ready(task)

    # --- the run ----------------------------------------------------------------------------

    def kill(self, process: Process) -> None:
        """End all tasks of a process where they stand, as SIGKILL does."""
        process.is_dead = True
        for task in sorted(process.tasks, key=lambda one: one.name):
            if task is not self._current and not task.greenlet.dead:
                if task.greenlet:
                    before, self._current = self._current, task
                    task.greenlet.parent = greenlet.getcurrent()
                    task.greenlet.throw(Killed)
                    self._current = before
                task.wake += 1
        process.tasks.clear()

    def run(self, until: Callable[[], bool], most_steps: int, most_seconds: float) -> None:
        """Run tasks until something is so.

        Raises:
            StuckError: it did not become so within so many steps or virtual seconds.
        """
        while not until():
            if self.failures:
                name, failure = self.failures[0]
                raise AssertionError(f"{name} failed: {failure!r}") from failure
            if self.steps >= most_steps or self.now > most_seconds:
                raise StuckError(f"not done after {self.steps} steps and {self.now:.0f} s")
            self._wake_sleepers()
            if not self._ready:
                if not self._sleeping:
                    raise StuckError("nothing can go on")
                self._go_on_by(self._sleeping[0][0] - self.now)
                continue
            self._run_one()

    def _wake_sleepers(self) -> None:
        while self._sleeping and self._sleeping[0][0] <= self.now:
            _, _, task, wake = heapq.heappop(self._sleeping)
            if task.wake == wake:
                self._make_ready(task)

    def _run_one(self) -> None:
        place = self.random.randrange(len(self._ready))
        self._ready[place], self._ready[-1] = self._ready[-1], self._ready[place]
        task, wake = self._ready.pop()
        if task.wake != wake or task.greenlet.dead:
            return
        process = task.process
        if process is not None and process.frozen_until > self.now:
            self._sleep_until(task, process.frozen_until)
            return
        self.steps += 1
        self.trace = hash((self.trace, task.name, round(self.now, 6)))
        self._go_on_by(self.random.random() * 2 * STEP_SECONDS)
        self._current = task
        task.greenlet.parent = self._hub
        try:
            task.greenlet.switch()
        finally:
            self._current = None

    def _go_on_by(self, seconds: float) -> None:
        if seconds > 0:
            self.now += seconds
            self._pass_time(seconds)


class Event:
    """`threading.Event` by the scheduler's time."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self.flag = False
        self.waiting: list[Task] = []

    def is_set(self) -> bool:
        return self.flag

    def set(self) -> None:
        self.flag = True
        waiting, self.waiting = self.waiting, []
        for task in waiting:
            self._scheduler.awake(task)

    def clear(self) -> None:
        self.flag = False

    def wait(self, timeout: float | None = None) -> bool:
        return self._scheduler.wait(self, timeout)
