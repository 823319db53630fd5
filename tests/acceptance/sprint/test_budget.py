"""A team that says nothing gets at most 25 messages from plan to debrief, however it ends."""

from __future__ import annotations

import pytest

from tests.stage import key_of, open_stage

pytestmark = pytest.mark.smoke

BUDGET = 25
NO_NIGHTS = {"quiet_from": "00:00", "quiet_until": "00:00"}


def top_level(stage):
    """Return all that the bot posted outside of threads, Slack's own lines about it included."""
    seen = [post for post in stage.posts() if not post.is_reply and post.ephemeral_to is None]
    return [key_of(post) or post.subtype or "file" for post in seen]


@pytest.mark.parametrize(
    "ended_at",
    [pytest.param(None, marks=pytest.mark.slow), pytest.param(4, marks=pytest.mark.slow), 30],
)
def test_a_silent_sprint_stays_within_its_budget_however_it_ends(tmp_path, ended_at):
    with open_stage(tmp_path) as stage:
        stage.start(sponsor=stage["Sam"].id, **NO_NIGHTS)
        if ended_at is not None:
            stage.go(ended_at)
            stage.click("Ana", stage.keyed(":silence"), "pace.end")
            assert stage.has(":debrief:summary")
        stage.go(48 - (ended_at or 0))
        assert stage.has(":debrief:summary")
        found = top_level(stage)
        assert len(found) <= BUDGET, found
