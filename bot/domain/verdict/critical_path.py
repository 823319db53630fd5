"""Question 2: take each cause away, and see which absence brings the deployment forward most.

Days here are the most likely ones, not draws: a sponsor can add them up on paper. Waits run side by
side, building of one phase follows that of the phase before. Causes that share a family count
together, since fixing a data access process fixes both blockers it made.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from bot.domain.record import Blocker, SprintRecord
from bot.domain.verdict.causes import cause_of_one
from bot.domain.verdict.model import Cause, Critical, Nature
from bot.domain.verdict.obstacles import blocker_obstacle, is_deployed
from bot.domain.vocabulary import Severity


def days_until_live(causes: Sequence[Cause], without: Collection[str] = ()) -> float:
    """Return the most likely days until nothing is in the way.

    Args:
        causes: what is in the way.
        without: ids of causes to leave out.
    """
    left = [cause for cause in causes if cause.id not in without]
    by_id = {cause.id: cause for cause in left}
    ends: dict[str, float] = {}
    waits = max((_end(cause, by_id, ends) for cause in left if _is_wait(cause)), default=0.0)
    built = 0.0
    for phase in sorted({cause.phase for cause in left}):
        for_phase = [each for each in left if each.phase == phase and not _is_wait(each)]
        starts = ((max(built, _start(each, by_id, ends)), each.days.mode) for each in for_phase)
        built = max((start + days for start, days in starts), default=built)
    return max(waits, built)


def _is_wait(cause: Cause) -> bool:
    return cause.nature is Nature.WAIT


def _start(cause: Cause, by_id: Mapping[str, Cause], ends: dict[str, float]) -> float:
    needed = (_end(by_id[id_], by_id, ends) for id_ in cause.needs if id_ in by_id)
    return max(needed, default=0.0)


def _end(cause: Cause, by_id: Mapping[str, Cause], ends: dict[str, float]) -> float:
    if cause.id not in ends:
        ends[cause.id] = _start(cause, by_id, ends) + cause.days.mode
    return ends[cause.id]


def rank_causes(causes: Sequence[Cause]) -> list[Critical]:
    """Return the candidates, the one whose absence saves most days first.

    Only what people wrote down or refused can be the critical path; what a gate or a probe says
    stands in when there is nothing else.
    """
    recorded = [cause for cause in causes if cause.recorded]
    groups: dict[str, list[Cause]] = {}
    for cause in recorded or causes:
        groups.setdefault(cause.family or f"alone:{cause.id}", []).append(cause)
    total = days_until_live(causes)
    found = [_critical(group, causes, total) for group in groups.values()]
    return sorted(found, key=lambda each: (-each.saved, *_longest_first(each.cause)))


def _critical(group: Sequence[Cause], causes: Sequence[Cause], total: float) -> Critical:
    named = min(group, key=_longest_first)
    saved = total - days_until_live(causes, {cause.id for cause in group})
    return Critical(named.family, named, round(saved, 6))


def _longest_first(cause: Cause) -> tuple[float, float, tuple[float, str, str]]:
    return -cause.days.mode, -cause.days.high, cause.turn


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


def _stopped(blocker: Blocker) -> bool:
    return blocker.severity is Severity.STOPS and blocker.resolved_at is not None


def _hours_late(blocker: Blocker, record: SprintRecord) -> float:
    phase = next((phase for phase in record.phases if phase.key == blocker.phase), None)
    if phase is None or blocker.resolved_at is None:
        return 0.0
    is_last = phase is record.phases[-1]
    return blocker.resolved_at - ((phase.start + phase.end) / 2 if is_last else phase.end)
