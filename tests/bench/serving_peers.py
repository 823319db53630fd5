"""Measures MLflow's scoring server beside ours, with the same artifact, in the same run.

`python -m tests.bench.serving_peers [PYTHON]`: PYTHON has MLflow and skops; without it
an environment is made under build/peers, which takes minutes. MLflow asks scikit-learn with our
preparation of the columns, as a team would wrap it; and, second, our compiled export.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from probes.baseline.models import Family
from serving.compiling import compile_model
from serving.export.mlflow import write_mlflow
from tests.bench.serving import (
    CALLERS,
    FOLDER,
    ON_FIRST,
    call,
    free_port,
    measured,
    model_of,
    ours,
    pin,
    running,
)
from tests.deployed import TOKEN

VENV = Path("build/peers/mlflow")
SECONDS = 6.0
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


def environment(python: Path) -> dict[str, str]:
    """Return what lets MLflow find its own commands and our preparation."""
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "PYTHONWARNINGS": "ignore"}
    path = f"{python.absolute().parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(Path.cwd()), **quiet}


def python_with_mlflow() -> Path:
    """Return a Python that has MLflow, made when it is not there."""
    python = VENV / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
        packages = ["mlflow", "skops", "uvloop"]
        subprocess.run([str(python), "-m", "pip", "install", "-q", *packages], check=True)
    return python


def records_of(bodies: Path) -> Path:
    """Return the same calls as MLflow takes them."""
    file = FOLDER / "records.jsonl"
    rows = [json.loads(line)["values"] for line in bodies.read_text("utf-8").splitlines()]
    lines = [json.dumps({"dataframe_records": [row]}) for row in rows]
    file.write_text("\n".join(lines), "utf-8")
    return file


def main() -> None:
    """Measure, and print a line for each service."""
    python = Path(sys.argv[1]) if len(sys.argv) > 1 else python_with_mlflow()
    model = model_of(Family.BOOSTING)
    with ours(Family.BOOSTING) as (served, process, bodies, _):
        url = f"{served.url}/predict"
        accept = '"arm":"model"'
        call(url, bodies, accept, token=TOKEN, seconds=1)
        mine = measured(
            process,
            lambda: call(url, bodies, accept, token=TOKEN, seconds=SECONDS, connections=CALLERS),
        )
        opened = call(url, bodies, accept, token=TOKEN, seconds=SECONDS, rate=200)
        print("hour48", json.dumps(mine), "open loop 200/s", json.dumps(opened))
    records = records_of(bodies)
    for name, folder in _exports(python, model).items():
        port = free_port()
        command = [str(python), "-m", "mlflow", "models", "serve", "-m", str(folder)]
        command += ["-p", str(port), "--env-manager", "local", "--workers", "1"]
        with running(command, port, env=environment(python), start_new_session=True) as process:
            pin(process, ON_FIRST)
            url = f"http://127.0.0.1:{port}/invocations"
            call(url, records, "predictions", seconds=2)
            figures = measured(
                process,
                lambda url=url: call(
                    url, records, "predictions", seconds=SECONDS, connections=CALLERS
                ),
            )
            whole = [process, *process.children(recursive=True)]
            megabytes = sum(one.memory_info().rss for one in whole) / 1e6
            print(f"MLflow, {name}", json.dumps(figures), f"{megabytes:.0f} MB")


def _exports(python: Path, model: Path) -> dict[str, Path]:
    import shutil

    wrapped, compiled = FOLDER / "mlflow-wrapped", FOLDER / "mlflow-compiled"
    for folder in (wrapped, compiled):
        shutil.rmtree(folder, ignore_errors=True)
    subprocess.run(
        [str(python), "-c", WRAP, str(model), str(wrapped)], check=True, env=environment(python)
    )
    write_mlflow(compile_model(model), compiled)
    return {"scikit-learn with our preparation": wrapped, "our compiled export": compiled}


if __name__ == "__main__":
    main()
