"""When somebody typed a blocker or a request, within its phase, changes no answer and no date."""

from __future__ import annotations

import copy
import random
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.domain.story import parse_story
from bot.domain.verdict import verdict
from bot.domain.vocabulary import ShouldDoAI
from bot.playbook.story_file import STORIES

GOLDEN = sorted([*Path("tests/stories").glob("*.yaml"), *STORIES.glob("*.yaml")])
ENDS = (8.0, 16.0, 24.0, 48.0)
MARGIN = 0.1


def _room(event: dict[str, Any], events: list[dict[str, Any]]) -> tuple[float, float]:
    """Return the hours between which an event can move: its phase, before what is said of it."""
    end = next(each for each in ENDS if event["at"] < each)
    start = max((each for each in ENDS if each < end), default=0.0)
    name = event.get("blocker") or event["request"]
    after = [e["at"] for e in events if e is not event and name in str(list(e.values()))]
    if "request" in event:  # whether a deadline passes within the sprint is no matter of typing
        after.append(max(48.0 - event.get("deadline", 0), event["at"] + MARGIN))
    return start + MARGIN, min([end, *after]) - MARGIN


def _moved(story: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    moved = copy.deepcopy(story)
    events = moved["events"]
    decided = {event["decide"] for event in events if "decide" in event}
    for event in events:
        asks = "request" in event and event["request"] not in decided
        if "blocker" not in event and not asks:
            continue
        low, high = _room(event, events)
        if event["at"] < ENDS[-1] and low < high:
            event["at"] = round(chance.uniform(low, high), 2)
    events.sort(key=lambda event: event["at"])
    return moved


def _told(story: dict[str, Any]) -> tuple[object, ...]:
    found = verdict(parse_story(story).record)
    critical = found.critical_path and found.critical_path.family
    days = found.forecast.p50, found.forecast.p80
    return found.path, found.should_do_ai, found.timeline, critical, *days


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_the_hours_in_which_things_were_typed_change_nothing(path):
    story = yaml.safe_load(path.read_text("utf-8"))
    chance = random.Random(path.stem)
    told = _told(copy.deepcopy(story))
    for _ in range(3):
        assert _told(_moved(story, chance)) == told


@pytest.mark.parametrize("hours", [(2, 3, 4), (2, 12, 20), (10, 11, 30), (26, 28, 30)])
def test_three_approvals_alone_are_no_evidence_of_data_and_systems(hours):
    titles = ("Security has to approve the connector", "Legal must sign", "The board must agree")
    events = [
        {
            "at": at,
            "by": "Ana",
            "blocker": f"b{at}",
            "title": title,
            "kind": "approval_process",
            "lead_time": "5 weeks",
        }
        for at, title in zip(hours, titles, strict=True)
    ]
    found = verdict(parse_story({"story": "x", "events": events}).record)
    assert found.should_do_ai is ShouldDoAI.NOT_YET


def test_what_touched_every_phase_but_shows_none_is_no_yes():
    kinds = ("approval_process", "accountability", "decision_authority", "risk_tolerance")
    events = [
        {"at": at, "by": "Ana", "blocker": kind, "title": f"A form for {kind}", "kind": kind}
        | {"lead_time": "2 weeks"}
        for at, kind in zip((2, 10, 18, 30), kinds, strict=True)
    ]
    found = verdict(parse_story({"story": "x", "events": events}).record)
    assert found.should_do_ai is ShouldDoAI.NOT_YET
    assert "no gate or probe showed" in str(found.reasons["should_do_ai"][0])
