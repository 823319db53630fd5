"""Hourly prompts: asked once an hour, answered with one click, folded into a line by the next.

Asking declares a message for each sprint with one statement; `render_prompt` and
`render_folded` put it into words when it is sent.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import bindparam, select, update

from bot.db.arrays import in_array
from bot.db.models import PromptAnswer, Sprint, Timer
from bot.domain.enums import LIVE, AuditAction, AuditSubject
from bot.domain.errors import InputError
from bot.domain.permissions import Action, is_allowed
from bot.hourly.queries import (
    ROLE_OF_FACT,
    asked_hours,
    asked_question,
    newest_prompt,
    prompt_facts,
    question_words,
    replies_to,
    shown_text,
)
from bot.messages.catalog import say, say_plain
from bot.messages.prompt_card import Folded, Prompt, folded_prompt, prompt_card
from bot.messages.templates import Template
from bot.outbox import queue as outbox
from bot.outbox.queue import TemplateArgs
from bot.playbook.sandbox import render
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn, clip
from bot.sprints import pace, plan_status
from bot.sprints.overview import refresh_pinned_cards
from bot.sprints.people import relations, require
from bot.sprints.pings import ping_members
from bot.sprints.selection import require_running
from bot.sprints.snapshot import DueHours
from bot.unit_of_work import UnitOfWork

ON_TRACK: Final = "on_track"
"""The one answer that writes nothing but itself, so that it can be taken back."""
MARKS: Final = {
    ON_TRACK: ":white_check_mark:",
    "blocked": ":red_circle:",
    "approval": ":raised_hand:",
    "probe": ":mag:",
}
LONGEST_QUESTION: Final = 140
"""Characters of a question that a folded prompt keeps."""


TIMER: Final = select(Timer).where(
    Timer.sprint_id == bindparam("sprint_id"), Timer.key == bindparam("key")
)
ANSWERS: Final = (
    select(PromptAnswer)
    .where(PromptAnswer.sprint_id == bindparam("sprint_id"), PromptAnswer.hour == bindparam("hour"))
    .order_by(PromptAnswer.id)
)
ANSWER_OF: Final = ANSWERS.where(PromptAnswer.user_id == bindparam("user_id"))
"""Questions of every press and every prompt, put together once."""
CHANNEL_IS_NEW_UNTIL: Final = 1
"""Up to this hour the plan's card may not know the channel yet, which Slack opens in between."""


def post_prompts(uow: UnitOfWork, sprints: Sequence[Sprint], due: DueHours) -> None:
    """Post the newest of the prompts that are due; one that names the hours that were missed.

    Args:
        uow: the open unit.
        sprints: running sprints to which the same is due.
        due: the hours, at least one; several after quiet hours or an outage.
    """
    refresh_pinned_cards(uow, sprints)
    sprints = pace.sprints_to_prompt(uow, sprints, due)
    if not sprints:
        return
    if len(due.hours) > 1 or due.was_quiet:
        _note_missed(uow, sprints, due)
    fold_prompts_before(uow, sprints, due.newest)
    _put(uow, sprints, due.newest)
    if role := _named_first(uow.playbook.hour(due.newest).question):
        ping_members(uow, sprints, role)
    pace.count_asked(uow, sprints)
    if due.newest <= CHANNEL_IS_NEW_UNTIL:
        for sprint in sprints:
            plan_status.refresh_plan_card(uow.within(sprint.team_id), sprint)


def _note_missed(uow: UnitOfWork, sprints: Sequence[Sprint], due: DueHours) -> None:
    facts = {"hour": due.newest, "missed": list(due.hours[:-1]), "quiet": due.was_quiet}
    uow.session.execute(
        update(Timer)
        .where(
            in_array(uow.dialect, Timer.sprint_id, "of_sprints"),
            Timer.key == f"prompt:{due.newest}",
        )
        .values(facts=facts),
        {"of_sprints": [sprint.id for sprint in sprints]},
    )


def _put(uow: UnitOfWork, sprints: Sequence[Sprint], hour: int) -> None:
    uow.upsert_many(sprints, f"prompt:{hour}", Template.PROMPT, {"hour": hour})


def _refresh_prompts(uow: UnitOfWork, sprint: Sprint, hour: int) -> None:
    """Bring a prompt that was asked up to date with its answers."""
    outbox.refresh_many(
        uow.session,
        sprint_ids=[sprint.id],
        name=f"prompt:{hour}",
        template=Template.PROMPT,
        args={"hour": hour},
    )


