"""What shall be so in Slack is written here, in the transaction of the facts that it tells.

A key names one thing for ever. Putting the same key again changes the wish, not the number of
messages; `bot.slack.delivery` brings Slack to the newest wish.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import IntEnum
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.store.models import OutboxItem

_AHEAD: Final = "wishes_read_ahead"


class Priority(IntEnum):
    """What goes first in a channel; the same priority goes in the order of writing."""

    SETUP = 0
    URGENT = 20
    NORMAL = 50
    DIGEST = 70
    BACKGROUND = 90


def sprint_lane(sprint_id: int) -> str:
    """Return the lane of a sprint's own channel, which may not exist yet."""
    return f"sprint:{sprint_id}"


def person_lane(user_id: str) -> str:
    """Return the lane of the direct messages to a person."""
    return f"dm:{user_id}"


def channel_lane(channel_id: str) -> str:
    """Return the lane of a channel that exists."""
    return f"channel:{channel_id}"


def put(
    session: Session,
    *,
    team_id: str,
    now: datetime,
    key: str,
    lane: str,
    body: Mapping[str, Any],
    kind: str = "message",
    sprint_id: int | None = None,
    thread_key: str | None = None,
    priority: Priority = Priority.NORMAL,
) -> OutboxItem:
    """Wish for one thing in Slack, or change the wish.

    Args:
        session: the transaction that the wish belongs to.
        team_id: the workspace.
        now: the moment of writing.
        key: the thing's name, unique in the workspace.
        lane: which channel it goes to; see `sprint_lane`, `person_lane`, `channel_lane`.
        body: a message's content from `blocks.message`, or an effect's arguments.
        kind: `message`, or an effect that `bot.slack.effects` knows.
        sprint_id: the sprint it belongs to.
        thread_key: the key of the message it answers.
        priority: what it may overtake.

    Returns:
        The row; its `ts` is there once the message has been posted.
    """
    item = find(session, team_id=team_id, key=key, lock=True)
    if item is None:
        item = OutboxItem(
            team_id=team_id,
            sprint_id=sprint_id,
            key=key,
            lane=lane,
            kind=kind,
            priority=int(priority),
            thread_key=thread_key,
            body=dict(body),
            created_at=now,
        )
        session.add(item)
        _note(session, item)
    elif item.body != body:
        item.body = dict(body)
        item.version += 1
        if item.state != "waiting":
            item.state = "waiting"
            item.attempts = 0
            item.not_before = None
    return item


def read_ahead(session: Session, *, team_id: str, keys: Collection[str]) -> None:
    """Read and lock what is wished for under many keys at once.

    Until the transaction ends, `find` and `put` answer for these keys without a query, and new
    wishes under them are written together at its end.
    """
    rows = session.scalars(
        select(OutboxItem)
        .where(OutboxItem.team_id == team_id, OutboxItem.key.in_(keys))
        .order_by(OutboxItem.id)
        .with_for_update()
    )
    known = session.info.setdefault(_AHEAD, {})
    known.update({(team_id, key): None for key in keys})
    known.update({(team_id, item.key): item for item in rows})


def _note(session: Session, item: OutboxItem) -> None:
    known = session.info.get(_AHEAD, {})
    name = (item.team_id, item.key)
    if name in known:
        known[name] = item
    else:
        session.flush()


def find(session: Session, *, team_id: str, key: str, lock: bool = False) -> OutboxItem | None:
    """Return the thing named `key`, or None.

    Args:
        session: an open session.
        team_id: the workspace.
        key: the thing's name.
        lock: keep others from changing it until this transaction ends.
    """
    known: dict[tuple[str, str], OutboxItem | None] = session.info.get(_AHEAD, {})
    if (team_id, key) in known:
        return known[team_id, key]
    wanted = select(OutboxItem).where(OutboxItem.team_id == team_id, OutboxItem.key == key)
    return session.scalars(wanted.with_for_update() if lock else wanted).one_or_none()


def find_by_ts(session: Session, *, team_id: str, channel_id: str, ts: str) -> OutboxItem | None:
    """Return the wish behind a message in Slack, or None when the bot did not post it."""
    return session.scalars(
        select(OutboxItem).where(
            OutboxItem.team_id == team_id,
            OutboxItem.channel_id == channel_id,
            OutboxItem.ts == ts,
        )
    ).one_or_none()
