"""Webhooks over real HTTP into the bot's own page: signed, doubled, in any order."""

from __future__ import annotations

import json
import random
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from sqlalchemy import func, select

from bot.blockers.forms import BlockerForm
from bot.blockers.service import card_key, log_blocker
from bot.db.evidence_models import EvidenceFact, EvidenceLink, EvidenceSystem
from bot.evidence import registry
from bot.evidence.registry import all_adapters
from bot.slack.action_ids import Act
from tests.integration.evidence.conftest import SECRET
from tests.integration.evidence.payloads import BEGIN, VENDORS, after, jira, signed
from tests.runtimes import ANA, HOUR_0, TEAM, buttons, card, lines_below, outbox, trail

pytestmark = pytest.mark.smoke


def log(runtime, sprint_id, title, **fields):
    with runtime.uow(TEAM) as uow:
        return log_blocker(uow, ANA, BlockerForm(sprint_id, title, **fields)).id


def post(page, slug, adapter, headers, body, secret=SECRET, now=HOUR_0):
    sent, raw = signed(adapter, headers, body, secret, now)
    return httpx.post(f"{page}/evidence/{slug}", content=raw, headers=sent)


def the_link(runtime):
    with runtime.reading(TEAM) as uow:
        return uow.session.scalars(select(EvidenceLink)).one()


def words_of(runtime, key):
    return json.dumps(card(runtime, key), ensure_ascii=False)


def count(runtime, model):
    with runtime.reading(TEAM) as uow:
        return uow.session.scalar(select(func.count()).select_from(model))


@pytest.mark.parametrize("name", VENDORS)
def test_a_wait_is_measured_from_a_shuffled_and_doubled_delivery(
    name, page, runtime, running_sprint, connected
):
    wait = VENDORS[name]()
    _, slug = connected(name)
    log(runtime, running_sprint, f"Nothing moves until {wait.subject} is done")
    mixed = [*wait.deliveries, *wait.deliveries]
    random.Random(7).shuffle(mixed)
    for headers, body in mixed:
        assert post(page, slug, name, headers, body).status_code == 200
    link = the_link(runtime)
    assert (link.adapter, link.subject) == (name, wait.subject)
    assert (link.opened_at, link.ended_at) == (BEGIN, after(wait.days))
    assert link.standing == wait.standing
    once = count(runtime, EvidenceFact)
    for headers, body in mixed:
        post(page, slug, name, headers, body)
    assert count(runtime, EvidenceFact) == once


def test_the_card_sets_what_was_quoted_beside_what_is_measured(
    page, runtime, running_sprint, connected
):
    _, slug = connected("jira", projects=("SEC",))
    blocker = log(runtime, running_sprint, "SEC-114 is open", lead_time="2 weeks")
    assert "JIRA SEC-114" in words_of(runtime, f"sprint:{running_sprint}:blocker:1")
    for headers, body in jira().deliveries[:3]:
        post(page, slug, "jira", headers, body)
    told = words_of(runtime, f"sprint:{running_sprint}:blocker:1")
    assert (
        "quoted 2 weeks · measured 7 days so far (<https://acme.atlassian.net/browse/SEC-114"
        in told
    )
    assert "JIRA SEC-114>, In Review)" in told
    assert blocker


def test_an_ended_wait_offers_to_resolve_and_does_not(page, runtime, running_sprint, connected):
    _, slug = connected("jira")
    log(runtime, running_sprint, "We wait for SEC-114")
    for headers, body in reversed(jira(days=6).deliveries):
        post(page, slug, "jira", headers, body)
    key = f"sprint:{running_sprint}:blocker:1"
    offers = [item for item in outbox(runtime, f"{key}:line:") if "SEC-114" in item.body["text"]]
    assert len(offers) == 1
    assert "after 6 days" in offers[0].body["text"]
    assert buttons(offers[0].body) == [Act.BLOCKER_FIXED, Act.BLOCKER_STILL]
    assert Act.BLOCKER_FIXED in buttons(card(runtime, key))


