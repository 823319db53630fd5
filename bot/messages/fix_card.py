"""The thirty-day plan: a message an item, with its buttons while it is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.domain.enums import FINISHED_FIXES, FixState
from bot.domain.vocabulary import Decision
from bot.messages.catalog import say, say_plain
from bot.messages.labelled import (
    button,
    date_field,
    modal,
    person_field,
    radio_field,
    select_field,
    text_field,
)
from bot.slack import blocks
from bot.slack.action_ids import Act, ViewId
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn, escape, moment

DECISIONS: Final = (Decision.APPROVED, Decision.REJECTED)


@dataclass(frozen=True, slots=True)
class FixView:
    """One item as it stands.

    Args:
        check: what shows that it is done, in words; None where nothing does.
        looking: how far a look is that somebody waits for.
        result: what the last look said.
        decider: who can still decide the request that the item is about.
    """

    item_id: int
    number: int
    text: str
    owner: Mrkdwn
    due: datetime
    state: str
    reason: str | None
    is_question: bool = False
    confirmed_by: str | None = None
    check: str | None = None
    looking: str | None = None
    result: Mrkdwn | None = None
    decider: str | None = None


def fix_card(view: FixView) -> Block:
    """Return one item."""
    words = say(
        "fix.item",
        number=view.number,
        text=view.text,
        owner=view.owner,
        due=moment(view.due, "{date_short_pretty}"),
        state=say(f"fix.state_{view.state}"),
    )
    rows = [blocks.section(words)]
    is_open = view.state not in FINISHED_FIXES
    if is_open:
        rows.append(blocks.context(_taken(view)))
    if view.reason:
        rows.append(blocks.context(say("fix.item_reason", reason=view.reason)))
    rows += [blocks.context(line) for line in _checked(view)]
    if is_open:
        rows.append(blocks.actions(_buttons(view)))
    elif view.state == FixState.CLAIMED:
        reopen = button("fix.reopen", Act.FIX_REOPEN, str(view.item_id))
        rows.append(blocks.actions([_choose(view), reopen]))
    return blocks.message(words, rows)


def _checked(view: FixView) -> list[Mrkdwn]:
    """Return what shows that the item is done, and what the last look said."""
    if view.check is None:
        is_claimed = view.state == FixState.CLAIMED
        if is_claimed:
            return [say("fix.nothing_claimed")]
        return [say("fix.nothing_to_check", is_question=view.is_question)]
    lines = [say("fix.check_line", check=view.check)]
    if view.looking:
        lines.append(say("fix.looking", progress=view.looking))
    elif view.result:
        lines.append(view.result)
    return lines


def _choose(view: FixView) -> Block:
    return button(
        "fix.choose_other" if view.check else "fix.choose", Act.FIX_CHECK, str(view.item_id)
    )


def _buttons(view: FixView) -> list[Block]:
    value = str(view.item_id)
    rewrite = say_plain("fix.answer" if view.is_question else "fix.rewrite")
    taking = []
    if not view.confirmed_by:
        if not view.is_question:
            taking.append(button("fix.confirm", Act.FIX_CONFIRM, value, style="primary"))
        taking.append(
            blocks.button(
                rewrite, Act.FIX_REWRITE, value, style="primary" if view.is_question else None
            )
        )
    done = button("fix.done", Act.FIX_DONE, value)
    return [
        *taking,
        *([] if view.is_question and view.check is None else [done]),
        button("fix.stuck", Act.FIX_STUCK, value),
        button("fix.move", Act.FIX_MOVE, value),
        _choose(view),
        *_decide(view),
    ]


def _decide(view: FixView) -> list[Block]:
    """Return the button of who was asked: the request's own card closed with the sprint."""
    if view.decider is None:
        return []
    return [
        blocks.button(say_plain("fix.decide", who=view.decider), Act.FIX_DECIDE, str(view.item_id))
    ]


