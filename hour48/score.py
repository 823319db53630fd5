"""`hour48 score`: scores a whole table now, or works off the batches that are due."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.isolation.private_folders import private_folder
from hour48.commands import app
from hour48.texts import say

if TYPE_CHECKING:
    import pandas as pd

    from serving.batches import Batches


@app.command("score")
def score(
    source: Annotated[str | None, typer.Argument(help="SOURCE or SOURCE.TABLE")] = None,
    deployment: Annotated[int | None, typer.Option(help="number of the deployment")] = None,
    artifact: Annotated[Path | None, typer.Option(help="a model file, without a database")] = None,
    entity: Annotated[str, typer.Option(help="column of whom a row is about")] = "",
    csv: Annotated[Path | None, typer.Option(help="write here, not to the database")] = None,
    every_hours: Annotated[int | None, typer.Option(help="again after so many", min=1)] = None,
    percent: Annotated[float, typer.Option(help="of the entities, with --artifact")] = 100.0,
    due: Annotated[bool, typer.Option("--due", help="work off what is due")] = False,
    config: Annotated[Path | None, typer.Option(help="instead of ./hour48.toml")] = None,
) -> None:
    """Score a table: all rows or none, the control group marked."""
    from bot.domain.errors import InputError

    if artifact is not None and source and csv:
        _score_file(artifact, source, entity, csv, percent, config)
        return
    if not due and (deployment is None or source is None or not entity):
        raise InputError(say("say_score_source_deployment_number"))
    with _batches(config) as batches:
        if not due:
            _ask_for(batches, deployment or 0, source or "", entity, csv, every_hours)
        for number in batches.run_due(datetime.now(UTC)):
            typer.echo(_told(batches, number))


def _score_file(
    artifact: Path, source: str, entity: str, csv: Path, percent: float, config: Path | None
) -> None:
    from serving.batch import write_csv
    from serving.batches import score_file
    from serving.store import FileStore

    desired = FileStore.of(artifact, percent, {}).desired()
    batch = score_file(artifact, _reader(config)(source, None), entity, desired)
    write_csv(batch, csv)
    typer.echo(say("scored_rows_into", rows=len(batch.rows), csv=csv))


@contextmanager
def _batches(config: Path | None) -> Iterator[Batches]:
    from bot.db.stored import open_stored
    from bot.settings import load
    from serving.batches import Batches

    settings = load(config)
    engine = open_stored(settings.database.url.get_secret_value())
    write_url = settings.serving.write_url
    with private_folder("score") as folder:
        yield Batches(
            engine,
            _reader(config),
            write_url.get_secret_value() if write_url else None,
            folder,
        )
    engine.dispose()


class _Reader:
    """Reads tables of the configured sources, or of a file."""

    def __init__(self, config: Path | None) -> None:
        self._config = config

    def __call__(self, source: str, table: str | None) -> pd.DataFrame:
        from bot.settings import load, probe_sections
        from probes.contract import ProbeContext, no_progress
        from probes.settings import read_settings
        from probes.sources import open_source

        settings = read_settings(probe_sections(load(self._config)))
        with private_folder("score", settings.probes.folder) as folder:
            context = ProbeContext(settings, folder, no_progress)
            opened, named = open_source(source, context, table=table)
            with opened:
                return opened.read_frame(opened.only_table(named))


def _reader(config: Path | None) -> _Reader:
    return _Reader(config)


def _ask_for(
    batches: Batches,
    deployment: int,
    source: str,
    entity: str,
    csv: Path | None,
    every_hours: int | None,
) -> None:
    from bot.db.deployment_models import Deployment
    from bot.db.engine import session_factory
    from bot.db.serving_models import ServingBatch
    from bot.domain.errors import InputError
    from serving.batches import TO_CSV

    with session_factory(batches.engine).begin() as session:
        if session.get(Deployment, deployment) is None:
            raise InputError(say("deployment", deployment=deployment), field="deployment")
        session.add(
            ServingBatch(
                deployment_id=deployment,
                source=source,
                entity_column=entity,
                into=f"{TO_CSV}{csv}" if csv else "",
                every_hours=every_hours,
                due_at=datetime.now(UTC) - timedelta(seconds=1),
            )
        )


def _told(batches: Batches, number: int) -> str:
    from bot.db.engine import session_factory
    from bot.db.serving_models import ServingBatch
    from serving.batches import FAILED

    with session_factory(batches.engine)() as session:
        row = session.get_one(ServingBatch, number)
    if row.state == FAILED:
        return say("batch_failed_wrote_nothing", number=number, error=row.error)
    odd = ", ".join(f"{one['column']} ({one['says']})" for one in row.alarms)
    return say(
        "batch_rows_entities_into_them",
        number=number,
        rows=row.rows,
        entities=row.entities,
        into=row.into,
        in_control=row.in_control,
    ) + (say("training", odd=odd) if odd else say("all_columns_training"))
