"""Access that was asked for: the clock stops at the first look after SELECT works."""

from __future__ import annotations

import time
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import select

from bot.blockers.forms import BlockerForm
from bot.blockers.service import log_blocker
from bot.db.evidence_models import EvidenceLink
from bot.db.models import Timer
from bot.slack.action_ids import Act, ViewId
from bot.timers.dispatcher import run_due
from handlers.context import HandlerContext, ProbeOffers
from handlers.dispatch import run
from handlers.evidence import ACTIONS, VIEWS
from handlers.request import Done, Errors, FormValues, Open, Request, Say
from probes.grants import look_for_grant
from probes.settings import read_settings
from scheduler.evidence_worker import EvidenceWorker
from tests.runtimes import ANA, CHANNEL, EVE, TEAM, advance, card, outbox


@pytest.fixture
def settings(as_reader, tmp_path):
    (tmp_path / "orders.csv").write_text("a,b\n1,2\n")
    return read_settings(
        {
            "sources": {
                "crm": {"url": as_reader},
                "share": {"path": str(tmp_path / "share.csv")},
                "orders": {"path": str(tmp_path / "orders.csv")},
                "away": {"url": "postgresql://reader@127.0.0.1:1/none"},
            }
        },
        trusted=True,
    )


@pytest.fixture
def ctx(runtime, settings):
    return HandlerContext(runtime, probes=ProbeOffers(sources=list(settings.sources)))


def grant(postgres, sql):
    with psycopg.connect(postgres, autocommit=True) as owner:
        owner.execute(sql)


def ask(ctx, blocker_id, source="crm", table="salaries", asked="2026-03-09", user=ANA):
    values = {
        "source": {"source": {"selected_option": {"value": source}}},
        "table": {"table": {"value": table}},
        "asked": {"asked": {"selected_date": asked}},
    }
    request = Request(
        TEAM,
        user,
        "ana",
        form=FormValues(values),
        private=str(blocker_id),
        receipt=f"view:{uuid4().hex}",
        view={"blocks": [{"type": "input", "block_id": name} for name in values]},
    )
    return run(ctx, VIEWS[ViewId.ASK_ACCESS], request)


def press(ctx, act, value, user=ANA):
    request = Request(TEAM, user, "ana", CHANNEL, "trigger", action_id=act, value=value)
    return run(ctx, ACTIONS[act], request)


def log(runtime, sprint_id, title="No SELECT on crm.salaries yet"):
    with runtime.uow(TEAM) as uow:
        return log_blocker(uow, ANA, BlockerForm(sprint_id, title, lead_time="2 weeks")).id


def link_of(runtime):
    with runtime.reading(TEAM) as uow:
        return uow.session.scalars(select(EvidenceLink)).one()


def test_the_minute_select_works_the_clock_stops(
    runtime,
    running_sprint,
    ctx,
    settings,
    postgres,
):
    blocker = log(runtime, running_sprint)
    worker = EvidenceWorker(runtime, settings, None)
    assert ask(ctx, blocker) == Done()
    looks = 0
    for _ in range(6):
        looks += run_due(runtime) and worker.work_once()
        advance(runtime, 30 / 3600)
    assert looks >= 5
    assert link_of(runtime).ended_at is None
    grant(postgres, "GRANT SELECT ON salaries TO reader")
    granted_at = runtime.clock.now()
    try:
        while link_of(runtime).ended_at is None:
            advance(runtime, 5 / 3600)
            run_due(runtime)
            worker.work_once()
            assert runtime.clock.now() - granted_at <= timedelta(seconds=60)
    finally:
        grant(postgres, "REVOKE SELECT ON salaries FROM reader")
    key = f"sprint:{running_sprint}:blocker:1"
    told = [item.body for item in outbox(runtime, f"{key}:line:")]
    offer = told[-1]
    assert "SELECT works on crm.salaries" in offer["text"]
    assert "quoted 2 weeks · measured" in str(card(runtime, key))
    advance(runtime, 5)
    run_due(runtime)
    assert not worker.work_once()


