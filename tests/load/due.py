"""Time the prompts of one minute for many sprints, beside APScheduler's own job store."""

from __future__ import annotations

import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import func, select

from bot.clock import CompressedClock
from bot.db.engine import migrate, open_engine
from bot.db.models import Timer
from bot.db.outbox_models import OutboxItem
from bot.playbook.loader import load_playbook
from bot.timers.dispatcher import run_due
from bot.unit_of_work import Runtime
from tests.bench.rows import row
from tests.databases import KINDS, fresh_database
from tests.load.crowd import fill_running

NAMES = (
    "due_10k_seconds",
    "due_10k_seconds_postgresql",
    "due_10k_processor_seconds",
    "due_10k_processor_seconds_postgresql",
)
SPRINTS = 10_000
NOW = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)
HOUR = 6


class Taken(NamedTuple):
    """How long something took.

    Args:
        seconds: by the clock on the wall.
        processor: of this process alone, which a busy machine changes less.
    """

    seconds: float
    processor: float


class _Watch:
    def __init__(self) -> None:
        self._wall, self._processor = time.monotonic(), time.process_time()

    def taken(self) -> Taken:
        return Taken(time.monotonic() - self._wall, time.process_time() - self._processor)


def due_taken(kind: str, folder: Path, sprints: int, hour: int = HOUR) -> Taken:
    """Return what it takes until every prompt of the minute stands in the outbox, once."""
    engine = open_engine(fresh_database(kind, folder))
    migrate(engine)
    fill_running(engine, sprints, NOW, hour)
    runtime = Runtime(engine, CompressedClock(NOW), load_playbook())
    watch = _Watch()
    run_due(runtime)
    taken = watch.taken()
    with runtime.reading_sessions() as session:
        posted = session.scalar(
            select(func.count())
            .select_from(OutboxItem)
            .where(OutboxItem.key.endswith(f":prompt:{hour}"), OutboxItem.state == "waiting")
        )
        left = session.scalar(
            select(func.count())
            .select_from(Timer)
            .where(Timer.state == "waiting", Timer.due_at <= NOW)
        )
    engine.dispose()
    if (posted, left) != (sprints, 0):
        raise RuntimeError(f"{posted} of {sprints} prompts, {left} timers left")
    return taken


class _Alarm:
    """Counts the jobs that have fired."""

    def __init__(self, expected: int) -> None:
        self._left = expected
        self._lock = threading.Lock()
        self.all_rang = threading.Event()

    def ring(self) -> None:
        with self._lock:
            self._left -= 1
            if not self._left:
                self.all_rang.set()


_alarm = _Alarm(0)


def _with_driver(url: str) -> str:
    """Name our driver, as SQLAlchemy would take another one for PostgreSQL."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def _fire() -> None:
    _alarm.ring()


def apscheduler_taken(kind: str, folder: Path, jobs: int) -> Taken:
    """Return what it takes APScheduler's store to take up so many jobs and fire them."""
    global _alarm  # noqa: PLW0603 - a stored job finds its function by name
    _alarm = _Alarm(jobs)
    scheduler = BackgroundScheduler(
        timezone=UTC,
        jobstores={"default": SQLAlchemyJobStore(url=_with_driver(fresh_database(kind, folder)))},
        executors={"default": ThreadPoolExecutor(10)},
        job_defaults={"misfire_grace_time": None},
    )
    scheduler.start(paused=True)
    watch = _Watch()
    at = datetime.now(UTC) - timedelta(seconds=1)
    for number in range(jobs):
        scheduler.add_job(_fire, "date", run_date=at, id=f"sprint-{number}")
    scheduler.resume()
    _alarm.all_rang.wait()
    taken = watch.taken()
    scheduler.shutdown(wait=True)
    return taken


def measurements(sprints: int = SPRINTS) -> list[dict[str, Any]]:
    """Return the time of one minute's prompts on both databases."""
    peer = "APScheduler SQLAlchemyJobStore on the same database, add and fire"
    rows = []
    for kind, suffix in zip(KINDS, ("", "_postgresql"), strict=True):
        with tempfile.TemporaryDirectory() as theirs_in, tempfile.TemporaryDirectory() as ours_in:
            theirs = apscheduler_taken(kind, Path(theirs_in), sprints)
            ours = due_taken(kind, Path(ours_in), sprints)
        processor = f"due_10k_processor_seconds{suffix}"
        rows += [
            row(f"due_10k_seconds{suffix}", ours.seconds, "s", peer, theirs.seconds),
            row(processor, ours.processor, "s", peer, theirs.processor),
        ]
    return rows
