"""Blockers: written down when they happen, changed in the open, asked about while they age.

In the audit trail a blocker is `logged`, `edited`, `resolved` (its fact `how` says in which way),
`reopened`, `still_blocked` and `reminded`; a sprint's record is read from these.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select

from bot.slack.cards.blocker_card import Teller, age_words, blocker_card, reminder
from bot.slack.outbox import sprint_lane
from bot.slack.text import Mrkdwn
from bot.slack.words import say
from bot.sprint.permissions import Action
from bot.sprint.vocabulary import Resolution
from bot.store.models import AuditEntry, Blocker, Sprint, Timer
from bot.usecases.blocker_form import (
    BlockerForm,
    changes_between,
    check_blocker,
    details,
    refuse_twice,
    say_changes,
    told,
)
from bot.usecases.board import refresh_board
from bot.usecases.calling import called
from bot.usecases.facts import hour_of
from bot.usecases.house import THE_CLOCK, Unit
from bot.usecases.people import require
from bot.usecases.reminders import is_overtaken
from bot.usecases.suggestion import kind_of_phase, learn_kind, suggested_kind
from bot.usecases.threads import say_below
from bot.usecases.which import locked_with_sprint, require_live

STILL_AGAIN_AFTER: Final = timedelta(minutes=15)
"""A second press on `Still blocked` within this time adds nothing."""


def log_blocker(
    unit: Unit, actor_id: str, form: BlockerForm, *, receipt: str | None = None
) -> Blocker:
    """Write a blocker down.

    Raises:
        FormError: fields that cannot be taken, each with its sentence.
        InputError: the sprint is not on, or the same message, finding or request is logged already.
        AlreadyDone: the same delivery was acted on before.
    """
    sprint = unit.sprint(form.sprint_id, lock=True)
    require(unit, actor_id, Action.LOG_BLOCKER, sprint)
    require_live(sprint)
    check_blocker(unit, form)
    unit.once(receipt)
    refuse_twice(unit, form)
    blocker = open_blocker(unit, sprint, actor_id, form, unit.now)
    _tell_owner(unit, sprint, blocker, actor_id)
    if form.kind is not None:
        learn_kind(unit, actor_id, blocker.title, form.kind)
    return blocker


def open_blocker(
    unit: Unit,
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
        unit: the open unit.
        sprint: its sprint.
        raised_by: whom it blocks.
        form: what it is.
        at: when it began to block.
        phase: the phase it belongs to; None for the one that runs at `at`.
        actor_id: who did this in the audit trail; None for who raised it.
    """
    phase = phase or unit.playbook.phase_at(hour_of(sprint, at)).key
    kind = form.kind or suggested_kind(unit, form.sentence) or kind_of_phase(phase)
    blocker = Blocker(
        team_id=unit.team_id,
        sprint_id=sprint.id,
        number=_next_number(unit, sprint),
        title=form.sentence,
        kind=kind.value,
        kind_was_suggested=form.kind is None,
        phase=phase,
        raised_by=raised_by,
        raised_at=at,
        permalink=form.permalink,
        approval_id=form.approval_id,
        probe_run_id=form.probe_run_id,
        finding_code=form.finding_code,
        **details(form),
    )
    unit.session.add(blocker)
    unit.session.flush()
    _set_reminders(unit, blocker, at)
    actor = actor_id or raised_by
    _record(unit, blocker, actor, "logged", title=blocker.title, kind=blocker.kind)
    show_blocker(unit, sprint, blocker)
    refresh_board(unit, sprint)
    return blocker


