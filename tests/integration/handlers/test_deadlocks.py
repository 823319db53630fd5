"""Two people who get into each other's way on PostgreSQL: both are answered, and nothing twice."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, text

from bot.clock import CompressedClock
from bot.db.engine import open_engine
from bot.db.models import AuditEntry
from bot.playbook.loader import load_playbook
from bot.unit_of_work import Runtime
from handlers.context import HandlerContext
from handlers.dispatch import run
from handlers.request import Done, Request, Say
from tests.databases import migrated_database
from tests.runtimes import ANA, BEN, HOUR_0, TEAM, add_sprint, seat


@pytest.fixture
def ctx(tmp_path):
    engine = open_engine(migrated_database("postgresql", tmp_path))
    runtime = Runtime(engine, CompressedClock(HOUR_0), load_playbook())
    seat(runtime)
    yield HandlerContext(runtime)
    engine.dispose()


def asked_by(user_id):
    return Request(team_id=TEAM, user_id=user_id, signed=f"signed:{user_id}")


def written(ctx):
    with ctx.runtime.reading_sessions() as session:
        return session.scalar(select(func.count()).select_from(AuditEntry))


def test_who_loses_a_deadlock_is_answered_all_the_same(ctx):
    first, second = (add_sprint(ctx.runtime, channel_id=f"C{each}") for each in (1, 2))
    both_hold_one = threading.Barrier(2, timeout=10)
    one_is_through = threading.Event()
    tries = []

    def locking(one, other):
        def handler(ctx, request):
            if request.user_id in tries:  # or the loser is back before the winner has woken
                assert one_is_through.wait(10)
            uow = ctx.uow
            ctx.allow_own()
            uow.audit(one, request.user_id, "locked", "test")
            uow.sprint(one, lock=True)
            tries.append(request.user_id)
            if tries.count(request.user_id) == 1:
                both_hold_one.wait()
            uow.sprint(other, lock=True)
            ctx.transaction.commit()
            one_is_through.set()
            return Done()

        return handler

    with ThreadPoolExecutor(2) as people:
        outcomes = [
            people.submit(run, ctx, locking(first, second), asked_by(ANA)),
            people.submit(run, ctx, locking(second, first), asked_by(BEN)),
        ]
        assert [outcome.result(30) for outcome in outcomes] == [Done(), Done()]
    assert len(tries) == 3
    assert written(ctx) == 2


def deadlock(uow):
    uow.session.execute(
        text("DO $$ BEGIN RAISE EXCEPTION 'planted' USING ERRCODE = '40P01'; END $$")
    )


def test_who_loses_every_time_is_told_so_with_an_error_s_id(ctx):
    tries = []

    def handler(ctx, _request):
        tries.append(1)
        deadlock(ctx.uow)

    outcome = run(ctx, handler, asked_by(ANA))
    assert isinstance(outcome, Say)
    assert "error ID" in outcome.content["text"]
    assert len(tries) == 3


def test_a_handler_that_has_committed_something_is_not_run_again(ctx):
    def handler(ctx, request):
        ctx.allow_own()
        ctx.uow.audit(None, request.user_id, "half", "test")
        ctx.transaction.commit()
        deadlock(ctx.uow)

    assert isinstance(run(ctx, handler, asked_by(ANA)), Say)
    assert written(ctx) == 1
