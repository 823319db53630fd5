"""Hourly prompts: asked once an hour, answered with one click, folded into a line by the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from bot.playbook.words import PromptFacts, render
from bot.slack.cards.prompt_card import Prompt, folded_prompt, prompt_card
from bot.slack.outbox import sprint_lane
from bot.slack.text import Mrkdwn
from bot.slack.words import say, say_plain
from bot.sprint.errors import InputError
from bot.sprint.permissions import Action
from bot.sprint.vocabulary import Role
from bot.store.models import PromptAnswer, Sprint, Timer
from bot.usecases import board, plan_status
from bot.usecases.facts import SprintFacts, gather
from bot.usecases.house import Unit
from bot.usecases.kickoff import require_running, use_case_words
from bot.usecases.people import require

MARKS: Final = {
    "on_track": ":white_check_mark:",
    "blocked": ":red_circle:",
    "approval": ":raised_hand:",
    "probe": ":mag:",
}


CHANNEL_IS_NEW_UNTIL: Final = 1
"""Up to this hour the plan's card may not know the channel yet, which Slack opens in between."""


def prompt_key(sprint: Sprint, hour: int) -> str:
    """Return the outbox key of an hour's prompt."""
    return f"sprint:{sprint.id}:prompt:{hour}"


def post_prompt(unit: Unit, sprint: Sprint, due: Sequence[Timer]) -> None:
    """Post the newest of the prompts that are due; one that names the hours that were missed.

    Args:
        unit: the open unit.
        sprint: the running sprint.
        due: the due timers, at least one, by their hours; several after quiet hours or an outage.
    """
    newest = due[-1]
    hour = int(newest.facts["hour"])
    missed = [int(timer.facts["hour"]) for timer in due[:-1]]
    was_quiet = any(timer.facts.get("quiet") for timer in due)
    if missed or was_quiet:
        newest.facts = {**newest.facts, "missed": missed, "quiet": was_quiet}
    fold_prompts_before(unit, sprint, hour)
    facts = board.refresh_board(unit, sprint)
    _put(unit, facts, hour, newest)
    if hour <= CHANNEL_IS_NEW_UNTIL:
        plan_status.refresh_plan_card(unit, sprint)


def _put(unit: Unit, facts: SprintFacts, hour: int, timer: Timer) -> None:
    sprint = facts.sprint
    unit.wish(
        prompt_key(sprint, hour),
        sprint_lane(sprint.id),
        prompt_card(unit.playbook, _prompt(unit, facts, hour, timer)),
        sprint_id=sprint.id,
    )


def _prompt(unit: Unit, facts: SprintFacts, hour: int, timer: Timer) -> Prompt:
    words = unit.playbook.hour(hour)
    told = _told(unit, facts, hour)
    return Prompt(
        sprint_id=facts.sprint.id,
        hour=hour,
        phase=unit.playbook.phase_at(hour).title,
        words=render(words.words, told),
        question=render(words.question, told),
        buttons=words.buttons,
        answers=answer_lines(unit, facts.sprint, hour),
        missed=_missed(timer),
    )


def _told(unit: Unit, facts: SprintFacts, hour: int) -> PromptFacts:
    people = {member.role: unit.name(member.user_id) for member in facts.sprint.members}
    return PromptFacts(
        hour=hour,
        hours_left=facts.sprint.length_hours - hour,
        use_case=use_case_words(unit, facts.sprint),
        builder=people.get(Role.BUILDER, ""),
        data_person=people.get(Role.DATA, ""),
        approver=people.get(Role.APPROVER, ""),
        business=people.get(Role.BUSINESS, ""),
        open_blockers=len(facts.open_blockers),
        waiting_approvals=len(facts.waiting_approvals),
        traffic=facts.deployment.percent if facts.deployment else 0,
    )


def _missed(timer: Timer) -> Mrkdwn | None:
    missed = timer.facts.get("missed") or []
    if not missed:
        return None
    key = "prompt.missed_quiet" if timer.facts.get("quiet") else "prompt.missed_outage"
    return say(key, hours=_hours_words(missed))


def _hours_words(missed: Sequence[int]) -> str:
    if len(missed) == 1:
        return say_plain("prompt.hours_one", first=missed[0])
    return say_plain("prompt.hours_many", first=missed[0], last=missed[-1])


