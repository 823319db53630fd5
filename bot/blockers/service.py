"""Blockers: written down when they happen, changed in the open, asked about while they age.

In the audit trail a blocker is `logged`, `edited`, `resolved` (its fact `how` says in which way),
`reopened`, `withdrawn`, `still_blocked` and `reminded`; a sprint's record is read from these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select

from bot.blockers.forms import (
    BlockerForm,
    HowLong,
    changes_between,
    changes_text,
    check_blocker,
    details,
    field_words,
    filled,
    refuse_twice,
    with_answer,
)
from bot.blockers.kind_suggestion import learn_kind, suggested_kind
from bot.blockers.queries import record_name
from bot.blockers.same_cause import open_twins, same_as, store_cause_link
from bot.db.models import Approval, AuditEntry, Blocker, Sprint, Timer
from bot.domain import transitions
from bot.domain.enums import (
    UNFINISHED,
    AuditAction,
    AuditSubject,
    BlockerState,
    SprintStatus,
    TimerKind,
)
from bot.domain.permissions import Action
from bot.domain.vocabulary import Resolution
from bot.evidence import links
from bot.messages import keys
from bot.messages.blocker_card import CardContext, age_words, asks_how_long, blocker_card, reminder
from bot.messages.evidence_card import waits_lines
from bot.messages.keys import Key
from bot.messages.templates import Template
from bot.outbox.queue import TemplateArgs
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn, escape
from bot.sprints.card_threads import post_below, say_below
from bot.sprints.overview import refresh_pinned_card
from bot.sprints.people import require
from bot.sprints.pings import called
from bot.sprints.refused_buttons import drop_buttons, settle_about
from bot.sprints.reminders import is_overtaken, remind, who_says
from bot.sprints.selection import locked_with_sprint, require_live
from bot.sprints.snapshot import hour_of
from bot.unit_of_work import BOT_ACTOR, UnitOfWork

STILL_AGAIN_AFTER: Final = timedelta(minutes=15)
"""A second press on `Still blocked` within this time adds nothing."""


def log_blocker(uow: UnitOfWork, actor_id: str, form: BlockerForm) -> Blocker:
    """Write a blocker down.

    Raises:
        FormError: fields that cannot be taken, each with its sentence.
        InputError: the sprint is not on, or the same message, finding or request is logged already.
    """
    sprint = uow.sprint(form.sprint_id, lock=True)
    require(uow, actor_id, Action.LOG_BLOCKER, sprint)
    require_live(sprint)
    check_blocker(uow, form)
    refuse_twice(uow, form)
    blocker = open_blocker(uow, sprint, actor_id, form, uow.now)
    if form.approval_id is not None:
        drop_buttons(uow, sprint.id, "blocker.open_form", f"{sprint.id}:{form.approval_id}")
    _notify_owner(uow, sprint, blocker, actor_id)
    if form.kind is not None:
        learn_kind(uow, actor_id, blocker.title, form.kind)
    return blocker


def open_blocker(
    uow: UnitOfWork,
    sprint: Sprint,
    raised_by: str,
    form: BlockerForm,
    at: datetime,
    *,
    phase: str | None = None,
    actor_id: str | None = None,
) -> Blocker:
    """Add a blocker that needs no more checks to a sprint that is locked.

    Args:
        uow: the open unit.
        sprint: its sprint.
        raised_by: whom it blocks.
        form: what it is.
        at: when it began to block.
        phase: the phase it belongs to; None for the one that runs at `at`.
        actor_id: who did this in the audit trail; None for who raised it.
    """
    phase = phase or uow.playbook.phase_at(hour_of(sprint, at)).key
    form = filled(form, at.date())
    logged = transitions.log(form.kind, lambda: suggested_kind(uow, form.sentence), phase)
    blocker = Blocker(
        team_id=uow.team_id,
        sprint_id=sprint.id,
        number=_next_number(uow, sprint),
        title=form.sentence,
        state=logged.state.value,
        kind=logged.kind.value,
        kind_was_suggested=logged.is_suggested,
        phase=phase,
        raised_by=raised_by,
        raised_at=at,
        permalink=form.permalink,
        approval_id=form.approval_id,
        probe_run_id=form.probe_run_id,
        finding_code=form.finding_code,
        finding_number=form.finding_number,
        **details(form),
    )
    uow.session.add(blocker)
    uow.session.flush()
    _set_reminders(uow, blocker, at)
    links.link_mentions(uow, blocker, actor_id or raised_by)
    actor = actor_id or raised_by
    _record(uow, blocker, actor, AuditAction.LOGGED, title=blocker.title, kind=blocker.kind)
    show_blocker(uow, sprint, blocker)
    refresh_pinned_card(uow, sprint)
    return blocker


def edit_blocker(
    uow: UnitOfWork,
    actor_id: str,
    blocker_id: int,
    form: BlockerForm,
) -> Blocker:
    """Change what is written about a blocker; its thread shows what changed.

    Raises:
        FormError: fields that cannot be taken, each with its sentence.
        InputError: they may not, or the sprint is over.
    """
    blocker, sprint = locked_blocker(uow, actor_id, blocker_id, Action.EDIT_BLOCKER)
    check_blocker(uow, form)
    before, kind, owner = field_words(uow, blocker), blocker.kind, blocker.owner_id
    _apply(uow, blocker, _read_again(uow, blocker, form))
    links.link_mentions(uow, blocker, actor_id)
    changes = changes_between(before, field_words(uow, blocker))
    if form.kind is not None and form.kind != kind:
        learn_kind(uow, actor_id, blocker.title, form.kind)
    show_blocker(uow, sprint, blocker)
    if changes:
        _record(uow, blocker, actor_id, AuditAction.EDITED, changes=changes)
        notice = changes_text(changes)
        say_below(
            uow, card_key(blocker), "blocker.line_edited", who=uow.name(actor_id), changes=notice
        )
    if blocker.owner_id != owner:
        _notify_owner(uow, sprint, blocker, actor_id)
    refresh_pinned_card(uow, sprint)
    return blocker


def inherit_blockers(
    uow: UnitOfWork, sprint: Sprint, actor_id: str, left: str, to_id: str
) -> list[int]:
    """Give somebody the open blockers of who left the team, with their reminders.

    Returns:
        The blockers' numbers.
    """
    theirs = uow.session.scalars(
        select(Blocker)
        .where(
            Blocker.sprint_id == sprint.id,
            Blocker.state == BlockerState.OPEN,
            func.coalesce(Blocker.owner_id, Blocker.raised_by) == left,
        )
        .order_by(Blocker.number)
    ).all()
    for blocker in theirs:
        before = field_words(uow, blocker)
        blocker.owner_id = to_id
        changes = changes_between(before, field_words(uow, blocker))
        _record(uow, blocker, actor_id, AuditAction.EDITED, changes=changes)
        show_blocker(uow, sprint, blocker)
        who, said = uow.name(actor_id), changes_text(changes)
        say_below(uow, card_key(blocker), "blocker.line_edited", who=who, changes=said)
    return [blocker.number for blocker in theirs]


def answer_how_long(
    uow: UnitOfWork, actor_id: str, blocker_id: int, answer: HowLong
) -> tuple[Blocker, bool]:
    """Note a quick answer to how long a blocker takes; its thread shows it.

    Returns:
        The blocker, and whether this press changed it; False when it is not open any more.

    Raises:
        InputError: they may not, or the sprint is over.
    """
    blocker, sprint = locked_blocker(uow, actor_id, blocker_id, Action.EDIT_BLOCKER)
    if blocker.state != BlockerState.OPEN or not asks_how_long(blocker):
        return blocker, False
    before = field_words(uow, blocker)
    blocker.lead_time = with_answer(blocker.lead_time or "", answer)
    changes = changes_between(before, field_words(uow, blocker))
    _record(uow, blocker, actor_id, AuditAction.EDITED, changes=changes)
    show_blocker(uow, sprint, blocker)
    notice = changes_text(changes)
    say_below(uow, card_key(blocker), "blocker.line_edited", who=uow.name(actor_id), changes=notice)
    refresh_pinned_card(uow, sprint)
    return blocker, True


def resolve_blocker(
    uow: UnitOfWork, actor_id: str, blocker_id: int, how: Resolution
) -> tuple[Blocker, bool]:
    """Note that a blocker blocks no more, and with it those that people called the same.

    Returns:
        The blocker, and whether this press changed it; False when somebody was first.
    """
    blocker, sprint = locked_blocker(uow, actor_id, blocker_id, Action.RESOLVE_BLOCKER)
    if transitions.resolve(blocker.state, how) is None:
        return blocker, False
    for each in (blocker, *open_twins(uow, sprint, blocker)):
        end_blocker(uow, sprint, each, actor_id, how)
    return blocker, True


def end_blocker(
    uow: UnitOfWork, sprint: Sprint, blocker: Blocker, actor_id: str, how: Resolution
) -> None:
    """Let an open blocker that is locked block no more."""
    blocker.state = how.value
    blocker.resolved_at = uow.now
    blocker.resolved_by = actor_id
    uow.drop_timers(sprint.id, f"blocker:{blocker.number}:")
    _record(uow, blocker, actor_id, AuditAction.RESOLVED, how=how.value)
    _show_and_post(uow, sprint, blocker, f"blocker.line_{how}", actor_id)


def reopen_blocker(uow: UnitOfWork, actor_id: str, blocker_id: int) -> tuple[Blocker, bool]:
    """Note that a blocker blocks again.

    Returns:
        The blocker, and whether this press changed it; False when it was open.
    """
    blocker, sprint = locked_blocker(uow, actor_id, blocker_id, Action.RESOLVE_BLOCKER)
    state = transitions.reopen(blocker.state)
    if state is None:
        return blocker, False
    blocker.state = state
    blocker.resolved_at = None
    blocker.resolved_by = None
    _set_reminders(uow, blocker, uow.now)
    links.look_on(uow, uow.sprint(blocker.sprint_id), blocker)
    _record(uow, blocker, actor_id, AuditAction.REOPENED)
    _show_and_post(uow, sprint, blocker, "blocker.line_reopened", actor_id)
    return blocker, True


def withdraw_blocker(uow: UnitOfWork, actor_id: str, blocker_id: int) -> tuple[Blocker, bool]:
    """Take back a blocker that was logged by mistake, with everything that counts it.

    Returns:
        The blocker, and whether this press changed it; False when it was withdrawn before.
    """
    blocker, sprint = locked_blocker(uow, actor_id, blocker_id, Action.WITHDRAW_BLOCKER)
    state = transitions.withdraw(blocker.state)
    if state is None:
        return blocker, False
    blocker.state = state
    blocker.resolved_at = uow.now
    blocker.resolved_by = actor_id
    uow.drop_timers(sprint.id, f"blocker:{blocker.number}:")
    _record(uow, blocker, actor_id, AuditAction.WITHDRAWN)
    _show_and_post(uow, sprint, blocker, "blocker.line_withdrawn", actor_id)
    return blocker, True


def still_blocked(
    uow: UnitOfWork, actor_id: str, blocker_id: int
) -> tuple[Blocker, datetime | None]:
    """Note that somebody looked at a blocker and it still blocks.

    Returns:
        The blocker, left as it is when it is not open any more; and when the same was noted a
        moment ago, so that nothing was added, or None.
    """
    blocker, sprint = locked_blocker(uow, actor_id, blocker_id, Action.RESOLVE_BLOCKER)
    if blocker.state != BlockerState.OPEN:
        return blocker, None
    noted = _last(uow, blocker, "still_blocked")
    if noted and uow.now - noted < STILL_AGAIN_AFTER:
        return blocker, noted
    _record(uow, blocker, actor_id, AuditAction.STILL_BLOCKED)
    _show_and_post(uow, sprint, blocker, "blocker.line_still", actor_id)
    return blocker, None


def remind_of_blocker(uow: UnitOfWork, timer: Timer) -> None:
    """Ask who knows whether an ageing blocker still blocks.

    After an outage several ages fall due together; only the latest of them asks.
    """
    number = int(timer.facts["blocker_id"])
    blocker, sprint = locked_with_sprint(uow, Blocker, number, "blocker")
    if (
        blocker.state != BlockerState.OPEN
        or sprint.status != SprintStatus.RUNNING
        or is_overtaken(uow, timer)
    ):
        return
    _record(uow, blocker, BOT_ACTOR, AuditAction.REMINDED)
    asked = who_says(uow, sprint, blocker)
    if asked != BOT_ACTOR:
        remind(uow, sprint, asked, AuditSubject.BLOCKER, blocker.id)
    who = str(escape(uow.name(asked)))
    args = {"blocker": blocker.id, "who": who, "at": uow.now.isoformat()}
    post_below(uow, card_key(blocker), Template.BLOCKER_REMINDER, args)


def render_reminder(uow: UnitOfWork, _sprint: Sprint, args: TemplateArgs) -> Block:
    """Render the question whether a blocker still blocks, as of its moment."""
    blocker = uow.session.get_one(Blocker, args["blocker"])
    return reminder(blocker, Mrkdwn(args["who"]), datetime.fromisoformat(args["at"]))


def open_blockers(uow: UnitOfWork, sprint: Sprint) -> Sequence[Blocker]:
    """Return a sprint's open blockers in the order of their raising."""
    return uow.session.scalars(
        select(Blocker)
        .where(Blocker.sprint_id == sprint.id, Blocker.state == BlockerState.OPEN)
        .order_by(Blocker.number)
    ).all()


