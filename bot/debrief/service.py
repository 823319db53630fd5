"""The debrief: five answers from the evidence, the team's word on each, the path and the close."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from bot.db.models import Blocker, DebriefAnswer, FixItem, Sprint
from bot.debrief import followup
from bot.debrief.past import experience_of, keep_forecasts, settle_runs_before
from bot.debrief.record_loader import record_of
from bot.debrief.summary import summary_of
from bot.deployments.announcements import deployment_overrides
from bot.deployments.digest_pictures import post_last_picture
from bot.domain.enums import AuditAction, AuditSubject, SprintStatus, TimerKind
from bot.domain.errors import FormError, InputError
from bot.domain.permissions import Action
from bot.domain.verdict import (
    Sentence,
    Verdict,
    answers_of,
    say_days,
    to_json,
    verdict,
)
from bot.domain.verdict.causes import same_pairs
from bot.domain.verdict.model import FactRef
from bot.evidence import links
from bot.fixes import service as fixes
from bot.hourly import digests, pinned_card, prompts
from bot.messages import keys
from bot.messages.blocker_card import SameAs
from bot.messages.catalog import say, say_plain
from bot.messages.debrief_card import AnswerView, answer_card, facts_view, goes_on_card, path_card
from bot.messages.debrief_summary import Closed, ShortFix, closed_card, summary_card
from bot.messages.templates import Template
from bot.outbox.queue import Priority, TemplateArgs, sprint_queue
from bot.planning import plan_status, rerun
from bot.playbook.figures import figures_of, priors_of
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn, escape, link, moment
from bot.sprints.people import require
from bot.sprints.snapshot import gather, hour_of
from bot.unit_of_work import THE_CLOCK, Runtime, UnitOfWork

SHORTEST_CORRECTION = 3
SUMMARY, CLOSED = "summary", "closed"
"""What the debrief's two messages are called; the rest stands in their threads."""
JOINED_ON = "critical_path"
"""The question whose card offers to join and part causes."""


def judge(uow: UnitOfWork, sprint: Sprint) -> Verdict:
    """Return the verdict on a sprint as it stands now, with the workspace's own experience."""
    return verdict(
        record_of(uow, sprint),
        experience=experience_of(uow, sprint.started_at or uow.now),
        priors=priors_of(uow.playbook),
        figures=figures_of(uow.playbook),
    )


def open_debrief(uow: UnitOfWork, sprint: Sprint) -> None:
    """Stop the clock and put the debrief into the channel, as one message."""
    length = timedelta(hours=sprint.length_hours)
    sprint.status = SprintStatus.DEBRIEF
    sprint.ended_at = min(uow.now, (sprint.started_at or uow.now) + length)
    for prefix in ("prompt:", "gate:", "digest:", "debrief"):
        uow.drop_timers(sprint.id, prefix)
    prompts.fold_prompts_before(uow, [sprint], sprint.length_hours + 1)
    uow.audit(sprint.id, THE_CLOCK, AuditAction.DEBRIEF_OPENED, AuditSubject.SPRINT, sprint.id)
    uow.session.flush()
    _post(uow, sprint, SUMMARY, Template.DEBRIEF_SUMMARY)
    post_last_picture(uow, sprint)
    pinned_card.refresh_pinned_card(uow, sprint)


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
        sprint_queue(sprint.id),
        {"question": question},
        template=Template.DEBRIEF_ANSWER,
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
    uow.upsert(
        keys.debrief(sprint.id, part),
        sprint_queue(sprint.id),
        args or {},
        template=template,
        sprint_id=sprint.id,
    )


def render_summary(uow: UnitOfWork, sprint: Sprint, _args: TemplateArgs) -> Block:
    """Render the debrief as one message."""
    if sprint.status == SprintStatus.RUNNING:
        return goes_on_card()
    judged = followup.as_planned(uow, sprint, judge(uow, sprint))
    hour = hour_of(sprint, sprint.ended_at) if sprint.ended_at else float(sprint.length_hours)
    said = uow.session.scalars(select(DebriefAnswer).where(DebriefAnswer.sprint_id == sprint.id))
    return summary_card(
        summary_of(
            judged,
            uow.playbook,
            sprint.id,
            corrections={each.question: each.correction for each in said if each.correction},
            early_at=f"{hour:.3g}" if hour < sprint.length_hours else None,
            is_open=sprint.status == SprintStatus.DEBRIEF,
        )
    )


def render_closed(uow: UnitOfWork, sprint: Sprint, _args: TemplateArgs) -> Block:
    """Render the one message of a close."""
    judged = followup.as_planned(uow, sprint, judge(uow, sprint))
    words = uow.playbook.path(sprint.path or "")
    items = {item.number: item for item in followup.items_of(uow, sprint)}
    return closed_card(
        Closed(
            path=words.title,
            meaning=words.meaning,
            fixes=[
                ShortFix(
                    text=item.text,
                    owner=item.owner_name or "",
                    due=moment(item.due_at, "{date_short_pretty}"),
                    state=item.state,
                )
                for item in items.values()
            ],
            lost={
                uow.playbook.category(category).title: hours
                for category, hours in judged.hours_by_category.items()
            },
        )
    )


