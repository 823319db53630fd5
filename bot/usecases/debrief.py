"""The debrief: five answers from the evidence, the team's word on each, the path and the close."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from bot.playbook.figures import figures_of
from bot.slack.cards.debrief_card import (
    AnswerView,
    answer_card,
    closing_card,
    facts_view,
    intro_card,
    path_card,
)
from bot.slack.outbox import Priority, sprint_lane
from bot.slack.text import Mrkdwn, escape, link
from bot.slack.words import say, say_plain
from bot.sprint.errors import FormError, InputError
from bot.sprint.permissions import Action
from bot.sprint.verdict import Quote, Sentence, Verdict, answers_of, say_days, to_json, verdict
from bot.sprint.verdict.model import FactRef
from bot.store.models import DebriefAnswer, Sprint
from bot.usecases import board, digests, followup, plan_status, prompts, rerun
from bot.usecases.facts import gather, hour_of
from bot.usecases.house import THE_CLOCK, House, Unit
from bot.usecases.people import require
from bot.usecases.quotes import quoted_blockers
from bot.usecases.record import record_of

SHORTEST_CORRECTION = 3


def judge(unit: Unit, sprint: Sprint) -> Verdict:
    """Return the verdict on a sprint as it stands now, with the workspace's own experience."""
    return verdict(
        record_of(unit, sprint),
        quotes_history=past_quotes(unit, sprint),
        figures=figures_of(unit.playbook),
    )


def past_quotes(unit: Unit, sprint: Sprint) -> list[Quote]:
    """Return how long things were said to take, and took, in sprints closed before this one."""
    before = sprint.started_at or unit.now
    return [quoted.quote for quoted in quoted_blockers(unit, closed_before=before)]


def open_debrief(unit: Unit, sprint: Sprint) -> None:
    """Stop the clock and put the five answers into the channel."""
    length = timedelta(hours=sprint.length_hours)
    sprint.status = "debrief"
    sprint.ended_at = min(unit.now, (sprint.started_at or unit.now) + length)
    for prefix in ("prompt:", "gate:", "digest:", "debrief"):
        unit.drop_timers(sprint.id, prefix)
    prompts.fold_prompts_before(unit, [sprint], sprint.length_hours + 1)
    unit.audit(sprint.id, THE_CLOCK, "debrief_opened", "sprint", sprint.id)
    hour = hour_of(sprint, sprint.ended_at)
    _post(
        unit,
        sprint,
        "intro",
        intro_card(f"{hour:.3g}", sprint.length_hours, is_early=hour < sprint.length_hours),
    )
    _post_answers(unit, sprint)
    _post(unit, sprint, "closing", closing_card(sprint.id, is_open=True))
    board.refresh_board(unit, sprint)


def refresh_debrief(unit: Unit, sprint: Sprint) -> None:
    """Bring the five cards up to date with new evidence; before the debrief there are none."""
    if sprint.status == "debrief":
        _post_answers(unit, sprint)


def _post(unit: Unit, sprint: Sprint, name: str, content: dict[str, Any]) -> None:
    unit.wish(
        f"sprint:{sprint.id}:debrief:{name}",
        sprint_lane(sprint.id),
        content,
        sprint_id=sprint.id,
    )


def _post_answers(unit: Unit, sprint: Sprint) -> None:
    unit.session.flush()
    judged = judge(unit, sprint)
    for question in unit.playbook.questions:
        _post(unit, sprint, question.key, answer_card(_view(unit, sprint, judged, question.key)))


def _view(unit: Unit, sprint: Sprint, judged: Verdict, question: str) -> AnswerView:
    words = unit.playbook.question(question)
    said = _said(unit, sprint, question)
    sentences = judged.by_facts.reasons.get(question, ())
    return AnswerView(
        sprint_id=sprint.id,
        question=question,
        title=words.title,
        asks=words.asks,
        answer=_answer_words(unit, judged, question),
        reasons=[sentence.text for sentence in sentences],
        facts=_facts_of(sentences),
        agreed_by=[unit.name(user_id) for user_id in said.agreed_by] if said else [],
        correction=(said.correction, unit.name(said.corrected_by))
        if said and said.correction
        else None,
        is_open=sprint.status == "debrief",
    )


def _said(unit: Unit, sprint: Sprint, question: str) -> DebriefAnswer | None:
    return unit.session.scalars(
        select(DebriefAnswer).where(
            DebriefAnswer.sprint_id == sprint.id, DebriefAnswer.question == question
        )
    ).one_or_none()


def _answer_words(unit: Unit, judged: Verdict, question: str) -> Mrkdwn:
    words = unit.playbook.question(question)
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


def show_facts(unit: Unit, actor_id: str, sprint_id: int, question: str) -> dict[str, Any]:
    """Return the modal that opens an answer's sentences to the facts behind them."""
    sprint = unit.sprint(sprint_id)
    require(unit, actor_id, Action.READ, sprint)
    words = question_named(unit, question)
    sentences = judge(unit, sprint).reasons.get(question, ())
    return facts_view(
        words.title,
        [(sentence.text, [_fact_words(fact) for fact in sentence.facts]) for sentence in sentences],
    )


def question_named(unit: Unit, key: str) -> Any:
    """Return one of the playbook's questions.

    Raises:
        InputError: it has none of that name.
    """
    try:
        return unit.playbook.question(key)
    except KeyError:
        raise InputError(say_plain("debrief.not_debrief")) from None


def _in_debrief(unit: Unit, actor_id: str, sprint_id: int, action: Action) -> Sprint:
    sprint = unit.sprint(sprint_id, lock=True)
    require(unit, actor_id, action, sprint)
    if sprint.status != "debrief":
        raise InputError(say("debrief.not_debrief"))
    return sprint