def test_a_grant_is_seen_by_a_bot_that_runs(
    runtime,
    running_sprint,
    ctx,
    settings,
    postgres,
):
    from bot.unit_of_work import Change
    from scheduler.clock_loop import ClockLoop

    blocker = log(runtime, running_sprint)
    worker, loop = EvidenceWorker(runtime, settings, None), ClockLoop(runtime, 0.1)
    runtime.on_commit(worker.wake, Change.EVIDENCE)
    runtime.on_commit(loop.look_ahead, Change.TIMERS)
    worker.start()
    loop.start()
    try:
        grant(postgres, "GRANT SELECT (person) ON salaries TO reader")
        ask(ctx, blocker)
        end = time.monotonic() + 20
        while link_of(runtime).ended_at is None and time.monotonic() < end:
            time.sleep(0.05)
        assert link_of(runtime).ended_at is not None
    finally:
        loop.stop()
        worker.stop()
        grant(postgres, "REVOKE SELECT (person) ON salaries FROM reader")


@pytest.mark.parametrize(
    ("place", "works", "code"),
    [
        ("crm.orders", True, ""),
        ("crm.hollow", True, ""),
        ("crm.public.orders", True, ""),
        ("crm", True, ""),
        ("crm.salaries", False, "privilege_missing"),
        ("crm.no_such", False, "privilege_missing"),
        ("crm.o'rders; drop", False, "privilege_missing"),
        ("share", False, "file_absent"),
        ("orders", True, ""),
        ("away", False, "connection_refused"),
    ],
)
def test_a_look_says_whether_a_row_can_be_read(place, works, code, settings):
    found = look_for_grant(place, settings)
    assert (found.works, found.code) == (works, code)
    assert found.works or found.sentence


def test_a_source_that_is_away_is_told_on_the_card(runtime, running_sprint, ctx, settings):
    blocker = log(runtime, running_sprint)
    ask(ctx, blocker, source="away", table="")
    run_due(runtime)
    EvidenceWorker(runtime, settings, None).work_once()
    told = str(card(runtime, f"sprint:{running_sprint}:blocker:1"))
    assert "can't check: away's server answers, but nothing listens" in told


def test_the_form_offers_the_source_that_the_title_names(runtime, running_sprint, ctx):
    blocker = log(runtime, running_sprint)
    view = press(ctx, Act.EVIDENCE_ACCESS, str(blocker))
    assert isinstance(view, Open)
    assert "crm" in str(view.view["blocks"][0]["element"]["initial_option"])
    assert "'initial_value': 'salaries'" in str(view.view)


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("source", {"source": "gone"}),
        ("table", {"table": "salaries; drop table"}),
        ("asked", {"asked": "2026-03-12"}),
    ],
)
def test_a_form_that_cannot_be_taken_names_its_field(field, given, runtime, running_sprint, ctx):
    blocker = log(runtime, running_sprint)
    outcome = ask(ctx, blocker, **given)
    assert isinstance(outcome, Errors)
    assert list(outcome.errors) == [field]


def test_the_same_access_is_measured_once(runtime, running_sprint, ctx):
    blocker = log(runtime, running_sprint)
    ask(ctx, blocker)
    assert isinstance(ask(ctx, blocker), Errors)


def test_who_may_not_edit_the_blocker_may_not_link_it(runtime, running_sprint, ctx):
    blocker = log(runtime, running_sprint)
    assert not isinstance(ask(ctx, blocker, user=EVE), Done)
    assert isinstance(press(ctx, Act.EVIDENCE_LINK, str(blocker), user=EVE), Say)


def test_looks_end_with_the_blocker_and_go_on_when_it_is_reopened(runtime, running_sprint, ctx):
    from bot.blockers.service import reopen_blocker, resolve_blocker
    from bot.domain.vocabulary import Resolution

    def waiting():
        with runtime.reading(TEAM) as uow:
            asked = select(Timer.state).where(Timer.kind == "evidence_look")
            return list(uow.session.scalars(asked))

    blocker = log(runtime, running_sprint)
    ask(ctx, blocker)
    with runtime.uow(TEAM) as uow:
        resolve_blocker(uow, ANA, blocker, Resolution.FIXED)
    assert waiting() == ["dropped"]
    with runtime.uow(TEAM) as uow:
        reopen_blocker(uow, ANA, blocker)
    assert waiting() == ["waiting"]