def edit_blocker(
    unit: Unit, actor_id: str, blocker_id: int, form: BlockerForm, *, receipt: str | None = None
) -> Blocker:
    """Change what is written about a blocker; its thread tells what changed.

    Raises:
        FormError: fields that cannot be taken, each with its sentence.
        InputError: they may not, or the sprint is over.
    """
    blocker, sprint = locked_blocker(unit, actor_id, blocker_id, Action.EDIT_BLOCKER)
    check_blocker(unit, form)
    unit.once(receipt)
    before, kind, owner = told(unit, blocker), blocker.kind, blocker.owner_id
    _apply(unit, blocker, form)
    changes = changes_between(before, told(unit, blocker))
    if form.kind is not None and form.kind != kind:
        learn_kind(unit, actor_id, blocker.title, form.kind)
    show_blocker(unit, sprint, blocker)
    if changes:
        _record(unit, blocker, actor_id, "edited", changes=changes)
        who = unit.name(actor_id)
        line = say("blocker.line_edited", who=who, changes=say_changes(changes))
        say_below(unit, card_key(blocker), line)
    if blocker.owner_id != owner:
        _tell_owner(unit, sprint, blocker, actor_id)
    refresh_board(unit, sprint)
    return blocker


def resolve_blocker(
    unit: Unit, actor_id: str, blocker_id: int, how: Resolution
) -> tuple[Blocker, bool]:
    """Note that a blocker blocks no more.

    Returns:
        The blocker, and whether this press changed it; False when somebody was first.
    """
    blocker, sprint = locked_blocker(unit, actor_id, blocker_id, Action.RESOLVE_BLOCKER)
    if blocker.state != "open":
        return blocker, False
    end_blocker(unit, sprint, blocker, actor_id, how)
    return blocker, True


def end_blocker(
    unit: Unit, sprint: Sprint, blocker: Blocker, actor_id: str, how: Resolution
) -> None:
    """Let an open blocker that is locked block no more."""
    blocker.state = how.value
    blocker.resolved_at = unit.now
    blocker.resolved_by = actor_id
    unit.drop_timers(sprint.id, f"blocker:{blocker.number}:")
    _record(unit, blocker, actor_id, "resolved", how=how.value)
    line = say(f"blocker.line_{how}", who=unit.name(actor_id), after=age_words(blocker, unit.now))
    _tell(unit, sprint, blocker, line)


def reopen_blocker(unit: Unit, actor_id: str, blocker_id: int) -> tuple[Blocker, bool]:
    """Note that a blocker blocks again.

    Returns:
        The blocker, and whether this press changed it; False when it was open.
    """
    blocker, sprint = locked_blocker(unit, actor_id, blocker_id, Action.RESOLVE_BLOCKER)
    if blocker.state == "open":
        return blocker, False
    blocker.state = "open"
    blocker.resolved_at = None
    blocker.resolved_by = None
    _set_reminders(unit, blocker, unit.now)
    _record(unit, blocker, actor_id, "reopened")
    _tell(unit, sprint, blocker, say("blocker.line_reopened", who=unit.name(actor_id)))
    return blocker, True


def still_blocked(unit: Unit, actor_id: str, blocker_id: int) -> tuple[Blocker, datetime | None]:
    """Note that somebody looked at a blocker and it still blocks.

    Returns:
        The blocker, left as it is when it is not open any more; and when the same was noted a
        moment ago, so that nothing was added, or None.
    """
    blocker, sprint = locked_blocker(unit, actor_id, blocker_id, Action.RESOLVE_BLOCKER)
    if blocker.state != "open":
        return blocker, None
    noted = _last(unit, blocker, "still_blocked")
    if noted and unit.now - noted < STILL_AGAIN_AFTER:
        return blocker, noted
    _record(unit, blocker, actor_id, "still_blocked")
    line = say("blocker.line_still", who=unit.name(actor_id), after=age_words(blocker, unit.now))
    _tell(unit, sprint, blocker, line)
    return blocker, None


def remind_of_blocker(unit: Unit, timer: Timer) -> None:
    """Ask the owner, else who raised it, whether an ageing blocker still blocks.

    After an outage several ages fall due together; only the latest of them asks.
    """
    number = int(timer.facts["blocker_id"])
    blocker, sprint = locked_with_sprint(unit, Blocker, number, "blocker")
    if blocker.state != "open" or sprint.status != "running" or is_overtaken(unit, timer):
        return
    _record(unit, blocker, THE_CLOCK, "reminded")
    who = called(unit, sprint, blocker.owner_id or blocker.raised_by)
    say_below(unit, card_key(blocker), reminder(blocker, who, unit.now))


