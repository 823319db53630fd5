"""Works off the batches that are due: each is taken once, and what came of it is written back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Engine, select

from bot.db.engine import session_factory
from bot.db.serving_models import ServingBatch
from bot.domain.errors import InputError
from bot.domain.traffic import ServingState
from bot.isolation.private_folders import private_folder
from serving.batch import Batch, score_frame, told, write_csv, write_table
from serving.form import Form
from serving.run import load_form
from serving.store import SqlStore
from serving.texts import say

if TYPE_CHECKING:
    import pandas as pd

WAITING: Final = "waiting"
RUNNING: Final = "running"
DONE: Final = "done"
FAILED: Final = "failed"
STALE: Final = timedelta(hours=1)
"""After which a batch under way is taken over: the process that scored it has died."""
AT_ONCE: Final = 2_000
TO_CSV: Final = "csv:"
"""How `into` starts for a file; a new table of the company's database otherwise."""

ReadTable = Callable[[str, str | None], "pd.DataFrame"]
"""Reads a table of a source, by the source's name and the table's."""


@dataclass
class Batches:
    """The batches of a database.

    Args:
        engine: of the bot's database.
        read: reads a table.
        write_url: of the database that scores are written to; none where only files are written.
        folder: where compiled models are.
    """

    engine: Engine
    read: ReadTable
    write_url: str | None
    folder: Path

    def run_due(self, now: datetime) -> list[int]:
        """Score what is due, one after the other, and return the rows' numbers."""
        done: list[int] = []
        while (number := self._take(now)) is not None:
            self._run(number, now)
            done.append(number)
        return done

    def _take(self, now: datetime) -> int | None:
        """Mark the batch that is due longest as under way; nobody else takes it then."""
        with session_factory(self.engine).begin() as session:
            stale = (ServingBatch.state == RUNNING) & (ServingBatch.started_at < now - STALE)
            due = (ServingBatch.state == WAITING) & (ServingBatch.due_at <= now)
            row = session.scalars(
                select(ServingBatch)
                .where(stale | due)
                .order_by(ServingBatch.due_at, ServingBatch.id)
                .limit(1)
                .with_for_update(skip_locked=True)
            ).one_or_none()
            if row is None:
                return None
            row.state, row.started_at = RUNNING, now
            return int(row.id)

    def _run(self, number: int, now: datetime) -> None:
        with session_factory(self.engine)() as session:
            row = session.get_one(ServingBatch, number)
        try:
            facts = self._score(row, now)
        except InputError as refusal:
            facts = {"state": FAILED, "error": refusal.message}
        with session_factory(self.engine).begin() as session:
            row = session.get_one(ServingBatch, number)
            for name, value in facts.items():
                setattr(row, name, value)
            row.finished_at = datetime.now(UTC)
            if row.every_hours is not None:
                session.add(_next(row))

    def _score(self, row: ServingBatch, now: datetime) -> dict[str, Any]:
        store = SqlStore(self.engine, row.deployment_id)
        desired = store.desired()
        if desired.sha256 is None:
            raise InputError(say("deployment_kept_model"))
        form = load_form(store, self.folder, desired.sha256)
        store.publish(desired.sha256, form.published)
        frame = self.read(row.source, row.table_name)
        batch = score_frame(frame, form, desired, row.entity_column)
        into = self._write(row, batch, now)
        for start in range(0, len(batch.record), AT_ONCE):
            store.append(f"batch:{row.id}", batch.record[start : start + AT_ONCE], [], [])
        in_shadow = desired.state is ServingState.SHADOW
        return told(batch) | {"state": DONE, "into": into, "in_shadow": in_shadow, "error": None}

    def _write(self, row: ServingBatch, batch: Batch, now: datetime) -> str:
        name = f"{row.deployment_id}_{now:%Y%m%d_%H%M%S}_{row.id}"
        if row.into.startswith(TO_CSV):
            write_csv(batch, Path(row.into.removeprefix(TO_CSV)))
            return row.into
        if self.write_url is None:
            raise InputError(
                say("scores_can_written_database_set"),
                field="serving.write_url",
            )
        return write_table(batch, self.write_url, name, now)


def _next(row: ServingBatch) -> ServingBatch:
    return ServingBatch(
        deployment_id=row.deployment_id,
        source=row.source,
        table_name=row.table_name,
        entity_column=row.entity_column,
        into=row.into if row.into.startswith(TO_CSV) else "",
        every_hours=row.every_hours,
        requested_by=row.requested_by,
        due_at=row.due_at + timedelta(hours=row.every_hours or 0),
    )


def score_file(path: Path, frame: pd.DataFrame, entity_column: str, desired: Any) -> Batch:
    """Score a table with a model file, without a database.

    Args:
        path: of the kept model.
        frame: the table.
        entity_column: whom a row is about.
        desired: percentage and salt.
    """
    with private_folder("batch") as folder:
        return score_frame(frame, form_of_file(path, folder), desired, entity_column)


def form_of_file(path: Path, folder: Path) -> Form:
    """Return the form of a model file."""
    from serving.store import FileStore

    store = FileStore.of(path, 100.0, {})
    return load_form(store, folder, store.wanted.sha256 or "")