def locked_blocker(
    uow: UnitOfWork, actor_id: str, blocker_id: int, action: Action
) -> tuple[Blocker, Sprint]:
    """Return a blocker, locked, with its sprint, to somebody who may do `action` to it.

    Raises:
        InputError: it is not there, they may not, or the sprint is not on.
    """
    blocker, sprint = locked_with_sprint(uow, Blocker, blocker_id, "blocker")
    require(uow, actor_id, action, blocker)
    require_live(sprint)
    return blocker, sprint


def card_key(blocker: Blocker) -> Key:
    """Return the outbox key of a blocker's card."""
    return keys.blocker(blocker.sprint_id, blocker.number)


def card_context(uow: UnitOfWork, sprint: Sprint) -> CardContext:
    """Return what cards need to render this sprint's rows."""
    is_over = sprint.status not in UNFINISHED
    return CardContext(uow.playbook, uow.name, uow.now, sprint.started_at, is_over)


def show_blocker(uow: UnitOfWork, sprint: Sprint, blocker: Blocker) -> None:
    """Bring a blocker's card up to date."""
    uow.upsert(card_key(blocker), Template.BLOCKER, {"blocker": blocker.id}, sprint_id=sprint.id)


def render_blocker(uow: UnitOfWork, sprint: Sprint, args: TemplateArgs) -> Block:
    """Render a blocker's card."""
    blocker = uow.session.get_one(Blocker, args["blocker"])
    waits = waits_lines(links.links_of(uow, blocker.id), blocker.lead_time, uow.now)
    return blocker_card(blocker, card_context(uow, sprint), same_as(uow, sprint, blocker), waits)