def render_answer(uow: UnitOfWork, sprint: Sprint, args: TemplateArgs) -> Block:
    """Render one of the five answers."""
    judged = followup.as_planned(uow, sprint, judge(uow, sprint))
    return answer_card(_view(uow, sprint, judged, str(args["question"])))


def _view(uow: UnitOfWork, sprint: Sprint, judged: Verdict, question: str) -> AnswerView:
    words = uow.playbook.question(question)
    said = _said(uow, sprint, question)
    sentences = judged.by_facts.reasons.get(question, ())
    return AnswerView(
        sprint_id=sprint.id,
        question=question,
        title=words.title,
        asks=words.asks,
        answer=_answer_words(uow, judged, question),
        reasons=[sentence.text for sentence in sentences],
        facts=_facts_of(sentences),
        agreed_by=[uow.name(user_id) for user_id in said.agreed_by] if said else [],
        correction=(said.correction, uow.name(said.corrected_by))
        if said and said.correction
        else None,
        is_open=sprint.status == SprintStatus.DEBRIEF,
        same=_same_pairs(uow, sprint) if question == JOINED_ON else (),
    )


def _same_pairs(uow: UnitOfWork, sprint: Sprint) -> list[tuple[int, str, SameAs]]:
    """Return the open blockers that count as one cause, and those that may be one."""
    rows = {
        f"blocker-{row.number}": row
        for row in uow.session.scalars(select(Blocker).where(Blocker.sprint_id == sprint.id))
    }
    found = []
    for pair in same_pairs(record_of(uow, sprint)):
        one, other = rows[pair.first], rows[pair.second]
        name = say_plain("debrief.same_name", number=one.number, title=one.title)
        about = SameAs(other.id, other.number, other.title, is_joined=pair.joined)
        found.append((one.id, name, about))
    return found


def _said(uow: UnitOfWork, sprint: Sprint, question: str) -> DebriefAnswer | None:
    return uow.session.scalars(
        select(DebriefAnswer).where(
            DebriefAnswer.sprint_id == sprint.id, DebriefAnswer.question == question
        )
    ).one_or_none()


def _answer_words(uow: UnitOfWork, judged: Verdict, question: str) -> Mrkdwn:
    words = uow.playbook.question(question)
    if not words.options:
        lines = [
            say("debrief.path_plan_line", number=number, text=fix.text)
            for number, fix in enumerate(judged.fixes[:5], 1)
        ]
        return Mrkdwn("\n".join(lines)) if lines else say("fix.plan_empty")
    option = words.option(answer_key(judged, question))
    title = option.title
    if question == "timeline":
        p50, p80 = say_days(judged.forecast.p50), say_days(judged.forecast.p80)
        title = say_plain("debrief.answer_forecast", title=title, p50=p50, p80=p80)
    return say("debrief.answer", title=title, words=option.words)


def answer_key(judged: Verdict, question: str) -> str:
    """Return the computed answer to a question as one of its options."""
    answer = answers_of(judged.by_facts).get(question)
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    return str(answer) if answer else "none"


def _facts_of(sentences: Sequence[Sentence]) -> list[Mrkdwn]:
    facts = dict.fromkeys(fact for sentence in sentences for fact in sentence.facts)
    return [_fact_words(fact) for fact in facts]


def _fact_words(fact: FactRef) -> Mrkdwn:
    return link(fact.permalink, str(fact)) if fact.permalink else escape(str(fact))


def show_facts(uow: UnitOfWork, actor_id: str, sprint_id: int, question: str) -> dict[str, Any]:
    """Return the modal that opens an answer's sentences to the facts behind them."""
    sprint = uow.sprint(sprint_id)
    require(uow, actor_id, Action.READ, sprint)
    words = question_named(uow, question)
    sentences = judge(uow, sprint).reasons.get(question, ())
    return facts_view(
        words.title,
        [(sentence.text, [_fact_words(fact) for fact in sentence.facts]) for sentence in sentences],
    )


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
    if sprint.status != SprintStatus.DEBRIEF:
        raise InputError(say("debrief.not_debrief"))
    return sprint


def _saying(uow: UnitOfWork, sprint: Sprint, question: str) -> DebriefAnswer:
    question_named(uow, question)
    said = _said(uow, sprint, question)
    if said is None:
        said = DebriefAnswer(sprint_id=sprint.id, question=question, agreed_by=[])
        uow.session.add(said)
    return said


