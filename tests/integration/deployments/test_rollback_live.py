"""The red button on real replicas: pressed in one process, obeyed by all of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import replace

import pytest

from bot.clock import SystemClock
from bot.db.models import Sprint
from bot.deployments import service
from bot.domain.traffic import in_share
from bot.playbook.loader import load_playbook
from bot.unit_of_work import Runtime
from probes.baseline.artifact import load_model
from probes.baseline.models import ModelFamily
from scheduler.deployment_monitor import DeploymentMonitor
from tests.callers import Callers, hang
from tests.chaos.pulled import run_pulled
from tests.databases import migrated_database
from tests.deployed import TEAM, Served, deploy, wait_for
from tests.relay import Relay
from tests.served import as_callers_send, customers, kept

pytestmark = pytest.mark.smoke  # starts real serving processes

LIMIT = 2.0
REPLICAS = 3


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return kept(tmp_path_factory.mktemp("kept"), customers(600), "left", ModelFamily.LINEAR)


@pytest.fixture
def values(model):
    return as_callers_send(customers(600).head(1), load_model(model).plan.names)[0]


def runtime_on(deployed):
    return Runtime(deployed.engine, SystemClock(), load_playbook())


def somebody_in(deployed, percent):
    salt = deployed.row.salt
    return next(f"p{place}" for place in range(100_000) if in_share(f"p{place}", percent, salt))


@pytest.mark.parametrize(
    ("kind", "is_cut"),
    [
        pytest.param("sqlite", False, marks=pytest.mark.slow),
        pytest.param("postgresql", False, marks=pytest.mark.slow),
        pytest.param("postgresql", True, marks=pytest.mark.slow),
    ],
)
def test_three_replicas_obey_within_two_seconds_with_clients_hanging(
    tmp_path, model, values, kind, is_cut
):
    """Where one replica's database is cut, it hears of it from the bot itself."""
    deployed = deploy(migrated_database(kind, tmp_path), model, percent=1.0)
    runtime = runtime_on(deployed)
    with runtime.uow(TEAM) as uow:
        uow.session.get_one(Sprint, 1).status = "running"
    monitor = DeploymentMonitor(runtime)
    with ExitStack() as stack:
        relay = Relay(deployed.url) if is_cut else None
        ways = [deployed] * REPLICAS
        if relay is not None:
            stack.callback(relay.cut)
            ways[0] = replace(deployed, url=relay.url)
        replicas = [stack.enter_context(Served.of(one)) for one in ways]
        for one in replicas:
            hang(one.url, stack)
        callers = Callers(replicas, somebody_in(deployed, 1.0), values)
        stack.callback(callers.stop)
        wait_for(lambda: len(callers.model_at) == REPLICAS)
        monitor.start()
        stack.callback(monitor.stop)
        if relay is not None:
            relay.cut()
            time.sleep(1)
        pressed = time.monotonic()
        with runtime.uow(TEAM) as uow:
            assert service.roll_back(uow, service.OPERATOR, deployed.number, "wrong coupons")[1]
        monitor.wake()
        time.sleep(LIMIT + 1)
        with runtime.uow(TEAM) as uow:
            assert not service.roll_back(uow, service.OPERATOR, deployed.number)[1]
        callers.stop()
        last = max(callers.model_at.values()) - pressed
        assert last <= LIMIT, f"the model answered {last:.2f} s after the press"
        assert callers.failed == []
        with runtime.reading(TEAM) as uow:
            stage = service.queries.stages(uow, deployed.row)[-1]
            assert stage.replicas == REPLICAS
            assert stage.effective_ms < LIMIT * 1_000


def typed(deployed, *words):
    """Run a command of `hour48 deployments` as an operator types it, where no bot runs."""
    done = subprocess.run(
        [sys.executable, "-m", "hour48", "deployments", *words],
        env={**os.environ, "HOUR48_DATABASE__URL": deployed.url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout


def test_an_operator_s_rollback_says_who_obeyed_and_waits_for_no_frozen_replica(
    tmp_path, model, values
):
    deployed = deploy(migrated_database("sqlite", tmp_path), model, percent=100.0)
    number = str(deployed.number)
    with Served.of(deployed) as one, Served.of(deployed) as other:
        assert "Confirmed by 2 replicas after" in typed(deployed, "rollback", number)[1]
        assert one.predict("p", values).json()["predictions"][0]["arm"] == "control"
        assert "2 up" in typed(deployed, "show", number)[1]
        deployed.set(state="live", percent=100.0)
        wait_for(lambda: all(each.generation == 3 for each in deployed.workers()))
        frozen = next(each for each in deployed.workers() if each.url == other.url)
        os.kill(frozen.pid, signal.SIGSTOP)
        code, said = typed(deployed, "rollback", number, "--reason", "wrong coupons")
        assert deployed.row.state == "pulled"
        assert one.predict("p", values).json()["predictions"][0]["arm"] == "control"
        is_named = f"{frozen.url} (process {frozen.pid} on" in said
        is_gone = "Confirmed by 1 replica" in said  # it was not seen for as long as a dead one
        assert (code, is_named, is_gone) in {(1, True, False), (0, False, True)}
        os.kill(frozen.pid, signal.SIGCONT)
        answer = other.predict("p", values)
        assert answer.json()["predictions"][0]["arm"] == "control"


@pytest.mark.parametrize(
    "kills",
    [
        pytest.param(5, marks=pytest.mark.slow),
        pytest.param(100, marks=[pytest.mark.slow, pytest.mark.timeout(1_200)]),
    ],
)
def test_a_pulled_model_stays_pulled_whenever_a_worker_is_killed(tmp_path, kills):
    """Workers die at random moments around each press; after its limit the model answers nobody."""
    outcome = run_pulled("sqlite", tmp_path, 48, kills)
    assert outcome.counts["presses"]
    assert outcome.problems == []
