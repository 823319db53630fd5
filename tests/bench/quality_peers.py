"""Time the peers of the quality probe, each in a virtual environment of its own under build/.

They hold older pandas than ours, and are slow, so `make bench` leaves them to `make bench-peers`.
Telemetry is off.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.bench.quality import ROWS, probe, replica, whole_process

VENVS = Path("build/peers")
INSTALL_SECONDS = 900
QUIET = {
    "YDATA_PROFILING_NO_ANALYTICS": "True",
    "GX_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "MPLBACKEND": "Agg",
}


@dataclass(frozen=True)
class Peer:
    """A tool that looks at a table's quality: what to install, and its own way to do so."""

    name: str
    packages: tuple[str, ...]
    code: str


PEERS: tuple[Peer, ...] = (
    Peer(
        "ydata-profiling minimal",
        ("ydata-profiling", "pyarrow", "setuptools<81"),
        "import sys, pandas as pd\n"
        "from ydata_profiling import ProfileReport\n"
        "ProfileReport(pd.read_parquet(sys.argv[1]), minimal=True, progress_bar=False).to_json()\n",
    ),
    Peer(
        "great-expectations",
        ("great-expectations", "pandas<3", "pyarrow"),
        "import sys, pandas as pd, great_expectations as gx\n"
        "frame = pd.read_parquet(sys.argv[1])\n"
        "context = gx.get_context(mode='ephemeral')\n"
        "asset = context.data_sources.add_pandas('p').add_dataframe_asset('a')\n"
        "batch = asset.add_batch_definition_whole_dataframe('b')\n"
        "suite = gx.ExpectationSuite('s')\n"
        "for name in frame.columns:\n"
        "    suite.add_expectation(gx.expectations.ExpectColumnValuesToNotBeNull(column=name))\n"
        "    suite.add_expectation(gx.expectations.ExpectColumnUniqueValueCountToBeBetween(\n"
        "        column=name, min_value=2))\n"
        "suite = context.suites.add(suite)\n"
        "batch.get_batch({'dataframe': frame}).validate(suite)\n",
    ),
    Peer(
        "evidently",
        ("evidently", "pandas<3", "pyarrow"),
        "import sys, pandas as pd\n"
        "from evidently import Report\n"
        "from evidently.presets import DataSummaryPreset\n"
        "Report([DataSummaryPreset()]).run(pd.read_parquet(sys.argv[1]), None).json()\n",
    ),
)

Timed = Callable[[list[str]], tuple[float, float]]


def time_peers(path: Path, timed: Timed) -> list[tuple[str, tuple[float, float] | str]]:
    """Return each peer's wall seconds and peak MB on a file, or why it could not be timed.

    Args:
        path: a Parquet file.
        timed: runs a command as a whole process and measures it.
    """
    os.environ.update(QUIET)
    return [(peer.name, _timed(peer, path, timed)) for peer in PEERS]


def _timed(peer: Peer, path: Path, timed: Timed) -> tuple[float, float] | str:
    try:
        python = _installed(peer)
    except (subprocess.SubprocessError, OSError) as failed:
        return f"{peer.name} could not be installed here ({type(failed).__name__}); left out."
    try:
        return timed([str(python), "-c", peer.code, str(path)])
    except RuntimeError:
        return f"{peer.name} was installed but failed on {path.name}; left out."


def _installed(peer: Peer) -> Path:
    """Return the Python of the peer's own environment, made at its first use."""
    folder = VENVS / peer.name.split()[0]
    python, mark = folder / "bin" / "python", folder / ".installed"
    if not mark.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        install = [str(python), "-m", "pip", "install", "-qq"]
        subprocess.run([*install, *peer.packages], check=True, timeout=INSTALL_SECONDS)
        mark.touch()
    return python


def main() -> None:
    """Time the probe and its peers on five million rows, or as many as the argument says."""
    path = replica(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
    for name, took in [("hour48", probe(path)), *time_peers(path, whole_process)]:
        print(took if isinstance(took, str) else f"{name}: {took[0]:.1f} s, {took[1]:.0f} MB")


if __name__ == "__main__":
    main()
