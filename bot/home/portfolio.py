"""Past sprints across an organisation: their paths, what was lost to what, quotes against facts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, func, select

from bot.blockers.queries import QuotedBlocker, quoted_blockers, stops_of_closed
from bot.db.evidence_models import EvidenceLink
from bot.db.models import FixItem, Sprint
from bot.debrief.queries import past_forecasts, workspace_map
from bot.domain import record
from bot.domain.enums import SprintStatus
from bot.domain.hours_lost import lost_by_kind
from bot.domain.plan_counts import PlanCounts
from bot.domain.refusals import RefusalMap
from bot.domain.verdict import Quote, function_of
from bot.domain.verdict.scores import Score, score
from bot.domain.vocabulary import Kind, PathFamily
from bot.fixes.queries import workspace_counts
from bot.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class QuoteCheck:
    """How a function's quotes compare with what happened, both as medians in days."""

    function: str
    count: int
    quoted_days: float
    actual_days: float


@dataclass(frozen=True, slots=True)
class Portfolio:
    """What the closed sprints of a workspace say together.

    Args:
        sprints: how many were closed.
        paths: path → how many ended on it.
        hours_by_kind: kind → hours lost to it.
        critical_paths: family → how many sprints had it on the critical path.
        quotes: per function, the most often quoted first.
        forecasts: how the forecasts did whose dates are over.
        fixes: how the items of their plans stand.
        refusals: where no is said, over the newest of them.
    """

    sprints: int
    paths: dict[str, int]
    hours_by_kind: dict[str, float]
    critical_paths: dict[str, int]
    quotes: tuple[QuoteCheck, ...]
    forecasts: Score
    fixes: PlanCounts
    refusals: RefusalMap


_Mark = tuple[int, datetime | None, int, datetime | None, date]
_KNOWN: WeakKeyDictionary[Engine, dict[str, tuple[_Mark, Portfolio]]] = WeakKeyDictionary()
"""The last portfolio of each workspace, for views that are built again and again."""


def known_portfolio(uow: UnitOfWork) -> Portfolio:
    """Return the portfolio, read again once a sprint, a fix, a wait or a day is over."""
    known, mark = _KNOWN.setdefault(uow.runtime.engine, {}), _mark(uow)
    if known.get(uow.team_id, (None,))[0] != mark:
        known[uow.team_id] = (mark, portfolio(uow))
    return known[uow.team_id][1]


def _mark(uow: UnitOfWork) -> _Mark:
    closed = select(func.count(), func.max(Sprint.closed_at)).where(
        Sprint.team_id == uow.team_id, Sprint.status == SprintStatus.CLOSED
    )
    changed = select(func.count(), func.max(FixItem.changed_at)).where(
        FixItem.team_id == uow.team_id, FixItem.changed_at.is_not(None)
    )
    count, last = uow.session.execute(closed).one()
    moved, latest = uow.session.execute(changed).one()
    measured = select(func.count()).where(
        EvidenceLink.team_id == uow.team_id, EvidenceLink.ended_at.is_not(None)
    )
    settled = (moved or 0) + (uow.session.scalar(measured) or 0)
    return count, last, settled, latest, uow.now.date()


def portfolio(uow: UnitOfWork) -> Portfolio:
    """Return what the workspace's closed sprints say together."""
    return Portfolio(
        sprints=sum(_counted(uow, Sprint.status).values()),
        paths=_counted(uow, Sprint.path),
        hours_by_kind=_hours_by_kind(uow),
        critical_paths=_counted(uow, Sprint.verdict["critical_path"].as_string()),
        quotes=_quotes(uow),
        forecasts=score(past_forecasts(uow)),
        fixes=workspace_counts(uow),
        refusals=workspace_map(uow),
    )


def _counted(uow: UnitOfWork, column: Any) -> dict[str, int]:
    rows = uow.session.execute(
        select(column, func.count())
        .where(
            Sprint.team_id == uow.team_id,
            Sprint.status == SprintStatus.CLOSED,
            Sprint.is_private.is_(False),
            column.is_not(None),
        )
        .group_by(column)
        .order_by(func.count().desc())
    )
    return {str(value): count for value, count in rows}


def _hours_by_kind(uow: UnitOfWork) -> dict[str, float]:
    """Return the hours lost in the closed sprints, each counted as its own report counts them."""
    lost: dict[Kind, float] = defaultdict(float)
    for stops in stops_of_closed(uow).values():
        for kind, hours in lost_by_kind(stops).items():
            lost[kind] += hours
    most_first = sorted(lost.items(), key=lambda pair: -pair[1])
    return {str(kind): round(hours, 1) for kind, hours in most_first}


def _quotes(uow: UnitOfWork) -> tuple[QuoteCheck, ...]:
    pairs: dict[str, list[Quote]] = defaultdict(list)
    for quoted in quoted_blockers(uow):
        pairs[_function(quoted)].append(quoted.quote)
    checks = [
        QuoteCheck(
            function,
            len(found),
            round(median(quote.quoted_days for quote in found), 1),
            round(median(quote.actual_days or 0.0 for quote in found), 1),
        )
        for function, found in pairs.items()
    ]
    return tuple(sorted(checks, key=lambda check: (-check.count, check.function)))


def _function(quoted: QuotedBlocker) -> str:
    """Return whom it waited for: as somebody said, else as the verdict reads it."""
    return function_of(
        record.Blocker(
            id="",
            title=quoted.title,
            kind=quoted.quote.kind or Kind.MISSING_PROCESS,
            raised_at=0.0,
            by="",
            phase=quoted.phase,
            family=PathFamily(quoted.family) if quoted.family else None,
            waits_for=quoted.quote.waits_for,
        )
    )
