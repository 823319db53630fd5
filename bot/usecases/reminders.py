"""Reminders that fall due together, after an outage or a quiet night: only the last one speaks."""

from __future__ import annotations

from sqlalchemy import select

from bot.store.models import Timer
from bot.usecases.house import Unit


def is_overtaken(unit: Unit, timer: Timer) -> bool:
    """Tell whether a later timer of the same thing is due as well.

    Timers of one thing share their key up to its last `:`.
    """
    prefix = timer.key.rsplit(":", 1)[0] + ":"
    later = select(Timer.id).where(
        Timer.sprint_id == timer.sprint_id,
        Timer.key.startswith(prefix, autoescape=True),
        Timer.state != "dropped",
        Timer.nominal_at > timer.nominal_at,
        Timer.due_at <= unit.now,
    )
    return unit.session.scalar(later.limit(1)) is not None
