"""Invitations into a sprint's channel, one a person."""

from __future__ import annotations

from bot.db.models import Sprint
from bot.domain.enums import OutboxKind
from bot.messages import keys
from bot.outbox.queue import Priority
from bot.unit_of_work import UnitOfWork


def invite(
    uow: UnitOfWork, sprint: Sprint, user_id: str, priority: Priority = Priority.NORMAL
) -> None:
    """Let somebody into a sprint's channel; one who cannot come keeps nobody else out."""
    uow.upsert(
        keys.invite(sprint.id, user_id),
        None,
        {"user_id": user_id},
        kind=OutboxKind.INVITE,
        sprint_id=sprint.id,
        priority=priority,
    )
