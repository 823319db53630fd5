"""Writes a Dockerfile and a KServe InferenceService that serve a kept model."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any, Final

import yaml

from bot.domain.errors import InputError
from serving.export.package import new_folder
from serving.texts import say

MODEL_FILE: Final = "model.skops"
PORT: Final = 8080
TOKENS: Final = "/run/secrets/hour48-tokens"
_NAME: Final = re.compile(r"[a-z]([-a-z0-9]{0,48}[a-z0-9])?")


def write_docker(model: Path, folder: Path, name: str) -> Path:
    """Write a folder that `docker build` makes an image of.

    Args:
        model: the kept model.
        folder: where to; empty.
        name: of the model in the paths of the Open Inference Protocol.

    Raises:
        InputError: the name cannot be part of an address, or the folder has something in it.
    """
    check_name(name)
    new_folder(folder)
    shutil.copyfile(model, folder / MODEL_FILE)
    command = ", ".join(f'"{part}"' for part in serve_command(name))
    (folder / "Dockerfile").write_text(
        "FROM python:3.12-slim\n"
        "RUN pip install --no-cache-dir hour48 && useradd --create-home --uid 10048 hour48\n"
        "USER hour48\n"
        "WORKDIR /home/hour48\n"
        f"COPY {MODEL_FILE} {MODEL_FILE}\n"
        f"EXPOSE {PORT}\n"
        "# a file of a name and a token a line; without it nothing is served to other machines\n"
        f"CMD [{command}]\n",
        "utf-8",
    )
    return folder


def serve_command(name: str) -> list[str]:
    """Return the command that a container runs."""
    options = {
        "--artifact": MODEL_FILE,
        "--host": "0.0.0.0",  # noqa: S104 - the container's own network
        "--port": str(PORT),
        "--name": name,
        "--tokens": TOKENS,
    }
    return ["hour48", "serve", *(part for pair in options.items() for part in pair)]


def write_kserve(folder: Path, name: str, image: str, percent: int) -> Path:
    """Write an InferenceService whose newest revision gets a part of the traffic.

    Args:
        folder: where to; empty.
        name: of the service and the model.
        image: that was built of `write_docker`'s folder.
        percent: of the traffic, 0 to 100.

    Raises:
        InputError: the name or the percentage cannot be taken, or the folder has something in it.
    """
    check_name(name)
    if not 0 <= percent <= 100:
        raise InputError(say("percentage"), field="percent")
    path = new_folder(folder) / "inferenceservice.yaml"
    path.write_text(yaml.safe_dump(_inference_service(name, image, percent), sort_keys=False))
    return path


def check_name(name: str) -> None:
    """Make sure that a name can be part of an address.

    Raises:
        InputError: it cannot.
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            say("service_name_invalid", name=name),
            field="name",
        )


def _inference_service(name: str, image: str, percent: int) -> dict[str, Any]:
    probe = {"httpGet": {"path": "/readyz", "port": PORT}, "periodSeconds": 5}
    container = {
        "name": "kserve-container",
        "image": image,
        "command": serve_command(name),
        "ports": [{"containerPort": PORT, "name": "http1", "protocol": "TCP"}],
        "readinessProbe": probe,
        "livenessProbe": {**probe, "httpGet": {"path": "/livez", "port": PORT}},
        "resources": {
            "requests": {"cpu": "500m", "memory": "256Mi"},
            "limits": {"cpu": "1", "memory": "512Mi"},
        },
        "volumeMounts": [
            {"name": "tokens", "mountPath": TOKENS, "subPath": "tokens", "readOnly": True}
        ],
    }
    predictor = {
        "canaryTrafficPercent": percent,
        "minReplicas": 1,
        "containers": [container],
        "volumes": [{"name": "tokens", "secret": {"secretName": f"{name}-tokens"}}],
    }
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": name},
        "spec": {"predictor": predictor},
    }