def _taken(view: FixView) -> Mrkdwn:
    if view.confirmed_by:
        return say("fix.confirmed", who=view.confirmed_by)
    return say("fix.unanswered" if view.is_question else "fix.unconfirmed")


def rewrite_form(item_id: int, text: str, *, is_question: bool) -> Block:
    """Return the modal in which an owner answers a question or words an item anew."""
    row = text_field(
        "text",
        "fix.answer_label" if is_question else "fix.rewrite_label",
        initial=None if is_question else text,
        multiline=True,
        max_length=600,
        hint="fix.rewrite_hint",
    )
    about = [blocks.section(text)] if is_question else []
    return modal(
        ViewId.FIX_REWRITE,
        "fix.answer_title" if is_question else "fix.rewrite_title",
        [*about, row],
        private=item_id,
    )


def proof_form(
    item_id: int, text: str, choices: Sequence[tuple[str, str]], chosen: str | None, detail: str
) -> Block:
    """Return the modal in which an owner chooses what shows that an item is done.

    Args:
        item_id: the item.
        text: what it says.
        choices: the value and the words of each check; the likeliest first.
        chosen: the value that is chosen at first.
        detail: an address that the item's text names.
    """
    rows = [
        blocks.section(escape(text)),
        select_field("check", "fix.choose_label", choices, initial=chosen, hint="fix.choose_hint"),
        text_field(
            "detail",
            "fix.choose_detail",
            initial=detail or None,
            max_length=2000,
            hint="fix.choose_detail_hint",
            optional=True,
        ),
    ]
    return modal(ViewId.FIX_CHECK, "fix.choose_title", rows, private=item_id)


def owner_form(item_id: int, text: str) -> Block:
    """Return the modal that asks whom an item names as owner."""
    row = person_field("person", "fix.owner_label")
    return modal(
        ViewId.FIX_OWNER,
        "fix.owner_title",
        [blocks.section(escape(text)), row],
        submit="fix.done",
        private=item_id,
    )


def evidence_form(item_id: int, text: str) -> Block:
    """Return the modal that asks for the file or link that shows an item done."""
    row = text_field(
        "link", "fix.link_label", placeholder="https://", max_length=2000, hint="fix.link_hint"
    )
    return modal(
        ViewId.FIX_EVIDENCE,
        "fix.link_title",
        [blocks.section(escape(text)), row],
        submit="fix.done",
        private=item_id,
    )


def stuck_form(item_id: int, reason: str | None) -> Block:
    """Return the modal that asks what an item is stuck on."""
    row = text_field("reason", "fix.stuck_label", initial=reason, multiline=True, max_length=500)
    return modal(ViewId.FIX_STUCK, "fix.stuck_title", [row], private=item_id)


def move_form(item_id: int, due: datetime) -> Block:
    """Return the modal that moves an item's date."""
    rows = [
        date_field("date", "fix.move_date", initial=due.date().isoformat()),
        text_field("reason", "fix.move_reason", max_length=500),
    ]
    return modal(ViewId.FIX_MOVE, "fix.move_title", rows, private=item_id)


def decide_form(item_id: int, subject: str) -> Block:
    """Return the modal in which an approver decides after the sprint closed."""
    options = [(each.value, say_plain(f"fix.decide_{each}")) for each in DECISIONS]
    rows = [
        radio_field("decision", "fix.decide_label", options),
        text_field(
            "reason",
            "fix.decide_reason",
            multiline=True,
            max_length=500,
            hint="fix.decide_hint",
            optional=True,
        ),
    ]
    title = say("fix.decide_about", subject=subject)
    return modal(
        ViewId.FIX_DECIDE, "fix.decide_title", [blocks.section(title), *rows], private=item_id
    )


def review_card(words: Mrkdwn, title: str, sprint_id: int) -> Block:
    """Return the last review, with the button that plans the rerun."""
    press = button("fix.rerun", Act.RERUN_OPEN, str(sprint_id), style="primary")
    rows = [blocks.header(title), blocks.section(words), blocks.actions([press])]
    return blocks.message(title, rows)
