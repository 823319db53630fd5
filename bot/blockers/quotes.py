"""What people said that a blocker would take, beside what it took, from a workspace's own rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Row, func, or_, select, type_coerce
from sqlalchemy.orm import InstrumentedAttribute

from bot.db.columns import Moment
from bot.db.evidence_models import EvidenceLink
from bot.db.models import Blocker, FixItem, Sprint
from bot.domain import record
from bot.domain.enums import FINISHED_FIXES, BlockerState, FixState, SprintStatus
from bot.domain.verdict import Quote, function_of
from bot.domain.vocabulary import Kind, PathFamily, Severity
from bot.domain.waits import WaitStatus
from bot.reading.lead_time import read_lead_time
from bot.unit_of_work import UnitOfWork

MOST_QUOTES: Final = 2_000
"""The newest quotes that are compared with what happened."""


GIVEN_UP_AFTER: Final = 365.0
"""What is open so many days after it was due counts as never."""


def _measured(column: InstrumentedAttribute[datetime | None]) -> Any:
    """Return when a blocker's measured wait began or ended, in SQL; null where none has ended."""
    pick = func.min if column is EvidenceLink.opened_at else func.max
    return (
        select(pick(column))
        .where(
            EvidenceLink.blocker_id == Blocker.id,
            EvidenceLink.ended_at.is_not(None),
            EvidenceLink.standing == WaitStatus.DONE,
        )
        .scalar_subquery()
    )


MEASURED_FROM: Final = _measured(EvidenceLink.opened_at)
MEASURED_TO: Final = _measured(EvidenceLink.ended_at)
BEGAN_AT: Final = func.coalesce(MEASURED_FROM, Blocker.raised_at)
"""What was measured counts before what somebody wrote down or pressed."""
GONE_AT: Final = func.coalesce(MEASURED_TO, Blocker.resolved_at, FixItem.changed_at)
RAN_ITS_COURSE: Final = Blocker.state.in_((BlockerState.FIXED, BlockerState.OPEN))
"""What was worked around says nothing of how long things take."""


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


def _rows(
    uow: UnitOfWork, closed_before: datetime | None, *conditions: ColumnElement[bool]
) -> Sequence[Row[str | None, datetime, datetime, str, str | None, str, str, str | None]]:
    """Return what was said and what happened of blockers in sprints that all may see.

    Each row is the quote, when the blocker was raised and gone, its kind, who is waited for, title,
    phase and family.
    """
    return uow.session.execute(
        select(
            Blocker.lead_time,
            type_coerce(BEGAN_AT, Moment()),
            type_coerce(GONE_AT, Moment()),
            Blocker.kind,
            Blocker.waits_for,
            Blocker.title,
            Blocker.phase,
            Blocker.family,
        )
        .join(Sprint, Sprint.id == Blocker.sprint_id)
        .outerjoin(FixItem, (FixItem.blocker_id == Blocker.id) & FixItem.state.in_(FINISHED_FIXES))
        .where(
            Blocker.team_id == uow.team_id,
            Sprint.is_private.is_(False),
            *conditions,
            *((Sprint.closed_at < closed_before,) if closed_before else ()),
        )
        .order_by(Blocker.id.desc())
        .limit(MOST_QUOTES)
    ).all()


def quoted_blockers(uow: UnitOfWork) -> tuple[QuotedBlocker, ...]:
    """Return the workspace's quotes that ran their course, the newest first.

    A blocker is gone when an outside system says that its wait ended, when it was fixed during the
    sprint, or when the plan's item about it was done after it. What somebody worked around says
    nothing about its quote, unless a system measured it. Measured ones count before their sprint is
    closed.
    """
    rows = _rows(
        uow,
        None,
        Blocker.lead_time.is_not(None),
        Blocker.state != BlockerState.WITHDRAWN,
        GONE_AT.is_not(None),
        or_(
            MEASURED_TO.is_not(None),
            RAN_ITS_COURSE & (Sprint.status == SprintStatus.CLOSED),
        ),
    )
    found: list[QuotedBlocker] = []
    for lead_time, raised_at, ended_at, kind, waits_for, title, phase, family in rows:
        quoted = _days(lead_time, raised_at.date())
        if quoted is not None:
            actual = max(ended_at - raised_at, timedelta()) / timedelta(days=1)
            quote = Quote(quoted, actual, Kind(kind), waits_for)
            found.append(QuotedBlocker(quote, title, phase, family))
    return tuple(found)


def all_quotes(uow: UnitOfWork, *, closed_before: datetime | None = None) -> tuple[Quote, ...]:
    """Return all that closed sprints tell of how long things take, the newest first.

    What nobody put a time on counts for what it took, and what is still open for how long already:
    left out, quotes would look better than they are. What was worked around says nothing, nor does
    a fix that is only claimed.

    Args:
        uow: the open transaction.
        closed_before: only sprints closed before this moment; None for all closed ones.
    """
    rows = _rows(
        uow,
        closed_before,
        Blocker.severity == Severity.STOPS,
        FixItem.state.is_distinct_from(FixState.CLAIMED),
        RAN_ITS_COURSE,
        Sprint.status == SprintStatus.CLOSED,
    )
    return tuple(_quote(uow.now, *row) for row in rows)


def _quote(
    now: datetime,
    lead_time: str | None,
    raised_at: datetime,
    gone_at: datetime | None,
    kind: str,
    waits_for: str | None,
    title: str,
    phase: str,
    family: str | None,
) -> Quote:
    quoted = (_days(lead_time, raised_at.date()) if lead_time else None) or 0.0
    days = max((gone_at or now) - raised_at, timedelta()) / timedelta(days=1)
    function = function_of(
        record.Blocker(
            id="",
            title=title,
            kind=Kind(kind),
            raised_at=0.0,
            by="",
            phase=phase,
            family=PathFamily(family) if family else None,
            waits_for=waits_for,
        )
    )
    if gone_at is not None:
        return Quote(quoted, days, Kind(kind), function)
    gave_up = days > quoted + GIVEN_UP_AFTER
    return Quote(quoted, None, Kind(kind), function, open_days=None if gave_up else days)


@lru_cache(maxsize=10_000)
def _days(words: str, on: date) -> float | None:
    days = read_lead_time(words, on=on).days
    return days.mode if days else None
