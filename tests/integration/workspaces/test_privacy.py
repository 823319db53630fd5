"""A colleague outside a private sprint sees nothing of it, whatever they press, type or ask."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import update

from bot.db.models import Person, Sprint
from bot.db.outbox_models import OutboxItem
from bot.debrief.questions import Asked, answer_in_thread
from bot.home.portfolio import portfolio
from bot.home.service import home_view
from bot.rendering import rendered
from tests.integration.workspaces import two_workspaces
from tests.integration.workspaces.test_tenants import ENTRY_POINTS, HELP, short_run_first

COLLEAGUE = "U77"


@pytest.fixture
def private(fresh):
    """Return a function that opens them with every sprint private and a colleague outside."""

    def opened():
        runtime = fresh()
        with runtime.uow(two_workspaces.MINE) as uow:
            uow.session.add(Person(team_id=two_workspaces.MINE, user_id=COLLEAGUE, name="Quinn"))
            uow.session.execute(update(Sprint).values(is_private=True))
        return runtime

    return opened


def said_to(runtime, user_id):
    """Return everything that shall be said to somebody, as it is rendered now."""
    with runtime.reading(two_workspaces.MINE) as uow:
        items = uow.session.query(OutboxItem).filter(OutboxItem.queue.contains(user_id)).all()
        return json.dumps([dict(rendered(runtime, uow.session, item)) for item in items])


@pytest.mark.parametrize("name", short_run_first(set(ENTRY_POINTS) - HELP))
def test_no_way_in_shows_or_changes_anything_of_a_private_sprint(private, name):
    runtime, entry = private(), ENTRY_POINTS[name]
    before = two_workspaces.rows_of(runtime, two_workspaces.MINE)
    for request in entry.requests(runtime.playbook):
        tried = replace(request, user_id=COLLEAGUE, channel_id="C99")
        outcome = two_workspaces.act(runtime, entry, tried)
        assert two_workspaces.SECRET not in two_workspaces.words_of(outcome), tried
    after = two_workspaces.rows_of(runtime, two_workspaces.MINE)
    changed = {table for table in before if before[table] != after[table]}
    own = {"receipts", "people", "outbox"}
    if name in ("view plan", "view kickoff"):  # who plans a sprint of their own is in it
        own |= {"sprints", "members", "timers", "audit", "audit_chain", "audit_heads"}
    assert changed <= own
    assert two_workspaces.SECRET not in said_to(runtime, COLLEAGUE)


def test_home_and_the_portfolio_say_nothing_of_it(private):
    runtime = private()
    with runtime.reading(two_workspaces.MINE) as uow:
        assert two_workspaces.SECRET not in json.dumps(home_view(uow, COLLEAGUE))
        assert portfolio(uow).sprints == 0
        assert two_workspaces.SECRET in json.dumps(home_view(uow, two_workspaces.ANA))


@pytest.mark.parametrize("channel", ["C99", "D99"])
def test_a_question_from_outside_is_not_answered_from_it(private, channel):
    runtime = private()
    asked = Asked(channel, "1.1", None, COLLEAGUE, "what blocks us?", direct=channel == "D99")
    with runtime.uow(two_workspaces.MINE, channel) as uow:
        answer_in_thread(uow, asked)
    with runtime.reading(two_workspaces.MINE) as uow:
        items = uow.session.query(OutboxItem).filter_by(queue=f"channel:{channel}").all()
        shown = json.dumps([dict(rendered(runtime, uow.session, item)) for item in items])
    assert two_workspaces.SECRET not in shown


def test_whoever_is_in_its_channel_can_open_a_form_there_and_send_it(private):
    """A form comes back without its channel; that it was opened there counts for a day."""
    runtime, entry, form = (
        private(),
        ENTRY_POINTS["/blocker The"],
        ENTRY_POINTS["action blocker.edit"],
    )
    request = next(entry.requests(runtime.playbook))
    typed = replace(request, user_id=COLLEAGUE, text="", channel_id="C1")
    assert "blocker" in two_workspaces.words_of(two_workspaces.act(runtime, entry, typed)).lower()
    status = ENTRY_POINTS["/sprint status"]
    here = next(status.requests(runtime.playbook))
    assert two_workspaces.SECRET in two_workspaces.words_of(
        two_workspaces.act(runtime, status, replace(here, user_id=COLLEAGUE, channel_id="C1"))
    )
    del form
    with runtime.reading(two_workspaces.MINE) as uow:
        from bot.domain.permissions import Relation
        from bot.sprints.people import relations

        assert Relation.OUTSIDER not in relations(uow, COLLEAGUE, uow.sprint(2))
        assert Relation.OUTSIDER in relations(uow, COLLEAGUE, uow.sprint(3))
