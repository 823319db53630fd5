"""The debrief: five answers from the evidence, the team's word on each, the path and the close."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select

from bot.db.models import DebriefAnswer, FixItem, Sprint
from bot.db.outbox_models import OutboxItem
from bot.debrief import standing
from bot.debrief.queries import judge
from bot.debrief.told_kinds import take_told_kinds
from bot.deployments.digest_pictures import post_last_picture
from bot.domain.enums import AuditAction, AuditSubject, SprintStatus, TimerKind
from bot.domain.errors import InputError
from bot.domain.permissions import Action
from bot.domain.verdict import (
    to_json,
)
from bot.evidence import links
from bot.fixes import service as fixes
from bot.forms import FieldRule, has_length
from bot.hourly import prompts
from bot.messages import keys
from bot.messages.catalog import say, say_plain
from bot.messages.templates import Template
from bot.outbox.queue import Priority
from bot.slack.text import Mrkdwn, link
from bot.sprints import plan_status
from bot.sprints.card_threads import text_args
from bot.sprints.forecasts_made import keep_forecasts, settle_runs_before
from bot.sprints.overview import refresh_pinned_card, sponsor_queue
from bot.sprints.people import require
from bot.sprints.refused_buttons import drop_refused, settle_about
from bot.sprints.selection import refuse_cancelled
from bot.sprints.snapshot import gather
from bot.unit_of_work import BOT_ACTOR, Runtime, UnitOfWork

CORRECTION: Final = FieldRule("why", "debrief.correct_short", has_length(3))
SUMMARY, CLOSED = "summary", "closed"
"""What the debrief's two messages are called; the rest stands in their threads."""


def open_debrief(uow: UnitOfWork, sprint: Sprint) -> None:
    """Stop the clock and put the debrief into the channel, as one message."""
    length = timedelta(hours=sprint.length_hours)
    sprint.status = SprintStatus.DEBRIEF
    sprint.ended_at = min(uow.now, (sprint.started_at or uow.now) + length)
    for prefix in ("prompt:", "gate:", "digest:", "debrief"):
        uow.drop_timers(sprint.id, prefix)
    prompts.fold_prompts_before(uow, [sprint], sprint.length_hours + 1)
    uow.audit_row(BOT_ACTOR, AuditAction.DEBRIEF_OPENED, sprint)
    take_told_kinds(uow, sprint, BOT_ACTOR)
    known = uow.find_message(keys.debrief(sprint.id, SUMMARY))
    if known is not None and known.ts:
        _point_to(uow, sprint, known)
    _post(uow, sprint, SUMMARY, Template.DEBRIEF_SUMMARY)
    post_last_picture(uow, sprint)
    standing.set_reminders(uow, sprint)
    refresh_pinned_card(uow, sprint)
    drop_refused(uow, sprint)


def _point_to(uow: UnitOfWork, sprint: Sprint, known: OutboxItem) -> None:
    """Say where the answers are, which were posted before an early end was undone."""
    url = f"https://slack.com/archives/{known.channel_id}/p{str(known.ts).replace('.', '')}"
    uow.upsert(
        keys.debrief(sprint.id, f"again:{int(uow.now.timestamp())}"),
        Template.LINE,
        text_args("debrief.again", link=link(url, say_plain("debrief.again_link"))),
        sprint_id=sprint.id,
    )


def refresh_debrief(uow: UnitOfWork, sprint: Sprint) -> None:
    """Bring the debrief up to date with new evidence; before it opens there is none."""
    uow.session.flush()
    if uow.find_message(keys.debrief(sprint.id, SUMMARY)) is not None:
        _post(uow, sprint, SUMMARY, Template.DEBRIEF_SUMMARY)
    for question in uow.playbook.questions:
        _refresh_answer(uow, sprint, question.key)


def _refresh_answer(uow: UnitOfWork, sprint: Sprint, question: str) -> None:
    """Bring the card of an answer up to date where somebody asked to discuss it."""
    key = keys.debrief(sprint.id, question)
    if uow.find_message(key) is not None:
        _post_answer(uow, sprint, question)