def open_blockers(unit: Unit, sprint: Sprint) -> Sequence[Blocker]:
    """Return a sprint's open blockers in the order of their raising."""
    return unit.session.scalars(
        select(Blocker)
        .where(Blocker.sprint_id == sprint.id, Blocker.state == "open")
        .order_by(Blocker.number)
    ).all()


def locked_blocker(
    unit: Unit, actor_id: str, blocker_id: int, action: Action
) -> tuple[Blocker, Sprint]:
    """Return a blocker, locked, with its sprint, to somebody who may do `action` to it.

    Raises:
        InputError: it is not there, they may not, or the sprint is not on.
    """
    blocker, sprint = locked_with_sprint(unit, Blocker, blocker_id, "blocker")
    require(unit, actor_id, action, blocker)
    require_live(sprint)
    return blocker, sprint


def card_key(blocker: Blocker) -> str:
    """Return the outbox key of a blocker's card."""
    return f"sprint:{blocker.sprint_id}:blocker:{blocker.number}"


def teller(unit: Unit, sprint: Sprint) -> Teller:
    """Return what cards need to tell this sprint's rows."""
    return Teller(unit.playbook, unit.name, unit.now, sprint.started_at)


def show_blocker(unit: Unit, sprint: Sprint, blocker: Blocker) -> None:
    """Bring a blocker's card up to date."""
    content = blocker_card(blocker, teller(unit, sprint))
    unit.wish(card_key(blocker), sprint_lane(sprint.id), content, sprint_id=sprint.id)


def _tell(unit: Unit, sprint: Sprint, blocker: Blocker, line: Mrkdwn) -> None:
    show_blocker(unit, sprint, blocker)
    say_below(unit, card_key(blocker), line)
    refresh_board(unit, sprint)


def _tell_owner(unit: Unit, sprint: Sprint, blocker: Blocker, actor_id: str) -> None:
    """Call somebody who became the owner by another's hand."""
    if not blocker.owner_id or blocker.owner_id == actor_id:
        return
    unit.meet(blocker.owner_id)
    owner = called(unit, sprint, blocker.owner_id)
    say_below(
        unit, card_key(blocker), say("blocker.line_owner", owner=owner, who=unit.name(actor_id))
    )


def _apply(unit: Unit, blocker: Blocker, form: BlockerForm) -> None:
    kept = blocker.kind_was_suggested and form.sentence == blocker.title
    if form.kind is not None:
        blocker.kind = form.kind.value
    elif not kept:
        suggested = suggested_kind(unit, form.sentence) or kind_of_phase(blocker.phase)
        blocker.kind = suggested.value
    blocker.kind_was_suggested = form.kind is None
    blocker.title = form.sentence
    for column, value in details(form).items():
        setattr(blocker, column, value)


def _next_number(unit: Unit, sprint: Sprint) -> int:
    highest = unit.session.scalar(
        select(func.max(Blocker.number)).where(Blocker.sprint_id == sprint.id)
    )
    return (highest or 0) + 1


def _set_reminders(unit: Unit, blocker: Blocker, since: datetime) -> None:
    for age in unit.playbook.reminders.blocker_ages:
        due = since + timedelta(hours=age)
        if due > unit.now:
            key = f"blocker:{blocker.number}:age:{age}"
            unit.set_timer(blocker.sprint_id, key, "blocker_age", due, blocker_id=blocker.id)


def _record(unit: Unit, blocker: Blocker, actor_id: str, action: str, **facts: object) -> None:
    number = blocker.number
    unit.audit(blocker.sprint_id, actor_id, action, "blocker", blocker.id, number=number, **facts)


def _last(unit: Unit, blocker: Blocker, action: str) -> datetime | None:
    return unit.session.scalar(
        select(func.max(AuditEntry.at)).where(
            AuditEntry.sprint_id == blocker.sprint_id,
            AuditEntry.subject == "blocker",
            AuditEntry.subject_id == blocker.id,
            AuditEntry.action == action,
        )
    )
