"""Time acks while ten thousand sprints fall due, beside a bare Bolt app that only acks."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psutil
from sqlalchemy import Engine, func, select

from bot.db.engine import migrate, open_engine
from bot.db.outbox_models import OutboxItem
from tests.bench.rows import row
from tests.databases import KINDS, fresh_database
from tests.load.crowd import SECRET, fill_running
from tests.load.press import Acks, press

FIGURES = (
    "ack_p99_ms",
    "ack_p50_ms",
    "ack_slowest_ms",
    "ready_10k_seconds",
    "idle_cpu_percent",
    "busy_10k_mb",
)
NAMES = tuple(figure + suffix for suffix in ("", "_postgresql") for figure in FIGURES)
SPRINTS = 10_000
RATE = 100.0
SECONDS = 30.0
HOUR = 6
ASKED_WITHIN = 30.0
"""Seconds after the presses in which the last prompts may still be asked."""
WARM_UP = 2.0
"""Seconds of presses before those that count, for both: a bot starts once and serves for months."""


@dataclass(frozen=True, slots=True)
class Served:
    """A process that serves a page, and the seconds until it said that it was ready."""

    url: str
    process: psutil.Popen
    seconds: float


def free_port() -> int:
    """Return a port of the loopback that is free now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def serving(command: list[str], port: int, path: str, **variables: str) -> Iterator[Served]:
    """Run a server until the block ends; it has answered at `path` when the block begins."""
    url = f"http://127.0.0.1:{port}"
    started = time.monotonic()
    process = psutil.Popen(
        command, env={**os.environ, **variables}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        while not _answers(url + path):
            if process.poll() is not None:
                raise RuntimeError(process.stderr.read().decode()[-2000:])
            time.sleep(0.02)
        yield Served(url, process, time.monotonic() - started)
    finally:
        process.terminate()
        process.communicate(timeout=30)


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@contextmanager
def stub_slack() -> Iterator[str]:
    """Serve a Slack that says yes."""
    port = free_port()
    with serving([sys.executable, "-m", "tests.load.stub", str(port)], port, "/") as stub:
        yield stub.url


@contextmanager
def bot_on(database: str, slack: str, folder: Path) -> Iterator[Served]:
    """Serve the bot as `hour48 run` does, in HTTP mode."""
    port = free_port()
    config = folder / "hour48.toml"
    config.write_text(
        f'[slack]\nmode = "http"\nbot_token = "xoxb-load"\nsigning_secret = "{SECRET}"\n'
        f'api_url = "{slack}/api/"\n[database]\nurl = "{database}"\n'
        f'[server]\nport = {port}\n[log]\nlevel = "error"\n',
        "utf-8",
    )
    command = [sys.executable, "-m", "hour48", "run", "--config", str(config)]
    with serving(command, port, "/healthz") as bot:
        yield bot


def bare_acks(seconds: float, rate: float = RATE) -> Acks:
    """Press a bare Bolt app."""
    port = free_port()
    command = [sys.executable, "-m", "tests.load.bare", str(port)]
    with stub_slack() as slack, serving([*command, slack], port, "/healthz") as bare:
        press(f"{bare.url}/slack/events", rate, WARM_UP, HOUR, bare.url)
        return press(f"{bare.url}/slack/events", rate, seconds, HOUR, bare.url)


@dataclass(frozen=True, slots=True)
class UnderLoad:
    """What was seen of a bot: acks while prompts fell due, its start, its rest."""

    acks: Acks
    ready_seconds: float
    idle_share: float
    megabytes: float


def bot_under_load(
    kind: str, folder: Path, sprints: int, seconds: float, idle_seconds: float, rate: float = RATE
) -> UnderLoad:
    """Start a bot with so many sprints, let it rest, then press while their prompts fall due."""
    database = fresh_database(kind, folder)
    engine = open_engine(database)
    migrate(engine)
    fill_running(engine, sprints, datetime.now(UTC) + timedelta(hours=1), HOUR)
    with stub_slack() as slack, bot_on(database, slack, folder) as bot:
        share = _cpu_share(bot.process, idle_seconds)
        press(f"{bot.url}/slack/events", rate, WARM_UP, HOUR - 1, f"{slack}/answer")
        _fall_due(engine, kind, datetime.now(UTC) + timedelta(seconds=seconds / 4))
        acks = press(f"{bot.url}/slack/events", rate, seconds, HOUR - 1, f"{slack}/answer")
        memory = _megabytes(bot.process)
        asked = _asked(engine, sprints)
    engine.dispose()
    if asked != sprints:
        raise RuntimeError(f"{asked} of {sprints} sprints were asked")
    return UnderLoad(acks, bot.seconds, share, memory)


def _fall_due(engine: Engine, kind: str, due: datetime) -> None:
    """Let the prompts of the hour fall due at a moment."""
    with engine.begin() as connection:
        connection.exec_driver_sql(_moved(kind), (_bound(kind, due), _bound(kind, due)))


def _asked(engine: Engine, sprints: int) -> int:
    """Return how many sprints were asked, once all were or their minute is over."""
    until = time.monotonic() + ASKED_WITHIN
    while (asked := _count_asked(engine)) < sprints and time.monotonic() < until:
        time.sleep(0.5)
    return asked


def _count_asked(engine: Engine) -> int:
    with engine.connect().execution_options(read_only=True) as connection:
        asked = select(func.count()).where(OutboxItem.key.endswith(f":prompt:{HOUR}"))
        return int(connection.execute(asked).scalar_one())


def _moved(kind: str) -> str:
    mark = "?" if kind == "sqlite" else "%s"
    return (
        f"UPDATE timers SET due_at = {mark}, nominal_at = {mark} "
        f"WHERE key = 'prompt:{HOUR}' AND state = 'waiting'"
    )


def _bound(kind: str, moment: datetime) -> Any:
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f") if kind == "sqlite" else moment


def _family(process: psutil.Popen) -> list[psutil.Process]:
    """Return the processes of a bot."""
    return [process, *process.children(recursive=True)]


def _megabytes(process: psutil.Popen) -> float:
    """Return the memory of a bot's processes; what they share counts once."""
    return float(sum(each.memory_full_info().pss for each in _family(process))) / 1024 / 1024


def _cpu_seconds(process: psutil.Popen) -> float:
    times = [each.cpu_times() for each in _family(process)]
    return float(sum(each.user + each.system for each in times))


def _cpu_share(process: psutil.Popen, seconds: float) -> float:
    time.sleep(5)  # what starts up has its own figure
    before = _cpu_seconds(process)
    time.sleep(seconds)
    return (_cpu_seconds(process) - before) / seconds


def measurements(sprints: int = SPRINTS, seconds: float = SECONDS) -> list[dict[str, Any]]:
    """Return acks, start, rest and memory, for both databases, the bare app before each of them.

    A machine that others use is faster in one minute than in the next.
    """
    rows = []
    for kind, suffix in zip(KINDS, ("", "_postgresql"), strict=True):
        bare = bare_acks(seconds)
        with tempfile.TemporaryDirectory() as folder:
            seen = bot_under_load(kind, Path(folder), sprints, seconds, 20)
        if seen.acks.refused:
            refused, p99 = seen.acks.refused, seen.acks.p(99)
            raise RuntimeError(f"{len(refused)} not acked: {refused[:3]}; p99 {p99:.0f} ms")
        rows += [
            row(f"ack_p99_ms{suffix}", seen.acks.p(99), "ms", "bare Bolt", bare.p(99)),
            row(f"ack_p50_ms{suffix}", seen.acks.p(50), "ms", "bare Bolt", bare.p(50)),
            row(f"ack_slowest_ms{suffix}", seen.acks.slowest, "ms", "the limit", 1000.0),
            row(f"ready_10k_seconds{suffix}", seen.ready_seconds, "s", "the limit", 2.0),
            row(f"idle_cpu_percent{suffix}", seen.idle_share * 100, "%", "the limit", 1.0),
            row(f"busy_10k_mb{suffix}", seen.megabytes, "MB", "the limit", 300.0),
        ]
    return rows
