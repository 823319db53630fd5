"""The sprint's hours: prompts, gates, the debrief, the plan after it, and what Slack refused."""

from __future__ import annotations

from datetime import date
from typing import Final

from bot.debrief import early_end, rendering
from bot.debrief import service as debrief
from bot.debrief.told_kinds import take_told_kinds
from bot.debrief.what_if import show_what_if
from bot.domain.enums import Pace, SprintStatus
from bot.domain.errors import InputError
from bot.domain.permissions import Action
from bot.fixes import items
from bot.hourly import gates, prompts, replies
from bot.messages.catalog import say, say_plain
from bot.messages.debrief_card import close_form, correct_form
from bot.messages.fix_card import move_form, rewrite_form, stuck_form
from bot.messages.prompt_card import early_gate_form, noted_before
from bot.messages.what_if_view import SELECT
from bot.slack import blocks
from bot.slack.action_ids import Act, ViewId
from bot.sprints import delivery_failures
from bot.sprints.pace import set_pace
from handlers import approvals, blockers, probe_runs
from handlers.authorization import asks, of_sprint
from handlers.context import Handler, HandlerContext
from handlers.payload import row_number
from handlers.presses import acts, shows
from handlers.request import (
    AfterCommit,
    Answer,
    Done,
    Ephemeral,
    Open,
    Redraw,
    Request,
    Say,
    Swap,
)


def on_track(ctx: HandlerContext, request: Request) -> Answer:
    """Note that somebody is on track this hour; who says so again may take it back."""
    uow, sprint_id, hour = ctx.uow, request.number(), request.number(1)
    if prompts.answer_prompt(uow, request.user_id, sprint_id, hour, prompts.ON_TRACK):
        return Done()
    return Say(noted_before(sprint_id, hour, uow.playbook.button(prompts.ON_TRACK).answered))


def on_undo(ctx: HandlerContext, request: Request) -> Answer:
    """Take back that somebody is on track."""
    hour = request.number(1)
    prompts.undo_answer(ctx.uow, request.user_id, request.number(), hour)
    return AfterCommit(lambda: Swap(blocks.message(say("prompt.undone", hour=hour))))


def open_answer(ctx: HandlerContext, request: Request) -> Answer:
    """Ask for an answer in words."""
    view = replies.open_answer(ctx.reading, request.user_id, request.number(), request.number(1))
    return Open(view)


def submit_answer(ctx: HandlerContext, request: Request) -> Answer:
    """Keep an answer in words."""
    sprint_id, hour = request.number(), request.number(1)
    replies.answer_by_words(ctx.uow, request.user_id, sprint_id, hour, request.form.text("answer"))
    return Done()


def _asked_hour(ctx: HandlerContext, request: Request) -> int:
    """Return the hour of the prompt that was pressed.

    Raises:
        InputError: it can't be answered now, or not by them.
    """
    hour = request.number(1)
    uow = ctx.reading
    sprint = uow.sprint(request.number())
    prompts.require_answerable(uow, request.user_id, sprint, hour)
    return hour


def on_blocked(ctx: HandlerContext, request: Request) -> Answer:
    """Ask what blocks somebody; the submitted form answers the prompt."""
    hour = _asked_hour(ctx, request)
    return blockers.open_form(ctx, request, request.number(), prompt_hour=hour)


def on_approval(ctx: HandlerContext, request: Request) -> Answer:
    """Ask which approval somebody needs; the submitted form answers the prompt."""
    hour = _asked_hour(ctx, request)
    return approvals.open_form(ctx, request, request.number(), prompt_hour=hour)


def on_probe(ctx: HandlerContext, request: Request) -> Answer:
    """Run the probe of this hour; the run answers the prompt."""
    _asked_hour(ctx, request)
    return probe_runs.from_prompt(ctx, request, request.number(), request.number(1))


def on_gate(ctx: HandlerContext, request: Request) -> Answer:
    """Note which scenario a phase ended in."""
    return answer_gate(ctx, request, *_gate_parts(request.value))


def submit_early_gate(ctx: HandlerContext, request: Request) -> Answer:
    """Note an answer that somebody confirmed before the gate's hour."""
    return answer_gate(ctx, request, *_gate_parts(request.private), early=True)


