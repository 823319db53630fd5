"""`make pictures` shows every surface; the documentation uses each picture, and no other."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.pictures.gallery import WORDS, Picture, take_all

DOCS = Path(__file__).parents[2] / "docs"
SHOWS = {
    "plan": "Save plan",
    "prompt": "On track",
    "blocker": "Worked around",
    "approval": "Approve",
    "probe": "Make blockers",
    "gate": "Known by now",
    "digest": "Digest",
    "debrief": "Reasons",
    "home": "Your sprints",
    "report": "Five answers",
    "workspace": "Hour 20",
}
"""What can be read on each surface."""
LARGEST = 1_000_000
LARGEST_TOGETHER = 3_000_000


@pytest.fixture(scope="module")
def pictures(browser: Browser) -> dict[str, Picture]:
    return take_all(browser)


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.timeout(300)
def test_every_surface_is_shown_at_a_moment_when_it_says_something(
    pictures: dict[str, Picture],
) -> None:
    assert set(pictures) == set(SHOWS)
    for name, words in SHOWS.items():
        assert words in pictures[name].words, name
        assert 8_000 < len(pictures[name].data) < LARGEST, name


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", SHOWS)
def test_the_picture_in_the_documentation_shows_what_is_shown_now(
    pictures: dict[str, Picture], name: str
) -> None:
    taken = json.loads(WORDS.read_text("utf-8"))
    assert taken[name] == pictures[name].words, "`make pictures` takes it anew"


@pytest.mark.smoke
@pytest.mark.browser
def test_the_first_pictures_of_the_documentation_show_what_is_shown_now(browser: Browser) -> None:
    taken = json.loads(WORDS.read_text("utf-8"))
    shown = {name: picture.words for name, picture in take_all(browser, until=3).items()}
    assert shown == {name: taken[name] for name in ("plan", "blocker", "approval")}


def test_the_documentation_shows_each_picture_and_no_other() -> None:
    there = {path.stem for path in (DOCS / "images").glob("*.png")}
    shown = set(re.findall(r"\]\(images/(\w+)\.png\)", (DOCS / "tour.md").read_text("utf-8")))
    assert there == shown == set(SHOWS)


def test_the_pictures_are_small() -> None:
    sizes = [path.stat().st_size for path in (DOCS / "images").glob("*.png")]
    assert max(sizes) < LARGEST
    assert sum(sizes) < LARGEST_TOGETHER
