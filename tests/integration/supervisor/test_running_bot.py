"""`hour48 run` as an operator has it: it hands over when it is to end, and survives its parts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.clock import SystemClock
from bot.db.engine import open_engine
from bot.playbook.loader import load_playbook
from bot.unit_of_work import Runtime
from hour48.container import FOR_PEOPLE
from hour48.shipped import MANIFEST
from playground.server import LocalSlack
from tests.databases import migrated_database

pytestmark = pytest.mark.smoke  # whole bots that die and come back take their time

ROOT = Path(__file__).parents[3]


class Post:
    """A local Slack, and the bots that are run in it one after the other."""

    def __init__(self, slack, folder, database):
        self.slack = slack
        self.workspace = slack.add_workspace("Acme")
        self.people = [self.workspace.add_person(name) for name in ("Ana", "Ben", "Cho", "Dee")]
        self.folder = folder
        self.database = database
        self.environment = os.environ | {
            "PYTHONPATH": str(ROOT),
            "HOUR48_SLACK__BOT_TOKEN": self.workspace.bot_token,
            "HOUR48_SLACK__APP_TOKEN": self.workspace.app_token,
            "HOUR48_SLACK__API_URL": slack.api_url,
            "HOUR48_DATABASE__URL": database,
            "HOUR48_SERVER__PORT": "0",
        }

    @contextmanager
    def bot(self, *options, **environment):
        """Run a bot; gives its process, and the address of its page as `url`."""
        running = subprocess.Popen(
            [sys.executable, "-m", "hour48", "run", *options],
            cwd=self.folder,
            env=self.environment | environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            for line in running.stderr:
                if "is running" in line:
                    running.url = line.split("its page is at ")[1].split(". ")[0]
                    break
            threading.Thread(target=running.stderr.read, daemon=True).start()
            if "worker" not in options:  # a worker has no line to Slack
                self.workspace.hub.wait_for_connection()
            yield running
        finally:
            running.kill()
            running.wait(10)

    def write(self, number):
        """Declare a message to everybody, as another process does."""
        runtime = Runtime(open_engine(self.database), SystemClock(), load_playbook())
        with runtime.uow(self.workspace.team_id) as uow:
            for person in self.people:
                words = {"text": f"line {number}"}
                uow.upsert(f"m:{person.id}:{number}", None, words, queue=f"dm:{person.id}")
        runtime.engine.dispose()

    def written(self):
        """Return the lines that were posted."""
        return [
            call.arguments["text"]
            for call in self.workspace.journal
            if call.method == "chat.postMessage" and call.arguments["text"].startswith("line ")
        ]


@pytest.fixture
def post(tmp_path):
    with LocalSlack(manifest=MANIFEST) as slack:
        yield Post(slack, tmp_path, migrated_database("sqlite", tmp_path))


@pytest.fixture(scope="module")
def manned_post(tmp_path_factory):
    """A post with a bot in it, for tests that leave it working; a bot takes seconds to begin."""
    folder = tmp_path_factory.mktemp("manned")
    with LocalSlack(manifest=MANIFEST) as slack:
        post = Post(slack, folder, migrated_database("sqlite", folder))
        with post.bot() as bot:
            yield post, bot


@pytest.fixture
def grown_post(tmp_path):
    """A post on PostgreSQL."""
    with LocalSlack(manifest=MANIFEST) as slack:
        yield Post(slack, tmp_path, migrated_database("postgresql", tmp_path))


def wait_for(holds, seconds=30.0):
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.05)


def parts_of(bot):
    """Return the ids of a bot's processes, each with whether it stands back."""
    found = {}
    for part in psutil.Process(bot.pid).children():
        with suppress(psutil.NoSuchProcess):
            found[part.pid] = part.nice() > os.nice(0)
    return found


def are_all_there(bot):
    """Tell whether those for people, the one for serving and the one that stands back live."""
    return sorted(parts_of(bot).values()) == [False] * (FOR_PEOPLE + 1) + [True]


def kill_part(bot, *, stands_back):
    """Kill one process of a bot, and wait until another one has its place."""
    wait_for(lambda: are_all_there(bot))
    killed = next(pid for pid, stands in parts_of(bot).items() if stands == stands_back)
    os.kill(killed, signal.SIGKILL)
    wait_for(lambda: killed not in parts_of(bot) and are_all_there(bot))


def test_a_bot_whose_delivery_dies_says_the_rest_once_and_answers_meanwhile(post):
    with post.bot() as bot:
        post.workspace.faults.latency = 0.4
        for number in range(2):
            post.write(number)
        wait_for(post.written)
        kill_part(bot, stands_back=True)
        post.workspace.faults.latency = 0.0
        wait_for(lambda: len(post.written()) >= 8)
        assert httpx.get(f"{bot.url}/healthz").status_code == 200
        bot.send_signal(signal.SIGTERM)
        assert bot.wait(25) == 0
    assert sorted(post.written()) == sorted(f"line {n}" for n in range(2) for _ in post.people)


