"""What CONTRIBUTING.md promises: a new one of each kind is one entry in one table plus its code."""

import sys
from dataclasses import replace
from datetime import timedelta
from types import ModuleType

import pytest

from bot.domain.permissions import ALLOWED, Relation, is_allowed
from bot.rendering import RENDERERS
from bot.slack import blocks
from bot.timers.dispatcher import run_due
from bot.timers.kinds import TIMER_SPECS, TimerSpec
from handlers import bolt_app
from handlers.context import HandlerContext, ProbeOffers, probe_offers
from handlers.dispatch import run
from handlers.request import Request, Say
from probes.contract import ProbeContext, ProbeRequest, ProbeResult, no_progress
from probes.registry import PROBES
from probes.settings import ProbeSettings
from tests.runtimes import ANA, CHANNEL, TEAM, advance, card


def test_a_timer_kind_is_one_spec(runtime, running_sprint, monkeypatch):
    seen = []
    spec = TimerSpec(lambda _uow, sprint, timer: seen.append((sprint.id, timer.facts["cups"])))
    monkeypatch.setitem(TIMER_SPECS, "coffee", spec)
    with runtime.uow(TEAM) as uow:
        uow.set_timer(running_sprint, "coffee:1", "coffee", uow.now + timedelta(hours=1), cups=4)
    advance(runtime, 1)
    run_due(runtime)
    assert seen == [(running_sprint, 4)]


def test_a_message_is_one_renderer(runtime, running_sprint, monkeypatch):
    def render(_uow, sprint, args):
        return blocks.message(f"{sprint.title} has {args['cups']} cups")

    monkeypatch.setitem(RENDERERS, "coffee", render)
    with runtime.uow(TEAM) as uow:
        uow.upsert("coffee", f"channel:{CHANNEL}", {"cups": 4}, template="coffee",
                   sprint_id=running_sprint)  # fmt: skip
    assert card(runtime, "coffee")["text"] == "Churn pilot has 4 cups"


@pytest.mark.parametrize("table", ["ACTIONS", "VIEWS", "SHORTCUTS", "COMMANDS"])
def test_a_way_in_is_one_handler(runtime, monkeypatch, table):
    def handler(_ctx, request):
        return Say(blocks.message(f"coffee for {request.user_id}"))

    monkeypatch.setitem(getattr(bolt_app, table), "coffee", handler)
    found = getattr(bolt_app, table)["coffee"]
    request = Request(TEAM, ANA, "coffee", CHANNEL)
    outcome = run(HandlerContext(runtime, ProbeOffers()), found, request)
    assert outcome.content["text"] == f"coffee for {ANA}"


def test_a_permission_is_one_row(monkeypatch):
    monkeypatch.setitem(ALLOWED, "make_coffee", frozenset({Relation.TEAM}))
    assert is_allowed("make_coffee", {Relation.TEAM})
    assert not is_allowed("make_coffee", {Relation.COLLEAGUE})


def test_a_probe_is_one_entry(monkeypatch, tmp_path):
    made = ModuleType("coffee_probe")
    made.run = lambda request, _context: ProbeResult(probe="coffee", source=request.source)
    monkeypatch.setitem(sys.modules, "coffee_probe", made)
    entry = replace(PROBES["access"], name="coffee", module="coffee_probe")
    monkeypatch.setitem(PROBES, "coffee", entry)
    assert "coffee" in probe_offers(ProbeSettings()).offers
    context = ProbeContext(ProbeSettings(), tmp_path, no_progress)
    result = PROBES["coffee"].load()(ProbeRequest("coffee", "beans"), context)
    assert (result.probe, result.source) == ("coffee", "beans")
