"""The demo's team answers prompts in words, asks, and reacts; it does not only press."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.playbook.story_file import load_story
from hour48.local_workspace import open_local_bot
from playground.demo import Demo
from playground.on_screen import key_of, last_with
from playground.showcase import DEMO_START, DEMO_STORY, QUICK

pytestmark = pytest.mark.smoke


def test_the_team_answers_asks_and_reacts(tmp_path):
    story = load_story(DEMO_STORY)
    early = replace(story, events=tuple(e for e in story.events if e.at <= 5))
    with open_local_bot(tmp_path, DEMO_START, {}, QUICK) as (stage, _slack):
        demo = Demo(stage, early)
        demo.run_until(5)
        messages = list(demo.channel.messages)
        bot = stage.workspace.bot_user_id
        demo.lead.command("/sprint", "close", channel=demo.channel)
        demo.lead.wait_for_modal().submit()
        stage.settle()
        while demo.lead.modal:
            demo.lead.modal.close()
        debrief = last_with(demo.channel.messages, "debrief.said")
        demo.lead.click(debrief, "debrief.said")
        said_in_debrief = str(demo.lead.wait_for_modal().blocks)
    by_key = {key_of(message): message for message in messages}
    answered = [e for e in early.events if e.verb == "answer"]
    assert len(answered) >= 2
    for event in answered:
        prompt = by_key[f"sprint:1:prompt:{event.hour:g}"]
        assert str(event.value)[:40] in f"{prompt.text} {prompt.blocks}"
        assert str(event.value) in said_in_debrief
    assert "Kept for the debrief" in said_in_debrief
    assert said_in_debrief.count("For the two signatures") == 2  # kept, and answered
    used = {name for message in messages for name in message.reactions}
    assert used == {"construction", "pushpin", "white_check_mark"}
    said = next(m for m in messages if "construction" in m.reactions)
    assert said.user_id != bot
    assert by_key["sprint:1:blocker:1"].text.startswith("Blocker 1, fixed: " + said.text)
    question = next(m for m in messages if m.text.endswith("what blocks us?"))
    reply = next(m for m in messages if m.is_reply and m.thread_ts == question.ts)
    assert reply.user_id == bot
    assert "1 open blocker" in reply.text