def render_prompt(uow: UnitOfWork, sprint: Sprint, args: TemplateArgs) -> Block:
    """Put an hour's open prompt into words."""
    hour = int(args["hour"])
    words = uow.playbook.hour(hour)
    facts = prompt_facts(uow, sprint, hour)
    timer = prompt_timer(uow, sprint, hour)
    return prompt_card(
        uow.playbook,
        Prompt(
            sprint_id=sprint.id,
            hour=hour,
            phase=uow.playbook.phase_at(hour).title,
            words=render(words.words, facts),
            question=question_words(
                uow,
                sprint,
                words.question,
                facts,
                pings=True,
                asked_at=timer.done_at if timer else None,
            ),
            buttons=words.buttons,
            answers=answer_lines(uow, sprint, hour),
            missed=_missed(timer),
        ),
    )


def _named_first(question: str) -> str | None:
    """Return the role that a playbook's question names first; None where it names nobody."""
    places = {question.find(name): role for name, role in ROLE_OF_FACT.items() if name in question}
    return places[min(places)] if places else None


def _missed(timer: Timer | None) -> Mrkdwn | None:
    missed = timer.facts.get("missed") if timer else None
    if timer is None or not missed:
        return None
    key = "prompt.missed_quiet" if timer.facts.get("quiet") else "prompt.missed_outage"
    return say(key, hours=_hours_words(missed))


def _hours_words(missed: Sequence[int]) -> str:
    if len(missed) == 1:
        return say_plain("prompt.hours_one", first=missed[0])
    return say_plain("prompt.hours_many", first=missed[0], last=missed[-1])


def fold_prompts_before(uow: UnitOfWork, sprints: Sequence[Sprint], hour: int) -> None:
    """Fold each sprint's newest prompt that was posted before `hour`, into one line."""
    if not hour:
        return
    folded = _fold(uow, sprints, hour - 1)
    for sprint in sprints:
        if sprint.id not in folded:
            earlier = newest_prompt(uow, sprint, before=hour)
            if earlier is not None:
                _fold(uow, [sprint], earlier)


def _fold(uow: UnitOfWork, sprints: Sequence[Sprint], hour: int) -> frozenset[int]:
    return outbox.refresh_many(
        uow.session,
        sprint_ids=[sprint.id for sprint in sprints],
        name=f"prompt:{hour}",
        template=Template.FOLDED_PROMPT,
        args={"hour": hour},
    )


def render_folded(uow: UnitOfWork, sprint: Sprint, args: TemplateArgs) -> Block:
    """Put a past prompt into one line that keeps what was answered."""
    hour = int(args["hour"])
    timer = prompt_timer(uow, sprint, hour)
    parts = list(answer_lines(uow, sprint, hour)) or [say("prompt.folded_silent")]
    missed = timer.facts.get("missed") if timer else None
    if timer and missed:
        hours, was_quiet = _hours_words(missed).lower(), timer.facts.get("quiet", False)
        parts.append(say("prompt.folded_missed", hours=hours, was_quiet=was_quiet))
    question = clip(asked_question(uow, sprint, hour), LONGEST_QUESTION)
    folded = Folded(
        sprint_id=sprint.id,
        hour=hour,
        phase=uow.playbook.phase_at(hour).title,
        question=Mrkdwn(question),
        what=Mrkdwn(" · ".join(parts)),
        takes_answers=sprint.status in LIVE,
    )
    return folded_prompt(folded)


def prompt_timer(uow: UnitOfWork, sprint: Sprint, hour: int) -> Timer | None:
    """Return the timer of an hour's prompt."""
    asked = {"sprint_id": sprint.id, "key": f"prompt:{hour}"}
    return uow.session.scalars(TIMER, asked).one_or_none()


def answer_lines(uow: UnitOfWork, sprint: Sprint, hour: int) -> list[Mrkdwn]:
    """Return what was answered to an hour's prompt: the buttons' lines, then the words."""
    pressed = [
        say(
            "prompt.answered",
            mark=MARKS.get(answer.answer, ""),
            who=uow.name(answer.user_id),
            answer=uow.playbook.button(answer.answer).answered,
        )
        for answer in _answers(uow, sprint, hour)
    ]
    replies = replies_to(uow, sprint, hour)
    uow.preload_people(reply.user_id for reply in replies)
    return pressed + [
        say("prompt.said", who=uow.name(reply.user_id), text=shown_text(reply.text))
        for reply in replies
    ]


