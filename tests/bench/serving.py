"""Measures a deployed model beside a bare Starlette + joblib service with the same artifact.

One core serves and the other one calls. Processor time per answered call is given as well: it holds
on a machine that others use, where calls a second do not. MLflow has an environment of its own, see
`tests.bench.serving_peers`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from bot.db.serving_models import Prediction, WatchMinute
from probes.baseline.artifact import load_model
from probes.baseline.models import Family
from tests.bench.rows import row
from tests.databases import migrated_database
from tests.deployed import TOKEN, Served, deploy, wait_for
from tests.served import as_callers_send, customers, kept

FOLDER = Path("build/serving")
SECONDS = 4.0
CALLERS = 8
RATE = 200
NAMES = (
    "serving_rps",
    "serving_cpu_us",
    "serving_p99_ms",
    "serving_two_cores",
    "serving_mb",
    "serving_start_s",
    *(f"serving_{family.name.lower()}_cpu_us" for family in Family),
)
ON_FIRST, ON_SECOND = {0}, {max(0, (os.cpu_count() or 1) - 1)}


def model_of(family: Family) -> Path:
    """Return a kept model of the customers' table."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    return kept(FOLDER, customers(), "left", family)


def bodies_of(model: Path) -> Path:
    """Return a file of calls, one a line: rows that the model never saw."""
    names = load_model(model).plan.names
    rows = as_callers_send(customers().tail(1_000), names)
    file = FOLDER / "bodies.jsonl"
    lines = [json.dumps({"entity": str(at), "values": one}) for at, one in enumerate(rows)]
    file.write_text("\n".join(lines), "utf-8")
    return file


def call(url: str, bodies: Path, accept: str, **options: Any) -> dict[str, Any]:
    """Run the load of `tests.bench.http_load` on the other core, and return its figures."""
    command = [sys.executable, "-m", "tests.bench.http_load", url, str(bodies), "--accept", accept]
    for name, value in options.items():
        command += [f"--{name}", str(value)]
    calling = subprocess.Popen(command, stdout=subprocess.PIPE)
    psutil.Process(calling.pid).cpu_affinity(list(ON_SECOND))
    out, _ = calling.communicate(timeout=120)
    return dict(json.loads(out))


def cpu_of(process: psutil.Process) -> float:
    """Return the processor seconds of a process and its children."""
    whole = [process, *process.children(recursive=True)]
    return sum(sum(one.cpu_times()[:2]) for one in whole)


