"""Time the prompts of one minute for many sprints, beside APScheduler's own job store."""

from __future__ import annotations

import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import func, select

from bot.clock import CompressedClock
from bot.playbook.loader import load_playbook
from bot.store.database import migrate, open_engine
from bot.store.models import OutboxItem, Timer
from bot.usecases.due import run_due
from bot.usecases.house import House
from tests.bench.rows import row
from tests.databases import KINDS, fresh_database
from tests.load.crowd import fill_running

NAMES = ("due_10k_seconds", "due_10k_seconds_postgresql")
SPRINTS = 10_000
NOW = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)
HOUR = 6


def due_seconds(kind: str, folder: Path, sprints: int, hour: int = HOUR) -> float:
    """Return the seconds until every prompt of the minute stands in the outbox, once."""
    engine = open_engine(fresh_database(kind, folder))
    migrate(engine)
    fill_running(engine, sprints, NOW, hour)
    house = House(engine, CompressedClock(NOW), load_playbook())
    started = time.monotonic()
    run_due(house)
    seconds = time.monotonic() - started
    with house.reading_sessions() as session:
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
    return seconds


class _Bell:
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


_bell = _Bell(0)


def _fire() -> None:
    _bell.ring()


def apscheduler_seconds(folder: Path, jobs: int) -> float:
    """Return the seconds in which APScheduler's store takes up so many jobs and fires them."""
    global _bell  # noqa: PLW0603 - a stored job finds its function by name
    _bell = _Bell(jobs)
    scheduler = BackgroundScheduler(
        timezone=UTC,
        jobstores={"default": SQLAlchemyJobStore(url=f"sqlite:///{folder / 'jobs.db'}")},
        executors={"default": ThreadPoolExecutor(10)},
        job_defaults={"misfire_grace_time": None},
    )
    scheduler.start(paused=True)
    started = time.monotonic()
    at = datetime.now(UTC) - timedelta(seconds=1)
    for number in range(jobs):
        scheduler.add_job(_fire, "date", run_date=at, id=f"sprint-{number}")
    scheduler.resume()
    _bell.all_rang.wait()
    seconds = time.monotonic() - started
    scheduler.shutdown(wait=True)
    return seconds


def measurements(sprints: int = SPRINTS) -> list[dict[str, Any]]:
    """Return the time of one minute's prompts on both databases."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        theirs = apscheduler_seconds(folder, sprints)
        ours = {kind: due_seconds(kind, folder, sprints) for kind in KINDS}
    peer = "APScheduler SQLAlchemyJobStore, add and fire"
    return [
        row("due_10k_seconds", ours["sqlite"], "s", peer, theirs),
        row("due_10k_seconds_postgresql", ours["postgresql"], "s", peer, theirs),
    ]
