"""What people said that a blocker would take, beside what it took, from a workspace's own rows."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from sqlalchemy import func, select

from bot.db.models import Blocker, FixItem, Sprint
from bot.domain.enums import BlockerState, FixState, SprintStatus
from bot.domain.lead_time import read_lead_time
from bot.domain.verdict import Quote
from bot.domain.vocabulary import Kind, Resolution
from bot.unit_of_work import UnitOfWork

MOST_QUOTES: Final = 2_000
"""The newest quotes that are compared with what happened."""


class QuotedBlocker(NamedTuple):
    """A blocker that somebody put a time on and that is gone.

    Args:
        quote: the time said and the time taken.
        title: its words, as its function is read from them where nobody said it.
        phase: the key of its phase.
        family: the critical-path family, where somebody said it.
    """

    quote: Quote
    title: str
    phase: str
    family: str | None


def quoted_blockers(
    uow: UnitOfWork, *, closed_before: datetime | None = None
) -> tuple[QuotedBlocker, ...]:
    """Return the workspace's quotes that ran their course, the newest first.

    A blocker is gone when it was fixed during the sprint, or when the plan's item about it was done
    after it. What somebody worked around says nothing about its quote.

    Args:
        uow: the open unit.
        closed_before: only sprints closed before this moment; None for all closed ones.
    """
    gone_at = func.coalesce(Blocker.resolved_at, FixItem.changed_at)
    rows = uow.session.execute(
        select(
            Blocker.lead_time,
            Blocker.raised_at,
            gone_at,
            Blocker.kind,
            Blocker.waits_for,
            Blocker.title,
            Blocker.phase,
            Blocker.family,
        )
        .join(Sprint, Sprint.id == Blocker.sprint_id)
        .outerjoin(FixItem, (FixItem.blocker_id == Blocker.id) & (FixItem.state == FixState.DONE))
        .where(
            Blocker.team_id == uow.team_id,
            Blocker.lead_time.is_not(None),
            Blocker.state.in_((Resolution.FIXED.value, BlockerState.OPEN)),
            gone_at.is_not(None),
            Sprint.status == SprintStatus.CLOSED,
            *((Sprint.closed_at < closed_before,) if closed_before else ()),
        )
        .order_by(Blocker.id.desc())
        .limit(MOST_QUOTES)
    )
    found: list[QuotedBlocker] = []
    for said, raised_at, ended_at, kind, waits_for, title, phase, family in rows:
        quoted = _days(said, raised_at.date())
        if quoted is not None:
            actual = max(ended_at - raised_at, timedelta()) / timedelta(days=1)
            quote = Quote(quoted, actual, Kind(kind), waits_for)
            found.append(QuotedBlocker(quote, title, phase, family))
    return tuple(found)


@lru_cache(maxsize=10_000)
def _days(words: str, on: date) -> float | None:
    days = read_lead_time(words, on=on).days
    return days.mode if days else None
