"""Measure what replicas add, what one bot delivers, and what a hanging workspace takes from others.

Each replica is a process with the real delivery on one PostgreSQL; Slack is a server on loopback
that takes 0.2 s for a call, and 10 s for a call of the workspace that hangs. Ratios are measured
with few workers a replica, so that calls wait for Slack and not for this machine's processors.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func, insert, select

from bot.db.engine import migrate, open_engine
from bot.db.outbox_models import OutboxItem
from bot.outbox.queue import channel_queue
from tests.bench.rows import row
from tests.databases import fresh_database
from tests.load.ack import free_port

NAMES = (
    "replicas_2_ratio",
    "replicas_3_ratio",
    "replica_calls_per_second",
    "hanging_healthy_percent",
)
GOALS = {
    "replicas_2_ratio": 1.8,
    "replicas_3_ratio": 2.5,
    "replica_calls_per_second": 150.0,
    "hanging_healthy_percent": 95.0,
}
LATENCY = 0.2
FEW_WORKERS, WORKERS = 8, 40
TENANTS, CHANNELS, MESSAGES = 300, 4, 60
HEALTHY = 50
WARM_UP, WINDOW = 5.0, 15.0
HANGS = "HANGS"
"""The workspace whose calls take 10 s."""


def fill(engine: Engine, teams: list[str], messages: int) -> None:
    """Write messages that wait, in a few channels of each workspace."""
    now = datetime.now(UTC)
    rows = [
        {
            "team_id": team,
            "key": f"load:{number}",
            "queue": channel_queue(f"C{team}{number % CHANNELS}"),
            "kind": "message",
            "priority": 50,
            "body": {"text": "Hour 6", "blocks": []},
            "state": "waiting",
            "created_at": now,
        }
        for number in range(messages)
        for team in teams
    ]
    with engine.begin() as connection:
        for start in range(0, len(rows), 5_000):
            connection.execute(insert(OutboxItem), rows[start : start + 5_000])
        connection.exec_driver_sql("ANALYZE")


def sent(engine: Engine) -> int:
    """Return how many messages of workspaces that do not hang were delivered."""
    with engine.connect() as connection:
        done = select(func.count()).where(OutboxItem.state == "sent", OutboxItem.team_id != HANGS)
        return int(connection.execute(done).scalar_one())


@contextmanager
def slow_slack() -> Iterator[str]:
    """Run a Slack that takes its time, and yield its address."""
    port = free_port()
    command = [sys.executable, "-m", "tests.load.stub", str(port), str(LATENCY)]
    process = subprocess.Popen(command)
    try:
        time.sleep(1.5)
        yield f"http://127.0.0.1:{port}/api/"
    finally:
        process.terminate()
        process.wait(10)


def rate(
    teams: list[str],
    replicas: int,
    workers: int,
    *,
    messages: int = MESSAGES,
    warm_up: float = WARM_UP,
    window: float = WINDOW,
) -> float:
    """Return how many messages a second so many replicas deliver."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = fresh_database("postgresql", folder)
        engine = open_engine(url)
        stack.callback(engine.dispose)
        migrate(engine)
        fill(engine, teams, messages)
        slack = stack.enter_context(slow_slack())
        command = [sys.executable, "-m", "tests.load.replica", url, slack, str(workers)]
        for _ in range(replicas):
            process = subprocess.Popen(command, stdin=subprocess.PIPE)
            stack.callback(process.wait, 40)
            stack.callback(process.stdin.close)  # type: ignore[union-attr]  # opened as a pipe
        time.sleep(warm_up)
        before, began = sent(engine), time.monotonic()
        time.sleep(window)
        return (sent(engine) - before) / (time.monotonic() - began)


def measurements() -> list[dict[str, Any]]:
    """Return the figures, each beside its goal."""
    tenants = [f"T{number:04d}" for number in range(TENANTS)]
    one, two, three = (rate(tenants, replicas, FEW_WORKERS) for replicas in (1, 2, 3))
    many = rate(tenants, 1, WORKERS)
    healthy = tenants[:HEALTHY]
    alone = rate(healthy, 1, WORKERS, messages=4 * MESSAGES)
    beside = rate([*healthy, HANGS], 1, WORKERS, messages=4 * MESSAGES)
    found = {
        "replicas_2_ratio": (two / one, "times one replica's rate"),
        "replicas_3_ratio": (three / one, "times one replica's rate"),
        "replica_calls_per_second": (many, "calls/s at 0.2 s a call"),
        "hanging_healthy_percent": (100 * beside / alone, "% of the rate without it"),
    }
    return [
        row(name, value, unit, "goal, at least", GOALS[name])
        for name, (value, unit) in found.items()
    ]
