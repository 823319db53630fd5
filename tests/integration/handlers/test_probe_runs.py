"""The form that asks for a probe, with what no form of ours sends too."""

from __future__ import annotations

import itertools
import re

import pytest
from sqlalchemy import select

from bot.db.models import AuditEntry, ProbeRun
from bot.domain.enums import ProbeRunState
from bot.domain.errors import InputError
from bot.slack.action_ids import ViewId
from handlers.context import HandlerContext, ProbeOffer, ProbeOffers
from handlers.dispatch import perform, run
from handlers.probe_runs import VIEWS, on_command
from handlers.request import Done, Errors, FormValues, Request
from tests.runtimes import ANA, CHANNEL, TEAM

OFFER = ProbeOffer(
    "quality", "Quality", "data", "source", lambda: "Is it usable?", takes_template=True
)
BASELINE = ProbeOffer(
    *("baseline", "Baseline", "model", "source", lambda: "What is it worth?"),
    options=("time",),
    takes_template=True,
)
ENVIRONMENT = ProbeOffer(
    *("environment", "Environment", "model", "nothing", lambda: "Can we build?"),
    options=("stacks", "registry"),
)
OFFERS = {one.name: one for one in (OFFER, BASELINE, ENVIRONMENT)}
REGISTRY = "registry.example.com/team"
HERE = ProbeOffers(
    OFFERS, sources=["shop"], stacks=("r", "java", "container", "gpu"), registries=[REGISTRY]
)
FIELDS = ("probe", "source", "table", "target", "time", "stacks", "registry")
RECEIPTS = itertools.count()
VIEW = {"type": "modal", "blocks": [{"type": "input", "block_id": name} for name in FIELDS]}


def submit(runtime, **chosen):
    values = {
        name: {
            "e": {
                "value": value,
                "selected_option": {"value": value},
                "selected_options": [{"value": one} for one in value.split(",")],
            }
        }
        for name, value in chosen.items()
    }
    ctx = HandlerContext(runtime, HERE)
    receipt = f"view:{next(RECEIPTS)}"
    request = Request(TEAM, ANA, form=FormValues(values), private="1", view=VIEW, receipt=receipt)
    return run(ctx, VIEWS[ViewId.PROBE], request)


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


def finish(runtime, facts):
    with runtime.uow(TEAM) as uow:
        for row in uow.session.scalars(select(ProbeRun)):
            row.state, row.result, row.finished_at = ProbeRunState.DONE, {"facts": facts}, uow.now


def test_a_second_look_is_given_what_the_first_one_saw(runtime, running_sprint):
    asked = {"probe": "quality", "source": "shop", "table": "orders"}
    submit(runtime, **asked)
    finish(runtime, {"schema": {"id": "BIGINT", "town": "VARCHAR"}})
    submit(runtime, **asked)
    submit(runtime, **asked | {"table": "customers"})
    first, second, other = (request["options"] for _, request in asked_for(runtime))
    assert "earlier" not in {**first, **other}
    assert second["earlier"]["schema"] == {"id": "BIGINT", "town": "VARCHAR"}
    with runtime.reading(TEAM) as uow:
        trail = list(uow.session.scalars(select(AuditEntry.facts)))
    assert not any("earlier" in (facts or {}).get("options", {}) for facts in trail)


def typed(runtime, text):
    request = Request(TEAM, ANA, "Ana", CHANNEL, text=text, receipt=None)
    return perform(HandlerContext(runtime, HERE), on_command, request)


def test_what_is_under_way_is_not_started_a_second_time(runtime, running_sprint):
    asked = {"probe": "quality", "source": "shop", "table": "orders"}
    submit(runtime, **asked)
    with pytest.raises(InputError, match=r"Ana started that .* isn't finished"):
        typed(runtime, "quality shop.orders")
    assert len(asked_for(runtime)) == 1
    typed(runtime, "quality shop.customers")
    finish(runtime, {})
    typed(runtime, "quality shop.orders")
    assert len(asked_for(runtime)) == 3


def test_what_is_needed_beside_python_is_chosen_for_the_environment(runtime, running_sprint):
    chosen = {"probe": "environment", "stacks": "r,gpu", "registry": REGISTRY}
    assert submit(runtime, **chosen) == Done()
    finish(runtime, {})
    typed(runtime, f"environment stacks=R,gpu registry={REGISTRY}")
    wanted = {"stacks": "r,gpu", "registry": REGISTRY}
    assert [request["options"] for _, request in asked_for(runtime)] == [wanted, wanted]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("environment stacks=cobol", "There is no stack `cobol`"),
        ("environment stacks=", "Name what is needed after"),
        ("environment registry=evil.example.com/x", "There is no registry `evil.example.com/x`"),
        ("environment shop", "Type it as `/probe environment [stacks=…] [registry=…]`"),
    ],
)
def test_what_the_environment_probe_cannot_take_is_named(runtime, running_sprint, text, said):
    with pytest.raises(InputError, match=re.escape(said)):
        typed(runtime, text)
    assert asked_for(runtime) == []


@pytest.mark.parametrize(
    ("chosen", "field"),
    [
        ({"probe": "quality", "source": "shop", "time": "signed_up"}, "time"),
        ({"probe": "quality", "source": "shop", "stacks": "r"}, "stacks"),
        ({"probe": "quality", "source": "shop", "registry": REGISTRY}, "registry"),
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
