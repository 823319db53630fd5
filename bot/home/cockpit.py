"""The part of Home that acts: my fixes, sprints, open prompt, requests and blockers with buttons.

Each button is the one of the message that it stands on in its channel, so that it is authorised,
answered and recorded in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import or_, select

from bot.approvals.service import waiting_for
from bot.blockers.service import card_context
from bot.db.models import Blocker, FixItem, PromptAnswer, Sprint
from bot.domain.enums import FINISHED_FIXES, LIVE, UNFINISHED, BlockerState, SprintStatus
from bot.domain.permissions import Action, is_allowed
from bot.fixes.items import render_fix
from bot.hourly.prompts import render_prompt
from bot.hourly.queries import has_answered, newest_prompt
from bot.messages.approval_card import approval_buttons
from bot.messages.blocker_card import age_words
from bot.messages.catalog import say, say_plain
from bot.messages.labelled import button, confirm
from bot.planning.queries import expectation_of
from bot.slack import blocks
from bot.slack.action_ids import Act
from bot.slack.blocks import Block, Element
from bot.slack.text import Mrkdwn, moment
from bot.sprints.people import relations
from bot.sprints.snapshot import hour_of, moment_of
from bot.unit_of_work import UnitOfWork

SHOWN: Final = 5
"""Fixes, requests and blockers that Home shows with buttons; a view holds a hundred blocks."""
AFTER: Final = timedelta(days=30)
"""How long a closed sprint stays among the current ones: as long as its plan runs."""


def cockpit(uow: UnitOfWork, user_id: str, sprints: Sequence[Sprint]) -> list[Block]:
    """Return what somebody can act on now, the most urgent first.

    Args:
        uow: the open transaction.
        user_id: whose Home it is.
        sprints: the sprints that somebody leads, plays in or sponsors, unfinished or just closed.
    """
    rows = [blocks.header(say_plain("home.title"))]
    for sprint in sprints:
        rows += _sprint(uow, user_id, sprint)
    if not sprints:
        rows.append(blocks.section(say("home.none")))
    return [
        *rows,
        _plan_row(),
        *_approvals(uow, user_id),
        *_fixes(uow, user_id),
        *_blockers(uow, user_id),
    ]


def is_current(uow: UnitOfWork, sprint: Sprint) -> bool:
    """Return whether a sprint is planned, under way, or closed within the time of its plan."""
    if sprint.status in UNFINISHED:
        return True
    closed = sprint.closed_at
    return sprint.status == SprintStatus.CLOSED and bool(closed and closed > uow.now - AFTER)


def _plan_row() -> Block:
    press = button("home.plan_button", Act.PLAN_OPEN)
    return blocks.actions([press])


def clock_line(uow: UnitOfWork, user_id: str, sprint: Sprint) -> Mrkdwn:
    """Return a sprint's clock in a line; Slack keeps what is relative in it up to date."""
    if sprint.status == SprintStatus.PLANNED:
        start = sprint.planned_start
        return say("home.planned", start=moment(start), ago=moment(start, "{ago}"))
    if sprint.status == SprintStatus.DEBRIEF:
        closes = user_id == sprint.lead_id
        return say("home.debrief", closes=closes, lead=uow.name(sprint.lead_id))
    if sprint.status == SprintStatus.CLOSED:
        closed = sprint.closed_at or uow.now
        path = uow.playbook.path(sprint.path).title if sprint.path else ""
        return say("home.closed", ago=moment(closed, "{ago}"), path=path)
    hour = hour_of(sprint, uow.now)
    phase = uow.playbook.phase_at(hour)
    return say(
        "home.running",
        hour=int(hour),
        length=sprint.length_hours,
        phase=phase.title,
        gate=moment(moment_of(sprint, phase.end), "{ago}"),
        end=moment(moment_of(sprint, sprint.length_hours)),
    )


def _sprint(uow: UnitOfWork, user_id: str, sprint: Sprint) -> list[Block]:
    rows = [
        blocks.section(
            say("home.sprint", title=sprint.title, line=clock_line(uow, user_id, sprint))
        )
    ]
    prompt = _open_prompt(uow, user_id, sprint) if sprint.status == SprintStatus.RUNNING else []
    rows += prompt
    shown = {each.get("action_id") for row in prompt for each in row.get("elements", ())}
    buttons = [
        _button(key, act, str(sprint.id), asks=asks)
        for key, act, action, asks in BUTTONS.get(sprint.status, ())
        if SAME_AS.get(act) not in shown and _may(uow, user_id, sprint, action)
    ]
    if sprint.status == SprintStatus.PLANNED and expectation_of(uow, sprint, user_id) is not None:
        again = say_plain("home.button_expect_again")
        for each in buttons:
            if each["action_id"] == Act.EXPECT_OPEN:
                each["text"]["text"] = again
    return [*rows, blocks.actions(buttons)] if buttons else rows


