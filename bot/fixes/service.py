"""An item's check: attached from the record or chosen by its owner, run when Done is pressed.

What a check says is settled in one transaction: the item's state, the forecast, the audit trail,
the card and one line below it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import func, select

from bot.db.models import FixItem, Sprint
from bot.db.outbox_models import OutboxItem
from bot.domain.enums import (
    FINISHED_FIXES,
    AuditAction,
    AuditSubject,
    CheckOutcome,
    CheckTrigger,
    FixCheckKind,
    FixState,
    TimerKind,
)
from bot.domain.errors import InputError
from bot.domain.fix_checks import Judged
from bot.domain.transitions import FixMove, settle_fix_check
from bot.domain.verdict import Verdict
from bot.domain.verdict.facts import reference_to
from bot.domain.vocabulary import Subject
from bot.fixes import checks, figures, items
from bot.fixes.checks import FixCheck, check_of, check_of_reference, describe, judge_here
from bot.fixes.queries import items_of, newest_request, under_way
from bot.fixes.queue import queue_run
from bot.fixes.schedule import next_night
from bot.forms import FieldRule
from bot.messages import keys
from bot.messages.catalog import say, say_plain
from bot.messages.templates import Template
from bot.outbox.queue import Priority
from bot.sprints.card_threads import text_args
from bot.sprints.pings import called, can_act
from bot.unit_of_work import BOT_ACTOR, UnitOfWork

LINK: Final = FieldRule("link", "fix.link_wrong", checks.is_address)
OWNER: Final = FieldRule("person", "fix.owner_choose")
NIGHTLY_KEY: Final = "fix_check:nightly"


def post_plan(uow: UnitOfWork, sprint: Sprint, judged: Verdict) -> None:
    """Write the verdict's fixes down as items, each with the check that the record itself gives.

    The checks are looked at every night.
    """
    items.write_items(uow, sprint, judged)
    causes = {cause.id: cause for cause in judged.causes}
    fixes = {fix.blocker: fix for fix in judged.fixes}
    for item in items_of(uow, sprint):
        fix = fixes.get(item.reference or "")
        cause = causes.get(fix.cause or "") if fix else None
        others = [reference_to(fact) for fact in cause.records] if cause else []
        attach_check(uow, sprint, item, [item.reference or "", *others])
    watch_tonight(uow, sprint)


def attach_check(uow: UnitOfWork, sprint: Sprint, item: FixItem, references: Sequence[str]) -> None:
    """Give an item the check of the first of its references that has one."""
    check = check_of_reference(uow, sprint, references)
    if check is not None:
        _put_check(item, check, BOT_ACTOR)


def _put_check(item: FixItem, check: FixCheck, actor_id: str) -> None:
    item.check_kind, item.check_facts, item.check_by = check.kind, dict(check.facts), actor_id
    item.check_outcome = item.check_words = item.checked_at = item.held_at = None
    before = check.facts.get("expected", {})
    item.check_figures = (
        {"before": {"sentence": before["sentence"], **before["figures"]}} if before else {}
    )


def watch_tonight(uow: UnitOfWork, sprint: Sprint) -> None:
    """Let the checks of a sprint run the next night, and from then on every night."""
    uow.set_timer(sprint.id, NIGHTLY_KEY, TimerKind.FIX_CHECK, next_night(sprint.timezone, uow.now))


# Done


def asks_for(uow: UnitOfWork, actor_id: str, item_id: int) -> FixCheckKind | None:
    """Return what has to be asked before an item's check can run: a person or a link, or None.

    Raises:
        InputError: the item isn't there, or they may not.
    """
    item, _ = _to_finish(uow, actor_id, item_id)
    check = check_of(item)
    if check is None or item.state == FixState.PROVED:
        return None
    is_open = {FixCheckKind.OWNER: "person", FixCheckKind.EVIDENCE: "link"}.get(check.kind)
    return check.kind if is_open and not check.facts.get(is_open) else None


def _to_finish(uow: UnitOfWork, actor_id: str, item_id: int) -> tuple[FixItem, Sprint]:
    """Return an item that somebody calls done; a question needs an answer or a check first."""
    item, sprint = items.fix_for(uow, actor_id, item_id)
    if item.is_question and check_of(item) is None:
        raise InputError(say("fix.answer_first"))
    return item, sprint


def press_done(uow: UnitOfWork, actor_id: str, item_id: int) -> str:
    """Check an item that somebody calls done; without a check it counts as claimed.

    Returns:
        What the person is told at once; the result of a look elsewhere comes below the card.

    Raises:
        InputError: it is done already, it is a question that nobody answered, or they may not.
    """
    item, sprint = _to_finish(uow, actor_id, item_id)
    check = check_of(item)
    if item.state == FixState.PROVED or (check is None and item.state in FINISHED_FIXES):
        raise InputError(say("fix.unchanged", state=say_plain(f"fix.word_{item.state}")))
    if check is None:
        items.change(uow, sprint, item, actor_id, FixMove.DONE, None)
        uow.drop_timers(sprint.id, f"fix:{item.number}:")
        return say("fix.claimed_ack", number=item.number)
    if check.kind in checks.HERE:
        return _settle_here(uow, sprint, item, check, CheckTrigger.DONE, actor_id)
    if under_way(uow, item.id) is None:
        queue_run(uow, sprint, item, check, CheckTrigger.DONE, actor_id)
    items.show(uow, sprint, item)
    return say("fix.checking_ack", number=item.number, check=describe(check))


def name_owner(uow: UnitOfWork, actor_id: str, item_id: int, person_id: str | None) -> str:
    """Note whom an item names as owner, and check that.

    Raises:
        FormError: nobody was chosen, or a bot, or somebody whose account is closed.
    """
    item, _ = items.fix_for(uow, actor_id, item_id)
    _require_kind(item, FixCheckKind.OWNER)
    person = OWNER.checked(person_id if person_id and can_act(uow, person_id) else None)
    uow.ensure_person(person)
    item.check_facts = {**item.check_facts, "person": person}
    return press_done(uow, actor_id, item_id)


def show_evidence(uow: UnitOfWork, actor_id: str, item_id: int, link: str) -> str:
    """Note the file or link that shows that an item is done, and check that.

    Raises:
        FormError: it is no link.
    """
    item, _ = items.fix_for(uow, actor_id, item_id)
    _require_kind(item, FixCheckKind.EVIDENCE)
    item.check_facts = {**item.check_facts, "link": LINK.checked(link)}
    return press_done(uow, actor_id, item_id)


def _require_kind(item: FixItem, kind: FixCheckKind) -> None:
    """Refuse an answer to what is no longer asked: another check was chosen meanwhile."""
    if item.check_kind != kind:
        raise InputError(say("fix.check_changed"))


# Choosing


def choose_check(uow: UnitOfWork, actor_id: str, item_id: int, check: FixCheck | None) -> None:
    """Let a check show that an item is done; it runs once at once, for the figures before.

    Args:
        uow: the transaction.
        actor_id: who chooses.
        item_id: the item.
        check: what to look at; None leaves nothing to check it with.

    Raises:
        InputError: the item isn't there, or they may not.
    """
    item, sprint = items.fix_for(uow, actor_id, item_id)
    if check is None:
        item.check_kind, item.check_facts, item.check_by = None, {}, actor_id
        item.check_outcome = item.check_words = None
        if item.state in (FixState.PROVED, FixState.REGRESSED):
            state = FixState.CLAIMED if item.state == FixState.PROVED else FixState.OPEN
            items.set_state(uow, sprint, item, actor_id, state, state, None)
    else:
        _put_check(item, check, actor_id)
    uow.audit(
        sprint.id,
        actor_id,
        AuditAction.CHOSEN,
        AuditSubject.CHECK,
        item.id,
        number=item.number,
        check=check.kind if check else None,
    )
    uow.session.flush()
    items.show(uow, sprint, item)
    if check is not None and check.kind in checks.HERE:
        _settle_here(uow, sprint, item, check, CheckTrigger.CHOSEN, actor_id)
    elif check is not None:
        queue_run(uow, sprint, item, check, CheckTrigger.CHOSEN, actor_id)


# Settling


def settle_decided(uow: UnitOfWork, sprint: Sprint, item: FixItem, actor_id: str) -> str:
    """Check an item about which somebody has just decided; returns what they are told."""
    check = check_of(item)
    assert check is not None  # noqa: S101 - only an item with a check waits for a decision
    return _settle_here(uow, sprint, item, check, CheckTrigger.DONE, actor_id)


def _settle_here(
    uow: UnitOfWork,
    sprint: Sprint,
    item: FixItem,
    check: FixCheck,
    trigger: CheckTrigger,
    actor_id: str,
) -> str:
    judged = judge_here(uow, sprint, check)
    settle(uow, sprint, item, judged, trigger, actor_id)
    key = "fix.proved_ack" if judged.outcome is CheckOutcome.HOLDS else "fix.refused_ack"
    return say(key, number=item.number, sentence=judged.sentence)


def settle_here(uow: UnitOfWork, sprint: Sprint, item: FixItem, trigger: CheckTrigger) -> None:
    """Run an item's check where the bot's own rows answer it, as every night."""
    check = check_of(item)
    if check is not None and check.kind in checks.HERE:
        settle(uow, sprint, item, judge_here(uow, sprint, check), trigger, BOT_ACTOR)


def settle(
    uow: UnitOfWork,
    sprint: Sprint,
    item: FixItem,
    judged: Judged,
    trigger: CheckTrigger,
    actor_id: str,
) -> None:
    """Write down what a check said of an item, and say what changed.

    Args:
        uow: the transaction; it holds the lock on the item.
        sprint: its sprint.
        item: the item.
        judged: what the look says.
        trigger: why it ran.
        actor_id: who asked for it.
    """
    check = check_of(item)
    if check is None:
        return
    before, held_at, before_words = item.state, item.held_at, item.check_words
    item.checked_at = uow.now
    item.check_outcome = judged.outcome
    item.check_words = words_of(check, judged)
    _note_figures(item, judged, trigger)
    if judged.outcome is CheckOutcome.HOLDS:
        item.held_at = uow.now
    state = settle_fix_check(before, judged.outcome, trigger)
    notice = _notice_of(before, state, judged.outcome, trigger)
    _write(uow, sprint, item, actor_id, state, notice)
    if notice or before_words != item.check_words:
        items.show(uow, sprint, item)
    if notice == REGRESSED:
        _notify_regressed(uow, sprint, item, check, held_at)
    elif notice:
        _post_outcome(uow, sprint, item, check, notice)


def _write(
    uow: UnitOfWork,
    sprint: Sprint,
    item: FixItem,
    actor_id: str,
    state: FixState,
    notice: str | None,
) -> None:
    """Write the item's new state, or that it was refused, into its row and the audit trail."""
    if state != item.state:
        action = AuditAction.REFUSED if notice == REFUSED else state
        broke_at = item.held_at if state is FixState.REGRESSED else None
        found = {
            "sentence": item.check_words,
            "held_at": broke_at.isoformat() if broke_at else None,
        }
        items.set_state(uow, sprint, item, actor_id, state, action, item.reason, found)
        if state is FixState.PROVED:
            uow.drop_timers(sprint.id, f"fix:{item.number}:")
    elif notice == REFUSED:
        uow.audit_row(
            actor_id, AuditAction.REFUSED, item, number=item.number, sentence=item.check_words
        )
    uow.session.flush()


