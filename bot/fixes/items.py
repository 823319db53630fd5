"""The items of a thirty-day plan: confirmed, rewritten, moved, stuck, done, and reminded of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select

from bot.dates import day_of_month
from bot.db.models import Blocker, FixItem, Person, Sprint, Timer
from bot.domain.enums import (
    FINISHED_FIXES,
    AuditAction,
    AuditSubject,
    FixCheckKind,
    FixState,
    TimerKind,
)
from bot.domain.errors import InputError
from bot.domain.permissions import Action
from bot.domain.transitions import FixMove, change_fix
from bot.domain.verdict import Verdict
from bot.domain.vocabulary import Subject
from bot.domain.working_days import day_in, morning, working_day_from, working_day_until
from bot.fixes.checks import FixCheck, check_of, describe
from bot.fixes.queries import newest_request, under_way
from bot.forms import FieldRule, has_length
from bot.messages import keys
from bot.messages.catalog import say, say_plain
from bot.messages.fix_card import FixView, fix_card
from bot.messages.templates import Template
from bot.outbox.queue import TemplateArgs
from bot.slack import blocks
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn, escape, moment
from bot.sprints.forecasts_made import settle_fix
from bot.sprints.people import require
from bot.sprints.pings import called
from bot.sprints.refused_buttons import settle_about
from bot.sprints.reminders import remind
from bot.unit_of_work import UnitOfWork

ITEM: Final = FieldRule("text", "fix.rewrite_short", has_length(8))
REASON: Final = FieldRule("reason", "fix.reason_short", has_length(3))
DAY: Final = FieldRule("date", "fix.date_past")
PLAN = "thirty_days"
"""The question that the plan answers."""


def write_items(uow: UnitOfWork, sprint: Sprint, judged: Verdict) -> None:
    """Write the verdict's fixes down as items, each with its buttons in the close's thread."""
    for number, fix in enumerate(judged.fixes, 1):
        item = FixItem(
            team_id=uow.team_id,
            sprint_id=sprint.id,
            number=number,
            text=fix.text,
            owner_id=_user_named(uow, sprint, fix.owner),
            owner_name=fix.owner,
            due_at=morning(day_in(sprint.timezone, uow.now, fix.due_day), sprint.timezone),
            blocker_id=_blocker_of(uow, sprint, fix.blocker),
            reference=fix.blocker,
            is_question=fix.is_question,
        )
        uow.session.add(item)
        uow.session.flush()
        show(uow, sprint, item, called(uow, sprint, item.owner_id) if item.owner_id else None)
        _set_due(uow, sprint, item)
    for day in uow.playbook.follow_up_days:
        at = morning(working_day_from(day_in(sprint.timezone, uow.now, day)), sprint.timezone)
        uow.set_timer(sprint.id, f"follow_up:{day}", TimerKind.FOLLOW_UP, at, day=day)


def _user_named(uow: UnitOfWork, sprint: Sprint, name: str) -> str | None:
    """Return the user id behind an owner's name, the sprint's own people first."""
    for member in sprint.members:
        if uow.name(member.user_id) == name:
            return member.user_id
    found = uow.session.scalars(
        select(Person.user_id).where(Person.team_id == uow.team_id, Person.name == name)
    ).all()
    return found[0] if len(found) == 1 else None


def _blocker_of(uow: UnitOfWork, sprint: Sprint, reference: str) -> int | None:
    kind, _, number = reference.rpartition("-")
    if kind != AuditSubject.BLOCKER or not number.isdecimal():
        return None
    return uow.session.scalar(
        select(Blocker.id).where(Blocker.sprint_id == sprint.id, Blocker.number == int(number))
    )


def _set_due(uow: UnitOfWork, sprint: Sprint, item: FixItem) -> None:
    """Remind of an item on its day, or on the Friday before a weekend."""
    day = working_day_until(day_in(sprint.timezone, item.due_at))
    at = max(morning(day, sprint.timezone), uow.now)
    uow.set_timer(item.sprint_id, f"fix:{item.number}:due", TimerKind.FIX_DUE, at, item=item.id)


def show(uow: UnitOfWork, sprint: Sprint, item: FixItem, owner: Mrkdwn | None = None) -> None:
    """Bring an item up to date; its owner is pinged by the first showing, within their hour."""
    uow.upsert(
        keys.fix(sprint.id, item.number),
        Template.FIX,
        {"item": item.id, **({"owner": str(owner)} if owner else {})},
        sprint_id=sprint.id,
        thread_key=thread_of(uow, sprint),
    )


def show_plan(uow: UnitOfWork, sprint: Sprint) -> None:
    """Bring what shows the whole plan up to date: the close, and its answer where discussed."""
    shown = {
        keys.debrief(sprint.id, "closed"): ({}, Template.DEBRIEF_CLOSED),
        keys.debrief(sprint.id, PLAN): ({"question": PLAN}, Template.DEBRIEF_ANSWER),
    }
    for key, (args, template) in shown.items():
        known = uow.find_message(key)
        if known is not None:
            uow.upsert(
                key,
                template,
                args,
                queue=known.queue,
                sprint_id=sprint.id,
                thread_key=known.thread_key,
            )


def thread_of(uow: UnitOfWork, sprint: Sprint) -> str | None:
    """Return the message in whose thread the plan stands; None for sprints closed before it."""
    closed = keys.debrief(sprint.id, "closed")
    return closed if uow.find_message(closed) else None


def render_fix(uow: UnitOfWork, sprint: Sprint, args: TemplateArgs) -> Block:
    """Render an item of the plan, with its buttons while it is open."""
    item = uow.session.get_one(FixItem, args["item"])
    check = check_of(item)
    run = under_way(uow, item.id) if check else None
    return fix_card(
        FixView(
            item_id=item.id,
            number=item.number,
            text=item.text,
            owner=Mrkdwn(args["owner"]) if "owner" in args else escape(item.owner_name or ""),
            due=item.due_at,
            state=item.state,
            reason=item.reason,
            is_question=item.is_question,
            confirmed_by=uow.name(item.confirmed_by) if item.confirmed_by else None,
            check=describe(check) if check else None,
            looking=(run.progress or "…") if run else None,
            result=_result(item, sprint) if check and not run else None,
            decider=_decider(uow, sprint, check),
        )
    )


def _decider(uow: UnitOfWork, sprint: Sprint, check: FixCheck | None) -> str | None:
    """Return who can decide what an item waits for; None where it waits for nobody's word."""
    if check is None or check.kind is not FixCheckKind.APPROVAL:
        return None
    request = newest_request(uow, sprint, Subject(str(check.facts["subject"])))
    return uow.name(request.approver_id) if request else None


