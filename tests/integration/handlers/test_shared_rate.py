"""Processes that answer the same people let through together what one alone would."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import sessionmaker

from bot.db.engine import open_engine
from bot.db.person_rate_models import PersonAllowance
from handlers.person_rate import BURST_SECONDS, PersonRate
from handlers.shared_allowances import FORGOTTEN_SECONDS, SharedAllowances
from tests.databases import KINDS, migrated_database

pytestmark = pytest.mark.smoke
A_MINUTE = 120
BURST = A_MINUTE / 60 * BURST_SECONDS


PAIR = (("T1", "a"), ("T1", "b"))


class Hand:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(params=KINDS)
def sessions(request, tmp_path):
    engine = open_engine(migrated_database(request.param, tmp_path))
    yield sessionmaker(engine)
    engine.dispose()


def processes(sessions, hand: Hand, count: int) -> list[PersonRate]:
    made = [PersonRate(A_MINUTE, hand, SharedAllowances(sessions, hand).take) for _ in range(count)]
    for each in made:
        each._share_soon = lambda: None  # type: ignore[method-assign]  # shared when the test says so
    return made


@pytest.mark.parametrize("count", [2, 3])
def test_in_the_long_run_many_processes_let_no_more_pass_than_one(sessions, count):
    hand = Hand()
    some = processes(sessions, hand, count)
    minutes, taken = 5, 0
    for second in range(minutes * 60):
        hand.now += 1
        for _ in range(10):
            taken += sum(each.wait("T1", "U1") == 0.0 for each in some)
        if second % 2:
            for each in some:
                each.share()
    most = minutes * A_MINUTE + BURST
    slack = count * A_MINUTE / 60 * 4 + count * BURST
    assert minutes * A_MINUTE * 0.8 <= taken <= most + slack


def test_who_is_not_busy_waits_for_nobody(sessions):
    hand = Hand()
    one, other = processes(sessions, hand, 2)
    for _ in range(int(BURST)):
        one.wait("T1", "U1")
    one.share()
    assert other.wait("T1", "U1") == 0.0  # it has not heard of it yet
    other.share()
    assert other.wait("T1", "U1") > 0
    assert other.wait("T1", "U2") == 0.0
    assert other.wait("T2", "U1") == 0.0
    hand.now += BURST_SECONDS
    assert other.wait("T1", "U1") == 0.0


def test_takes_at_once_lose_nothing(sessions):
    hand = Hand()
    shared = SharedAllowances(sessions, hand)
    shared.take(dict.fromkeys(PAIR, 0), 2.0, BURST)
    threads = [
        threading.Thread(
            target=shared.take, args=(dict(zip(PAIR, (1, 2), strict=True)), 2.0, BURST)
        )
        for _ in range(8)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert shared.take(dict.fromkeys(PAIR, 0), 2.0, BURST) == {
        PAIR[0]: BURST - 8,
        PAIR[1]: BURST - 16,
    }


def test_what_nobody_used_for_long_is_forgotten_and_names_nobody(sessions):
    hand = Hand()
    (rate,) = processes(sessions, hand, 1)
    rate.wait("T1", "U1")
    rate.share()
    with sessions() as session:
        assert "U1" not in str(session.scalars(select(PersonAllowance.person)).one())
    hand.now += FORGOTTEN_SECONDS + 1
    rate.wait("T1", "U2")
    rate.share()
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(PersonAllowance)) == 1


def test_a_database_that_is_away_makes_nobody_wait():
    def away(*_: object) -> dict[tuple[str, str], float]:
        raise ConnectionError

    rate = PersonRate(A_MINUTE, Hand(), away)
    assert rate.wait("T1", "U1") == 0.0
    rate.share()
    assert rate.wait("T1", "U1") == 0.0
