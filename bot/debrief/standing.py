"""A debrief that nobody closes: its lead is reminded, and at last its sponsor hears of it.

Until it is closed there is no path for the sponsor, no report and no thirty-day plan.
"""

from __future__ import annotations

from typing import Final

from bot.db.models import Sprint, Timer
from bot.domain.enums import AuditAction, AuditSubject, SprintStatus, TimerKind
from bot.domain.working_days import day_in, morning, working_day_from
from bot.sprints.reminders import remind
from bot.unit_of_work import BOT_ACTOR, UnitOfWork

LEAD_AFTER: Final = (1, 3, 7)
"""Days after the debrief opened on which its lead is reminded, each moved to a working day."""
SPONSOR_AFTER: Final = 3
"""From this day on the sponsor is told as well."""


def set_reminders(uow: UnitOfWork, sprint: Sprint) -> None:
    """Write down when somebody is reminded that the debrief stands open."""
    for day in LEAD_AFTER:
        at = morning(working_day_from(day_in(sprint.timezone, uow.now, day)), sprint.timezone)
        key = f"debrief_stands:{day}"
        uow.set_timer(sprint.id, key, TimerKind.DEBRIEF_STANDS, at, day=day)


def remind_to_close(uow: UnitOfWork, sprint: Sprint, timer: Timer) -> None:
    """Remind the lead, and later the sponsor, that the debrief stands open."""
    if sprint.status != SprintStatus.DEBRIEF:
        return
    told = [sprint.lead_id]
    if timer.facts["day"] >= SPONSOR_AFTER and sprint.sponsor_id:
        told.append(sprint.sponsor_id)
    for user_id in dict.fromkeys(told):
        remind(uow, sprint, user_id, AuditSubject.SPRINT, sprint.id)
    uow.audit_row(BOT_ACTOR, AuditAction.REMINDED, sprint, to=told)
