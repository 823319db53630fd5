"""The bot under test in a process of its own, and the nursery that forks one within milliseconds.

The nursery has every module loaded and no thread, no connection and no lock. It forks a bot for
each line it reads: the fork is a process like any other, and SIGKILL ends it like any other.
"""

from __future__ import annotations

import faulthandler
import functools
import gc
import importlib
import json
import os
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from hour48.supervisor import Part
from tests.chaos.clock import SharedClock, wrong_datetime
from tests.chaos.pulse import STARTS, Pulse

LEASE = timedelta(seconds=1)
CALL_SECONDS = 1
DOUBT_SECONDS = 0.3
BACKOFF_SECONDS = (0.1, 0.2, 0.4, 0.8)
LONGEST_WAIT = timedelta(seconds=10)
READY = "ready"
POLL_SECONDS = 0.1
"""How often a bot under test looks for what is due; it is not told that the clock was moved."""
WRONG_CLOCKS = (
    "apscheduler.schedulers.base",
    "bot.outbox.sender",
    "bot.outbox.leases",
    "bot.outbox.operations",
    "bot.probe_runs.service",
    "scheduler.clock_loop",
)


@dataclass(frozen=True)
class Orders:
    """How one bot is started.

    Args:
        settings: of the bot, as plain values.
        clock: the shared clock's file.
        log: where output and the place of its death go; a folder.
        crossings: at which failpoint it kills itself; None at none.
        only_calls: whether only failpoints around calls to Slack count.
        seed: for its fuse.
        mutation: which defect it has; see `tests.chaos.mutations`.
        wrong_clock: whether its machine's clock may step.
        pulse: the file of its signs of life.
    """

    settings: dict[str, Any]
    clock: str
    log: str
    crossings: int | None = None
    only_calls: bool = False
    seed: int = 0
    mutation: str | None = None
    wrong_clock: bool = False
    pulse: str = ""


class Nursery:
    """Starts bots; use it as a context manager."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Nursery:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.bot"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        if self._process.stdout.readline().strip() != READY:  # type: ignore[union-attr]  # opened as a pipe
            raise RuntimeError("The bot could not be loaded; what it said is above.")
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)

    def spawn(self, orders: Orders) -> int:
        """Start a bot and return its process id."""
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            self._process.stdin.write(json.dumps(asdict(orders)) + "\n")
            self._process.stdin.flush()
            return int(self._process.stdout.readline())


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def kill(pid: int) -> bool:
    """End one bot by SIGKILL, all of it; tells whether it lived."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def _make_haste(clock: SharedClock, *, wrong_clock: bool) -> None:
    """Shorten what the bot waits for, all alike, so that a thousand deaths fit into minutes."""
    from bot.outbox import leases, sender

    leases.LEASE = LEASE  # type: ignore[misc]  # its waits are shortened in this process alone
    sender.CALL_SECONDS = CALL_SECONDS  # type: ignore[misc]  # its waits are shortened in this process alone
    sender.DOUBT_SECONDS = DOUBT_SECONDS  # type: ignore[misc]  # its waits are shortened in this process alone
    sender.BACKOFF_SECONDS = BACKOFF_SECONDS  # type: ignore[misc]  # its waits are shortened in this process alone
    sender.LONGEST_WAIT = LONGEST_WAIT  # type: ignore[misc]  # its waits are shortened in this process alone
    if wrong_clock:
        for name in WRONG_CLOCKS:
            importlib.import_module(name).datetime = wrong_datetime(clock)  # type: ignore[attr-defined]  # its clock is replaced in this process alone


def _live(orders: Orders) -> None:
    from bot.logs import log_to
    from bot.settings import LogSettings, Settings
    from hour48.container import STOP_SECONDS, Bot
    from hour48.supervisor import keep_running
    from scheduler.clock_loop import ClockLoop
    from tests.chaos.failpoints import Fuse, arm
    from tests.chaos.mutations import mutate

    os.setsid()
    folder = Path(orders.log)
    out = os.open(folder / "bots.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    deaths = os.open(folder / "deaths.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(out, stream)
    faulthandler.register(signal.SIGUSR1, out)
    clock = SharedClock(Path(orders.clock))
    pulse = Pulse(Path(orders.pulse))
    _make_haste(clock, wrong_clock=orders.wrong_clock)
    arm(Fuse(orders.crossings, orders.seed, deaths, pulse, only_calls=orders.only_calls))
    mutate(orders.mutation)
    log_to(LogSettings(level="warning", form="console"))
    bot = Bot(Settings(**orders.settings), clock)
    bot.worker.clock_loop = ClockLoop(bot.core.runtime, POLL_SECONDS)
    *people, worker = bot.as_processes(lambda _page: pulse.add(STARTS))
    keep_running([*people, _beating(worker, pulse)], STOP_SECONDS)
    bot.core.release()


def _beating(part: Part, pulse: Pulse) -> Part:
    def live(ended: threading.Event) -> None:
        pulse.beat()
        part.live(ended)

    return replace(part, live=live)


def _load_everything() -> None:
    """Load what a bot needs, and keep what does not differ between bots, before the first fork."""
    modules = (
        "apscheduler.triggers.interval",
        "bot.metrics",
        "handlers.page_server",
        "handlers.reports",
        "handlers.web",
        "psycopg",
        "slack_bolt.adapter.socket_mode",
        "tests.chaos.failpoints",
        "tests.chaos.mutations",
        "uvicorn.protocols.http.auto",
        "uvicorn.protocols.websockets.auto",
    )
    for name in modules:
        importlib.import_module(name)
    import bot.playbook.loader as loader

    read = loader.load_playbook
    standard = read(None)
    loader.load_playbook = lambda folder=None: read(folder) if folder else standard
    ssl.create_default_context = functools.cache(ssl.create_default_context)
    _build_one()
    gc.collect()
    gc.freeze()


def _build_one() -> None:
    """Build a bot that is never started, so that all its modules are there."""
    from bot.settings import Settings
    from hour48.container import Bot

    with tempfile.TemporaryDirectory() as folder:
        slack = {"bot_token": "xoxb-none", "app_token": "xapp-none"}
        database = {"url": f"sqlite:///{folder}/never.db"}
        built = Bot(Settings(slack=slack, database=database))
        built.core.engine.dispose()


def nursery() -> None:
    """Fork a bot for each line of orders, and answer its process id."""
    _load_everything()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    parent = os.getpid()
    print(READY, flush=True)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _die_with(parent)
            try:
                _live(Orders(**json.loads(line)))
            except BaseException:
                import traceback

                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        print(pid, flush=True)


def _die_with(parent: int) -> None:
    """Leave no bot behind when the harness is gone."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    nursery()
