"""Which newer blocks a workspace refuses, learnt from a twin that Slack took in their place."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.outbox_models import BlockRefusal, OutboxItem
from bot.slack import native
from bot.slack.api_errors import Diagnosis, ErrorClass

ASKED_AGAIN_AFTER: Final = timedelta(days=30)
"""A workspace may learn a block; after this it is tried again."""
PLAIN: Final = "plain"
"""Where a row of the outbox keeps the types whose twins it sends."""


def chosen_for(
    session: Session, team_id: str, body: dict[str, Any], now: datetime, also: Iterable[str] = ()
) -> dict[str, Any]:
    """Return a rendered content as this workspace takes it.

    Args:
        session: an open session.
        team_id: the workspace.
        body: the content, whose newer blocks carry their twins.
        now: the machine's time.
        also: types that were refused a moment ago.
    """
    if not native.has_twins(body):
        return body
    return native.chosen(body, refused_by(session, team_id, now) | frozenset(also))


def refused_by(session: Session, team_id: str, now: datetime) -> frozenset[str]:
    """Return the types that a workspace has refused of late."""
    known = select(BlockRefusal.block).where(
        BlockRefusal.team_id == team_id, BlockRefusal.refused_at > now - ASKED_AGAIN_AFTER
    )
    return frozenset(session.scalars(known))


def types_refused(body: dict[str, Any], diagnosis: Diagnosis) -> frozenset[str]:
    """Return the newer types for whose sake Slack may have refused a content; else none."""
    if diagnosis.error_class is not ErrorClass.PERMANENT or diagnosis.error not in native.REFUSALS:
        return frozenset()
    return native.types_at(body, diagnosis.places)


def remember(session: Session, team_id: str, types: Iterable[str], now: datetime) -> None:
    """Note that a workspace refused these types, now that it took their twins."""
    for each in sorted(types):
        known = session.scalars(
            select(BlockRefusal).where(BlockRefusal.team_id == team_id, BlockRefusal.block == each)
        ).one_or_none()
        row = known or BlockRefusal(team_id=team_id, block=each)
        row.refused_at = now
        session.add(row)


def plain_types(item: OutboxItem) -> frozenset[str]:
    """Return the types whose twins a row sends as they were refused a moment ago."""
    return frozenset(item.result.get(PLAIN, ()))
