"""What is said below a card: one line for each change, in the order of the changes."""

from __future__ import annotations

from sqlalchemy import func, select

from bot.db.models import OutboxItem
from bot.outbox.queue import Priority
from bot.slack import blocks
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn
from bot.unit_of_work import UnitOfWork


def say_below(
    uow: UnitOfWork, card_key: str, said: Mrkdwn | Block, *, priority: Priority = Priority.NORMAL
) -> None:
    """Post into the thread of a card that was wished for before.

    Args:
        uow: the open unit; it holds the lock on the row that the card shows.
        card_key: the card's outbox key.
        said: a line, or a whole message's content.
        priority: what it may overtake.
    """
    card = uow.find_message(card_key)
    if card is None:
        message = f"there is no card {card_key} to answer"
        raise LookupError(message)
    content = blocks.message(said, [blocks.section(said)]) if isinstance(said, str) else said
    uow.upsert(
        f"{card_key}:line:{_lines(uow, card_key) + 1}",
        card.queue,
        content,
        sprint_id=card.sprint_id,
        thread_key=card_key,
        priority=priority,
    )


def _lines(uow: UnitOfWork, card_key: str) -> int:
    counted = select(func.count(OutboxItem.id)).where(
        OutboxItem.team_id == uow.team_id, OutboxItem.thread_key == card_key
    )
    return uow.session.scalar(counted) or 0