def test_a_refused_ticket_is_no_offer_of_success(page, runtime, running_sprint, connected):
    wait = VENDORS["generic"]()
    _, slug = connected("generic")
    log(runtime, running_sprint, f"Needs {wait.subject}")
    for headers, body in wait.deliveries:
        post(page, slug, "generic", headers, body)
    told = " ".join(lines_below(runtime, f"sprint:{running_sprint}:blocker:1"))
    assert "ended as rejected" in told
    assert "still in the way?" in told


@pytest.mark.parametrize(
    ("secret", "slug", "body", "status"),
    [
        ("another secret", None, None, 401),
        (SECRET, "nobody", None, 404),
        (SECRET, None, {"webhookEvent": "jira:issue_updated", "issue": {}}, 400),
        (SECRET, None, {"webhookEvent": "comment_created"}, 200),
    ],
)
def test_what_is_not_signed_or_not_readable_writes_nothing(
    secret, slug, body, status, page, runtime, running_sprint, connected
):
    _, own = connected("jira")
    wanted = body or jira().deliveries[0][1]
    answer = post(page, slug or own, "jira", {}, wanted, secret)
    assert answer.status_code == status
    assert answer.json()["message"]
    assert count(runtime, EvidenceFact) == 0


def test_a_delivery_without_any_signature_is_refused(page, connected):
    _, slug = connected("jira")
    raw = json.dumps(jira().deliveries[0][1])
    assert httpx.post(f"{page}/evidence/{slug}", content=raw).status_code == 401
    assert httpx.post(f"{page}/evidence/{slug}", content=b"x" * 1_100_000).status_code == 413
    assert httpx.get(f"{page}/evidence/{slug}").status_code == 405


def test_an_administrator_sees_that_a_secret_is_wrong_until_it_is_right(page, runtime, connected):
    _, slug = connected("jira")
    body = jira().deliveries[0][1]
    assert post(page, slug, "jira", {}, body, "another secret").status_code == 401
    with runtime.reading(TEAM) as uow:
        assert "secret" in str(uow.session.scalar(select(EvidenceSystem.error)))
    post(page, slug, "jira", {}, body)
    with runtime.reading(TEAM) as uow:
        assert uow.session.scalar(select(EvidenceSystem.error)) is None


def test_deliveries_at_once_are_each_written_once(page, runtime, running_sprint, connected):
    _, slug = connected("jira")
    log(runtime, running_sprint, "We wait for SEC-114")
    mixed = jira().deliveries * 6
    random.Random(3).shuffle(mixed)
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda each: post(page, slug, "jira", *each).status_code, mixed)
        assert set(answers) == {200}
    assert the_link(runtime).ended_at == after(9)
    assert len([e for e in trail(runtime, "blocker") if e.action == "linked"]) == 1


def test_words_that_only_look_like_a_ticket_are_not_linked(runtime, running_sprint, connected):
    connected("jira")
    log(runtime, running_sprint, "ISO-27001 wants a UTF-8 form in 2-6 weeks")
    assert count(runtime, EvidenceLink) == 0


def test_the_secret_is_sealed(runtime, connected):
    connected("jira", token="an api token", base_url="https://acme.atlassian.net")
    with runtime.reading(TEAM) as uow:
        row = uow.session.scalars(select(EvidenceSystem)).one()
        assert SECRET not in f"{row.secret} {row.settings}"
        assert "an api token" not in str(row.token)


def test_another_workspaces_blocker_is_not_linked(page, runtime, running_sprint, connected):
    from bot.db.models import Blocker, Sprint

    _, slug = connected("jira")
    log(runtime, running_sprint, "We wait for SEC-114")
    with runtime.uow("T2") as uow:
        uow.session.add(
            Sprint(
                team_id="T2",
                title="Other",
                use_case="churn",
                status="running",
                lead_id="U9",
                planned_start=HOUR_0,
                started_at=HOUR_0,
                created_at=HOUR_0,
            )
        )
        uow.session.flush()
        sprint = uow.session.scalars(select(Sprint).where(Sprint.team_id == "T2")).one()
        uow.session.add(
            Blocker(
                team_id="T2",
                sprint_id=sprint.id,
                number=1,
                title="SEC-114 too",
                kind="data_access",
                severity="stops",
                phase="data",
                raised_by="U9",
                raised_at=HOUR_0,
            )
        )
    for headers, body in jira().deliveries:
        post(page, slug, "jira", headers, body)
    assert the_link(runtime).team_id == TEAM
    assert card_key