def agree(uow: UnitOfWork, actor_id: str, sprint_id: int, question: str) -> str:
    """Note that somebody agrees with an answer; a second time changes nothing.

    Returns:
        What they are told.
    """
    sprint = _in_debrief(uow, actor_id, sprint_id, Action.AGREE)
    said = _saying(uow, sprint, question)
    if actor_id not in said.agreed_by:
        said.agreed_by = [*said.agreed_by, actor_id]
        uow.audit(
            sprint.id, actor_id, AuditAction.AGREED, AuditSubject.ANSWER, None, question=question
        )
        uow.ensure_person(actor_id)
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
    if len(why.strip()) < SHORTEST_CORRECTION:
        raise FormError({"why": say_plain("debrief.correct_short")})
    said = _saying(uow, sprint, question)
    title = uow.playbook.question(question).option(answer).title if answer else None
    said.correction = f"{title}: {why.strip()}" if title else why.strip()
    said.corrected_by = actor_id
    said.corrected_at = uow.now
    uow.ensure_person(actor_id)
    uow.audit(
        sprint.id,
        actor_id,
        AuditAction.CORRECTED,
        AuditSubject.ANSWER,
        None,
        question=question,
        answer=answer,
        why=why.strip(),
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
    if sprint.status == SprintStatus.RUNNING:
        uow.audit(sprint.id, actor_id, AuditAction.ENDED_EARLY, AuditSubject.SPRINT, sprint.id)
        open_debrief(uow, sprint)
        where = Mrkdwn(f"<#{sprint.channel_id}>") if sprint.channel_id else "its channel"
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
    sprint.path = str(judged.path)
    sprint.verdict = to_json(judged)
    uow.drop_timers(sprint.id)
    uow.audit(
        sprint.id, actor_id, AuditAction.CLOSED, AuditSubject.SPRINT, sprint.id, path=sprint.path
    )
    refresh_debrief(uow, sprint)
    _post_closed(uow, sprint)
    _post_path(uow, sprint)
    followup.post_plan(uow, sprint, judged)
    fixes.attach_checks(uow, sprint, judged)
    keep_forecasts(uow, sprint, judged)
    settle_runs_before(uow, sprint)
    uow.set_timer(sprint.id, "report", TimerKind.REPORT, uow.now)
    links.look_on(uow, sprint)
    pinned_card.refresh_pinned_card(uow, sprint)
    plan_status.refresh_plan_card(uow, sprint)


def _post_closed(uow: UnitOfWork, sprint: Sprint) -> None:
    _post(uow, sprint, CLOSED, Template.DEBRIEF_CLOSED)


def _post_path(uow: UnitOfWork, sprint: Sprint) -> None:
    closed = keys.debrief(sprint.id, CLOSED)
    uow.upsert(
        keys.debrief(sprint.id, "path"),
        sprint_queue(sprint.id),
        {},
        template=Template.DEBRIEF_PATH,
        sprint_id=sprint.id,
        thread_key=closed if uow.find_message(closed) else None,
    )
    queue = digests.sponsor_queue(sprint)
    if queue:
        uow.upsert(
            keys.sponsor_path(sprint.id),
            queue,
            {},
            template=Template.DEBRIEF_PATH,
            sprint_id=sprint.id,
            priority=Priority.NORMAL,
        )


def render_path(uow: UnitOfWork, sprint: Sprint, _args: TemplateArgs) -> Block:
    """Render the path that a closed sprint leads to, for the channel and the sponsor."""
    judged = followup.as_planned(uow, sprint, judge(uow, sprint))
    words = uow.playbook.path(sprint.path or "")
    title = say_plain("debrief.path_title", path=words.title)
    own = [sentence.text for sentence in judged.reasons.get("plan", ())]
    steps = [
        say("debrief.path_plan_line", number=number, text=text)
        for number, text in enumerate([*words.plan, *own], 1)
    ]
    reasons = [
        say("debrief.path_reason", text=sentence.text)
        for sentence in judged.reasons.get("path", ())
    ]
    paragraphs = [
        say("debrief.path_meaning", meaning=words.meaning),
        Mrkdwn("\n".join(reasons)),
        say("debrief.path_plan", lines=Mrkdwn("\n".join(steps))),
        *_small_paragraphs(uow, sprint, judged),
    ]
    return path_card(title, paragraphs)


def _small_paragraphs(uow: UnitOfWork, sprint: Sprint, judged: Verdict) -> list[Mrkdwn]:
    paragraphs = []
    if sprint.override_reason:
        who = uow.name(sprint.override_by)
        paragraphs.append(say("debrief.path_override", who=who, reason=sprint.override_reason))
    paragraphs += deployment_overrides(uow, sprint)
    if judged.shares:
        parts = [
            say_plain(
                "debrief.path_expected_part",
                category=uow.playbook.category(share.category.value).title.lower(),
                expected=round(share.expected * 100),
                happened=round(share.happened * 100),
            )
            for share in judged.shares
        ]
        paragraphs.append(say("debrief.path_expected", lines=", ".join(parts)))
    if judged.sticking_points:
        parts = [
            say_plain("debrief.path_sticking_part", function=point.function, hours=point.hours)
            for point in judged.sticking_points[:4]
        ]
        paragraphs.append(say("debrief.path_sticking", lines=", ".join(parts)))
    if judged.champions:
        names = ", ".join(judged.champions)
        paragraphs.append(say("debrief.path_champions", names=names))
    cost = " ".join(sentence.text for sentence in judged.reasons.get("cost", ()))
    paragraphs.append(say("debrief.path_cost", text=cost))
    compared = rerun.compared_with_last(uow, sprint, judged)
    if compared:
        paragraphs.append(say("debrief.path_compared", lines=Mrkdwn("\n".join(compared))))
    return paragraphs


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
