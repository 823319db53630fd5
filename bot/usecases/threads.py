"""What is said below a card: one line for each change, in the order of the changes."""

from __future__ import annotations

from sqlalchemy import func, select

from bot.slack import blocks
from bot.slack.blocks import Block
from bot.slack.outbox import Priority
from bot.slack.text import Mrkdwn
from bot.store.models import OutboxItem
from bot.usecases.house import Unit


def say_below(
    unit: Unit, card_key: str, said: Mrkdwn | Block, *, priority: Priority = Priority.NORMAL
) -> None:
    """Post into the thread of a card that was wished for before.

    Args:
        unit: the open unit; it holds the lock on the row that the card shows.
        card_key: the card's outbox key.
        said: a line, or a whole message's content.
        priority: what it may overtake.
    """
    card = unit.wished(card_key)
    if card is None:
        message = f"there is no card {card_key} to answer"
        raise LookupError(message)
    content = blocks.message(said, [blocks.section(said)]) if isinstance(said, str) else said
    unit.wish(
        f"{card_key}:line:{_lines(unit, card_key) + 1}",
        card.lane,
        content,
        sprint_id=card.sprint_id,
        thread_key=card_key,
        priority=priority,
    )


def _lines(unit: Unit, card_key: str) -> int:
    counted = select(func.count(OutboxItem.id)).where(
        OutboxItem.team_id == unit.team_id, OutboxItem.thread_key == card_key
    )
    return unit.session.scalar(counted) or 0
