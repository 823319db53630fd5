"""The thirty-day plan: a message an item, with its buttons while it is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.domain.enums import FINISHED_FIXES, FixState
from bot.domain.vocabulary import Decision
from bot.messages.catalog import say, say_plain
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
        reopen = blocks.button(say_plain("fix.reopen"), Act.FIX_REOPEN, str(view.item_id))
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
    label = say_plain("fix.choose_other" if view.check else "fix.choose")
    return blocks.button(label, Act.FIX_CHECK, str(view.item_id))


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
    done = blocks.button(say_plain("fix.done"), Act.FIX_DONE, value)
    return [
        *taking,
        *([] if view.is_question and view.check is None else [done]),
        blocks.button(say_plain("fix.stuck"), Act.FIX_STUCK, value),
        blocks.button(say_plain("fix.move"), Act.FIX_MOVE, value),
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
    return blocks.modal(ViewId.FIX_REWRITE, title, [*about, row], private_metadata=str(item_id))


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
        blocks.form_field(
            "check",
            say_plain("fix.choose_label"),
            blocks.static_select("check", choices, initial=chosen),
            hint=say_plain("fix.choose_hint"),
        ),
        blocks.form_field(
            "detail",
            say_plain("fix.choose_detail"),
            blocks.text_input("detail", initial=detail or None, max_length=2_000),
            hint=say_plain("fix.choose_detail_hint"),
            optional=True,
        ),
    ]
    return blocks.modal(
        ViewId.FIX_CHECK, say_plain("fix.choose_title"), rows, private_metadata=str(item_id)
    )


def owner_form(item_id: int, text: str) -> Block:
    """Return the modal that asks whom an item names as owner."""
    row = blocks.form_field("person", say_plain("fix.owner_label"), blocks.users_select("person"))
    return blocks.modal(
        ViewId.FIX_OWNER,
        say_plain("fix.owner_title"),
        [blocks.section(escape(text)), row],
        submit=say_plain("fix.done"),
        private_metadata=str(item_id),
    )


def evidence_form(item_id: int, text: str) -> Block:
    """Return the modal that asks for the file or link that shows an item done."""
    row = blocks.form_field(
        "link",
        say_plain("fix.link_label"),
        blocks.text_input("link", placeholder="https://", max_length=2_000),
        hint=say_plain("fix.link_hint"),
    )
    return blocks.modal(
        ViewId.FIX_EVIDENCE,
        say_plain("fix.link_title"),
        [blocks.section(escape(text)), row],
        submit=say_plain("fix.done"),
        private_metadata=str(item_id),
    )


def stuck_form(item_id: int, reason: str | None) -> Block:
    """Return the modal that asks what an item is stuck on."""
    row = blocks.form_field(
        "reason",
        say_plain("fix.stuck_label"),
        blocks.text_input("reason", initial=reason, multiline=True, max_length=500),
    )
    return blocks.modal(
        ViewId.FIX_STUCK, say_plain("fix.stuck_title"), [row], private_metadata=str(item_id)
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
        ViewId.FIX_MOVE, say_plain("fix.move_title"), rows, private_metadata=str(item_id)
    )


def decide_form(item_id: int, subject: str) -> Block:
    """Return the modal in which an approver decides after the sprint closed."""
    options = [(each.value, say_plain(f"fix.decide_{each}")) for each in DECISIONS]
    rows = [
        blocks.form_field(
            "decision", say_plain("fix.decide_label"), blocks.radio_buttons("decision", options)
        ),
        blocks.form_field(
            "reason",
            say_plain("fix.decide_reason"),
            blocks.text_input("reason", multiline=True, max_length=500),
            hint=say_plain("fix.decide_hint"),
            optional=True,
        ),
    ]
    title = say("fix.decide_about", subject=subject)
    return blocks.modal(
        ViewId.FIX_DECIDE,
        say_plain("fix.decide_title"),
        [blocks.section(title), *rows],
        private_metadata=str(item_id),
    )


def review_card(words: Mrkdwn, title: str, sprint_id: int) -> Block:
    """Return the last review, with the button that plans the rerun."""
    button = blocks.button(say_plain("fix.rerun"), Act.RERUN_OPEN, str(sprint_id), style="primary")
    rows = [blocks.header(title), blocks.section(words), blocks.actions([button])]
    return blocks.message(title, rows)
