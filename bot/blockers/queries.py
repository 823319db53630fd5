"""What stopped a sprint and when, what people said it would take, and what links join."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select, type_coerce
from sqlalchemy.orm import InstrumentedAttribute

from bot.db.columns import Moment
from bot.db.evidence_models import EvidenceLink
from bot.db.models import Approval, AuditEntry, Blocker, CauseLink, FixItem, Sprint
from bot.domain import record
from bot.domain.enums import (
    FINISHED_FIXES,
    AuditAction,
    AuditSubject,
    BlockerState,
    FixState,
    SprintStatus,
)
from bot.domain.hours_lost import Stop, stops_among
from bot.domain.verdict import Quote, function_of
from bot.domain.vocabulary import Decision, Kind, PathFamily, Resolution, Severity, Subject
from bot.domain.waits import WaitStatus
from bot.messages.catalog import say_plain
from bot.reading.lead_time import read_lead_time
from bot.sprints.snapshot import hour_of
from bot.unit_of_work import UnitOfWork


def stops_of_sprint(uow: UnitOfWork, sprint: Sprint) -> tuple[Stop, ...]:
    """Return the stops of one sprint up to the unit's moment."""
    return _stops(uow, [sprint], Sprint.id == sprint.id, uow.now)[sprint.id]


def stops_of_closed(uow: UnitOfWork) -> dict[int, tuple[Stop, ...]]:
    """Return the stops of each closed sprint of the workspace, by the sprint's id."""
    closed = and_(
        Sprint.team_id == uow.team_id,
        Sprint.status == SprintStatus.CLOSED,
        Sprint.is_private.is_(False),
    )
    sprints = uow.session.scalars(select(Sprint).where(closed, Sprint.started_at.is_not(None)))
    return _stops(uow, list(sprints), closed, datetime.max.replace(tzinfo=UTC))


def _stops(
    uow: UnitOfWork, sprints: Sequence[Sprint], which: ColumnElement[bool], until: datetime
) -> dict[int, tuple[Stop, ...]]:
    changes = _changes(uow, which)
    counting = _of(Blocker, which).where(Blocker.state != BlockerState.WITHDRAWN)
    blockers = _by_sprint(uow.session.scalars(counting))
    decided = _of(Approval, which).where(Approval.state.in_(Decision))
    approvals = _by_sprint(uow.session.scalars(decided))
    return {
        sprint.id: stops_among(
            [_blocker(row, sprint, changes[row.id]) for row in blockers[sprint.id]],
            [_approval(row, sprint) for row in approvals[sprint.id] if row.decided_at],
            _end(sprint, until),
        )
        for sprint in sprints
    }


def _of(model: type[Any], which: ColumnElement[bool]) -> Select[Any]:
    return select(model).join(Sprint, Sprint.id == model.sprint_id).where(which).order_by(model.id)


def _by_sprint(rows: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.sprint_id].append(row)
    return found


def _changes(uow: UnitOfWork, which: ColumnElement[bool]) -> dict[int | None, list[AuditEntry]]:
    """Return when each blocker was resolved or came back."""
    entries = _of(AuditEntry, which).where(
        AuditEntry.subject == AuditSubject.BLOCKER,
        AuditEntry.action.in_((AuditAction.RESOLVED, AuditAction.REOPENED)),
    )
    found: dict[int | None, list[AuditEntry]] = defaultdict(list)
    for entry in uow.session.scalars(entries):
        found[entry.subject_id].append(entry)
    return found


def _end(sprint: Sprint, until: datetime) -> float:
    ended = min(sprint.ended_at or until, until)
    return min(float(sprint.length_hours), hour_of(sprint, ended))


def _blocker(row: Blocker, sprint: Sprint, entries: list[AuditEntry]) -> record.Blocker:
    return record.Blocker(
        id="",
        title="",
        kind=Kind(row.kind),
        raised_at=hour_of(sprint, row.raised_at),
        by="",
        phase=row.phase,
        severity=Severity(row.severity),
        history=_history(row, sprint, entries),
    )


def _history(
    row: Blocker, sprint: Sprint, entries: list[AuditEntry]
) -> tuple[record.BlockerChange, ...]:
    changes = [record.BlockerChange(hour_of(sprint, each.at), "", _how(each)) for each in entries]
    if row.resolved_at and not (changes and changes[-1].how):  # rows older than their audit
        at = hour_of(sprint, row.resolved_at)
        changes.append(record.BlockerChange(at, "", Resolution.FIXED))
    return tuple(changes)


def _how(entry: AuditEntry) -> Resolution | None:
    return Resolution.FIXED if entry.action == AuditAction.RESOLVED else None


def _approval(row: Approval, sprint: Sprint) -> record.Approval:
    return record.Approval(
        id="",
        subject=Subject(row.subject),
        requested_by="",
        approver="",
        requested_at=hour_of(sprint, row.requested_at),
        due_at=hour_of(sprint, row.deadline),
        phase="",
        decision=Decision(row.state),
        decided_at=hour_of(sprint, row.decided_at) if row.decided_at else None,
    )


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


def names_of_link(link: CauseLink, blockers: Mapping[int, str]) -> tuple[str, str] | None:
    """Return what the two records of a link are called; None where a blocker of it is gone.

    Args:
        link: what somebody said.
        blockers: the name of each blocker of the sprint, by row.
    """
    if link.first and link.second:
        return link.first, link.second
    first, second = (blockers.get(row or 0) for row in (link.first_id, link.second_id))
    return (first, second) if first and second else None


def links_by_names(uow: UnitOfWork, sprint: Sprint) -> dict[tuple[str, str], CauseLink]:
    """Return what people said of a sprint's records, by the names of each two in their order."""
    rows = uow.session.execute(
        select(Blocker.id, Blocker.number).where(Blocker.sprint_id == sprint.id)
    )
    names = {row: f"blocker-{number}" for row, number in rows}
    links = select(CauseLink).where(CauseLink.sprint_id == sprint.id).order_by(CauseLink.id)
    pairs = ((names_of_link(link, names), link) for link in uow.session.scalars(links))
    return {(min(pair), max(pair)): link for pair, link in pairs if pair}


def said_of(uow: UnitOfWork, sprint: Sprint, record: str) -> dict[str, bool]:
    """Return the records of which somebody said whether they are the same as this one."""
    return {
        (set(pair) - {record}).pop(): link.same
        for pair, link in links_by_names(uow, sprint).items()
        if record in pair
    }


def record_name(name: str) -> str:
    """Return what people call a record: "blocker 3", "request 2", "a probe's finding"."""
    sort, _, key = name.partition("-")
    return say_plain(f"blocker.same_record_{sort}", number=key)