def _gate_parts(value: str) -> tuple[int, str, str]:
    parts = value.split(":")
    sprint_id = row_number(parts[0])
    if len(parts) != 3 or sprint_id is None:
        raise InputError(say("gate.unknown"))
    return sprint_id, parts[1], parts[2]


def answer_gate(
    ctx: HandlerContext,
    request: Request,
    sprint_id: int,
    phase: str,
    scenario: str,
    *,
    early: bool = False,
    quiet: bool = True,
) -> Answer:
    """Note a gate's answer, or ask first when its hour has not come.

    Args:
        ctx: what handlers share.
        request: the press, command or submission.
        sprint_id: the sprint.
        phase: the key of the phase.
        scenario: the key of the scenario.
        early: they confirmed it.
        quiet: say nothing to an answer that the gate's card shows.
    """
    try:
        notice, changed = gates.answer_gate(
            ctx.uow, request.user_id, sprint_id, phase, scenario, early=early
        )
    except gates.EarlyGateError as asks:
        ctx.undo()
        return Open(early_gate_form(sprint_id, asks.phase, asks.scenario, asks.hour))
    if changed:
        take_told_kinds(ctx.uow, ctx.uow.sprint(sprint_id), request.user_id)
    return Done() if changed and quiet else Ephemeral(notice)


def _paced(pace: Pace) -> Handler:
    def on_pace(ctx: HandlerContext, request: Request) -> Answer:
        changed = set_pace(ctx.uow, request.user_id, request.number(), pace)
        return Done() if changed else Ephemeral(say(f"silence.already_{pace}"))

    return on_pace


def on_agree(ctx: HandlerContext, request: Request) -> Answer:
    """Note that somebody agrees with an answer."""
    question = request.value.partition(":")[2]
    notice = debrief.agree(ctx.uow, request.user_id, request.number(), question)
    return Ephemeral(notice)


def open_correct(ctx: HandlerContext, request: Request) -> Answer:
    """Open the form that corrects an answer."""
    question = request.value.partition(":")[2]
    uow = ctx.reading
    sprint = uow.sprint(request.number())
    debrief.require_debrief(sprint)
    words = debrief.question_named(uow, question)
    choices = [(option.key, option.title) for option in words.options]
    return Open(correct_form(sprint.id, question, words.title, choices))


def submit_correct(ctx: HandlerContext, request: Request) -> Answer:
    """Set the team's own answer beside the computed one."""
    question = request.private.partition(":")[2]
    debrief.correct(
        ctx.uow,
        request.user_id,
        request.number(),
        question,
        request.form.choice("answer"),
        request.form.text("why"),
    )
    return Done()


def on_discuss(ctx: HandlerContext, request: Request) -> Answer:
    """Put an answer into the debrief's thread."""
    question = request.value.partition(":")[2]
    notice = debrief.discuss(ctx.uow, request.user_id, request.number(), question)
    return Ephemeral(notice) if notice else Done()


def open_facts(ctx: HandlerContext, request: Request) -> Answer:
    """Open an answer's sentences to the facts behind them."""
    question = request.value.partition(":")[2]
    return Open(rendering.show_facts(ctx.reading, request.user_id, request.number(), question))


def on_what_if(ctx: HandlerContext, request: Request) -> Answer:
    """Draw chance and dates again with the chosen fixes done."""
    chosen = request.form.choices(SELECT)
    return Redraw(show_what_if(ctx.reading, request.user_id, request.number(), chosen))


def _open_close(ctx: HandlerContext, request: Request) -> Answer:
    """Ask before a sprint is ended early, or its debrief closed."""
    uow = ctx.reading
    sprint = of_sprint(uow, request)
    if sprint.status == SprintStatus.DEBRIEF:
        words, yes = say("debrief.close_ask"), say_plain("debrief.close_yes")
        return Open(close_form(sprint.id, words, yes))
    if sprint.status != SprintStatus.RUNNING:
        raise InputError(say("debrief.not_debrief"))
    hour = debrief.hours_so_far(uow, sprint)
    words = say("debrief.close_early_ask", hour=hour, length=sprint.length_hours)
    return Open(close_form(sprint.id, words, say_plain("debrief.close_early_yes")))


open_close: Final = asks(Action.CLOSE, of_sprint, _open_close)