def _saying(unit: Unit, sprint: Sprint, question: str) -> DebriefAnswer:
    question_named(unit, question)
    said = _said(unit, sprint, question)
    if said is None:
        said = DebriefAnswer(sprint_id=sprint.id, question=question, agreed_by=[])
        unit.session.add(said)
    return said


def agree(unit: Unit, actor_id: str, sprint_id: int, question: str) -> str:
    """Note that somebody agrees with an answer; a second time changes nothing.

    Returns:
        What they are told.
    """
    sprint = _in_debrief(unit, actor_id, sprint_id, Action.AGREE)
    said = _saying(unit, sprint, question)
    if actor_id not in said.agreed_by:
        said.agreed_by = [*said.agreed_by, actor_id]
        unit.audit(sprint.id, actor_id, "agreed", "answer", None, question=question)
        unit.meet(actor_id)
    refresh_debrief(unit, sprint)
    return say("debrief.agreed_ack")


def correct(
    unit: Unit, actor_id: str, sprint_id: int, question: str, answer: str | None, why: str
) -> None:
    """Set the team's own answer beside the computed one.

    Args:
        unit: the open unit.
        actor_id: who corrects.
        sprint_id: the sprint in debrief.
        question: which of the five.
        answer: the option that is right; None for questions without options.
        why: the correction in words.

    Raises:
        FormError: the words say too little.
    """
    sprint = _in_debrief(unit, actor_id, sprint_id, Action.CORRECT)
    if len(why.strip()) < SHORTEST_CORRECTION:
        raise FormError({"why": say_plain("debrief.correct_short")})
    said = _saying(unit, sprint, question)
    title = unit.playbook.question(question).option(answer).title if answer else None
    said.correction = f"{title}: {why.strip()}" if title else why.strip()
    said.corrected_by = actor_id
    said.corrected_at = unit.now
    unit.meet(actor_id)
    unit.audit(
        sprint.id,
        actor_id,
        "corrected",
        "answer",
        None,
        question=question,
        answer=answer,
        why=why.strip(),
    )
    refresh_debrief(unit, sprint)


def end_or_close(unit: Unit, actor_id: str, sprint_id: int) -> str:
    """End a running sprint with its debrief, or close an open debrief.

    Returns:
        What the person is told.

    Raises:
        InputError: there is nothing to end, or they may not.
    """
    sprint = unit.sprint(sprint_id, lock=True)
    require(unit, actor_id, Action.CLOSE, sprint)
    if sprint.status == "running":
        unit.audit(sprint.id, actor_id, "ended_early", "sprint", sprint.id)
        open_debrief(unit, sprint)
        where = Mrkdwn(f"<#{sprint.channel_id}>") if sprint.channel_id else "its channel"
        return say("debrief.ended_ack", channel=where)
    if sprint.status == "closed":
        raise InputError(say("debrief.already_closed", title=sprint.title))
    if sprint.status != "debrief":
        raise InputError(say("debrief.not_debrief"))
    _close(unit, sprint, actor_id)
    return say("debrief.closed_ack")


def _close(unit: Unit, sprint: Sprint, actor_id: str) -> None:
    judged = judge(unit, sprint)
    sprint.status = "closed"
    sprint.closed_at = unit.now
    sprint.path = str(judged.path)
    sprint.verdict = to_json(judged)
    unit.drop_timers(sprint.id)
    unit.audit(sprint.id, actor_id, "closed", "sprint", sprint.id, path=sprint.path)
    for question in unit.playbook.questions:
        _post(unit, sprint, question.key, answer_card(_view(unit, sprint, judged, question.key)))
    _post(unit, sprint, "closing", closing_card(sprint.id, is_open=False))
    _post_path(unit, sprint, judged)
    followup.post_plan(unit, sprint, judged)
    unit.set_timer(sprint.id, "report", "report", unit.now)
    board.refresh_board(unit, sprint)
    plan_status.refresh_plan_card(unit, sprint)


def _post_path(unit: Unit, sprint: Sprint, judged: Verdict) -> None:
    words = unit.playbook.path(sprint.path or "")
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
        *_small_paragraphs(unit, sprint, judged),
    ]
    content = path_card(title, paragraphs)
    _post(unit, sprint, "path", content)
    lane = digests.sponsor_lane(sprint)
    if lane:
        unit.wish(
            f"sprint:{sprint.id}:sponsor:path",
            lane,
            content,
            sprint_id=sprint.id,
            priority=Priority.NORMAL,
        )


def _small_paragraphs(unit: Unit, sprint: Sprint, judged: Verdict) -> list[Mrkdwn]:
    paragraphs = []
    if sprint.override_reason:
        who = unit.name(sprint.override_by)
        paragraphs.append(say("debrief.path_override", who=who, reason=sprint.override_reason))
    if judged.shares:
        parts = [
            say_plain(
                "debrief.path_expected_part",
                category=unit.playbook.category(share.category.value).title.lower(),
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
    compared = rerun.compared_with_last(unit, sprint, judged)
    if compared:
        paragraphs.append(say("debrief.path_compared", lines=Mrkdwn("\n".join(compared))))
    return paragraphs


def hours_so_far(unit: Unit, sprint: Sprint) -> int:
    """Return the full hours since kickoff, for the question before an early end."""
    return int(gather(unit, sprint).hour)


def newest_verdict(house: House, team_id: str) -> dict[str, Any]:
    """Return the verdict of the workspace's newest closed sprint as JSON; empty without one."""
    with house.reading(team_id) as unit:
        sprint = unit.session.scalars(
            select(Sprint)
            .where(Sprint.team_id == team_id, Sprint.status == "closed")
            .order_by(Sprint.id.desc())
            .limit(1)
        ).one_or_none()
        return sprint.verdict or {} if sprint else {}