def test_a_bot_whose_people_part_dies_connects_again(manned_post):
    post, bot = manned_post
    kill_part(bot, stands_back=False)
    ana = post.people[0]
    wait_for(lambda: ana.command("/sprint", "help").ok)


def test_on_postgresql_the_page_outlives_one_of_the_processes_that_answer_people(grown_post):
    with grown_post.bot() as bot:
        wait_for(lambda: grown_post.workspace.hub.connections == FOR_PEOPLE)
        kill_part(bot, stands_back=False)
        wait_for(lambda: can_be_asked(bot))
        assert all(person.command("/sprint", "help").ok for person in grown_post.people)


def can_be_asked(bot):
    with suppress(httpx.HTTPError):
        return httpx.get(f"{bot.url}/readyz").status_code == 200
    return False


def test_a_port_that_somebody_listens_on_is_refused_with_a_sentence(manned_post):
    post, bot = manned_post
    port = bot.url.rpartition(":")[2]
    other = {"HOUR48_SERVER__PORT": port, "HOUR48_DATABASE__URL": "sqlite:///other.db"}
    refused = run_to_the_end(post, other)
    assert refused.returncode == 2
    assert f"127.0.0.1:{port} cannot be listened on" in refused.stderr


def test_web_and_worker_apart_answer_and_deliver(grown_post):
    with grown_post.bot("--only", "worker") as worker:
        wait_for(lambda: can_be_asked(worker))
        assert grown_post.workspace.hub.connections == 0
        grown_post.write(0)
        wait_for(lambda: len(grown_post.written()) == 4)
        assert calls_counted(worker)["chat.postMessage"] == 4
        with grown_post.bot("--only", "web") as web:
            wait_for(lambda: can_be_asked(web))
            assert all(person.command("/sprint", "help").ok for person in grown_post.people)
            assert "chat.postMessage" not in calls_counted(web)
        grown_post.write(1)
        wait_for(lambda: len(grown_post.written()) == 8)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(25) == 0


@pytest.mark.slow
def test_what_a_web_part_writes_waits_for_a_worker(grown_post):
    with grown_post.bot("--only", "web") as web:
        grown_post.write(0)
        time.sleep(2.5)  # more than twice as long as delivery's poll
        assert grown_post.written() == []
        with grown_post.bot("--only", "worker"):
            wait_for(lambda: len(grown_post.written()) == 4)
        web.send_signal(signal.SIGTERM)
        assert web.wait(25) == 0


def test_half_a_bot_on_sqlite_is_refused_with_what_to_do(post):
    refused = run_to_the_end(post, {}, "--only", "web")
    assert refused.returncode == 2
    assert "needs PostgreSQL" in refused.stderr
    assert "Traceback" not in refused.stderr


def run_to_the_end(post, environment, *options):
    return subprocess.run(
        [sys.executable, "-m", "hour48", "run", *options],
        cwd=post.folder,
        env=post.environment | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.slow
def test_one_page_shows_what_both_parts_count(post):
    with post.bot() as bot:
        post.write(0)
        wait_for(lambda: len(post.written()) == 4)
        wait_for(lambda: calls_counted(bot).get("chat.postMessage") == 4)
        before = commands_counted(bot)
        post.people[0].command("/sprint", "help")
        wait_for(lambda: commands_counted(bot) == before + 1)


def samples_of(bot, name):
    families = text_string_to_metric_families(httpx.get(f"{bot.url}/metrics").text)
    return [one for family in families for one in family.samples if one.name == name]


def calls_counted(bot):
    """What the worker counts: its calls to Slack, by method."""
    samples = samples_of(bot, "hour48_slack_calls_total")
    return {sample.labels["method"]: sample.value for sample in samples}


def commands_counted(bot):
    """What the processes that answer people count: the slash commands handled."""
    samples = samples_of(bot, "hour48_handler_seconds_count")
    return sum(one.value for one in samples if one.labels["handler"] == "on_command")


def test_a_token_that_slack_does_not_take_ends_the_bot_with_a_sentence(post):
    refused = run_to_the_end(post, {"HOUR48_SLACK__APP_TOKEN": "xapp-another"})
    assert refused.returncode == 2
    assert "xapp" not in refused.stderr
    assert "app_token" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert refused.stderr.count("app_token") == 1


@pytest.mark.slow
def test_a_bot_that_is_told_to_end_finishes_its_call_and_the_next_one_says_the_rest_once(post):
    with post.bot() as first:
        post.workspace.faults.latency = 0.7
        for number in range(3):
            post.write(number)
        wait_for(post.written)
        asked = time.monotonic()
        first.send_signal(signal.SIGTERM)
        assert first.wait(25) == 0
        assert time.monotonic() - asked < 20
        assert 0 < len(post.written()) < 12
    post.workspace.faults.latency = 0.0
    with post.bot() as second:
        wait_for(lambda: len(post.written()) >= 12)
        second.send_signal(signal.SIGTERM)
        assert second.wait(25) == 0
    assert sorted(post.written()) == sorted(f"line {n}" for n in range(3) for _ in post.people)