def _post_answer(uow: UnitOfWork, sprint: Sprint, question: str) -> None:
    summary = keys.debrief(sprint.id, SUMMARY)
    known = uow.find_message(keys.debrief(sprint.id, question))
    # A card from before the debrief was one message has no message to stand below.
    is_below = known is None or known.thread_key is not None
    uow.upsert(
        keys.debrief(sprint.id, question),
        Template.DEBRIEF_ANSWER,
        {"question": question},
        sprint_id=sprint.id,
        thread_key=summary if is_below else None,
    )


def discuss(uow: UnitOfWork, actor_id: str, sprint_id: int, question: str) -> str | None:
    """Put an answer with all it rests on into the debrief's thread, once.

    Returns:
        What they are told where it is there already; None where the thread shows it now.
    """
    sprint = uow.sprint(sprint_id, lock=True)
    require(uow, actor_id, Action.READ, sprint)
    question_named(uow, question)
    if sprint.status not in (SprintStatus.DEBRIEF, SprintStatus.CLOSED):
        raise InputError(say("debrief.not_debrief"))
    if uow.find_message(keys.debrief(sprint.id, question)) is not None:
        return say("debrief.discussed_ack")
    _post_answer(uow, sprint, question)
    return None


def show_plan_again(uow: UnitOfWork, item_id: int) -> None:
    """Bring what shows the plan up to date after an item was confirmed, rewritten or moved."""
    item: FixItem = uow.row(FixItem, item_id, "item")
    sprint = uow.sprint(item.sprint_id)
    if sprint.status != SprintStatus.CLOSED:
        return
    refresh_debrief(uow, sprint)
    _post_closed(uow, sprint)
    _post_path(uow, sprint)


def _post(
    uow: UnitOfWork,
    sprint: Sprint,
    part: str,
    template: Template,
    args: Mapping[str, Any] | None = None,
) -> None:
    uow.upsert(keys.debrief(sprint.id, part), template, args or {}, sprint_id=sprint.id)


def answer_said(uow: UnitOfWork, sprint: Sprint, question: str) -> DebriefAnswer | None:
    """Return what the team made of an answer; None before anybody said something."""
    return uow.session.scalars(
        select(DebriefAnswer).where(
            DebriefAnswer.sprint_id == sprint.id, DebriefAnswer.question == question
        )
    ).one_or_none()


def question_named(uow: UnitOfWork, key: str) -> Any:
    """Return one of the playbook's questions.

    Raises:
        InputError: it has none of that name.
    """
    try:
        return uow.playbook.question(key)
    except KeyError:
        raise InputError(say_plain("debrief.not_debrief")) from None


def _in_debrief(uow: UnitOfWork, actor_id: str, sprint_id: int, action: Action) -> Sprint:
    sprint = uow.sprint(sprint_id, lock=True)
    require(uow, actor_id, action, sprint)
    require_debrief(sprint)
    return sprint


def require_debrief(sprint: Sprint) -> None:
    """Refuse what only an open debrief can have done to it.

    Raises:
        InputError: it is not open yet, or closed.
    """
    if sprint.status != SprintStatus.DEBRIEF:
        raise InputError(say("debrief.not_debrief"))


def _answer_row(uow: UnitOfWork, sprint: Sprint, question: str) -> DebriefAnswer:
    question_named(uow, question)
    answer = answer_said(uow, sprint, question)
    if answer is None:
        answer = DebriefAnswer(sprint_id=sprint.id, question=question, agreed_by=[])
        uow.session.add(answer)
    return answer


def agree(uow: UnitOfWork, actor_id: str, sprint_id: int, question: str) -> str:
    """Note that somebody agrees with an answer; a second time changes nothing.

    Returns:
        What they are told.
    """
    sprint = _in_debrief(uow, actor_id, sprint_id, Action.AGREE)
    answer = _answer_row(uow, sprint, question)
    if actor_id not in answer.agreed_by:
        answer.agreed_by = [*answer.agreed_by, actor_id]
        uow.audit(
            sprint.id, actor_id, AuditAction.AGREED, AuditSubject.ANSWER, None, question=question
        )
    refresh_debrief(uow, sprint)
    return say("debrief.agreed_ack")


