"""A column breaks on a deployment that runs: the watch names it, holds growth, and closes itself.

Rows go over HTTP to a real `hour48 serve`; they are the half of a table that its model never saw.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import func, select

from bot.clock import SystemClock
from bot.db.serving_models import Prediction
from bot.deployments import service
from bot.deployments.overview import deployment_facts, deployment_lines
from bot.domain.errors import InputError
from bot.playbook.loader import load_playbook
from bot.unit_of_work import Runtime
from probes.baseline.artifact import save_model
from probes.baseline.models import ModelFamily
from scheduler.deployment_monitor import DeploymentMonitor
from serving.watch import watcher_on
from tests.databases import migrated_database
from tests.deployed import TEAM, TOKEN, Deployed, Served, deploy, wait_for
from tests.grocer_shifts import LEFT_OUT, SHIFTS, SWAPPED, households
from tests.served import LABELS, as_callers_send, customers, fitted

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

BEFORE, WITHIN, AFTER, A_CALL = 160, 200, 860, 20
TABLES = {
    "households": (households, "churned", set(LEFT_OUT), ModelFamily.BOOSTING),
    "customers": (customers, "left", LABELS, ModelFamily.LINEAR),
}
"""Name → the table, what its model says, what it is not told, and the model's family."""
FAULTS = [
    ("households", "all missing", ["spend_last_4"]),
    ("households", "all zero", ["discount_share"]),
    ("households", "a unit changed", ["average_item"]),
    ("households", "values shuffled", ["spend_last_12"]),
    ("households", "a category renamed", ["income"]),
    ("households", "a constant", ["weeks_active"]),
    ("households", "a stale copy", ["baskets_last_12"]),
    ("households", SWAPPED, ["spend", "spend_last_12"]),
    ("customers", "all missing", ["area"]),
    ("customers", "all zero", ["visits"]),
    ("customers", "a unit changed", ["spend"]),
    ("customers", "values shuffled", ["spend"]),
    ("customers", "a category renamed", ["area"]),
    ("customers", "a constant", ["city"]),
    ("customers", "a stale copy", ["spend"]),
    ("customers", SWAPPED, ["visits", "spend"]),
]
"""The table, what happens to it, and the columns that it happens to."""


@dataclass
class Callers:
    """Sends rows as callers do, each entity once, and lets the monitor look after each call."""

    deployed: Deployed
    served: Served
    sent: int = 0
    monitor: DeploymentMonitor = field(init=False)

    def __post_init__(self) -> None:
        self.runtime = Runtime(self.deployed.engine, SystemClock(), load_playbook())
        self.monitor = DeploymentMonitor(self.runtime, watcher_on(self.deployed.engine).look)

    def call(self, rows: list[dict[str, Any]]) -> None:
        body = [{"entity": f"e{self.sent + n}", "values": one} for n, one in enumerate(rows)]
        answer = self.served.client.post(
            "/predict",
            content=json.dumps({"rows": body}),
            headers={"authorization": f"Bearer {TOKEN}"},
        )
        assert answer.status_code == 200, answer.text
        self.sent += len(rows)
        wait_for(lambda: self._recorded() == self.sent)
        self.monitor.look(everything=True)

    def _recorded(self) -> int:
        with self.deployed.engine.connect() as connection:
            return connection.scalar(select(func.count(Prediction.id))) or 0

    def call_until(
        self, rows: list[dict[str, Any]], is_so: Callable[[list[dict[str, Any]]], bool]
    ) -> int | None:
        """Send rows until something is so of the open alerts; return how many, None if never."""
        before = self.sent
        for start in range(0, len(rows), A_CALL):
            self.call(rows[start : start + A_CALL])
            if is_so([one for one in self.shown()["alerts"] if one["closed_at"] is None]):
                return self.sent - before
        return None

    def lines(self) -> list[str]:
        with self.runtime.reading(TEAM) as uow:
            return deployment_lines(uow, self.deployed.number)

    def shown(self) -> dict[str, Any]:
        with self.runtime.reading(TEAM) as uow:
            return deployment_facts(uow, self.deployed.number)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    made = {}
    for name, (table, target, leave_out, family) in TABLES.items():
        rows = table().sample(frac=1, random_state=48)
        model = fitted(rows, target, family, leave_out)
        file = save_model(tmp_path_factory.mktemp(name) / "model.skops", model)
        made[name] = file, rows.tail(len(rows) - len(rows) // 2), model.plan.names
    return made


def broken(rows: pd.DataFrame, kind: str, columns: list[str]) -> pd.DataFrame:
    if kind == SWAPPED:
        one, other = columns
        return rows.assign(**{one: rows[other].to_numpy(), other: rows[one].to_numpy()})
    (name,) = columns
    return rows.assign(**{name: SHIFTS[kind](rows, name, np.random.default_rng(48))})


@pytest.mark.parametrize(("table", "kind", "columns"), FAULTS, ids=str)
def test_it_is_named_within_200_entities_and_closes_itself(tmp_path, models, table, kind, columns):
    model, rows, names = models[table]
    faulty = as_callers_send(broken(rows, kind, columns)[BEFORE : BEFORE + WITHIN], names)
    rows = as_callers_send(rows, names)
    healthy, mended = rows[:BEFORE], rows[BEFORE + WITHIN :][:AFTER]
    deployed = deploy(migrated_database("sqlite", tmp_path), model, percent=5.0)
    with Served.of(deployed, "--cache", str(model.parent)) as served:
        callers = Callers(deployed, served)
        assert callers.call_until(healthy, bool) is None
        seen = callers.call_until(faulty, bool)
        assert seen is not None, "nothing was found"
        first = callers.shown()
        assert (first["state"], first["advice"]) == ("live", "pause")
        assert named_first(callers.lines()) in columns
        with pytest.raises(InputError, match="pause"), callers.runtime.uow(TEAM) as uow:
            service.advance(uow, service.OPERATOR, deployed.number)
        mended_after = callers.call_until(mended, lambda alerts: not alerts)
        assert mended_after is not None, callers.lines()
        assert callers.shown()["advice"] != "pause"
        print(f"{table}, {kind} of {columns}: {seen} entities, closed after {mended_after}")
    deployed.engine.dispose()


def named_first(lines: list[str]) -> str:
    """Return the column that the open alert is about, before what was found beside it."""
    (alert,) = [line for line in lines if line.startswith("Alert since")]
    return alert.partition("“")[2].partition("”")[0]
