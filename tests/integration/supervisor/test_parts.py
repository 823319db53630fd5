"""A bot in two processes: what dies is replaced, and nothing outlives the first process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.smoke

ROOT = Path(__file__).parents[3]


@contextmanager
def running(folder, *names):
    command = [sys.executable, "-m", "tests.integration.supervisor.some_parts", str(folder), *names]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=10)


def wait_for(look, seconds=10.0):
    until = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.01)
    return found


def pid_of(folder, name, other_than=None):
    def look():
        noted = folder / name
        pid = int(noted.read_text().split()[0]) if noted.exists() else None
        return pid if pid != other_than else None

    return wait_for(look)


def test_parts_run_side_by_side_at_the_priority_that_was_asked(tmp_path):
    with running(tmp_path, "steady", "rings") as first:
        pids = {pid_of(tmp_path, "steady"), pid_of(tmp_path, "rings"), first.pid}
        assert len(pids) == 3
        assert (tmp_path / "steady").read_text().endswith(f" {os.nice(0) + 3}")


def test_a_part_that_is_killed_is_there_again_and_the_other_one_goes_on(tmp_path):
    with running(tmp_path, "steady", "rings") as first:
        killed, other = pid_of(tmp_path, "steady"), pid_of(tmp_path, "rings")
        os.kill(killed, signal.SIGKILL)
        assert pid_of(tmp_path, "steady", other_than=killed) != killed
        assert pid_of(tmp_path, "rings") == other
        assert first.poll() is None


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
def test_a_bot_that_is_asked_to_end_ends_its_parts_and_says_that_all_is_well(tmp_path, asked):
    with running(tmp_path, "steady", "hears") as first:
        parts = [pid_of(tmp_path, "steady"), pid_of(tmp_path, "hears")]
        first.send_signal(asked)
        assert first.wait(10) == 0
        assert not any(psutil.pid_exists(pid) for pid in parts)


def test_a_part_that_does_not_end_is_ended(tmp_path):
    with running(tmp_path, "deaf") as first:
        deaf = pid_of(tmp_path, "deaf")
        first.send_signal(signal.SIGTERM)
        assert first.wait(10) == 0
        assert not psutil.pid_exists(deaf)


def test_a_part_that_is_told_to_end_before_it_listens_ends_of_its_own(tmp_path):
    with running(tmp_path, "late", "refused") as first:
        first.communicate(timeout=10)
        assert (tmp_path / "has ended").exists()


def test_what_cannot_work_as_it_is_configured_ends_the_bot_with_one_sentence(tmp_path):
    with running(tmp_path, "steady", "refused", "refused") as first:
        said = first.communicate(timeout=10)[1]
        assert said == "The token is not taken.\n"
        assert first.returncode == 1
        assert not psutil.pid_exists(pid_of(tmp_path, "steady"))


def test_no_part_outlives_a_first_process_that_is_killed(tmp_path):
    with running(tmp_path, "steady", "deaf") as first:
        parts = [pid_of(tmp_path, "steady"), pid_of(tmp_path, "deaf")]
        first.kill()
        wait_for(lambda: not any(psutil.pid_exists(pid) for pid in parts))


def test_a_bell_is_heard_by_its_name_and_never_keeps_the_one_who_rings(tmp_path):
    with running(tmp_path, "rings", "hears"):
        wait_for((tmp_path / "heard-two").exists)
        assert not (tmp_path / "heard-one").exists()


def test_a_part_that_hangs_is_killed_and_there_again_within_thirty_seconds(tmp_path):
    with running(tmp_path, "hangs", "steady") as first:
        hung, other = pid_of(tmp_path, "hangs"), pid_of(tmp_path, "steady")
        wait_for(lambda: pid_of_now(tmp_path, "hangs") != hung, seconds=30)
        assert pid_of_now(tmp_path, "steady") == other
        assert first.poll() is None


def test_a_part_that_is_frozen_is_replaced(tmp_path):
    with running(tmp_path, "beats") as first:
        frozen = pid_of(tmp_path, "beats")
        os.kill(frozen, signal.SIGSTOP)
        wait_for(lambda: pid_of_now(tmp_path, "beats") != frozen, seconds=30)
        assert first.poll() is None


def pid_of_now(folder, name):
    return int((folder / name).read_text().split()[0])


def test_a_temporary_part_is_replaced_where_it_dies_and_not_where_it_has_done_its_work(tmp_path):
    lives = tmp_path / "lives"
    lives.touch()
    with running(tmp_path, "leaves", "steady") as first:
        steady = pid_of(tmp_path, "steady")
        wait_for(lambda: lives.read_text() == "xx")
        wait_for(lambda: [each.pid for each in psutil.Process(first.pid).children()] == [steady])
        time.sleep(0.5)
        assert lives.read_text() == "xx"
