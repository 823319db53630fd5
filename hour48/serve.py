"""`hour48 serve`: answers a deployed model's calls over HTTP, apart from the bot."""

from __future__ import annotations

import logging
import shutil
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hour48.commands import app
from hour48.options import Config
from hour48.texts import say

if TYPE_CHECKING:
    from serving.desired import ServingStore
    from serving.run import OpenStore, ServeOptions

STOP_SECONDS = 10


@app.command("serve")
def serve(
    deployment: Annotated[int | None, typer.Option(help="number of the deployment")] = None,
    artifact: Annotated[Path | None, typer.Option(help="a model file, without a database")] = None,
    percent: Annotated[float, typer.Option(help="of the entities, with --artifact")] = 100.0,
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="port; 0 takes a free one")] = 8048,
    workers: Annotated[int, typer.Option(help="processes that share the port", min=1)] = 1,
    name: Annotated[str | None, typer.Option(help="of the model in /v2/models/NAME")] = None,
    tokens: Annotated[
        Path | None, typer.Option(help="with --artifact: a file of a name and a token a line")
    ] = None,
    tls_certificate: Annotated[Path | None, typer.Option(help="PEM file")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="PEM file")] = None,
    cache: Annotated[Path | None, typer.Option(help="a folder for compiled models")] = None,
    config: Config = None,
) -> None:
    """Serve a deployed model until stopped."""
    from bot.domain.errors import InputError
    from bot.metrics_files import counted_together

    if (deployment is None) == (artifact is None):
        raise InputError(say("serving_unnamed"))
    with counted_together():
        from bot.logs import log_to
        from bot.settings import load
        from serving.run import ServeOptions

        settings = load(config)
        log_to(settings.log)  # standard output belongs to whoever started this
        if artifact is not None:
            database, readable = None, artifact
            open_store = _file_store(artifact, percent, tokens)
        else:
            database = settings.database.url.get_secret_value()
            readable = settings.serving.models_folder
            open_store = row_store(deployment or 0, config)
        default = artifact.stem if artifact is not None else f"deployment-{deployment}"
        options = ServeOptions(host, port, workers, name or default, tls_certificate, tls_key)
        run_workers(open_store, options, cache, database, (readable,), settings.otel.endpoint)


def _file_store(artifact: Path, percent: float, tokens: Path | None) -> OpenStore:
    from serving.run import clients_of
    from serving.store import FileStore

    store = FileStore.of(artifact, percent, clients_of(tokens))
    return lambda: store


def row_store(deployment: int, config: Path | None) -> OpenStore:
    """Return what opens the rows of a deployment in the configured database."""
    from bot.settings import load

    settings = load(config)
    return partial(_open_row_store, settings.database.url.get_secret_value(), deployment)


def _open_row_store(url: str, deployment: int) -> ServingStore:
    from bot.db.existing import open_stored
    from serving.store import SqlStore

    return SqlStore(open_stored(url), deployment)


def run_workers(
    open_store: OpenStore,
    options: ServeOptions,
    cache: Path | None = None,
    database: str | None = None,
    readable: tuple[Path, ...] = (),
    collector: str | None = None,
) -> None:
    """Serve until stopped; a worker that dies is replaced.

    Args:
        open_store: opens what is desired and where it is recorded, in each worker.
        options: how it is served.
        cache: where compiled models stay for the next start; only this user should be able to
            write there. They go with this process when left out.
        database: the URL of the rows, where they are in one.
        readable: what the workers may read beside that.
        collector: where traces go.

    Raises:
        InputError: there is nothing to serve, or the address cannot be taken.
    """
    import structlog

    from hour48.supervisor import Part, keep_running
    from serving.folders import new_folder
    from serving.run import Serving
    from serving.tracing import SpanLine

    folder = cache or new_folder()
    try:
        spans = SpanLine(collector, options.name) if collector else None
        serving = Serving(open_store, options, folder, database, readable, spans)
        serving.prepare()
        if structlog.get_logger().is_enabled_for(logging.INFO):
            typer.echo(say("serving_started", name=options.name, url=serving.url), err=True)
        parts = [
            Part(f"serving-{place}", partial(serving.work, place))
            for place in range(options.workers)
        ]
        if spans is not None:
            parts.append(Part("serving-traces", spans.export))
        keep_running(parts, STOP_SECONDS)
    finally:
        if cache is None:
            shutil.rmtree(folder, ignore_errors=True)
