"""Which rows of which tables belong to a workspace or to one sprint, for every table there is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlalchemy import JSON, ColumnElement, Select, String, Table, Text, cast, false, or_, select

from bot.db.audit_models import ChainHead, ChainLink
from bot.db.columns import Base
from bot.db.models import AuditEntry

SPRINTS: Final = Base.metadata.tables["sprints"]
DEPLOYMENTS: Final = Base.metadata.tables["deployments"]
TRAIL: Final = frozenset(
    {AuditEntry.__tablename__, ChainLink.__tablename__, ChainHead.__tablename__}
)
"""Tables that are written once; an erasure has its own way with them."""


OWN_WORDS: Final = 40
"""The length of columns that hold a word of our vocabulary; see `bot.db.columns.Word`."""


TYPED: Final = frozenset({("evidence_systems", "name")})
"""Columns of that length which hold what somebody typed."""


def tables() -> Iterator[Table]:
    """Yield every table but the trail's, those that others refer to first."""
    yield from (table for table in Base.metadata.sorted_tables if table.name not in TRAIL)


def of_team(table: Table, team_id: str) -> ColumnElement[bool] | None:
    """Return the condition of a workspace's rows; None where a table's rows belong to none."""
    if "team_id" in table.c:
        return table.c.team_id == team_id
    sprints = select(SPRINTS.c.id).where(SPRINTS.c.team_id == team_id)
    return _below(table, sprints)


def of_sprint(table: Table, sprint_id: int) -> ColumnElement[bool] | None:
    """Return the condition of a sprint's own rows; None where a table has none of a sprint."""
    if table is SPRINTS:
        return table.c.id == sprint_id
    own = _below(table, select(SPRINTS.c.id).where(SPRINTS.c.id == sprint_id))
    if own is None and "channel_id" in table.c:  # reactions are known by their channel alone
        channel = select(SPRINTS.c.channel_id).where(SPRINTS.c.id == sprint_id)
        team = select(SPRINTS.c.team_id).where(SPRINTS.c.id == sprint_id)
        return table.c.channel_id.in_(channel) & table.c.team_id.in_(team)
    return own


def _below(table: Table, sprints: Select[tuple[int]]) -> ColumnElement[bool] | None:
    if "sprint_id" in table.c:
        return table.c.sprint_id.in_(sprints)
    if "deployment_id" in table.c:
        mine = select(DEPLOYMENTS.c.id).where(DEPLOYMENTS.c.sprint_id.in_(sprints))
        return table.c.deployment_id.in_(mine)
    return None


def written_columns(table: Table) -> list[str]:
    """Return the columns that can hold people: texts and JSON, no vocabulary of ours."""
    return [
        column.key
        for column in table.columns
        if isinstance(column.type, (String, Text, JSON))
        and column.key != "team_id"
        and (getattr(column.type, "length", None) != OWN_WORDS or (table.name, column.key) in TYPED)
    ]


def holds(table: Table, words: list[str]) -> ColumnElement[bool]:
    """Return the condition of rows in which one of these words may stand; a look decides."""
    return or_(
        false(),
        *(
            cast(table.c[name], Text).contains(word, autoescape=True)
            for name in written_columns(table)
            for word in words
        ),
    )
