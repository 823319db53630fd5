"""From causes to the forecast's tasks: what waits, what is built, and for whom."""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain.verdict.model import Cause, Nature
from bot.domain.verdict.schedule import Task


def tasks_of(causes: Iterable[Cause]) -> tuple[Task, ...]:
    """Return what has to be over before a deployment, as the forecast takes it."""
    return tuple(
        Task(
            id=cause.id,
            phase=cause.phase,
            matter=cause.matter,
            function=cause.waits_for or "",
            kind=cause.kind,
            days=cause.days,
            builds=cause.nature is Nature.BUILD,
            stated=cause.days_stated,
            needs=cause.needs,
        )
        for cause in causes
    )
