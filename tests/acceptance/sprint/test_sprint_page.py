"""The page of a whole sprint on its channel's canvas, beside what the team writes there."""

from __future__ import annotations

import pytest

from playground.canvas import CanvasSection

pytestmark = pytest.mark.smoke


def texts(channel):
    return [section.text for section in channel.canvas.sections]


def test_a_sprint_keeps_its_page_current_and_leaves_the_teams_notes(stage):
    channel = stage.start()
    stage.settle()
    assert "No open blockers." in texts(channel)
    channel.canvas.sections.insert(1, CanvasSection("P1", "Standup at 10 in the kitchen"))
    stage.command("Ben", "/blocker", "No read access to the loyalty tables, takes 2 weeks")
    stage.settle()
    shown = texts(channel)
    assert any(text.startswith("Blocker 1 · “No read access") for text in shown)
    assert "No open blockers." not in shown
    stage.command("Ben", "/blocker", "resolve 1")
    stage.settle()
    assert "1 blocker resolved or worked around." in texts(channel)
    assert "Standup at 10 in the kitchen" in texts(channel)
    assert not stage.has("page")


def test_a_workspace_without_canvases_gets_the_page_in_the_cards_thread(stage):
    stage.workspace.has_no_canvases = True
    stage.start()
    stage.settle()
    assert stage.keyed("page").thread_ts == stage.keyed("sprint:1:card").ts
    stage.command("Ben", "/blocker", "No read access to the loyalty tables")
    stage.settle()
    assert "No read access" in stage.keyed("page").blocks[0]["text"]