REFUSED: Final = AuditAction.REFUSED.value
REGRESSED: Final = FixState.REGRESSED.value


def _notice_of(
    before: str, after: FixState, outcome: CheckOutcome, trigger: CheckTrigger
) -> str | None:
    """Return which line is said below the card; None where there is nothing new."""
    if after != before:
        by_itself = trigger is not CheckTrigger.DONE and after is FixState.PROVED
        changed = {FixState.REGRESSED: REGRESSED, FixState.OPEN: REFUSED}
        return changed.get(after, "proved_by_itself" if by_itself else FixState.PROVED.value)
    if trigger is CheckTrigger.DONE:
        return REFUSED if outcome is CheckOutcome.FAILS else CheckOutcome.UNKNOWN.value
    return None


def _note_figures(item: FixItem, judged: Judged, trigger: CheckTrigger) -> None:
    """Keep the figures: those of the first look as before, those of the last one as after."""
    now = {"sentence": item.check_words or "", **judged.figures}
    known = dict(item.check_figures)
    if judged.outcome is CheckOutcome.FAILS and "before" not in known:
        known["before"] = now
    if judged.outcome is not CheckOutcome.UNKNOWN and trigger is not CheckTrigger.CHOSEN:
        known["after"] = now
    item.check_figures = known


def words_of(check: FixCheck, judged: Judged) -> str:
    """Return what a look says, in one sentence."""
    if judged.code == "gone":
        return say_plain("fix.why_gone", figures=figures.said(judged.figures))
    if judged.code == "absent":
        column = check.facts["expected"]["column"]
        return say_plain("fix.why_absent", column=column)
    if judged.code == "instead":
        return say_plain("fix.why_instead", sentence=judged.sentence)
    if judged.code == "no_rows":
        return say_plain("fix.why_no_rows")
    return judged.sentence or say_plain("fix.why_nothing")


