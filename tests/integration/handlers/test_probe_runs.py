"""The form that asks for a probe, with what no form of ours sends too."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.db.models import ProbeRun
from bot.slack.action_ids import View
from handlers.context import HandlerContext, ProbeOffer, ProbeOffers
from handlers.dispatch import run
from handlers.probe_runs import VIEWS
from handlers.request import Done, Errors, Form, Request
from tests.runtimes import ANA, TEAM

OFFER = ProbeOffer("quality", "Quality", "data", "source", "Is it usable?")
BASELINE = ProbeOffer("baseline", "Baseline", "model", "source", "What is it worth?")
OFFERS = {one.name: one for one in (OFFER, BASELINE)}
FIELDS = ("probe", "source", "table", "target", "time")
VIEW = {"type": "modal", "blocks": [{"type": "input", "block_id": name} for name in FIELDS]}


def submit(runtime, **chosen):
    values = {
        name: {"e": {"value": value, "selected_option": {"value": value}}}
        for name, value in chosen.items()
    }
    ctx = HandlerContext(runtime, ProbeOffers(OFFERS, sources=["shop"]))
    request = Request(TEAM, ANA, form=Form(values), private="1", view=VIEW, receipt="view:1")
    return run(ctx, VIEWS[View.PROBE], request)


def asked_for(runtime):
    with runtime.reading(TEAM) as uow:
        return [(each.probe, each.request) for each in uow.session.scalars(select(ProbeRun))]


def test_what_is_chosen_and_typed_is_asked_for(runtime, running_sprint):
    assert submit(runtime, probe="quality", source="shop", table="orders") == Done()
    [(probe, request)] = asked_for(runtime)
    assert (probe, request["source"], request["table"]) == ("quality", "shop", "orders")


def test_the_prediction_time_goes_to_the_baseline(runtime, running_sprint):
    chosen = {"probe": "baseline", "source": "shop", "target": "churned", "time": "signed up"}
    assert submit(runtime, **chosen) == Done()
    [(_, request)] = asked_for(runtime)
    assert (request["target"], request["options"]) == ("churned", {"time": "signed up"})


@pytest.mark.parametrize(
    ("chosen", "field"),
    [
        ({"probe": "quality", "source": "shop", "time": "signed_up"}, "time"),
        ({}, "probe"),
        ({"probe": "gone", "source": "shop"}, "probe"),
        ({"source": "shop"}, "probe"),
        ({"source": "quality", "table": "shop"}, "probe"),
        ({"probe": "quality"}, "probe"),
        ({"probe": "quality", "source": "elsewhere"}, "target"),
    ],
)
def test_what_names_no_probe_is_refused_at_its_field(runtime, running_sprint, chosen, field):
    outcome = submit(runtime, **chosen)
    assert isinstance(outcome, Errors)
    assert list(outcome.errors) == [field]
    assert "error ID" not in outcome.errors[field]
    assert asked_for(runtime) == []
