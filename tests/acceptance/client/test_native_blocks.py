"""Newer blocks in the browser: tables sort, filter and turn pages; charts say their figures."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from bot.debrief.summary import summary_of
from bot.domain.verdict import verdict
from bot.messages.debrief_summary import summary_card
from bot.playbook.loader import load_playbook
from bot.playbook.story_file import load_story
from bot.slack import blocks, native

pytestmark = pytest.mark.smoke

STORY = Path(__file__).parents[2] / "stories" / "article_insurance.yaml"
ROWS = [[number, f"Blocker {number}", 30.5 - number] for number in range(1, 13)]
TABLE = native.data_table("Open blockers", ["No.", "Blocker", "Hours open"], ROWS, [])
PLAN = native.plan(
    "Kickoff",
    [
        ("Success criteria", "complete", "Ten names a day"),
        ("Data", "in_progress", ""),
        ("Live", "pending", ""),
    ],
    [],
)


def sent(stage, *shown):
    content = native.chosen(blocks.message("Native blocks", list(shown)), frozenset())
    stage.post(content["text"], blocks=content["blocks"])


def test_a_table_sorts_filters_and_turns_pages(stage, page):
    sent(stage, TABLE)
    page.goto(stage.address("Ana"))
    table = page.locator(".data-table")
    expect(table.locator("tbody tr")).to_have_count(10)
    table.get_by_role("button", name="Next").click()
    expect(table.locator("tbody tr")).to_have_count(2)
    table.get_by_role("button", name="Hours open").click()
    expect(table.locator("tbody tr").first).to_contain_text("Blocker 12")
    expect(table.locator("th").nth(2)).to_have_attribute("aria-sort", "ascending")
    table.get_by_role("searchbox").fill("blocker 7")
    expect(table.locator("tbody tr")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_debrief_shows_its_charts_and_says_their_figures(stage, page, scheme):
    judged = verdict(load_story(STORY).record)
    sent(stage, *summary_card(summary_of(judged, load_playbook(), 1))["blocks"], PLAN)
    page.emulate_media(color_scheme=scheme)
    page.goto(stage.address("Ana"))
    figures = page.locator(".chart-figure")
    expect(figures).to_have_count(2)
    expect(figures.first.locator("svg rect, svg path").first).to_be_visible()
    expect(figures.first.locator("table caption")).to_have_count(1)
    expect(page.get_by_role("img", name="done")).to_have_count(1)