def measured(process: psutil.Process, calls: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return a load's figures with the service's processor time per answered call."""
    before = cpu_of(process)
    figures = calls()
    return figures | {"cpu_us": (cpu_of(process) - before) / max(1, figures["answered"]) * 1e6}


def pin(process: psutil.Process, cores: set[int]) -> None:
    """Let a service run on some cores only, with all its threads."""
    for one in [process, *process.children(recursive=True)]:
        for thread in one.threads():
            os.sched_setaffinity(thread.id, cores)
        one.cpu_affinity(list(cores))


@contextmanager
def ours(family: Family, workers: int = 1, cores: set[int] = ON_FIRST) -> Iterator[Any]:
    """Serve a deployment with everything on: tokens, checks, the record in a database."""
    model = model_of(family)
    with tempfile.TemporaryDirectory() as folder:
        deployed = deploy(migrated_database("sqlite", Path(folder)), model, percent=100.0)
        with Served.of(deployed, "--workers", str(workers)) as served:
            process = psutil.Process(served.process.pid)
            pin(process, cores)
            yield served, process, bodies_of(model), deployed
        deployed.engine.dispose()


BARE = """
import sys, joblib, pandas as pd, uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from probes.baseline.columns import prepare
served = joblib.load(sys.argv[1])

async def predict(request):
    row = (await request.json())["values"]
    frame = prepare(pd.DataFrame([row], dtype=object), served.plan)
    return JSONResponse({"score": float(served.model.predict_proba(frame)[0, 1])})

app = Starlette(routes=[Route("/predict", predict, methods=["POST"])])
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
"""


@contextmanager
def bare(family: Family) -> Iterator[tuple[str, psutil.Process]]:
    """Serve the same model by Starlette and joblib, without token, checks or record."""
    import joblib

    pickled, port = FOLDER / "bare.joblib", free_port()
    joblib.dump(load_model(model_of(family)), pickled)
    with running([sys.executable, "-c", BARE, str(pickled), str(port)], port) as process:
        pin(process, ON_FIRST)
        yield f"http://127.0.0.1:{port}/predict", process


def free_port() -> int:
    """Return a port that is free just now."""
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def running(command: Sequence[str], port: int, **options: Any) -> Iterator[psutil.Process]:
    """Run a service until it is no longer needed."""
    import socket

    started = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options
    )

    def is_there() -> bool:
        assert started.poll() is None, "the service ended"
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", port)) == 0

    try:
        wait_for(is_there, 120)
        yield psutil.Process(started.pid)
    finally:
        for child in psutil.Process(started.pid).children(recursive=True):
            child.kill()
        started.kill()
        started.wait()


def check_record(deployed: Any, answered: int) -> None:
    """Make sure that every answer is recorded or counted as dropped."""

    def complete() -> bool:
        minutes = deployed.rows(WatchMinute)
        calls, dropped = sum(m.calls for m in minutes), sum(m.dropped for m in minutes)
        return calls >= answered and len(deployed.rows(Prediction)) + dropped == calls

    wait_for(complete, 60)


def measurements() -> list[dict[str, Any]]:
    """Return the rows for the bench table."""
    began = time.perf_counter()
    with ours(Family.BOOSTING) as (served, process, bodies, deployed):
        started = time.perf_counter() - began
        url, options = f"{served.url}/predict", {"token": TOKEN, "seconds": SECONDS}
        accept = '"arm":"model"'
        call(url, bodies, accept, **(options | {"seconds": 1}))
        closed = measured(
            process, lambda: call(url, bodies, accept, connections=CALLERS, **options)
        )
        opened = call(url, bodies, accept, rate=RATE, **options)
        megabytes = max(one.memory_info().rss for one in process.children(recursive=True)) / 1e6
        check_record(deployed, closed["answered"])
    with bare(Family.BOOSTING) as (bare_url, bare_process):
        peer = measured(
            bare_process,
            lambda: call(bare_url, bodies, "score", connections=CALLERS, seconds=SECONDS),
        )
        peer_open = call(bare_url, bodies, "score", rate=50, seconds=SECONDS)
    name = "Starlette + joblib, bare"
    rows = [
        row("serving_rps", closed["rps"], "calls/s", peer=name, peer_value=peer["rps"]),
        row("serving_cpu_us", closed["cpu_us"], "µs/call", peer=name, peer_value=peer["cpu_us"]),
        row(
            "serving_p99_ms",
            opened["p99_ms"],
            "ms at 200/s",
            peer=f"{name}, 50/s",
            peer_value=peer_open["p99_ms"],
        ),
        row("serving_two_cores", two_cores(), "x one core, by processor time"),
        row("serving_mb", megabytes, "MB, a worker"),
        row("serving_start_s", started, "s to ready"),
    ]
    return rows + [family_row(family) for family in Family]


def two_cores() -> float:
    """Return how many times the calls a second two workers on two cores answer."""
    figures = []
    for workers, cores in ((1, ON_FIRST), (2, ON_FIRST | ON_SECOND)):
        with ours(Family.BOOSTING, workers, cores) as (served, process, bodies, _):
            figures.append(
                measured(
                    process,
                    lambda served=served, bodies=bodies: call(
                        f"{served.url}/predict",
                        bodies,
                        '"arm":"model"',
                        token=TOKEN,
                        seconds=SECONDS,
                        connections=4 * CALLERS,
                    ),
                )
            )
    return workers_ratio(figures)


def workers_ratio(figures: Sequence[dict[str, Any]]) -> float:
    """Return what two cores give over one if both are theirs: 2 × the processor time's ratio."""
    return 2 * figures[0]["cpu_us"] / figures[1]["cpu_us"]


def family_row(family: Family) -> dict[str, Any]:
    """Return a family's processor time per call beside bare scikit-learn's."""
    with ours(family) as (served, process, bodies, _):
        form = served.client.get("/readyz").json()["form"]
        mine = measured(
            process,
            lambda: call(
                f"{served.url}/predict",
                bodies,
                '"arm":"model"',
                token=TOKEN,
                seconds=2,
                connections=CALLERS,
            ),
        )
    with bare(family) as (url, bare_process):
        peer = measured(
            bare_process, lambda: call(url, bodies, "score", seconds=2, connections=CALLERS)
        )
    return row(
        f"serving_{family.name.lower()}_cpu_us",
        mine["cpu_us"],
        f"µs/call, {form}",
        peer="Starlette + joblib, bare",
        peer_value=peer["cpu_us"],
    )
