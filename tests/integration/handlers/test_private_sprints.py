"""A private sprint is listed for its people and in its channel, for nobody else."""

from __future__ import annotations

import pytest

from bot.approvals.forms import ApprovalForm
from bot.approvals.service import request_approval
from bot.blockers.forms import BlockerForm
from bot.blockers.service import log_blocker
from bot.db.models import Person
from bot.domain.vocabulary import Subject
from handlers import sprints
from handlers.dispatch import run
from handlers.request import Request
from tests.runtimes import ANA, BEN, CHO, DEE, EVE, TEAM, add_sprint

SECRET, OPEN = "Layoff forecast", "Churn pilot"
BOSS, FINN = "U7", "U8"


@pytest.fixture
def two_sprints(runtime):
    """A public sprint, and a private one with a sponsor."""
    with runtime.uow(TEAM) as uow:
        uow.session.add(Person(team_id=TEAM, user_id=BOSS, name="Boss", is_admin=True))
        uow.session.add(Person(team_id=TEAM, user_id=FINN, name="Finn"))
    add_sprint(runtime, title=OPEN, channel_id="C1")
    return add_sprint(runtime, title=SECRET, channel_id="C2", is_private=True, sponsor_id=FINN)


def listed(ctx, user, channel="C9"):
    request = Request(TEAM, user, "x", channel, "t", "list")
    return str(run(ctx, sprints.COMMANDS["/sprint"], request))


@pytest.mark.parametrize("user", [ANA, BEN, CHO, DEE, BOSS, FINN])
def test_its_people_and_administrators_see_it(ctx, two_sprints, user):
    assert SECRET in listed(ctx, user)


@pytest.mark.parametrize("channel", ["C1", "C9", None])
def test_a_colleague_elsewhere_sees_the_public_one_alone(ctx, two_sprints, channel):
    shown = listed(ctx, EVE, channel)
    assert OPEN in shown
    assert SECRET not in shown


def test_whoever_is_in_its_channel_sees_it(ctx, two_sprints):
    assert SECRET in listed(ctx, EVE, "C2")


def test_who_is_asked_to_decide_or_to_own_something_in_it_sees_it(ctx, runtime, two_sprints):
    asked = ApprovalForm(two_sprints, Subject.SECURITY, EVE, "scores for 1 %")
    with runtime.uow(TEAM) as uow:
        request_approval(uow, ANA, asked)
    assert SECRET in listed(ctx, EVE)


def test_the_owner_of_a_blocker_in_it_sees_it(ctx, runtime, two_sprints):
    with runtime.uow(TEAM) as uow:
        log_blocker(uow, ANA, BlockerForm(two_sprints, "No read access", owner=EVE))
    assert SECRET in listed(ctx, EVE)
