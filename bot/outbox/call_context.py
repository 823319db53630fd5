"""What a call to Slack needs, read from the rows before it, so that none is held during it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from bot.db.models import DirectChannel, Sprint
from bot.db.outbox_models import OutboxItem
from bot.domain.enums import OutboxKind, OutboxState
from bot.outbox.calls import SlackCall, WorkspaceClient
from bot.outbox.leases import QueueName
from bot.outbox.operations import Effect


def _head_statement() -> Select[OutboxItem]:
    parent = aliased(OutboxItem)
    parent_is_missing = exists().where(
        and_(
            parent.team_id == OutboxItem.team_id,
            parent.key == OutboxItem.thread_key,
            parent.state == OutboxState.WAITING,
            parent.ts.is_(None),
        )
    )
    return (
        select(OutboxItem)
        .where(
            OutboxItem.state == OutboxState.WAITING,
            OutboxItem.team_id == bindparam("team_id"),
            OutboxItem.queue == bindparam("queue"),
            or_(OutboxItem.thread_key.is_(None), ~parent_is_missing),
        )
        .order_by(OutboxItem.priority, OutboxItem.id)
        .limit(1)
    )


_HEAD: Final = _head_statement()
_NEWEST_TS: Final = select(func.max(OutboxItem.ts)).where(
    OutboxItem.team_id == bindparam("team_id"),
    OutboxItem.channel_id == bindparam("channel_id"),
)
_IN_DOUBT: Final = select(OutboxItem).where(
    OutboxItem.state == OutboxState.WAITING,
    OutboxItem.team_id == bindparam("team_id"),
    OutboxItem.queue == bindparam("queue"),
    OutboxItem.kind == OutboxKind.MESSAGE,
    OutboxItem.in_doubt.is_(True),
    OutboxItem.ts.is_(None),
)
_IS_WAITING: Final = (
    select(OutboxItem.id)
    .where(
        OutboxItem.state == OutboxState.WAITING,
        OutboxItem.team_id == bindparam("team_id"),
        OutboxItem.queue == bindparam("queue"),
    )
    .limit(1)
)
_CHANNEL_OF_SPRINT: Final = select(Sprint.channel_id).where(Sprint.id == bindparam("sprint_id"))
"""Put together once; every message asks them."""


def head(session: Session, name: QueueName) -> OutboxItem | None:
    """Return the queue's next item; an answer waits for the message that it answers."""
    return session.scalars(_HEAD, {"team_id": name.team_id, "queue": name.queue}).one_or_none()


def is_waiting(session: Session, team_id: str, queue: str) -> bool:
    """Return whether anything waits in a queue, be it for another one."""
    return session.scalar(_IS_WAITING, {"team_id": team_id, "queue": queue}) is not None


def read_call(
    session: Session, workspace: WorkspaceClient, item: OutboxItem, effect: Effect
) -> SlackCall:
    """Read everything that carrying an item out needs.

    Args:
        session: an open session.
        workspace: the way into Slack.
        item: the row.
        effect: what kind of thing it is.
    """
    parent = by_key(session, item, item.thread_key)
    call = SlackCall(
        client=workspace.client,
        item=item,
        channel_id=item.channel_id or _channel_of(session, item),
        thread_ts=parent.ts if parent else None,
        references={},
        bot_user_id=workspace.bot_user_id,
        was_in_doubt=item.in_doubt,
        not_ours=_known_elsewhere(session, item) if effect.may_be_there_twice else frozenset(),
    )
    if not (item.in_doubt and effect.recognise):
        return call
    return replace(call, others=tuple(_others_in_doubt(session, call)))


def _others_in_doubt(session: Session, call: SlackCall) -> Iterator[SlackCall]:
    """Yield calls of messages in doubt in the same place that can no longer arrive.

    One look answers for all of them. A file is recognised by what is rendered of it and by its
    name, so it is looked for by itself.
    """
    item, now = call.item, datetime.now(UTC)
    for other in session.scalars(_IN_DOUBT, {"team_id": item.team_id, "queue": item.queue}):
        is_on_its_way = other.not_before is not None and other.not_before > now
        is_elsewhere = (other.thread_key, other.channel_id) != (item.thread_key, item.channel_id)
        if other.id != item.id and not is_on_its_way and not is_elsewhere:
            yield replace(call, item=other, not_ours=frozenset())


def newest_ts(session: Session, call: SlackCall) -> str | None:
    """Return the last message that is known to stand in the channel of a call."""
    asked = {"team_id": call.item.team_id, "channel_id": call.channel_id}
    return session.scalar(_NEWEST_TS, asked)


def by_key(session: Session, item: OutboxItem, key: str | None) -> OutboxItem | None:
    """Return the message named `key` in the workspace of `item`."""
    if key is None:
        return None
    return session.scalars(
        select(OutboxItem).where(OutboxItem.team_id == item.team_id, OutboxItem.key == key)
    ).one_or_none()


def _channel_of(session: Session, item: OutboxItem) -> str | None:
    kind, _, reference = item.queue.partition(":")
    if kind == "channel":
        return reference
    if kind == "sprint":
        return session.scalar(_CHANNEL_OF_SPRINT, {"sprint_id": int(reference)})
    return session.scalar(
        select(DirectChannel.channel_id).where(
            DirectChannel.team_id == item.team_id, DirectChannel.user_id == reference
        )
    )


def references_of(session: Session, team_id: str, body: Mapping[str, Any]) -> dict[str, OutboxItem]:
    """Read the rows that a rendered one builds on: the card to pin, the pictures to show."""
    keys = {block.get("slack_file", {}).get("key") for block in body.get("blocks", [])}
    keys.add(body.get("message_key"))
    wanted = [key for key in keys if key]
    if not wanted:
        return {}
    found = session.scalars(
        select(OutboxItem).where(OutboxItem.team_id == team_id, OutboxItem.key.in_(wanted))
    )
    return {other.key: other for other in found}


def _known_elsewhere(session: Session, item: OutboxItem) -> frozenset[str]:
    """Return channels of other sprints, or files of other uploads, that look like this one's."""
    if item.kind == OutboxKind.CREATE_CHANNEL:
        return _known_channels(session, item)
    if item.kind == OutboxKind.UPLOAD:
        return _known_files(session, item)
    return frozenset()


def _known_channels(session: Session, item: OutboxItem) -> frozenset[str]:
    channels = session.scalars(
        select(Sprint.channel_id).where(
            Sprint.team_id == item.team_id,
            Sprint.id != item.sprint_id,
            Sprint.channel_id.is_not(None),
        )
    )
    return frozenset(str(one) for one in channels)


def _known_files(session: Session, item: OutboxItem) -> frozenset[str]:
    results: list[dict[str, Any]] = list(
        session.scalars(
            select(OutboxItem.result).where(
                OutboxItem.team_id == item.team_id,
                OutboxItem.queue == item.queue,
                OutboxItem.kind == OutboxKind.UPLOAD,
            )
        )
    )
    return frozenset(str(one["file_id"]) for one in results if one.get("file_id"))
