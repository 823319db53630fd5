"""The whole bot dies in the middle of forty checks, again and again, and loses and doubles none."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import func, select

from bot.clock import SystemClock
from bot.db.check_models import CheckRun
from bot.db.engine import open_engine
from bot.domain.enums import CheckRunState, FixState
from bot.fixes import runs
from bot.playbook.loader import load_playbook
from bot.unit_of_work import Runtime
from hour48.shipped import MANIFEST
from playground.errors import NotOnScreenError
from playground.model import Message
from playground.people import ActingMember
from playground.server import LocalSlack
from tests.databases import migrated_database
from tests.integration.fixes.planted import Team, World, open_world

ROOT = Path(__file__).parents[3]
KILLED_AFTER = (5, 15, 28)
"""Checks that are over when the bot is killed; the first one while people still press."""
PATIENCE = 400.0
RESULT = re.compile(r"\*(Proved|Not done yet)")


class WholeBot:
    """`hour48 run` with everything that it starts.

    Args:
        folder: where its configuration is.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._log = (folder / "bot.log").open("a")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "hour48", "run"],
            cwd=self._folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stderr=self._log,
            stdout=self._log,
        )

    def kill(self) -> None:
        """End it and all its children with SIGKILL; nobody says goodbye."""
        if self._process is None:
            return
        with suppress(psutil.NoSuchProcess):
            whole = psutil.Process(self._process.pid)
            for each in [whole, *whole.children(recursive=True)]:
                with suppress(psutil.NoSuchProcess):
                    each.send_signal(signal.SIGKILL)
        self._process.wait(20)
        self._process = None


def wait_for(holds: Any, what: str, seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"{what} did not come about"
        time.sleep(0.1)


def count_over(runtime: Runtime) -> int:
    with runtime.reading_sessions() as session:
        over = select(func.count(CheckRun.id)).where(CheckRun.state == CheckRunState.DONE)
        return session.scalar(over) or 0


def card_of(ana: ActingMember, channel: Any, item_id: int) -> Message:
    for message in reversed(ana.messages(channel)):
        for block in message.blocks:
            for element in block.get("elements", []):
                if (element.get("action_id"), element.get("value")) == ("fix.done", str(item_id)):
                    return message
    message = f"no card of item {item_id}"
    raise NotOnScreenError(message)


def press_all(world: World, ana: ActingMember, channel: Any) -> None:
    """Press Done on every card, again where the bot was away; who presses doesn't give up."""
    for defect in world.defects:

        def is_pressed(item_id: int = defect.item_id) -> bool:
            try:
                return ana.click(card_of(ana, channel, item_id), "fix.done").ok
            except NotOnScreenError:  # not posted yet, or it is proved already
                return world.items()[item_id].state == FixState.PROVED

        wait_for(is_pressed, f"a press on {defect.name}")


def section(named: tuple[str, dict[str, Any]]) -> str:
    """Return a section of the configuration; its plain values are written in TOML as in JSON."""
    name, values = named
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())
    return f"[{name}]\n{lines}"


@pytest.fixture
def stage(tmp_path: Path, postgres: str) -> Iterator[tuple[World, WholeBot, ActingMember, Any]]:
    url = migrated_database("sqlite", tmp_path)
    runtime = Runtime(open_engine(url), SystemClock(), load_playbook())
    with LocalSlack(manifest=MANIFEST) as slack:
        workspace = slack.add_workspace("Acme")
        ana = workspace.add_person("Ana")
        channel = workspace.add_channel("churn", creator=ana.id, members=[ana.id])
        ana.invite(channel, workspace.bot_user_id)
        team = Team(workspace.team_id, ana.id, channel.id)
        world = open_world(runtime, tmp_path, postgres, team=team)
        sections = {
            "slack": {
                "bot_token": workspace.bot_token,
                "app_token": workspace.app_token,
                "api_url": slack.api_url,
                "pace": False,
            },
            "database": {"url": url},
            "server": {"port": 0},
            **{f"sources.{name}": each for name, each in world.sources.items()},
        }
        (tmp_path / "hour48.toml").write_text("".join(map(section, sections.items())))
        bot = WholeBot(tmp_path)
        yield world, bot, ana, channel
        bot.kill()
        runtime.engine.dispose()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_bot_that_is_killed_in_the_middle_proves_and_refuses_all_the_same(stage):
    world, bot, ana, channel = stage
    mended, left = world.defects[::2], world.defects[1::2]
    for defect in mended:
        defect.mend()
    bot.start()
    pressing = threading.Thread(target=press_all, args=(world, ana, channel), daemon=True)
    pressing.start()
    for over in KILLED_AFTER:
        wait_for(lambda over=over: count_over(world.runtime) >= over, f"{over} checks")
        bot.kill()
        bot.start()
    pressing.join(PATIENCE)
    assert not pressing.is_alive()
    wait_for(lambda: not runs.is_checking(world.runtime), "the last check")

    items = world.items()
    assert {each.name: items[each.item_id].state for each in mended} == dict.fromkeys(
        [each.name for each in mended], FixState.PROVED
    )
    assert Counter(items[each.item_id].state for each in left) == {FixState.OPEN: len(left)}

    def told() -> Counter[str]:
        texts = [message.text for message in ana.messages(channel)]
        return Counter(found[1] for text in texts for found in [RESULT.search(text)] if found)

    # Who was refused and pressed again, since the bot was away, is told again.
    wait_for(lambda: told()["Not done yet"] >= len(left), "the last refusal", 60)
    wait_for(lambda: told()["Proved"] >= len(mended), "the last proof", 60)
    assert told()["Proved"] == len(mended)
