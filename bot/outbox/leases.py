"""One writer a channel: who holds a queue, and how a dead holder's queue is taken over."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import Session, sessionmaker

from bot.db.models import OutboxItem, QueueLease
from bot.domain.enums import OutboxState
from bot.outbox.queue import INSERTS

LEASE: Final = timedelta(seconds=12)
"""A dead replica's queues are free after this; renewals come every quarter of it."""


class QueueName(NamedTuple):
    """A workspace's queue; see `bot.outbox.queue`."""

    team_id: str
    queue: str


def waiting_queues(session: Session, each_team: int) -> list[tuple[QueueName, int]]:
    """Return queues that have something to deliver, and the priority of what comes first in each.

    Args:
        session: an open session.
        each_team: queues per workspace at most; those that go first. A queue whose call is
            under way or has to be tried again later comes after those that may go on.
    """
    asked = {"each_team": each_team, "now": datetime.now(UTC)}
    rows = session.execute(_waiting(), asked)
    return [(QueueName(team_id, queue), first) for team_id, queue, first in rows]


@cache
def _waiting() -> Select[str, str, int]:
    """Return the question of `waiting_lanes`, which a bot at rest asks all day."""
    priority = func.min(OutboxItem.priority)
    not_now = func.max(OutboxItem.not_before) > bindparam("now", type_=OutboxItem.not_before.type)
    place = func.row_number().over(
        partition_by=OutboxItem.team_id,
        order_by=(case((not_now, 1), else_=0), priority, func.min(OutboxItem.id)),
    )
    ranked = (
        select(
            OutboxItem.team_id,
            OutboxItem.queue,
            priority.label("priority"),
            place.label("place"),
        )
        .where(OutboxItem.state == OutboxState.WAITING)
        .group_by(OutboxItem.team_id, OutboxItem.queue)
        .subquery()
    )
    return (
        select(ranked.c.team_id, ranked.c.queue, ranked.c.priority)
        .where(ranked.c.place <= bindparam("each_team"))
        .order_by(ranked.c.place)
    )


def lease(sessions: sessionmaker[Session], name: QueueName, owner: str) -> bool:
    """Become the queue's one writer.

    Returns:
        Whether `owner` holds the queue now.
    """
    return name in lease_all(sessions, [name], owner)


def lease_all(
    sessions: sessionmaker[Session], names: Collection[QueueName], owner: str
) -> frozenset[QueueName]:
    """Become the one writer of as many of these queues as nobody else holds.

    Returns:
        The queues that `owner` holds now.
    """
    if not names:
        return frozenset()
    with sessions.begin() as session:
        now = _now(session)
        free = session.scalars(
            select(QueueLease)
            .where(_in_array(names), _is_free(owner, now))
            .order_by(QueueLease.id)
            .with_for_update(skip_locked=True)
        ).all()
        for queue in free:
            queue.owner = owner
            queue.leased_until = now + LEASE
        known = session.execute(
            select(QueueLease.team_id, QueueLease.queue).where(_in_array(names))
        )
        new = set(names) - {QueueName(*row) for row in known}
        return frozenset(_open(session, new, owner, now)).union(
            QueueName(queue.team_id, queue.queue) for queue in free
        )


def _is_free(owner: str, now: datetime) -> ColumnElement[bool]:
    return or_(QueueLease.owner.is_(None), QueueLease.owner == owner, QueueLease.leased_until < now)


def _open(
    session: Session, names: Collection[QueueName], owner: str, now: datetime
) -> Iterator[QueueName]:
    """Write queues that were never held; another bot may be quicker with some."""
    if not names:
        return
    insert = INSERTS[session.get_bind().dialect.name]
    rows = [
        {"team_id": each.team_id, "queue": each.queue, "owner": owner, "leased_until": now + LEASE}
        for each in sorted(names)
    ]
    opened = session.execute(
        insert(QueueLease).on_conflict_do_nothing().returning(QueueLease.team_id, QueueLease.queue),
        rows,
    )
    for row in opened:
        yield QueueName(*row)


def renew(sessions: sessionmaker[Session], owner: str) -> None:
    """Keep every queue that `owner` holds for another lease."""
    with sessions.begin() as session:
        session.execute(
            update(QueueLease)
            .where(QueueLease.owner == owner)
            .values(leased_until=_now(session) + LEASE)
        )


def release(sessions: sessionmaker[Session], owner: str, *names: QueueName) -> None:
    """Give queues up; all of the owner's when none is named."""
    mine = QueueLease.owner == owner
    with sessions.begin() as session:
        session.execute(
            update(QueueLease)
            .where(and_(mine, _in_array(names)) if names else mine)
            .values(owner=None, leased_until=None)
        )


_HOLDER: Final = (
    select(QueueLease.owner, QueueLease.leased_until)
    .where(QueueLease.team_id == bindparam("team_id"), QueueLease.queue == bindparam("queue"))
    .with_for_update()
)


def is_held(session: Session, name: QueueName, owner: str) -> bool:
    """Tell whether `owner` still holds the queue, and keep it so until the transaction ends."""
    held = session.execute(_HOLDER, name._asdict()).one_or_none()
    return bool(
        held and held.owner == owner and held.leased_until and held.leased_until > _now(session)
    )


def _now(session: Session) -> datetime:
    """Return the time that all holders share: the database's, where several bots may run."""
    if session.get_bind().dialect.name == "postgresql":
        moment: datetime = session.execute(select(func.clock_timestamp())).scalar_one()
        return moment
    return datetime.now(UTC)


def _in_array(names: Collection[QueueName]) -> ColumnElement[bool]:
    return tuple_(QueueLease.team_id, QueueLease.queue).in_(list(names))
