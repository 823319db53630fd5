"""The first thing that comes in after a start, while Slack does not say who the bot is."""

from __future__ import annotations

import pytest

from bot.settings import Settings
from hour48.container import Bot
from hour48.shipped import MANIFEST
from playground.server import LocalSlack
from tests.databases import migrated_database


@pytest.fixture
def workspace(tmp_path):
    with LocalSlack(manifest=MANIFEST) as slack:
        opened = slack.add_workspace("Acme")
        keys = {"bot_token": opened.bot_token, "app_token": opened.app_token}
        settings = {
            "slack": {**keys, "api_url": slack.api_url, "pace": False},
            "database": {"url": migrated_database("sqlite", tmp_path)},
            "server": {"port": 0},
        }
        bot = Bot(Settings(**settings))
        bot.start()
        yield opened
        bot.stop()


@pytest.mark.smoke
def test_what_cannot_be_taken_is_not_acknowledged_and_works_the_next_time(workspace):
    """An acknowledgement would close a form that is kept nowhere."""
    workspace.faults.play("ratelimited", "auth.test")
    ana = workspace.add_person("Ana")
    first = ana.command("/sprint", "plan")
    assert not first.ok
    assert ana.command("/sprint", "plan").ok
    assert ana.wait_for_modal(5.0).title
