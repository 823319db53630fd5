"""What every change of a request shares: its two cards, its thread and its trail."""

from __future__ import annotations

from datetime import datetime

from bot.slack.cards.approval_card import approval_card
from bot.slack.outbox import Priority, person_lane, sprint_lane
from bot.slack.text import Mrkdwn
from bot.store.models import Approval, Sprint
from bot.usecases.blockers import teller
from bot.usecases.board import refresh_board
from bot.usecases.house import THE_CLOCK, Unit
from bot.usecases.kickoff import use_case_words
from bot.usecases.threads import say_below


def card_key(approval: Approval) -> str:
    """Return the outbox key of a request's card in the sprint's channel."""
    return f"sprint:{approval.sprint_id}:approval:{approval.number}"


def direct_key(approval: Approval, user_id: str) -> str:
    """Return the outbox key of a request's card in somebody's direct messages."""
    return f"{card_key(approval)}:dm:{user_id}"


def end_request(unit: Unit, approval: Approval, state: str, actor_id: str, at: datetime) -> None:
    """Let a request wait no more; `state` says how it ended."""
    approval.state = state
    approval.decided_by = actor_id if actor_id != THE_CLOCK else None
    approval.decided_at = at
    unit.drop_timers(approval.sprint_id, f"approval:{approval.number}:")
    facts = {"reason": approval.reason} if approval.reason else {}
    record_step(unit, approval, actor_id, state, about=approval.subject, **facts)


def show_request(unit: Unit, sprint: Sprint, approval: Approval) -> None:
    """Bring both cards up to date."""
    tells, use_case = teller(unit, sprint), use_case_words(unit, sprint)
    unit.wish(
        card_key(approval),
        sprint_lane(sprint.id),
        approval_card(approval, use_case, tells),
        sprint_id=sprint.id,
    )
    unit.wish(
        direct_key(approval, approval.approver_id),
        person_lane(approval.approver_id),
        approval_card(approval, use_case, tells, for_approver=True),
        sprint_id=sprint.id,
        priority=Priority.URGENT,
    )


def tell_request(
    unit: Unit,
    sprint: Sprint,
    approval: Approval,
    line: Mrkdwn,
    priority: Priority = Priority.NORMAL,
) -> None:
    """Bring both cards and the board up to date, and say a line below the channel's card."""
    show_request(unit, sprint, approval)
    say_below(unit, card_key(approval), line, priority=priority)
    refresh_board(unit, sprint)


def record_step(
    unit: Unit, approval: Approval, actor_id: str, action: str, **facts: object
) -> None:
    """Write one step of a request into the audit trail."""
    number = approval.number
    unit.audit(
        approval.sprint_id, actor_id, action, "approval", approval.id, number=number, **facts
    )