def correct(
    uow: UnitOfWork, actor_id: str, sprint_id: int, question: str, answer: str | None, why: str
) -> None:
    """Set the team's own answer beside the computed one.

    Args:
        uow: the open unit.
        actor_id: who corrects.
        sprint_id: the sprint in debrief.
        question: which of the five.
        answer: the option that is right; None for questions without options.
        why: the correction in words.

    Raises:
        FormError: the words say too little.
    """
    sprint = _in_debrief(uow, actor_id, sprint_id, Action.CORRECT)
    why = CORRECTION.checked(why.strip())
    row = _answer_row(uow, sprint, question)
    title = uow.playbook.question(question).option(answer).title if answer else None
    row.correction = f"{title}: {why}" if title else why
    row.corrected_by = actor_id
    row.corrected_at = uow.now
    uow.audit(
        sprint.id,
        actor_id,
        AuditAction.CORRECTED,
        AuditSubject.ANSWER,
        None,
        question=question,
        answer=answer,
        why=why,
    )
    refresh_debrief(uow, sprint)


def end_or_close(uow: UnitOfWork, actor_id: str, sprint_id: int) -> str:
    """End a running sprint with its debrief, or close an open debrief.

    Returns:
        What the person is told.

    Raises:
        InputError: there is nothing to end, or they may not.
    """
    sprint = uow.sprint(sprint_id, lock=True)
    require(uow, actor_id, Action.CLOSE, sprint)
    refuse_cancelled(sprint)
    if sprint.status == SprintStatus.RUNNING:
        uow.audit_row(actor_id, AuditAction.ENDED_EARLY, sprint)
        open_debrief(uow, sprint)
        where = (
            Mrkdwn(f"<#{sprint.channel_id}>") if sprint.channel_id else say("common.its_channel")
        )
        return say("debrief.ended_ack", channel=where)
    if sprint.status == SprintStatus.CLOSED:
        raise InputError(say("debrief.already_closed", title=sprint.title))
    if sprint.status != SprintStatus.DEBRIEF:
        raise InputError(say("debrief.not_debrief"))
    _close(uow, sprint, actor_id)
    return say("debrief.closed_ack")


def _close(uow: UnitOfWork, sprint: Sprint, actor_id: str) -> None:
    judged = judge(uow, sprint)
    sprint.status = SprintStatus.CLOSED
    sprint.closed_at = uow.now
    sprint.path = None if judged.nothing_known else str(judged.path)
    sprint.verdict = to_json(judged)
    uow.drop_timers(sprint.id)
    uow.audit_row(actor_id, AuditAction.CLOSED, sprint, path=sprint.path)
    refresh_debrief(uow, sprint)
    _post_closed(uow, sprint)
    _post_path(uow, sprint)
    fixes.post_plan(uow, sprint, judged)
    keep_forecasts(uow, sprint, judged)
    settle_runs_before(uow, sprint)
    uow.set_timer(sprint.id, "report", TimerKind.REPORT, uow.now)
    links.look_on(uow, sprint)
    refresh_pinned_card(uow, sprint)
    plan_status.refresh_plan_card(uow, sprint)
    drop_refused(uow, sprint)
    settle_about(uow, AuditSubject.SPRINT, sprint.id)


def _post_closed(uow: UnitOfWork, sprint: Sprint) -> None:
    _post(uow, sprint, CLOSED, Template.DEBRIEF_CLOSED)


def _post_path(uow: UnitOfWork, sprint: Sprint) -> None:
    closed = keys.debrief(sprint.id, CLOSED)
    uow.upsert(
        keys.debrief(sprint.id, "path"),
        Template.DEBRIEF_PATH,
        {},
        sprint_id=sprint.id,
        thread_key=closed if uow.find_message(closed) else None,
    )
    queue = sponsor_queue(sprint)
    if queue:
        uow.upsert(
            keys.sponsor_path(sprint.id),
            Template.DEBRIEF_PATH,
            {},
            queue=queue,
            sprint_id=sprint.id,
            priority=Priority.NORMAL,
        )


def hours_so_far(uow: UnitOfWork, sprint: Sprint) -> int:
    """Return the full hours since kickoff, for the question before an early end."""
    return int(gather(uow, sprint).hour)


def newest_verdict(runtime: Runtime, team_id: str) -> dict[str, Any]:
    """Return the verdict of the workspace's newest closed sprint as JSON; empty without one."""
    with runtime.reading(team_id) as uow:
        sprint = uow.session.scalars(
            select(Sprint)
            .where(Sprint.team_id == team_id, Sprint.status == SprintStatus.CLOSED)
            .order_by(Sprint.id.desc())
            .limit(1)
        ).one_or_none()
        return sprint.verdict or {} if sprint else {}
