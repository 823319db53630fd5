"""The weekly word on the thirty-day plan, and the review on its last day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from bot.dates import day_of_month
from bot.db.models import AuditEntry, FixItem, Sprint, Timer
from bot.debrief.queries import judge
from bot.domain.enums import FINISHED_FIXES, AuditAction, AuditSubject, FixState, TimerKind
from bot.domain.plan_counts import counts_of
from bot.domain.verdict import say_days
from bot.domain.verdict.model import Forecast
from bot.fixes.queries import items_of
from bot.messages import keys
from bot.messages.catalog import say, say_plain
from bot.messages.fix_card import review_card
from bot.messages.templates import Template
from bot.outbox.queue import TemplateArgs
from bot.slack import blocks
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn, clip, escape, moment
from bot.sprints.pings import called
from bot.unit_of_work import BOT_ACTOR, UnitOfWork

REVIEWED = 5
"""Items of a kind that the review names."""
SAID_BY_CHECKS = (AuditAction.PROVED, AuditAction.REGRESSED, AuditAction.REFUSED)
"""What a night's check changed is told like what a person changed."""
SHORT = 120
WEEK = timedelta(days=7)


def follow_up(uow: UnitOfWork, sprint: Sprint, timer: Timer) -> None:
    """Say once a week what changed in the plan and what is due; on its last day review it.

    A week in which nothing changed and nothing new is due is passed over.
    """
    day = int(timer.facts["day"])
    if day == uow.playbook.follow_up_days[-1]:
        _post_review(uow, sprint, day)
        return
    since = _last_follow_up(uow, sprint, timer)
    due, _ = _newly_due(sprint, items_of(uow, sprint), since, uow.now)
    if not due and not _changed_since(uow, sprint, since, uow.now):
        return
    owners = dict.fromkeys(item.owner_id for item in due if item.owner_id)
    pinged = {owner: str(called(uow, sprint, owner)) for owner in owners}
    uow.upsert(
        keys.follow_up(sprint.id, day),
        Template.FOLLOW_UP,
        {"day": day, "at": uow.now.isoformat(), "since": since.isoformat(), "pinged": pinged},
        sprint_id=sprint.id,
    )


def _post_review(uow: UnitOfWork, sprint: Sprint, day: int) -> None:
    uow.upsert(
        keys.review(sprint.id),
        Template.REVIEW,
        {"day": day, "at": uow.now.isoformat()},
        sprint_id=sprint.id,
    )


def _last_follow_up(uow: UnitOfWork, sprint: Sprint, timer: Timer) -> datetime:
    """Return when the plan was followed up before, else when the sprint was closed."""
    last = uow.session.scalar(
        select(func.max(Timer.done_at)).where(
            Timer.sprint_id == sprint.id,
            Timer.kind == TimerKind.FOLLOW_UP,
            Timer.id != timer.id,
            Timer.nominal_at < timer.nominal_at,
        )
    )
    closed = sprint.closed_at or uow.now - WEEK
    return last or closed - timedelta(microseconds=1)  # what is said as it closes is new


def _due_soon(items: list[FixItem], at: datetime) -> list[FixItem]:
    """Return what is late or due within a week, the earliest first."""
    open_items = [
        each for each in items if each.state not in FINISHED_FIXES and each.due_at < at + WEEK
    ]
    return sorted(open_items, key=lambda each: (each.due_at, each.number))


def _newly_due(
    sprint: Sprint, items: list[FixItem], since: datetime, at: datetime
) -> tuple[list[FixItem], list[FixItem]]:
    """Part what is late or due within a week from what was called late when this was last said."""
    told = _midnight(sprint, since)
    due = _due_soon(items, at)
    return [each for each in due if each.due_at >= told], [e for e in due if e.due_at < told]


def _midnight(sprint: Sprint, at: datetime) -> datetime:
    """Return the start of the day that holds a moment, where the sprint's team is."""
    day = at.astimezone(ZoneInfo(sprint.timezone))
    return day.replace(hour=0, minute=0, second=0, microsecond=0)


