"""How often a sprint prompts: less when nobody answers, and as its lead chooses.

After three prompts in a row without an answer, or half a phase without a record, the lead is asked
once, and prompts come once a phase until somebody answers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Table, bindparam, func, select, update
from sqlalchemy.orm.attributes import set_committed_value

from bot.db.arrays import in_array
from bot.db.engine import DIALECTS
from bot.db.models import AuditEntry, Sprint, Timer
from bot.domain.enums import AuditAction, AuditSubject, Pace, SprintStatus, TimerKind
from bot.domain.errors import InputError
from bot.domain.permissions import Action
from bot.domain.quiet_hours import awake_hours, quiet_end
from bot.messages import keys
from bot.messages.catalog import say
from bot.messages.silence_card import Silence, silence_card
from bot.messages.templates import Template
from bot.outbox.queue import Priority, TemplateArgs
from bot.playbook.model import Playbook
from bot.slack.blocks import Block
from bot.sprints.overview import refresh_pinned_card
from bot.sprints.people import require
from bot.sprints.pings import note_ping
from bot.sprints.snapshot import DueHours, hour_of, moment_of
from bot.unit_of_work import BOT_ACTOR, UnitOfWork

MOST_UNANSWERED: Final = 3
"""Prompts in a row without an answer after which the lead is asked."""
MOST_LEFT_OUT: Final = 2
"""Prompts in a row that are left out while the team records."""
RECENT: Final = timedelta(hours=2)
"""A team that recorded something within this time needs no prompt."""
NIGHT: Final = ("22:00", "08:00")
"""When a busy team that has switched quiet hours off is asked nothing, in its own zone."""
BUSY: Final = timedelta(hours=24)
"""A team that recorded something within this time is busy."""
PART_OF_PHASE: Final = 0.5
"""The part of a phase after which a missing record is noticed."""

SPRINTS: Final[Table] = Sprint.__table__  # type: ignore[assignment]  # a model of its own table, not a view

LAST_RECORD: Final = {
    dialect: select(AuditEntry.sprint_id, func.max(AuditEntry.at))
    .where(
        in_array(dialect, AuditEntry.sprint_id, "of_sprints"),
        AuditEntry.actor_id != bindparam("clock"),
    )
    .group_by(AuditEntry.sprint_id)
    for dialect in DIALECTS
}
RECORDED: Final = {
    dialect: select(AuditEntry.sprint_id)
    .where(
        in_array(dialect, AuditEntry.sprint_id, "of_sprints"),
        AuditEntry.subject.in_(
            (
                AuditSubject.BLOCKER,
                AuditSubject.APPROVAL,
                AuditSubject.GATE,
                AuditSubject.PROBE,
                AuditSubject.DEPLOYMENT,
            )
        ),
        AuditEntry.at > bindparam("since"),
        AuditEntry.actor_id != bindparam("clock"),
    )
    .distinct()
    for dialect in DIALECTS
}
COUNTED: Final = {
    dialect: update(SPRINTS)
    .where(in_array(dialect, SPRINTS.c.id, "of_sprints"))
    .values(unanswered=SPRINTS.c.unanswered + 1)
    for dialect in DIALECTS
}
"""Put together once; every prompt of many sprints asks them."""


def sprints_to_prompt(uow: UnitOfWork, sprints: Sequence[Sprint], due: DueHours) -> list[Sprint]:
    """Return the sprints that are prompted now; where nobody answers, ask the lead instead.

    Args:
        uow: the open unit.
        sprints: running sprints to which the same hours are due, locked.
        due: the hours.
    """
    last = _last_records(uow, [each for each in sprints if _may_be_silent(each)])
    for sprint in sprints:
        started = sprint.started_at or uow.now
        recorded = max(last.get(sprint.id, started), started)  # the plan was written before
        if sprint.pace == Pace.HELD:
            if sprint.lead_asked_at is None or recorded > sprint.lead_asked_at:
                sprint.pace, sprint.unanswered = Pace.HOURLY, 0
                show_silence(uow.within(sprint.team_id), sprint)
        elif sprint.pace == Pace.HOURLY and _is_silent(uow, sprint, recorded, due):
            _hold(uow.within(sprint.team_id), sprint)
    uow.session.flush()
    prompted = [each for each in sprints if prompts_in(uow.playbook, each, due.hours)]
    if len(due.hours) == 1:
        busy = _just_recorded(uow, prompted, due.newest)
        busy |= _busy_at_night(uow, prompted, due.newest)
        prompted = [each for each in prompted if each.id not in busy]
    held = [each for each in sprints if each not in prompted]
    note_held(uow, held, [f"{TimerKind.PROMPT}:{hour}" for hour in due.hours])
    return prompted


def _just_recorded(uow: UnitOfWork, sprints: Sequence[Sprint], hour: int) -> set[int]:
    """Return the sprints whose team has recorded something of late, unasked.

    Their prompt is left out, at most two in a row; the start of a phase is always told.
    """
    if not hour or uow.playbook.phase_at(hour).start == hour or not sprints:
        return set()
    found = _recorded_since(uow, sprints, uow.now - RECENT)
    if not found:
        return set()
    earlier = [f"{TimerKind.PROMPT}:{hour - back}" for back in range(1, MOST_LEFT_OUT + 1)]
    before = uow.session.scalars(
        select(Timer).where(Timer.sprint_id.in_(found), Timer.key.in_(earlier))
    )
    left_out = Counter(each.sprint_id for each in before if each.facts.get("held"))
    return {sprint_id for sprint_id in found if left_out[sprint_id] < MOST_LEFT_OUT}


def _recorded_since(uow: UnitOfWork, sprints: Sequence[Sprint], since: datetime) -> set[int]:
    """Return the sprints whose team has recorded something since."""
    asked = {"of_sprints": [each.id for each in sprints], "since": since, "clock": BOT_ACTOR}
    return {int(each) for each in uow.session.scalars(RECORDED[uow.dialect], asked) if each}


def _busy_at_night(uow: UnitOfWork, sprints: Sequence[Sprint], hour: int) -> set[int]:
    """Return the busy sprints whose prompt waits for the day, though quiet hours are off.

    Their team hears enough: 48 hours stay within sixty messages whatever the setting.
    """
    if uow.playbook.phase_at(hour).start == hour:
        return set()
    awake = [each for each in sprints if each.pace_by is None and _is_night(each, uow.now)]
    return _recorded_since(uow, awake, uow.now - BUSY) if awake else set()


def _is_night(sprint: Sprint, now: datetime) -> bool:
    """Return whether it is night for a team that has switched quiet hours off."""
    if sprint.quiet_from != sprint.quiet_until:
        return False
    return quiet_end(now, sprint.timezone, *NIGHT) is not None


def note_held(uow: UnitOfWork, sprints: Sequence[Sprint], timer_keys: Sequence[str]) -> None:
    """Note in timers that were due that nothing was posted, as there was nothing new to say."""
    if sprints:
        uow.session.execute(
            update(Timer)
            .where(in_array(uow.dialect, Timer.sprint_id, "of_sprints"), Timer.key.in_(timer_keys))
            .values(facts={"hour": int(timer_keys[-1].rpartition(":")[2]), "held": True}),
            {"of_sprints": [each.id for each in sprints]},
            execution_options={"synchronize_session": False},
        )


def _may_be_silent(sprint: Sprint) -> bool:
    """Return whether the record has to be asked; an answer to the newest prompt is a record."""
    return sprint.pace == Pace.HELD or (sprint.pace == Pace.HOURLY and sprint.unanswered > 0)


def _last_records(uow: UnitOfWork, sprints: Sequence[Sprint]) -> dict[int, datetime]:
    if not sprints:
        return {}
    asked = {"of_sprints": [each.id for each in sprints], "clock": BOT_ACTOR}
    found = uow.session.execute(LAST_RECORD[uow.dialect], asked)
    return {int(sprint_id): at for sprint_id, at in found if sprint_id is not None}


def _is_silent(uow: UnitOfWork, sprint: Sprint, recorded: datetime, due: DueHours) -> bool:
    if sprint.unanswered >= MOST_UNANSWERED:
        return True
    # After a night or an outage several hours are told at once; nobody was asked in them.
    if not sprint.unanswered or len(due.hours) > 1:
        return False
    phase = uow.playbook.phase_at(hour_of(sprint, uow.now))
    waited = awake_hours(recorded, uow.now, sprint.timezone, sprint.quiet_from, sprint.quiet_until)
    return waited >= PART_OF_PHASE * (phase.end - phase.start)


def _hold(uow: UnitOfWork, sprint: Sprint) -> None:
    """Hold prompts back to one a phase; the first time, ask the lead what they want."""
    is_first = sprint.lead_asked_at is None
    sprint.pace, sprint.pace_by = Pace.HELD, None
    sprint.lead_asked_at = uow.now
    uow.audit_row(BOT_ACTOR, AuditAction.PACED, sprint, pace=Pace.HELD)
    if is_first:
        note_ping(uow, sprint.lead_id)
    show_silence(uow, sprint)


def prompts_in(playbook: Playbook, sprint: Sprint, hours: Sequence[int]) -> bool:
    """Return whether a sprint is prompted at its pace when these hours are due."""
    if hours[-1] >= sprint.length_hours or sprint.pace == Pace.PAUSED:
        return False
    starts = {phase.start for phase in playbook.phases}
    return sprint.pace == Pace.HOURLY or not starts.isdisjoint(hours)


def count_asked(uow: UnitOfWork, sprints: Sequence[Sprint]) -> None:
    """Count a prompt that was posted; it is unanswered until somebody answers."""
    if sprints:
        asked = {"of_sprints": [each.id for each in sprints]}
        uow.session.execute(COUNTED[uow.dialect], asked)
        for sprint in sprints:
            set_committed_value(sprint, "unanswered", sprint.unanswered + 1)


def note_activity(uow: UnitOfWork, sprint: Sprint) -> None:
    """Note that somebody answered; prompts that were held back come every hour again."""
    sprint.unanswered = 0
    if sprint.pace == Pace.HELD:
        sprint.pace = Pace.HOURLY
        show_silence(uow, sprint)
        refresh_pinned_card(uow, sprint)


def set_pace(uow: UnitOfWork, actor_id: str, sprint_id: int, pace: Pace) -> bool:
    """Let a sprint prompt as its lead chooses; choosing hourly takes an earlier choice back.

    Returns:
        Whether that is a change.

    Raises:
        InputError: they may not, or the sprint does not run.
    """
    sprint = uow.sprint(sprint_id, lock=True)
    require(uow, actor_id, Action.SET_PACE, sprint)
    if sprint.status != SprintStatus.RUNNING:
        raise InputError(say("silence.over"))
    changed = sprint.pace != pace
    if changed:
        sprint.pace, sprint.pace_by, sprint.unanswered = pace, actor_id, 0
        uow.audit_row(actor_id, AuditAction.PACED, sprint, pace=pace)
        refresh_pinned_card(uow, sprint)
    show_silence(uow, sprint)
    return changed


def can_go_on(sprint: Sprint, now: datetime) -> bool:
    """Return whether an early end can be taken back: its debrief is open and hours are left."""
    end = moment_of(sprint, sprint.length_hours)
    return sprint.status == SprintStatus.DEBRIEF and now < end


def show_silence(uow: UnitOfWork, sprint: Sprint) -> None:
    """Bring the lead's question up to date; only a silence posts it first."""
    if sprint.lead_asked_at is None:
        return
    known = uow.find_message(keys.silence(sprint.id))
    uow.upsert(
        keys.silence(sprint.id),
        Template.SILENCE,
        {"at": sprint.lead_asked_at.isoformat()},
        sprint_id=sprint.id,
        to=sprint.lead_id,
        queue=known.queue if known else None,
        priority=Priority.URGENT,
    )


def render_silence(uow: UnitOfWork, sprint: Sprint, _args: TemplateArgs) -> Block:
    """Render the question to the lead, or what they chose."""
    return silence_card(
        Silence(
            sprint_id=sprint.id,
            title=sprint.title,
            channel_id=sprint.channel_id,
            pace=Pace(sprint.pace),
            status=SprintStatus(sprint.status),
            by=uow.name(sprint.pace_by) if sprint.pace_by else None,
            can_go_on=can_go_on(sprint, uow.now),
        )
    )
