"""After the sprint: the thirty-day plan lives on, is reviewed, and leads to a rerun."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from bot.playbook.figures import figures_of
from bot.slack import blocks
from bot.slack.cards.fix_card import FixView, fix_card, plan_card, review_card
from bot.slack.outbox import sprint_lane
from bot.slack.text import Mrkdwn, escape, mention, moment
from bot.slack.words import say, say_plain
from bot.sprint.done import with_done
from bot.sprint.errors import FormError, InputError
from bot.sprint.permissions import Action
from bot.sprint.verdict import Verdict, say_days, verdict
from bot.store.models import Blocker, FixItem, Person, Sprint, Timer
from bot.usecases.house import Unit
from bot.usecases.people import require
from bot.usecases.quotes import quoted_blockers
from bot.usecases.record import record_of

REMINDER_TIME = time(9, 0)
"""Local time of the sprint's zone at which an item is asked about on its day."""


def post_plan(unit: Unit, sprint: Sprint, judged: Verdict) -> None:
    """Write the verdict's fixes down as items and post each with its buttons."""
    unit.wish(
        f"sprint:{sprint.id}:plan",
        sprint_lane(sprint.id),
        plan_card(len(judged.fixes)),
        sprint_id=sprint.id,
    )
    for number, fix in enumerate(judged.fixes, 1):
        item = FixItem(
            team_id=unit.team_id,
            sprint_id=sprint.id,
            number=number,
            text=fix.text,
            owner_id=_user_named(unit, sprint, fix.owner),
            owner_name=fix.owner,
            due_at=_at_nine(sprint, unit.now, fix.due_day),
            blocker_id=_blocker_of(unit, sprint, fix.blocker),
        )
        unit.session.add(item)
        unit.session.flush()
        _show(unit, sprint, item)
        _set_due(unit, item)
    for day in unit.playbook.follow_up_days:
        due = _at_nine(sprint, unit.now, day)
        unit.set_timer(sprint.id, f"follow_up:{day}", "follow_up", due, day=day)


def _at_nine(sprint: Sprint, now: datetime, days: int) -> datetime:
    zone = ZoneInfo(sprint.timezone)
    day = now.astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(day, REMINDER_TIME, zone)


def _user_named(unit: Unit, sprint: Sprint, name: str) -> str | None:
    """Return the user id behind an owner's name, the sprint's own people first."""
    for member in sprint.members:
        if unit.name(member.user_id) == name:
            return member.user_id
    found = unit.session.scalars(
        select(Person.user_id).where(Person.team_id == unit.team_id, Person.name == name)
    ).all()
    return found[0] if len(found) == 1 else None


def _blocker_of(unit: Unit, sprint: Sprint, reference: str) -> int | None:
    kind, _, number = reference.rpartition("-")
    if kind != "blocker" or not number.isdecimal():
        return None
    return unit.session.scalar(
        select(Blocker.id).where(Blocker.sprint_id == sprint.id, Blocker.number == int(number))
    )


def _set_due(unit: Unit, item: FixItem) -> None:
    unit.set_timer(item.sprint_id, f"fix:{item.number}:due", "fix_due", item.due_at, item=item.id)


def _owner(item: FixItem) -> Mrkdwn:
    return mention(item.owner_id) if item.owner_id else escape(item.owner_name or "")


def _show(unit: Unit, sprint: Sprint, item: FixItem) -> None:
    view = FixView(
        item_id=item.id,
        number=item.number,
        text=item.text,
        owner=_owner(item),
        due=item.due_at,
        state=item.state,
        reason=item.reason,
    )
    unit.wish(
        f"sprint:{sprint.id}:fix:{item.number}",
        sprint_lane(sprint.id),
        fix_card(view),
        sprint_id=sprint.id,
    )


def fix_for(unit: Unit, actor_id: str, item_id: int) -> tuple[FixItem, Sprint]:
    """Return an item and its sprint for somebody who may change it.

    Raises:
        InputError: it is not there, or they may not.
    """
    item: FixItem = unit.row(FixItem, item_id, "item")
    sprint = unit.sprint(item.sprint_id)
    if item.owner_id != actor_id:
        require(unit, actor_id, Action.CHANGE_FIX, sprint)
    return item, sprint


def mark_done(unit: Unit, actor_id: str, item_id: int) -> str:
    """Note that an item is done; returns what the person is told."""
    item, sprint = fix_for(unit, actor_id, item_id)
    if item.state == "done":
        raise InputError(say("fix.unchanged", state="done"))
    _change(unit, sprint, item, actor_id, "done", None)
    unit.drop_timers(sprint.id, f"fix:{item.number}:")
    return say("fix.noted", number=item.number, state="done")


def mark_stuck(unit: Unit, actor_id: str, item_id: int, reason: str) -> None:
    """Note that an item is stuck, and on what.

    Raises:
        FormError: no reason is given.
    """
    item, sprint = fix_for(unit, actor_id, item_id)
    _require_reason(reason)
    _change(unit, sprint, item, actor_id, "stuck", reason.strip())


