"""Wakes at the next due row, by a job in APScheduler, and looks for due rows every few seconds.

The look uses a monotonic clock; APScheduler uses the machine's wall clock, and would wait for two
hours more when that is set back by two hours.

The rows are the truth. An alarm that is lost with its process costs nothing, and several bots may
ring at once, since each timer is claimed with its sprint's row.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import SQLAlchemyError

from bot.timers.dispatcher import next_due_at, run_due
from bot.unit_of_work import Runtime

log = structlog.get_logger()

POLL_SECONDS: Final = 5
"""How long a timer that another bot wrote can wait until this one hears of it."""
BUSY_SECONDS: Final = 0.5
"""How long to leave due rows alone that another bot, or somebody's click, has in hand."""
LONGEST_WAIT: Final = timedelta(hours=1)
SAME_MOMENT: Final = timedelta(milliseconds=20)


class ClockLoop:
    """Rings when something is due.

    Args:
        runtime: where use cases happen.
        poll_seconds: how often to look without being asked.
    """

    def __init__(self, runtime: Runtime, poll_seconds: float = POLL_SECONDS) -> None:
        self._runtime = runtime
        self._poll_seconds = poll_seconds
        self._ringing = threading.Lock()
        self._scheduler = BackgroundScheduler(
            timezone=UTC, executors={"default": ThreadPoolExecutor(2)}
        )
        self._stopped = threading.Event()
        self._looking = threading.Thread(target=self._look_until_stopped, name="alarm", daemon=True)
        self.last_rang: datetime | None = None
        self.progressed_at = time.monotonic()
        runtime.on_commit(self._note_progress)

    def _note_progress(self) -> None:
        self.progressed_at = time.monotonic()

    def start(self) -> None:
        """Ring in the background until `stop`."""
        self._note_progress()
        self._scheduler.start()
        self._looking.start()

    def stop(self) -> None:
        """Finish what is ringing and ring no more."""
        self._stopped.set()
        self._looking.join()
        self._scheduler.shutdown(wait=True)

    def _look_until_stopped(self) -> None:
        while not self._stopped.is_set():
            try:
                self.ring()
            except Exception:  # whatever it was, the next look may find it gone
                log.exception("alarm.look_failed")
            self._note_progress()
            self._stopped.wait(self._poll_seconds)

    def ring(self) -> int:
        """Run what is due and set the alarm for what comes next.

        Returns:
            How many timers were done.
        """
        with self._ringing:
            done = 0
            try:
                done = run_due(self._runtime)
            except Exception:  # a database that is away must not silence the alarm
                log.exception("alarm.failed")
            self.last_rang = datetime.now(UTC)
        self._look_ahead(0.0 if done else BUSY_SECONDS)
        return done

    def look_ahead(self) -> None:
        """Set the alarm for the next due row; call it after rows have changed.

        While it rings there is no need: it looks ahead itself when it is done.
        """
        if self._scheduler.running and not self._ringing.locked():
            self._look_ahead(0.0)

    def _look_ahead(self, at_least: float) -> None:
        """Set the alarm; what is committed stays so when the database cannot be asked just now."""
        try:
            due = next_due_at(self._runtime)
        except SQLAlchemyError:
            log.exception("alarm.look_ahead_failed")
            return
        wait = self._runtime.clock.real_seconds_until(due) if due else float("inf")
        if self._scheduler.running and wait <= LONGEST_WAIT.total_seconds():
            self._set(max(wait, at_least))

    def _set(self, wait: float) -> None:
        at = datetime.now(UTC) + timedelta(seconds=wait)
        job = self._scheduler.get_job("next")
        if job is not None and abs(job.next_run_time - at) < SAME_MOMENT:
            return  # at rest; setting it anew would wake APScheduler at every look
        self._scheduler.add_job(
            self.ring,
            "date",
            run_date=at,
            id="next",
            replace_existing=True,
            max_instances=2,
            misfire_grace_time=None,
        )
