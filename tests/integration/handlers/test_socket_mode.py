"""A bot that starts while Slack is away goes on trying; one that Slack refuses says so and ends."""

from __future__ import annotations

import logging
import threading
import time

import httpx
import pytest
from slack_bolt import App
from slack_sdk import WebClient

from bot.domain.errors import InputError
from bot.settings import Settings
from handlers import socket_mode
from hour48.container import Bot
from hour48.shipped import MANIFEST
from playground.server import LocalSlack


@pytest.fixture
def slack():
    with LocalSlack(manifest=MANIFEST) as opened:
        yield opened


@pytest.fixture
def bot_of(tmp_path, monkeypatch):
    monkeypatch.setattr(socket_mode, "WAITS", (0.05, 0.1))
    monkeypatch.setattr(socket_mode, "PATIENCE", 2.0)
    made = []

    def make(slack, workspace, **tokens):
        tokens = {"app_token": workspace.app_token, **tokens}
        bot = Bot(
            Settings(
                slack={"bot_token": workspace.bot_token, "api_url": slack.api_url, **tokens},
                database={"url": f"sqlite:///{tmp_path / 'rows.db'}"},
                server={"port": 0},
            )
        )
        made.append(bot)
        return bot

    yield make
    for bot in made:
        bot.stop()


def said_at(bot):
    return httpx.get(f"{bot.answering.page_url}/readyz", timeout=10).json()["wrong"]


@pytest.mark.smoke
@pytest.mark.parametrize("fault", ["error_before", "drop_before", "ratelimited"])
def test_a_bot_that_starts_while_slack_is_away_connects_when_it_is_back(slack, bot_of, fault):
    workspace = slack.add_workspace("Acme")
    workspace.faults.play(fault, "apps.connections.open", times=None)
    bot = bot_of(slack, workspace)
    bot.start()
    assert said_at(bot) == {"slack": "Socket Mode is not connected"}
    workspace.faults.clear()
    workspace.hub.wait_for_connection(10)
    until = time.monotonic() + 10
    while said_at(bot) and time.monotonic() < until:
        time.sleep(0.05)
    assert said_at(bot) == {}


def test_a_bot_is_stopped_while_it_tries_to_reach_slack(slack, bot_of):
    workspace = slack.add_workspace("Acme")
    workspace.faults.play("error_before", "apps.connections.open", times=None)
    bot = bot_of(slack, workspace)
    bot.start()
    began = time.monotonic()
    bot.stop()
    bot.stop = lambda: None
    assert time.monotonic() - began < 10


def test_a_line_hangs_up_in_the_instant_in_which_it_begins_to_listen(slack):
    workspace = slack.add_workspace("Acme")
    is_about_to_listen, is_hanging_up = threading.Event(), threading.Event()

    def hold_the_listener(record):
        if record.getMessage().startswith("Starting to receive messages"):
            is_about_to_listen.set()
            is_hanging_up.wait(10)
            time.sleep(0.3)  # meanwhile it is told to end, which it takes back as it begins
        return True

    logger = logging.Logger("line")
    logger.addFilter(hold_the_listener)
    client = WebClient(token=workspace.bot_token, base_url=slack.api_url)
    app = App(client=client, token_verification_enabled=False, logger=logger)
    line = socket_mode.SocketLine(app, workspace.app_token, slack.api_url)
    line.open()
    assert is_about_to_listen.wait(10)
    hanging_up = threading.Thread(target=line.hang_up, daemon=True)
    hanging_up.start()
    is_hanging_up.set()
    hanging_up.join(10)
    assert not hanging_up.is_alive()


def test_a_token_that_slack_refuses_ends_the_start_with_what_to_do(slack, bot_of):
    bot = bot_of(slack, slack.add_workspace("Acme"), app_token="xapp-1-WRONG")
    with pytest.raises(InputError, match="doctor") as refused:
        bot.start()
    assert refused.value.field == "slack.app_token"
