"""What the lead is asked when nobody answers, with the buttons that do it and take it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.domain.enums import Pace, SprintStatus
from bot.messages.catalog import say, say_plain
from bot.messages.labelled import button, confirm
from bot.slack import blocks
from bot.slack.action_ids import Act
from bot.slack.blocks import Block, Element
from bot.slack.text import Mrkdwn

CHOICES: Final = {Pace.PHASE: Act.PACE_PHASE, Pace.PAUSED: Act.PACE_PAUSE}
"""The buttons beside the end, in their order."""


@dataclass(frozen=True, slots=True)
class Silence:
    """A sprint in which nobody answered, and what its lead chose.

    Args:
        channel_id: its channel, once it is open.
        by: who chose, by name; None before anybody did.
        can_go_on: an early end can still be taken back.
    """

    sprint_id: int
    title: str
    channel_id: str | None
    pace: Pace
    status: SprintStatus
    by: str | None
    can_go_on: bool


def silence_card(view: Silence) -> Block:
    """Return the question, or the choice with the button that takes it back."""
    where = Mrkdwn(f"<#{view.channel_id}>") if view.channel_id else Mrkdwn("")
    words = say(f"silence.{_now(view)}", title=view.title, channel=where, by=view.by or "")
    buttons = _buttons(view)
    rows = [blocks.section(words), *([blocks.actions(buttons)] if buttons else [])]
    return blocks.message(words, rows)


def _now(view: Silence) -> str:
    if view.status == SprintStatus.RUNNING:
        return view.pace.value if view.by or view.pace != Pace.HOURLY else "answered"
    return "ended" if view.by else "finished"


def _buttons(view: Silence) -> list[Element]:
    value = str(view.sprint_id)
    if view.status != SprintStatus.RUNNING:
        label = say_plain("silence.button_go_on")
        return [blocks.button(label, Act.PACE_GO_ON, value)] if view.can_go_on else []
    found = []
    if view.pace in CHOICES:
        label = say_plain("silence.button_hourly")
        found.append(blocks.button(label, Act.PACE_HOURLY, value))
    for pace, act in CHOICES.items():
        if view.pace not in (pace, Pace.HOURLY):
            found.append(button(f"silence.button_{pace}", act, value))
    if view.pace == Pace.HELD:
        label = say_plain("silence.button_hourly")
        found.append(blocks.button(label, Act.PACE_HOURLY, value))
    if view.pace != Pace.HOURLY:
        sure = confirm(
            "silence.end_title",
            "silence.end_text",
            "silence.end_yes",
            "silence.end_no",
            danger=True,
        )
        label = say_plain("silence.button_end")
        found.append(blocks.button(label, Act.PACE_END, value, style="danger", ask=sure))
    return found
