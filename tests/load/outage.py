"""Takes the database away from a deployed model for a minute, at 200 calls a second."""

from __future__ import annotations

import tempfile
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.db.serving_models import Prediction, WatchMinute
from probes.baseline.models import ModelFamily
from tests.bench.rows import row
from tests.bench.services import call
from tests.bench.serving import RATE, bodies_of, model_of
from tests.databases import migrated_database
from tests.deployed import TOKEN, Served, deploy, wait_for
from tests.relay import Relay

NAMES = ("outage_failed_calls", "outage_unaccounted_calls", "outage_dropped_rows")
BEFORE, AWAY, AFTER = 5.0, 60.0, 10.0


def run(folder: Path, away: float = AWAY, rate: int = RATE) -> dict[str, Any]:
    """Call while the database is away in the middle; return what became of each call."""
    model = model_of(ModelFamily.BOOSTING)
    deployed = deploy(migrated_database("postgresql", folder), model, percent=100.0)
    relay = Relay(deployed.url)
    try:
        with Served.of(replace(deployed, url=relay.url)) as served:
            cut = threading.Timer(BEFORE, relay.cut)
            mended = threading.Timer(BEFORE + away, relay.mend)
            cut.start()
            mended.start()
            seconds = BEFORE + away + AFTER
            url, bodies = f"{served.url}/predict", bodies_of(model)
            figures = call(url, bodies, '"arm":', token=TOKEN, rate=rate, seconds=seconds)
            mended.join()
            answered = figures["answered"]

            def counted() -> int:
                return sum(one.calls for one in deployed.rows(WatchMinute))

            wait_for(lambda: counted() >= answered, 60)
            calls = counted()
            dropped = sum(one.dropped for one in deployed.rows(WatchMinute))
            wait_for(lambda: len(deployed.rows(Prediction)) + dropped >= calls, 60)
            kept = len(deployed.rows(Prediction))
    finally:
        relay.cut()
        deployed.engine.dispose()
    return figures | {"calls": calls, "dropped": dropped, "kept": kept}


def measurements() -> list[dict[str, Any]]:
    """Return the rows for the bench table."""
    with tempfile.TemporaryDirectory() as folder:
        found = run(Path(folder))
    failed = found["begun"] - found["answered"]
    unaccounted = found["calls"] - found["kept"] - found["dropped"]
    unit = f"of {found['begun']:,} calls, {AWAY:.0f} s without the database at {RATE}/s"
    return [
        row("outage_failed_calls", failed, unit),
        row("outage_unaccounted_calls", unaccounted, unit),
        row("outage_dropped_rows", found["dropped"], unit),
    ]
