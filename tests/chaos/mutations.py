"""Bots with one defect each. The checker must find every one of them out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import text


def _never_look() -> None:
    """Send again without looking whether it was sent."""
    from bot.outbox.operations import EFFECTS

    for kind, effect in EFFECTS.items():
        EFFECTS[kind] = replace(effect, look=None, recognise=None)


def _no_receipts() -> None:
    """Act on every delivery of a form, however often it comes."""
    from bot.unit_of_work import UnitOfWork

    UnitOfWork.once = lambda _self, _receipt: None  # type: ignore[method-assign]  # the mutation itself


def _no_unique_key() -> None:
    """Trust the outbox's unique key, and lose it."""
    from bot.db import engine
    from bot.outbox import queue as outbox

    migrate, find = engine.migrate, outbox.find

    def migrate_and_drop(engine: Any, revision: str = "head") -> None:
        migrate(engine, revision)
        _drop_key(engine)

    def find_nothing(*arguments: Any, lock: bool = False, **named: Any) -> Any:
        return None if lock else find(*arguments, **named)

    engine.migrate = migrate_and_drop
    outbox.find = find_nothing


def _drop_key(engine: Any) -> None:
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    with engine.begin() as connection:
        operations = Operations(MigrationContext.configure(connection))
        try:
            with operations.batch_alter_table("outbox") as table:
                table.drop_constraint("uq_outbox_team_id_key", type_="unique")
        except Exception:  # a bot before this one has dropped it
            connection.execute(text("select 1"))


def _forget_at_the_call() -> None:
    """Note a message as sent before it is sent."""
    from bot.outbox.sender import Sender

    carry_out = Sender._carry_out

    def settle_first(self: Sender, name: Any, call: Any, effect: Any) -> Any:
        if call.item.kind != "message":
            return carry_out(self, name, call, effect)
        self._settle(call.item, effect, {"channel_id": call.channel_id}, was_found=False)
        effect.perform(call)
        return carry_out(self, name, call, replace(effect, perform=lambda _call: {}))

    Sender._carry_out = settle_first  # type: ignore[method-assign]  # the mutation itself


def _newest_first() -> None:
    """Send the newest message of a queue first."""
    from sqlalchemy import select

    from bot.db.outbox_models import OutboxItem
    from bot.outbox.sender import Sender

    def head(session: Any, name: Any) -> Any:
        return session.scalars(
            select(OutboxItem)
            .where(
                OutboxItem.state == "waiting",
                OutboxItem.team_id == name.team_id,
                OutboxItem.queue == name.queue,
            )
            .order_by(OutboxItem.priority, OutboxItem.id.desc())
            .limit(1)
        ).one_or_none()

    Sender._head = staticmethod(head)  # type: ignore[method-assign]  # the mutation itself


MUTATIONS = {
    "never_look": _never_look,
    "no_receipts": _no_receipts,
    "no_unique_key": _no_unique_key,
    "forget_at_the_call": _forget_at_the_call,
    "newest_first": _newest_first,
}


def mutate(name: str | None) -> None:
    """Give this process the defect `name`."""
    if name:
        MUTATIONS[name]()
