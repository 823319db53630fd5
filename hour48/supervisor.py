"""Supervisor: runs the bot's parts as processes, and replaces those that die or hang.

Each part has an interpreter of its own, so that none waits for another.

The first process loads and builds everything, runs no thread, and forks the parts: they share
what is loaded, and a part that dies is there again within a moment. A part is forked as soon as
what it needs is there. When the first process is gone, however that came, its parts end as well.
"""

from __future__ import annotations

import gc
import mmap
import os
import select
import signal
import struct
import sys
import threading
import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import structlog

from bot.domain.errors import InputError

log = structlog.get_logger()

REFUSED: Final = 2
"""The exit code of a part that cannot work as it is configured; a new one could not either."""
LONGEST_REFUSAL: Final = 4096
"""Bytes; so many are written at once or not at all."""
ENDING: Final = frozenset({signal.SIGINT, signal.SIGTERM})
SHORT_LIFE: Final = 5.0
"""Seconds; a part that lived for less is not replaced at once, as its next one may die as well."""
PAUSE: Final = 2
"""Seconds until a part that lived shortly is replaced."""
BEAT_SECONDS: Final = 2.0
"""How often a part writes down when its work last made progress."""
CHECK_SECONDS: Final = 5.0
HUNG_SECONDS: Final = 15.0
"""A part whose work made no progress for so long, at two checks in a row, is killed and replaced:
within 30 seconds. Two checks, since a machine that slept would look hung at the first one."""
MOST_PARTS: Final = 256


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the bot that runs in its own process.

    Args:
        name: for the log and for `ps`.
        live: works until the event is set.
        niceness: how far it stands back where the processor is wanted by others as well.
        progressed_at: when its work last made progress, by `time.monotonic`; asked in the part's
            own process once it lives. None where a process that lives is all that can be known.
        load: loads, in the first process, what this part needs and those before it did not.
        is_temporary: ends by itself once another part does its work, and is not replaced then.
    """

    name: str
    live: Callable[[threading.Event], None]
    niceness: int = 0
    progressed_at: Callable[[], float] | None = None
    load: Callable[[], None] | None = None
    is_temporary: bool = False


class Heartbeats:
    """When each part last made progress, in memory that all processes share."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, MOST_PARTS * 8)
        self._places: dict[str, int] = {}

    def watch(self, names: Iterable[str]) -> None:
        """Expect parts to make progress from now on; before any of them is forked."""
        for name in names:
            self._places[name] = len(self._places)
            self.write(name, time.monotonic())

    def write(self, name: str, at: float) -> None:
        """Note when a part last made progress."""
        struct.pack_into("d", self._memory, self._places[name] * 8, at)

    def hung(self) -> frozenset[str]:
        """Return the parts that have made no progress for `HUNG_SECONDS`; any process may ask."""
        oldest = time.monotonic() - HUNG_SECONDS
        last = {
            name: struct.unpack_from("d", self._memory, place * 8)[0]
            for name, place in self._places.items()
        }
        return frozenset(name for name, at in last.items() if at < oldest)


HEARTBEATS: Final = Heartbeats()
"""Those of this program's parts."""


def keep_running(parts: Sequence[Part], stop_seconds: float) -> None:
    """Run the parts until this process is asked to end, and replace those that die.

    Args:
        parts: what to run.
        stop_seconds: how long a part may take to stop.

    Raises:
        InputError: a part cannot work as it is configured; none runs any more.
    """
    _Supervisor(stop_seconds).run(parts)


