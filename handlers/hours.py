"""The sprint's hours: prompts, gates, the debrief, the plan after it, and what Slack refused."""

from __future__ import annotations

from datetime import date
from typing import Final

from bot.slack import blocks
from bot.slack.cards.debrief_card import close_form, correct_form
from bot.slack.cards.fix_card import move_form, stuck_form
from bot.slack.ids import Act, View
from bot.slack.words import say, say_plain
from bot.sprint.errors import InputError
from bot.sprint.permissions import Action
from bot.usecases import debrief, followup, gates, mishaps, prompts
from bot.usecases.people import require
from bot.usecases.which import sprint_here
from handlers import approvals, blockers, probing
from handlers.desk import Desk, Handler
from handlers.request import Done, Open, Outcome, Request, Say


def _answer(desk: Desk, request: Request, answer: str) -> str | None:
    with desk.house.unit(request.team_id) as unit:
        unit.meet(request.user_id, request.user_name)
        return prompts.answer_prompt(
            unit, request.user_id, request.number(), request.number(1), answer
        )


def on_track(desk: Desk, request: Request) -> Outcome:
    """Note that somebody is on track this hour."""
    told = _answer(desk, request, "on_track")
    return Say(blocks.message(told)) if told else Done()


def on_blocked(desk: Desk, request: Request) -> Outcome:
    """Note that somebody is blocked, and ask by what."""
    _answer(desk, request, "blocked")
    return blockers.open_form(desk, request, request.number())


def on_approval(desk: Desk, request: Request) -> Outcome:
    """Note that somebody needs an approval, and ask for it."""
    _answer(desk, request, "approval")
    return approvals.open_form(desk, request, request.number())


def on_probe(desk: Desk, request: Request) -> Outcome:
    """Note that somebody looks at the facts, and run the probe of this hour."""
    _answer(desk, request, "probe")
    return probing.from_prompt(desk, request, request.number(), request.number(1))


def on_gate(desk: Desk, request: Request) -> Outcome:
    """Note which scenario a phase ended in."""
    parts = request.value.split(":")
    if len(parts) != 3:
        raise InputError(say("gate.unknown"))
    with desk.house.unit(request.team_id) as unit:
        unit.meet(request.user_id, request.user_name)
        told, changed = gates.answer_gate(
            unit, request.user_id, request.number(), parts[1], parts[2]
        )
    return Done() if changed else Say(blocks.message(told))


def on_agree(desk: Desk, request: Request) -> Outcome:
    """Note that somebody agrees with an answer."""
    question = request.value.partition(":")[2]
    with desk.house.unit(request.team_id) as unit:
        unit.meet(request.user_id, request.user_name)
        told = debrief.agree(unit, request.user_id, request.number(), question)
    return Say(blocks.message(told))


def open_correct(desk: Desk, request: Request) -> Outcome:
    """Open the form that corrects an answer."""
    question = request.value.partition(":")[2]
    with desk.house.reading(request.team_id) as unit:
        sprint = unit.sprint(request.number())
        require(unit, request.user_id, Action.CORRECT, sprint)
        words = debrief.question_named(unit, question)
        choices = [(option.key, option.title) for option in words.options]
        return Open(correct_form(sprint.id, question, words.title, choices))


def submit_correct(desk: Desk, request: Request) -> Outcome:
    """Set the team's own answer beside the computed one."""
    question = request.private.partition(":")[2]
    with desk.house.unit(request.team_id) as unit:
        unit.meet(request.user_id, request.user_name)
        debrief.correct(
            unit,
            request.user_id,
            request.number(),
            question,
            request.form.choice("answer"),
            request.form.text("why"),
        )
    return Done()


def open_facts(desk: Desk, request: Request) -> Outcome:
    """Open an answer's sentences to the facts behind them."""
    question = request.value.partition(":")[2]
    with desk.house.reading(request.team_id) as unit:
        return Open(debrief.show_facts(unit, request.user_id, request.number(), question))