def link_causes(
    uow: UnitOfWork, actor_id: str, sprint_id: int, names: tuple[str, str], *, same: bool
) -> Sprint:
    """Note that two records are one cause, or are not; the threads of both show it.

    Returns:
        Their sprint.
    """
    rows, sprint = store_cause_link(uow, actor_id, sprint_id, names, same=same)
    key, who = "blocker.line_joined" if same else "blocker.line_parted", uow.name(actor_id)
    first, second = sorted(names)
    for row, other in zip(rows, (second, first), strict=True):
        if isinstance(row, Blocker):
            show_blocker(uow, sprint, row)
            say_below(uow, card_key(row), key, who=who, other=record_name(other))
        elif isinstance(row, Approval):
            card = keys.approval(sprint.id, row.number)
            say_below(uow, card, key, who=who, other=record_name(other))
    return sprint


def _show_and_post(
    uow: UnitOfWork, sprint: Sprint, blocker: Blocker, text: str, actor_id: str
) -> None:
    show_blocker(uow, sprint, blocker)
    drop_buttons(uow, sprint.id, "blocker.", str(blocker.id))
    settle_about(uow, AuditSubject.BLOCKER, blocker.id)
    after = age_words(blocker, uow.now)
    say_below(uow, card_key(blocker), text, who=uow.name(actor_id), after=after)
    refresh_pinned_card(uow, sprint)


