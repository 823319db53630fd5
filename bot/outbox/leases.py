"""Leases on queues: one writer a channel, shared fairly among replicas, taken over from dead ones.

A replica that lives holds a lease on its own name as well, so that each one knows the others and
which workspaces are its own. A workspace is one replica's, since Slack's rates are a workspace's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ARRAY,
    JSON,
    ColumnElement,
    Select,
    String,
    and_,
    bindparam,
    delete,
    func,
    null,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import Session, sessionmaker

from bot.db.outbox_models import QueueLease
from bot.outbox.queue import INSERTS

LEASE: Final = timedelta(seconds=12)
"""A dead replica's queues are free after this; renewals come every quarter of it."""


REPLICA: Final = "replica:"
"""What the name of a replica's own lease begins with; it belongs to no workspace."""
NO_TEAM: Final = ""


class QueueName(NamedTuple):
    """A workspace's queue; see `bot.outbox.queue`."""

    team_id: str
    queue: str


def announce(sessions: sessionmaker[Session], owner: str) -> None:
    """Let the other replicas know of this one; one that is new forgets those that are dead."""
    own = QueueName(NO_TEAM, f"{REPLICA}{owner}")
    with sessions.begin() as session:
        again = (
            update(QueueLease)
            .where(QueueLease.team_id == NO_TEAM, QueueLease.queue == own.queue)
            .values(owner=owner, leased_until=_clock(session) + LEASE)
            .returning(QueueLease.id)
        )
        if session.scalar(again) is not None:
            return
        now = now_of(session)
        session.execute(
            delete(QueueLease).where(
                QueueLease.team_id == NO_TEAM,
                or_(QueueLease.leased_until.is_(None), QueueLease.leased_until < now),
            )
        )
        list(_open(session, [own], owner, now))


def replicas(session: Session) -> tuple[str, ...]:
    """Return the owners that live, always in the same order."""
    alive = select(QueueLease.owner).where(
        QueueLease.team_id == NO_TEAM, QueueLease.leased_until > _clock(session)
    )
    return tuple(sorted(str(owner) for owner in session.scalars(alive)))


def home_of(team_id: str, owners: Sequence[str]) -> str:
    """Return the replica that a workspace belongs to: the same one for every replica that asks.

    Rendezvous hashing: when a replica comes or goes, only its share of the workspaces moves.
    """
    return max(owners, key=lambda owner: _weight(team_id, owner))


@lru_cache(maxsize=100_000)
def _weight(team_id: str, owner: str) -> bytes:
    return hashlib.blake2b(f"{owner}\0{team_id}".encode(), digest_size=8).digest()


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
        now = now_of(session)
        free = session.scalars(
            select(QueueLease)
            .where(_in_array(session, names), _is_free(owner, now))
            .order_by(QueueLease.id)
            .with_for_update(skip_locked=True)
        ).all()
        for queue in free:
            queue.owner = owner
            queue.leased_until = now + LEASE
        known = session.execute(
            select(QueueLease.team_id, QueueLease.queue).where(_in_array(session, names))
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


def renew(sessions: sessionmaker[Session], owner: str, names: Collection[QueueName]) -> None:
    """Keep queues that `owner` holds for another lease.

    Only those that it knows of: a commit that nobody heard of, because the database went away
    after it, may have leased a queue that would else be kept for ever and served by nobody.
    """
    if not names:
        return
    with sessions.begin() as session:
        session.execute(
            update(QueueLease)
            .where(QueueLease.owner == owner, _in_array(session, names))
            .values(leased_until=_clock(session) + LEASE)
        )


def release(sessions: sessionmaker[Session], owner: str, *names: QueueName) -> None:
    """Give queues up; all of the owner's when none is named."""
    mine = QueueLease.owner == owner
    with sessions.begin() as session:
        session.execute(
            update(QueueLease)
            .where(and_(mine, _in_array(session, names)) if names else mine)
            .values(owner=None, leased_until=None)
        )


@cache
def _held(dialect: str) -> Select[Any]:
    """Return the question for a queue's holder, who keeps it until the transaction ends.

    The clock is read outside the part that waits for the row, so it tells the time after the wait.
    """
    holder = (
        select(QueueLease.owner, QueueLease.leased_until)
        .where(QueueLease.team_id == bindparam("team_id"), QueueLease.queue == bindparam("queue"))
        .with_for_update()
        .cte("holder")
    )
    clock = func.clock_timestamp() if dialect == "postgresql" else null()
    return select(holder.c.owner, holder.c.leased_until, clock.label("clock"))


def is_held(session: Session, name: QueueName, owner: str) -> bool:
    """Return whether `owner` still holds the queue, and keep it so until the transaction ends."""
    asked = _held(session.get_bind().dialect.name)
    held = session.execute(asked, name._asdict()).one_or_none()
    if held is None or held.owner != owner or held.leased_until is None:
        return False
    # SQLite's writer may have waited for its turn, so this machine's clock is read only now.
    return bool(held.leased_until > (held.clock or datetime.now(UTC)))


def now_of(session: Session) -> datetime:
    """Return the time that all holders share: the database's, where several bots may run."""
    if session.get_bind().dialect.name == "postgresql":
        moment: datetime = session.execute(select(func.clock_timestamp())).scalar_one()
        return moment
    return datetime.now(UTC)


def _clock(session: Session) -> Any:
    """Return the same within a statement, where PostgreSQL reads its clock without being asked."""
    is_shared = session.get_bind().dialect.name == "postgresql"
    return func.clock_timestamp() if is_shared else datetime.now(UTC)


def _in_array(session: Session, names: Collection[QueueName]) -> ColumnElement[bool]:
    """Return whether a lease is one of many; as arrays, so that no number of them is too many."""
    if session.get_bind().dialect.name == "postgresql":
        teams = bindparam(None, [name.team_id for name in names], type_=ARRAY(String))
        queues = bindparam(None, [name.queue for name in names], type_=ARRAY(String))
        asked = select(func.unnest(teams), func.unnest(queues))
    else:
        pairs = func.json_each(bindparam(None, [list(name) for name in names], type_=JSON))
        value = pairs.table_valued("value").c.value
        asked = select(func.json_extract(value, "$[0]"), func.json_extract(value, "$[1]"))
    return tuple_(QueueLease.team_id, QueueLease.queue).in_(asked)
