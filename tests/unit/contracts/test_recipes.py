"""What CONTRIBUTING.md promises: a new one of each kind is one entry in one table plus its code."""

import sys
from concurrent.futures import Executor
from datetime import timedelta
from types import ModuleType

import pytest
from slack_bolt import BoltRequest
from slack_bolt.authorization import AuthorizeResult

from bot.domain import probe_table
from bot.domain.enums import TimerKind
from bot.domain.errors import InputError
from bot.domain.permissions import ALLOWED, Relation
from bot.domain.probe_table import phase_informed
from bot.domain.vocabulary import PhaseKey
from bot.messages.catalog import say_plain
from bot.rendering import RENDERERS
from bot.slack import blocks
from bot.texts import OWN_FOLDER, languages, use_language
from bot.timers.dispatcher import run_due
from bot.timers.kinds import TIMER_SPECS, TimerSpec
from handlers import approvals, blockers, bolt_app, sprints
from handlers.authorization import asks, of_sprint
from handlers.context import HandlerContext, probe_offers
from handlers.dispatch import run
from handlers.request import Done, Request, Say
from handlers.typed_probe import read_probe
from probes.contract import ProbeContext, ProbeRequest, ProbeResult, no_progress
from probes.registry import PROBES, all_probes
from probes.settings import ProbeSettings
from tests.runtimes import ANA, CHANNEL, EVE, TEAM, advance, card


def test_a_timer_kind_is_one_spec(runtime, running_sprint, monkeypatch):
    seen = []
    spec = TimerSpec(lambda _uow, sprint, timer: seen.append((sprint.id, timer.facts["cups"])))
    monkeypatch.setitem(TIMER_SPECS, "coffee", spec)
    with runtime.uow(TEAM) as uow:
        uow.set_timer(running_sprint, "coffee:1", "coffee", uow.now + timedelta(hours=1), cups=4)
    advance(runtime, 1)
    run_due(runtime)
    assert seen == [(running_sprint, 4)]


def test_every_timer_kind_has_its_spec():
    assert set(TIMER_SPECS) == set(TimerKind)


def test_a_message_is_one_renderer(runtime, running_sprint, monkeypatch):
    def render(_uow, sprint, args):
        return blocks.message(f"{sprint.title} has {args['cups']} cups")

    monkeypatch.setitem(RENDERERS, "coffee", render)
    with runtime.uow(TEAM) as uow:
        uow.upsert(
            "coffee", "coffee", {"cups": 4}, queue=f"channel:{CHANNEL}", sprint_id=running_sprint
        )
    assert card(runtime, "coffee")["text"] == "Churn pilot has 4 cups"


WAYS_IN = {
    "COMMANDS": {"command": "/coffee", "team_id": TEAM, "user_id": ANA, "channel_id": CHANNEL},
    "ACTIONS": {"type": "block_actions", "actions": [{"action_id": "/coffee", "value": "4"}]},
    "VIEWS": {
        "type": "view_submission",
        "view": {"type": "modal", "id": "V1", "callback_id": "/coffee"},
    },
    "SHORTCUTS": {"type": "message_action", "callback_id": "/coffee", "trigger_id": "1.2"},
}
"""What Slack sends, by the table whose entry answers it."""


class AtOnce(Executor):
    """Runs what is said after an acknowledgement before it returns."""

    def submit(self, fn, /, *args, **kwargs):
        fn(*args, **kwargs)


@pytest.mark.parametrize("table", WAYS_IN)
def test_a_way_in_is_one_entry_of_its_feature(runtime, monkeypatch, table):
    made_for = []

    def handler(_ctx, request):
        made_for.append(request.user_id)
        return Done()

    monkeypatch.setitem(getattr(blockers, table), "/coffee", handler)
    app = bolt_app.build_app(
        HandlerContext(runtime),
        AtOnce(),
        token_verification_enabled=False,
        authorize=lambda **_: AuthorizeResult(enterprise_id=None, team_id=TEAM, bot_token="xoxb-1"),
    )
    sent = {"team": {"id": TEAM}, "user": {"id": ANA}} | WAYS_IN[table]
    answer = app.dispatch(BoltRequest(mode="socket_mode", body=sent))
    assert (answer.status, made_for) == (200, [ANA])


def _coffee(_ctx, request):
    return Say(blocks.message(f"coffee {request.text}".strip()))


