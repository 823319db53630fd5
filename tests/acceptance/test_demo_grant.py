"""The demo measures a wait by a grant: a source appears, and the bot sees it by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd
import pytest

from bot.playbook.story_file import load_story
from hour48.local_workspace import open_local_bot
from playground.demo import Demo
from playground.showcase import DEMO_STORY

pytestmark = pytest.mark.smoke


def test_a_wait_is_measured_by_a_grant(tmp_path):
    sold = tmp_path / "transactions.parquet"  # of another format than what is granted
    pd.DataFrame({"household_id": [1, 2]}).to_parquet(sold)
    (tmp_path / "households.csv").write_text("household_id,churned\n1,0\n2,1\n")
    sources = {
        "transactions": {"path": str(sold)},
        "households": {"path": str(tmp_path / "households.csv")},
        "loyalty": {"path": str(tmp_path / "loyalty-cards.csv")},
    }
    story = load_story(DEMO_STORY)
    early = replace(story, events=tuple(e for e in story.events if e.at <= 5))
    start = datetime(2026, 6, 9, 7, tzinfo=UTC)
    with open_local_bot(tmp_path, start, sources, {}) as (stage, _slack):
        demo = Demo(stage, early, sources=sources)
        demo.run_until(5)
        said = " ".join(m.text for m in stage.workspace.all_messages())
        assert "Ben asked for access to loyalty" in said
        assert "SELECT works on loyalty" in said
        assert "3 hours after it was asked for" in said
