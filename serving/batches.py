"""Scores one ordered table, or replays a log of requests; run in a process of its own.

Who claims a batch, what it looks like in Slack and what comes after it is the bot's matter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Engine

from bot.db.engine import session_factory
from bot.db.serving_models import ServingBatch
from bot.domain.batches import CSV_NAME, TO_CSV, TO_SHADOW, BatchAttempt
from bot.domain.enums import BatchState, DeploymentState
from bot.domain.errors import InputError
from bot.isolation.private_folders import private_folder
from serving.batch import BatchResult, batch_facts, drop_tables, score_frame, write_csv, write_table
from serving.desired import Desired, MinuteCounts
from serving.form import CompiledModel
from serving.ledger import bucket
from serving.replaying import replay_frame
from serving.run import load_form
from serving.store import SqlStore
from serving.texts import say

if TYPE_CHECKING:
    import pandas as pd

AT_ONCE: Final = 2_000

ReadTable = Callable[[str, str | None], "pd.DataFrame"]
"""Reads a table of a source, by the source's name and the table's."""
Tell = Callable[[str, int, int], None]
"""Told the stage, and how many rows of how many are done."""


def no_progress(_stage: str, _done: int, _rows: int) -> None:
    """Report progress to nobody."""


@dataclass
class Scoring:
    """What a batch is scored with.

    Args:
        engine: of the bot's database.
        read: reads a table.
        write_url: of the database that scores are written to; none where only files are written.
        folder: where compiled models are, and the CSV file of a batch that goes into a channel.
        tell: told how far it is.
    """

    engine: Engine
    read: ReadTable
    write_url: str | None
    folder: Path
    tell: Tell = no_progress

    def run(self, attempt: BatchAttempt) -> dict[str, Any]:
        """Do what a batch's row asks for.

        Args:
            attempt: at which row, and by whom.

        Returns:
            What the row is to say of it.

        Raises:
            InputError: the table cannot be read, scored or written; then nothing was.
        """
        with session_factory(self.engine)() as session:
            row = session.get_one(ServingBatch, attempt.number)
        store = SqlStore(self.engine, row.deployment_id)
        desired = store.desired()
        if desired.sha256 is None:
            raise InputError(say("deployment_kept_model"))
        form = load_form(store, self.folder, desired.sha256)
        store.publish(desired.sha256, form.published)
        self.tell("reading", 0, 0)
        frame = self.read(row.source, row.table_name)
        if row.into == TO_SHADOW:
            return self._replay(row, store, desired, form, frame)
        return self._score(row, store, desired, form, frame, attempt)

    def _replay(
        self,
        row: ServingBatch,
        store: SqlStore,
        desired: Desired,
        form: CompiledModel,
        frame: pd.DataFrame,
    ) -> dict[str, Any]:
        if desired.state is not DeploymentState.SHADOW:
            raise InputError(say("replay_not_in_shadow"))
        replayed = replay_frame(
            frame, form, desired, store, row.entity_column, worker=f"batch:{row.id}", tell=self.tell
        )
        return replayed | {"in_shadow": True, "into": TO_SHADOW}

    def _score(
        self,
        row: ServingBatch,
        store: SqlStore,
        desired: Desired,
        form: CompiledModel,
        frame: pd.DataFrame,
        attempt: BatchAttempt,
    ) -> dict[str, Any]:
        batch = score_frame(
            frame,
            form,
            desired,
            row.entity_column,
            key_of=lambda place: _key(desired.pseudonym_key, row.id, place),
            tell=self.tell,
        )
        self.tell("writing", len(batch.rows), len(batch.rows))

        def check() -> None:
            _require_same(store, desired)
            self._require_mine(attempt)

        into = self._write(row, batch, attempt, check)
        for start in range(0, len(batch.record), AT_ONCE):
            part = batch.record[start : start + AT_ONCE]
            store.append(f"batch:{row.id}", part, [], [])
        store.append(f"batch:{row.id}", [], [], _minutes(row, batch))
        in_shadow = desired.state is DeploymentState.SHADOW
        return batch_facts(batch) | {"into": into, "in_shadow": in_shadow}

    def _write(
        self,
        row: ServingBatch,
        batch: BatchResult,
        attempt: BatchAttempt,
        check: Callable[[], None],
    ) -> str:
        if row.into.startswith(TO_CSV):
            named = row.into.removeprefix(TO_CSV)
            check()
            write_csv(batch, Path(named) if named else self.folder / CSV_NAME)
            return row.into
        if self.write_url is None:
            raise InputError(say("score_sink_missing"), field="serving.write_url")
        if attempt.leftover is not None:
            drop_tables(self.write_url, [attempt.leftover])
        return write_table(
            batch,
            self.write_url,
            attempt.table,
            datetime.now(UTC),
            part=attempt.part,
            check=check,
            replace=attempt.before is not None,
        )

    def _require_mine(self, attempt: BatchAttempt) -> None:
        """Make sure that the batch was neither cancelled nor taken over in the meantime."""
        with session_factory(self.engine)() as session:
            row = session.get_one(ServingBatch, attempt.number)
        if row.state != BatchState.RUNNING or row.owner != attempt.owner:
            raise InputError(say("batch_not_mine"))


def _key(secret: str, number: int, place: int) -> str:
    """Return a prediction's name: the same one when the same batch is scored again."""
    return hashlib.sha256(f"{secret}|{number}|{place}".encode()).hexdigest()[:32]


def _require_same(store: SqlStore, before: Desired) -> None:
    """Make sure that the model may still answer as it did when the scoring began.

    Raises:
        InputError: it was rolled back, or moved to another share, in the meantime.
    """
    now = store.desired()
    if (now.state, now.percent, now.sha256) != (before.state, before.percent, before.sha256):
        raise InputError(say("batch_changed"))


def _minutes(row: ServingBatch, batch: BatchResult) -> list[MinuteCounts]:
    """Return a batch's counts in the minute when it was due, so that the same batch counts once."""
    counts: dict[tuple[int, str, int], MinuteCounts] = {}
    minute = int(row.due_at.timestamp() // 60)
    for one in batch.record:
        key = (minute, one.arm, one.generation)
        known = counts.setdefault(key, MinuteCounts(*key))
        known.calls += 1
        known.errors_ours += one.error is not None
        known.latency[bucket(one.latency_ms)] += 1
    return list(counts.values())


def score_file(
    path: Path, frame: pd.DataFrame, entity_column: str, desired: Desired
) -> BatchResult:
    """Score a table with a model file, without a database.

    Args:
        path: of the kept model.
        frame: the table.
        entity_column: whom a row is about.
        desired: percentage and salt.
    """
    with private_folder("batch") as folder:
        return score_frame(frame, form_of_file(path, folder), desired, entity_column)


def form_of_file(path: Path, folder: Path) -> CompiledModel:
    """Return the form of a model file."""
    from serving.store import FileStore

    store = FileStore.of(path, 100.0, {})
    return load_form(store, folder, store.wanted.sha256 or "")
