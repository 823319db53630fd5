"""Put a model live for a share of the traffic, look after it, take it back."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import psutil

from bot.domain.errors import InputError

_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 10.0
_ASK_SECONDS: Final = 3.0
_SAME_SHARE: Final = 0.001


@dataclass(frozen=True)
class Deployment:
    """A live model: where it answers, for whom, and the process behind it.

    Args:
        url: of the service.
        percent: of all entities.
        pid: of its process; none when the service runs elsewhere and was only registered.
        started: when that process started, so that a reused id is never ended.
    """

    url: str
    percent: float
    pid: int | None = None
    started: float | None = None

    def to_plain(self) -> dict[str, Any]:
        """Return it as JSON, to be kept with the sprint."""
        return asdict(self)


def deploy(
    artifact: Path | None, percent: float, *, url: str | None = None, port: int = 0
) -> Deployment:
    """Put a model live and wait until it answers.

    Args:
        artifact: the saved model, for a process on this machine.
        percent: of all entities, above 0 and up to 100.
        url: of a service that already runs elsewhere; registered instead of starting a process. It
            must hold the share itself: no traffic goes through hour48.
        port: on this machine; any free one when 0.

    Raises:
        InputError: the share or the model cannot be taken, the service does not come up, or one
            elsewhere says that it takes another share.
    """
    if not 0 < percent <= 100:
        raise InputError(
            "A share of the traffic is above 0 and up to 100 percent.", field="percent"
        )
    if url is not None:
        return _register(Deployment(url.rstrip("/"), percent))
    if artifact is None or not artifact.is_file():
        raise InputError(
            "There is no saved model yet; run the baseline probe first.", field="artifact"
        )
    return _start(artifact, percent, port or _free_port())


def _register(elsewhere: Deployment) -> Deployment:
    """Take a service that runs elsewhere, which has to hold the share itself.

    What it says of its own share is compared with what was asked; a service that says nothing is
    taken at its owner's word.
    """
    said = status(elsewhere)
    if not said["ok"]:
        raise InputError(f"No healthy service answers at {elsewhere.url}/healthz.", field="url")
    own = said.get("percent")
    if isinstance(own, int | float) and abs(own - elsewhere.percent) > _SAME_SHARE:
        raise InputError(
            f"The service at {elsewhere.url} says that it takes {own:g} % of the traffic, not "
            f"{elsewhere.percent:g} %. It routes by itself: change it there, then try again.",
            field="percent",
        )
    return elsewhere


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _start(artifact: Path, percent: float, port: int) -> Deployment:
    command = [sys.executable, "-m", "serving.process", str(artifact), str(percent), str(port)]
    process = subprocess.Popen(  # noqa: S603  (our own module, no shell)
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    started = psutil.Process(process.pid).create_time()
    deployment = Deployment(f"http://127.0.0.1:{port}", percent, process.pid, started)
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if status(deployment)["ok"]:
            return deployment
        time.sleep(0.2)
    rollback(deployment)
    raise InputError(
        "The prediction service did not come up; is the model damaged?", field="artifact"
    )


def status(deployment: Deployment) -> dict[str, Any]:
    """Return how a deployment runs.

    Returns:
        `ok`, and from the service calls, error_rate, latency_ms, drift and `taken_back`, the reason
        why it took itself back.
    """
    try:
        with httpx.Client(timeout=_ASK_SECONDS, trust_env=False) as client:
            healthy = client.get(f"{deployment.url}/healthz").status_code == 200
            said = client.get(f"{deployment.url}/status").json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return {"ok": False}
    return {**(said if isinstance(said, dict) else {}), "ok": healthy}


def rollback(deployment: Deployment) -> bool:
    """Take a model back: end its process. Return whether nothing of ours serves it any more.

    A service that was only registered is its owner's to stop; then this returns False.
    """
    if deployment.pid is None:
        return False
    try:
        process = psutil.Process(deployment.pid)
        if process.create_time() != deployment.started:
            return True
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(_STOP_SECONDS)
    except psutil.NoSuchProcess:
        return True
    return True