def _answers(uow: UnitOfWork, sprint: Sprint, hour: int) -> Sequence[PromptAnswer]:
    return uow.session.scalars(ANSWERS, {"sprint_id": sprint.id, "hour": hour}).all()


def answer_prompt(uow: UnitOfWork, actor_id: str, sprint_id: int, hour: int, answer: str) -> bool:
    """Note what somebody answers to a prompt; a later answer of theirs replaces it.

    Returns:
        Whether it is another answer than before.

    Raises:
        InputError: that hour was never asked about, the sprint is over, or they may not.
    """
    sprint = uow.sprint(sprint_id, lock=True)
    asked = require_answerable(uow, actor_id, sprint, hour)
    changed = note_answer(uow, actor_id, sprint, hour, answer)
    if changed:
        show_answers(uow, sprint, hour, asked)
    return changed


def undo_answer(uow: UnitOfWork, actor_id: str, sprint_id: int, hour: int) -> None:
    """Take back that somebody is on track; what a form answered stands with what it wrote.

    Raises:
        InputError: they said no such thing, the sprint is over, or they may not.
    """
    sprint = uow.sprint(sprint_id, lock=True)
    asked = require_answerable(uow, actor_id, sprint, hour)
    mine = {"sprint_id": sprint.id, "hour": hour, "user_id": actor_id}
    known = uow.session.scalars(ANSWER_OF, mine).one_or_none()
    if known is None or known.answer != ON_TRACK:
        raise InputError(say("prompt.nothing_said", hour=hour))
    uow.session.delete(known)
    uow.session.flush()
    uow.audit(sprint.id, actor_id, AuditAction.WITHDRAWN, AuditSubject.PROMPT, hour)
    show_answers(uow, sprint, hour, asked)


def require_answerable(uow: UnitOfWork, actor_id: str, sprint: Sprint, hour: int) -> frozenset[int]:
    """Refuse an answer to a prompt that can't be answered now; a late answer can.

    Returns:
        The hours that were asked about.

    Raises:
        InputError: that hour was never asked about, the sprint is over, or they may not.
    """
    require(uow, actor_id, Action.ANSWER_PROMPT, sprint)
    require_running(sprint)
    asked = asked_hours(uow, sprint)
    if hour not in asked:
        raise InputError(say("prompt.not_asked", hour=hour))
    return asked


def answer_by_form(
    uow: UnitOfWork, actor_id: str, sprint_id: int, hour: int | None, answer: str
) -> None:
    """Note what a submitted form answers to the prompt that it was opened from.

    The form can lie open while the sprint moves on; what was submitted still answers its hour.

    Args:
        uow: the open unit, in which the form's own facts are written too.
        actor_id: who submitted it.
        sprint_id: the sprint.
        hour: the prompt's hour; None when the form was opened from somewhere else.
        answer: the key of the button that opened the form.
    """
    if hour is None:
        return
    sprint = uow.sprint(sprint_id, lock=True)
    may = is_allowed(Action.ANSWER_PROMPT, relations(uow, actor_id, sprint))
    asked = asked_hours(uow, sprint) if may else ()
    if hour in asked and note_answer(uow, actor_id, sprint, hour, answer):
        show_answers(uow, sprint, hour, asked)


def show_answers(uow: UnitOfWork, sprint: Sprint, hour: int, asked: Collection[int]) -> None:
    """Bring a prompt up to date with its answers; a past one stays folded.

    Args:
        uow: the open unit.
        sprint: the sprint.
        hour: the prompt's hour.
        asked: the hours whose prompts are in the channel.
    """
    if max(asked, default=None) == hour:
        _refresh_prompts(uow, sprint, hour)
    else:
        _fold(uow, [sprint], hour)


def note_answer(uow: UnitOfWork, actor_id: str, sprint: Sprint, hour: int, answer: str) -> bool:
    """Write down an answer to an hour's prompt.

    Returns:
        Whether it is another answer than before.
    """
    asked = {"sprint_id": sprint.id, "hour": hour, "user_id": actor_id}
    known = uow.session.scalars(ANSWER_OF, asked).one_or_none()
    if known is not None and known.answer == answer:
        return False
    pace.note_activity(uow, sprint)
    row = known or PromptAnswer(sprint_id=sprint.id, hour=hour, user_id=actor_id)
    row.answer = answer
    row.answered_at = uow.now
    uow.session.add(row)
    uow.audit(sprint.id, actor_id, AuditAction.ANSWERED, AuditSubject.PROMPT, hour, answer=answer)
    return True
