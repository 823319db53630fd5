"""Serving under supervision: started by a row, replaced when it dies, ended with its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import httpx
import psutil
import pytest

from bot.clock import SystemClock
from bot.domain.enums import DeploymentState
from bot.playbook.loader import load_playbook
from bot.settings import ServingSettings
from bot.unit_of_work import Runtime
from hour48.serving_processes import ServingProcesses
from probes.baseline.artifact import load_model
from probes.baseline.models import ModelFamily
from tests.databases import migrated_database
from tests.deployed import TOKEN, deploy, wait_for
from tests.served import as_callers_send, customers, kept

pytestmark = pytest.mark.smoke  # starts real serving processes

ALONE = """
import sys, threading
from bot.clock import SystemClock
from bot.db.engine import open_engine
from bot.playbook.loader import load_playbook
from bot.settings import ServingSettings
from bot.unit_of_work import Runtime
from hour48.serving_processes import ServingProcesses
url = sys.argv[1]
runtime = Runtime(open_engine(url), SystemClock(), load_playbook())
settings = ServingSettings(port=0, workers=2, models_folder=sys.argv[2])
ServingProcesses(runtime, settings, url).run_until(threading.Event())
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return kept(tmp_path_factory.mktemp("kept"), customers(600), "left", ModelFamily.LINEAR)


@pytest.fixture
def deployed(tmp_path, model):
    return deploy(migrated_database("sqlite", tmp_path), model, percent=100.0)


@pytest.fixture
def body(model):
    names = load_model(model).plan.names
    return {"entity": "p1", "values": as_callers_send(customers(600).head(1), names)[0]}


@pytest.fixture
def serving(deployed, tmp_path):
    runtime = Runtime(deployed.engine, SystemClock(), load_playbook())
    settings = ServingSettings(
        port=48_500 + os.getpid() % 1_000, workers=2, models_folder=tmp_path / "models"
    )
    running = ServingProcesses(runtime, settings, deployed.url)
    running.start()
    yield running
    running.stop()


def url_of(deployed):
    workers = deployed.workers()
    return workers[-1].url if workers else None


def arm_of(deployed, body):
    """Return whose answer a call gets, or None while nobody answers."""
    url = url_of(deployed)
    if url is None:
        return None
    headers = {"authorization": f"Bearer {TOKEN}"}
    try:
        answer = httpx.post(
            f"{url}/predict", json=body, headers=headers, timeout=5, trust_env=False
        )
    except httpx.HTTPError:
        return None
    return answer.json()["predictions"][0]["arm"]


def pids(deployed):
    return {
        worker.pid
        for worker in deployed.workers()
        if psutil.pid_exists(worker.pid) and psutil.Process(worker.pid).status() != "zombie"
    }


def test_a_row_starts_a_process_and_another_one_ends_it(deployed, serving, body):
    wait_for(lambda: arm_of(deployed, body) == "model")
    assert len(pids(deployed)) == 2
    deployed.set(state=DeploymentState.ENDED.value)
    serving.wake()
    wait_for(lambda: not pids(deployed))


def test_a_worker_that_dies_is_replaced_within_two_seconds_and_no_call_is_lost(
    deployed, serving, body
):
    wait_for(lambda: arm_of(deployed, body) == "model" and len(pids(deployed)) == 2)
    time.sleep(5)  # one that dies young is replaced later, so that nothing spins
    before = pids(deployed)
    os.kill(min(before), signal.SIGKILL)
    died = time.monotonic()
    lost = 0
    while len(pids(deployed) - before) < 1 and time.monotonic() - died < 10:
        if arm_of(deployed, body) is None and arm_of(deployed, body) is None:
            lost += 1
    assert time.monotonic() - died < 4
    assert lost == 0


@pytest.mark.slow
def test_the_whole_group_killed_is_back_in_less_than_a_first_start(deployed, serving, body):
    """Five seconds on a quiet machine; a first start compiles the model besides."""
    first = wait_for(lambda: arm_of(deployed, body) == "model")
    time.sleep(5)
    group = psutil.Process(min(pids(deployed))).parent()
    workers = pids(deployed)
    group.kill()
    killed = time.monotonic()
    wait_for(lambda: not (workers & pids(deployed)))
    wait_for(lambda: arm_of(deployed, body) == "model")
    assert time.monotonic() - killed < max(5, first)


def test_nothing_outlives_the_parent(deployed, body, tmp_path):
    parent = subprocess.Popen([sys.executable, "-c", ALONE, deployed.url, str(tmp_path / "models")])
    try:
        wait_for(lambda: arm_of(deployed, body) == "model")
        children = psutil.Process(parent.pid).children(recursive=True)
        assert len(children) >= 3
    finally:
        parent.kill()
        parent.wait(10)
    _, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []
