"""From obstacles to the forecast's tasks: what waits, what is built, and for whom."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bot.domain.record import Blocker
from bot.domain.verdict.families import family_of
from bot.domain.verdict.model import Obstacle
from bot.domain.verdict.schedule import Task
from bot.domain.verdict.statistics import FAMILY_FUNCTION
from bot.domain.vocabulary import Category, Kind, PhaseKey, Remedy

_BUILT: Final = frozenset({Remedy.ARCHITECTURE, Remedy.PEOPLE, Remedy.TOOLS})
_BUILDING_PHASE: Final = {
    Kind.DATA_ACCESS: PhaseKey.DATA,
    Kind.INFRASTRUCTURE: PhaseKey.MODEL,
    Kind.INTEGRATION: PhaseKey.INTEGRATION,
    Kind.DEPLOYMENT_PIPELINE: PhaseKey.DEPLOYMENT,
}
"""Where building belongs by what it is, not by the hour in which somebody wrote it down."""


def tasks_of(obstacles: Iterable[Obstacle]) -> tuple[Task, ...]:
    """Return what has to be over before a deployment, as the forecast takes it."""
    return tuple(
        Task(
            id=obstacle.id,
            phase=_BUILDING_PHASE.get(obstacle.kind, obstacle.phase),
            matter=obstacle.matter,
            function=obstacle.waits_for or "",
            kind=obstacle.kind,
            days=obstacle.days,
            builds=_builds(obstacle),
            stated=obstacle.days_stated,
            about=about(obstacle),
        )
        for obstacle in obstacles
    )


def about(obstacle: Obstacle) -> str:
    """Return the words that tell whom an obstacle waits for; not the phase it was logged in."""
    family = family_of(
        Blocker("", obstacle.title, obstacle.kind, 0.0, "", phase="", waits_for=obstacle.waits_for)
    )
    function = FAMILY_FUNCTION[family] if family else ""
    return " ".join([obstacle.title, obstacle.waits_for or "", function])


def _builds(obstacle: Obstacle) -> bool:
    """Technical work that somebody has to do; what another function delivers is waited for."""
    if obstacle.category is not Category.TECHNICAL or obstacle.remedy not in _BUILT:
        return False
    return obstacle.remedy is Remedy.ARCHITECTURE or not obstacle.waits_for
