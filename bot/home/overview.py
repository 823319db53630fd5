"""Answers to questions about sprints: where one stands, what comes, which there are."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select

from bot.db.models import TIMER_WAITS, Approval, Blocker, Sprint, Timer
from bot.domain.enums import LIVE, Pace, SprintStatus, TimerKind
from bot.domain.permissions import Action
from bot.home.service import path_title
from bot.messages.catalog import say, say_plain
from bot.slack import blocks, native
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn, moment
from bot.sprints.pace import prompts_in
from bot.sprints.people import require, seen_by
from bot.sprints.snapshot import moment_of, open_counts, phase_now
from bot.unit_of_work import UnitOfWork

SHOWN_TIMERS = 25
SHOWN_SPRINTS = 20
TABLE_COLUMNS: Final = ("number", "title", "status", "start", "lead", "path")

NEWEST: Final = (
    select(
        Sprint.id,
        Sprint.title,
        Sprint.status,
        Sprint.started_at,
        Sprint.planned_start,
        Sprint.path,
        Sprint.lead_id,
    )
    .where(Sprint.team_id == bindparam("team_id"))
    .order_by(Sprint.planned_start.desc(), Sprint.id.desc())
    .limit(SHOWN_SPRINTS)
)


def status(uow: UnitOfWork, actor_id: str, sprint: Sprint) -> Block:
    """Return where a sprint stands."""
    require(uow, actor_id, Action.READ, sprint)
    lines = [_status_line(uow, sprint)]
    if sprint.status in LIVE:
        blockers, approvals = open_counts(uow, sprint)
        lines.append(say("help.status_blockers", count=blockers, approvals=approvals))
    if sprint.channel_id:
        lines.append(say("help.status_channel", channel=Mrkdwn(f"<#{sprint.channel_id}>")))
    words = say("help.status_line", title=sprint.title, lines=Mrkdwn("\n".join(lines)))
    return blocks.message(words, [blocks.section(words)])


def _status_line(uow: UnitOfWork, sprint: Sprint) -> Mrkdwn:
    hour, phase = phase_now(uow, sprint)
    lines: dict[str, dict[str, Any]] = {
        SprintStatus.PLANNED: {"start": moment(sprint.planned_start)},
        SprintStatus.RUNNING: {
            "hour": int(hour),
            "length": sprint.length_hours,
            "phase": phase.title,
            "end": moment(moment_of(sprint, sprint.length_hours)),
        },
        SprintStatus.DEBRIEF: {"since": moment(sprint.ended_at or uow.now)},
        SprintStatus.CLOSED: {"path": path_title(uow, sprint)},
        SprintStatus.CANCELLED: {},
    }
    return say(f"help.status_{sprint.status}", **lines[sprint.status])


def schedule(uow: UnitOfWork, actor_id: str, sprint: Sprint) -> Block:
    """Return what comes, each time in the reader's own zone."""
    require(uow, actor_id, Action.READ, sprint)
    waiting = uow.session.scalars(
        select(Timer)
        .where(Timer.sprint_id == sprint.id, TIMER_WAITS)
        .order_by(Timer.due_at, Timer.id)
    )
    timers = [each for each in waiting if _comes(uow, sprint, each)]
    if not timers:
        words = say("help.schedule_nothing", title=sprint.title)
        return blocks.message(words, [blocks.section(words)])
    title = say("help.schedule_title", title=sprint.title)
    lines = [_timer_line(uow, timer) for timer in timers[:SHOWN_TIMERS]]
    if len(timers) > SHOWN_TIMERS:
        lines.append(say("help.schedule_more", count=len(timers) - SHOWN_TIMERS))
    rows = [blocks.section(title), blocks.section(Mrkdwn("\n".join(lines)))]
    return blocks.message(title, rows)


def _comes(uow: UnitOfWork, sprint: Sprint, timer: Timer) -> bool:
    """Return whether a timer says anything when it is due, at the pace that the lead chose."""
    if timer.kind == TimerKind.PROMPT:
        return prompts_in(uow.playbook, sprint, [timer.facts["hour"]])
    return timer.kind != TimerKind.DIGEST or sprint.pace != Pace.PAUSED


def _timer_line(uow: UnitOfWork, timer: Timer) -> Mrkdwn:
    hour = timer.facts.get("hour")
    phase_key = timer.facts.get("phase")
    if phase_key:
        phase = uow.playbook.phase(phase_key).title
    else:
        phase = uow.playbook.phase_at(hour or 0).title
    what = say(
        f"help.schedule_{timer.kind}",
        hour=hour,
        phase=phase,
        day=timer.facts.get("day"),
        number=_number_of(uow, timer),
    )
    return say("help.schedule_line", at=moment(timer.due_at), what=what)


def _number_of(uow: UnitOfWork, timer: Timer) -> int | None:
    """Return the number of the blocker or request that a timer is about; None for others."""
    if "blocker_id" in timer.facts:
        return uow.session.get_one(Blocker, timer.facts["blocker_id"]).number
    if "approval_id" in timer.facts:
        return uow.session.get_one(Approval, timer.facts["approval_id"]).number
    return None


def _clock(at: datetime, zone: str) -> str:
    """Return a moment so that a table sorts by it."""
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def list_sprints(uow: UnitOfWork, actor_id: str, channel_id: str | None = None) -> Block:
    """Return the workspace's sprints that somebody may see, the newest first."""
    seen = NEWEST.where(seen_by(uow, actor_id, channel_id))
    rows = uow.session.execute(seen, {"team_id": uow.team_id}).all()
    if not rows:
        return blocks.message(say("plan.list_none"), [blocks.section(say("plan.list_none"))])
    lines = [
        say(
            "plan.list_line",
            title=sprint.title,
            id=sprint.id,
            status=say_plain(f"sprint.status_{sprint.status}"),
            when=moment(sprint.started_at or sprint.planned_start),
        )
        for sprint in rows
    ]
    title = say("plan.list_title")
    reader = uow.person(actor_id)
    zone = (reader.timezone if reader else None) or "UTC"
    uow.preload_people(sprint.lead_id for sprint in rows)
    table = native.data_table(
        say_plain("plan.table_caption", count=len(rows)),
        [say_plain(f"plan.table_{name}", zone=zone) for name in TABLE_COLUMNS],
        [
            [
                sprint.id,
                sprint.title,
                say_plain(f"sprint.status_{sprint.status}"),
                _clock(sprint.started_at or sprint.planned_start, zone),
                uow.name(sprint.lead_id),
                uow.playbook.path(sprint.path).title if sprint.path else "–",
            ]
            for sprint in rows
        ],
        [blocks.section(Mrkdwn("\n".join(lines)))],
    )
    return blocks.message(title, [blocks.header(title), table])
