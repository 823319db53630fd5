"""What the debrief shows: its summary, an answer with its facts, the close and the path."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from bot.blockers.queries import record_name
from bot.db.listening_models import PromptReply
from bot.db.models import DebriefAnswer, Note, Sprint
from bot.debrief import rerun
from bot.debrief.queries import judge
from bot.debrief.service import answer_said, question_named
from bot.debrief.summary import summary_of, unnamed_cause
from bot.deployments.queries import deployment_overrides
from bot.domain.enums import SprintStatus
from bot.domain.permissions import Action
from bot.domain.verdict import (
    Sentence,
    Verdict,
    answers_of,
    say_days,
)
from bot.domain.verdict.model import FactRef
from bot.domain.verdict.same_pairs import same_pairs
from bot.fixes.queries import as_planned, items_of
from bot.hourly.queries import asked_question
from bot.messages.blocker_card import SameAs
from bot.messages.catalog import say, say_plain
from bot.messages.debrief_card import (
    AnswerView,
    answer_card,
    facts_view,
    goes_on_card,
    path_card,
    said_view,
)
from bot.messages.debrief_summary import Closed, ShortFix, closed_card, summary_card
from bot.outbox.queue import TemplateArgs
from bot.playbook.model import PathWords
from bot.records.queries import record_of
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn, escape, link, moment
from bot.sprints.pace import can_go_on
from bot.sprints.people import require
from bot.sprints.snapshot import hour_of
from bot.unit_of_work import UnitOfWork

JOINED_ON = "critical_path"
"""The question whose card offers to join and part causes."""


def render_summary(uow: UnitOfWork, sprint: Sprint, _args: TemplateArgs) -> Block:
    """Render the debrief as one message."""
    if sprint.status == SprintStatus.RUNNING:
        return goes_on_card()
    judged = as_planned(uow, sprint, judge(uow, sprint))
    hour = hour_of(sprint, sprint.ended_at) if sprint.ended_at else float(sprint.length_hours)
    answers = uow.session.scalars(select(DebriefAnswer).where(DebriefAnswer.sprint_id == sprint.id))
    return summary_card(
        replace(
            summary_of(
                judged,
                uow.playbook,
                sprint.id,
                corrections={each.question: each.correction for each in answers if each.correction},
                early_at=str(int(hour)) if hour < sprint.length_hours else None,
                is_open=sprint.status == SprintStatus.DEBRIEF,
                said=any(
                    uow.session.scalar(
                        select(model.id).where(model.sprint_id == sprint.id).limit(1)
                    )
                    for model in (PromptReply, Note)
                ),
                same=_same_pairs(uow, sprint) if sprint.status == SprintStatus.DEBRIEF else (),
            ),
            can_go_on=can_go_on(sprint, uow.now),
        )
    )


def _path_words(uow: UnitOfWork, judged: Verdict) -> PathWords:
    return uow.playbook.path(judged.path).where(
        anything_open=bool(judged.causes), anything_known=not judged.nothing_known
    )


def render_closed(uow: UnitOfWork, sprint: Sprint, _args: TemplateArgs) -> Block:
    """Render the one message of a close."""
    judged = as_planned(uow, sprint, judge(uow, sprint))
    words = _path_words(uow, judged)
    items = {item.number: item for item in items_of(uow, sprint)}
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
    judged = as_planned(uow, sprint, judge(uow, sprint))
    return answer_card(_view(uow, sprint, judged, str(args["question"])))


def _view(uow: UnitOfWork, sprint: Sprint, judged: Verdict, question: str) -> AnswerView:
    words = uow.playbook.question(question)
    answer = answer_said(uow, sprint, question)
    sentences = judged.by_facts.reasons.get(question, ())
    return AnswerView(
        sprint_id=sprint.id,
        question=question,
        title=words.title,
        asks=words.asks,
        answer=_answer_words(uow, judged, question),
        reasons=[sentence.text for sentence in sentences],
        facts=_facts_of(sentences),
        agreed_by=[uow.name(user_id) for user_id in answer.agreed_by] if answer else [],
        correction=(answer.correction, uow.name(answer.corrected_by))
        if answer and answer.correction
        else None,
        is_open=sprint.status == SprintStatus.DEBRIEF,
        same=_same_pairs(uow, sprint) if question == JOINED_ON else (),
    )


def _same_pairs(uow: UnitOfWork, sprint: Sprint) -> list[tuple[str, str, SameAs]]:
    """Return the open records that count as one cause, and those that may be one."""
    found = []
    for pair in same_pairs(record_of(uow, sprint)):
        mine, title = pair.titles
        name = say_plain("debrief.same_name", record=record_name(pair.first.id), title=mine)
        other = SameAs(pair.second.id, record_name(pair.second.id), title, is_joined=pair.joined)
        found.append((pair.first.id, name, other))
    return found


def _answer_words(uow: UnitOfWork, judged: Verdict, question: str) -> Mrkdwn:
    words = uow.playbook.question(question)
    if not words.options:
        lines = [
            say("debrief.path_plan_line", number=number, text=fix.text)
            for number, fix in enumerate(judged.fixes[:5], 1)
        ]
        return Mrkdwn("\n".join(lines)) if lines else say("fix.plan_empty")
    if question == "critical_path" and (cause := unnamed_cause(judged)):
        return say("debrief.answer_cause", title=cause)
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
    return _named_once(fact for sentence in sentences for fact in sentence.facts)


def _named_once(facts: Iterable[FactRef]) -> list[Mrkdwn]:
    """Return the facts as words; several findings of one probe read the same and are one."""
    return list(dict.fromkeys(_fact_words(fact) for fact in facts))


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
        [(sentence.text, _named_once(sentence.facts)) for sentence in sentences],
    )


def show_said(uow: UnitOfWork, actor_id: str, sprint_id: int) -> dict[str, Any]:
    """Return the modal with what the team answered in words and kept for the debrief."""
    sprint = uow.sprint(sprint_id)
    require(uow, actor_id, Action.READ, sprint)
    found = record_of(uow, sprint)
    by_hour: dict[int, list[tuple[str, str]]] = {}
    for each in sorted(found.answers, key=lambda answer: (answer.hour, answer.at)):
        by_hour.setdefault(int(each.hour), []).append((each.by, each.text))
    asked = [(hour, asked_question(uow, sprint, hour), said) for hour, said in by_hour.items()]
    kept = [(note.said_by or note.by, note.text, note.permalink) for note in found.notes]
    return said_view(asked, kept)


def render_path(uow: UnitOfWork, sprint: Sprint, _args: TemplateArgs) -> Block:
    """Render the path that a closed sprint leads to, for the channel and the sponsor."""
    judged = as_planned(uow, sprint, judge(uow, sprint))
    asked = _path_words(uow, judged)
    title = say_plain("debrief.path_title", path=asked.title)
    own = [sentence.text for sentence in judged.reasons.get("plan", ())]
    steps = [
        say("debrief.path_plan_line", number=number, text=text)
        for number, text in enumerate([*asked.plan, *own], 1)
    ]
    reasons = [
        say("debrief.path_reason", text=sentence.text)
        for sentence in judged.reasons.get("path", ())
    ]
    paragraphs = [
        say("debrief.path_meaning", meaning=asked.meaning),
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
        asked = "expected" if any(share.votes for share in judged.shares) else "happened"
        parts = [
            say_plain(
                f"debrief.path_{asked}_part",
                category=uow.playbook.category(share.category.value).title.lower(),
                expected=round(share.expected * 100),
                happened=round(share.happened * 100),
            )
            for share in judged.shares
        ]
        paragraphs.append(say(f"debrief.path_{asked}", lines=", ".join(parts)))
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
