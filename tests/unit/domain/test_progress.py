"""With its plan done, nothing stands between a sprint and its deployment any more."""

from pathlib import Path

import pytest

from bot.domain.verdict import verdict
from bot.domain.verdict.causes import causes_of
from bot.domain.verdict.progress import with_done
from bot.playbook.story_file import load_story

GOLDEN = sorted(Path("tests/stories").glob("*.yaml"))


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_plan_that_is_done_leaves_no_obstacle(path):
    record = load_story(path).record
    everything = {fix.blocker for fix in verdict(record).fixes}
    assert causes_of(with_done(record, everything, "Ana")) == ()


def test_each_item_done_brings_the_forecast_no_later():
    record = load_story(Path("tests/stories/edge_long_beside_short.yaml")).record
    fixes = verdict(record).fixes
    days = [
        verdict(with_done(record, {fix.blocker for fix in fixes[:n]}, "Ana")).forecast.p50
        for n in range(len(fixes) + 1)
    ]
    assert days == sorted(days, reverse=True)
    assert days[-1] < days[0]


def test_nothing_done_changes_nothing():
    record = load_story(GOLDEN[0]).record
    assert with_done(record, (), "Ana") == record
