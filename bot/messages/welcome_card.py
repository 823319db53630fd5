"""What whoever installed the bot is told first, and how it works."""

from __future__ import annotations

from collections.abc import Sequence

from bot.messages.catalog import say, say_plain
from bot.messages.labelled import button
from bot.slack import blocks
from bot.slack.action_ids import Act, ViewId
from bot.slack.blocks import Block


def welcome_card() -> Block:
    """Return the first message: what this is, and three things to try."""
    words = say("welcome.words")
    buttons = [
        button("welcome.plan_button", Act.PLAN_OPEN, "plan", style="primary"),
        button("welcome.how_button", Act.WELCOME_HOW, "how"),
        button("welcome.probe_button", Act.WELCOME_PROBE, "probe"),
    ]
    rows = [
        blocks.section(words),
        blocks.actions(buttons),
        blocks.context(say("welcome.how_words")),
    ]
    return blocks.message(say("welcome.title"), rows)


def how_it_works() -> Block:
    """Return the modal that says how a sprint goes."""
    parts = ("how", "how_during", "how_after", "how_privacy")
    rows = [blocks.section(say(f"welcome.{part}")) for part in parts]
    return blocks.modal(
        ViewId.WORDS, say_plain("welcome.how_title"), rows, submit=None, close="Close"
    )


def probe_needs_a_sprint(sources: Sequence[str]) -> Block:
    """Return the modal for somebody who would probe before there is a sprint."""
    named = ", ".join(f"`{name}`" for name in sources)
    words = say("welcome.probe_none", sources=named or say_plain("welcome.probe_no_sources"))
    return blocks.modal(
        ViewId.WORDS,
        say_plain("welcome.probe_title"),
        [blocks.section(words)],
        submit=None,
        close="Close",
    )
