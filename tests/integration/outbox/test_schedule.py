"""Which queues a bot holds: few of a workspace at a time, and first those with something new."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from bot.db.engine import open_engine, session_factory
from bot.db.outbox_models import OutboxItem, QueueLease
from bot.outbox import dispatcher as delivery
from bot.outbox import leases
from bot.outbox import schedule as schedule_module
from bot.outbox import waiting as looking
from bot.outbox.dispatcher import Dispatcher
from bot.outbox.leases import QueueName, lease_all
from bot.outbox.queue import Priority, channel_queue
from bot.outbox.rate_limiter import RateLimiter
from bot.outbox.schedule import (
    HELD_PER_WORKER,
    QUEUES_PER_TEAM,
    SLOW_SECONDS,
    WORKERS_PER_TEAM,
    Schedule,
    Want,
)
from bot.outbox.waiting import Waiting, waiting_queues
from tests.databases import KINDS, migrated_database
from tests.runtimes import HOUR_0
from tests.sent import sent_to

POST = Want("chat.postMessage", "C1")
SHORTLY = timedelta(seconds=0.1)


def queue(number, team="T1"):
    return QueueName(team, f"channel:C{number}")


def waiting(count, priority=Priority.NORMAL, team="T1", first=0):
    return [Waiting(queue(number, team), priority) for number in range(first, first + count)]


def test_a_workspace_gets_a_few_queues_and_another_one_is_not_kept_waiting():
    schedule = Schedule(RateLimiter(), workers=8)
    take, let_go = schedule.choose([*waiting(100), *waiting(3, team="T2")])
    assert len(take) == QUEUES_PER_TEAM + 3
    assert not let_go


def test_what_is_urgent_gets_a_lane_beyond_the_few():
    schedule = Schedule(RateLimiter(), workers=8)
    schedule.take(waiting(QUEUES_PER_TEAM))
    urgent = Waiting(queue(99), Priority.URGENT)
    assert schedule.choose([urgent, *waiting(50)])[0] == [urgent]


def test_queues_that_only_refresh_give_way_to_those_with_something_new():
    schedule = Schedule(RateLimiter(), workers=8)
    schedule.take(waiting(QUEUES_PER_TEAM, Priority.REFRESH))
    assert schedule.choose(waiting(5, Priority.REFRESH, first=50)) == ([], [])
    take, let_go = schedule.choose(waiting(5, first=50))
    assert not take
    assert len(let_go) == 5
    assert len(schedule.choose(waiting(5, first=50))[0]) == 5


def test_a_lane_that_has_its_turn_is_not_let_go():
    schedule = Schedule(RateLimiter(unlimited=True), workers=99)
    schedule.take(waiting(WORKERS_PER_TEAM, Priority.REFRESH))
    assert len(schedule.turns()[0]) == WORKERS_PER_TEAM
    assert not schedule.choose(waiting(50, first=50))[1]


def test_the_most_urgent_lane_gets_the_call_that_is_free(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(schedule_module.time, "monotonic", lambda: now[0])
    schedule = Schedule(RateLimiter(monotonic=lambda: now[0]), workers=8)
    schedule.take([Waiting(queue(1), Priority.DIGEST), Waiting(queue(2), Priority.URGENT)])
    for name, _ in schedule.turns()[0]:
        schedule.go_on(name, 0.0, None, Want("chat.update"))
    (turn,) = schedule.turns()[0]
    assert turn.name == queue(2)
    assert turn.paid == Want("chat.update")
    schedule.leave(turn.name)
    turns, wait = schedule.turns()
    assert not turns
    assert wait == pytest.approx(60 / (50 * 0.94), abs=0.1)


def test_a_lane_that_was_let_go_and_taken_again_has_one_turn():
    schedule = Schedule(RateLimiter(unlimited=True), workers=99)
    schedule.take(waiting(QUEUES_PER_TEAM, Priority.REFRESH))
    _, gone = schedule.choose(waiting(QUEUES_PER_TEAM, first=50))
    schedule.take([Waiting(name, Priority.NORMAL) for name in gone])
    names = [turn.name for turn in schedule.turns()[0]]
    assert sorted(names) == sorted(set(names))


def test_workers_that_are_all_busy_get_no_more():
    schedule = Schedule(RateLimiter(unlimited=True), workers=2)
    schedule.take(waiting(5))
    assert len(schedule.turns()[0]) == 2
    assert schedule.turns() == ([], None)


@pytest.fixture(params=KINDS)
def sessions(request, tmp_path):
    engine = open_engine(migrated_database(request.param, tmp_path))
    yield session_factory(engine)
    engine.dispose()


def _write(sessions, **priorities):
    with sessions.begin() as session:
        for number, (name, priority) in enumerate(priorities.items()):
            session.add(
                OutboxItem(
                    team_id=name[:2],
                    key=f"{number}",
                    queue=channel_queue(name),
                    kind="message",
                    priority=int(priority),
                    created_at=HOUR_0,
                )
            )


def test_the_queues_that_go_first_are_found_for_each_workspace(sessions):
    _write(sessions, T1a=80, T1b=50, T1c=20, T2a=80)
    with sessions() as session:
        found = waiting_queues(session, 2).queues
    assert set(found) == {
        (QueueName("T1", "channel:T1c"), 20),
        (QueueName("T1", "channel:T1b"), 50),
        (QueueName("T2", "channel:T2a"), 80),
    }


def test_looks_take_workspaces_in_turn_and_what_is_urgent_of_all(sessions):
    names = {f"T{number}a": 50 for number in range(1, 8)} | {"T7b": 20}
    _write(sessions, **names)
    seen, after, urgent = [], "", QueueName("T7", "channel:T7b")
    for _ in range(3):
        with sessions() as session:
            queues, after = waiting_queues(session, 2, 3, after)
        assert queues[0] == (urgent, 20)
        seen.append([each.name.team_id for each in queues[1:]])
    assert seen == [["T1", "T2", "T3"], ["T4", "T5", "T6"], ["T1", "T2"]], (
        "T7 has its turn by what is urgent"
    )
    lease_all(sessions, [urgent], "other")
    with sessions() as session:
        assert urgent not in {each.name for each in waiting_queues(session, 2).queues}


def test_a_look_reads_indices_and_not_the_whole_outbox(tmp_path):
    """With a hundred thousand queues that wait, each look would take seconds."""
    engine = open_engine(migrated_database("postgresql", tmp_path))
    asked = {"each_team": 2, "most": 3, "after": "", "now": HOUR_0, "leased": HOUR_0}
    with engine.connect() as connection:
        connection.exec_driver_sql("SET enable_seqscan = off")  # a table without rows is read whole
        for wanted, index in (
            (looking._urgent(), "ix_outbox_urgent"),
            (looking._next_teams(), "ix_outbox_state_lane"),
        ):
            told = wanted.params(asked).compile(connection, compile_kwargs={"literal_binds": True})
            assert index in str(connection.exec_driver_sql(f"EXPLAIN {told}").all())
    engine.dispose()


def test_of_two_bots_each_lane_is_held_by_one(sessions):
    names = [queue(number) for number in range(5)]
    assert lease_all(sessions, names[:3], "one") == frozenset(names[:3])
    assert lease_all(sessions, names, "other") == frozenset(names[3:])
    assert lease_all(sessions, names, "one") == frozenset(names[:3])


def _delivery(sessions, pace):
    return Dispatcher(sessions, sessions, lambda _team: None, pace, lambda *_: None)


def test_a_replica_takes_the_workspaces_that_are_its_own(sessions):
    _write(sessions, **{f"T{number}a": 50 for number in range(8)})
    replicas = [_delivery(sessions, RateLimiter()) for _ in range(2)]
    for replica in replicas:
        leases.announce(sessions, replica.owner)
    owners = sorted(replica.owner for replica in replicas)
    for replica in replicas:
        replica._take_queues()
        homes = {leases.home_of(name.team_id, owners) for name in replica._schedule.names()}
        assert homes <= {replica.owner}
    assert sum(len(replica._schedule.names()) for replica in replicas) == 8


def test_a_call_that_was_reserved_for_nothing_can_be_made_by_another(sessions):
    pace, pin = RateLimiter(), Want("pins.add")
    assert pace.wait("T1", *pin) == 0
    step = _delivery(sessions, pace).sender.prepare(queue(1), None, pin)
    assert step.wait is None, "nothing waits"
    assert pace.wait("T1", *pin) == 0


def test_whoever_waited_for_a_lease_sees_that_it_ran_out_meanwhile(tmp_path):
    engine = open_engine(migrated_database("postgresql", tmp_path))
    sessions = session_factory(engine)
    lease_all(sessions, [queue(1)], "me")
    with sessions.begin() as session:
        session.execute(update(QueueLease).values(leased_until=datetime.now(UTC) + SHORTLY))

    def is_mine():
        with sessions.begin() as session:
            return leases.is_held(session, queue(1), "me")

    assert is_mine()
    with ThreadPoolExecutor(1) as pool, sessions.begin() as other:
        other.execute(select(QueueLease).with_for_update())
        waits = pool.submit(is_mine)
        time.sleep(2 * SHORTLY.total_seconds())
        assert not waits.done()
        other.rollback()
        assert not waits.result()
    engine.dispose()


def test_a_look_that_took_long_is_not_followed_by_a_long_rest(post, monkeypatch):
    """The machine stood still for a second, so that a look seemed to have taken one."""
    looks = []

    def slow_once(*asked):
        looks.append(time.monotonic())
        if len(looks) == 1:
            time.sleep(1.0)
        return waiting_queues(*asked)

    monkeypatch.setattr(delivery, "waiting_queues", slow_once)
    monkeypatch.setattr(delivery, "LONGEST_REST", 0.2)
    post.delivery.start()
    post.upsert("late")
    post.wait(post.delivery.is_idle, 5)
    assert [key for key, _ in post.posted()] == ["late"]


def test_a_replica_holds_a_few_queues_for_each_worker_and_leaves_the_rest():
    schedule = Schedule(RateLimiter(), workers=2)
    teams = [Waiting(queue(1, f"T{number}"), Priority.NORMAL) for number in range(50)]
    assert len(schedule.choose(teams)[0]) == 2 * HELD_PER_WORKER
    urgent = [each._replace(priority=Priority.URGENT) for each in teams]
    assert len(schedule.choose(urgent)[0]) == 50


def test_a_workspace_has_a_few_workers_at_a_time_and_the_others_serve_the_rest():
    schedule = Schedule(RateLimiter(unlimited=True), workers=20)
    schedule.take([*waiting(10), *waiting(2, team="T2", first=50)])
    turns, _ = schedule.turns()
    assert [each.name.team_id for each in turns].count("T1") == WORKERS_PER_TEAM
    assert [each.name.team_id for each in turns].count("T2") == 2
    schedule.leave(turns[0].name)
    (following,), _ = schedule.turns()
    assert following.name.team_id == "T1"


def test_a_workspace_whose_calls_hang_has_one_call_at_a_time_until_one_is_quick():
    schedule = Schedule(RateLimiter(unlimited=True), workers=20)
    schedule.take(waiting(10))
    turns, _ = schedule.turns()
    for turn in turns:
        schedule.go_on(turn.name, 0.0, None, None, seconds=SLOW_SECONDS + 1)
    (only,), _ = schedule.turns()
    assert schedule.turns()[0] == []
    schedule.go_on(only.name, 0.0, None, None, seconds=0.2)
    assert len(schedule.turns()[0]) == WORKERS_PER_TEAM


def test_workspaces_are_shared_out_evenly_and_few_move_when_a_replica_leaves():
    owners = ["a", "b", "c"]
    teams = [f"T{number:05}" for number in range(3_000)]
    home = {team: leases.home_of(team, owners) for team in teams}
    assert all(900 < list(home.values()).count(owner) < 1_100 for owner in owners)
    without = {team: leases.home_of(team, ["a", "c"]) for team in teams}
    assert all(home[team] == without[team] for team in teams if home[team] != "b")


def test_a_look_at_rest_asks_the_database_once_and_a_known_replica_says_so_in_one_statement(post):
    leases.announce(post.runtime.sessions, "a")
    with sent_to(post.runtime.engine) as sent:
        post.delivery._take_queues()
        assert len(sent) == 1
        leases.announce(post.runtime.sessions, "a")
    assert len(sent) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_replicas_know_each_other_until_one_leaves(kind, tmp_path):
    sessions = session_factory(open_engine(migrated_database(kind, tmp_path)))
    leases.announce(sessions, "a")
    leases.announce(sessions, "b")
    with sessions() as session:
        assert leases.replicas(session) == ("a", "b")
    leases.release(sessions, "a")
    leases.announce(sessions, "b")
    with sessions() as session:
        assert leases.replicas(session) == ("b",)


@pytest.mark.smoke
@pytest.mark.parametrize("kind", KINDS)
def test_fifty_thousand_queues_are_leased_and_released(kind, tmp_path, monkeypatch):
    monkeypatch.setattr(leases, "LEASE", timedelta(minutes=10))
    sessions = session_factory(open_engine(migrated_database(kind, tmp_path)))
    names = [QueueName(f"T{number % 3_000}", f"sprint:{number}") for number in range(50_000)]
    assert len(lease_all(sessions, names, "a")) == len(names)
    assert not lease_all(sessions, names, "b")
    leases.release(sessions, "a", *names)
    assert len(lease_all(sessions, names[:100], "b")) == 100


@pytest.mark.parametrize("kind", KINDS)
def test_what_another_replica_holds_is_not_offered(kind, tmp_path):
    sessions = session_factory(open_engine(migrated_database(kind, tmp_path)))
    with sessions.begin() as session:
        for number in range(6):
            session.add(
                OutboxItem(
                    team_id=f"T{number % 3}",
                    key=f"m{number}",
                    queue=channel_queue(f"C{number}"),
                    kind="message",
                    body={"text": "x"},
                    created_at=HOUR_0,
                )
            )
    lease_all(sessions, [QueueName("T0", channel_queue("C0"))], "a")
    with sessions() as session:
        offered = [name for name, _ in waiting_queues(session, 16).queues]
        assert len(offered) == 5
        assert len({name.team_id for name in offered[:3]}) == 3
        assert len(waiting_queues(session, 16, most=2).queues) == 2
