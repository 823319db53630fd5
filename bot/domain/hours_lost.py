"""Hours lost: the one definition that digest, gate, report, Home and portfolio use.

An hour is lost when at least one stopping blocker, or a refusal that stands, was open in it. It is
shared out evenly among the categories that were open, and within a category among its kinds. So the
parts add up to the whole, and the whole is never more than the time that has passed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.record import Approval, Blocker, SprintRecord
from bot.domain.vocabulary import KIND_CATEGORY, Category, Decision, Kind, Severity


@dataclass(frozen=True, slots=True)
class Stop:
    """A stretch of hours in which something stood in the way.

    Args:
        start: hours since kickoff.
        end: hours since kickoff.
        kind: what stood in the way.
    """

    start: float
    end: float
    kind: Kind


def stops_of(record: SprintRecord) -> tuple[Stop, ...]:
    """Return the stretches in which something stopped a sprint."""
    return stops_among(record.blockers, record.approvals, record.ended_at)


def stops_among(
    blockers: Iterable[Blocker], approvals: Sequence[Approval], end: float
) -> tuple[Stop, ...]:
    """Return the stretches in which any of these blockers or refusals stopped a sprint.

    Args:
        blockers: those that were not withdrawn.
        approvals: all requests; a later yes to the same ends a refusal.
        end: the hour up to which to count.
    """
    found = [
        Stop(start, min(ended, end), blocker.kind)
        for blocker in blockers
        if blocker.severity is Severity.STOPS
        for start, ended in blocker.spans(end)
    ]
    found += [
        Stop(approval.decided_at, min(_given_at(approval, approvals, end), end), REFUSAL)
        for approval in approvals
        if approval.decision is Decision.REJECTED and approval.decided_at is not None
    ]
    return tuple(stop for stop in found if stop.start < stop.end)


REFUSAL = Kind.RISK_TOLERANCE
"""What a refused request counts as."""


def _given_at(refused: Approval, approvals: Iterable[Approval], end: float) -> float:
    """Return the hour in which what was refused was given after all, else the end."""
    since = refused.decided_at or 0.0
    given = (
        other.decided_at
        for other in approvals
        if other.subject is refused.subject
        and other.decision is Decision.APPROVED
        and other.decided_at is not None
        and other.decided_at >= since
    )
    return min(given, default=end)


def lost_by_kind(stops: Iterable[Stop]) -> dict[Kind, float]:
    """Return the hours lost to each kind; they add up to all hours lost."""
    edges: dict[float, list[tuple[Kind, int]]] = defaultdict(list)
    for stop in stops:
        edges[stop.start].append((stop.kind, 1))
        edges[stop.end].append((stop.kind, -1))
    lost: dict[Kind, float] = defaultdict(float)
    counts: dict[Kind, int] = defaultdict(int)
    before = 0.0
    for at in sorted(edges):
        _share_out(at - before, counts, lost)
        for kind, change in edges[at]:
            counts[kind] += change
        before = at
    return {kind: lost[kind] for kind in Kind if lost.get(kind)}


def _share_out(hours: float, counts: Mapping[Kind, int], lost: dict[Kind, float]) -> None:
    open_kinds = [kind for kind, count in counts.items() if count]
    by_category: dict[Category, list[Kind]] = defaultdict(list)
    for kind in open_kinds:
        by_category[KIND_CATEGORY[kind]].append(kind)
    for kinds in by_category.values():
        for kind in kinds:
            lost[kind] += hours / len(by_category) / len(kinds)


def by_category(lost: Mapping[Kind, float]) -> dict[Category, float]:
    """Return hours lost by kind, added up by category; every category is there."""
    found = dict.fromkeys(Category, 0.0)
    for kind, hours in lost.items():
        found[KIND_CATEGORY[kind]] += hours
    return found
