"""*Link a ticket* on a blocker's card: by key, by address, and off again."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import select

from bot.blockers.forms import BlockerForm
from bot.blockers.service import log_blocker
from bot.db.evidence_models import EvidenceLink
from bot.slack.action_ids import Act, ViewId
from handlers.context import HandlerContext
from handlers.dispatch import run
from handlers.evidence import ACTIONS, VIEWS
from handlers.request import Done, Errors, FormValues, Open, Redraw, Request
from tests.runtimes import ANA, CHANNEL, TEAM, buttons, card, lines_below


@pytest.fixture
def ctx(runtime):
    return HandlerContext(runtime)


@pytest.fixture
def blocker(runtime, running_sprint):
    with runtime.uow(TEAM) as uow:
        form = BlockerForm(running_sprint, "We wait for the reviewers", lead_time="2 weeks")
        return log_blocker(uow, ANA, form).id


def press(ctx, act, value):
    request = Request(TEAM, ANA, "ana", CHANNEL, "trigger", action_id=act, value=str(value))
    return run(ctx, ACTIONS[act], request)


def submit(ctx, blocker, text):
    view = {"blocks": [{"type": "input", "block_id": "ticket"}]}
    form = FormValues({"ticket": {"ticket": {"value": text}}})
    request = Request(
        TEAM, ANA, "ana", form=form, private=str(blocker), view=view, receipt=f"view:{uuid4().hex}"
    )
    return run(ctx, VIEWS[ViewId.LINK_TICKET], request)


def links(runtime):
    with runtime.reading(TEAM) as uow:
        return [(row.adapter, row.subject) for row in uow.session.scalars(select(EvidenceLink))]


def test_a_card_offers_to_link_a_ticket(ctx, runtime, running_sprint, blocker, connected):
    connected("jira")
    assert Act.EVIDENCE_LINK in buttons(card(runtime, f"sprint:{running_sprint}:blocker:1"))
    opened = press(ctx, Act.EVIDENCE_LINK, blocker)
    assert isinstance(opened, Open)
    assert "Connected: JIRA." in str(opened.view)


@pytest.mark.parametrize(
    ("text", "linked"),
    [
        ("SEC-114", ("jira", "SEC-114")),
        ("https://acme.atlassian.net/browse/SEC-114?focus=1", ("jira", "SEC-114")),
        ("see acme/shop#12 please", ("github", "acme/shop#12")),
    ],
)
def test_a_ticket_is_linked_by_key_or_address(
    text, linked, ctx, runtime, running_sprint, blocker, connected
):
    connected("jira")
    connected("github")
    assert submit(ctx, blocker, text) == Done()
    assert links(runtime) == [linked]
    assert "Ana linked" in lines_below(runtime, f"sprint:{running_sprint}:blocker:1")[-1]


@pytest.mark.parametrize(
    ("systems", "text", "says"),
    [
        ((), "SEC-114", "hour48 evidence connect"),
        (("jira",), "next week", "names no ticket of JIRA"),
        (("jira",), "SEC-1 and SEC-2", "several tickets: SEC-1, SEC-2"),
        (("jira", "linear"), "SEC-1", "could be a ticket of jira, linear"),
    ],
)
def test_what_names_no_ticket_is_said_at_the_field(
    systems, text, says, ctx, runtime, blocker, connected
):
    for name in systems:
        connected(name)
    outcome = submit(ctx, blocker, text)
    assert isinstance(outcome, Errors)
    assert says in outcome.errors["ticket"]
    assert links(runtime) == []


def test_a_link_is_made_once_and_taken_off(ctx, runtime, running_sprint, blocker, connected):
    connected("jira")
    submit(ctx, blocker, "SEC-114")
    assert isinstance(submit(ctx, blocker, "sec-114"), Errors)
    with runtime.reading(TEAM) as uow:
        link_id = uow.session.scalars(select(EvidenceLink.id)).one()
    assert isinstance(press(ctx, Act.EVIDENCE_UNLINK, link_id), Redraw)
    assert links(runtime) == []
    assert "SEC-114" not in str(card(runtime, f"sprint:{running_sprint}:blocker:1"))


def test_a_page_and_home_show_where_no_is_said(runtime):
    from datetime import timedelta

    from bot.debrief.report_files import render
    from bot.home.service import home_view
    from tests.runtimes import HOUR_0, add_sprint

    title = "The architecture board has to agree first"
    for number in range(3):
        sprint = add_sprint(runtime, channel_id=f"C{number + 5}")
        with runtime.uow(TEAM) as uow:
            log_blocker(uow, ANA, BlockerForm(sprint, title, lead_time="4 months"))
            row = uow.sprint(sprint)
            row.status, row.closed_at = "closed", HOUR_0 + timedelta(hours=48 + number)
            row.ended_at, row.path = HOUR_0 + timedelta(hours=48), "fix_blockers"
    with runtime.reading(TEAM) as uow:
        page = render(uow, uow.sprint(sprint), "html")["html"].decode()
        told = str(home_view(uow, ANA))
    says = "If the architecture board had said yes at once, 3 of 3 sprints would have shipped"
    assert "Where no is said" in page
    assert says in page
    assert "<svg" in page
    assert says in told
