"""A cancelled sprint says so everywhere: to the team, in their calendars, on stale buttons."""

from __future__ import annotations

import base64

import pytest
from icalendar import Calendar
from sqlalchemy import select

from bot.db.outbox_models import OutboxItem
from bot.messages import keys
from bot.planning.expectations import ask_expectation
from bot.planning.service import _send_calendar, cancel_sprint
from bot.rendering import rendered
from bot.slack.action_ids import Act
from handlers import blockers, hourly, planning
from handlers.dispatch import run
from handlers.request import Request
from tests.runtimes import ANA, BEN, CHANNEL, CHO, DEE, EVE, TEAM, add_sprint, card

TEAM_OF_FOUR = {ANA, BEN, CHO, DEE}


@pytest.fixture
def planned(runtime):
    """A planned sprint whose team, and Eve who was in it before, got the calendar file."""
    number = add_sprint(runtime, status="planned", started_at=None, channel_id=None)
    with runtime.uow(TEAM) as uow:
        sprint = uow.sprint(number, lock=True)
        for user_id in (*TEAM_OF_FOUR, EVE):
            ask_expectation(uow, sprint, user_id)
            _send_calendar(uow, sprint, user_id, is_first=True)
    return number


def cancel(runtime, sprint, reason="The data owner left", actor=ANA):
    with runtime.uow(TEAM) as uow:
        cancel_sprint(uow, actor, sprint, reason)


def files(runtime, kind):
    """Return user id -> the body of their calendar file of that kind."""
    with runtime.reading(TEAM) as uow:
        items = uow.session.scalars(select(OutboxItem).where(OutboxItem.key.contains(kind)))
        return {
            item.queue.removeprefix("dm:"): rendered(runtime, uow.session, item) for item in items
        }


def events(body):
    calendar = Calendar.from_ical(base64.b64decode(body["content"]))
    return calendar["method"], {event["uid"]: event for event in calendar.events}


def test_everybody_with_the_file_is_told_and_gets_the_cancellation(runtime, planned):
    invited = files(runtime, ":calendar:")
    cancel(runtime, planned)
    sent = files(runtime, ":uncalendar:")
    assert set(sent) == {*TEAM_OF_FOUR, EVE}
    for body in sent.values():
        assert "Ana cancelled *Churn pilot*" in body["comment"]
        assert "The data owner left" in body["comment"]
    method, cancelled = events(sent[BEN])
    _, published = events(invited[BEN])
    assert method == "CANCEL"
    assert set(cancelled) == set(published)
    for uid, event in cancelled.items():
        assert event["status"] == "CANCELLED"
        assert event["sequence"] > published[uid]["sequence"]


def test_the_question_to_the_team_closes(runtime, planned):
    cancel(runtime, planned)
    shown = str(card(runtime, f"plan:{planned}:expect:{BEN}"))
    assert "was cancelled" in shown
    assert Act.EXPECT_OPEN not in shown


def test_the_plan_names_who_cancelled_it(runtime, planned):
    with runtime.uow(TEAM) as uow:
        uow.person(BEN).is_admin = True
    cancel(runtime, planned, actor=BEN)
    assert "Cancelled by Ben: “The data owner left”" in str(card(runtime, keys.plan_card(planned)))


@pytest.mark.parametrize("state", ["planned", "running"])
def test_the_sponsor_is_told_that_she_gets_nothing_more(runtime, state):
    number = add_sprint(runtime, status=state, sponsor_id=EVE)
    cancel(runtime, number)
    told = str(card(runtime, keys.sponsor_cancelled(number, EVE)))
    assert "Ana cancelled *Churn pilot*: “The data owner left”. You'll get nothing" in told


STALE = [
    (planning, Act.EXPECT_OPEN, "1"),
    (planning, Act.PLAN_START, "1"),
    (planning, Act.PLAN_EDIT, "1"),
    (planning, Act.KICKOFF_OPEN, "1"),
    (hourly, Act.PROMPT_ON_TRACK, "1:0"),
    (hourly, Act.PROMPT_BLOCKED, "1:0"),
    (hourly, Act.GATE_ANSWER, "1:data:locked"),
    (blockers, Act.BLOCKER_OPEN_FORM, "1"),
]


@pytest.mark.parametrize(("package", "act", "value"), STALE)
def test_a_stale_button_of_a_cancelled_sprint_says_cancelled(ctx, runtime, package, act, value):
    add_sprint(runtime, status="cancelled", started_at=None)
    request = Request(TEAM, ANA, "ana", CHANNEL, "t", action_id=act, value=value)
    said = str(run(ctx, package.ACTIONS[act], request))
    assert "was cancelled" in said
    assert "begun" not in said
