"""A short run of each load measurement, so that none of them rots."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from dataclasses import replace

import pytest
from prometheus_client import generate_latest
from sqlalchemy import bindparam, select

from bot.clock import CompressedClock
from bot.db.engine import migrate, open_engine
from bot.db.models import TIMER_WAITS, Sprint, Timer
from bot.db.write_lock import WriteLock
from bot.metrics import registry_for
from bot.outbox import waiting
from bot.playbook.loader import load_playbook
from bot.slack.blocks import message
from bot.timers import dispatcher as timers
from bot.timers import kinds
from bot.unit_of_work import Runtime
from tests.bench.run import SUITES, modules, named
from tests.databases import fresh_database
from tests.load import replicas, tenants, year
from tests.load.crowd import fill_running
from tests.load.due import HOUR, NOW, apscheduler_taken, due_taken
from tests.load.start import help_seconds


def test_a_figure_is_measured_by_its_name_and_an_unknown_one_is_refused_with_those_there_are():
    measuring = list(modules(list(SUITES)))
    for module in measuring:
        for figure in module.NAMES:
            assert named(measuring, [figure]) == [module]
    assert named(measuring, []) == measuring
    with pytest.raises(ValueError, match=r"nothing_here.*There are: .*quality_5m_seconds"):
        named(measuring, ["nothing_here", "due_10k_seconds"])


@pytest.mark.parametrize(("kind", "threads"), [("sqlite", 1), ("postgresql", 2)])
def test_every_prompt_of_a_minute_is_enqueued_once(monkeypatch, tmp_path, kind, threads):
    monkeypatch.setattr(timers, "SPRINTS_PER_TRANSACTION", {kind: 5})
    worked = set()
    run_group = timers._run_group

    def run(runtime, group):
        worked.add(threading.current_thread())
        time.sleep(0.01)
        return run_group(runtime, group)

    monkeypatch.setattr(timers, "_run_group", run)
    assert due_taken(kind, tmp_path, sprints=60).seconds < 30
    assert len(worked) == threads


@pytest.mark.slow
def test_two_replicas_deliver_beside_a_workspace_that_hangs():
    teams = [*(f"T{number}" for number in range(6)), replicas.HANGS]
    assert replicas.rate(teams, 2, 4, messages=30, warm_up=3.0, window=3.0) > 0


def test_the_peer_fires_every_job(tmp_path):
    assert apscheduler_taken("sqlite", tmp_path, jobs=20).seconds > 0


def test_a_year_of_sprints_is_shown(tmp_path):
    runtime = year.year_runtime("sqlite", tmp_path, sprints=12)
    for view in year.VIEWS.values():
        assert year.milliseconds(runtime, view) < 5_000


def test_the_command_answers_without_the_heavy_libraries():
    code = "import hour48.cli, sys; print(','.join(sys.modules))"
    assert help_seconds([sys.executable, "-c", code], runs=1) < 10
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True)
    heavy = {"pandas", "sklearn", "duckdb", "sqlalchemy", "slack_bolt", "slack_sdk", "structlog"}
    assert not heavy & set(loaded.split(","))


@pytest.mark.slow
def test_many_tenants_are_asked_and_told(tmp_path):
    seen = tenants.look(tmp_path, teams=20, sprints=100, window=3.0)
    assert seen.due_seconds < 60
    assert seen.calls_per_second > 0


@pytest.mark.slow
def test_no_part_loads_what_only_probes_need_and_the_first_waits_for_nothing_of_the_others(
    tmp_path,
):
    """Each would hold a copy of its own: pandas in five processes is 60 MB, reading 15 in each."""
    config = tmp_path / "hour48.toml"
    config.write_text(
        '[slack]\nmode = "http"\nbot_token = "xoxb-1"\nsigning_secret = "s"\n'
        f'[database]\nurl = "sqlite:///{tmp_path}/h.db"\n[server]\nport = 0\n'
    )
    code = (
        "import sys; from pathlib import Path; from bot.settings import load;"
        "from hour48.container import Bot; from bot.reading.weights import regression\n"
        f"for part in Bot(load(Path({str(config)!r}))).as_processes(print):\n"
        "    if part.load: part.load()\n"
        "    print(part.name, regression.cache_info().currsize, ','.join(sys.modules))"
    )
    seen = subprocess.check_output([sys.executable, "-c", code], text=True).splitlines()
    weights = {part: int(count) for part, count, _ in map(str.split, seen)}
    modules = {part: set(names.split(",")) for part, _, names in map(str.split, seen)}
    assert weights["web-first"] == 0
    assert weights["web-0"] > 1, "reading is loaded before those who stay are forked"
    assert "scheduler.check_worker" in modules["worker"] - modules["web-1"]
    heavy = {"pandas", "numpy", "pyarrow", "duckdb", "sklearn", "scipy"}
    assert not heavy & set.union(*modules.values())


def test_an_empty_outbox_is_seen_in_an_index_alone_however_much_was_sent(tmp_path):
    engine = open_engine(fresh_database("sqlite", tmp_path))
    migrate(engine)
    fill_running(engine, 200, NOW)
    asked = str(waiting._SOMETHING.compile(engine))
    with engine.connect() as connection:
        plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}").all())
    assert "USING COVERING INDEX" in plan
    assert "SCAN outbox" not in plan


def test_one_broken_sprint_keeps_no_other_of_its_batch_waiting(tmp_path, monkeypatch):
    engine = open_engine(fresh_database("sqlite", tmp_path))
    migrate(engine)
    fill_running(engine, 25, NOW)
    runtime = Runtime(engine, CompressedClock(NOW), load_playbook())
    spec = kinds.TIMER_SPECS["prompt"]
    broken, post = 21, spec.run_batch

    def post_or_break(uow, sprints: list[Sprint], told):
        if broken in {sprint.id for sprint in sprints}:
            raise RuntimeError("planted")
        post(uow, sprints, told)

    monkeypatch.setitem(kinds.TIMER_SPECS, "prompt", replace(spec, run_batch=post_or_break))
    timers.run_due(runtime)
    with runtime.reading_sessions() as session:
        waiting = session.query(Timer).filter(Timer.key == f"prompt:{HOUR}", Timer.state != "done")
        assert [timer.sprint_id for timer in waiting] == [broken]
    assert b"hour48_timers_late_seconds" in generate_latest(registry_for(runtime))


def test_who_waits_longest_writes_next():
    turns, order = WriteLock(patience=5), []
    assert turns.take()

    def wait_and_note(name: int) -> None:
        assert turns.take()
        order.append(name)
        turns.give()

    threads = []
    for name in range(5):
        threads.append(threading.Thread(target=wait_and_note, args=(name,)))
        threads[-1].start()
        while len(turns._queue) <= name:
            time.sleep(0.001)
    turns.give()
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]


def test_who_loses_patience_leaves_the_queue():
    turns = WriteLock(patience=0.01)
    assert turns.take()
    assert not turns.take()
    turns.give()
    assert turns.take()


def test_a_remembered_saying_never_passes_plain_text_for_markup():
    from bot.messages.catalog import say
    from bot.slack.text import Mrkdwn

    link = "<!channel>"
    assert link in say("sprint.card_title", title=Mrkdwn(link))
    assert link not in say("sprint.card_title", title=link)
    assert not re.search(r"<!channel>", message(link)["text"])


def test_what_is_due_is_found_in_an_index_of_timers_that_wait_alone(tmp_path):
    engine = open_engine(fresh_database("sqlite", tmp_path))
    migrate(engine)
    fill_running(engine, 200, NOW)
    asked = select(Timer.sprint_id).where(TIMER_WAITS, Timer.due_at <= bindparam("now"))
    with engine.connect() as connection:
        statement = str(asked.compile(engine))
        plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", ("",)).all())
    assert "ix_timers_due_at" in plan
