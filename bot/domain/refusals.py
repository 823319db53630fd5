"""The map of where no is said: request, wait, refusal and detour by function, over all sprints.

Functions, never people: a function is left unnamed where fewer than three people asked or worked
beside it, or where one or two named people alone give its answers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from bot.domain.record import Blocker, SprintRecord
from bot.domain.verdict.causes import causes_of
from bot.domain.verdict.forecast import WEEKS_MOST
from bot.domain.verdict.functions import function_by
from bot.domain.verdict.model import Cause, Nature, Obstacle, Sort
from bot.domain.verdict.obstacles import find_obstacles, is_deployed
from bot.domain.verdict.overruns import named
from bot.domain.verdict.parties import is_body
from bot.domain.verdict.schedule import LikelyEnd
from bot.domain.verdict.tasks import tasks_of
from bot.domain.vocabulary import Decision, Resolution
from bot.reading.parties import waits_for

LEAST_PEOPLE: Final = 3
"""So few people could be told apart; a function of fewer is not named."""
_HOURS_A_DAY: Final = 24.0


@dataclass(frozen=True, slots=True)
class Station:
    """What one function was asked for, and what came of it.

    Args:
        function: its name; empty for what is folded together to name nobody.
        sprints: in how many sprints it was met.
        requests: how often it was asked, or something waited for it.
        waits: how many of these had not ended when the sprint did.
        days: the median wait in days, measured where a system told it; None where nobody knows.
        measured: how many waits a system measured.
        refusals: how often it said no, or let a deadline pass.
        detours: how often a team went around it.
        granted: how often it said yes, or the wait ended well.
        would_ship: how many sprints would have gone live without its waits: at once, or within
            twelve weeks instead of later; as far as these sprints saw.
        would_ship_at_once: how many of these had nothing else in the way.
        days_saved: how many days sooner all of them together.
    """

    function: str
    sprints: int
    requests: int
    waits: int
    days: float | None
    measured: int
    refusals: int
    detours: int
    granted: int
    would_ship: int
    would_ship_at_once: int
    days_saved: float


@dataclass(frozen=True, slots=True)
class RefusalMap:
    """Where no is said.

    Args:
        sprints: how many were looked at.
        not_live: how many of them did not go live.
        stations: the functions, the bottleneck first.
        unnamed: what is folded together because it would name people; None for nothing.
    """

    sprints: int
    not_live: int
    stations: tuple[Station, ...]
    unnamed: Station | None = None


@dataclass
class _Tally:
    """Counts one function's dealings."""

    sprints: set[int] = field(default_factory=set)
    people: set[str] = field(default_factory=set)
    answering: set[str] = field(default_factory=set)
    requests: int = 0
    waits: int = 0
    refusals: int = 0
    detours: int = 0
    granted: int = 0
    days: list[float] = field(default_factory=list)
    measured: int = 0
    would_ship: set[int] = field(default_factory=set)
    would_ship_at_once: set[int] = field(default_factory=set)
    saved: float = 0.0

    def station(self, function: str) -> Station:
        """Return what was counted."""
        return Station(
            function,
            len(self.sprints),
            self.requests,
            self.waits,
            round(median(self.days), 1) if self.days else None,
            self.measured,
            self.refusals,
            self.detours,
            self.granted,
            len(self.would_ship),
            len(self.would_ship_at_once),
            round(self.saved, 1),
        )

    def add(self, other: _Tally) -> None:
        """Take another function's counts in."""
        self.sprints |= other.sprints
        self.would_ship |= other.would_ship
        self.would_ship_at_once |= other.would_ship_at_once
        self.days += other.days
        for name in ("requests", "waits", "refusals", "detours", "granted", "measured", "saved"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def may_be_named(self) -> bool:
        """Whether naming the function names nobody."""
        few = 0 < len(self.answering) < LEAST_PEOPLE
        return len(self.people) >= LEAST_PEOPLE and not few


def refusal_map(records: Sequence[SprintRecord]) -> RefusalMap:
    """Return where no is said over all these sprints, the bottleneck first."""
    tallies: dict[str, _Tally] = defaultdict(_Tally)
    people = {name.casefold() for record in records for name in _people(record)}
    live = 0
    for number, record in enumerate(records):
        for obstacle in find_obstacles(record):
            if obstacle.recorded:
                _count(tallies[_function_of(obstacle)], number, obstacle, record)
        live += is_deployed(record)
        if not is_deployed(record):
            _turn_each(tallies, number, record)
    rest, stations = _Tally(), []
    for function, tally in sorted(tallies.items()):
        if not tally.requests:  # a gate alone: nobody was asked
            continue
        if tally.may_be_named and function.casefold() not in people:
            stations.append(tally.station(function))
        else:
            rest.add(tally)
    stations.sort(key=_rank)
    unnamed = rest.station("") if rest.requests else None
    return RefusalMap(len(records), len(records) - live, tuple(stations), unnamed)


def _rank(station: Station) -> tuple[object, ...]:
    return (
        -station.would_ship,
        -station.days_saved,
        -station.would_ship_at_once,
        -station.refusals,
        -station.waits,
        station.function,
    )


def _people(record: SprintRecord) -> Iterable[str]:
    """Yield everybody that a record names."""
    yield from record.team.values()
    for blocker in record.blockers:
        yield from filter(None, (blocker.by, blocker.owner))
    for approval in record.approvals:
        yield from (approval.requested_by, approval.approver)


def _count(tally: _Tally, number: int, obstacle: Obstacle, record: SprintRecord) -> None:
    tally.sprints.add(number)
    tally.people |= {*record.team.values()}
    tally.requests += 1
    blocker = next((b for b in record.blockers if b.id == obstacle.fact.id), None)
    if obstacle.fact.sort is Sort.BLOCKER and blocker is not None:
        _count_blocker(tally, blocker, obstacle, record)
    approval = next((a for a in record.approvals if a.id == _approval_of(obstacle, blocker)), None)
    if approval is not None:
        tally.answering.add(approval.approver)
        tally.people |= {approval.approver, approval.requested_by}
    elif blocker is not None:
        tally.people.add(blocker.by)
    said_no = obstacle.refused or (
        approval is not None and approval.decision in (Decision.REJECTED, Decision.EXPIRED)
    )
    tally.refusals += said_no
    tally.waits += obstacle.is_open and not said_no


def _approval_of(obstacle: Obstacle, blocker: Blocker | None) -> str | None:
    if obstacle.fact.sort is Sort.APPROVAL:
        return obstacle.fact.id
    return blocker.approval if blocker else None


def _count_blocker(
    tally: _Tally, blocker: Blocker, obstacle: Obstacle, record: SprintRecord
) -> None:
    tally.detours += blocker.how is Resolution.WORKED_AROUND
    tally.granted += blocker.how is Resolution.FIXED
    ended = [each for each in blocker.measured if each.ended_at is not None]
    waits = ended or list(blocker.measured)
    if waits:
        tally.measured += 1
        until = [(each.ended_at or record.ended_at) - each.asked_at for each in waits]
        tally.days.append(max(until) / _HOURS_A_DAY)
    elif blocker.how is Resolution.FIXED and blocker.resolved_at is not None:
        tally.days.append((blocker.resolved_at - blocker.raised_at) / _HOURS_A_DAY)
    elif blocker.lead_time:
        tally.days.append(obstacle.days.mode)


def _turn_each(tallies: dict[str, _Tally], number: int, record: SprintRecord) -> None:
    """Count, for each function in the way of a sprint, what it would be without its waits.

    What has to be built stays: no other rule builds it.
    """
    causes = causes_of(record)
    end = LikelyEnd(tasks_of(causes), [phase.key for phase in record.phases])
    by_function: dict[str, set[str]] = defaultdict(set)
    for cause in causes:
        if cause.nature is Nature.BUILD:
            continue
        by_function[_function_of(cause)].add(cause.id)
    for function, ids in by_function.items():
        tally = tallies[function]
        saved = end.saved_without(ids)
        tally.sprints.add(number)
        tally.people |= {*record.team.values()}
        tally.saved += saved
        if end.days > WEEKS_MOST >= end.days - saved or len(ids) == len(causes):
            tally.would_ship.add(number)
        if len(ids) == len(causes):
            tally.would_ship_at_once.add(number)


def _function_of(obstacle: Obstacle | Cause) -> str:
    """Return whom something waits for, by one name however it was written."""
    words = obstacle.waits_for or _in_title(obstacle.title)
    name = named(function_by(words, obstacle.family, obstacle.kind))
    return name.removeprefix("the ")


def _in_title(title: str) -> str | None:
    found = waits_for(title)
    return found if found and is_body(found) else None
