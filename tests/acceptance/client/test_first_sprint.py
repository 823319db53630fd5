"""`hour48 play`: one #general in which a guide says what to try, and clock controls on a phone."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from hour48.local_workspace import local_stage
from playground.showcase import DEMO_START, FRESH_TEAM, QUICK, _client, _furnish

pytestmark = [pytest.mark.browser, pytest.mark.smoke]


def test_the_guide_is_in_the_one_general_and_the_clock_turns_on_a_phone(
    tmp_path: Path, window: BrowserContext
) -> None:
    with local_stage(tmp_path, DEMO_START, {}, QUICK) as (stage, slack):
        _furnish(stage)
        named = [one for one in stage.workspace.channels.values() if one.name == "general"]
        assert len(named) == 1
        steps = [message.text for message in named[0].messages]
        assert [step[1:3] for step in steps[1:]] == [f"{number}." for number in range(1, 8)]
        assert all("`" in step or "*" in step for step in steps)
        client = _client(stage, slack, None)
        page = window.new_page()
        page.set_viewport_size({"width": 390, "height": 844})
        person = next(
            user.id for user in stage.workspace.users.values() if user.name == FRESH_TEAM[0].lower()
        )
        page.goto(client.address(slack.base_url, person=person, place=named[0].id))
        expect(page.get_by_text("Your first sprint takes three minutes")).to_be_visible()
        expect(page.get_by_role("button", name="One minute a second")).to_be_visible()
        page.close()
        client.close()
