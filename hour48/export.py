"""`hour48 export`: writes a kept model for MLflow, MLServer, KServe or Docker."""

from __future__ import annotations

from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.isolation.private_folders import private_folder
from hour48.commands import app
from hour48.options import Config
from hour48.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterator


class Platform(StrEnum):
    """Where a model may go."""

    MLFLOW = "mlflow"
    MLSERVER = "mlserver"
    KSERVE = "kserve"
    DOCKER = "docker"


@app.command("export")
def export(
    platform: Annotated[Platform, typer.Argument(help="where the model goes")],
    folder: Annotated[Path, typer.Argument(help="an empty folder to write into")],
    artifact: Annotated[Path | None, typer.Option(help="a model file")] = None,
    deployment: Annotated[int | None, typer.Option(help="number of a deployment")] = None,
    name: Annotated[str, typer.Option(help="of the service")] = "model",
    image: Annotated[str, typer.Option(help="for kserve: the image built of docker's")] = "",
    percent: Annotated[int, typer.Option(help="for kserve: of the traffic")] = 1,
    config: Config = None,
) -> None:
    """Write a kept model for another platform, with the preparation of its columns."""
    from bot.domain.errors import InputError
    from serving.export.containers import write_docker, write_kserve

    if platform is Platform.KSERVE:
        if not image:
            raise InputError(say("image_unnamed"))
        write_kserve(folder, name, image, percent)
    else:
        with _model(artifact, deployment, config) as model:
            if platform is Platform.DOCKER:
                write_docker(model, folder, name)
            else:
                _write_compiled(platform, model, folder, name)
    typer.echo(say("wrote_export", platform=platform, folder=folder))


def _write_compiled(platform: Platform, model: Path, folder: Path, name: str) -> None:
    from serving.compiling import compile_model
    from serving.export.mlflow import write_mlflow
    from serving.export.mlserver import write_mlserver

    plain = compile_model(model)
    if platform is Platform.MLFLOW:
        write_mlflow(plain, folder)
    else:
        write_mlserver(plain, folder, name)


@contextmanager
def _model(artifact: Path | None, deployment: int | None, config: Path | None) -> Iterator[Path]:
    from bot.domain.errors import InputError
    from serving.store import model_content

    if (artifact is None) == (deployment is None):
        raise InputError(say("model_unnamed"))
    if artifact is not None:
        model_content(artifact)
        yield artifact
        return
    from hour48.serve import row_store

    store = row_store(deployment or 0, config)()
    try:
        sha256 = store.desired().sha256
        if sha256 is None:
            raise InputError(
                say("deployment_kept_model", deployment=deployment), field="deployment"
            )
        with private_folder("export") as folder:
            path = folder / "model.skops"
            path.write_bytes(store.model_bytes(sha256))
            yield path
    finally:
        store.close()
