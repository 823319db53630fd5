"""Finds queues with messages to deliver and no lease, at the same cost however many wait.

A look takes everything that is urgent, and of the rest a few hundred workspaces, beginning after
the last one of the look before. So each workspace has its turn, and a backlog of a hundred thousand
queues is not ranked to find the few that a replica can take.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    TextClause,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    select,
)
from sqlalchemy.orm import Session

from bot.db.arrays import in_array
from bot.db.outbox_models import URGENT_WAITS, OutboxItem, QueueLease
from bot.outbox.leases import QueueName, now_of

WAITS: Final = OutboxItem.state == literal_column("'waiting'")
"""Written out, as the partial index on what is urgent has it."""
_SOMETHING: Final = select(select(OutboxItem.id).where(WAITS).exists())
"""By a column of the index: for all columns SQLite reads every message where most are sent."""


class Waiting(NamedTuple):
    """A queue that has something to deliver, and the priority of what comes first in it."""

    name: QueueName
    priority: int


class WaitingQueues(NamedTuple):
    """What a look found, and the workspace after which the next one begins."""

    queues: list[Waiting]
    after: str


def something_waits(session: Session) -> bool:
    """Return whether there is anything to deliver; at rest a look asks no more than this."""
    return bool(session.scalar(_SOMETHING))


def waiting_queues(
    session: Session, each_team: int, most: int = 10_000, after: str = ""
) -> WaitingQueues:
    """Return queues that have something to deliver and that nobody holds.

    What is urgent comes first; then every workspace's first queue comes before any one's second.

    Args:
        session: an open session.
        each_team: queues per workspace at most; those that go first. A queue whose call is
            under way or has to be tried again later comes after those that may go on.
        most: urgent queues, workspaces, and queues of these, at most.
        after: the workspace at which the look before ended.
    """
    dialect = session.get_bind().dialect.name
    asked: dict[str, Any] = {
        "each_team": each_team,
        "now": datetime.now(UTC),
        "leased": now_of(session),
        "most": most,
    }
    found = _read(session, _urgent(), asked)
    teams = _teams(session, after, most)
    if teams:
        found += _read(session, _of_teams(dialect), {**asked, "teams": teams})
    return WaitingQueues(list(dict.fromkeys(found)), teams[-1] if len(teams) == most else "")


def _read(session: Session, wanted: Select[str, str, int], asked: dict[str, Any]) -> list[Waiting]:
    rows = session.execute(wanted, asked)
    return [Waiting(QueueName(team_id, queue), first) for team_id, queue, first in rows]


def _teams(session: Session, after: str, most: int) -> list[str]:
    """Return workspaces for which something waits, from `after` on and then from the first."""
    found = list(session.scalars(_next_teams(), {"after": after, "most": most}))
    if after and len(found) < most:
        begun = session.scalars(_next_teams(), {"after": "", "most": most - len(found)})
        found += [team_id for team_id in begun if team_id <= after]
    return found


@cache
def _next_teams() -> Select[str]:
    """Step through the index from one workspace to the next, past all that waits in each."""
    first = select(func.min(OutboxItem.team_id).label("team_id")).where(
        WAITS, OutboxItem.team_id > bindparam("after", type_=String)
    )
    teams = first.cte("teams", recursive=True)
    following = (
        select(func.min(OutboxItem.team_id))
        .where(WAITS, OutboxItem.team_id > teams.c.team_id)
        .scalar_subquery()
    )
    teams = teams.union_all(select(following).where(teams.c.team_id.is_not(None)))
    return (
        select(teams.c.team_id)
        .where(teams.c.team_id.is_not(None))
        .limit(bindparam("most", type_=Integer))
    )


@cache
def _urgent() -> Select[str, str, int]:
    return _ranked(URGENT_WAITS)


@cache
def _of_teams(dialect: str) -> Select[str, str, int]:
    return _ranked(WAITS & in_array(dialect, OutboxItem.team_id, "teams"))


def _ranked(which: ColumnElement[bool] | TextClause) -> Select[str, str, int]:
    """Return the question for queues with such rows, each workspace's first ones first."""
    priority = func.min(OutboxItem.priority)
    not_now = func.max(OutboxItem.not_before) > bindparam("now", type_=OutboxItem.not_before.type)
    place = func.row_number().over(
        partition_by=OutboxItem.team_id,
        order_by=(case((not_now, 1), else_=0), priority, func.min(OutboxItem.id)),
    )
    is_held = exists().where(
        QueueLease.team_id == OutboxItem.team_id,
        QueueLease.queue == OutboxItem.queue,
        QueueLease.leased_until > bindparam("leased", type_=QueueLease.leased_until.type),
    )
    ranked = (
        select(
            OutboxItem.team_id,
            OutboxItem.queue,
            priority.label("priority"),
            place.label("place"),
            func.min(OutboxItem.id).label("oldest"),
        )
        .where(which, ~is_held)
        .group_by(OutboxItem.team_id, OutboxItem.queue)
        .subquery()
    )
    return (
        select(ranked.c.team_id, ranked.c.queue, ranked.c.priority)
        .where(ranked.c.place <= bindparam("each_team", type_=Integer))
        .order_by(ranked.c.place, ranked.c.oldest)
        .limit(bindparam("most", type_=Integer))
    )
