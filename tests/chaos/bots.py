"""Keeps bots alive and kills them: by a fuse of their own, or from outside once they rest."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

from tests.chaos.bot import Nursery, Orders, is_alive, kill
from tests.chaos.pulse import Pulse

MOST_CROSSINGS = {True: 12, False: 60}
"""A bot dies at one of its first so many failpoints: of those around calls to Slack, or of all."""
LONG_LIVES = 0.2
"""The share of bots that come four times as far; else nobody might live to take anything over."""
IDLE_SECONDS = (0.1, 0.8)
"""A bot that is up and comes past no failpoint is killed from outside after so long at rest."""
LONG_IDLE_SECONDS = 1.5
LONGEST_START = 60.0
LONGEST_STOP = 25.0
"""Seconds that a bot has to end after it was asked to, as an operator gives it."""
RESTARTED = 0.5
"""The share of bots at rest that are asked to stop instead of killed, where bots are restarted."""
BREATH = 0.2
"""How long to wait before a bot that ended by itself is started again."""


class Mercy:
    """Bots are spared as long as somebody has been waiting for too many of their lives."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asking: set[object] = set()

    def ask(self, who: object) -> None:
        with self._lock:
            self._asking.add(who)

    def no_more(self, who: object) -> None:
        with self._lock:
            self._asking.discard(who)

    @property
    def is_asked(self) -> bool:
        return bool(self._asking)


