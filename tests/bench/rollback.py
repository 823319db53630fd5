"""Times the red button: from the press to the last answer by the model of three replicas.

Clients hang on each of them, and one has lost its way to the database when the button is pressed.
"""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.clock import SystemClock
from bot.db.models import Sprint
from bot.deployments import service
from bot.playbook.loader import load_playbook
from bot.unit_of_work import Runtime
from probes.baseline.artifact import load_model
from probes.baseline.models import ModelFamily
from scheduler.deployment_monitor import DeploymentMonitor
from tests.bench.rows import row
from tests.bench.serving import model_of
from tests.callers import Callers, hang
from tests.databases import migrated_database
from tests.deployed import TEAM, Served, deploy, wait_for
from tests.relay import Relay
from tests.served import as_callers_send, customers

NAMES = ("rollback_ms",)
REPLICAS, PRESSES = 3, 5
WAIT = 3.0


def press_once(folder: Path) -> float:
    """Serve, press, and return after how many milliseconds the model answered last."""
    model = model_of(ModelFamily.BOOSTING)
    values = as_callers_send(customers().head(1), load_model(model).plan.names)[0]
    deployed = deploy(migrated_database("postgresql", folder), model, percent=100.0)
    runtime = Runtime(deployed.engine, SystemClock(), load_playbook())
    with runtime.uow(TEAM) as uow:
        uow.session.get_one(Sprint, 1).status = "running"
    monitor = DeploymentMonitor(runtime)
    with ExitStack() as stack:
        relay = Relay(deployed.url)
        stack.callback(relay.cut)
        ways = [replace(deployed, url=relay.url), *[deployed] * (REPLICAS - 1)]
        replicas = [stack.enter_context(Served.of(one)) for one in ways]
        for one in replicas:
            hang(one.url, stack)
        callers = Callers(replicas, "4711", values)
        stack.callback(callers.stop)
        wait_for(lambda: len(callers.model_at) == REPLICAS)
        monitor.start()
        stack.callback(monitor.stop)
        relay.cut()
        time.sleep(1)
        pressed = time.monotonic()
        with runtime.uow(TEAM) as uow:
            service.roll_back(uow, service.OPERATOR, deployed.number, "measured")
        monitor.wake()
        time.sleep(WAIT)
        last = max(callers.model_at.values()) - pressed
    deployed.engine.dispose()
    return max(0.0, last * 1_000)


def measurements() -> list[dict[str, Any]]:
    """Return the rows for the bench table."""
    took = []
    for _ in range(PRESSES):
        with tempfile.TemporaryDirectory() as folder:
            took.append(press_once(Path(folder)))
    unit = f"ms to the model's last answer, slowest of {PRESSES}, {REPLICAS} replicas, one cut off"
    return [row("rollback_ms", max(took), unit)]
