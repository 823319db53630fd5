"""The timers of a running sprint: its prompts, gates, digests and debrief."""

from __future__ import annotations

from datetime import timedelta

from bot.db.models import Sprint
from bot.domain.enums import TimerKind
from bot.unit_of_work import UnitOfWork


def set_timers(uow: UnitOfWork, sprint: Sprint) -> None:
    """Write every timer that the sprint still needs, those of one hour in their order."""
    start = sprint.started_at or uow.now
    gates = {phase.end: phase.key for phase in uow.playbook.phases}
    for hour in range(sprint.length_hours + 1):
        at = start + timedelta(hours=hour)
        if at < uow.now:
            continue
        uow.set_timer(sprint.id, f"prompt:{hour}", TimerKind.PROMPT, at, hour=hour)
        if hour in gates:
            uow.set_timer(sprint.id, f"gate:{gates[hour]}", TimerKind.GATE, at, phase=gates[hour])
        if hour and hour % uow.playbook.digest_every_hours == 0:
            uow.set_timer(sprint.id, f"digest:{hour}", TimerKind.DIGEST, at, hour=hour)
    end = start + timedelta(hours=sprint.length_hours)
    uow.set_timer(sprint.id, TimerKind.DEBRIEF, TimerKind.DEBRIEF, end)
    uow.session.flush()