def _result(item: FixItem, sprint: Sprint) -> Mrkdwn | None:
    """Return what the last look said, beside what was so before."""
    if item.check_outcome is None or item.checked_at is None:
        return None
    figures = item.check_figures
    before = str((figures.get("before") or {}).get("sentence", ""))
    at = moment(item.checked_at, "{date_short_pretty} {time}")
    if item.state == FixState.REGRESSED:
        until = until_words(str(item.check_kind), sprint.timezone, item.held_at)
        return say("fix.result_regressed", until=until, sentence=item.check_words or "", at=at)
    return say(
        f"fix.result_{item.check_outcome}",
        before=before,
        sentence=item.check_words or "",
        at=at,
        is_proved=item.state == FixState.PROVED,
    )


def until_words(kind: str, timezone: str, held_at: datetime | None) -> str:
    """Return until when a check held, in the words of its kind; empty where it never did."""
    if held_at is None:
        return ""
    day = held_at.astimezone(ZoneInfo(timezone))
    return say_plain(f"fix.until_{kind}", day=day_of_month(day))


def fix_for(uow: UnitOfWork, actor_id: str, item_id: int) -> tuple[FixItem, Sprint]:
    """Return an item and its sprint for somebody who may change it.

    Raises:
        InputError: it is not there, or they may not.
    """
    item: FixItem = uow.row(FixItem, item_id, "item")
    sprint = uow.sprint(item.sprint_id)
    require(uow, actor_id, Action.CHANGE_FIX, item)
    return item, sprint


def confirm(uow: UnitOfWork, actor_id: str, item_id: int) -> str:
    """Note that an item's owner takes it as it is; returns the answer for them.

    Raises:
        InputError: it is a question, which is answered and not confirmed, or they may not.
    """
    item, sprint = fix_for(uow, actor_id, item_id)
    if item.is_question:
        raise InputError(say("fix.answer_first"))
    if item.confirmed_by:
        return say("fix.confirmed_already", number=item.number, who=uow.name(item.confirmed_by))
    _take(uow, sprint, item, actor_id, AuditAction.CONFIRMED)
    return say("fix.confirmed_ack", number=item.number)


def rewrite(uow: UnitOfWork, actor_id: str, item_id: int, text: str) -> None:
    """Put an owner's own words, or an answer, in an item's place; that confirms it.

    Raises:
        FormError: the words say too little.
    """
    item, sprint = fix_for(uow, actor_id, item_id)
    words = ITEM.checked(" ".join(text.split()))
    before = item.text
    item.text, item.is_question = words, False
    _take(uow, sprint, item, actor_id, AuditAction.REWRITTEN, before=before, text=words)