class Deaths:
    """The file in which each killed bot, or its killer, writes where it died."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def note(self, pid: int, place: str) -> None:
        with self._file.open("a") as file:
            file.write(f"{pid} {place}\n")

    def places(self) -> dict[int, str]:
        """Return where each bot died, by its process id."""
        lines = self._file.read_text().splitlines() if self._file.exists() else []
        found: dict[int, str] = {}
        for line in lines:
            pid, _, place = line.partition(" ")
            found.setdefault(int(pid), place)
        return found


class BotSupervisor:
    """Keeps so many bots alive, each with its fuse, until it is told to let them be.

    Args:
        nursery: forks them.
        orders: how each is started; fuse and pulse are set here.
        folder: where pulses and places of deaths are written.
        seed: for the schedule.
        bots: how many live at once.
        most_kills: how often it kills at most; after that the bots live on.
        rolls: whether bots are also restarted in good order, one after another.
    """

    def __init__(
        self,
        nursery: Nursery,
        orders: Orders,
        folder: Path,
        seed: int,
        bots: int,
        most_kills: int,
        *,
        rolls: bool = False,
    ) -> None:
        self._nursery = nursery
        self._orders = orders
        self._deaths = Deaths(folder / "deaths.log")
        self._random = random.Random(seed)
        self._most_kills = most_kills
        self._lock = threading.Lock()
        self._calm = threading.Event()
        self._ended = threading.Event()
        self.mercy = Mercy()
        self._rolls = rolls
        self.restarted: set[int] = set()
        self.ended_by_themselves = 0
        self.pulses = [Pulse.create(folder / f"pulse-{slot}") for slot in range(bots)]
        self.pids: list[int] = [0] * bots
        self._threads = [threading.Thread(target=self._keep, args=(slot,)) for slot in range(bots)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    # --- signs ----------------------------------------------------------------------------

    @property
    def kills(self) -> int:
        """How many bots were ended by SIGKILL so far."""
        return len(self._deaths.places())

    @property
    def lives(self) -> int:
        """How many bots have come up so far."""
        return sum(pulse.starts for pulse in self.pulses)

    @property
    def ticks(self) -> float:
        """For how many tenths of a second a bot has run so far; of several, each for its share."""
        return sum(pulse.ticks for pulse in self.pulses) / len(self.pulses)

    def places(self) -> Counter[str]:
        """Where bots have died how often."""
        return Counter(self._deaths.places().values())

    # --- lives ----------------------------------------------------------------------------

    def _keep(self, slot: int) -> None:
        while not self._ended.is_set():
            orders, idle = self._draw()
            pulse = self.pulses[slot]
            self.pids[slot] = pid = self._nursery.spawn(replace(orders, pulse=str(pulse.file)))
            self._watch(pid, pulse, idle)
            known = self._deaths.places().keys() | self.restarted
            if not self._ended.is_set() and pid not in known:
                self.ended_by_themselves += 1
                time.sleep(BREATH)

    def _draw(self) -> tuple[Orders, float | None]:
        """Draw by lot how long the next bot lives; None and no fuse when it is left to live."""
        with self._lock:
            only_calls = self._random.random() < 0.6
            lives_long = self._random.random() < LONG_LIVES
            most = MOST_CROSSINGS[only_calls] * (4 if lives_long else 1)
            crossings = self._random.randint(1, most)
            idle = self._random.uniform(*IDLE_SECONDS) + LONG_IDLE_SECONDS * lives_long
            seed = self._random.getrandbits(30)
        drawn = replace(self._orders, only_calls=only_calls, seed=seed)
        if self._lets_live() or self.mercy.is_asked:
            return drawn, None
        return replace(drawn, crossings=crossings), idle

    def _lets_live(self) -> bool:
        return self._calm.is_set() or self.kills >= self._most_kills

    def _watch(self, pid: int, pulse: Pulse, idle: float | None) -> None:
        """Wait until a bot is dead, and kill it when it has had its time."""
        starts, began = pulse.starts, time.monotonic()
        crossings, rested_since = pulse.crossings, began
        while is_alive(pid):
            now = time.monotonic()
            if pulse.crossings != crossings:
                crossings, rested_since = pulse.crossings, now
            is_up = pulse.starts > starts
            if self._has_had_its_time(idle, now - rested_since, now - began, is_up=is_up):
                self._end(pid)
            time.sleep(0.01)

    def _has_had_its_time(
        self, idle: float | None, rested: float, lived: float, *, is_up: bool
    ) -> bool:
        if not is_up:
            return lived > LONGEST_START
        if idle is not None:
            return rested > idle
        return not (self._lets_live() or self.mercy.is_asked)

    def _end(self, pid: int) -> None:
        with self._lock:
            in_good_order = self._rolls and self._random.random() < RESTARTED
        if in_good_order:
            self._restart(pid)
        if is_alive(pid):
            self._kill_from_outside(pid)

    def _restart(self, pid: int) -> None:
        """Ask a bot to stop, as for a new version; one that takes too long is killed."""
        os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + LONGEST_STOP
        while is_alive(pid) and time.monotonic() < end:
            time.sleep(0.02)
        if not is_alive(pid):
            self.restarted.add(pid)

    def _kill_from_outside(self, pid: int) -> None:
        if kill(pid):
            self._deaths.note(pid, "from outside")
        _bury(pid)

    def let_live(self) -> None:
        """Kill each bot a last time and start it without a fuse."""
        self._calm.set()
        for pid in filter(None, self.pids):
            self._kill_from_outside(pid)

    def ask_what_they_do(self) -> None:
        """Let each bot write into its log where each of its threads stands."""
        for pid in filter(None, self.pids):
            if is_alive(pid):
                os.killpg(pid, signal.SIGUSR1)

    def stop(self, grace: float = 30.0) -> None:
        """Ask every bot to stop, as an operator does, and wait until it has."""
        self._ended.set()
        end = time.monotonic() + grace
        while any(thread.is_alive() for thread in self._threads) and time.monotonic() < end:
            for pid in filter(None, self.pids):
                if is_alive(pid):
                    os.kill(pid, signal.SIGTERM)
            time.sleep(0.2)
        for pid in filter(None, self.pids):
            kill(pid)
        for thread in self._threads:
            thread.join(5)


def _bury(pid: int) -> None:
    """Wait until nothing is left of a killed bot, above all not its lock on a file."""
    while is_alive(pid):
        time.sleep(0.002)
