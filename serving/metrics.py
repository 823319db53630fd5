"""What Prometheus reads of a deployment's workers, counted by all of them together."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, Literal

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from bot.domain.enums import DeploymentState
from bot.metrics_files import COUNTED_IN
from serving.control import DesiredStatePoller
from serving.ledger import Ledger

Mode = Literal["livesum", "livemin"]
"""How the gauges of several workers become one: only of those that live."""
BUCKETS: Final = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5)
_COUNTED: Final = frozenset({"/predict", "/outcomes", "/pull"})


class Meters:
    """One worker's meters.

    Args:
        name: of the model, their label.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._own = CollectorRegistry()
        self._calls = Counter(
            "hour48_serving_calls",
            "Calls by path and status",
            ["model", "path", "status"],
            registry=self._own,
        )
        self._seconds = Histogram(
            "hour48_serving_seconds",
            "Time to answer",
            ["model"],
            buckets=BUCKETS,
            registry=self._own,
        ).labels(name)
        self._live = self._gauge("live", "Workers that ask the model", "livesum")
        self._generation = self._gauge(
            "generation", "Oldest generation that a worker obeys", "livemin"
        )
        self._waiting = self._gauge("ledger_waiting", "Rows that wait for the database", "livesum")
        self._dropped = self._gauge(
            "ledger_dropped", "Rows dropped while the database was away", "livesum"
        )
        self._children: dict[tuple[str, int], Counter] = {}

    def _gauge(self, name: str, about: str, mode: Mode) -> Gauge:
        gauge = Gauge(
            f"hour48_serving_{name}",
            about,
            ["model"],
            multiprocess_mode=mode,
            registry=self._own,
        )
        return gauge.labels(self._name)

    def answered(self, path: str, status: int, seconds: float) -> None:
        """Count one call."""
        known = path if path in _COUNTED else "infer" if path.endswith("/infer") else "other"
        child = self._children.get((known, status))
        if child is None:
            child = self._calls.labels(self._name, known, str(status))
            self._children[known, status] = child
        child.inc()
        self._seconds.observe(seconds)

    def set_state(self, state: DesiredStatePoller, ledger: Ledger) -> None:
        """Take over what is obeyed and what waits."""
        self._live.set(state.now() is DeploymentState.LIVE)
        self._generation.set(state.desired.generation if state.desired else 0)
        self._waiting.set(ledger.waiting)
        self._dropped.set(ledger.dropped)

    def text(self) -> tuple[bytes, str]:
        """Return the figures of all workers, and their content type."""
        registry = self._own
        if COUNTED_IN in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # has no types
        return generate_latest(registry), CONTENT_TYPE_LATEST


def forget_dead() -> None:
    """Let the gauges of workers that have died count no more."""
    folder = os.environ.get(COUNTED_IN)
    if folder is None:
        return
    for file in Path(folder).glob("gauge_live*_*.db"):
        pid = int(file.stem.rpartition("_")[2])
        if not Path(f"/proc/{pid}").exists():
            mark_process_dead(pid)  # type: ignore[no-untyped-call]  # has no types
