"""The demo's second sprint: a fix is refused, then proved, and a night finds it broken again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hour48.local_workspace import open_local_bot
from playground.proving import SOURCE, Proving
from playground.showcase import QUICK

pytestmark = pytest.mark.smoke


def test_a_fix_is_refused_then_proved_and_breaks_at_night(tmp_path):
    file = tmp_path / "shelves.csv"
    start = datetime(2026, 6, 9, 7, tzinfo=UTC)
    sources = {SOURCE: {"path": str(file)}}
    with open_local_bot(tmp_path, start, sources, QUICK) as (stage, _slack):
        told = Proving(stage, {}, file).act()
        assert "stock is missing in" in told.refused
        assert "stays open" in told.refused
        _, before, now = told.proved.splitlines()
        assert before.startswith("Before: stock is missing in")
        assert now.startswith("Now: Not found any more")
        assert "The finding was gone until" in told.regressed
        assert "stock is missing in" in told.regressed
        times = [m.text for m in stage.workspace.all_messages() if "broke again and is" in m.text]
        assert len(times) == 1
