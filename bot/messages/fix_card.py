"""The thirty-day plan: a message an item, with its buttons while it is open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.enums import FixState
from bot.messages.catalog import say, say_plain
from bot.slack import blocks
from bot.slack.action_ids import Act, View
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn, moment


@dataclass(frozen=True, slots=True)
class FixView:
    """One item as it stands."""

    item_id: int
    number: int
    text: str
    owner: Mrkdwn
    due: datetime
    state: str
    reason: str | None
    is_question: bool = False
    confirmed_by: str | None = None


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
    if view.state != FixState.DONE:
        rows.append(blocks.context(_taken(view)))
    if view.reason:
        rows.append(blocks.context(say("fix.item_reason", reason=view.reason)))
    if view.state != FixState.DONE:
        rows.append(blocks.actions(_buttons(view)))
    return blocks.message(words, rows)


def _buttons(view: FixView) -> list[Block]:
    value = str(view.item_id)
    rewrite = say_plain("fix.answer" if view.is_question else "fix.rewrite")
    taking = []
    if not view.confirmed_by:
        if not view.is_question:
            confirm = say_plain("fix.confirm")
            taking.append(blocks.button(confirm, Act.FIX_CONFIRM, value, style="primary"))
        taking.append(
            blocks.button(
                rewrite, Act.FIX_REWRITE, value, style="primary" if view.is_question else None
            )
        )
    return [
        *taking,
        blocks.button(say_plain("fix.done"), Act.FIX_DONE, value),
        blocks.button(say_plain("fix.stuck"), Act.FIX_STUCK, value),
        blocks.button(say_plain("fix.move"), Act.FIX_MOVE, value),
    ]


def _taken(view: FixView) -> Mrkdwn:
    if view.confirmed_by:
        return say("fix.confirmed", who=view.confirmed_by)
    return say("fix.unanswered" if view.is_question else "fix.unconfirmed")


def rewrite_form(item_id: int, text: str, *, is_question: bool) -> Block:
    """Return the modal in which an owner answers a question or words an item anew."""
    row = blocks.form_field(
        "text",
        say_plain("fix.answer_label" if is_question else "fix.rewrite_label"),
        blocks.text_input(
            "text", initial=None if is_question else text, multiline=True, max_length=600
        ),
        hint=say_plain("fix.rewrite_hint"),
    )
    about = [blocks.section(text)] if is_question else []
    title = say_plain("fix.answer_title" if is_question else "fix.rewrite_title")
    return blocks.modal(View.FIX_REWRITE, title, [*about, row], private_metadata=str(item_id))


def stuck_form(item_id: int, reason: str | None) -> Block:
    """Return the modal that asks what an item is stuck on."""
    row = blocks.form_field(
        "reason",
        say_plain("fix.stuck_label"),
        blocks.text_input("reason", initial=reason, multiline=True, max_length=500),
    )
    return blocks.modal(
        View.FIX_STUCK, say_plain("fix.stuck_title"), [row], private_metadata=str(item_id)
    )


def move_form(item_id: int, due: datetime) -> Block:
    """Return the modal that moves an item's date."""
    rows = [
        blocks.form_field(
            "date",
            say_plain("fix.move_date"),
            blocks.date_picker("date", initial=due.date().isoformat()),
        ),
        blocks.form_field(
            "reason",
            say_plain("fix.move_reason"),
            blocks.text_input("reason", max_length=500),
        ),
    ]
    return blocks.modal(
        View.FIX_MOVE, say_plain("fix.move_title"), rows, private_metadata=str(item_id)
    )


def review_card(words: Mrkdwn, title: str, sprint_id: int) -> Block:
    """Return the last review, with the button that plans the rerun."""
    button = blocks.button(say_plain("fix.rerun"), Act.RERUN_OPEN, str(sprint_id), style="primary")
    rows = [blocks.header(title), blocks.section(words), blocks.actions([button])]
    return blocks.message(title, rows)
