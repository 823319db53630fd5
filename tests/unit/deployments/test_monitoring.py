"""Guards: what they find, say and pull."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.db.serving_models import GuardFinding, ServingWorker
from bot.deployments import monitoring, service
from bot.domain.errors import InputError
from bot.slack.action_ids import Act
from bot.slack.text import moment
from tests.runtimes import (
    ANA,
    BEN,
    HOUR_0,
    TEAM,
    card,
    trail,
)
from tests.stage import words_of
from tests.unit.deployments import staging
from tests.unit.deployments.staging import all_buttons, live_card, row_of


def act(runtime, number):
    monitoring.act_on_findings(runtime, TEAM, number, datetime.now(UTC))


def test_more_traffic_comes_only_with_a_go(runtime, live):
    for level in (None, "hold", "alert"):
        if level:
            staging.find(runtime, live, level)
        with pytest.raises(InputError), runtime.uow(TEAM) as uow:
            service.advance(uow, ANA, live)
    with runtime.uow(TEAM) as uow:
        for each in uow.session.query(GuardFinding):
            each.closed_at = datetime.now(UTC)
    staging.find(runtime, live, "go")
    with pytest.raises(InputError, match="Only the sprint's lead"), runtime.uow(TEAM) as uow:
        service.advance(uow, BEN, live)
    with runtime.uow(TEAM) as uow:
        service.advance(uow, ANA, live)
    assert row_of(runtime, live).percent == 5
    with pytest.raises(InputError), runtime.uow(TEAM) as uow:
        service.advance(uow, ANA, live)  # the go was about 1 %
    with runtime.uow(TEAM) as uow:
        service.step_back(uow, BEN, live)
    assert row_of(runtime, live).percent == 1


def test_an_alert_says_what_and_closes_itself(runtime, sprint_id, live):
    number = staging.find(runtime, live, "alert")
    act(runtime, live)
    key = f"sprint:{sprint_id}:alert:{live}:{number}"
    shown = card(runtime, key)
    assert "“spend” has changed: all values are zero" in words_of(shown)
    posted = moment(HOUR_0)  # the sprint's clock, not the machine's
    assert posted in words_of(shown)
    assert posted in words_of(live_card(runtime, sprint_id, live))
    assert all_buttons(shown) == [Act.DEPLOY_ROLL_BACK]
    act(runtime, live)
    assert [each.action for each in trail(runtime, "deployment")].count("alerted") == 1
    assert "spend" in words_of(live_card(runtime, sprint_id, live))
    assert row_of(runtime, live).state == "live"
    with runtime.uow(TEAM) as uow:
        uow.session.get_one(GuardFinding, number).closed_at = datetime.now(UTC)
    act(runtime, live)
    assert "Over" in words_of(card(runtime, key))
    assert all_buttons(card(runtime, key)) == []


def test_a_guard_pulls_the_model_once_and_by_name(runtime, sprint_id, live):
    staging.find(runtime, live, "pull", guard="errors", subject="model")
    act(runtime, live)
    act(runtime, live)
    row = row_of(runtime, live)
    assert (row.state, row.rolled_back_by) == ("pulled", "guard")
    assert "the guard" in words_of(live_card(runtime, sprint_id, live))
    assert [each.action for each in trail(runtime, "deployment")].count("rolled_back") == 1


def test_an_old_finding_does_not_pull_what_was_opened_again(runtime, live):
    staging.find(runtime, live, "pull", guard="errors")
    act(runtime, live)
    staging.obey(runtime, live)
    staging.settle(runtime)
    with runtime.uow(TEAM) as uow:
        for each in uow.session.query(GuardFinding):
            each.closed_at = datetime.now(UTC)
    with runtime.uow(TEAM) as uow:
        service.open_traffic(uow, ANA, live)
    act(runtime, live)
    assert row_of(runtime, live).state == "live"


def test_uptime_counts_only_what_was_looked_at_while_live(runtime, ready):
    act(runtime, ready)
    assert row_of(runtime, ready).watched == {}
    with runtime.uow(TEAM) as uow:
        service.open_traffic(uow, ANA, ready)
    staging.obey(runtime, ready)
    act(runtime, ready)
    with runtime.uow(TEAM) as uow:
        for worker in uow.session.query(ServingWorker):
            worker.seen_at = datetime.now(UTC) - timedelta(minutes=1)
    act(runtime, ready)
    watched = row_of(runtime, ready).watched
    assert (watched["checks"], watched["up"]) == (2, 1)
