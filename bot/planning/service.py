"""Planning: a sprint is thought of, changed, started by hand or by the clock, or cancelled."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import or_, select

from bot.db.models import Member, Sprint
from bot.db.outbox_models import OutboxItem
from bot.domain.enums import (
    UNFINISHED,
    AuditAction,
    AuditSubject,
    OutboxKind,
    SprintStatus,
    TimerKind,
)
from bot.domain.errors import InputError
from bot.domain.permissions import Action
from bot.domain.verdict.wording import listed
from bot.domain.vocabulary import Criterion
from bot.forms import FieldRule, has_length
from bot.messages import keys
from bot.messages.catalog import say, say_plain
from bot.messages.templates import Template
from bot.outbox.queue import TemplateArgs
from bot.planning import calendar_file, kickoff
from bot.planning.expectations import ask_expectation, refresh_expectation
from bot.planning.forms import PlanForm, checked_start, fill_plan
from bot.slack import blocks
from bot.sprints.people import require
from bot.sprints.plan_status import (
    notify_sponsor,
    notify_sponsor_cancelled,
    refresh_plan_card,
    team_of,
)
from bot.sprints.refused_buttons import drop_refused
from bot.sprints.selection import refuse_cancelled
from bot.unit_of_work import BOT_ACTOR, UnitOfWork

OVERRIDE: Final = FieldRule("reason", "plan.override_short", has_length(10))


def plan_sprint(uow: UnitOfWork, actor_id: str, form: PlanForm) -> Sprint:
    """Plan a sprint, ask its team what they expect, and let it start by itself at its time.

    Raises:
        FormError: fields that cannot be taken, each with its sentence.
        DoublesError: one person in two roles, not confirmed yet.
    """
    require(uow, actor_id, Action.PLAN)
    start = checked_start(uow, form)
    sprint = Sprint(
        team_id=uow.team_id,
        lead_id=actor_id,
        created_at=uow.now,
        length_hours=uow.playbook.length,
    )
    fill_plan(uow, sprint, form, start)
    uow.session.add(sprint)
    uow.session.flush()
    uow.audit_row(actor_id, AuditAction.PLANNED, sprint, title=sprint.title)
    _after_plan(uow, sprint)
    return sprint


def edit_plan(uow: UnitOfWork, actor_id: str, sprint_id: int, form: PlanForm) -> Sprint:
    """Change a plan before its start; see `plan_sprint`."""
    sprint = uow.sprint(sprint_id, lock=True)
    require(uow, actor_id, Action.EDIT_PLAN, sprint)
    require_planned(sprint)
    start = checked_start(uow, form)
    fill_plan(uow, sprint, form, start)
    uow.session.flush()
    uow.audit_row(actor_id, AuditAction.PLAN_CHANGED, sprint, title=sprint.title)
    _after_plan(uow, sprint)
    return sprint


def planned_of(uow: UnitOfWork, channel_id: str | None, user_id: str) -> Sequence[Sprint]:
    """Return the planned sprints that somebody leads or plays in; none in a sprint's own channel.

    Args:
        uow: the open unit.
        channel_id: where they are; the sprint of a channel goes before everything planned.
        user_id: who they are.
    """
    in_channel = select(Sprint.id).where(
        Sprint.team_id == uow.team_id, Sprint.channel_id == channel_id
    )
    if channel_id and uow.session.scalar(in_channel) is not None:
        return []
    in_team = select(Member.sprint_id).where(Member.user_id == user_id)
    mine = or_(Sprint.lead_id == user_id, Sprint.id.in_(in_team))
    return uow.session.scalars(
        select(Sprint)
        .where(Sprint.team_id == uow.team_id, Sprint.status == SprintStatus.PLANNED, mine)
        .order_by(Sprint.id.desc())
    ).all()


def twin_of(uow: UnitOfWork, sprint: Sprint) -> Sprint | None:
    """Return another planned sprint of the same name, hour and team; None where there is none."""
    same = uow.session.scalars(
        select(Sprint).where(
            Sprint.team_id == uow.team_id,
            Sprint.id != sprint.id,
            Sprint.status == SprintStatus.PLANNED,
            Sprint.title == sprint.title,
            Sprint.planned_start == sprint.planned_start,
        )
    )
    team = set(team_of(sprint))
    return next((each for each in same if set(team_of(each)) == team), None)


def require_planned(sprint: Sprint) -> None:
    """Refuse what only a planned sprint can have done to it.

    Raises:
        InputError: it has started or ended.
    """
    refuse_cancelled(sprint)
    if sprint.status != SprintStatus.PLANNED:
        raise InputError(
            say("plan.not_planned", status=say_plain(f"sprint.status_{sprint.status}"))
        )


def _after_plan(uow: UnitOfWork, sprint: Sprint) -> None:
    uow.set_timer(sprint.id, "start", TimerKind.START, sprint.planned_start)
    known = _have_calendar(uow, sprint)
    for user_id in team_of(sprint):
        ask_expectation(uow, sprint, user_id)
        _send_calendar(uow, sprint, user_id, is_first=user_id not in known)
    notify_sponsor(uow, sprint)
    refresh_plan_card(uow, sprint)


def _send_calendar(uow: UnitOfWork, sprint: Sprint, user_id: str, *, is_first: bool) -> None:
    """Send the calendar file; another start sends another file, which replaces the events.

    The first one stands below the question what they expect, which has just called them.
    """
    uow.upsert(
        keys.calendar(sprint.id, user_id, sprint.planned_start),
        Template.CALENDAR_FILE,
        {"at": uow.now.isoformat()},
        sprint_id=sprint.id,
        to=user_id,
        kind=OutboxKind.UPLOAD,
        thread_key=keys.expectation(sprint.id, user_id) if is_first else None,
    )


def start_sprint(
    uow: UnitOfWork, actor_id: str, sprint_id: int, *, override: str | None = None
) -> Sprint:
    """Start a planned sprint now.

    Args:
        uow: the open unit.
        actor_id: who starts it, or the clock.
        sprint_id: the sprint.
        override: the lead's sentence when a criterion is not met.

    Raises:
        FormError: the override says too little.
        UnmetError: a criterion is not met and there is no override.
        InputError: it cannot start, in words for the person.
    """
    sprint = uow.sprint(sprint_id, lock=True)
    if actor_id != BOT_ACTOR:
        require(uow, actor_id, Action.START, sprint)
    require_planned(sprint)
    unmet = unmet_criteria(uow, sprint)
    if unmet and not sprint.override_reason:
        _override(uow, sprint, actor_id, unmet, override)
    kickoff.begin(uow, sprint, actor_id)
    refresh_plan_card(uow, sprint)
    return sprint


class UnmetError(InputError):
    """A criterion is not met, so the sprint does not start; `criteria` names what is not."""

    def __init__(self, criteria: str) -> None:
        super().__init__(say_plain("plan.unmet_refusal", criteria=criteria))
        self.criteria = criteria


def _override(
    uow: UnitOfWork, sprint: Sprint, actor_id: str, unmet: str, override: str | None
) -> None:
    if override is None:
        raise UnmetError(unmet)
    require(uow, actor_id, Action.OVERRIDE, sprint)
    sprint.override_reason = OVERRIDE.checked(override.strip())
    sprint.override_by = actor_id
    uow.audit(
        sprint.id,
        actor_id,
        AuditAction.OVERRODE,
        AuditSubject.CRITERION,
        sprint.id,
        reason=sprint.override_reason,
    )


def unmet_criteria(uow: UnitOfWork, sprint: Sprint) -> str:
    """Say which criteria are not met, as half a sentence; empty when all are."""
    unmet = [
        uow.playbook.criterion(key).title
        for key in Criterion
        if sprint.criteria.get(key, {}).get("met") is False
    ]
    if not unmet:
        return ""
    quoted = listed(f"“{title}”" for title in unmet)
    return say_plain("plan.unmet_one" if len(unmet) == 1 else "plan.unmet_many", titles=quoted)


def start_on_time(uow: UnitOfWork, sprint: Sprint) -> None:
    """Start a sprint whose time has come, or tell its lead why it does not."""
    if sprint.status != SprintStatus.PLANNED:
        return
    try:
        start_sprint(uow, BOT_ACTOR, sprint.id)
    except UnmetError as unmet:
        uow.upsert(
            keys.missed_start(sprint.id, sprint.planned_start),
            Template.MISSED_START,
            {"criteria": unmet.criteria},
            sprint_id=sprint.id,
            to=sprint.lead_id,
        )
        refresh_plan_card(uow, sprint)


def render_missed_start(_uow: UnitOfWork, sprint: Sprint, args: TemplateArgs) -> blocks.Block:
    """Render why a sprint did not start by itself."""
    words = say("plan.unmet_missed", title=sprint.title, criteria=args["criteria"])
    return {"text": words, "blocks": []}


def _notify_cancelled_plan(uow: UnitOfWork, sprint: Sprint, actor_id: str, reason: str) -> None:
    """Tell everybody who has the sprint in their calendar, and take it out of there."""
    for user_id in dict.fromkeys((*team_of(sprint), *_have_calendar(uow, sprint))):
        uow.upsert(
            keys.calendar_cancelled(sprint.id, user_id),
            Template.CALENDAR_CANCELLED,
            {"at": uow.now.isoformat(), "who": actor_id, "reason": reason},
            sprint_id=sprint.id,
            to=user_id,
            kind=OutboxKind.UPLOAD,
        )
        refresh_expectation(uow, sprint, user_id)


def _have_calendar(uow: UnitOfWork, sprint: Sprint) -> list[str]:
    """Return who was sent the calendar file, also those whom a later plan left out."""
    prefix = keys.calendars(sprint.id)
    found = uow.session.scalars(
        select(OutboxItem.key).where(
            OutboxItem.sprint_id == sprint.id, OutboxItem.key.startswith(prefix, autoescape=True)
        )
    )
    return [key.removeprefix(prefix).partition(":")[0] for key in found]


def render_calendar_cancelled(
    uow: UnitOfWork, sprint: Sprint, args: TemplateArgs
) -> dict[str, Any]:
    """Render the file that takes a cancelled sprint out of a calendar."""
    made_at = datetime.fromisoformat(args["at"])
    content = calendar_file.cancellation_of(sprint, uow.playbook, made_at)
    comment = say(
        "plan.calendar_cancelled",
        title=sprint.title,
        who=uow.name(args["who"]),
        reason=args["reason"],
    )
    return {
        "filename": f"sprint-{sprint.id}-cancelled.ics",
        "title": say_plain("plan.calendar_cancelled_title"),
        "comment": comment,
        "content": base64.b64encode(content).decode("ascii"),
        "share": True,
    }


def render_calendar(uow: UnitOfWork, sprint: Sprint, args: TemplateArgs) -> dict[str, Any]:
    """Render the calendar file, as of the moment at which it was asked for."""
    made_at = datetime.fromisoformat(args["at"])
    content = calendar_file.calendar_for(sprint, uow.playbook, made_at)
    stamp = int(sprint.planned_start.timestamp())
    return {
        "filename": f"sprint-{sprint.id}-{stamp}.ics",
        "title": say_plain("plan.calendar_title"),
        "comment": say("plan.calendar_comment"),
        "content": base64.b64encode(content).decode("ascii"),
        "share": True,
    }


def cancel_sprint(uow: UnitOfWork, actor_id: str, sprint_id: int, reason: str = "") -> Sprint:
    """Stop a sprint for good, without a debrief.

    Raises:
        InputError: it has ended already, or they may not.
    """
    sprint = uow.sprint(sprint_id, lock=True)
    require(uow, actor_id, Action.CANCEL, sprint)
    if sprint.status not in UNFINISHED:
        raise InputError(
            say(
                "plan.not_active",
                title=sprint.title,
                status=say_plain(f"sprint.status_{sprint.status}"),
            )
        )
    was_running = sprint.status != SprintStatus.PLANNED
    sprint.status = SprintStatus.CANCELLED
    sprint.ended_at = uow.now
    uow.drop_timers(sprint.id)
    uow.audit_row(actor_id, AuditAction.CANCELLED, sprint, reason=reason.strip())
    if was_running:
        kickoff.post_cancelled(uow, sprint, actor_id, reason.strip())
    else:
        _notify_cancelled_plan(uow, sprint, actor_id, reason.strip())
    notify_sponsor_cancelled(uow, sprint, actor_id, reason.strip())
    refresh_plan_card(uow, sprint)
    drop_refused(uow, sprint)
    return sprint
