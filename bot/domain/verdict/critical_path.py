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
from bot.domain.verdict.schedule import LikelyEnd
from bot.domain.verdict.tasks import tasks_of
from bot.domain.vocabulary import Severity


def rank_causes(obstacles: Sequence[Obstacle], phases: Iterable[str] = ()) -> list[Cause]:
    """Return the causes, the one whose absence saves most days first.

    Waits run side by side and building follows building, as in the forecast.

    Only what people wrote down or refused can be the critical path; a gate's own figure stands in
    when there is nothing else.
    """
    recorded = [obstacle for obstacle in obstacles if obstacle.recorded]
    groups: dict[str, list[Obstacle]] = {}
    for obstacle in recorded or obstacles:
        groups.setdefault(obstacle.family or f"alone:{obstacle.id}", []).append(obstacle)
    likely = LikelyEnd(tasks_of(obstacles), phases)
    causes = [_cause(group, likely) for group in groups.values()]
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


def _cause(group: Sequence[Obstacle], likely: LikelyEnd) -> Cause:
    named = min(group, key=lambda each: (-likely.saved_without([each.id]), *_longest_first(each)))
    return Cause(named.family, named, likely.saved_without([each.id for each in group]))


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
