"""What every change of a request updates: its two cards, its thread and the audit trail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from bot.blockers.service import card_context
from bot.db.models import Approval, Blocker, Sprint
from bot.deployments import service as deployments
from bot.domain.enums import ApprovalState, AuditSubject, BlockerState
from bot.messages import keys
from bot.messages.approval_card import approval_card
from bot.messages.keys import Key
from bot.messages.templates import Template
from bot.outbox.queue import Priority, TemplateArgs
from bot.slack.blocks import Block
from bot.sprints.card_threads import post_below, text_args
from bot.sprints.overview import refresh_pinned_card
from bot.sprints.refused_buttons import settle_about
from bot.sprints.snapshot import use_case_words
from bot.unit_of_work import BOT_ACTOR, UnitOfWork


def card_key(approval: Approval) -> Key:
    """Return the outbox key of a request's card in the sprint's channel."""
    return keys.approval(approval.sprint_id, approval.number)


def direct_key(approval: Approval, user_id: str) -> Key:
    """Return the outbox key of a request's card in somebody's direct messages."""
    return keys.approval_direct(approval.sprint_id, approval.number, user_id)


def end_request(
    uow: UnitOfWork, approval: Approval, state: str, actor_id: str, at: datetime
) -> None:
    """Let a request wait no more; `state` says how it ended."""
    approval.state = state
    approval.decided_by = actor_id if actor_id != BOT_ACTOR else None
    approval.decided_at = at
    uow.drop_timers(approval.sprint_id, f"approval:{approval.number}:")
    settle_about(uow, AuditSubject.APPROVAL, approval.id)
    facts = {"reason": approval.reason} if approval.reason else {}
    record_step(uow, approval, actor_id, state, about=approval.subject, **facts)


def show_request(uow: UnitOfWork, sprint: Sprint, approval: Approval) -> Key:
    """Bring both cards up to date; returns the key of the channel's."""
    key = card_key(approval)
    uow.upsert(key, Template.APPROVAL, {"approval": approval.id}, sprint_id=sprint.id)
    uow.upsert(
        direct_key(approval, approval.approver_id),
        Template.APPROVAL,
        {"approval": approval.id, "for_approver": True},
        sprint_id=sprint.id,
        to=approval.approver_id,
        priority=Priority.URGENT,
    )
    deployments.refresh(uow, sprint)
    return key


def render_approval(uow: UnitOfWork, sprint: Sprint, args: TemplateArgs) -> Block:
    """Render a request's card, for the channel or for its approver."""
    approval = uow.session.get_one(Approval, args["approval"])
    return approval_card(
        approval,
        use_case_words(sprint),
        card_context(uow, sprint),
        for_approver=bool(args.get("for_approver")),
        logged=_logged_as(uow, approval) if approval.state == ApprovalState.REJECTED else None,
    )


def _logged_as(uow: UnitOfWork, approval: Approval) -> int | None:
    """Return the number of the blocker that a rejection was logged as, if it was."""
    return uow.session.scalar(
        select(Blocker.number).where(
            Blocker.approval_id == approval.id, Blocker.state != BlockerState.WITHDRAWN
        )
    )


def announce_request(
    uow: UnitOfWork,
    sprint: Sprint,
    approval: Approval,
    text: str,
    priority: Priority = Priority.NORMAL,
    template: Template = Template.LINE,
    **facts: Any,
) -> None:
    """Refresh both cards and the pinned card, and say a line below the channel's card."""
    key = show_request(uow, sprint, approval)
    args = text_args(text, **facts) | {"approval": approval.id}
    post_below(uow, key, template, args, priority=priority)
    refresh_pinned_card(uow, sprint)


def record_step(
    uow: UnitOfWork, approval: Approval, actor_id: str, action: str, **facts: object
) -> None:
    """Write one step of a request into the audit trail."""
    number = approval.number
    uow.audit(
        approval.sprint_id,
        actor_id,
        action,
        AuditSubject.APPROVAL,
        approval.id,
        number=number,
        **facts,
    )
