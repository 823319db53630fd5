"""`hour48 play`: a first sprint that leads through itself, with a clock for a phone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from hour48.local_workspace import open_local_bot
from playground.showcase import QUICK, _client, next_morning
from playground.tour import Tour, read_script
from playground.traffic import Traffic
from tests.stage import key_of

pytestmark = [pytest.mark.browser, pytest.mark.smoke]
STEPS = read_script().steps
PATIENCE = 30_000
NOW = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)
"""A Friday: the sprint then begins on Monday morning."""


@pytest.mark.slow
def test_a_newcomer_is_led_through_a_first_sprint(tmp_path: Path, window: BrowserContext) -> None:
    households = tmp_path / "households.csv"
    rows = "".join(f"{n},{n % 7},{n % 3}\n" for n in range(300))
    households.write_text("household_id,visits,churned\n" + rows.replace(",2\n", ",0\n"))
    sources = {"households": {"path": str(households)}}
    with open_local_bot(tmp_path, next_morning(NOW), sources, QUICK) as (stage, slack):
        tour = Tour(stage)
        tour.begin()
        general = [one for one in stage.workspace.channels.values() if one.name == "general"]
        assert len(general) == 1
        client = _client(stage, slack, Traffic([], lambda: None).switch, tour)
        page = window.new_page()
        page.set_viewport_size({"width": 390, "height": 844})
        page.goto(client.address(slack.base_url))
        for number, step in enumerate(STEPS, 1):
            expect(_bar(page)).to_contain_text(
                f"Step {number} of {len(STEPS)}: {step.title}", timeout=PATIENCE
            )
            _take(page, step.key)
            if step.key == "probe":
                tour.do()  # pressed again while the probe runs
        expect(_bar(page)).to_contain_text("That was a sprint", timeout=PATIENCE)
        ana = tour._people["Ana"].id
        page.goto(client.address(slack.base_url, person=ana, place=general[0].id))
        _bar(page).get_by_role("button", name="Go to the channel").click()
        expect(page.get_by_role("main")).to_contain_text("Debrief:", timeout=PATIENCE)
        expect(page.get_by_role("group", name="Traffic")).to_have_count(0)  # no model is served
        assert [m.text for m in general[0].messages if m.text.startswith("*1. ")]
        stage.settle()
        keys = [key_of(message) for message in stage.workspace.all_messages()]
        assert [key for key in keys if ":probe:" in key] == ["sprint:1:probe:1"]
        assert "Debrief:" in " ".join(m.text for m in stage.workspace.all_messages())
        page.close()
        tour.close()
        client.close()


def _bar(page: Page):
    return page.get_by_role("region", name="First sprint")


def _take(page: Page, key: str) -> None:
    """Take a step by hand where a phone's screen has it, else by the bar's button."""
    bar = _bar(page)
    there = bar.get_by_role("button", name="Go to").or_(bar.get_by_role("button", name="Act as"))
    if there.count():
        there.click()
        expect(there).to_have_count(0)
    if key == "ask":
        page.get_by_role("textbox").last.fill("@hour48 what blocks us?")
        page.keyboard.press("Enter")
    elif key == "decide":
        page.get_by_role("main").get_by_role("button", name="Approve").first.click()
        page.get_by_role("alertdialog").get_by_role("button", name="Approve").click()
    elif key == "time":
        page.get_by_role("button", name="One hour a second").click()
    elif key == "gate":
        page.get_by_role("main").get_by_role("button", name="That's us").first.click()
    else:
        bar.get_by_role("button", name="Do it for me").click()


@pytest.mark.parametrize(
    ("now", "then"),
    [
        (datetime(2026, 11, 25, 23, 59, tzinfo=UTC), datetime(2026, 11, 26, 7, tzinfo=UTC)),
        (NOW, datetime(2026, 11, 30, 7, tzinfo=UTC)),
        (datetime(2026, 11, 28, 9, tzinfo=UTC), datetime(2026, 11, 30, 7, tzinfo=UTC)),
    ],
)
def test_a_sprint_to_play_begins_on_a_working_morning(now: datetime, then: datetime) -> None:
    assert next_morning(now) == then


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Tour]:
    """A tour whose sprint has started."""
    with open_local_bot(tmp_path, next_morning(NOW), {}, QUICK) as (stage, _slack):
        tour = Tour(stage)
        tour.begin()
        for key in ("plan", "start"):
            assert tour.step.key == key
            tour.do()
            _wait_until(lambda key=key: tour.step.key != key)
        yield tour
        tour.close()


@pytest.mark.slow
def test_a_sprint_that_ends_early_ends_the_tour(started: Tour) -> None:
    started._do_debrief(started._people["Ana"])
    _wait_until(lambda: started.step is None)
    general = started._local.workspace.general
    assert "That was a sprint" in general.messages[-1].text


@pytest.mark.slow
def test_a_request_that_expires_does_not_hold_the_tour(started: Tour) -> None:
    while started.step.key != "decide":
        started.skip()
    due = started._local.clock.now() + timedelta(hours=5)
    started._local.jump_to(due)
    _wait_until(lambda: started.step.key != "decide")


@pytest.mark.slow
@pytest.mark.parametrize("ended_by", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_play_leaves_no_folder_however_it_is_ended(tmp_path: Path, ended_by: int) -> None:
    command = [sys.executable, "-m", "hour48", "play", "--no-browser"]
    environment = os.environ | {"TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    play = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    assert play.stderr is not None
    assert any("follow" in line for line in play.stderr)
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith("hour48-play-")]
    play.send_signal(ended_by)
    play.wait(30)
    assert not [each.name for each in tmp_path.iterdir() if each.name.startswith("hour48-play-")]


def _wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE / 1000
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)