@pytest.mark.parametrize(
    ("commands", "entry", "typed"),
    [
        (sprints, sprints.Subcommand("coffee CUPS", _coffee), "coffee 4"),
        (blockers, _coffee, "coffee"),
        (approvals, _coffee, "coffee"),
    ],
)
def test_a_subcommand_is_one_entry(runtime, running_sprint, monkeypatch, commands, entry, typed):
    monkeypatch.setitem(commands.SUBCOMMANDS, "coffee", entry)
    (command,) = commands.COMMANDS.values()
    outcome = run(HandlerContext(runtime), command, Request(TEAM, ANA, "x", CHANNEL, text=typed))
    assert outcome.content["text"].startswith("coffee")


def test_a_permission_is_one_row(runtime, running_sprint, monkeypatch):
    monkeypatch.setitem(ALLOWED, "make_coffee", frozenset({Relation.TEAM}))
    handler = asks(lambda _request: "make_coffee", of_sprint, _coffee)
    said = {
        who: run(HandlerContext(runtime), handler, Request(TEAM, who, "x", CHANNEL))
        for who in (ANA, EVE)
    }
    assert said[ANA].content["text"] == "coffee"
    assert "Only the sprint's team" in str(said[EVE])


def test_a_probe_is_one_entry(monkeypatch, tmp_path):
    made = ModuleType("probes.coffee")
    made.run = lambda request, _context: ProbeResult(probe="coffee", source=request.source)
    monkeypatch.setitem(sys.modules, "probes.coffee", made)
    entry = "coffee: {phase: integration, needs: source, about: Is there any?, options: [beans]}\n"
    table = tmp_path / "probes.yaml"
    table.write_text(probe_table._FILE.read_text("utf-8") + entry, "utf-8")
    monkeypatch.setattr(probe_table, "_FILE", table)
    monkeypatch.setitem(PROBES, "coffee", all_probes()["coffee"])
    assert phase_informed("coffee") == PhaseKey.INTEGRATION
    offered = probe_offers(ProbeSettings()).offers["coffee"]
    assert (offered.about(), offered.options) == ("Is there any?", ("beans",))
    context = ProbeContext(ProbeSettings(), tmp_path, no_progress)
    result = PROBES["coffee"].load()(ProbeRequest("coffee", "beans"), context)
    assert (result.probe, result.source) == ("coffee", "beans")


def test_a_probe_of_another_package_is_one_folder_and_an_entry_point(monkeypatch, tmp_path):
    (tmp_path / "coffee_probes.py").write_text(
        "from probes.contract import ProbeResult\n"
        "from probes.registry import ProbeEntry\n"
        "from bot.domain.vocabulary import PhaseKey\n"
        "ENTRY = ProbeEntry('coffee', __name__, PhaseKey.DATA, 'nothing', 'Is there any?',\n"
        "                   options=('beans',))\n"
        "def run(request, context):\n"
        "    return ProbeResult(probe='coffee', source=request.source)\n"
    )
    info = tmp_path / "coffee_probes-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: coffee-probes\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[hour48.probes]\ncoffee = coffee_probes:ENTRY\n")
    monkeypatch.syspath_prepend(tmp_path)
    for name, entry in all_probes().items():
        monkeypatch.setitem(PROBES, name, entry)
    ctx = HandlerContext(None, probe_offers(ProbeSettings()))
    asked = read_probe(ctx, ["coffee", "beans=arabica"])
    assert (asked.probe, asked.options) == ("coffee", {"beans": "arabica"})
    context = ProbeContext(ProbeSettings(), tmp_path, no_progress)
    assert PROBES["coffee"].load()(ProbeRequest("coffee", ""), context).probe == "coffee"
    with pytest.raises(InputError, match=r"/probe coffee \[beans=…\]"):
        read_probe(ctx, ["coffee", "cups=4"])


def test_a_language_is_one_folder_of_text_files(monkeypatch, tmp_path):
    (tmp_path / "qc").mkdir()
    (tmp_path / "qc" / "common.yaml").write_text("nothing_to_retry: Kaffee.\n", "utf-8")
    monkeypatch.setenv(OWN_FOLDER, str(tmp_path))
    languages.cache_clear()
    try:
        with use_language("qc"):
            assert "qc" in languages()
            assert say_plain("common.nothing_to_retry") == "Kaffee."
            assert say_plain("blocker.state_open") == "open"
    finally:
        languages.cache_clear()
