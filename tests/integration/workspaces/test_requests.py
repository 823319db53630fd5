"""What reaches the page from outside: signatures, replays, sizes, shapes and report links."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import socket
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import httpx
import pytest
from sqlalchemy import func, select

from bot.db.models import AuditEntry, Receipt
from bot.report_links import LASTS, ReportLinks
from handlers.replay_guard import Replays, receipt_of
from handlers.web import LARGEST_BODY
from tests.databases import migrated_database
from tests.integration.workspaces import two_workspaces
from tests.integration.workspaces.conftest import SECRET, opened_tenancy, running_bot

FORM = "application/x-www-form-urlencoded"


def signed(body: bytes, *, secret=SECRET, at=None, content_type=FORM) -> dict[str, str]:
    stamp = str(int(at if at is not None else time.time()))
    base = b"v0:" + stamp.encode() + b":" + body
    signature = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {
        "Content-Type": content_type,
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": f"v0={signature}",
    }


def command(tenancy, text="list", trigger="1.1") -> bytes:
    facts = {
        "command": "/sprint",
        "text": text,
        "team_id": tenancy.workspaces[0].team_id,
        "user_id": tenancy.workspaces[0].people()[0].id,
        "trigger_id": trigger,
    }
    return urlencode(facts).encode()


def interaction(**facts) -> bytes:
    return urlencode({"payload": json.dumps(facts)}).encode()


def post(url, body, headers) -> httpx.Response:
    return httpx.post(f"{url}/slack/events", content=body, headers=headers, timeout=20)


# --- signatures -----------------------------------------------------------------------------


def test_a_signed_request_is_answered_once_and_its_replay_is_refused(tenants):
    body = command(tenants)
    headers = signed(body)
    assert post(tenants.url, body, headers).status_code == 200
    again = post(tenants.url, body, headers)
    assert (again.status_code, again.text) == (401, "this was delivered before\n")
    assert post(tenants.url, body, signed(body, at=time.time() - 2)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(lambda body: signed(body, secret="another"), id="another secret"),
        pytest.param(lambda body: signed(body + b"x"), id="another body"),
        pytest.param(lambda body: signed(body, at=time.time() - 301), id="stale"),
        pytest.param(lambda body: signed(body, at=time.time() + 310), id="of the future"),
        pytest.param(lambda body: {}, id="none"),
        pytest.param(
            lambda body: {**signed(body), "X-Slack-Request-Timestamp": "soon"}, id="no number"
        ),
        pytest.param(
            lambda body: {**signed(body), "X-Slack-Request-Timestamp": "9" * 400}, id="huge number"
        ),
        pytest.param(lambda body: {**signed(body), "X-Slack-Signature": "v0="}, id="empty"),
    ],
)
def test_what_slack_did_not_sign_just_now_is_refused(tenants, headers):
    body = command(tenants)
    assert post(tenants.url, body, headers(body)).status_code == 401


def test_a_body_that_is_too_large_is_refused_before_it_is_read_whole(tenants):
    body = b"x" * (LARGEST_BODY + 1)
    assert post(tenants.url, body, signed(body)).status_code == 413

    def endless():
        for _ in range(200):
            yield b"x" * 10_000

    assert post(tenants.url, endless(), signed(b"")).status_code == 413


def test_who_hangs_up_within_a_body_leaves_no_trace_in_the_log(tenants, caplog):
    host, _, port = tenants.url.removeprefix("http://").partition(":")
    head = f"POST /slack/events HTTP/1.1\r\nHost: {host}\r\nContent-Length: 100\r\n\r\nhalf"
    for _ in range(3):
        with socket.create_connection((host, int(port))) as caller:
            caller.sendall(head.encode())
            time.sleep(0.05)
    time.sleep(0.2)
    assert httpx.get(f"{tenants.url}/healthz").text == "ok\n"
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_signatures_are_forgotten_when_they_have_become_stale():
    now = [1_000_000.0]
    replays = Replays(lambda: now[0])
    assert replays._is_first("v0=a", now[0])
    assert not replays._is_first("v0=a", now[0])
    now[0] += 299
    assert not replays._is_first("v0=a", now[0])
    now[0] += 2
    assert replays._is_first("v0=b", now[0])
    assert list(replays._seen) == ["v0=b"]


# --- shapes ---------------------------------------------------------------------------------

HOSTILE_VALUES = (None, 7, "x" * 3_000, [], {}, [None], {"id": ["U1"]}, "\ud800", True)


def press(tenants, **changed):
    team, user = tenants.workspaces[0].team_id, tenants.workspaces[0].people()[0].id
    facts = {
        "type": "block_actions",
        "team": {"id": team},
        "user": {"id": user, "username": "ana"},
        "channel": {"id": "C1"},
        "trigger_id": "9.9",
        "actions": [{"type": "button", "action_id": "blocker.fixed", "value": "1"}],
        "view": {"type": "modal", "id": "V1", "callback_id": "blocker", "state": {"values": {}}},
    }
    return interaction(**(facts | changed))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["block_actions", "view_submission", "shortcut", "message_action"])
def test_a_delivery_with_anything_in_any_field_is_taken_or_refused_without_a_fault(tenants, kind):
    names = ("team", "user", "channel", "trigger_id", "actions", "view", "message", "type")
    for name in names:
        for value in HOSTILE_VALUES:
            body = press(
                tenants, **({"type": kind, "callback_id": "log_as_blocker"} | {name: value})
            )
            answer = post(tenants.url, body, signed(body))
            assert answer.status_code < 500, (name, value, answer.text)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param(b"\xff\xfe\x00", FORM, id="no text"),
        pytest.param(b"payload=%7B", FORM, id="half an object"),
        pytest.param(b"payload=%5B1%5D", FORM, id="a list"),
        pytest.param(b"payload=7", FORM, id="a number"),
        pytest.param(b"[" * 5_000, "application/json", id="deep"),
        pytest.param(b'"text"', "application/json", id="json text"),
        pytest.param(b'{"type": "event_callback", "event": 7}', "application/json", id="no event"),
        pytest.param(b"", FORM, id="nothing"),
        pytest.param(b"command=%2Fsprint", FORM, id="a command of nobody"),
    ],
)
def test_a_body_that_is_no_delivery_is_refused_without_a_fault(tenants, body, content_type):
    answer = post(tenants.url, body, signed(body, content_type=content_type))
    assert answer.status_code < 500, answer.text
    assert "Traceback" not in answer.text


# --- several bots behind one address --------------------------------------------------------


@pytest.mark.slow
def test_a_press_that_one_bot_took_does_nothing_at_another(tmp_path):
    database = migrated_database("postgresql", tmp_path)
    with (
        opened_tenancy(tmp_path, database) as first,
        running_bot(first.slack, database) as second,
    ):
        first.install(first.workspaces[0])
        team, ana = first.workspaces[0].team_id, first.workspaces[0].people()[0].id
        blocker = _open_blocker(first.bot.core.runtime, team, ana)
        action = {"type": "button", "action_id": "blocker.still", "value": f"{blocker}"}
        body = press(first, actions=[action])
        headers = signed(body)
        assert post(first.url, body, headers).status_code == 200
        assert _steps(first.bot.core.runtime) == 1

        assert post(second.answering.page_url, body, headers).status_code == 200
        assert _steps(first.bot.core.runtime) == 1
        with first.bot.core.runtime.sessions() as session:
            receipt = receipt_of(headers["X-Slack-Signature"])
            assert session.scalar(select(Receipt.team_id).where(Receipt.key == receipt)) == team
        first.bot.worker.maintenance.run(datetime.now(UTC) + timedelta(minutes=16))
        with first.bot.core.runtime.sessions() as session:
            left = session.scalars(select(Receipt.key).where(Receipt.key == receipt)).all()
        assert left == []


def _open_blocker(runtime, team, user):
    from bot.db.models import Blocker, Member, Sprint

    with runtime.uow(team) as uow:
        sprint = Sprint(
            team_id=team,
            title="Pilot",
            use_case="churn",
            status="running",
            lead_id=user,
            planned_start=uow.now,
            started_at=uow.now,
            channel_id="C77",
            created_at=uow.now,
        )
        sprint.members = [Member(role="builder", user_id=user)]
        uow.session.add(sprint)
        uow.session.flush()
        blocker = Blocker(
            team_id=team,
            sprint_id=sprint.id,
            number=1,
            title="No access",
            kind="data_access",
            severity="stops",
            phase="data",
            raised_by=user,
            raised_at=uow.now,
        )
        uow.session.add(blocker)
        uow.session.flush()
        return blocker.id


def _steps(runtime):
    with runtime.sessions() as session:
        still = AuditEntry.subject == "blocker"
        return session.scalar(select(func.count()).select_from(AuditEntry).where(still))


# --- report links ---------------------------------------------------------------------------


@pytest.fixture
def linked(fresh):
    runtime = fresh()
    runtime.links = ReportLinks("https://hour48.example.com", ["a secret"])
    return runtime


def opened(runtime, link) -> httpx.Response:
    from starlette.applications import Starlette
    from starlette.testclient import TestClient

    from handlers.reports import report_routes

    path = link.removeprefix("https://hour48.example.com")
    return TestClient(Starlette(routes=report_routes(runtime))).get(path)


def test_a_link_opens_one_report_of_one_workspace_and_shields_it(linked):
    now = linked.clock.now()
    answer = opened(linked, linked.links.link(two_workspaces.MINE, two_workspaces.DEBRIEF, now))
    assert answer.status_code == 200
    assert two_workspaces.SECRET in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "noindex" in answer.headers["x-robots-tag"]
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "wrong", ["expired", "other workspace", "running", "other secret", "changed", "made up"]
)
def test_a_link_that_is_old_changed_or_of_another_workspace_opens_nothing(linked, wrong):
    now = linked.clock.now()
    links = linked.links
    made = links.link(two_workspaces.MINE, two_workspaces.DEBRIEF, now)
    answer = opened(
        linked,
        {
            "expired": links.link(
                two_workspaces.MINE, two_workspaces.DEBRIEF, now - LASTS - timedelta(seconds=1)
            ),
            "other workspace": links.link(two_workspaces.THEIRS, two_workspaces.DEBRIEF, now),
            "running": links.link(two_workspaces.MINE, two_workspaces.RUNNING, now),
            "other secret": ReportLinks("", ["another"]).link(
                two_workspaces.MINE, two_workspaces.DEBRIEF, now
            ),
            "changed": f"{made[:-5]}AAAA=",
            "made up": "/reports/gAAAAA",
        }[wrong],
    )
    assert answer.status_code == 404
    assert two_workspaces.SECRET not in answer.text


@pytest.mark.parametrize("way", ["button", "command"])
def test_a_single_link_can_be_revoked_and_the_others_still_open(linked, way):
    entry_points, now = two_workspaces.entry_points(), linked.clock.now()
    entry = entry_points["/sprint report"]
    request = next(each for each in entry.requests(linked.playbook) if each.channel_id == "C2")
    first, second = (
        link_in(two_workspaces.act(linked, entry, replace(request, receipt=each))) for each in "12"
    )
    assert (opened(linked, first).status_code, opened(linked, second).status_code) == (200, 200)
    if way == "command":
        listed = replace(request, text="links", user_id=two_workspaces.PATRON)
        shown = two_workspaces.words_of(
            two_workspaces.act(linked, entry_points["/sprint links"], listed)
        )
        assert shown.count("link.revoke") == 3  # these two, and the one there was
    press = replace(request, text="", value="3", user_id=two_workspaces.CHO, receipt=None)
    told = two_workspaces.words_of(
        two_workspaces.act(linked, entry_points["action link.revoke"], press)
    )
    assert "no longer opens" in told
    again = two_workspaces.words_of(
        two_workspaces.act(linked, entry_points["action link.revoke"], press)
    )
    assert "revoked before" in again
    assert (opened(linked, first).status_code, opened(linked, second).status_code) == (404, 200)
    old = linked.links.link(two_workspaces.MINE, two_workspaces.DEBRIEF, now)
    assert opened(linked, old).status_code == 200  # of the version before, until it expires


def link_in(outcome):
    import re

    return re.search(r"https://hour48[^|>]+", str(outcome.content))[0]


def test_the_report_command_names_the_link_where_there_is_a_public_address(linked):
    entry = two_workspaces.entry_points()["/sprint report"]
    request = next(
        each
        for each in entry.requests(linked.playbook)
        if each.channel_id == two_workspaces.CHANNELS[1]
    )
    told = two_workspaces.words_of(two_workspaces.act(linked, entry, request))
    assert "https://hour48.example.com/reports/" in told
    assert "7 days" in told


# --- what operators alone can ask -----------------------------------------------------------


def test_metrics_and_readiness_can_be_on_a_port_of_their_own(tmp_path):
    database = migrated_database("sqlite", tmp_path)
    server = {"port": 0, "ops_port": 0, "public_url": "http://127.0.0.1"}
    with opened_tenancy(tmp_path, database, server=server) as tenancy:
        page, ops = tenancy.url, tenancy.bot.answering.ops_url
        assert ops != page
        for path in ("/metrics", "/readyz"):
            assert httpx.get(page + path).status_code == 404
            assert httpx.get(ops + path).status_code == 200
        assert httpx.get(f"{page}/healthz").status_code == 200
        assert httpx.get(f"{ops}/healthz").status_code == 200
        assert httpx.post(f"{ops}/slack/events").status_code == 404


def test_a_person_who_types_too_fast_is_told_and_nobody_else_waits(fresh):
    from handlers.dispatch import run
    from handlers.person_rate import PersonRate

    runtime = fresh()
    ctx = replace(two_workspaces.context_of(runtime), rate=PersonRate(4))
    entry = two_workspaces.entry_points()["/sprint status"]
    request = next(entry.requests(runtime.playbook))
    told = [two_workspaces.words_of(run(ctx, entry.handler, request)) for _ in range(3)]
    assert ["a lot at once" in each for each in told] == [False, False, True]
    other = two_workspaces.words_of(
        run(ctx, entry.handler, replace(request, user_id=two_workspaces.CHO))
    )
    assert "a lot at once" not in other