def _notify_owner(uow: UnitOfWork, sprint: Sprint, blocker: Blocker, actor_id: str) -> None:
    """Call somebody who became the owner by another's hand."""
    if not blocker.owner_id or blocker.owner_id == actor_id:
        return
    uow.ensure_person(blocker.owner_id)
    owner = called(uow, sprint, blocker.owner_id)
    say_below(uow, card_key(blocker), "blocker.line_owner", owner=owner, who=uow.name(actor_id))


def _read_again(uow: UnitOfWork, blocker: Blocker, form: BlockerForm) -> BlockerForm:
    """Read a title that was changed; a field that somebody emptied stays empty."""
    if form.sentence == blocker.title:
        return form
    read = filled(form, uow.now.date())
    return replace(
        form,
        lead_time=form.lead_time if blocker.lead_time else read.lead_time,
        waits_for=form.waits_for if blocker.waits_for else read.waits_for,
    )


def _apply(uow: UnitOfWork, blocker: Blocker, form: BlockerForm) -> None:
    kept = blocker.kind_was_suggested and form.sentence == blocker.title
    if not kept or form.kind is not None:
        anew = transitions.log(form.kind, lambda: suggested_kind(uow, form.sentence), blocker.phase)
        blocker.kind, blocker.kind_guess = anew.kind.value, None
    blocker.kind_was_suggested = form.kind is None
    blocker.title = form.sentence
    for column, value in details(form).items():
        setattr(blocker, column, value)