def _post_outcome(
    uow: UnitOfWork, sprint: Sprint, item: FixItem, check: FixCheck, notice: str
) -> None:
    before = item.check_figures.get("before") or {}
    card = keys.fix(sprint.id, item.number)
    uow.upsert(
        keys.fix_checked(sprint.id, item.number, _looks(uow, item)),
        Template.LINE,
        text_args(
            f"fix.line_{notice}",
            number=item.number,
            check=describe(check),
            before=str(before.get("sentence", "")),
            sentence=item.check_words or "",
            **{"asked": _asked(uow, sprint, check)} if notice == REFUSED else {},
        ),
        sprint_id=sprint.id,
        thread_key=items.thread_of(uow, sprint) or card,
        priority=Priority.URGENT if notice in (REFUSED, CheckOutcome.UNKNOWN) else Priority.NORMAL,
    )


def _asked(uow: UnitOfWork, sprint: Sprint, check: FixCheck) -> str:
    """Return who is called to decide what an item waits for; empty where nobody was asked."""
    if check.kind is not FixCheckKind.APPROVAL:
        return ""
    request = newest_request(uow, sprint, Subject(str(check.facts["subject"])))
    return called(uow, sprint, request.approver_id) if request else ""


def _looks(uow: UnitOfWork, item: FixItem) -> int:
    """Count the lines about an item that were said below the plan."""
    beginning = keys.fix_checked(item.sprint_id, item.number, 0).removesuffix("0")
    counted = select(func.count(OutboxItem.id)).where(
        OutboxItem.team_id == uow.team_id, OutboxItem.key.startswith(beginning, autoescape=True)
    )
    return (uow.session.scalar(counted) or 0) + 1


