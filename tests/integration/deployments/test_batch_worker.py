"""Batches are worked off by the bot: real processes, real databases, cancelled and killed."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from sqlalchemy import create_engine, inspect, text, update

from bot.clock import SystemClock
from bot.db.serving_models import Prediction, ServingBatch, ServingWorker
from bot.deployments import batches, monitoring, queries, service
from bot.domain.batches import TO_CSV, TO_SHADOW, BatchAttempt, table_name
from bot.domain.enums import DeploymentState
from bot.isolation import landlock, seccomp
from bot.playbook.loader import load_playbook
from bot.unit_of_work import Runtime
from probes.baseline.models import ModelFamily
from probes.settings import read_settings
from scheduler.batch_confining import given_to_batch
from scheduler.batch_worker import BatchPlaces, BatchWorker
from serving.watch import watcher_on
from tests.databases import fresh_database, migrated_database
from tests.deployed import TEAM, deploy, wait_for
from tests.runtimes import ANA, card, outbox
from tests.served import customers, kept

pytestmark = pytest.mark.smoke  # each batch is a process of its own

ROWS = 1_500


@pytest.fixture
def tmp_path(disk_path):
    return disk_path


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return kept(tmp_path_factory.mktemp("kept"), customers(), "left", ModelFamily.LINEAR)


@pytest.fixture
def deployed(model, tmp_path):
    made = deploy(migrated_database("sqlite", tmp_path), model)
    yield made
    made.engine.dispose()


@pytest.fixture
def runtime(deployed):
    return Runtime(deployed.engine, SystemClock(), load_playbook())


@pytest.fixture
def places(deployed, tmp_path):
    frame = customers(ROWS, seed=9).drop(columns=["left", "segment", "worth"])
    frame.assign(customer=range(ROWS)).to_csv(tmp_path / "shop.csv", index=False)
    settings = read_settings({"sources": {"shop": {"path": str(tmp_path / "shop.csv")}}})
    (tmp_path / "out").mkdir()
    return BatchPlaces(
        deployed.url, settings, {"warehouse": fresh_database("sqlite", tmp_path / "out")}
    )


@pytest.fixture
def worker(runtime, places):
    return BatchWorker(runtime, places)


def ask(runtime, deployed, **values):
    plain = {"source": "shop", "table": None, "entity_column": "customer"}
    with runtime.uow(TEAM) as uow:
        asked = batches.BatchRequest(**(plain | {"credential": "warehouse"} | values))
        return batches.request_batch(uow, service.OPERATOR, deployed.number, asked).id


def row_of(runtime, number):
    with runtime.reading_sessions() as session:
        row = session.get_one(ServingBatch, number)
        session.expunge(row)
        return row


def tables(places):
    engine = create_engine(places.writers["warehouse"])
    names = inspect(engine).get_table_names()
    engine.dispose()
    return names


def shown(runtime, deployed, number):
    content = card(runtime, f"sprint:1:batch:{deployed.number}:{number}")
    return " ".join(str(block) for block in content["blocks"])


def test_the_bot_scores_a_due_table_into_a_new_one_and_says_so(runtime, deployed, places, worker):
    number = ask(runtime, deployed, every_hours=24)
    assert "Waiting for a worker" in shown(runtime, deployed, number)
    assert worker.work_once()
    done = row_of(runtime, number)
    assert (done.state, done.rows, done.error) == ("done", ROWS, None)
    assert tables(places) == [done.into]
    told = shown(runtime, deployed, number)
    assert f"1,500 rows in the new table `{done.into}`" in told
    assert "batch.cancel" not in told
    assert not worker.work_once()
    following = row_of(runtime, number + 1)
    assert (following.state, following.due_at) == ("waiting", done.due_at + timedelta(hours=24))
    assert (following.credential, following.into) == ("warehouse", "")
    assert "batch.cancel" in shown(runtime, deployed, following.id)


def test_a_csv_goes_into_the_channel_whole(runtime, deployed, places, worker):
    number = ask(runtime, deployed, into=TO_CSV, credential=None)
    worker.work_once()
    (file,) = outbox(runtime, f"sprint:1:batch:{deployed.number}:{number}:file")
    assert file.body["share"]
    lines = base64.b64decode(file.body["content"]).decode().splitlines()
    assert lines[0] == "entity,arm,score,answer,prediction"
    assert len(lines) == ROWS + 1
    assert tables(places) == []


def test_a_missing_credential_or_source_fails_in_a_sentence(runtime, deployed, places, worker):
    gone = ask(runtime, deployed, credential="lake")
    worker.work_once()
    nowhere = ask(runtime, deployed, source="nobody")
    worker.work_once()
    assert "“lake” is not configured" in row_of(runtime, gone).error
    assert "nobody" in row_of(runtime, nowhere).error
    assert "Failed, and nothing was written" in shown(runtime, deployed, nowhere)


def test_a_batch_that_failed_is_done_once_it_is_tried_again(runtime, deployed, places, worker):
    there = Path(places.settings.sources["shop"].path)
    away = there.rename(there.with_suffix(".away"))
    number = ask(runtime, deployed, every_hours=24)
    with runtime.uow(TEAM) as uow:
        uow.session.get_one(ServingBatch, number).requested_by = ANA
    worker.work_once()
    assert row_of(runtime, number).state == "failed"
    away.rename(there)
    with runtime.uow(TEAM) as uow:
        batches.try_again(uow, ANA, number)
    assert worker.work_once()
    done = row_of(runtime, number)
    assert (done.state, done.rows, done.error) == ("done", ROWS, None)
    assert tables(places) == [done.into]
    assert len(deployed.rows(Prediction)) == ROWS
    assert len(deployed.rows(ServingBatch)) == 2


def test_a_table_that_does_not_fit_the_memory_fails_in_a_sentence(runtime, deployed, places):
    limited = read_settings(
        {
            "sources": places.settings.model_dump()["sources"],
            "probes": {"limits": {"batch": {"memory_mb": 128}}},
        }
    )
    number = ask(runtime, deployed)
    BatchWorker(runtime, replace(places, settings=limited)).work_once()
    told = row_of(runtime, number)
    assert told.state == "failed"
    assert "more than 128 MB of memory" in told.error
    assert tables(places) == []
    assert deployed.rows(Prediction) == []


CURIOUS = """
import json, os, sys
from hour48 import batch_child
from tests.integration.isolation.curious_child import TRIALS, attempt
asked = json.loads(os.environ["ASKED"])
batch_child._hold(asked)
tried = {name: attempt(TRIALS[kind], *rest) for name, (kind, *rest) in asked["trials"].items()}
print(json.dumps(tried))
"""


@pytest.mark.skipif(not landlock.version(), reason="this system has no Landlock")
def test_a_batch_reads_its_table_and_its_databases_and_nothing_else(
    deployed, places, tmp_path, runtime
):
    (tmp_path / "hour48.toml").write_text("secret", "utf-8")
    folder = tmp_path / "own"
    (folder / "tmp").mkdir(parents=True)
    with runtime.uow(TEAM) as uow:
        row = uow.session.get_one(ServingBatch, ask(runtime, deployed))
        claimed = batches.claimed_of(TEAM, row, "me")
    urls = (places.database_url, places.writers["warehouse"])
    given = given_to_batch(claimed, places.settings, urls, folder, places.models)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        trials = {
            "table": ("read", f"at:{tmp_path / 'shop.csv'}"),
            "own": ("write", f"at:{folder / 'new'}"),
            "journal": ("write", f"at:{tmp_path / 'out' / 'scores.db-journal'}"),
            "configuration": ("read", f"at:{tmp_path / 'hour48.toml'}"),
            "beside": ("write", f"at:{tmp_path / 'new'}"),
            "call": ("connect", *listening.getsockname()),
        }
        asked = {
            "trials": trials,
            "confinement": given.confinement.plain(),
            "memory_mb": 2_048,
            "folder": str(folder),
        }
        told = json.loads(
            subprocess.run(
                [sys.executable, "-c", CURIOUS],
                env={**os.environ, "ASKED": json.dumps(asked)},
                capture_output=True,
                check=True,
                timeout=60,
            ).stdout
        )
    refused = {name for name, answer in told.items() if answer == "PermissionError"}
    closed = {"configuration", "beside"}
    assert refused == (closed | {"call"} if seccomp.is_available() else closed)


def stopped_child(worker):
    """Start to work in the background and stop the child as soon as it is there."""
    working = threading.Thread(target=worker.work_once)
    working.start()
    found = []

    def is_there():
        for one in psutil.Process().children(recursive=True):
            try:
                if "hour48.batch_child" in " ".join(one.cmdline()):
                    found.append(one)
                    return True
            except psutil.Error:
                continue
        return False

    wait_for(is_there)
    found[0].suspend()
    return working, found[0]


def test_a_cancelled_batch_ends_at_once_and_leaves_nothing(runtime, deployed, places, worker):
    number = ask(runtime, deployed, every_hours=24)
    working, child = stopped_child(worker)
    with runtime.uow(TEAM) as uow:
        batches.cancel(uow, service.OPERATOR, number)
    working.join(10)
    assert not working.is_alive()
    assert not child.is_running()
    assert row_of(runtime, number).state == "cancelled"
    assert tables(places) == []
    assert len(deployed.rows(ServingBatch)) == 1
    assert "Cancelled" in shown(runtime, deployed, number)


def test_a_rollback_stops_a_batch_and_its_card_says_why(runtime, deployed, places, worker):
    number = ask(runtime, deployed)
    working, child = stopped_child(worker)
    with runtime.uow(TEAM) as uow:
        service.roll_back(uow, service.OPERATOR, deployed.number, "harm")
    working.join(10)
    assert not child.is_running()
    assert "rolled back while" in row_of(runtime, number).error
    assert tables(places) == []


def test_a_child_that_is_killed_is_said_to_have_died(runtime, deployed, places, worker):
    number = ask(runtime, deployed)
    working, child = stopped_child(worker)
    made = row_of(runtime, number)
    engine = create_engine(places.writers["warehouse"])
    table = table_name(made.deployment_id, made.due_at, made.id)
    whole = f"hour48_scores_{BatchAttempt(number, made.owner, table).tables[0]}"
    with engine.begin() as connection:
        connection.execute(text(f"create table {whole} (entity text)"))
    engine.dispose()
    os.kill(child.pid, signal.SIGKILL)
    working.join(10)
    assert "ended with code -9" in row_of(runtime, number).error
    assert tables(places) == []


def test_a_batch_of_a_dead_worker_is_taken_over_once_its_lease_is_over(
    runtime, deployed, places, worker
):
    number = ask(runtime, deployed)
    first = batches.claim(runtime)
    assert batches.claim(runtime) is None
    with runtime.sessions.begin() as session:
        past = datetime.now(UTC) - timedelta(seconds=1)
        session.execute(update(ServingBatch).values(leased_until=past))
    engine = create_engine(places.writers["warehouse"])
    leftover = f"hour48_scores_{first.attempt.table}_{first.attempt.part}"
    with engine.begin() as connection:
        connection.execute(text(f"create table {leftover} (entity text)"))
    engine.dispose()
    assert worker.work_once()
    done = row_of(runtime, number)
    assert done.state == "done"
    assert tables(places) == [done.into]
    batches.finish(runtime, first, {"rows": 1})
    assert row_of(runtime, number).rows == ROWS
    assert batches.renew_lease(runtime, first, {}) is batches.LeaseStatus.TAKEN_OVER


def test_a_worker_that_stops_hands_its_batch_over(runtime, deployed, places, worker):
    number = ask(runtime, deployed)
    working, child = stopped_child(worker)
    worker._stop.set()
    working.join(10)
    assert not child.is_running()
    assert row_of(runtime, number).state == "running"


def test_after_an_outage_a_repeated_batch_catches_up_once(runtime, deployed, places, worker):
    number = ask(runtime, deployed, every_hours=24)
    due = datetime.now(UTC) - timedelta(days=3, hours=2)
    with runtime.sessions.begin() as session:
        session.execute(update(ServingBatch).values(due_at=due))
    worker.work_once()
    assert not worker.work_once()
    assert row_of(runtime, number + 1).due_at == due + timedelta(days=4)


def test_a_broken_shadow_batch_keeps_the_gate_shut_until_a_clean_one(
    runtime, deployed, places, worker, tmp_path
):
    deployed.set(state=DeploymentState.SHADOW)
    good = (tmp_path / "shop.csv").read_text()
    frame = customers(ROWS, seed=9).assign(customer=range(ROWS), spend=0)
    frame.to_csv(tmp_path / "shop.csv", index=False)
    ask(runtime, deployed)
    worker.work_once()
    look(deployed)
    clean, seen, alarms = gate(runtime, deployed)
    assert (clean, seen) == (0, ROWS)
    assert alarms
    (tmp_path / "shop.csv").write_text(good)
    ask(runtime, deployed)
    worker.work_once()
    look(deployed)
    assert gate(runtime, deployed) == (1, ROWS, 0)


def look(deployed):
    for _ in range(2):
        watcher_on(deployed.engine).look(deployed.number, datetime.now(UTC))


def gate(runtime, deployed):
    with runtime.reading(TEAM) as uow:
        facts = queries.gate_facts(uow, *queries.find(uow, deployed.number))
    return facts.clean_batches, facts.shadow_entities, facts.shadow_alarms


def test_a_replayed_log_fills_the_shadow_run_and_writes_nothing(runtime, deployed, places, worker):
    deployed.set(state=DeploymentState.SHADOW)
    number = ask(runtime, deployed, into=TO_SHADOW, credential=None)
    worker.work_once()
    done = row_of(runtime, number)
    assert (done.state, done.rows, done.entities) == ("done", ROWS, ROWS)
    assert gate(runtime, deployed)[:2] == (0, ROWS)
    assert "Nobody saw an answer" in shown(runtime, deployed, number)
    assert {one.arm for one in deployed.rows(Prediction)} == {"shadow"}


def test_where_nothing_else_serves_the_worker_of_batches_is_the_replica_that_obeys(
    runtime, deployed, places
):
    deployed.set(state=DeploymentState.SHADOW)
    worker = BatchWorker(runtime, places, is_replica=True)
    worker.start()
    runtime.on_commit(worker.wake)
    wait_for(lambda: deployed.rows(ServingWorker))
    with runtime.uow(TEAM) as uow:
        service.rehearse(uow, service.OPERATOR, deployed.number)

    def is_settled():
        moment = datetime.now(UTC)
        with runtime.reading_sessions() as session:
            changes = monitoring.pending(session, moment)
        for change in changes:
            if change.kind == "rehearsed":
                monitoring.observe(runtime, change, moment)
        return deployed.row.rehearsal_ms is not None

    wait_for(is_settled)
    worker.stop()
    assert deployed.row.rehearsal_ms < 2_000
