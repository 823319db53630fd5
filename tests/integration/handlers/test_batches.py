"""A table to score and a log to replay, ordered from a deployment's cards."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from bot.db.serving_models import ServingBatch
from bot.deployments import batches, service
from bot.domain.enums import BatchState, SprintStatus
from bot.slack.action_ids import Act, ViewId
from handlers.batches import ACTIONS, VIEWS
from handlers.context import ProbeOffers
from handlers.dispatch import run
from handlers.request import Done, Errors, FormValues, Open, Replace, Request, Say
from tests.runtimes import ANA, CHANNEL, EVE, TEAM, add_sprint, card, trail
from tests.stage import words_of
from tests.unit.deployments import staging

PLACE = {"source": "shop", "table": "customers", "entity": "customer_id"}
CHOICES = ("source", "into", "repeat")


@pytest.fixture
def shop(ctx):
    return replace(ctx, probes=ProbeOffers(sources=["shop", "logs"]), writers=("", "lake"))


@pytest.fixture
def live(runtime, tmp_path):
    sprint_id = add_sprint(runtime)
    staging.keep(runtime, sprint_id, tmp_path)
    number = staging.propose(runtime, sprint_id)
    staging.meet(runtime, number)
    with runtime.uow(TEAM) as uow:
        service.open_traffic(uow, ANA, number)
    return number


@pytest.fixture
def proposed(runtime, tmp_path):
    sprint_id = add_sprint(runtime)
    staging.keep(runtime, sprint_id, tmp_path)
    return staging.propose(runtime, sprint_id)


def press(ctx, act, number, user=ANA):
    request = Request(TEAM, user, "ana", CHANNEL, "trigger", action_id=act, value=str(number))
    return run(ctx, ACTIONS[act], request)


def submit(ctx, shown, user=ANA, receipt="view:1", **typed):
    values = {
        key: {key: {"selected_option": {"value": value}} if key in CHOICES else {"value": value}}
        for key, value in typed.items()
    }
    view = dict(shown.view)
    private = view["private_metadata"]
    request = Request(
        TEAM, user, "ana", form=FormValues(values), private=private, view=view, receipt=receipt
    )
    return run(ctx, VIEWS[view["callback_id"]], request)


def rows(runtime):
    with runtime.reading_sessions() as session:
        found = session.scalars(select(ServingBatch)).all()
        session.expunge_all()
        return found


def test_a_table_is_ordered_in_two_pages_and_nothing_before_the_second(runtime, shop, live):
    opened = press(shop, Act.DEPLOY_SCORE, live)
    assert isinstance(opened, Open)
    page = submit(shop, opened, into="table:lake", repeat="day", **PLACE)
    assert isinstance(page, Replace)
    told = words_of(page.view)
    assert "shop.customers" in told
    assert "The model scores 1 %" in told
    assert "new table* in lake" in told
    assert "Every day" in told
    assert rows(runtime) == []
    assert submit(shop, page, receipt="view:2") == Done()
    (row,) = rows(runtime)
    assert (row.source, row.table_name, row.entity_column) == ("shop", "customers", "customer_id")
    assert (row.into, row.credential, row.every_hours) == ("", "lake", 24)
    assert (row.requested_by, row.state) == (ANA, BatchState.WAITING)
    assert trail(runtime, "deployment")[-1].facts["batch"] == row.id
    shown = card(runtime, f"sprint:1:batch:{live}:{row.id}")
    assert "Waiting for a worker" in words_of(shown)


def test_a_file_for_the_channel_says_who_reads_it(runtime, shop, live):
    page = submit(shop, press(shop, Act.DEPLOY_SCORE, live), into="csv", repeat="once", **PLACE)
    assert "Everybody in the channel can read it" in words_of(page.view)
    submit(shop, page, receipt="view:2")
    (row,) = rows(runtime)
    assert (row.into, row.credential, row.every_hours) == ("csv:", None, None)


def test_nothing_is_ordered_in_a_cancelled_sprint_whose_model_answers(runtime, shop, live):
    opened = press(shop, Act.DEPLOY_SCORE, live)
    page = submit(shop, opened, into="csv", repeat="once", **PLACE)
    with runtime.uow(TEAM) as uow:
        uow.sprint(1).status = SprintStatus.CANCELLED
    told = [
        press(shop, Act.DEPLOY_SCORE, live),
        submit(shop, opened, receipt="view:3", into="csv", repeat="once", **PLACE),
        submit(shop, page, receipt="view:2"),
    ]
    assert all("was cancelled" in str(each) for each in told), told
    assert rows(runtime) == []


def test_the_default_database_has_no_name_of_its_own(runtime, shop, live):
    opened = press(shop, Act.DEPLOY_SCORE, live)
    page = submit(shop, opened, into="table:default", repeat="week", **PLACE)
    submit(shop, page, receipt="view:2")
    assert (rows(runtime)[0].credential, rows(runtime)[0].every_hours) == (None, 168)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"source": "secrets"}, "source"),
        ({"into": "table:elsewhere"}, "into"),
        ({"into": ""}, "into"),
        ({"repeat": "hourly"}, "repeat"),
    ],
)
def test_what_nobody_offered_is_refused_at_its_field(runtime, shop, live, typed, field):
    opened = press(shop, Act.DEPLOY_SCORE, live)
    told = submit(shop, opened, **({"into": "csv", "repeat": "once"} | PLACE | typed))
    assert isinstance(told, Errors)
    assert list(told.errors) == [field]
    assert rows(runtime) == []


def test_a_second_page_that_was_tampered_with_orders_nothing(runtime, shop, live):
    page = submit(shop, press(shop, Act.DEPLOY_SCORE, live), into="csv", repeat="once", **PLACE)
    private = page.view["private_metadata"].replace('"shop"', '"secrets"')
    told = submit(shop, Replace({**page.view, "private_metadata": private}), receipt="view:2")
    assert told != Done()
    assert rows(runtime) == []


def test_the_shadow_run_starts_by_its_button_and_a_log_is_replayed_by_another(
    runtime, shop, proposed
):
    assert press(shop, Act.DEPLOY_SHADOW, proposed) == Done()
    opened = press(shop, Act.DEPLOY_REPLAY, proposed)
    assert opened.view["callback_id"] == ViewId.BATCH_REPLAY
    assert submit(shop, opened, source="logs", entity="entity") == Done()
    (row,) = rows(runtime)
    assert (row.source, row.into) == ("logs", "shadow:")
    checklist = card(runtime, f"sprint:1:checklist:{proposed}")
    assert f"{Act.DEPLOY_REPLAY}:shadow" in str(checklist)


def test_without_a_source_the_shadow_run_just_starts(runtime, ctx, proposed):
    assert press(ctx, Act.DEPLOY_SHADOW, proposed) == Done()
    told = press(ctx, Act.DEPLOY_REPLAY, proposed)
    assert "No source is configured" in str(told)


@pytest.mark.parametrize("act", [Act.DEPLOY_SCORE, Act.DEPLOY_REPLAY])
def test_nothing_is_scored_while_no_model_answers(shop, proposed, act):
    assert isinstance(press(shop, act, proposed), Say)


def test_a_log_is_not_replayed_into_live_traffic(shop, live):
    assert "shadow run only" in str(press(shop, Act.DEPLOY_REPLAY, live))


def test_the_team_cancels_and_others_do_not(runtime, shop, live):
    with runtime.uow(TEAM) as uow:
        number = batches.request_batch(uow, ANA, live, batches.BatchRequest("shop", None, "id")).id
    assert press(shop, Act.BATCH_CANCEL, number, user=EVE) != Done()
    assert rows(runtime)[0].state == BatchState.WAITING
    assert press(shop, Act.BATCH_CANCEL, number) == Done()
    assert rows(runtime)[0].state == BatchState.CANCELLED
    assert "is over" in str(press(shop, Act.BATCH_CANCEL, number))


def fail(runtime, why="the source is away"):
    claimed = batches.claim(runtime)
    batches.finish(runtime, claimed, {}, why)
    return claimed.attempt


@pytest.mark.parametrize(
    ("into", "credential", "told"),
    [("", "lake", "new table* in lake"), ("", None, "in default"), ("csv:", None, "can read it")],
)
def test_a_failed_batch_is_tried_again_as_it_was_after_a_look_at_its_target(
    runtime, shop, live, into, credential, told
):
    asked = batches.BatchRequest(
        "shop", "customers", "customer_id", into, credential, every_hours=24
    )
    with runtime.uow(TEAM) as uow:
        number = batches.request_batch(uow, ANA, live, asked).id
    key = f"sprint:1:batch:{live}:{number}"
    assert Act.BATCH_AGAIN not in str(card(runtime, key))
    before = fail(runtime)
    assert Act.BATCH_AGAIN in str(card(runtime, key))
    page = press(shop, Act.BATCH_AGAIN, number)
    assert "shop.customers" in words_of(page.view)
    assert told in words_of(page.view)
    assert rows(runtime)[0].state == BatchState.FAILED
    assert submit(shop, page) == Done()
    first, following = rows(runtime)
    assert (first.state, first.error, first.every_hours) == (BatchState.WAITING, None, None)
    assert (first.source, first.table_name, first.entity_column) == (
        "shop",
        "customers",
        "customer_id",
    )
    assert (first.into, first.credential, following.every_hours) == (into, credential, 24)
    assert Act.BATCH_AGAIN not in str(card(runtime, key))
    twice = submit(shop, page, receipt="view:2")
    assert "can't be tried again" in str(twice)
    after = fail(runtime)
    assert (after.number, after.before) == (before.number, None)
    assert len(rows(runtime)) == 2


def test_a_failed_replay_is_tried_again_in_the_shadow_run_only(runtime, shop, proposed):
    press(shop, Act.DEPLOY_SHADOW, proposed)
    submit(shop, press(shop, Act.DEPLOY_REPLAY, proposed), source="logs", entity="entity")
    number = fail(runtime).number
    page = press(shop, Act.BATCH_AGAIN, number)
    assert "Nobody gets an answer" in words_of(page.view)
    with runtime.uow(TEAM) as uow:
        service.end(uow, ANA, proposed)
    assert "shadow run only" in str(submit(shop, page, receipt="view:2"))
    assert rows(runtime)[0].state == BatchState.FAILED


def test_others_and_a_batch_of_the_operator_are_not_tried_again(runtime, shop, live):
    with runtime.uow(TEAM) as uow:
        number = batches.request_batch(uow, ANA, live, batches.BatchRequest("shop", None, "id")).id
    fail(runtime)
    assert isinstance(press(shop, Act.BATCH_AGAIN, number, user=EVE), Say)
    page = press(shop, Act.BATCH_AGAIN, number)
    assert isinstance(submit(shop, page, user=EVE), Say)
    assert rows(runtime)[0].state == BatchState.FAILED
    with runtime.uow(TEAM) as uow:
        operators = batches.request_batch(
            uow, service.OPERATOR, live, batches.BatchRequest("/srv/x.csv", None, "id")
        ).id
    fail(runtime)
    assert Act.BATCH_AGAIN not in str(card(runtime, f"sprint:1:batch:{live}:{operators}"))
    assert "can't be tried again" in str(press(shop, Act.BATCH_AGAIN, operators))


def test_an_ended_deployment_scores_nothing_more(runtime, live):
    with runtime.uow(TEAM) as uow:
        batches.request_batch(uow, ANA, live, batches.BatchRequest("shop", None, "id"))
        service.end(uow, ANA, live)
    assert batches.claim(runtime) is None
    assert rows(runtime)[0].state == BatchState.CANCELLED
