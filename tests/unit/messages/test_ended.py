from __future__ import annotations

import pytest

from bot.domain.enums import SprintStatus
from bot.messages.ended import without_refused
from bot.slack import blocks
from bot.slack.action_ids import Act
from bot.slack.native import TWIN

RESOLVE = blocks.button("Resolved", Act.BLOCKER_FIXED, "1")
CHIP = blocks.button("days", f"{Act.BLOCKER_HOW_LONG}:days", "1:days")
DONE = blocks.button("Done", Act.FIX_DONE, "1")
EXPECT = blocks.button("Say it", Act.EXPECT_OPEN, "1")
SCORE = blocks.button("Score a table", Act.DEPLOY_SCORE, "1")
WORDS = blocks.section("Words")
CONTENT = blocks.message(
    "Words",
    [
        {**WORDS, "accessory": RESOLVE},
        blocks.actions([RESOLVE, DONE]),
        blocks.actions([CHIP]),
        {"type": "plan", TWIN: [blocks.actions([RESOLVE])]},
    ],
)


def test_a_closed_sprints_message_keeps_only_buttons_that_still_work():
    assert without_refused(CONTENT, SprintStatus.CLOSED)["blocks"] == [
        WORDS,
        blocks.actions([DONE]),
        {"type": "plan", TWIN: []},
    ]


def test_a_cancelled_sprints_deployment_offers_no_step_further():
    offered = blocks.message("Words", [WORDS, blocks.actions([SCORE])])
    assert without_refused(offered, SprintStatus.CLOSED) == offered
    assert without_refused(offered, SprintStatus.CANCELLED)["blocks"] == [WORDS]


@pytest.mark.parametrize("status", [SprintStatus.RUNNING, SprintStatus.DEBRIEF])
def test_a_running_sprints_message_loses_what_was_asked_before_the_start(status):
    assert without_refused(CONTENT, status) == CONTENT
    asked = blocks.message("Words", [WORDS, blocks.actions([EXPECT])])
    assert without_refused(asked, status)["blocks"] == [WORDS]
    assert without_refused(asked, SprintStatus.PLANNED) == asked


def test_a_files_arguments_are_left_as_they_are():
    arguments = {"filename": "report.pdf", "content": "x"}
    assert without_refused(arguments, SprintStatus.CLOSED) == arguments
