"""Keeps one serving process running for each deployment that the rows ask for.

Each is `hour48 serve`, which replaces its own workers within moments. This module starts it when a
row asks for it, again when it dies, and ends it when no row asks for it any more.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.deployments import queries
from bot.isolation.environment import scrubbed
from bot.settings import LogSettings, ServingSettings
from bot.unit_of_work import Runtime
from serving.folders import kept_folder

log = structlog.get_logger()

LOOK_SECONDS: Final = 5.0
"""How often the rows are read while nothing wakes it."""
POLL_SECONDS: Final = 0.1
"""How often it is seen whether a process has died."""
SHORT_LIFE: Final = 5.0
PAUSE_SECONDS: Final = 2.0
"""How long one that lived shortly is not started again; it would fail again at once."""
END_SECONDS: Final = 8.0
LAST_PORT: Final = 65_535
NEEDED: Final = ("HOUR48_CONFIG", "HOUR48_DATABASE__U*", "HOUR48_LOG*", "HOUR48_SERVING__*", "PG*")
"""Variables of a serving process: not the bot's token, and no key of its encryption."""


@dataclass(slots=True)
class _Running:
    """A serving process and when it began."""

    process: subprocess.Popen[bytes]
    began: float


class ServingProcesses:
    """Starts, replaces and ends the serving processes of this machine.

    Args:
        runtime: whose rows say what is to be served.
        settings: where and by how many workers.
        database_url: the database; handed on in the environment, where no `ps` shows it.
        logs: what each of them logs.
    """

    def __init__(
        self,
        runtime: Runtime,
        settings: ServingSettings,
        database_url: str,
        logs: LogSettings | None = None,
    ) -> None:
        self._runtime = runtime
        self._settings = settings
        self._environment = {"HOUR48_DATABASE__URL": database_url}
        for name, value in (logs or LogSettings()).model_dump(exclude_unset=True).items():
            self._environment[f"HOUR48_LOG__{name.upper()}"] = value
        self._running: dict[int, _Running] = {}
        self._not_before: dict[int, float] = {}
        self._cache = ""
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="serving", daemon=True)

    def start(self) -> None:
        """Keep them running in the background until `stop`."""
        if self._settings.workers:
            self._cache = str(kept_folder(self._settings.models_folder))
            self._thread.start()

    def wake(self) -> None:
        """Read the rows now."""
        self._wake.set()

    def stop(self) -> None:
        """End them all; what they were answering is finished."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()
        for number in list(self._running):
            self._end(number)

    def run_until(self, ended: threading.Event) -> None:
        """Keep them running in this thread until stopped."""
        self.start()
        ended.wait()
        self.stop()

    def _work(self) -> None:
        wanted: set[int] = set()
        looked = 0.0
        while not self._stop.is_set():
            if self._wake.is_set() or time.monotonic() - looked >= LOOK_SECONDS:
                self._wake.clear()
                looked = time.monotonic()
                wanted = self._wanted(wanted)
            self._reconcile(wanted)
            self._wake.wait(POLL_SECONDS if self._running else LOOK_SECONDS)

    def _wanted(self, before: set[int]) -> set[int]:
        """Return what is to be served; as before while the database is away."""
        try:
            with self._runtime.reading_sessions() as session:
                return {row.id for row in queries.to_serve(session)}
        except SQLAlchemyError as away:
            log.warning("serving.rows_away", error=type(away).__name__)
            return before

    def _reconcile(self, wanted: set[int]) -> None:
        for number in list(self._running):
            if number not in wanted:
                self._end(number)
            elif self._running[number].process.poll() is not None:
                self._bury(number)
        for number in sorted(wanted - self._running.keys()):
            if time.monotonic() >= self._not_before.get(number, 0.0):
                self._start(number)

    def _start(self, number: int) -> None:
        port = self._settings.port and self._settings.port + number - 1
        arguments = {
            "--deployment": number,
            "--host": self._settings.host,
            "--port": port if port <= LAST_PORT else 0,
            "--workers": self._settings.workers,
            "--cache": self._cache,
        }
        typed = [word for pair in arguments.items() for word in map(str, pair)]
        process = subprocess.Popen(  # noqa: S603 - our own module, no shell
            [sys.executable, "-m", "hour48.serving_child", "serve", *typed],
            stdin=subprocess.PIPE,
            env=scrubbed(NEEDED) | self._environment,
        )
        self._running[number] = _Running(process, time.monotonic())
        log.info("serving.started", deployment=number, port=port)

    def _bury(self, number: int) -> None:
        """Forget one that has died; it is started again at once, or soon where it lived shortly."""
        gone = self._running.pop(number)
        self._close(gone)
        now = time.monotonic()
        pause = PAUSE_SECONDS if now - gone.began < SHORT_LIFE else 0.0
        self._not_before[number] = now + pause
        log.error("serving.died", deployment=number, code=gone.process.returncode)

    def _end(self, number: int) -> None:
        ending = self._running.pop(number)
        ending.process.terminate()
        try:
            ending.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            ending.process.kill()
            ending.process.wait()
        self._close(ending)
        log.info("serving.ended", deployment=number)

    @staticmethod
    def _close(one: _Running) -> None:
        if one.process.stdin is not None:
            one.process.stdin.close()
