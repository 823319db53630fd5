"""A prompt's answer is what somebody submits, never the press that opened a form."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.db.models import PromptAnswer, Sprint
from bot.hourly.prompts import post_prompts
from bot.slack.action_ids import Act
from bot.sprints.snapshot import DueHours
from handlers import approvals, blockers, hourly, probe_runs
from handlers.context import HandlerContext, ProbeOffer, ProbeOffers
from handlers.dispatch import run
from handlers.request import Done, FormValues, Open, Request, Say
from tests.runtimes import ANA, BEN, CHANNEL, EVE, TEAM, card, trail

OFFERS = {"quality": ProbeOffer("quality", "Quality", "data", "source", lambda: "Is it usable?")}
EVERY_PROBE = {
    name: ProbeOffer(name, name, "data", "source", lambda: "Is it usable?")
    for name in ("quality", "access")
}
FILLED = {
    Act.PROMPT_BLOCKED: {"title": "No read access", "kind": "auto", "severity": "stops"},
    Act.PROMPT_APPROVAL: {"subject": "security", "approver": BEN, "what": "Open the port"},
    Act.PROMPT_PROBE: {"probe": "quality", "source": "shop"},
}
VIEWS = blockers.VIEWS | approvals.VIEWS | probe_runs.VIEWS
ANSWERS = {
    Act.PROMPT_BLOCKED: "blocked",
    Act.PROMPT_APPROVAL: "approval",
    Act.PROMPT_PROBE: "probe",
}


@pytest.fixture
def ctx(runtime, running_sprint):
    """A sprint at hour 3 whose prompt is open, with two sources to choose from."""
    ask(runtime, 3)
    return HandlerContext(runtime, ProbeOffers(OFFERS, sources=["shop", "billing"]))


def ask(runtime, hour):
    with runtime.uow(TEAM) as uow:
        post_prompts(uow, [uow.session.get_one(Sprint, 1)], DueHours((hour,)))


def press(ctx, act, user=ANA, hour=3):
    request = Request(TEAM, user, "ana", CHANNEL, "t", action_id=act, value=f"1:{hour}")
    return run(ctx, hourly.ACTIONS[act], request)


def submit(ctx, opened, user=ANA, **typed):
    values = {
        key: {"e": {"value": value, "selected_option": {"value": value}, "selected_user": value}}
        for key, value in typed.items()
    }
    view = dict(opened.view)
    request = Request(
        TEAM,
        user,
        "ana",
        form=FormValues(values),
        private=view["private_metadata"],
        view=view,
        receipt="view:1",
    )
    return run(ctx, VIEWS[view["callback_id"]], request)


def answers(runtime):
    with runtime.reading(TEAM) as uow:
        return [
            (row.hour, row.user_id, row.answer) for row in uow.session.scalars(select(PromptAnswer))
        ]


@pytest.mark.parametrize("act", ANSWERS)
def test_a_form_that_was_opened_and_closed_recorded_nothing(ctx, runtime, act):
    assert isinstance(press(ctx, act), Open)
    assert answers(runtime) == []
    assert trail(runtime, "prompt") == []


@pytest.mark.parametrize(("act", "answer"), ANSWERS.items())
def test_the_submitted_form_answers_the_prompt(ctx, runtime, act, answer):
    assert submit(ctx, press(ctx, act), **FILLED[act]) == Done()
    assert answers(runtime) == [(3, ANA, answer)]
    assert "Ana" in str(card(runtime, "sprint:1:prompt:3"))


def test_on_track_is_taken_back_where_it_is_said_again(ctx, runtime):
    assert press(ctx, Act.PROMPT_ON_TRACK) == Done()
    again = press(ctx, Act.PROMPT_ON_TRACK)
    assert Act.PROMPT_UNDO in str(again.content)
    assert answers(runtime) == [(3, ANA, "on_track")]
    assert "You have not said" in str(press(ctx, Act.PROMPT_UNDO, user=BEN))
    undone = press(ctx, Act.PROMPT_UNDO)
    assert "Undone" in str(undone.content)
    assert answers(runtime) == []
    assert "Ana" not in str(card(runtime, "sprint:1:prompt:3"))
    assert "You have not said" in str(press(ctx, Act.PROMPT_UNDO))


def test_what_a_form_answered_is_not_taken_back_alone(ctx, runtime):
    submit(ctx, press(ctx, Act.PROMPT_BLOCKED), **FILLED[Act.PROMPT_BLOCKED])
    assert "You have not said" in str(press(ctx, Act.PROMPT_UNDO))
    assert answers(runtime) == [(3, ANA, "blocked")]


def test_a_form_submitted_after_the_next_prompt_answers_its_own_hour(ctx, runtime):
    opened = press(ctx, Act.PROMPT_BLOCKED)
    ask(runtime, 4)
    submit(ctx, opened, **FILLED[Act.PROMPT_BLOCKED])
    assert answers(runtime) == [(3, ANA, "blocked")]
    folded = card(runtime, "sprint:1:prompt:3")
    assert "Ana" in str(folded)
    assert "actions" not in {block["type"] for block in folded["blocks"]}


def test_a_refused_form_answers_nothing(ctx, runtime):
    submit(ctx, press(ctx, Act.PROMPT_BLOCKED), title="..", kind="auto", severity="stops")
    assert answers(runtime) == []


def test_a_probe_that_leaves_nothing_to_choose_runs_and_answers(ctx, runtime):
    one_source = HandlerContext(runtime, ProbeOffers(EVERY_PROBE, sources=["shop"]))
    hour = next(hour for hour in range(4, 48) if runtime.playbook.hour(hour).probe in EVERY_PROBE)
    ask(runtime, hour)
    assert press(one_source, Act.PROMPT_PROBE, hour=hour) == Done()
    assert answers(runtime) == [(hour, ANA, "probe")]


@pytest.mark.parametrize("act", ANSWERS)
def test_a_prompt_that_cannot_be_answered_opens_no_form(ctx, act):
    assert isinstance(press(ctx, act, user=EVE), Say)
    assert isinstance(press(ctx, act, hour=2), Say)
    assert isinstance(press(ctx, act, hour=99), Say)


def test_a_form_from_elsewhere_answers_no_prompt(ctx, runtime):
    opened = run(ctx, blockers.COMMANDS["/blocker"], Request(TEAM, ANA, "ana", CHANNEL, "t", ""))
    submit(ctx, opened, **FILLED[Act.PROMPT_BLOCKED])
    assert answers(runtime) == []
