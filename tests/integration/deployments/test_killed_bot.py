"""A deployed model under `hour48 run`: the bot dies, nothing of it is left, and it serves again."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress

import psutil
import pytest

from hour48.shipped import MANIFEST
from playground.server import LocalSlack
from probes.baseline.artifact import load_model
from probes.baseline.models import ModelFamily
from tests.databases import migrated_database
from tests.deployed import deploy, wait_for
from tests.integration.deployments.test_serving_processes import arm_of, pids
from tests.integration.supervisor.test_running_bot import Post
from tests.served import as_callers_send, customers, kept

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

BACK_SECONDS = 5.0
"""On a machine at rest; under load a start may take as long as the first one did."""


@pytest.fixture
def post(tmp_path):
    with LocalSlack(manifest=MANIFEST) as slack:
        made = Post(slack, tmp_path, migrated_database("sqlite", tmp_path))
        made.environment["HOUR48_SERVING__PORT"] = str(48_500 + os.getpid() % 1_000)
        made.environment["HOUR48_SERVING__MODELS_FOLDER"] = str(tmp_path / "models")
        yield made


@pytest.fixture
def deployed(post, tmp_path):
    model = kept(tmp_path, customers(600), "left", ModelFamily.LINEAR)
    made = deploy(post.database, model, percent=100.0)
    names = load_model(model).plan.names
    row = as_callers_send(customers(600).head(1), names)[0]
    yield made, {"entity": "p1", "values": row}
    made.engine.dispose()


def test_a_bot_that_is_killed_leaves_nothing_and_serves_again_within_seconds(post, deployed):
    rows, body = deployed
    began = time.monotonic()
    with post.bot() as bot:
        wait_for(lambda: arm_of(rows, body) == "model", 120)
        first = time.monotonic() - began
        family = psutil.Process(bot.pid).children(recursive=True)
        assert pids(rows) <= {one.pid for one in family}
        bot.kill()
        _, alive = psutil.wait_procs(family, timeout=10)
        assert alive == []
    killed = time.monotonic()
    with post.bot() as again:
        wait_for(lambda: arm_of(rows, body) == "model", 120)
        assert time.monotonic() - killed < max(BACK_SECONDS, first)
        family = psutil.Process(again.pid).children(recursive=True)
        again.terminate()
        again.wait(20)
        _, alive = psutil.wait_procs(family, timeout=10)
        assert alive == []


def test_each_process_of_a_bot_may_die_and_the_model_is_back(post, deployed):
    rows, body = deployed
    began = time.monotonic()
    with post.bot() as bot:
        wait_for(lambda: arm_of(rows, body) == "model", 120)
        first = time.monotonic() - began
        time.sleep(5)  # one that dies young is replaced later, so that nothing spins
        for part in psutil.Process(bot.pid).children():
            below = part.children(recursive=True)
            with suppress(ProcessLookupError):
                os.kill(part.pid, signal.SIGKILL)
            killed = time.monotonic()
            _, alive = psutil.wait_procs(below, timeout=10)
            assert alive == []
            wait_for(lambda: arm_of(rows, body) == "model", 120)
            assert time.monotonic() - killed < max(BACK_SECONDS, first)
            time.sleep(5)