def move(unit: Unit, actor_id: str, item_id: int, day: date | None, reason: str) -> None:
    """Move an item's date, with the reason.

    Raises:
        FormError: the day has passed, or no reason is given.
    """
    item, sprint = fix_for(unit, actor_id, item_id)
    zone = ZoneInfo(sprint.timezone)
    if day is None or day <= unit.now.astimezone(zone).date():
        raise FormError({"date": say_plain("fix.date_past")})
    _require_reason(reason)
    item.due_at = datetime.combine(day, REMINDER_TIME, zone)
    _set_due(unit, item)
    _change(unit, sprint, item, actor_id, "open", reason.strip())


def _require_reason(reason: str) -> None:
    if len(reason.strip()) < 3:
        raise FormError({"reason": say_plain("fix.reason_short")})


def _change(
    unit: Unit, sprint: Sprint, item: FixItem, actor_id: str, state: str, reason: str | None
) -> None:
    item.state = state
    item.reason = reason
    item.changed_at = unit.now
    unit.meet(actor_id)
    unit.audit(
        sprint.id,
        actor_id,
        state,
        "fix",
        item.id,
        number=item.number,
        reason=reason,
        due=item.due_at.isoformat(),
    )
    unit.session.flush()
    _show(unit, sprint, item)


def remind_of_fix(unit: Unit, sprint: Sprint, timer: Timer) -> None:
    """Ask about an item on its day."""
    item: FixItem = unit.row(FixItem, int(timer.facts["item"]), "item")
    if item.state == "done":
        return
    words = say("fix.reminder", who=_owner(item), number=item.number, text=item.text)
    unit.wish(
        f"sprint:{sprint.id}:fix:{item.number}:due:{item.due_at:%Y%m%d}",
        sprint_lane(sprint.id),
        blocks.message(words, [blocks.section(words)]),
        sprint_id=sprint.id,
        thread_key=f"sprint:{sprint.id}:fix:{item.number}",
    )


def items_of(unit: Unit, sprint: Sprint) -> list[FixItem]:
    """Return the plan's items in their order."""
    return list(
        unit.session.scalars(
            select(FixItem).where(FixItem.sprint_id == sprint.id).order_by(FixItem.number)
        )
    )


def follow_up(unit: Unit, sprint: Sprint, timer: Timer) -> None:
    """Post the weekly digest of the plan; on its last day the review with the rerun."""
    day = int(timer.facts["day"])
    items = items_of(unit, sprint)
    if day == unit.playbook.follow_up_days[-1]:
        _review(unit, sprint, items, day)
        return
    words = say(
        "fix.digest",
        day=day,
        done=sum(item.state == "done" for item in items),
        count=len(items),
        stuck=sum(item.state == "stuck" for item in items),
        late=sum(item.state != "done" and item.due_at < unit.now for item in items),
    )
    lines = [
        say(
            "fix.digest_line",
            number=item.number,
            text=item.text,
            state=say(f"fix.state_{item.state}"),
            owner=escape(item.owner_name or ""),
            due=moment(item.due_at, "{date_short_pretty}"),
        )
        for item in items
    ]
    rows = [blocks.section(words), *(blocks.section(line) for line in lines[:20])]
    unit.wish(
        f"sprint:{sprint.id}:follow_up:{day}",
        sprint_lane(sprint.id),
        blocks.message(words, rows),
        sprint_id=sprint.id,
    )


def _review(unit: Unit, sprint: Sprint, items: list[FixItem], day: int) -> None:
    left = [item for item in items if item.state != "done"]
    forecast = judge_with_done(unit, sprint, items)
    before = (sprint.verdict or {}).get("forecast_days", {}).get("p50", 0.0)
    words = say(
        "fix.review",
        done=len(items) - len(left),
        count=len(items),
        p50=say_days(forecast.forecast.p50),
        p80=say_days(forecast.forecast.p80),
        before=say_days(before),
    )
    if not left:
        words = Mrkdwn(f"{words}\n{say('fix.review_ready')}")
    unit.wish(
        f"sprint:{sprint.id}:review",
        sprint_lane(sprint.id),
        review_card(words, say_plain("fix.review_title", day=day), sprint.id),
        sprint_id=sprint.id,
    )


def judge_with_done(unit: Unit, sprint: Sprint, items: list[FixItem]) -> Verdict:
    """Judge the record again as if what the done items are about had been settled in time."""
    record = record_of(unit, sprint)
    done = {_about(sprint, item) for item in items if item.state == "done"}
    before = sprint.started_at or unit.now
    return verdict(
        with_done(record, done, unit.name(sprint.lead_id)),
        quotes_history=[each.quote for each in quoted_blockers(unit, closed_before=before)],
        figures=figures_of(unit.playbook),
    )


def _about(sprint: Sprint, item: FixItem) -> str:
    """Return what an item removes: the plan is numbered in the order of the verdict's fixes."""
    fixes = (sprint.verdict or {}).get("fixes", [])
    return str(fixes[item.number - 1]["blocker"]) if item.number <= len(fixes) else ""