def _notify_regressed(
    uow: UnitOfWork, sprint: Sprint, item: FixItem, check: FixCheck, held_at: Any
) -> None:
    """Say in the channel what broke again and since when; its owner is called."""
    who = called(uow, sprint, item.owner_id) if item.owner_id else item.owner_name or ""
    facts: Mapping[str, Any] = {
        "who": who,
        "number": item.number,
        "item": item.text,
        "until": items.until_words(check.kind, sprint.timezone, held_at),
        "sentence": item.check_words or "",
    }
    uow.upsert(
        keys.fix_regressed(sprint.id, item.number, uow.now),
        Template.LINE,
        text_args("fix.regressed_message", **facts),
        sprint_id=sprint.id,
        priority=Priority.URGENT,
    )


def recheck_approval(uow: UnitOfWork, sprint: Sprint, subject: str) -> None:
    """Let the plans of the runs before a rerun look at an approval that was decided in it."""
    before, seen = sprint.rerun_of, {sprint.id}
    while before is not None and before not in seen:
        seen.add(before)
        key = f"fix_check:approval:{subject}"
        uow.set_timer(before, key, TimerKind.FIX_CHECK, uow.now, subject=subject)
        before = uow.session.scalar(select(Sprint.rerun_of).where(Sprint.id == before))