BUTTONS: Final[dict[str, tuple[tuple[str, Act, Action, bool], ...]]] = {
    SprintStatus.PLANNED: (
        ("expect", Act.EXPECT_OPEN, Action.EXPECT, False),
        ("edit", Act.PLAN_EDIT, Action.EDIT_PLAN, False),
        ("start", Act.PLAN_START, Action.START, True),
    ),
    SprintStatus.RUNNING: (
        ("blocker", Act.BLOCKER_OPEN_FORM, Action.LOG_BLOCKER, False),
        ("approval", Act.APPROVAL_OPEN_FORM, Action.REQUEST_APPROVAL, False),
        ("what_if", Act.DEBRIEF_WHAT_IF, Action.READ, False),
    ),
    SprintStatus.DEBRIEF: (
        ("what_if", Act.DEBRIEF_WHAT_IF, Action.READ, False),
        ("close", Act.DEBRIEF_CLOSE, Action.CLOSE, False),
    ),
    SprintStatus.CLOSED: (
        ("what_if", Act.DEBRIEF_WHAT_IF, Action.READ, False),
        ("rerun", Act.RERUN_OPEN, Action.RERUN, False),
    ),
}
"""State → its buttons: text, act, who may, and whether Slack asks first."""
SAME_AS: Final = {
    Act.BLOCKER_OPEN_FORM: Act.PROMPT_BLOCKED,
    Act.APPROVAL_OPEN_FORM: Act.PROMPT_APPROVAL,
}
"""Button → the button of an open prompt that does the same, so that Home shows one of them."""


def _button(key: str, act: Act, value: str, *, asks: bool) -> Element:
    sure = confirm("plan.start_ask_title", "plan.start_ask", "plan.start_yes", "plan.start_no")
    return button(f"home.button_{key}", act, value, ask=sure if asks else None)


def _may(uow: UnitOfWork, user_id: str, sprint: Sprint, action: Action) -> bool:
    return is_allowed(action, relations(uow, user_id, sprint))


def _open_prompt(uow: UnitOfWork, user_id: str, sprint: Sprint) -> list[Block]:
    """Return the newest prompt with its buttons, until this person has answered it."""
    hour = newest_prompt(uow, sprint)
    if hour is None or not _may(uow, user_id, sprint, Action.ANSWER_PROMPT):
        return []
    answered = uow.session.scalar(
        select(PromptAnswer.id)
        .where(
            PromptAnswer.sprint_id == sprint.id,
            PromptAnswer.hour == hour,
            PromptAnswer.user_id == user_id,
        )
        .limit(1)
    )
    if answered is not None or has_answered(uow, sprint, hour, user_id):
        return [blocks.context(say("home.answered", hour=hour))]
    return list(render_prompt(uow, sprint, {"hour": hour})["blocks"])


def _approvals(uow: UnitOfWork, user_id: str) -> list[Block]:
    waiting = waiting_for(uow, user_id)
    rows = _head("home.approvals")
    if not waiting:
        return [*rows, blocks.section(say("home.no_approvals"))]
    for approval, sprint in waiting[:SHOWN]:
        words = say(
            "home.approval",
            subject=uow.playbook.subject(approval.subject).title,
            title=sprint.title,
            what=approval.what,
            who=uow.name(approval.requested_by),
            deadline=moment(approval.deadline),
            ago=moment(approval.deadline, "{ago}"),
        )
        buttons = approval_buttons(approval, card_context(uow, sprint), for_approver=True)
        rows += [blocks.section(words), blocks.actions(buttons)]
    return rows + _more(len(waiting), "/approval list")


def _fixes(uow: UnitOfWork, user_id: str) -> list[Block]:
    """Return the open items of any plan that somebody owns, also after the sprint."""
    mine = uow.session.execute(
        select(FixItem, Sprint)
        .join(Sprint, Sprint.id == FixItem.sprint_id)
        .where(
            FixItem.team_id == uow.team_id,
            FixItem.owner_id == user_id,
            FixItem.state.not_in(FINISHED_FIXES),
        )
        .order_by(FixItem.due_at, FixItem.id)
    ).all()
    if not mine:
        return []
    rows = _head("home.fixes")
    for item, sprint in mine[:SHOWN]:
        key = "home.fix_overdue" if item.due_at < uow.now else "home.fix_due"
        ago = moment(item.due_at, "{ago}")
        rows.append(blocks.context(say(key, sprint=sprint.title, ago=ago)))
        rows += render_fix(uow, sprint, {"item": item.id})["blocks"]
    return rows + _more(len(mine))


def _blockers(uow: UnitOfWork, user_id: str) -> list[Block]:
    mine = uow.session.execute(
        select(Blocker, Sprint)
        .join(Sprint, Sprint.id == Blocker.sprint_id)
        .where(
            Blocker.team_id == uow.team_id,
            Blocker.state == BlockerState.OPEN,
            Sprint.status.in_(LIVE),
            or_(Blocker.owner_id == user_id, Blocker.raised_by == user_id),
        )
        .order_by(Blocker.raised_at)
    ).all()
    rows = _head("home.blockers")
    if not mine:
        return [*rows, blocks.section(say("home.no_blockers"))]
    for blocker, sprint in mine[:SHOWN]:
        words = say(
            "home.blocker",
            number=blocker.number,
            title=blocker.title,
            sprint=sprint.title,
            age=age_words(blocker, uow.now),
        )
        value = str(blocker.id)
        buttons = [
            button(f"blocker.button_{key}", act, value)
            for key, act in (
                ("fixed", Act.BLOCKER_FIXED),
                ("worked_around", Act.BLOCKER_WORKED_AROUND),
                ("edit", Act.BLOCKER_EDIT),
            )
        ]
        rows += [blocks.section(words), blocks.actions(buttons)]
    return rows + _more(len(mine), "/blocker list")


def _head(key: str) -> list[Block]:
    return [blocks.divider(), blocks.header(say_plain(key))]


def _more(count: int, command: str = "") -> list[Block]:
    if count <= SHOWN:
        return []
    return [blocks.context(say("home.more", count=count - SHOWN, command=command))]
