"""Time the forecast and a whole demo; measure the kind suggestion on sentences it has not seen."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from bot.domain.verdict import verdict
from bot.playbook.story_file import STORIES, load_story
from tests.bench.rows import row

NAMES = ("forecast_ms", "demo_seconds")
RUNS = 7
DRAWS = 20_000


def measurements() -> list[dict[str, Any]]:
    """Return the rows for `build/bench.json`."""
    return [_forecast(), _demo()]


def _milliseconds(work: Any) -> float:
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        work()
        times.append((time.perf_counter() - started) * 1000)
    return median(times)


def _forecast() -> dict[str, Any]:
    """A whole verdict with its 20,000 draws, beside the same draws in plain Python."""
    record = load_story(STORIES / "grocer.yaml").record
    waits = [blocker for blocker in record.blockers if blocker.resolution is None]
    value = _milliseconds(lambda: verdict(record))
    peer = _milliseconds(lambda: _plain_draws(len(waits)))
    return row("forecast_ms", value, "ms", "plain Python draws", peer)


def _plain_draws(waits: int) -> list[float]:
    dice = random.Random(0)
    return sorted(
        max((dice.triangular(1.0, 90.0, 30.0) for _ in range(waits)), default=0.0)
        for _ in range(DRAWS)
    )


def _demo() -> dict[str, Any]:
    """`hour48 demo`, whole process; its peer is the limit it has to keep."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "demo.json"
        command = [sys.executable, "-m", "hour48", "demo", "--json", str(target)]
        started = time.monotonic()
        subprocess.run(command, check=True, capture_output=True, cwd=Path.cwd())
        seconds = time.monotonic() - started
        figures = json.loads(target.read_text())
    assert figures["prompts"] == 20
    return row("demo_seconds", seconds, "s", "limit", 90.0)
