"""Sends a million requests to one worker, and sees whether its memory grows."""

from __future__ import annotations

from typing import Any

import psutil

from probes.baseline.models import ModelFamily
from tests.bench.rows import row
from tests.bench.services import call
from tests.bench.serving import CALLERS, ours
from tests.deployed import TOKEN

NAMES = ("serving_million_growth_percent", "serving_million_mb")
REQUESTS = 1_000_000
SECONDS = 50.0
WARM = 100_000
"""Requests until caches are full; what is held by then is what it is compared with."""


def megabytes(process: psutil.Process) -> float:
    """Return the memory of the largest worker."""
    whole = process.children(recursive=True) or [process]
    return max(one.memory_info().rss for one in whole) / 1e6


def measurements() -> list[dict[str, Any]]:
    """Return the rows for the bench table."""
    answered, warm, most = 0, 0.0, 0.0
    with ours(ModelFamily.BOOSTING) as (served, process, bodies, _):
        while answered < REQUESTS:
            figures = call(
                f"{served.url}/predict",
                bodies,
                '"arm":"model"',
                token=TOKEN,
                seconds=SECONDS,
                connections=CALLERS,
            )
            answered += figures["answered"]
            if answered >= WARM:
                warm = warm or megabytes(process)
                most = max(most, megabytes(process))
    return [
        row("serving_million_growth_percent", 100 * (most / warm - 1), f"% after {answered:,}"),
        row("serving_million_mb", most, f"MB at most, {answered:,} requests"),
    ]
