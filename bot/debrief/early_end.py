"""Ending a silent sprint early, and taking that back while hours are left."""

from __future__ import annotations

from bot.db.models import Reminder
from bot.debrief.service import end_or_close, refresh_debrief
from bot.domain.enums import AuditAction, Pace, SprintStatus
from bot.domain.errors import InputError
from bot.domain.permissions import Action
from bot.messages.catalog import say
from bot.sprints import pace
from bot.sprints.overview import refresh_pinned_card
from bot.sprints.people import require
from bot.sprints.refused_buttons import settle_reminders
from bot.sprints.timetable import set_timers
from bot.unit_of_work import UnitOfWork


def end_sprint(uow: UnitOfWork, actor_id: str, sprint_id: int) -> None:
    """End a silent sprint with its debrief.

    Raises:
        InputError: they may not, or the sprint does not run.
    """
    sprint = uow.sprint(sprint_id, lock=True)
    require(uow, actor_id, Action.CLOSE, sprint)
    if sprint.status != SprintStatus.RUNNING:
        raise InputError(say("silence.over"))
    end_or_close(uow, actor_id, sprint_id)
    sprint.pace_by = actor_id
    pace.show_silence(uow, sprint)


def go_on(uow: UnitOfWork, actor_id: str, sprint_id: int) -> None:
    """Take an early end back: the clock has run on, and what is left of the hours goes on.

    Raises:
        InputError: they may not, or there is nothing to take back any more.
    """
    sprint = uow.sprint(sprint_id, lock=True)
    require(uow, actor_id, Action.CLOSE, sprint)
    if not pace.can_go_on(sprint, uow.now):
        raise InputError(say("silence.not_back"))
    sprint.status = SprintStatus.RUNNING
    sprint.ended_at = None
    sprint.pace, sprint.pace_by, sprint.unanswered = Pace.HOURLY, actor_id, 0
    uow.audit_row(actor_id, AuditAction.RESUMED, sprint)
    uow.session.flush()
    set_timers(uow, sprint)
    refresh_debrief(uow, sprint)
    refresh_pinned_card(uow, sprint)
    pace.show_silence(uow, sprint)
    settle_reminders(uow, Reminder.sprint_id == sprint.id)  # what waited waits again
