"""The picture of the workspace in mid-sprint that stands in the README."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from bot.playbook.story_file import load_story
from hour48.local_workspace import local_stage
from playground.client_routes import BrowserClient
from playground.demo import Demo
from playground.showcase import DEMO_START, DEMO_STORY, QUICK, StageClock

README_PICTURE = Path(__file__).parents[2] / "docs" / "images" / "mid-sprint.png"
MID_SPRINT = 20


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.timeout(240)
def test_the_workspace_in_mid_sprint_shows_prompts_blockers_and_the_clock(
    tmp_path: Path, browser: Browser
) -> None:
    with local_stage(tmp_path, DEMO_START, {}, QUICK) as (stage, slack):
        demo = Demo(stage, load_story(DEMO_STORY))
        demo.run_until(MID_SPRINT)
        client = BrowserClient(stage.workspace, clock_control=StageClock(stage))
        slack.add_routes(client.routes())
        address = client.address(
            slack.base_url, person=demo.person("Ana").id, place=demo.channel.id
        )
        target = README_PICTURE if os.environ.get("HOUR48_WRITE_GOLDEN") else tmp_path / "x.png"
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        page.goto(address)
        page.wait_for_selector("#ready", state="attached")
        words = page.inner_text("body")
        page.screenshot(path=target)
        page.close()
        client.close()
    assert f"Hour {MID_SPRINT}" in words
    assert "coupon system" in words
    assert target.stat().st_size > 30_000
