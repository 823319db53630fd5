"""The baseline probe beside FLAML with 60 seconds: a delay task, and churn of households.

FLAML lives in an environment of its own under `build/` and gets the same rows, the same parts to
learn from and to be asked about, and all columns that our models may see, those that only say when
among them. It is told nothing else. Where it cannot be installed the peer's figure is missing and
`note` says why.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from probes.baseline.options import Options
from probes.baseline.probe import study_frame
from probes.baseline.splits import Parting
from probes.baseline.study import Study
from probes.contract import ProbeContext, no_progress
from probes.parallelism import mark_own_process
from probes.samples.grocer import build_grocer
from probes.settings import ProbeSettings
from tests.bench.quality import FOLDER, whole_process
from tests.bench.rows import row
from tests.integration.probes.planting import unpack_flights

PEER = Path("build/peers/flaml")
PEER_PACKAGES = ("flaml", "lightgbm", "xgboost-cpu", "scikit-learn", "pandas", "pyarrow")
BUDGET_SECONDS = 60
PEER_NAME = f"FLAML, {BUDGET_SECONDS} s a fold"
KNOWN_AFTER = ("dep_time", "dep_delay", "arr_time", "air_time")
DELAY = "arr_delay>15"
INSTALL_SECONDS = 600
NAMES = (
    "baseline_flights_auc",
    "baseline_flights_auc_at_random",
    "baseline_flights_seconds",
    "baseline_churn_auc",
    "baseline_halves_auc",
)


def install_peer() -> str:
    """Make FLAML's environment once; return why it could not be made, or nothing."""
    python = PEER / "bin" / "python"
    if _run([str(python), "-c", "import flaml, lightgbm, xgboost"]):
        return ""
    made = _run([sys.executable, "-m", "venv", str(PEER)]) and _run(
        [str(python), "-m", "pip", "install", "--quiet", *PEER_PACKAGES]
    )
    return "" if made else "FLAML could not be installed here, so there is no peer's figure."


def _run(command: list[str]) -> bool:
    try:
        done = subprocess.run(command, capture_output=True, timeout=INSTALL_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def peer_figure(study: Study, parting: Parting) -> dict[str, float]:
    """Return FLAML's mean AUC over the folds of a parting, and its mean seconds for one."""
    columns = study.data[study.plan_beside.prepared_names]
    rows = columns.assign(__answer=study.task.answers.astype(int))
    for number, fold in enumerate(parting.folds):
        part = np.zeros(len(rows), dtype=np.int8)
        part[fold[0]], part[fold[1]] = 1, 2
        rows[f"__fold_{number}"] = part
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        rows.to_parquet(path)
        script = Path(__file__).with_name("flaml_peer.py")
        done = subprocess.run(
            [str(PEER / "bin" / "python"), str(script), str(path), str(BUDGET_SECONDS)],
            capture_output=True,
            text=True,
            check=True,
        )
    folds = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {name: float(np.mean([one[name] for one in folds])) for name in ("auc", "seconds")}


def study_of(frame: pd.DataFrame, target: str, known_after: tuple[str, ...] = ()) -> Study:
    """Run the whole study in this process, as the probe does in its own."""
    mark_own_process()
    with tempfile.TemporaryDirectory() as folder:
        context = ProbeContext(ProbeSettings(), Path(folder), no_progress)
        return study_frame(frame, target, Options(known_after=known_after), context)


def flights_seconds(path: Path) -> float:
    """Time the probe on the flights as a whole process."""
    option = f"known_after={','.join(KNOWN_AFTER)}"
    command = [sys.executable, "-m", "hour48", "probe", "baseline", str(path), "--json"]
    return whole_process([*command, "--target", DELAY, "--option", option])[0]


def measurements() -> list[dict[str, Any]]:
    """Return the rows for the bench table."""
    return list(_rows(install_peer()))


def _rows(missing: str) -> Iterator[dict[str, Any]]:
    path = unpack_flights(FOLDER)
    study = study_of(pd.read_csv(path, parse_dates=["time_hour"]), DELAY, KNOWN_AFTER)
    yield _beside("baseline_flights_auc", study, study.partings[0], missing)
    random = study.partings[-1]
    one = Parting(random.split, random.column, random.folds[-1:])
    yield _beside("baseline_flights_auc_at_random", study, one, missing)
    seconds = sorted(flights_seconds(path) for _ in range(3))[1]
    yield row("baseline_flights_seconds", seconds, "s", PEER_NAME, float(BUDGET_SECONDS))
    with tempfile.TemporaryDirectory() as folder:
        files = build_grocer(Path(folder))
        tasks = (("churn", "households", "churned"), ("halves", "spend_halves", "spend_halved"))
        for name, table, target in tasks:
            study = study_of(pd.read_csv(files[table]), target)
            yield _beside(f"baseline_{name}_auc", study, study.partings[0], missing)


def _beside(name: str, study: Study, parting: Parting, missing: str) -> dict[str, Any]:
    """Return our figure under a parting beside FLAML's under the same."""
    checks = [study.lead, *study.beside]
    ours = next(one for one in checks if one.split is parting.split).interval.mean
    theirs = None if missing else peer_figure(study, parting)["auc"]
    note = {"note": missing} if missing else {}
    return row(name, ours, "AUC", PEER_NAME, theirs) | note


if __name__ == "__main__":
    print(json.dumps(measurements(), indent=2))
