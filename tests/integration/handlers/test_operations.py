"""What an operator leans on: readiness that fails when it should, logs, alerts with a runbook."""

from __future__ import annotations

import io
import json
import re
import sys
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path

import httpx
import promql_parser
import pytest
import structlog
import yaml
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from slack_sdk.errors import SlackApiError
from sqlalchemy import text, update

from bot.db.models import Timer
from bot.db.outbox_models import OutboxItem
from bot.logs import log_to
from bot.metrics import registry_for
from bot.settings import LogSettings, Settings
from bot.slack.api_errors import TRANSPORT_ERRORS
from bot.slack.call_counters import TalliedClient
from handlers.dispatch import run
from handlers.request import Request
from hour48.container import Bot
from hour48.shipped import MANIFEST
from playground.server import LocalSlack
from serving.metrics import Meters
from tests.databases import fresh_database
from tests.runtimes import ANA, CHANNEL, TEAM

ROOT = Path(__file__).parents[3]
ALERTS = yaml.safe_load((ROOT / "ops/alerts.yaml").read_text())["groups"][0]["rules"]
DASHBOARD = json.loads((ROOT / "ops/dashboard.json").read_text())
RUNBOOK = (ROOT / "docs/operations.md").read_text()


# --- alerts and dashboard -------------------------------------------------------------------


def expressions():
    yield from ((rule["alert"], rule["expr"]) for rule in ALERTS)
    for panel in DASHBOARD["panels"]:
        yield from ((panel["title"], target["expr"]) for target in panel.get("targets", []))


def selectors(node):
    """Yield the vector selectors of a PromQL expression, as Prometheus reads it."""
    if isinstance(node, promql_parser.VectorSelector):
        yield node
    for name in ("lhs", "rhs", "expr", "param", "vector_selector"):
        if (inner := getattr(node, name, None)) is not None:
            yield from selectors(inner)
    for inner in getattr(node, "args", None) or []:
        yield from selectors(inner)


def grouped_by(node):
    """Yield the labels that an expression groups by."""
    if isinstance(node, promql_parser.AggregateExpr) and node.modifier is not None:
        yield from node.modifier.labels
    for name in ("lhs", "rhs", "expr"):
        if (inner := getattr(node, name, None)) is not None:
            yield from grouped_by(inner)
    for inner in getattr(node, "args", None) or []:
        yield from grouped_by(inner)


def served_metrics():
    """Return what a serving process exposes after a call."""
    meters = Meters("m")
    meters.answered("/predict", 200, 0.001)
    return meters.text()[0].decode()


@pytest.fixture
def exposed(runtime, ctx, running_sprint):
    """Return metric → its labels, where a handler ran, a call failed and rows wait."""
    run(ctx, lambda _ctx, _request: 1 / 0, Request(TEAM, ANA))
    with pytest.raises((SlackApiError, *TRANSPORT_ERRORS)):
        TalliedClient("xoxb-none", base_url="http://127.0.0.1:1/").api_test()
    with runtime.uow(TEAM) as uow:
        uow.upsert("card", None, {"text": "x"}, queue="channel:C1", sprint_id=running_sprint)
    found = {}
    texts = [generate_latest(registry_for(runtime)).decode(), served_metrics()]
    for family in chain.from_iterable(map(text_string_to_metric_families, texts)):
        found.setdefault(family.name, set())
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def test_every_metric_that_is_watched_is_one_that_a_bot_exposes(exposed):
    known_empty = {
        "hour48_probes": {"state"},
        "hour48_deployments": {"state"},
        "hour48_deployment_alerts": {"level"},
        "hour48_deployment_replicas": {"deployment"},
    }
    for where, expression in expressions():
        parsed = promql_parser.parse(expression)
        labels = set()
        for selector in selectors(parsed):
            if selector.name == "up":
                continue
            assert selector.name in exposed, (where, selector.name)
            labels |= exposed[selector.name] or known_empty.get(selector.name, set())
            for matcher in selector.matchers.matchers:
                assert matcher.name in labels, (where, matcher.name)
        assert set(grouped_by(parsed)) <= labels, where


def test_every_panel_has_a_title_and_an_expression():
    assert len(DASHBOARD["panels"]) >= 8
    for panel in DASHBOARD["panels"]:
        assert panel["title"]
        assert panel["targets"]


def test_every_alert_has_a_runbook_and_every_runbook_its_alert():
    headings = dict(re.findall(r"^\*\*(Hour48\w+)\.\*\* (.+?)(?:\n\n|\Z)", RUNBOOK, re.M | re.S))
    assert set(headings) == {rule["alert"] for rule in ALERTS}
    for alert, words in headings.items():
        assert len(words) > 100, alert
    for rule in ALERTS:
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"].endswith(".")


def test_what_a_runbook_tells_to_look_for_in_the_log_is_logged():
    source = "".join(
        file.read_text()
        for package in ("bot", "handlers", "scheduler")
        for file in (ROOT / package).rglob("*.py")
    )
    named = set(re.findall(r"`((?:alarm|due|delivery|probe|chores)\.[a-z_]+)`", RUNBOOK))
    assert named
    for event in named:
        assert f'"{event}"' in source, event


