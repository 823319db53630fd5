"""The sprint's books: expected and happened, hours lost, who helped, where it stuck, its cost."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeVar

from bot.domain.hours_lost import lost_by_kind, stops_of
from bot.domain.record import Approval, Blocker, SprintRecord
from bot.domain.verdict.assumptions import SUBJECT_FAMILY
from bot.domain.verdict.families import family_of
from bot.domain.verdict.functions import family_functions, function_by
from bot.domain.verdict.model import (
    CategoryShare,
    Cause,
    Cost,
    FactRef,
    Figures,
    Sort,
    StickingPoint,
)
from bot.domain.verdict.obstacles import approval_fact, blocker_fact
from bot.domain.verdict.wording import subject_name
from bot.domain.vocabulary import Category, Decision, PathFamily

K = TypeVar("K")
Span = tuple[float, float]

_MOST_SURPRISING: Final = (Category.ORGANIZATIONAL, Category.CAPABILITY, Category.TECHNICAL)
"""The order in which a tie is told: what companies expect least comes first."""
_FULL_TEAM: Final = 4


def shares_of(record: SprintRecord, causes: Iterable[Cause]) -> tuple[CategoryShare, ...]:
    """Return for each category what was expected and what happened, as counts and shares."""
    happened = Counter(blocker.category for blocker in record.blockers)
    happened.update(cause.category for cause in causes if _unwritten(cause))
    votes = {category: record.expected.get(category, 0) for category in Category}
    return tuple(
        CategoryShare(
            category,
            votes[category],
            happened[category],
            votes[category] / (sum(votes.values()) or 1),
            happened[category] / (happened.total() or 1),
        )
        for category in Category
    )


def _unwritten(cause: Cause) -> bool:
    """Whether no blocker tells of it, so that counting blockers alone would miss it."""
    return all(fact.sort is not Sort.BLOCKER for fact in cause.records)


def surprise_of(shares: Iterable[CategoryShare]) -> Category | None:
    """Return the category most under-expected; None when nobody voted or nothing went beyond."""
    by_category = {share.category: share for share in shares}
    if not any(share.votes for share in by_category.values()):
        return None
    beyond = {
        category: round(share.happened - share.expected, 9)
        for category, share in by_category.items()
    }
    most = max(_MOST_SURPRISING, key=lambda category: beyond[category])
    return most if beyond[most] > 0 else None


def _answered_at(approval: Approval, ended_at: float) -> float:
    answered = approval.decided_at if approval.decided_at is not None else ended_at
    return max(approval.requested_at, answered)


def covered(spans: Iterable[Span]) -> float:
    """Return how many hours the spans cover together, overlaps once."""
    total, until = 0.0, float("-inf")
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, until))
        until = max(until, end)
    return total


def champions_of(record: SprintRecord) -> tuple[str, ...]:
    """Return who resolved blockers that stayed resolved, most helpful first.

    A silent approver who answers a second request was no champion, so those blockers do not count.
    """
    helped = Counter(
        blocker.resolved_by
        for blocker in record.blockers
        if blocker.resolved_by and not blocker.approval
    )
    return tuple(sorted(helped, key=lambda name: (-helped[name], name)))


@dataclass(slots=True)
class _Stuck:
    spans: list[Span]
    facts: list[FactRef]


def sticking_points_of(record: SprintRecord) -> tuple[StickingPoint, ...]:
    """Return the functions where things got stuck, most hours first."""
    stuck: dict[str, _Stuck] = defaultdict(lambda: _Stuck([], []))
    asked = {approval.id: approval for approval in record.approvals}
    for blocker in sorted(record.blockers, key=lambda blocker: (blocker.raised_at, blocker.id)):
        silent = asked.get(blocker.approval or "")
        place = stuck[_function(record, silent) if silent else function_of(blocker)]
        place.spans.extend(blocker.spans(record.ended_at))
        place.facts.append(blocker_fact(blocker))
    for approval in sorted(record.approvals, key=lambda each: (each.requested_at, each.id)):
        if approval.decision is not Decision.APPROVED:
            place = stuck[_function(record, approval)]
            place.spans.append((approval.requested_at, _answered_at(approval, record.ended_at)))
            place.facts.append(approval_fact(approval))
    points = [
        StickingPoint(name, len(at.facts), round(covered(at.spans), 3), tuple(at.facts))
        for name, at in stuck.items()
    ]
    return tuple(sorted(points, key=lambda point: (-point.hours, point.function)))


def function_of(blocker: Blocker) -> str:
    """Return the function a blocker waits for: as somebody said, else by its family and kind."""
    return function_by(blocker.waits_for, family_of(blocker), blocker.kind)


def _function(record: SprintRecord, approval: Approval) -> str:
    """Return who a request waits at; privacy and legal have one name, as with blockers."""
    is_reviewed = SUBJECT_FAMILY.get(approval.subject) is PathFamily.PRIVACY_REVIEW
    review = family_functions()[PathFamily.PRIVACY_REVIEW]
    named = review if is_reviewed else subject_name(approval.subject)
    return record.functions.get(approval.approver) or named


def cost_of(record: SprintRecord, figures: Figures) -> Cost:
    """Return person-hours worked and waited, in money, by the playbook's figures."""
    people = len(set(record.team.values())) or _FULL_TEAM
    waited = sum(lost_by_kind(stops_of(record)).values())
    hours = people * record.ended_at * figures.working_share
    return Cost(
        round(hours, 1),
        round(people * waited * figures.working_share, 1),
        round(hours * figures.person_hour),
    )
