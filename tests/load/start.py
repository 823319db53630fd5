"""Time how fast the command answers, beside a bare Typer command."""

from __future__ import annotations

import subprocess
import sys
import time
from statistics import median
from typing import Any

from tests.bench.rows import row

NAMES = ("help_seconds",)
PEER = "import typer; a = typer.Typer(); a.command()(lambda: None); a(['--help'])"
RUNS = 7


def help_seconds(command: list[str], runs: int = RUNS) -> float:
    """Return the median seconds of a command that ends by itself, after one that warms up."""
    taken = []
    for _ in range(runs + 1):
        started = time.monotonic()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        taken.append(time.monotonic() - started)
    return median(taken[1:])


def measurements() -> list[dict[str, Any]]:
    """Return the time of `hour48 --help`."""
    ours = help_seconds([sys.executable, "-m", "hour48", "--help"])
    theirs = help_seconds([sys.executable, "-c", PEER])
    return [row("help_seconds", ours, "s", "bare Typer", theirs)]
