"""`hour48 score`: scores a whole table now, or works off the batches that are due."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hour48.commands import app
from hour48.database import runtime_on, team_of
from hour48.options import Config
from hour48.texts import say

if TYPE_CHECKING:
    from bot.deployments.batches import BatchRequest
    from bot.unit_of_work import Runtime
    from scheduler.batch_worker import BatchWorker


@app.command("score")
def score(
    source: Annotated[str | None, typer.Argument(help="SOURCE or SOURCE.TABLE")] = None,
    deployment: Annotated[int | None, typer.Option(help="number of the deployment")] = None,
    artifact: Annotated[Path | None, typer.Option(help="a model file, without a database")] = None,
    entity: Annotated[str, typer.Option(help="column of whom a row is about")] = "",
    csv: Annotated[Path | None, typer.Option(help="write here, not to the database")] = None,
    to: Annotated[str | None, typer.Option(help="one of serving.writers")] = None,
    every_hours: Annotated[int | None, typer.Option(help="again after so many", min=1)] = None,
    percent: Annotated[float, typer.Option(help="of the entities, with --artifact")] = 100.0,
    due: Annotated[bool, typer.Option("--due", help="work off what is due")] = False,
    config: Config = None,
) -> None:
    """Score a table: all rows or none, the control group marked."""
    from bot.deployments.batches import BatchRequest
    from bot.domain.batches import TO_CSV
    from bot.domain.errors import InputError

    if artifact is not None and source and csv:
        _score_file(artifact, source, entity, csv, percent, config)
        return
    if due:
        with opened_worker(config) as (_, worker):
            while worker.work_once():
                pass
        return
    if deployment is None or source is None or not entity:
        raise InputError(say("scoring_unnamed"))
    into = f"{TO_CSV}{csv.absolute()}" if csv else ""
    asked = BatchRequest(source, None, entity, into, to, every_hours)
    with opened_worker(config) as (runtime, worker):
        typer.echo(work_off(runtime, worker, deployment, asked))


def work_off(runtime: Runtime, worker: BatchWorker, deployment: int, asked: BatchRequest) -> str:
    """Order a batch, work it off here, and return what its card says.

    Raises:
        InputError: it cannot be ordered, or could not be done.
    """
    from bot.db.serving_models import ServingBatch
    from bot.deployments import batch_cards, batches
    from bot.deployments.service import OPERATOR
    from bot.domain.enums import BatchState
    from bot.domain.errors import InputError

    team_id = team_of(runtime, deployment)
    owner = uuid.uuid4().hex
    with runtime.uow(team_id) as uow:
        batch = batches.request_batch(uow, OPERATOR, deployment, asked, owner=owner)
        claimed = batches.claimed_of(team_id, batch, owner)
    worker.work_off(claimed)
    with runtime.reading(team_id) as uow:
        row = uow.session.get_one(ServingBatch, claimed.attempt.number)
        text = batch_cards.plain_text(row)
    if row.state != BatchState.DONE:
        raise InputError(text)
    return text


def _score_file(
    artifact: Path, source: str, entity: str, csv: Path, percent: float, config: Path | None
) -> None:
    from bot.settings import load, probe_sections
    from hour48.batch_child import TableReader
    from serving.batch import write_csv
    from serving.batches import score_file
    from serving.store import FileStore

    desired = FileStore.of(artifact, percent, {}).desired()
    frame = TableReader(probe_sections(load(config)))(source, None)
    batch = score_file(artifact, frame, entity, desired)
    write_csv(batch, csv)
    typer.echo(say("scored_rows_into", rows=len(batch.rows), csv=csv))


@contextmanager
def opened_worker(config: Path | None) -> Iterator[tuple[Runtime, BatchWorker]]:
    """Open the configured database and what works off its batches, beside a running bot."""
    from bot.db.existing import open_stored
    from bot.settings import load, probe_sections
    from probes.settings import read_settings
    from scheduler.batch_worker import BatchPlaces, BatchWorker

    settings = load(config)
    url = settings.database.url.get_secret_value()
    engine = open_stored(url)
    runtime = runtime_on(engine, settings)
    serving, sources = settings.serving, read_settings(probe_sections(settings), file=settings.file)
    places = BatchPlaces(url, sources, serving.write_urls(), serving.models_folder)
    try:
        yield runtime, BatchWorker(runtime, places)
    finally:
        engine.dispose()