def fold_prompts_before(unit: Unit, sprint: Sprint, hour: int) -> None:
    """Fold the newest prompt that was posted before `hour`."""
    for earlier in range(hour - 1, -1, -1):
        if unit.wished(prompt_key(sprint, earlier)):
            fold_prompt(unit, sprint, earlier)
            return


def fold_prompt(unit: Unit, sprint: Sprint, hour: int) -> None:
    """Fold a prompt into one line that keeps what was answered."""
    timer = prompt_timer(unit, sprint, hour)
    parts = list(answer_lines(unit, sprint, hour)) or [say("prompt.folded_silent")]
    missed = timer.facts.get("missed") if timer else None
    if missed:
        parts.append(say("prompt.folded_missed", hours=_hours_words(missed).lower()))
    phase = unit.playbook.phase_at(hour).title
    unit.wish(
        prompt_key(sprint, hour),
        sprint_lane(sprint.id),
        folded_prompt(hour, phase, Mrkdwn(" · ".join(parts))),
        sprint_id=sprint.id,
    )


def prompt_timer(unit: Unit, sprint: Sprint, hour: int) -> Timer | None:
    """Return the timer of an hour's prompt."""
    if unit.ahead.knows_hour(sprint.id, hour):
        return unit.ahead.timers.get((sprint.id, hour))
    return unit.session.scalars(
        select(Timer).where(Timer.sprint_id == sprint.id, Timer.key == f"prompt:{hour}")
    ).one_or_none()


def answer_lines(unit: Unit, sprint: Sprint, hour: int) -> list[Mrkdwn]:
    """Return what was answered to an hour's prompt, one line a person."""
    return [
        say(
            "prompt.answered",
            mark=MARKS.get(answer.answer, ""),
            who=unit.name(answer.user_id),
            answer=unit.playbook.button(answer.answer).answered,
        )
        for answer in _answers(unit, sprint, hour)
    ]


def _answers(unit: Unit, sprint: Sprint, hour: int) -> Sequence[PromptAnswer]:
    if unit.ahead.knows_hour(sprint.id, hour):
        return unit.ahead.answers.get((sprint.id, hour), [])
    return unit.session.scalars(
        select(PromptAnswer)
        .where(PromptAnswer.sprint_id == sprint.id, PromptAnswer.hour == hour)
        .order_by(PromptAnswer.id)
    ).all()


def newest_prompt(unit: Unit, sprint: Sprint) -> int | None:
    """Return the hour of the newest prompt in the channel, or None before the first."""
    for hour in range(sprint.length_hours, -1, -1):
        if unit.wished(prompt_key(sprint, hour)):
            return hour
    return None


def answer_prompt(unit: Unit, actor_id: str, sprint_id: int, hour: int, answer: str) -> str | None:
    """Note what somebody answers to the newest prompt; a later answer of theirs replaces it.

    Returns:
        What they are told when they had said so before; None when the prompt shows it now.

    Raises:
        InputError: the sprint has moved on or is over, or they may not.
    """
    sprint = unit.sprint(sprint_id, lock=True)
    require(unit, actor_id, Action.ANSWER_PROMPT, sprint)
    require_running(sprint)
    if newest_prompt(unit, sprint) != hour:
        raise InputError(say("prompt.late", hour=hour))
    if not note_answer(unit, actor_id, sprint, hour, answer):
        return say("prompt.noted", answer=unit.playbook.button(answer).answered)
    timer = prompt_timer(unit, sprint, hour)
    if timer is not None:
        _put(unit, gather(unit, sprint), hour, timer)
    return None


def note_answer(unit: Unit, actor_id: str, sprint: Sprint, hour: int, answer: str) -> bool:
    """Write down an answer to an hour's prompt.

    Returns:
        Whether it is another answer than before.
    """
    unit.meet(actor_id)
    known = unit.session.scalars(
        select(PromptAnswer).where(
            PromptAnswer.sprint_id == sprint.id,
            PromptAnswer.hour == hour,
            PromptAnswer.user_id == actor_id,
        )
    ).one_or_none()
    if known is not None and known.answer == answer:
        return False
    row = known or PromptAnswer(sprint_id=sprint.id, hour=hour, user_id=actor_id)
    row.answer = answer
    row.answered_at = unit.now
    unit.session.add(row)
    unit.session.flush()
    unit.audit(sprint.id, actor_id, "answered", "prompt", hour, answer=answer)
    return True