def on_fix_confirm(ctx: HandlerContext, request: Request) -> Answer:
    """Note that an item's owner takes it as it is."""
    uow = ctx.uow
    notice = items.confirm(uow, request.user_id, request.number())
    debrief.show_plan_again(uow, request.number())
    return Ephemeral(notice)


def open_rewrite(ctx: HandlerContext, request: Request) -> Answer:
    """Ask for an item's own words, or for the answer to its question."""
    item, _ = items.fix_for(ctx.reading, request.user_id, request.number())
    return Open(rewrite_form(item.id, item.text, is_question=item.is_question))


def submit_rewrite(ctx: HandlerContext, request: Request) -> Answer:
    """Put the owner's words in an item's place."""
    uow = ctx.uow
    items.rewrite(uow, request.user_id, request.number(), request.form.text("text"))
    debrief.show_plan_again(uow, request.number())
    return Done()


def open_stuck(ctx: HandlerContext, request: Request) -> Answer:
    """Ask what an item is stuck on."""
    item, _ = items.fix_for(ctx.reading, request.user_id, request.number())
    return Open(stuck_form(item.id, item.reason))


def submit_stuck(ctx: HandlerContext, request: Request) -> Answer:
    """Note what an item is stuck on."""
    items.mark_stuck(ctx.uow, request.user_id, request.number(), request.form.text("reason"))
    return Done()


def open_move(ctx: HandlerContext, request: Request) -> Answer:
    """Ask for an item's new date."""
    item, _ = items.fix_for(ctx.reading, request.user_id, request.number())
    return Open(move_form(item.id, item.due_at))


def submit_move(ctx: HandlerContext, request: Request) -> Answer:
    """Move an item's date."""
    chosen = request.form.date("date")
    day = date.fromisoformat(chosen) if chosen else None
    uow = ctx.uow
    items.move(uow, request.user_id, request.number(), day, request.form.text("reason"))
    debrief.show_plan_again(uow, request.number())
    return Done()


def on_fix_reopen(ctx: HandlerContext, request: Request) -> Answer:
    """Take back that an item was called done."""
    uow = ctx.uow
    notice = items.reopen(uow, request.user_id, request.number())
    debrief.show_plan_again(uow, request.number())
    return Ephemeral(notice)


ACTIONS: Final[dict[str, Handler]] = {
    Act.PROMPT_ANSWER: open_answer,
    Act.PROMPT_ON_TRACK: on_track,
    Act.PROMPT_UNDO: on_undo,
    Act.PROMPT_BLOCKED: on_blocked,
    Act.PROMPT_APPROVAL: on_approval,
    Act.PROMPT_PROBE: on_probe,
    Act.GATE_ANSWER: on_gate,
    Act.PACE_PAUSE: _paced(Pace.PAUSED),
    Act.PACE_PHASE: _paced(Pace.PHASE),
    Act.PACE_HOURLY: _paced(Pace.HOURLY),
    Act.PACE_END: acts(early_end.end_sprint),
    Act.PACE_GO_ON: acts(early_end.go_on),
    Act.DEBRIEF_AGREE: on_agree,
    Act.DEBRIEF_CORRECT: asks(Action.CORRECT, of_sprint, open_correct),
    Act.DEBRIEF_FACTS: open_facts,
    Act.DEBRIEF_DISCUSS: on_discuss,
    Act.DEBRIEF_CLOSE: open_close,
    Act.DEBRIEF_SAID: shows(rendering.show_said),
    Act.DEBRIEF_WHAT_IF: shows(show_what_if),
    Act.DEBRIEF_WHAT_IF_CHOOSE: on_what_if,
    Act.FIX_CONFIRM: on_fix_confirm,
    Act.FIX_REWRITE: open_rewrite,
    Act.FIX_STUCK: open_stuck,
    Act.FIX_MOVE: open_move,
    Act.FIX_REOPEN: on_fix_reopen,
    Act.RETRY: acts(delivery_failures.try_again),
}
VIEWS: Final[dict[str, Handler]] = {
    ViewId.PROMPT_ANSWER: submit_answer,
    ViewId.GATE_EARLY: submit_early_gate,
    ViewId.CORRECT: submit_correct,
    ViewId.CLOSE: acts(debrief.end_or_close),
    ViewId.FIX_REWRITE: submit_rewrite,
    ViewId.FIX_STUCK: submit_stuck,
    ViewId.FIX_MOVE: submit_move,
}
