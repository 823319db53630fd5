"""What is said below a card: one line for each change, in the order of the changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select

from bot.db.outbox_models import OutboxItem
from bot.messages import keys
from bot.messages.catalog import say
from bot.messages.templates import Template
from bot.outbox.queue import Priority, TemplateArgs
from bot.slack import blocks
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn
from bot.unit_of_work import UnitOfWork


def say_below(
    uow: UnitOfWork,
    card_key: str,
    text: str,
    **facts: Any,
) -> None:
    """Post a line into the thread of a card that was posted before.

    Args:
        uow: the open unit; it holds the lock on the row that the card shows.
        card_key: the card's outbox key.
        text: the key of the line's text.
        facts: what the text takes: strings, numbers and marked-up text.
    """
    post_below(uow, card_key, Template.LINE, text_args(text, **facts))


def text_args(text: str, **facts: Any) -> dict[str, Any]:
    """Return the arguments of a message that is one text from the catalog, `Template.LINE`."""
    plain_facts = {
        name: {"mrkdwn": str(value)} if isinstance(value, Mrkdwn) else value
        for name, value in facts.items()
    }  # marked-up text is kept apart from plain text, which is escaped when it is rendered
    return {"text": text, "facts": plain_facts}


def post_below(
    uow: UnitOfWork,
    card_key: str,
    template: Template,
    args: Mapping[str, Any],
    *,
    priority: Priority = Priority.NORMAL,
) -> None:
    """Post a message into the thread of a card that was posted before."""
    card = uow.session.execute(
        select(OutboxItem.queue, OutboxItem.sprint_id).where(
            OutboxItem.team_id == uow.team_id, OutboxItem.key == card_key
        )
    ).one_or_none()
    if card is None:
        message = f"there is no card {card_key} to answer"
        raise LookupError(message)
    uow.upsert(
        keys.line(card_key, _lines(uow, card_key) + 1),
        template,
        args,
        queue=card.queue,
        sprint_id=card.sprint_id,
        thread_key=card_key,
        priority=priority,
    )


def render_line(_uow: UnitOfWork, _sprint: Any, args: TemplateArgs) -> Block:
    """Render a line of a thread."""
    facts = {name: _from_json(value) for name, value in args["facts"].items()}
    sentence = say(str(args["text"]), **facts)
    return blocks.message(sentence, [blocks.section(sentence)])


def _from_json(value: Any) -> Any:
    return Mrkdwn(value["mrkdwn"]) if isinstance(value, dict) else value


def _lines(uow: UnitOfWork, card_key: str) -> int:
    counted = select(func.count(OutboxItem.id)).where(
        OutboxItem.team_id == uow.team_id, OutboxItem.thread_key == card_key
    )
    return uow.session.scalar(counted) or 0