def _take(
    uow: UnitOfWork,
    sprint: Sprint,
    item: FixItem,
    actor_id: str,
    action: AuditAction,
    **facts: str,
) -> None:
    item.confirmed_by, item.confirmed_at = actor_id, uow.now
    uow.audit_row(actor_id, action, item, number=item.number, **facts)
    uow.session.flush()
    show(uow, sprint, item)


def mark_stuck(uow: UnitOfWork, actor_id: str, item_id: int, reason: str) -> None:
    """Note that an item is stuck, and on what.

    Raises:
        FormError: no reason is given.
    """
    item, sprint = fix_for(uow, actor_id, item_id)
    change(uow, sprint, item, actor_id, FixMove.STUCK, REASON.checked(reason.strip()))


def move(uow: UnitOfWork, actor_id: str, item_id: int, day: date | None, reason: str) -> None:
    """Move an item's date, with the reason.

    Raises:
        FormError: the day has passed, or no reason is given.
    """
    item, sprint = fix_for(uow, actor_id, item_id)
    today = day_in(sprint.timezone, uow.now)
    chosen = DAY.checked(day if day and day > today else None)
    reason = REASON.checked(reason.strip())
    item.due_at = morning(chosen, sprint.timezone)
    _set_due(uow, sprint, item)
    change(uow, sprint, item, actor_id, FixMove.MOVE, reason)


def reopen(uow: UnitOfWork, actor_id: str, item_id: int) -> str:
    """Take back that an item was called done, and remind of it again; returns the answer for them.

    Raises:
        InputError: nobody called it done, a check proved it, or they may not.
    """
    item, sprint = fix_for(uow, actor_id, item_id)
    if item.state != FixState.CLAIMED:
        raise InputError(say("fix.unchanged", state=say_plain(f"fix.word_{item.state}")))
    change(uow, sprint, item, actor_id, FixMove.MOVE, None)
    if item.due_at > uow.now:
        _set_due(uow, sprint, item)
    return say("fix.reopened_ack", number=item.number)


def change(
    uow: UnitOfWork, sprint: Sprint, item: FixItem, actor_id: str, move: FixMove, reason: str | None
) -> None:
    """Apply what somebody says of an item.

    Raises:
        InputError: it was said before that it is done.
    """
    state = change_fix(item.state, move)
    if state is None:
        raise InputError(say("fix.unchanged", state=say_plain(f"fix.word_{item.state}")))
    set_state(uow, sprint, item, actor_id, state, state, reason)
    uow.session.flush()
    show(uow, sprint, item)


def set_state(
    uow: UnitOfWork,
    sprint: Sprint,
    item: FixItem,
    actor_id: str,
    state: FixState,
    action: str,
    reason: str | None,
    found: Mapping[str, Any] | None = None,
) -> None:
    """Write down how an item stands; only what is proved counts as having happened."""
    item.state, item.reason, item.changed_at = state, reason, uow.now
    settle_about(uow, AuditSubject.FIX, item.id)
    settle_fix(uow, sprint, item.number, uow.now if state == FixState.PROVED else None)
    uow.audit_row(
        actor_id,
        action,
        item,
        number=item.number,
        reason=reason,
        due=item.due_at.isoformat(),
        **{key: value for key, value in (found or {}).items() if value is not None},
    )
    show_plan(uow, sprint)


def remind_of_fix(uow: UnitOfWork, sprint: Sprint, timer: Timer) -> None:
    """Ask about an item on its day: its owner directly, with whatever else waits for them."""
    item: FixItem = uow.row(FixItem, int(timer.facts["item"]), "item")
    if item.state in FINISHED_FIXES:
        return
    if item.owner_id:
        remind(uow, sprint, item.owner_id, AuditSubject.FIX, item.id)
    uow.upsert(
        keys.fix_reminder(sprint.id, item.number, item.due_at),
        Template.FIX_REMINDER,
        {"item": item.id},
        sprint_id=sprint.id,
        thread_key=thread_of(uow, sprint) or keys.fix(sprint.id, item.number),
    )


def render_reminder(uow: UnitOfWork, _sprint: Sprint, args: TemplateArgs) -> Block:
    """Render the question about an item on its day, for the others."""
    item = uow.session.get_one(FixItem, args["item"])
    words = say(
        "fix.reminder",
        who=item.owner_name or "",
        number=item.number,
        text=item.text,
        due=moment(item.due_at, "{date_short_pretty}"),
        is_question=item.is_question and not item.check_kind,
    )
    return blocks.message(words, [blocks.section(words)])
