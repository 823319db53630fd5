"""Question 2: take each cause away, and see which absence brings the deployment forward most.

Days here are the most likely ones, not draws: a sponsor can add them up on paper. Obstacles that
share a family are one cause, since fixing a data access process fixes both blockers it made.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from bot.domain.record import Blocker, SprintRecord
from bot.domain.verdict.model import Cause, Obstacle
from bot.domain.verdict.obstacles import blocker_obstacle, is_deployed
from bot.domain.vocabulary import Severity


def days_in_a_row(obstacles: Iterable[Obstacle]) -> float:
    """Return the most likely days of waiting: phases in a row, each as long as its longest."""
    longest: dict[str, float] = {}
    for obstacle in obstacles:
        longest[obstacle.phase] = max(longest.get(obstacle.phase, 0.0), obstacle.days.mode)
    return sum(longest[phase] for phase in sorted(longest))


def rank_causes(obstacles: Sequence[Obstacle]) -> list[Cause]:
    """Return the causes, the one whose absence saves most days first.

    Only what people wrote down or refused can be the critical path; a gate's own figure stands in
    when there is nothing else.
    """
    recorded = [obstacle for obstacle in obstacles if obstacle.recorded]
    groups: dict[str, list[Obstacle]] = {}
    for obstacle in recorded or obstacles:
        groups.setdefault(obstacle.family or f"alone:{obstacle.id}", []).append(obstacle)
    tops = _PhaseTops(obstacles)
    causes = [_cause(group, tops) for group in groups.values()]
    return sorted(causes, key=lambda cause: (-cause.saved, *_longest_first(cause.obstacle)))


def past_cause(record: SprintRecord) -> Cause | None:
    """Return the resolved blocker that ate the clock, where nothing else explains a miss.

    It counts when it outlived its phase, or half of the last phase, in which the deployment itself
    has to happen.
    """
    if is_deployed(record) or record.rollbacks:
        return None
    late = [_Late(_hours_late(b, record), b) for b in record.blockers if _stopped(b)]
    late = [each for each in late if each.hours > 0]
    if not late:
        return None
    worst = min(late, key=lambda each: (-round(each.hours, 2), each.blocker.title))
    obstacle = blocker_obstacle(worst.blocker, record)
    return Cause(obstacle.family, obstacle, worst.hours / 24)


class _Late(NamedTuple):
    hours: float
    blocker: Blocker


class _PhaseTops:
    """The obstacles of each phase by days, so that hundreds can be taken away one by one."""

    def __init__(self, obstacles: Sequence[Obstacle]) -> None:
        self._phases: dict[str, list[Obstacle]] = {}
        for obstacle in sorted(obstacles, key=_longest_first):
            self._phases.setdefault(obstacle.phase, []).append(obstacle)

    def saved_without(self, group: Sequence[Obstacle]) -> float:
        ids = {obstacle.id for obstacle in group}
        return sum(self._saved(phase, ids) for phase in sorted({each.phase for each in group}))

    def _saved(self, phase: str, ids: set[str]) -> float:
        ordered = self._phases[phase]
        left = next((each.days.mode for each in ordered if each.id not in ids), 0.0)
        return ordered[0].days.mode - left


def _cause(group: Sequence[Obstacle], tops: _PhaseTops) -> Cause:
    named = min(group, key=lambda each: (-tops.saved_without([each]), *_longest_first(each)))
    return Cause(named.family, named, tops.saved_without(group))


def _longest_first(obstacle: Obstacle) -> tuple[float, float, tuple[float, str, str]]:
    return -obstacle.days.mode, -obstacle.days.high, obstacle.turn


def _stopped(blocker: Blocker) -> bool:
    return blocker.severity is Severity.STOPS and blocker.resolved_at is not None


def _hours_late(blocker: Blocker, record: SprintRecord) -> float:
    phase = next((phase for phase in record.phases if phase.key == blocker.phase), None)
    if phase is None or blocker.resolved_at is None:
        return 0.0
    is_last = phase is record.phases[-1]
    return blocker.resolved_at - ((phase.start + phase.end) / 2 if is_last else phase.end)
