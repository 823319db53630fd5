"""Measures a deployed model beside a bare Starlette + joblib service with the same artifact.

One core serves and the other one calls. Processor time per answered call is given as well: it holds
on a machine that others use, where calls a second do not. MLflow serves the same artifact in the
same run, twice: by scikit-learn with our preparation, as a team would wrap it, and as our export.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from bot.db.serving_models import Prediction, WatchMinute
from probes.baseline.artifact import load_model
from probes.baseline.models import ModelFamily
from tests import peers
from tests.bench import serving_peers
from tests.bench.rows import row
from tests.bench.services import (
    ON_FIRST,
    ON_SECOND,
    call,
    free_port,
    measured,
    megabytes,
    pin,
    running,
    started_by,
)
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
    "serving_start_cpu_s",
    "serving_mlflow_rps",
    "serving_mlflow_cpu_us",
    "serving_mlflow_mb",
    "serving_mlflow_export_cpu_us",
    *(f"serving_{family.name.lower()}_cpu_us" for family in ModelFamily),
)


def model_of(family: ModelFamily) -> Path:
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


@contextmanager
def ours(family: ModelFamily, workers: int = 1, cores: set[int] = ON_FIRST) -> Iterator[Any]:
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
def bare(family: ModelFamily) -> Iterator[tuple[str, psutil.Process]]:
    """Serve the same model by Starlette and joblib, without token, checks or record."""
    import joblib

    pickled, port = FOLDER / "bare.joblib", free_port()
    joblib.dump(load_model(model_of(family)), pickled)
    with running([sys.executable, "-c", BARE, str(pickled), str(port)], port) as process:
        pin(process, ON_FIRST)
        yield f"http://127.0.0.1:{port}/predict", process


def check_record(deployed: Any, answered: int) -> None:
    """Make sure that every answer is recorded or counted as dropped."""

    def complete() -> bool:
        minutes = deployed.rows(WatchMinute)
        calls, dropped = sum(m.calls for m in minutes), sum(m.dropped for m in minutes)
        return calls >= answered and len(deployed.rows(Prediction)) + dropped == calls

    wait_for(complete, 60)


def measurements() -> list[dict[str, Any]]:
    """Return the rows for the bench table."""
    started, started_cpu = start()
    with ours(ModelFamily.BOOSTING) as (served, process, bodies, deployed):
        url, options = f"{served.url}/predict", {"token": TOKEN, "seconds": SECONDS}
        accept = '"arm":"model"'
        call(url, bodies, accept, **(options | {"seconds": 1}))
        closed = measured(
            process, lambda: call(url, bodies, accept, connections=CALLERS, **options)
        )
        opened = call(url, bodies, accept, rate=RATE, **options)
        worker = max(one.memory_info().rss for one in process.children(recursive=True)) / 1e6
        whole = megabytes(process)
        check_record(deployed, closed["answered"])
    with bare(ModelFamily.BOOSTING) as (bare_url, bare_process):
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
        row("serving_mb", worker, "MB, a worker"),
        row("serving_start_s", started, "s to ready, the model compiled"),
        row("serving_start_cpu_s", started_cpu, "s of processor time to ready"),
        *beside_mlflow(closed, whole, bodies),
    ]
    return rows + [family_row(family) for family in ModelFamily]


def start() -> tuple[float, float]:
    """Return seconds until a first start is ready, and of processor time: the best of three."""
    model, found = model_of(ModelFamily.BOOSTING), []
    for _ in range(3):
        with tempfile.TemporaryDirectory() as folder:
            deployed = deploy(migrated_database("sqlite", Path(folder)), model)
            began = time.perf_counter()
            with Served.of(deployed) as served:
                took = time.perf_counter() - began
                found.append((took, started_by(psutil.Process(served.process.pid))))
            deployed.engine.dispose()
    return min(took for took, _ in found), min(cpu for _, cpu in found)


def beside_mlflow(closed: dict[str, Any], whole: float, bodies: Path) -> list[dict[str, Any]]:
    """Return ours beside MLflow's scoring server; without its figures where it cannot be had."""
    missing = peers.install()
    found = {} if missing else serving_peers.measure(model_of(ModelFamily.BOOSTING), bodies)
    wrapped, export = found.get("wrapped", {}), found.get("export", {})
    name = "MLflow, scikit-learn with our preparation"
    rows = [
        row("serving_mlflow_rps", closed["rps"], "calls/s", name, wrapped.get("rps")),
        row("serving_mlflow_cpu_us", closed["cpu_us"], "µs/call", name, wrapped.get("cpu_us")),
        row("serving_mlflow_mb", whole, "MB in all", name, wrapped.get("mb")),
        row(
            "serving_mlflow_export_cpu_us",
            closed["cpu_us"],
            "µs/call",
            "MLflow, our export",
            export.get("cpu_us"),
        ),
    ]
    return [one | ({"note": missing} if missing else {}) for one in rows]


def two_cores() -> float:
    """Return how many times the calls a second two workers on two cores answer."""
    figures = []
    for workers, cores in ((1, ON_FIRST), (2, ON_FIRST | ON_SECOND)):
        with ours(ModelFamily.BOOSTING, workers, cores) as (served, process, bodies, _):
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


def family_row(family: ModelFamily) -> dict[str, Any]:
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
