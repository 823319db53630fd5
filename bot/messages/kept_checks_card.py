"""The data checks that people keep: the list, and the form that keeps several at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.domain.enums import CheckOutcome
from bot.messages.catalog import say, say_plain
from bot.messages.labelled import button, modal
from bot.slack import blocks
from bot.slack.action_ids import Act, ViewId
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn

LISTED: Final = 40
OFFERED: Final = 100
MARKS: Final = {
    CheckOutcome.HOLDS.value: ":white_check_mark:",
    CheckOutcome.FAILS.value: ":rotating_light:",
    CheckOutcome.UNKNOWN.value: ":grey_question:",
}


@dataclass(frozen=True, slots=True)
class KeptLine:
    """A kept check as it stands; moments are marked up, empty where there was none."""

    check_id: int
    rule: str
    place: str
    who: str
    outcome: str | None
    sentence: str
    checked: str
    held: str


def checks_list(lines: Sequence[KeptLine]) -> Block:
    """Return the list of kept checks, each with the button that removes it."""
    if not lines:
        words = say("probe.kept_empty")
        return blocks.message(words, [blocks.section(words)])
    title = say("probe.kept_title", count=len(lines))
    return blocks.message(title, [blocks.section(title), *map(_line, lines[:LISTED])])


def _line(line: KeptLine) -> Block:
    fails = line.outcome == CheckOutcome.FAILS
    words = say(
        "probe.kept_line",
        mark=MARKS.get(line.outcome or "", ":new:"),
        rule=line.rule,
        place=line.place,
        who=line.who,
        at=line.checked,
        until=line.held if fails else "",
    )
    if line.outcome not in (None, CheckOutcome.HOLDS):
        words = Mrkdwn(f"{words}\n{say('probe.kept_said', sentence=line.sentence)}")
    remove = button("probe.kept_remove", f"{Act.CHECK_REMOVE}:{line.check_id}", str(line.check_id))
    return blocks.section(words, accessory=remove)


def keep_form(run_id: int, rules: Sequence[tuple[str, str]]) -> Block:
    """Return the modal in which the rules are chosen that must always hold.

    Args:
        run_id: the run that found them.
        rules: the key and the words of each; a choice's value is its place among them.
    """
    listed = [(str(place), words) for place, (_, words) in enumerate(rules[:OFFERED])]
    row = blocks.form_field(
        "rules",
        say_plain("probe.keep_label"),
        blocks.multi_static_select("rules", listed),
        hint=say_plain("probe.keep_hint"),
    )
    return modal(
        ViewId.CHECK_KEEP_RULES,
        "probe.keep_title",
        [blocks.section(say("probe.keep_about")), row],
        private=run_id,
    )