def open_close(desk: Desk, request: Request) -> Outcome:
    """Ask before a sprint is ended early, or its debrief closed."""
    with desk.house.reading(request.team_id) as unit:
        if request.value:
            sprint = unit.sprint(request.number())
        else:
            sprint = sprint_here(unit, request.channel_id, request.user_id)
        require(unit, request.user_id, Action.CLOSE, sprint)
        if sprint.status == "debrief":
            words, yes = say("debrief.close_ask"), say_plain("debrief.close_yes")
            return Open(close_form(sprint.id, words, yes))
        if sprint.status != "running":
            raise InputError(say("debrief.not_debrief"))
        hour = debrief.hours_so_far(unit, sprint)
        words = say("debrief.close_early_ask", hour=hour, length=sprint.length_hours)
        return Open(close_form(sprint.id, words, say_plain("debrief.close_early_yes")))


def submit_close(desk: Desk, request: Request) -> Outcome:
    """End a sprint early, or close its debrief."""
    with desk.house.unit(request.team_id) as unit:
        unit.once(request.receipt)
        told = debrief.end_or_close(unit, request.user_id, request.number())
    return Say(blocks.message(told))


def on_fix_done(desk: Desk, request: Request) -> Outcome:
    """Note that an item of the plan is done."""
    with desk.house.unit(request.team_id) as unit:
        told = followup.mark_done(unit, request.user_id, request.number())
    return Say(blocks.message(told))


def open_stuck(desk: Desk, request: Request) -> Outcome:
    """Ask what an item is stuck on."""
    with desk.house.reading(request.team_id) as unit:
        item, _ = followup.fix_for(unit, request.user_id, request.number())
        return Open(stuck_form(item.id, item.reason))


def submit_stuck(desk: Desk, request: Request) -> Outcome:
    """Note what an item is stuck on."""
    with desk.house.unit(request.team_id) as unit:
        followup.mark_stuck(unit, request.user_id, request.number(), request.form.text("reason"))
    return Done()


def open_move(desk: Desk, request: Request) -> Outcome:
    """Ask for an item's new date."""
    with desk.house.reading(request.team_id) as unit:
        item, _ = followup.fix_for(unit, request.user_id, request.number())
        return Open(move_form(item.id, item.due_at))


def submit_move(desk: Desk, request: Request) -> Outcome:
    """Move an item's date."""
    chosen = request.form.date("date")
    day = date.fromisoformat(chosen) if chosen else None
    with desk.house.unit(request.team_id) as unit:
        followup.move(unit, request.user_id, request.number(), day, request.form.text("reason"))
    return Done()


def on_retry(desk: Desk, request: Request) -> Outcome:
    """Try again what Slack refused."""
    with desk.house.unit(request.team_id) as unit:
        told = mishaps.try_again(unit, request.user_id, request.number())
    return Say(blocks.message(told))


ACTIONS: Final[dict[str, Handler]] = {
    Act.PROMPT_ON_TRACK: on_track,
    Act.PROMPT_BLOCKED: on_blocked,
    Act.PROMPT_APPROVAL: on_approval,
    Act.PROMPT_PROBE: on_probe,
    Act.GATE_ANSWER: on_gate,
    Act.DEBRIEF_AGREE: on_agree,
    Act.DEBRIEF_CORRECT: open_correct,
    Act.DEBRIEF_FACTS: open_facts,
    Act.DEBRIEF_CLOSE: open_close,
    Act.FIX_DONE: on_fix_done,
    Act.FIX_STUCK: open_stuck,
    Act.FIX_MOVE: open_move,
    Act.RETRY: on_retry,
}
VIEWS: Final[dict[str, Handler]] = {
    View.CORRECT: submit_correct,
    View.CLOSE: submit_close,
    View.FIX_STUCK: submit_stuck,
    View.FIX_MOVE: submit_move,
}
