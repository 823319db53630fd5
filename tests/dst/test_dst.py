"""The simulator itself: the same seed is the same run, a clean bot passes, a defect is found."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.outbox import sender
from tests.dst import network
from tests.dst.scheduler import Event, Process, Scheduler
from tests.dst.world import Fault, plan_of, shrunk

ROOT = Path(__file__).parents[2]


def _run(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.dst", *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def _campaign(folder: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    out = folder / "dst.json"
    code, _ = _run("--out", str(out), "--hours", "4", "--processes", "1", *arguments)
    return code, json.loads(out.read_text())


def test_the_network_gives_up_a_call_when_delivery_does():
    assert network.CALL_SECONDS == sender.CALL_SECONDS
    assert network.LONGEST_WAY < sender.CALL_SECONDS + sender.DOUBT_SECONDS


def test_tasks_take_turns_by_the_seed_and_time_passes_only_for_who_waits():
    def run(seed: int) -> list[str]:
        told: list[str] = []
        scheduler = Scheduler(seed, lambda _seconds: None)
        bell = Event(scheduler)

        def ring() -> None:
            scheduler.sleep(100.0)
            bell.set()

        def hear(name: str) -> None:
            assert bell.wait(500.0)
            told.append(f"{name} {scheduler.now:.0f}")

        for name in "abc":
            scheduler.spawn(name, lambda name=name: hear(name))
        scheduler.spawn("ring", ring)
        scheduler.run(lambda: len(told) == 3, 1000, 1000.0)
        return told

    assert run(1) == run(1)
    assert {told.split()[1] for told in run(1)} == {"100"}
    assert len({tuple(run(seed)) for seed in range(10)}) > 1


def test_a_killed_process_ends_where_it_stands_and_takes_its_tasks_along():
    scheduler = Scheduler(0, lambda _seconds: None)
    process, told = Process("bot"), []

    def work() -> None:
        try:
            scheduler.sleep(10.0)
            told.append("went on")
        except Exception:
            told.append("took the kill for an error")
        finally:
            told.append("rolled back")

    scheduler.spawn("work", work, process)
    scheduler.spawn("kill", lambda: (scheduler.sleep(5.0), scheduler.kill(process)))
    scheduler.spawn("other", lambda: (scheduler.sleep(20.0), told.append("other")))
    scheduler.run(lambda: "other" in told, 1000, 100.0)
    assert told == ["rolled back", "other"]


def test_a_failure_shrinks_to_the_faults_that_it_takes():
    plan = plan_of(3)
    guilty = {plan.faults[1], plan.faults[-2]}
    smallest = shrunk(plan, lambda tried: ["wrong"] if guilty <= set(tried.faults) else [])
    assert set(smallest.faults) == guilty
    assert (smallest.replicas, smallest.teams, smallest.share_of_trouble) == (1, 1, 0.0)
    assert all(isinstance(fault, Fault) for fault in smallest.faults)


@pytest.mark.smoke
@pytest.mark.slow
def test_the_same_seed_is_the_same_run_in_another_process():
    first, second = (_run("--seed", "4", "--hours", "3") for _ in range(2))
    assert first == second
    assert first[0] == 0
    assert json.loads(first[1])["steps"] > 1_000


@pytest.mark.smoke
@pytest.mark.timeout(300)
def test_a_bot_lives_through_a_short_campaign(tmp_path):
    code, summary = _campaign(tmp_path, "--steps", "5000", "--first-seed", "200")
    assert code == 0, summary["failures"]
    assert summary["steps"] >= 5_000
    assert summary["faults"]["slack"] > 0


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("mutation", ["never_look", "no_receipts", "forget_at_the_call"])
def test_a_defect_is_found(tmp_path, mutation):
    code, summary = _campaign(tmp_path, "--steps", "120000", "--mutation", mutation)
    assert code == 1
    assert summary["failures"]
