"""Who may ask about which sprint, and how often a question is answered."""

from __future__ import annotations

import pytest

from bot.debrief.questions import Asked, answer_in_thread
from bot.messages import keys
from handlers.context import HandlerContext
from handlers.dispatch import run
from handlers.request import Request, Say
from handlers.sprints import COMMANDS
from tests.runtimes import ANA, CHANNEL, EVE, GUS, TEAM, add_sprint, card


def ask(runtime, who, *, channel="C9", ts="1.1", thread=None, direct=False, text="what blocks us?"):
    with runtime.uow(TEAM) as uow:
        asked = Asked(channel, ts, thread, who, text, direct, "UBOT")
        answer_in_thread(uow, asked)
    return str(card(runtime, keys.answer(channel, ts)))


@pytest.fixture
def private_sprint(runtime):
    return add_sprint(runtime, is_private=True, title="Secret pilot")


def test_a_private_sprint_is_answered_in_its_channel_and_in_direct_messages(
    runtime, private_sprint
):
    assert "No open blockers" in ask(runtime, ANA, channel=CHANNEL)
    assert "No open blockers" in ask(runtime, ANA, channel="D1", direct=True)


def test_a_private_sprint_is_not_spoken_of_where_others_read(runtime, private_sprint):
    told = ask(runtime, ANA)
    assert "That sprint is private" in told
    assert "Secret" not in told


@pytest.mark.parametrize("stranger", [EVE, GUS])
def test_strangers_learn_nothing_in_a_direct_message(runtime, private_sprint, stranger):
    told = ask(runtime, stranger, channel="D2", direct=True)
    assert "Secret" not in told
    assert "blockers at hour" not in told


def test_a_guest_outside_the_team_is_refused_in_the_channel(runtime, running_sprint):
    assert "blockers at hour" not in ask(runtime, GUS, channel=CHANNEL)


def test_the_newest_closed_sprint_is_asked_about_where_none_runs(runtime):
    sprint_id = add_sprint(runtime)
    with runtime.uow(TEAM) as uow:
        sprint = uow.sprint(sprint_id)
        sprint.status, sprint.ended_at, sprint.closed_at = "closed", uow.now, uow.now
    assert "No open blockers" in ask(runtime, ANA, channel="D1", direct=True)
    assert "You are in no sprint" in ask(runtime, EVE, channel="D2", ts="1.2", direct=True)
    ctx = HandlerContext(runtime)
    told = run(ctx, COMMANDS["/sprint"], Request(TEAM, ANA, "ana", "C9", "trigger", "status"))
    assert isinstance(told, Say)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("what blocks us?", "The sprint was cancelled at hour 0. No open blockers"),
        ("Was blockiert uns?", "Der Sprint wurde in Stunde 0 abgebrochen. "),
    ],
)
def test_of_a_cancelled_sprint_an_answer_says_that_first(runtime, text, said):
    sprint_id = add_sprint(runtime)
    with runtime.uow(TEAM) as uow:
        sprint = uow.sprint(sprint_id)
        sprint.status, sprint.ended_at = "cancelled", uow.now
    assert said in ask(runtime, ANA, channel=CHANNEL, text=text)


@pytest.mark.parametrize(
    ("direct", "place", "thread"),
    [(True, "D1", None), (False, CHANNEL, "1.1"), (True, "D1", "1.1")],
)
def test_a_few_words_lean_on_the_question_before_in_the_same_place(
    runtime, running_sprint, direct, place, thread
):
    told = ask(runtime, ANA, channel=place, direct=direct, text="am I needed?")
    assert "No. Nothing waits for Ana" in told
    then = ask(runtime, ANA, channel=place, ts="1.2", thread=thread, direct=direct, text="and Cho?")
    assert "No. Nothing waits for Cho" in then


def test_a_question_leans_on_none_of_another_thread(runtime, running_sprint):
    ask(runtime, ANA, channel=CHANNEL, text="am I needed?")
    then = ask(runtime, ANA, channel=CHANNEL, ts="1.2", text="and Cho?")
    assert "Nothing waits for Cho" not in then
