"""Question 2: take each cause away, and see which absence brings the deployment forward most.

Days here are the most likely ones, not draws: a sponsor can add them up on paper. Causes that
share a family count together, since fixing a data access process fixes both blockers it made.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from bot.domain.record import Blocker, SprintRecord
from bot.domain.verdict.causes import cause_of_one
from bot.domain.verdict.model import Cause, Critical
from bot.domain.verdict.obstacles import blocker_obstacle, is_deployed
from bot.domain.verdict.schedule import LikelyEnd
from bot.domain.verdict.tasks import tasks_of
from bot.domain.vocabulary import Severity

LEAST_SAVED: Final = 1.0
"""Days that the absence of something must save for it to be critical."""


def rank_causes(causes: Sequence[Cause], phases: Iterable[str] = ()) -> list[Critical]:
    """Return the causes, the one whose absence saves most days first.

    Waits run side by side and building follows building, as in the forecast.

    What people wrote down or refused goes before a gate's own figure, which stands in where there
    is nothing else, or where removing what they wrote down would not save a day.
    """
    likely = LikelyEnd(tasks_of(causes), phases)
    recorded = _ranked([cause for cause in causes if cause.recorded], likely)
    if recorded and recorded[0].saved >= LEAST_SAVED:
        return recorded
    ranked = _ranked(causes, likely)
    return ranked if not recorded or ranked[0].saved >= LEAST_SAVED else recorded


def _ranked(causes: Sequence[Cause], likely: LikelyEnd) -> list[Critical]:
    groups: dict[str, list[Cause]] = {}
    for cause in causes:
        groups.setdefault(cause.family or f"alone:{cause.id}", []).append(cause)
    found = [_critical(group, likely) for group in groups.values()]
    return sorted(found, key=lambda each: (-each.saved, *_longest_first(each.cause)))


def past_cause(record: SprintRecord) -> Critical | None:
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
    cause = cause_of_one(blocker_obstacle(worst.blocker, record), record)
    return Critical(cause.family, cause, worst.hours / 24)


class _Late(NamedTuple):
    hours: float
    blocker: Blocker


def _critical(group: Sequence[Cause], likely: LikelyEnd) -> Critical:
    named = min(group, key=lambda each: (-likely.saved_without([each.id]), *_longest_first(each)))
    return Critical(named.family, named, likely.saved_without([each.id for each in group]))


def _longest_first(cause: Cause) -> tuple[float, float, bool, int, str]:
    """Return the order of causes; of two that take as long, what more is on record of goes first.

    When somebody typed them does not count.
    """
    days = cause.days
    return -days.mode, -days.high, not cause.days_stated, -len(cause.records), cause.title


def _stopped(blocker: Blocker) -> bool:
    return blocker.severity is Severity.STOPS and blocker.resolved_at is not None


def _hours_late(blocker: Blocker, record: SprintRecord) -> float:
    phase = next((phase for phase in record.phases if phase.key == blocker.phase), None)
    if phase is None or blocker.resolved_at is None:
        return 0.0
    is_last = phase is record.phases[-1]
    return blocker.resolved_at - ((phase.start + phase.end) / 2 if is_last else phase.end)
