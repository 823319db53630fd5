"""MLflow's scoring server with the same artifact as ours, in an environment of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from serving.compiling import compile_model
from serving.export.mlflow import write_mlflow
from tests import peers
from tests.bench.services import ON_FIRST, call, free_port, measured, megabytes, pin, running

CALLERS, SECONDS = 8, 4.0
WRAP = """
import sys, mlflow
class Wrapped(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        from probes.baseline.artifact import load_model
        from pathlib import Path
        self.served = load_model(Path(context.artifacts["model"]))
    def predict(self, context, model_input, params=None):
        return self.served.scores(model_input.astype(object)).tolist()
mlflow.pyfunc.save_model(sys.argv[2], python_model=Wrapped(), artifacts={"model": sys.argv[1]},
                         pip_requirements=["mlflow"])
"""


def measure(model: Path, bodies: Path) -> dict[str, dict[str, Any]]:
    """Return the figures of MLflow with scikit-learn and our preparation, and with our export.

    Args:
        model: the kept model.
        bodies: of our calls, a line each.
    """
    records = records_of(bodies)
    found = {}
    for name, folder in _exports(model, bodies.parent).items():
        port = free_port()
        command = [str(peers.python()), "-m", "mlflow", "models", "serve", "-m", str(folder)]
        command += ["-p", str(port), "--env-manager", "local", "--workers", "1"]
        options = {"env": peers.environment(), "start_new_session": True}
        with running(command, port, **options) as process:
            pin(process, ON_FIRST)
            url = f"http://127.0.0.1:{port}/invocations"
            call(url, records, "predictions", seconds=2)

            def calls(url: str = url) -> dict[str, Any]:
                return call(url, records, "predictions", seconds=SECONDS, connections=CALLERS)

            found[name] = measured(process, calls) | {"mb": megabytes(process)}
    return found


def records_of(bodies: Path) -> Path:
    """Return the same calls as MLflow takes them."""
    file = bodies.with_name("records.jsonl")
    rows = [json.loads(line)["values"] for line in bodies.read_text("utf-8").splitlines()]
    lines = [json.dumps({"dataframe_records": [row]}) for row in rows]
    file.write_text("\n".join(lines), "utf-8")
    return file


def _exports(model: Path, work: Path) -> dict[str, Path]:
    wrapped, compiled = work / "mlflow-wrapped", work / "mlflow-compiled"
    for folder in (wrapped, compiled):
        shutil.rmtree(folder, ignore_errors=True)
    subprocess.run(
        [str(peers.python()), "-c", WRAP, str(model), str(wrapped)],
        check=True,
        env=peers.environment(),
    )
    write_mlflow(compile_model(model), compiled)
    return {"wrapped": wrapped, "export": compiled}
