"""The modal *What if …*: a select of fixes, and the chance and dates with them done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.messages.catalog import say, say_plain
from bot.slack import blocks
from bot.slack.action_ids import Act, ViewId
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn, clip

SELECT: Final = "what_if"
"""The block of the select; its state says which fixes are chosen."""
LONGEST_LABEL: Final = 70
SHOWN: Final = 12


@dataclass(frozen=True, slots=True)
class FixChoice:
    """A fix that can be tried.

    Args:
        number: its number in the plan.
        title: what it removes, as it was written.
        chance: with it alone done by day 14.
        p50: the 50 % date with it alone done by day 14.
    """

    number: str
    title: str
    chance: str
    p50: Mrkdwn


@dataclass(frozen=True, slots=True)
class Outlook:
    """The chance to be live within thirty days, and the two dates."""

    chance: str
    p50: Mrkdwn
    p80: Mrkdwn


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What the modal shows.

    Args:
        sprint_id: whose plan it is.
        fixes: what can be tried, in the plan's order.
        chosen: the numbers of those that are.
        now: with nothing done.
        then: with the chosen ones done; None while none is.
        enough: the least that reaches 80 %, in words.
    """

    sprint_id: int
    fixes: Sequence[FixChoice]
    chosen: Sequence[str]
    now: Outlook
    then: Outlook | None
    enough: str


def what_if_modal(view: WhatIf) -> Block:
    """Return the modal; choosing a fix draws it again."""
    rows = [blocks.section(_line("debrief.what_if_now", view.now))]
    if view.fixes:
        rows.append(
            blocks.section(
                say("debrief.what_if_choose"),
                accessory=blocks.multi_static_select(
                    Act.DEBRIEF_WHAT_IF_CHOOSE,
                    [(each.number, clip(each.title, LONGEST_LABEL)) for each in view.fixes],
                    initial=view.chosen,
                    placeholder=say_plain("debrief.what_if_placeholder"),
                ),
                block_id=SELECT,
            )
        )
    if view.then is not None:
        line = _line("debrief.what_if_then", view.then, count=len(view.chosen))
        rows.append(blocks.section(line))
    rows.append(blocks.divider())
    rows += [blocks.section(_alone(each)) for each in view.fixes[:SHOWN]]
    rows.append(blocks.context(view.enough))
    return blocks.modal(
        ViewId.WHAT_IF,
        say_plain("debrief.what_if_title"),
        rows,
        submit=None,
        close=say_plain("debrief.what_if_close"),
        private_metadata=str(view.sprint_id),
    )


def _line(key: str, outlook: Outlook, **facts: int) -> Mrkdwn:
    return say(key, chance=outlook.chance, p50=outlook.p50, p80=outlook.p80, **facts)


def _alone(fix: FixChoice) -> Mrkdwn:
    return say("debrief.what_if_alone", title=fix.title, chance=fix.chance, p50=fix.p50)
