"""Reminders that fall due together, after an outage or a quiet night: only the last one speaks."""

from __future__ import annotations

from sqlalchemy import select

from bot.db.models import Timer
from bot.domain.enums import TimerState
from bot.unit_of_work import UnitOfWork


def is_overtaken(uow: UnitOfWork, timer: Timer) -> bool:
    """Tell whether a later timer of the same thing is due as well.

    Timers of one thing share their key up to its last `:`.
    """
    prefix = timer.key.rsplit(":", 1)[0] + ":"
    later = select(Timer.id).where(
        Timer.sprint_id == timer.sprint_id,
        Timer.key.startswith(prefix, autoescape=True),
        Timer.state != TimerState.DROPPED,
        Timer.nominal_at > timer.nominal_at,
        Timer.due_at <= uow.now,
    )
    return uow.session.scalar(later.limit(1)) is not None
