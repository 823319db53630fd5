"""What waits for one person, in one message: a line each, with the buttons that answer it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.db.models import Approval, Blocker, FixItem, Sprint
from bot.domain.enums import AuditSubject
from bot.messages.approval_card import approve_button, subject_title
from bot.messages.blocker_card import age_words
from bot.messages.catalog import hours, say
from bot.messages.labelled import button
from bot.playbook.model import Playbook
from bot.slack import blocks
from bot.slack.action_ids import Act
from bot.slack.blocks import Block, Element
from bot.slack.text import Mrkdwn, clip, moment

SHOWN = 20
SHORT = 150


@dataclass(frozen=True, slots=True)
class Remind:
    """One thing that somebody is reminded of.

    Args:
        subject: what kind of row it is.
        row: an `Approval`, a `Blocker`, a `FixItem`, or the `Sprint` whose debrief stands open.
        sprint: its sprint.
        waits: it still waits for them.
        is_lead: they lead the sprint.
    """

    subject: AuditSubject
    row: Any
    sprint: Sprint
    waits: bool
    is_lead: bool


def reminder_card(found: Sequence[Remind], playbook: Playbook, at: datetime) -> Block:
    """Return one message for everything that somebody is reminded of.

    Args:
        found: at least one thing.
        playbook: the method's words.
        at: when they were reminded; ages and time left are as of then.
    """
    lines = [_line(each, playbook, at) for each in found[:SHOWN]]
    waiting = sum(each.waits for each in found)
    title = say("reminder.title", count=waiting) if waiting else say("reminder.title_settled")
    rows: list[Block] = [blocks.section(title)] if len(found) > 1 else []
    for each, line in zip(found[:SHOWN], lines, strict=True):
        rows.append(blocks.section(line if each.waits else say("reminder.settled", line=line)))
        if each.waits and (buttons := _buttons(each, playbook)):
            rows.append(blocks.actions(buttons))
    if len(found) > SHOWN:
        rows.append(blocks.context(say("reminder.more", count=len(found) - SHOWN)))
    return blocks.message(lines[0] if len(found) == 1 else title, rows)


def _line(each: Remind, playbook: Playbook, at: datetime) -> Mrkdwn:
    row, title = each.row, each.sprint.title
    if isinstance(row, Approval):
        return say(
            "reminder.approval",
            number=row.number,
            subject=subject_title(playbook, row),
            what=clip(row.what, SHORT),
            left=hours(max(0.0, (row.deadline - at) / timedelta(hours=1))),
            deadline=moment(row.deadline),
            title=title,
            waits=each.waits,
        )
    if isinstance(row, Blocker):
        return say(
            "reminder.blocker",
            number=row.number,
            what=clip(row.title, SHORT),
            age=age_words(row, at),
            waits_for=row.waits_for or "",
            title=title,
            waits=each.waits,
        )
    if isinstance(row, Sprint):
        return say(
            "reminder.debrief" if each.is_lead else "reminder.debrief_sponsor",
            title=title,
            since=moment(row.ended_at or at, "{date_short_pretty}"),
            waits=each.waits,
        )
    return say(
        "reminder.fix",
        number=row.number,
        text=clip(row.text, SHORT),
        due=moment(row.due_at, "{date_short_pretty}"),
        title=title,
    )


def _buttons(each: Remind, playbook: Playbook) -> list[Element]:
    value = str(each.row.id)
    if isinstance(each.row, Approval):
        return [
            approve_button(each.row, playbook),
            button("approval.button_reject", Act.APPROVAL_REJECT, value),
            button("approval.button_hand_over", Act.APPROVAL_HAND_OVER, value),
        ]
    if isinstance(each.row, Blocker):
        return [
            button("blocker.button_fixed", Act.BLOCKER_FIXED, value),
            button("blocker.button_still", Act.BLOCKER_STILL, value),
            button("blocker.button_edit", Act.BLOCKER_EDIT, value),
        ]
    if isinstance(each.row, Sprint):
        return [button("debrief.close_button", Act.DEBRIEF_CLOSE, value)] if each.is_lead else []
    assert isinstance(each.row, FixItem)  # noqa: S101 - the table of what is reminded of
    first = (
        ("fix.answer", Act.FIX_REWRITE)
        if each.row.is_question and not each.row.check_kind
        else ("fix.done", Act.FIX_DONE)
    )
    return [
        button(first[0], first[1], value),
        button("fix.stuck", Act.FIX_STUCK, value),
        button("fix.move", Act.FIX_MOVE, value),
    ]
