"""A deployed model that is pulled and put back while its workers are killed at random moments.

The class `pulled_model` of `make chaos`. An answer by a pulled model later than `LIMIT` seconds
after the press counts as out of order.
"""

from __future__ import annotations

import random
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import httpx

from bot.clock import SystemClock
from bot.db.models import Sprint
from bot.deployments import service
from bot.domain.enums import DeploymentState
from bot.playbook.loader import load_playbook
from bot.unit_of_work import Runtime
from probes.baseline.artifact import load_model
from probes.baseline.models import ModelFamily
from tests.chaos.arena import Outcome
from tests.databases import migrated_database
from tests.deployed import TEAM, Deployed, Served, deploy
from tests.served import as_callers_send, customers, kept

LIMIT: Final = 2.0
WORKERS: Final = "2"
WHOLE: Final = 0.1
"""How often the process dies that replaces workers, and another one is started in its place."""


def run_pulled(backend: str, folder: Path, seed: int, kills: int) -> Outcome:
    """Kill workers of a deployment that is pulled and put back, and judge each answer.

    Args:
        backend: of the rows.
        folder: for the model and SQLite's file.
        seed: of all that is drawn.
        kills: how many.
    """
    began = time.monotonic()
    model = kept(folder, customers(600), "left", ModelFamily.LINEAR)
    deployed = deploy(migrated_database(backend, folder), model, percent=100.0)
    run = _Run(deployed, as_callers_send(customers(600), load_model(model).plan.names), seed)
    try:
        run.go_on(kills)
    finally:
        run.served.stop()
        deployed.engine.dispose()
    counts = dict.fromkeys(("lost", "twice", "duplicate_channels"), 0)
    return Outcome(
        kills=kills,
        sprints=1,
        seconds=time.monotonic() - began,
        counts={"out_of_order": len(run.late), **counts, "presses": run.presses},
        sentences=run.late,
    )


class _Run:
    """One deployment under kills."""

    def __init__(self, deployed: Deployed, rows: list[dict[str, Any]], seed: int) -> None:
        self._deployed = deployed
        self._rows = rows
        self._draw = random.Random(seed)
        self._runtime = Runtime(deployed.engine, SystemClock(), load_playbook())
        with self._runtime.uow(TEAM) as uow:
            uow.session.get_one(Sprint, 1).status = "running"
        self._pulled_at: float | None = None
        self._kills = 0
        self.presses = 0
        self.late: list[str] = []
        self.served = Served.of(deployed, "--workers", WORKERS)

    def go_on(self, kills: int) -> None:
        """Kill, and ask in between; press or put back now and then."""
        while self._kills < kills:
            self._kill()
            if self._draw.random() < 0.3:
                self._turn()
            self._ask(self._draw.uniform(0.05, 2.5))
        if self._pulled_at is None:
            self._turn()
        self._ask(LIMIT + 3)

    def _kill(self) -> None:
        self._kills += 1
        if self._draw.random() < WHOLE:
            self.served.process.kill()
            self.served.stop()
            self.served = Served.of(self._deployed, "--workers", WORKERS)
            return
        newest = sorted(self._deployed.workers(), key=lambda each: each.started_at)[-2:]
        with suppress(ProcessLookupError):
            self.served.kill(self._draw.choice(newest).pid)

    def _turn(self) -> None:
        if self._pulled_at is not None:
            self._pulled_at = None
            self._deployed.set(state=DeploymentState.LIVE.value, percent=100.0)
            return
        with self._runtime.uow(TEAM) as uow:
            assert service.roll_back(uow, service.OPERATOR, self._deployed.number, "chaos")[1]
        self._pulled_at = time.monotonic()
        self.presses += 1

    def _ask(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            asked = time.monotonic()
            with suppress(httpx.HTTPError):  # the worker that was to answer was killed
                row = self._draw.choice(self._rows)
                answer = self.served.predict(self._draw.random().hex(), row)
                arm = answer.json()["predictions"][0]["arm"]
                late = self._pulled_at is not None and asked > self._pulled_at + LIMIT
                if late and arm == "model":
                    after = asked - (self._pulled_at or 0.0)
                    told = f"kill {self._kills}: the model answered {after:.1f} s after the press"
                    self.late.append(told)
            time.sleep(0.01)