# --- readiness ------------------------------------------------------------------------------


@pytest.fixture
def ready(tmp_path):
    """Return a function that runs a bot in a local workspace on a database."""
    opened = []

    def run_on(url):
        slack = LocalSlack(manifest=MANIFEST)
        slack.__enter__()
        workspace = slack.add_workspace("Acme")
        bot = Bot(
            Settings(
                slack={
                    "bot_token": workspace.bot_token,
                    "app_token": workspace.app_token,
                    "api_url": slack.api_url,
                    "pace": False,
                },
                database={"url": url},
                server={"port": 0},
            )
        )
        bot.start()
        workspace.hub.wait_for_connection()
        opened.extend((bot, slack))
        return bot, slack

    yield run_on
    for each in opened:
        each.stop() if isinstance(each, Bot) else each.__exit__(None, None, None)


def wrong_with(bot):
    answer = httpx.get(f"{bot.answering.page_url}/readyz", timeout=30)
    assert answer.status_code == (503 if answer.json()["wrong"] else 200)
    return answer.json()["wrong"]


def test_a_bot_says_that_it_is_not_ready_while_work_is_late_or_slack_is_away(ready, tmp_path):
    from tests.runtimes import add_sprint

    bot, _ = ready(f"sqlite:///{tmp_path / 'rows.db'}")
    assert wrong_with(bot) == {}
    for busy in (bot.worker.clock_loop, bot.worker.delivery):
        busy.stop()
        busy.stop = lambda: None
    number = add_sprint(bot.core.runtime, started_at=None, status="planned")
    long_ago = datetime.now(UTC) - timedelta(minutes=7)
    with bot.core.runtime.uow(TEAM) as uow:
        uow.set_timer(number, "late", "prompt", long_ago, hour=1)
        uow.upsert("stuck", None, {"text": "x"}, queue="channel:C1").first_tried_at = long_ago
    assert set(wrong_with(bot)) == {"timers", "outbox"}
    with bot.core.runtime.sessions.begin() as session:
        session.execute(update(Timer).values(state="done"))
        session.execute(update(OutboxItem).values(state="sent"))
    assert wrong_with(bot) == {}
    bot.answering._line.client.disconnect()
    assert set(wrong_with(bot)) == {"slack"}
    for path in ("healthz", "livez"):
        assert httpx.get(f"{bot.answering.page_url}/{path}").text == "ok\n"


@pytest.mark.slow
def test_a_bot_whose_database_has_gone_says_so_and_goes_on_living(ready, tmp_path):
    from bot.db.engine import open_engine

    url = fresh_database("postgresql", tmp_path)
    bot, _ = ready(url)
    assert wrong_with(bot) == {}
    name = url.split("?", maxsplit=1)[0].rpartition("/")[2]
    owner = open_engine(fresh_database("postgresql", tmp_path)).execution_options(
        isolation_level="AUTOCOMMIT"
    )
    with owner.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    assert {"database", "timers", "outbox"} <= set(wrong_with(bot))
    assert httpx.get(f"{bot.answering.page_url}/healthz").status_code == 200
    owner.dispose()


# --- logs -----------------------------------------------------------------------------------


@pytest.fixture
def log_lines(monkeypatch):
    """Return what was logged, as it stands in the log of a real bot."""
    configured, stream = structlog.get_config(), io.StringIO()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", stream)
        log_to(LogSettings(level="debug", form="json"))
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    structlog.configure(**configured)


def test_the_error_id_that_a_person_is_shown_is_found_in_the_log_with_its_trace(
    ctx, running_sprint, log_lines
):
    from bot.sprints.selection import sprint_here

    def breaks(ctx, request):
        with ctx.runtime.uow(request.team_id) as uow:
            sprint_here(uow, request.channel_id, request.user_id)
            raise ZeroDivisionError

    said = run(ctx, breaks, Request(TEAM, ANA, channel_id=CHANNEL))
    shown = re.search(r"error ID `([0-9a-f]{8})`", said.content["text"])[1]
    (line,) = [line for line in log_lines() if line.get("error_id") == shown]
    assert "ZeroDivisionError" in line["exception"]
    assert (line["team"], line["sprint"], line["handler"]) == (TEAM, running_sprint, "breaks")
    assert re.fullmatch(r"[0-9a-f]{8}", line["request"])


def test_a_line_of_the_log_names_the_sprint_of_its_own_request_only(ctx, running_sprint, log_lines):
    def about_a_sprint(ctx, request):
        with ctx.runtime.reading(request.team_id) as uow:
            uow.sprint(running_sprint)
        structlog.get_logger().info("looked")
        return ctx.runtime

    def about_none(ctx, request):
        structlog.get_logger().info("idle")
        return request

    for handler in (about_a_sprint, about_none):
        run(ctx, handler, Request(TEAM, ANA))
    lines = {line["event"]: line for line in log_lines() if line["event"] in ("looked", "idle")}
    assert lines["looked"]["sprint"] == running_sprint
    assert "sprint" not in lines["idle"]
    assert lines["looked"]["request"] != lines["idle"]["request"]