def _changed_since(
    uow: UnitOfWork, sprint: Sprint, since: datetime, until: datetime
) -> dict[int, tuple[str, str]]:
    """Return, for each item that changed, what was done to it last and by whom."""
    entries = uow.session.scalars(
        select(AuditEntry)
        .where(
            AuditEntry.sprint_id == sprint.id,
            AuditEntry.subject == AuditSubject.FIX,
            AuditEntry.at > since,
            AuditEntry.at <= until,
            (AuditEntry.actor_id != BOT_ACTOR) | AuditEntry.action.in_(SAID_BY_CHECKS),
        )
        .order_by(AuditEntry.id)
    )
    return {int(each.subject_id or 0): (each.action, each.actor_id) for each in entries}


def render_follow_up(uow: UnitOfWork, sprint: Sprint, args: TemplateArgs) -> Block:
    """Render the week of the plan: what changed, and what is due, as of its day."""
    day, at = int(args["day"]), datetime.fromisoformat(args["at"])
    since = datetime.fromisoformat(args.get("since", (at - WEEK).isoformat()))
    items = items_of(uow, sprint)
    changed = _changed_since(uow, sprint, since, at)
    title = say("fix.digest", day=day, **counts_of(item.state for item in items).plain())
    lines = [
        say(
            "fix.digest_changed",
            number=item.number,
            text=clip(item.text, SHORT),
            change=say_plain(
                f"fix.changed_{changed[item.id][0]}",
                due=day_of_month(item.due_at.astimezone(ZoneInfo(sprint.timezone))),
            ),
            who=uow.name(changed[item.id][1]),
        )
        for item in items
        if item.id in changed
    ]
    rows = [blocks.section(title)]
    if lines:
        rows.append(blocks.section(say("fix.digest_changes", lines=Mrkdwn("\n".join(lines)))))
    new, late = _newly_due(sprint, items, since, at)
    pinged = args.get("pinged", {})
    due = [_due_line(item, _midnight(sprint, at), pinged) for item in new]
    if numbers := [item.number for item in late if item.id not in changed]:
        due.append(say("fix.digest_still_late", numbers=", ".join(map(str, sorted(numbers)))))
    if due:
        rows.append(blocks.section(say("fix.digest_due", lines=Mrkdwn("\n".join(due)))))
    return blocks.message(title, rows)


def _due_line(item: FixItem, today: datetime, pinged: Mapping[str, str]) -> Mrkdwn:
    """Say when an item is due; what is due today is not late, whatever the hour."""
    owner = pinged.get(item.owner_id or "")
    return say(
        "fix.digest_late" if item.due_at < today else "fix.digest_soon",
        number=item.number,
        text=clip(item.text, SHORT),
        owner=Mrkdwn(owner) if owner else escape(item.owner_name or ""),
        due=moment(item.due_at, "{date_short_pretty}"),
    )


def render_review(uow: UnitOfWork, sprint: Sprint, args: TemplateArgs) -> Block:
    """Render the review on the plan's last day: first what is proved, claimed and broken again."""
    items = items_of(uow, sprint)
    counts = counts_of(item.state for item in items)
    forecast = forecast_by_proved(uow, sprint)
    before = (sprint.verdict or {}).get("forecast_days", {}).get("p50", 0.0)
    words = say(
        "fix.review",
        **counts.plain(),
        p50=say_days(forecast.p50),
        p80=say_days(forecast.p80),
        before=say_days(before),
    )
    lines = [
        say(
            f"fix.review_{state}",
            items="; ".join(f"{item.number}. {item.text}" for item in found[:REVIEWED]),
        )
        for state in (FixState.REGRESSED, FixState.CLAIMED)
        if (found := [item for item in items if item.state == state])
    ]
    if not counts.left:
        lines.append(say("fix.review_ready"))
    title = say_plain("fix.review_title", day=args["day"])
    return review_card(Mrkdwn("\n".join([words, *lines])), title, sprint.id)


def forecast_by_proved(uow: UnitOfWork, sprint: Sprint) -> Forecast:
    """Return the forecast as if what is proved to be done had been settled in time.

    What is only claimed doesn't count, and what broke again doesn't any more.
    """
    judged = judge(uow, sprint)
    return judged.progress.forecast if judged.progress else judged.forecast
