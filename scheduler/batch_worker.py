"""Works off the tables that deployments score: one at a time, each in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.deployments import batches
from bot.deployments.batch_cards import into_word
from bot.deployments.batches import ClaimedBatch, LeaseStatus
from bot.domain.batches import CSV_NAME, TO_CSV, BatchAttempt
from bot.domain.errors import InputError
from bot.isolation.private_folders import new_folder
from bot.isolation.resource_usage import ProcessFamily
from bot.messages.catalog import say_plain
from bot.unit_of_work import Runtime
from probes.settings import ProbeSettings, settings_to_plain
from scheduler.background_loop import ClaimLoop
from scheduler.batch_confining import given_to_batch

log = structlog.get_logger()

CHILD: Final = "hour48.batch_child"
KEEP_SECONDS: Final = 1.0
"""How often the lease is kept up, and a cancellation or a rollback is heard of."""
POLL_SECONDS: Final = 0.05
LONGEST_HOURS: Final = 6
LIMITED_AS: Final = "batch"
"""Whose memory it is in `[probes.limits.NAME]`."""
_SAID: Final = 300


@dataclass(frozen=True)
class BatchPlaces:
    """Where a batch is read from and written to.

    Args:
        database_url: of the bot's database.
        settings: the configured sources.
        writers: databases that tables are written to, by name, each with a credential of its own;
            the one without a name is `serving.write_url`.
        models: where kept models are that are too large for a row.
    """

    database_url: str
    settings: ProbeSettings
    writers: Mapping[str | None, str] = field(default_factory=dict)
    models: Path = Path("hour48-models")


class BatchWorker(ClaimLoop):
    """Works off the batches that are due.

    Args:
        runtime: where use cases happen.
        places: where they are read from and written to.
        is_replica: whether it is the only thing here that gives the model's answers, so that a
            rollback is timed by it.
    """

    def __init__(self, runtime: Runtime, places: BatchPlaces, *, is_replica: bool = False) -> None:
        super().__init__("batches")
        self._runtime = runtime
        self._places = places
        self._is_replica = is_replica
        self._worker = f"batches:{uuid.uuid4().hex[:12]}"

    def work_once(self) -> bool:
        """Take one batch; return whether there was any."""
        self._observe()
        claimed = batches.claim(self._runtime)
        if claimed is None:
            return False
        self.work_off(claimed)
        return True

    def _observe(self) -> None:
        if self._is_replica:
            batches.observe_rows(self._runtime, self._worker, socket.gethostname(), os.getpid())

    def work_off(self, claimed: ClaimedBatch) -> None:
        """Score a batch that was claimed, and write down what came of it."""
        folder = new_folder("batch", self._places.settings.probes.folder)
        try:
            self._work_off(claimed, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _work_off(self, claimed: ClaimedBatch, folder: Path) -> None:
        try:
            write_url = self._write_url(claimed)
        except InputError as refusal:
            batches.finish(self._runtime, claimed, {}, refusal.message)
            return
        scoring = self._start(claimed, write_url, folder)
        going = self._wait(claimed, scoring)
        if going is LeaseStatus.ON and not self._stop.is_set():
            facts, error = scoring.result()
            if error is not None and write_url is not None:
                _drop(write_url, claimed.attempt)  # it may have died with its table whole
            file = folder / CSV_NAME
            is_file = claimed.into == TO_CSV and error is None
            csv = file.read_bytes() if is_file else None
            batches.finish(self._runtime, claimed, facts, error, csv)
            return
        scoring.kill()
        if going in (LeaseStatus.CANCELLED, LeaseStatus.ROLLED_BACK) and write_url is not None:
            _drop(write_url, claimed.attempt)
        if going is LeaseStatus.ROLLED_BACK:
            batches.finish(self._runtime, claimed, {}, say_plain("batch.rolled_back"))

    def _start(self, claimed: ClaimedBatch, write_url: str | None, folder: Path) -> _Child:
        places = self._places
        urls = (places.database_url, write_url)
        (folder / "tmp").mkdir()
        given = given_to_batch(claimed, places.settings, urls, folder, places.models)
        asked = {
            "database_url": places.database_url,
            "write_url": write_url,
            "probes": settings_to_plain(given.settings),
            "folder": str(folder),
            "attempt": asdict(claimed.attempt),
            "confinement": given.confinement.plain(),
            "memory_mb": self._memory_mb,
        }
        return _Child(asked, given.environment)

    @property
    def _memory_mb(self) -> int:
        return self._places.settings.probes.limits_of(LIMITED_AS).memory_mb

    def _write_url(self, claimed: ClaimedBatch) -> str | None:
        if into_word(claimed.into) != "table":
            return None
        url = self._places.writers.get(claimed.credential)
        if url is None and claimed.credential is not None:
            raise InputError(say_plain("batch.no_writer", name=claimed.credential))
        return url

    def _wait(self, claimed: ClaimedBatch, scoring: _Child) -> LeaseStatus:
        """Keep the claim up until the child has ended or must stop."""
        ends = time.monotonic() + LONGEST_HOURS * 3_600
        kept = time.monotonic()
        while not scoring.ended and not self._stop.is_set():
            time.sleep(POLL_SECONDS)
            if time.monotonic() > ends:
                scoring.give_up(say_plain("batch.too_long", hours=LONGEST_HOURS))
                break
            if scoring.held_mb() > self._memory_mb:
                scoring.give_up(say_plain("batch.too_much_memory", megabytes=self._memory_mb))
                break
            if time.monotonic() - kept >= KEEP_SECONDS:
                kept = time.monotonic()
                going = self._keep(claimed, scoring.progress)
                if going is not LeaseStatus.ON:
                    return going
        return LeaseStatus.ON

    def _keep(self, claimed: ClaimedBatch, progress: Mapping[str, Any]) -> LeaseStatus:
        try:
            self._observe()
            return batches.renew_lease(self._runtime, claimed, progress)
        except SQLAlchemyError as away:  # the lease may run out; then another one takes it over
            log.warning("batches.database_away", error=type(away).__name__)
            return LeaseStatus.ON


def _drop(url: str, attempt: BatchAttempt) -> None:
    from serving.batch import drop_tables

    try:
        drop_tables(url, attempt.tables)
    except (InputError, SQLAlchemyError) as left:
        log.warning("batches.tables_left", tables=attempt.tables, error=type(left).__name__)


class _Child:
    """The process that scores a batch.

    Args:
        asked: its first line.
        environment: its variables.
    """

    def __init__(self, asked: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell
            [sys.executable, "-m", CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(environment),
        )
        self._family = ProcessFamily(self._process.pid)
        self.progress: Mapping[str, Any] = {}
        self._facts: Mapping[str, Any] | None = None
        self._error: str | None = None
        self._said = b""
        assert self._process.stdin is not None  # noqa: S101 - it is piped
        self._process.stdin.write(json.dumps(asked).encode() + b"\n")
        self._process.stdin.flush()
        self._readers = [
            threading.Thread(target=target, daemon=True) for target in (self._read, self._hear)
        ]
        for reader in self._readers:
            reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - it is piped
        for line in self._process.stdout:
            message = json.loads(line)
            self.progress = message.get("progress", self.progress)
            self._facts = message.get("facts", self._facts)
            self._error = message.get("error", self._error)

    def _hear(self) -> None:
        assert self._process.stderr is not None  # noqa: S101 - it is piped
        for line in self._process.stderr:
            self._said = line

    def held_mb(self) -> float:
        """Return how much memory it and its own children hold."""
        return self._family.held_mb()

    @property
    def ended(self) -> bool:
        """Whether it has ended and all that it said is read."""
        return self._process.poll() is not None and not self._readers[0].is_alive()

    def give_up(self, why: str) -> None:
        """End it, and let this be its error."""
        self.kill()
        self._facts, self._error = None, why

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()

    def result(self) -> tuple[Mapping[str, Any], str | None]:
        """Return what the row is to say, and why it could not be done."""
        self._readers[1].join(1)
        if self._error is None and self._facts is None:
            stderr = self._said.decode("utf-8", "replace").strip()[:_SAID]
            self._error = say_plain("batch.worker_died", code=self._process.returncode, said=stderr)
        return self._facts or {}, self._error
