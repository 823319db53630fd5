"""Leases on queues: who holds what, for how long, and who can take or free it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from bot.db.outbox_models import QueueLease
from bot.outbox import leases
from bot.outbox.leases import QueueName

ONE, TWO, THREE = (QueueName(team, "channel:C1") for team in ("T1", "T2", "T3"))
SOON = timedelta(seconds=1)


@pytest.fixture
def sessions(runtime):
    return runtime.sessions


def _set(sessions, **columns):
    with sessions.begin() as session:
        session.execute(update(QueueLease).values(**columns))


def _left(sessions):
    """Return who holds each queue, and how long from now."""
    with sessions() as session:
        rows = session.scalars(select(QueueLease))
        now = datetime.now(UTC)
        return {
            QueueName(row.team_id, row.queue): (
                row.owner,
                row.leased_until - now if row.leased_until else None,
            )
            for row in rows
        }


def test_only_the_queues_that_a_replica_knows_of_are_renewed(sessions):
    """One whose lease was committed without a word would else be kept and served by nobody."""
    leases.lease_all(sessions, [ONE, TWO], "me")
    leases.lease_all(sessions, [THREE], "other")
    _set(sessions, leased_until=datetime.now(UTC) + SOON)
    leases.renew(sessions, "me", [ONE, THREE])
    left = _left(sessions)
    assert left[ONE][1] > leases.LEASE - SOON
    assert left[TWO][1] <= SOON
    assert left[THREE] == ("other", left[THREE][1])
    assert left[THREE][1] <= SOON, "another one's lease"


def test_a_replica_frees_its_own_queues_alone(sessions):
    leases.lease_all(sessions, [ONE, TWO], "me")
    leases.lease_all(sessions, [THREE], "other")
    leases.release(sessions, "me", ONE, THREE)
    assert {name: owner for name, (owner, _) in _left(sessions).items()} == {
        ONE: None,
        TWO: "me",
        THREE: "other",
    }
    leases.release(sessions, "me")
    assert {owner for owner, _ in _left(sessions).values()} == {None, "other"}


@pytest.mark.parametrize(
    ("owner", "until", "takes"),
    [("other", SOON, False), ("other", -SOON, True), ("me", SOON, True), (None, None, True)],
)
def test_a_queue_is_taken_that_nobody_else_holds(sessions, owner, until, takes):
    leases.lease(sessions, ONE, "other")
    _set(sessions, owner=owner, leased_until=until and datetime.now(UTC) + until)
    assert leases.lease(sessions, ONE, "me") is takes
    with sessions.begin() as session:
        assert leases.is_held(session, ONE, "me") is takes


def test_a_lease_that_has_run_out_holds_nothing(sessions):
    leases.lease(sessions, ONE, "me")
    _set(sessions, leased_until=datetime.now(UTC) - SOON)
    with sessions.begin() as session:
        assert not leases.is_held(session, ONE, "me")
        assert not leases.is_held(session, TWO, "me")


def test_replicas_know_those_that_live(sessions):
    for owner in ("b", "a"):
        leases.announce(sessions, owner)
    with sessions() as session:
        assert leases.replicas(session) == ("a", "b")
    _set(sessions, leased_until=datetime.now(UTC) - SOON)
    leases.announce(sessions, "a")
    with sessions() as session:
        assert leases.replicas(session) == ("a",)
    leases.announce(sessions, "c")
    assert {owner for owner, _ in _left(sessions).values()} == {"a", "c"}, "the new one forgets it"