class _Supervisor:
    """The first process; see `keep_running`."""

    def __init__(self, stop_seconds: float) -> None:
        self._stop_seconds = stop_seconds
        self._leash = os.pipe()
        self._refusals = os.pipe()
        self._signals = _Signals()
        self._living: dict[int, tuple[Part, float]] = {}
        self._suspected: set[int] = set()

    def run(self, parts: Sequence[Part]) -> None:
        HEARTBEATS.watch(part.name for part in parts if part.progressed_at is not None)
        try:
            for part in parts:
                if part.load is not None:
                    part.load()
                self._start(part)
            while self._signals.wait(CHECK_SECONDS) not in ENDING and self._replace_the_dead():
                self._kill_the_hung()
        finally:
            self._end()

    def _kill_the_hung(self) -> None:
        """Kill parts that make no progress; they are replaced as any that die."""
        names = HEARTBEATS.hung()
        hung = {pid for pid, (part, _began) in self._living.items() if part.name in names}
        for pid in hung & self._suspected:
            log.error("process.hung", part=self._living[pid][0].name)
            os.kill(pid, signal.SIGKILL)
        self._suspected = hung

    def _start(self, part: Part) -> None:
        if part.progressed_at is not None:
            HEARTBEATS.write(part.name, time.monotonic())
        gc.freeze()  # the parts share what is loaded, as long as nobody looks through it
        # Until a part listens, what it is told waits: the first one's own ears would take it.
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        pid = os.fork()
        if pid == 0:
            self._signals.forget()
            os.close(self._leash[1])
            _be(part, self._leash[0], self._refusals[1])
        self._living[pid] = part, time.monotonic()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)

    def _replace_the_dead(self) -> bool:
        """Fork again what has died; return whether the bot is to go on."""
        for pid, code in self._ended():
            part, began = self._living.pop(pid)
            if code == REFUSED:
                refusal = os.read(self._refusals[0], LONGEST_REFUSAL).decode()
                raise InputError(refusal.split("\0")[0])  # another part may have said so as well
            if part.is_temporary and not code:
                continue
            log.error("process.died", part=part.name, code=code)
            if time.monotonic() - began < SHORT_LIFE and self._signals.wait(PAUSE) in ENDING:
                return False
            self._start(part)
        return True

    def _ended(self) -> Iterator[tuple[int, int]]:
        """Yield the parts that have ended, each with its exit code.

        In a container this is the first process of all, to which the orphans of a part come.
        """
        while self._living:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            if pid in self._living:
                yield pid, os.waitstatus_to_exitcode(status)

    def _end(self) -> None:
        """Ask all parts to end, and wait until they have."""
        for pid in self._living:
            os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + self._stop_seconds + 1
        while self._living and (left := until - time.monotonic()) > 0:
            for pid, _code in self._ended():
                del self._living[pid]
            if self._living:
                self._signals.wait(left)
        for pid in self._living:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


class _Signals:
    """What the first process is told: that it is to end, or that a part has ended."""

    def __init__(self) -> None:
        self._ready_pipe, write_end = os.pipe()
        os.set_blocking(write_end, False)
        signal.set_wakeup_fd(write_end)
        for number in (*ENDING, signal.SIGCHLD):
            signal.signal(number, lambda *_: None)

    def wait(self, seconds: float | None = None) -> int | None:
        """Return the next one; None when there was none in so many seconds."""
        ready, _, _ = select.select([self._ready_pipe], [], [], seconds)
        return os.read(self._ready_pipe, 1)[0] if ready else None

    def forget(self) -> None:
        """Let them be told to this process as to any other."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def _be(part: Part, leash: int, refusals: int) -> NoReturn:
    """Be a part until it ends, in a process of its own."""
    code = 1
    try:
        code = _live(part, leash, refusals)
    except BaseException:
        log.exception("process.failed", part=part.name)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # what the first process has open is not this one's to close


def _live(part: Part, leash: int, refusals: int) -> int:
    """Live as the part; return its exit code."""
    ended = threading.Event()
    for number in ENDING:
        signal.signal(number, lambda *_: ended.set())
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
    threading.Thread(target=_end_with_the_first, args=(leash,), daemon=True).start()
    if part.progressed_at is not None:
        beating = (part.name, part.progressed_at)
        threading.Thread(target=_beat, args=beating, daemon=True).start()
    os.nice(part.niceness)
    try:
        part.live(ended)
    except InputError as refusal:
        os.write(refusals, f"{refusal.message}\0".encode())
        return REFUSED
    return 0


def _beat(name: str, progressed_at: Callable[[], float]) -> None:
    began = time.monotonic()  # what was built before a fork may have made none for long
    while True:
        HEARTBEATS.write(name, max(began, progressed_at()))
        time.sleep(BEAT_SECONDS)


def _end_with_the_first(leash: int) -> None:
    os.read(leash, 1)  # nobody writes: it returns when the first process is gone
    os._exit(1)


class Wakeups:
    """Tells another process that something has changed, so that it need not look all the time.

    Args:
        names: what it can tell; at most 256.
    """

    def __init__(self, names: Sequence[Hashable]) -> None:
        self.names: tuple[Any, ...] = tuple(names)
        self._ear, self._rope = os.pipe()
        os.set_blocking(self._rope, False)

    def ring(self, name: Hashable) -> None:
        """Tell that it has changed; whoever is told often enough already need not be."""
        with suppress(BlockingIOError):
            os.write(self._rope, bytes([self.names.index(name)]))

    def listen(self, heard: Mapping[Any, Callable[[], None]]) -> None:
        """Do in the background, from now on, what belongs to each name that is told.

        Args:
            heard: by name, what to do; it does not raise.
        """

        def hear() -> None:
            while data := os.read(self._ear, 4096):
                for number in set(data):
                    heard[self.names[number]]()

        threading.Thread(target=hear, name="wakeups", daemon=True).start()
