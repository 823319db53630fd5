"""Whom an item asks: somebody whom it names, and nobody's relative."""

import pytest

from bot.domain.story import parse_story
from bot.domain.verdict import verdict


@pytest.mark.parametrize("who", ["his son", "her deputy", "their boss"])
def test_nobody_is_asked_who_is_told_only_as_somebody_s(who):
    title = f"the only one who can read the plot has retired, {who} says no phone there"
    event = {"at": 5, "by": "Ana", "blocker": "plot", "title": title, "severity": "stops"}
    story = {"story": "x", "team": {"builder": "Ana", "data": "Ben"}, "events": [event]}
    asked, *_ = verdict(parse_story(story).record).fixes
    assert f"asks {who}" not in asked.text
    assert "asks the" not in asked.text
