"""One writer a channel: who holds a lane, and how a dead holder's lane is taken over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from bot.store.models import Lane, OutboxItem

LEASE: Final = timedelta(seconds=12)
"""A dead replica's lanes are free after this; renewals come every quarter of it."""


@dataclass(frozen=True, slots=True, order=True)
class LaneName:
    """A workspace's lane; see `bot.slack.outbox`."""

    team_id: str
    lane: str


def waiting_lanes(session: Session, limit: int = 500) -> list[LaneName]:
    """Return lanes that have something to deliver."""
    rows = session.execute(
        select(OutboxItem.team_id, OutboxItem.lane)
        .where(OutboxItem.state == "waiting")
        .distinct()
        .limit(limit)
    )
    return [LaneName(team_id, lane) for team_id, lane in rows]


def lease(sessions: sessionmaker[Session], name: LaneName, owner: str) -> bool:
    """Become the lane's one writer.

    Returns:
        Whether `owner` holds the lane now.
    """
    with sessions.begin() as session:
        now = _now(session)
        free = or_(Lane.owner.is_(None), Lane.owner == owner, Lane.leased_until < now)
        taken = session.execute(
            update(Lane)
            .where(_is(name), free)
            .values(owner=owner, leased_until=now + LEASE)
            .returning(Lane.id)
        ).first()
        if taken:
            return True
        if session.scalar(select(Lane.id).where(_is(name))) is not None:
            return False
    return _open(sessions, name, owner, now)


def _open(sessions: sessionmaker[Session], name: LaneName, owner: str, now: datetime) -> bool:
    try:
        with sessions.begin() as session:
            session.add(
                Lane(team_id=name.team_id, lane=name.lane, owner=owner, leased_until=now + LEASE)
            )
    except IntegrityError:
        return False
    return True


def renew(sessions: sessionmaker[Session], owner: str) -> None:
    """Keep every lane that `owner` holds for another lease."""
    with sessions.begin() as session:
        session.execute(
            update(Lane).where(Lane.owner == owner).values(leased_until=_now(session) + LEASE)
        )


def release(sessions: sessionmaker[Session], owner: str, name: LaneName | None = None) -> None:
    """Give a lane up, or all of the owner's lanes."""
    mine = Lane.owner == owner
    with sessions.begin() as session:
        session.execute(
            update(Lane)
            .where(and_(mine, _is(name)) if name else mine)
            .values(owner=None, leased_until=None)
        )


def is_held(session: Session, name: LaneName, owner: str) -> bool:
    """Tell whether `owner` still holds the lane, and keep it so until the transaction ends."""
    held = session.scalars(select(Lane).where(_is(name)).with_for_update()).one_or_none()
    return bool(
        held and held.owner == owner and held.leased_until and held.leased_until > _now(session)
    )


def _now(session: Session) -> datetime:
    """Return the time that all holders share: the database's, where several bots may run."""
    if session.get_bind().dialect.name == "postgresql":
        moment: datetime = session.execute(select(func.clock_timestamp())).scalar_one()
        return moment
    return datetime.now(UTC)


def _is(name: LaneName) -> ColumnElement[bool]:
    return and_(Lane.team_id == name.team_id, Lane.lane == name.lane)
