"""A short run of `make chaos`, and proof that its checker finds what is wrong."""

from __future__ import annotations

import copy

import pytest
from sqlalchemy import create_engine

from tests.chaos.__main__ import Plan, mutants, run_one
from tests.chaos.arena import FAULT_CLASSES, Arena, run_class
from tests.chaos.bot import Nursery
from tests.chaos.checker import Record, Shown, judge
from tests.databases import fresh_database
from tests.houses import TEAM, open_house

EVERYTHING = FAULT_CLASSES[-1]


@pytest.mark.timeout(180)
def test_a_few_kills_lose_nothing_and_say_nothing_twice(tmp_path):
    with Nursery() as nursery:
        outcome = run_class(
            nursery,
            tmp_path,
            fresh_database("sqlite", tmp_path),
            EVERYTHING,
            seed=7,
            hours=2,
            most_kills=3,
        )
    assert not outcome.problems
    assert outcome.kills >= 3


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("plan", list(mutants()), ids=lambda plan: plan.mutation)
def test_a_bot_with_a_defect_is_found_out(plan: Plan):
    with Nursery() as nursery:
        outcome = run_one(nursery, plan, hours=9, most_kills=25)
    assert outcome.problems


# --- the checker by itself --------------------------------------------------------------------


@pytest.fixture
def settled(tmp_path):
    """Two delivered messages in a database, and the workspace that shows them."""
    house = open_house(tmp_path / "h.db")
    shown = []
    with house.unit(TEAM) as unit:
        for number in (1, 2):
            body = {"text": f"message {number}", "blocks": []}
            item = unit.wish(f"m{number}", "channel:C1", body)
            item.state, item.channel_id, item.ts = "sent", "C1", f"100.00000{number}"
            mark = {"id": str(item.id), "key": item.key}
            shown.append(Shown("C1", item.ts, body["text"], [], None, mark))
    house.engine.dispose()
    engine = create_engine(f"sqlite:///{tmp_path / 'h.db'}")
    with engine.connect() as connection:
        yield Record(shown, [], {}), connection


def _judged(settled, change):
    record, connection = settled
    changed = copy.deepcopy(record)
    change(changed.messages)
    return judge(changed, connection)


def test_what_is_right_is_left_alone(settled):
    assert _judged(settled, lambda messages: None).is_clean


def test_a_message_that_is_not_there_is_lost(settled):
    assert _judged(settled, lambda messages: messages.pop()).lost


def test_a_message_that_is_there_twice_is_seen(settled):
    def again(messages):
        messages.append(copy.replace(messages[0]) if hasattr(copy, "replace") else messages[0])

    assert _judged(settled, again).twice


def test_old_words_are_seen(settled):
    def age(messages):
        messages[0].text = "what was said before"

    assert _judged(settled, age).lost


def test_a_wrong_order_is_seen(settled):
    def swap(messages):
        messages[0].ts, messages[1].ts = messages[1].ts, messages[0].ts

    assert _judged(settled, swap).out_of_order


def test_what_nobody_wished_for_is_seen(settled):
    def add(messages):
        messages.append(Shown("C1", "101.000000", "hello", [], None, None))

    assert _judged(settled, add).twice


def test_an_act_that_was_acknowledged_and_is_not_kept_is_seen(settled):
    record, connection = settled
    record.noted.append(("blocker", "We wait for a form"))
    assert judge(record, connection).lost


def test_the_arena_s_own_clock_is_shared(tmp_path):
    from tests.chaos.clock import SharedClock

    arena = Arena(None, tmp_path, "sqlite://")  # type: ignore[arg-type]
    other = SharedClock(tmp_path / "clock")
    before = other.now()
    arena.move_on(2)
    assert (other.now() - before).total_seconds() == 7200