def test_quoted_against_actual_fills_itself(page, runtime, running_sprint, connected):
    from bot.home.portfolio import known_portfolio, portfolio

    _, slug = connected("jira")
    log(runtime, running_sprint, "SEC-114 waits for security", lead_time="1 week")
    with runtime.reading(TEAM) as uow:
        assert known_portfolio(uow).quotes == ()
    for headers, body in jira(days=21).deliveries:
        post(page, slug, "jira", headers, body)
    with runtime.reading(TEAM) as uow:
        (check,) = known_portfolio(uow).quotes
        assert (check.quoted_days, check.actual_days) == (7.0, 21.0)
        assert portfolio(uow).quotes == (check,)


def test_the_verdict_counts_what_was_measured(page, runtime, running_sprint, connected):
    from bot.db.models import Sprint
    from bot.debrief.queries import judge

    _, slug = connected("jira")
    log(runtime, running_sprint, "SEC-114 is open", lead_time="10 days", kind=None)
    for headers, body in jira().deliveries[:3]:
        post(page, slug, "jira", headers, body)
    with runtime.reading(TEAM) as uow:
        judged = judge(uow, uow.session.get_one(Sprint, running_sprint))
    assert judged.causes[0].words == "quoted 10 days · measured 7 days so far (JIRA SEC-114)"
    assert 2.5 < judged.causes[0].days.mode < 3.5


def test_a_ticket_that_moves_to_another_project_is_followed(
    page, runtime, running_sprint, connected
):
    _, slug = connected("jira", projects=("SEC",))
    log(runtime, running_sprint, "We wait for SEC-114")
    *before, end = [body for _, body in jira(days=6).deliveries]
    move = {"field": "Key", "fromString": "SEC-114", "toString": "DATA-9"}
    moves = before[-1] | {"changelog": {"items": [move]}}
    there = [body | {"issue": body["issue"] | {"key": "DATA-9"}} for body in (moves, end)]
    for body in [there[1], *before, there[0]]:
        assert post(page, slug, "jira", {}, body).status_code == 200
    link = the_link(runtime)
    assert (link.subject, link.opened_at, link.ended_at) == ("SEC-114", BEGIN, after(6))


def test_a_new_state_alone_brings_the_card_up_to_date(page, runtime, running_sprint, connected):
    _, slug = connected("jira")
    log(runtime, running_sprint, "We wait for SEC-114")
    created, _, review = [body for _, body in jira().deliveries[:3]]
    post(page, slug, "jira", {}, created)
    [item] = outbox(runtime, f"sprint:{running_sprint}:blocker:1")[:1]
    post(page, slug, "jira", {}, review)
    [later] = outbox(runtime, f"sprint:{running_sprint}:blocker:1")[:1]
    assert later.version > item.version
    assert "In Review" in words_of(runtime, f"sprint:{running_sprint}:blocker:1")


def test_an_adapter_that_was_uninstalled_is_in_nobodys_way(
    runtime, running_sprint, connected, monkeypatch
):
    connected("jira", projects=("SEC",))
    connected("generic", projects=("DESK",))
    left = {name: each for name, each in all_adapters().items() if name != "jira"}
    monkeypatch.setattr(registry, "all_adapters", lambda: left)
    log(runtime, running_sprint, "We wait for SEC-114 and DESK-1")
    assert the_link(runtime).subject == "DESK-1"


@pytest.mark.parametrize("title", ["\ud800 half", "9" * 5000, "e\u0301 \u202e \x00 \U0001f511"])
def test_an_odd_title_is_no_error(title, page, runtime, running_sprint, connected):
    _, slug = connected("jira")
    log(runtime, running_sprint, "We wait for SEC-114")
    body = jira().deliveries[0][1]
    body["issue"]["fields"]["summary"] = title
    assert post(page, slug, "jira", {}, body).status_code == 200
    assert the_link(runtime).opened_at == BEGIN
