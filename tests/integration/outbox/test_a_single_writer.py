"""A queue has one writer: who does not hold it calls nothing, and who holds it keeps it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from bot.db.outbox_models import OutboxItem, QueueLease
from bot.outbox import leases, sender
from bot.outbox.leases import QueueName
from bot.outbox.queue import channel_queue, outbox_lag

OTHER = "another replica"


def _name(post):
    return QueueName(post.workspace.team_id, channel_queue(post.channel.id))


def _change(post, key, **columns):
    with post.runtime.sessions.begin() as session:
        session.execute(update(OutboxItem).where(OutboxItem.key == key).values(**columns))


def test_who_does_not_hold_the_queue_makes_no_call(post):
    post.upsert("once")
    assert leases.lease(post.runtime.sessions, _name(post), OTHER)
    assert post.delivery.sender.step(_name(post)).wait is None
    assert not post.posted()
    assert post.item("once").attempts == 0


def test_whose_lease_has_run_out_makes_no_call(post):
    post.upsert("once")
    assert leases.lease(post.runtime.sessions, _name(post), post.delivery.owner)
    with post.runtime.sessions.begin() as session:
        past = datetime.now(UTC) - timedelta(seconds=1)
        session.execute(update(QueueLease).values(leased_until=past))
    assert post.delivery.sender.step(_name(post)).wait is None
    assert not post.posted()


def test_a_queue_that_another_holds_cannot_be_leased_and_one_of_the_dead_can(post):
    sessions, name = post.runtime.sessions, _name(post)
    assert leases.lease(sessions, name, OTHER)
    assert not leases.lease(sessions, name, "me")
    with sessions.begin() as session:
        past = datetime.now(UTC) - timedelta(seconds=1)
        session.execute(update(QueueLease).values(leased_until=past))
    assert leases.lease(sessions, name, "me")


def test_a_call_that_takes_longer_than_a_lease_keeps_its_queue(post, monkeypatch):
    monkeypatch.setattr(leases, "LEASE", timedelta(seconds=0.4))
    post.workspace.faults.latency = 0.9
    post.upsert("once")
    taken = []

    def try_to_take() -> None:
        post.wait(lambda: post.item("once").in_doubt)
        threading.Event().wait(0.7)
        taken.append(leases.lease(post.runtime.sessions, _name(post), OTHER))

    thief = threading.Thread(target=try_to_take)
    post.delivery.start()
    thief.start()
    thief.join()
    assert taken == [False]
    post.workspace.faults.latency = 0.0
    post.settle()
    assert [key for key, _ in post.posted()] == ["once"]


def test_a_row_that_was_noted_is_left_alone_until_its_call_must_have_ended(post):
    post.upsert("once")
    assert leases.lease(post.runtime.sessions, _name(post), post.delivery.owner)
    way = post.delivery.sender.workspace_of(post.workspace.team_id)
    assert not isinstance(post.delivery.sender.prepare(_name(post), way), sender.StepResult)
    wait = post.delivery.sender.step(_name(post)).wait
    assert wait is not None
    assert wait > sender.CALL_SECONDS
    assert post.item("once").attempts == 1


@pytest.mark.parametrize("changed", [{"version": 2}, {"state": "sent"}, {"attempts": 1}])
def test_a_row_that_changed_after_it_was_read_is_read_again(post, changed):
    post.upsert("once")
    assert leases.lease(post.runtime.sessions, _name(post), post.delivery.owner)
    way = post.delivery.sender.workspace_of(post.workspace.team_id)
    looked = post.delivery.sender._look(_name(post), way, None)
    _change(post, "once", **changed)
    assert post.delivery.sender._note(_name(post), *looked) == sender.StepResult(0.0)


def test_what_was_never_tried_counts_as_waiting(post):
    post.upsert("once")
    with post.runtime.reading(post.workspace.team_id) as uow:
        now = post.item("once").created_at + timedelta(hours=6)
        assert outbox_lag(uow.session, now) == pytest.approx(6 * 3600)
