"""A story judged from its file and the same story lived through in the workspace agree."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.verdict import answers_of, to_json, verdict
from bot.playbook.story_file import STORIES, load_story
from hour48.local_workspace import open_local_bot
from playground.demo import Demo
from playground.showcase import DEMO_START, QUICK, posts

GOLDEN = Path(__file__).parents[1] / "stories"
LIVED = (
    STORIES / "grocer.yaml",
    GOLDEN / "article_ecommerce_success.yaml",
    GOLDEN / "article_financial_services_learning.yaml",
    GOLDEN / "article_retail_bank_loans.yaml",
    GOLDEN / "edge_all_approvals_expired.yaml",
    GOLDEN / "edge_criteria_overridden.yaml",
    GOLDEN / "edge_long_beside_short.yaml",
    GOLDEN / "edge_rolled_back_and_deployed_again.yaml",
)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("story_file", LIVED, ids=lambda path: path.stem)
def test_a_lived_sprint_gets_the_verdict_of_its_story(tmp_path: Path, story_file: Path) -> None:
    story = load_story(story_file)
    with open_local_bot(tmp_path, DEMO_START, {}, QUICK) as (stage, _):
        Demo(stage, story).run()
        lived, sent = stage.verdict(), len(posts(stage))
    judged = verdict(story.record)
    told = {**answers_of(judged), "forecast_days": to_json(judged)["forecast_days"]}
    assert {key: lived[key] for key in told} == told
    assert [fix["due_day"] for fix in lived["fixes"]] == [fix.due_day for fix in judged.fixes]
    assert sent > story.record.length
