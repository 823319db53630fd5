"""Exported models, loaded where they are meant to go and asked there."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pandas as pd

from tests import peers
from tests.bench.services import free_port, running
from tests.deployed import wait_for
from tests.served import as_callers_send

ALONE = """
import importlib, json, sys
import pandas as pd
folder, rows = sys.argv[1:]
sys.path.insert(0, f"{folder}/code")
model = importlib.import_module("hour48_model.loader")._load_pyfunc(f"{folder}/data")
answers = model.predict(pd.DataFrame(json.load(open(rows))))
assert not {"sklearn", "serving", "probes", "bot"} & set(sys.modules)
print(json.dumps([answers["score"].tolist(), answers["answer"].tolist()]))
"""
MLFLOW = """
import json, sys
import mlflow.pyfunc, pandas as pd
model = mlflow.pyfunc.load_model(sys.argv[1])
rows = pd.DataFrame(json.load(open(sys.argv[2])))
print(json.dumps(model.predict(rows)["score"].tolist()))
"""
TYPES = {bool: "BOOL", int: "FP64", float: "FP64", str: "BYTES"}


def alone(folder: Path, rows: pd.DataFrame, work: Path) -> tuple[list[float], list[Any]]:
    """Return the scores and answers of an MLflow export that nothing of hour48 is beside."""
    scores, answers = _told([sys.executable, "-I", "-c", ALONE], folder, rows, work)
    return scores, answers


def by_mlflow(folder: Path, rows: pd.DataFrame, work: Path) -> list[float]:
    """Return the scores that MLflow's own loader gives."""
    told = _told([str(peers.python()), "-c", MLFLOW], folder, rows, work)
    return [float(one) for one in told]


def _told(command: Sequence[str], folder: Path, rows: pd.DataFrame, work: Path) -> Any:
    file = work / "rows.json"
    file.write_text(json.dumps(as_callers_send(rows, list(rows.columns))), "utf-8")
    done = subprocess.run(
        [*command, str(folder), str(file)], capture_output=True, text=True, check=True, cwd=work
    )
    return json.loads(done.stdout.splitlines()[-1])


@contextmanager
def by_mlserver(
    folder: Path, name: str, processes: int = 0
) -> Iterator[Callable[[Sequence[dict[str, Any]]], dict[str, list[Any]]]]:
    """Serve an export by MLServer, with worker processes of its own if asked, until it is done."""
    ports = {kind: free_port() for kind in ("http_port", "grpc_port", "metrics_port")}
    settings = {"host": "127.0.0.1", "parallel_workers": processes, **ports}
    (folder / "settings.json").write_text(json.dumps(settings), "utf-8")
    command = [str(peers.python().parent / "mlserver"), "start", str(folder)]
    url = f"http://127.0.0.1:{ports['http_port']}/v2/models/{name}"
    with (
        running(command, ports["http_port"], env=peers.environment(), cwd=folder),
        httpx.Client(trust_env=False, timeout=60) as client,
    ):

        def is_ready() -> bool:
            try:
                return client.get(f"{url}/ready").status_code == 200
            except httpx.HTTPError:
                return False

        def ask(rows: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
            answered = client.post(f"{url}/infer", json={"inputs": tensors(rows)})
            answered.raise_for_status()
            return {one["name"]: one["data"] for one in answered.json()["outputs"]}

        wait_for(is_ready, 60)
        yield ask


def tensors(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows as the Open Inference Protocol has them: one input a column."""
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    return [
        {"name": name, "shape": [len(data)], "datatype": _type_of(data), "data": data}
        for name, data in columns.items()
    ]


def _type_of(data: Sequence[Any]) -> str:
    known = {TYPES[type(one)] for one in data if one is not None}
    return known.pop() if len(known) == 1 else "BYTES"