def _next_number(uow: UnitOfWork, sprint: Sprint) -> int:
    highest = uow.session.scalar(
        select(func.max(Blocker.number)).where(Blocker.sprint_id == sprint.id)
    )
    return (highest or 0) + 1


def _set_reminders(uow: UnitOfWork, blocker: Blocker, since: datetime) -> None:
    for age in uow.playbook.reminders.blocker_ages:
        due = since + timedelta(hours=age)
        if due > uow.now:
            key = f"blocker:{blocker.number}:age:{age}"
            uow.set_timer(blocker.sprint_id, key, TimerKind.BLOCKER_AGE, due, blocker_id=blocker.id)


def _record(uow: UnitOfWork, blocker: Blocker, actor_id: str, action: str, **facts: object) -> None:
    number = blocker.number
    uow.audit(
        blocker.sprint_id,
        actor_id,
        action,
        AuditSubject.BLOCKER,
        blocker.id,
        number=number,
        **facts,
    )


def _last(uow: UnitOfWork, blocker: Blocker, action: str) -> datetime | None:
    return uow.session.scalar(
        select(func.max(AuditEntry.at)).where(
            AuditEntry.sprint_id == blocker.sprint_id,
            AuditEntry.subject == AuditSubject.BLOCKER,
            AuditEntry.subject_id == blocker.id,
            AuditEntry.action == action,
        )
    )
