"""The baseline probe beside FLAML with 60 seconds: a delay task, and churn of households.

FLAML lives in an environment of its own under `build/`, gets the same rows and columns and the same
random fold, and is told nothing else. Where it cannot be installed the peer's figure is missing and
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
from probes.baseline.splits import Split, part_at_random
from probes.baseline.study import Study
from probes.contract import ProbeContext, no_progress
from probes.samples.grocer import build_grocer
from probes.settings import ProbeSettings
from tests.bench.quality import FOLDER, whole_process
from tests.integration.probes.planting import unpack_flights

PEER = Path("build/peers/flaml")
PEER_PACKAGES = ("flaml", "lightgbm", "xgboost-cpu", "scikit-learn", "pandas", "pyarrow")
BUDGET_SECONDS = 60
KNOWN_AFTER = ("dep_time", "dep_delay", "arr_time", "air_time")
DELAY = "arr_delay>15"
INSTALL_SECONDS = 600


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


def peer_figures(study: Study) -> dict[str, float]:
    """Return FLAML's AUC and seconds on the last random fold of a study."""
    _, held_out = part_at_random(study.task).folds[-1]  # type: ignore[union-attr]
    marked = np.zeros(len(study.task.answers), dtype=bool)
    marked[held_out] = True
    rows = study.data.assign(__held_out=marked, __answer=study.task.answers.astype(int))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        rows.to_parquet(path)
        script = Path(__file__).with_name("flaml_peer.py")
        done = subprocess.run(
            [str(PEER / "bin" / "python"), str(script), str(path), str(BUDGET_SECONDS)],
            capture_output=True,
            text=True,
            check=True,
            timeout=BUDGET_SECONDS * 5,
        )
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def study_of(frame: pd.DataFrame, target: str, known_after: tuple[str, ...] = ()) -> Study:
    """Run the whole study in this process, as the probe does in its own."""
    with tempfile.TemporaryDirectory() as folder:
        context = ProbeContext(ProbeSettings(), Path(folder), no_progress)
        return study_frame(frame, target, Options(known_after=known_after), context)


def flights_seconds(path: Path) -> float:
    """Time the probe on the flights as a whole process."""
    option = f"known_after={','.join(KNOWN_AFTER)}"
    command = [sys.executable, "-m", "hour48", "probe", "baseline", str(path), "--json"]
    return whole_process([*command, "--target", DELAY, "--option", option])[0]


def at_random(study: Study) -> float:
    """Return the AUC on random folds, of the model that learnt all rows where there is one."""
    checks = [*study.large, *study.beside, study.lead]
    return next(one.interval.mean for one in checks if one.split is Split.RANDOM)


def measurements() -> list[dict[str, Any]]:
    """Return the rows for the bench table."""
    return list(_rows(install_peer()))


def _rows(missing: str) -> Iterator[dict[str, Any]]:
    path = unpack_flights(FOLDER)
    flights = pd.read_csv(path, parse_dates=["time_hour"])
    study = study_of(flights, DELAY, KNOWN_AFTER)
    peer = {} if missing else peer_figures(study)
    yield _row("baseline_flights_auc", at_random(study), "AUC", peer.get("auc"), missing)
    seconds = sorted(flights_seconds(path) for _ in range(3))[1]
    yield _row("baseline_flights_seconds", seconds, "s", peer.get("seconds"), missing)
    churn = study_of(*_churn())
    peer = {} if missing else peer_figures(churn)
    yield _row("baseline_churn_auc", at_random(churn), "AUC", peer.get("auc"), missing)


def _churn() -> tuple[pd.DataFrame, str]:
    with tempfile.TemporaryDirectory() as folder:
        return pd.read_csv(build_grocer(Path(folder))["households"]), "churned"


def _row(
    name: str, value: float, unit: str, peer_value: float | None, missing: str
) -> dict[str, Any]:
    return {
        "name": name,
        "value": round(value, 4),
        "unit": unit,
        "peer": f"FLAML, {BUDGET_SECONDS} s",
        "peer_value": None if peer_value is None else round(peer_value, 4),
        "ratio": None if peer_value is None else round(value / peer_value, 3),
        **({"note": missing} if missing else {}),
    }


if __name__ == "__main__":
    print(json.dumps(measurements(), indent=2))
