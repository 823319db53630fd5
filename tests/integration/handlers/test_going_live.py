"""The button that opens traffic: pressed rightly, twice, by who may not, and late."""

from __future__ import annotations

import pytest

from bot.deployments import queries
from bot.domain.enums import DeploymentState, SprintStatus
from bot.slack.action_ids import Act
from handlers.deployments import ACTIONS, on_deploy
from handlers.dispatch import run
from handlers.request import Request, Say
from tests.runtimes import ANA, BEN, CHANNEL, EVE, TEAM, add_sprint, trail
from tests.unit.deployments import staging


@pytest.fixture
def ready(runtime, tmp_path):
    """A deployment of which nothing is missing."""
    sprint_id = add_sprint(runtime)
    staging.keep(runtime, sprint_id, tmp_path)
    number = staging.propose(runtime, sprint_id)
    staging.meet(runtime, number)
    return number


def press(ctx, number, user=ANA):
    acted = {"action_id": Act.DEPLOY_OPEN, "value": str(number)}
    return run(
        ctx, ACTIONS[Act.DEPLOY_OPEN], Request(TEAM, user, user, CHANNEL, "trigger", **acted)
    )


def openings(runtime):
    return [each for each in trail(runtime, "deployment") if each.action == "opened"]


def test_the_first_press_opens_traffic_and_the_second_adds_nothing(ctx, runtime, ready):
    assert "Live on 1 %" in str(press(ctx, ready))
    assert staging.row_of(runtime, ready).state == DeploymentState.LIVE
    second = press(ctx, ready)
    assert isinstance(second, Say)
    assert len(openings(runtime)) == 1


def test_the_command_says_what_to_press_once_nothing_is_missing(ctx, runtime, ready):
    def typed():
        return str(run(ctx, on_deploy, Request(TEAM, ANA, ANA, CHANNEL, "trigger", text="1")))

    assert "*Go live on 1 %*" in typed()
    with runtime.uow(TEAM) as uow:
        queries.find(uow, ready)[0].on_call = None
    assert "1 condition is missing" in typed()


@pytest.mark.parametrize("user", [BEN, EVE])
def test_only_the_lead_opens_traffic(ctx, runtime, ready, user):
    assert "lead" in str(press(ctx, ready, user))
    assert openings(runtime) == []


def test_a_cancelled_sprints_model_gets_no_traffic(ctx, runtime, ready):
    with runtime.uow(TEAM) as uow:
        uow.sprint(1).status = SprintStatus.CANCELLED
    assert "was cancelled" in str(press(ctx, ready))
    assert openings(runtime) == []
