"""A short run of `make chaos`, and proof that its checker finds what is wrong."""

from __future__ import annotations

import copy
import json

import pytest
from sqlalchemy import create_engine

from tests.chaos.__main__ import Plan, mutants, run_one
from tests.chaos.arena import Arena, Outcome
from tests.chaos.bot import Nursery
from tests.chaos.bots import Mercy
from tests.chaos.checker import Place, Record, Shown, judge
from tests.chaos.faults import BACKENDS, BY_NAME, FAULT_CLASSES
from tests.chaos.progress import STILL_TICKS, GaveUpError, Patience
from tests.chaos.results import Results, is_found_out
from tests.runtimes import TEAM, open_runtime


@pytest.mark.smoke
@pytest.mark.timeout(180)
def test_a_few_kills_lose_nothing_and_say_nothing_twice():
    with Nursery() as nursery:
        outcome = run_one(nursery, Plan("sqlite", BY_NAME["all"], seed=7, hours=2, most_kills=3))
    assert not outcome.problems
    assert outcome.kills >= 3


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("fault", FAULT_CLASSES, ids=lambda fault: fault.name)
@pytest.mark.parametrize("backend", BACKENDS)
def test_each_class_of_faults_by_itself(backend, fault):
    if backend not in fault.backends:
        pytest.skip("it has no server")
    plan = Plan(backend, fault, seed=11, bots=fault.bots[-1], hours=9, most_kills=12)
    with Nursery() as nursery:
        outcome = run_one(nursery, plan)
    assert not outcome.problems
    assert outcome.kills


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("plan", mutants(), ids=lambda plan: plan.mutation)
def test_a_bot_with_a_defect_is_found_out(plan: Plan):
    with Nursery() as nursery:
        outcome = run_one(nursery, plan)
    assert is_found_out(outcome)


# --- waiting and keeping --------------------------------------------------------------------------


class Bots:
    """Bots that tick and never do anything."""

    lives = 1

    def __init__(self):
        self.mercy = Mercy()
        self.ticks = 0.0


def _patience(tmp_path, bots):
    runtime = open_runtime(tmp_path / "h.db")
    return runtime, Patience(runtime.engine, bots, (LookupError,))


def _tick(bots, monkeypatch, *, and_then=lambda: None):
    """Let a wait look at once, and a bot live for twenty seconds between two looks."""
    monkeypatch.setattr("tests.chaos.progress.LOOK_EVERY", 0.0)

    def live():
        bots.ticks += STILL_TICKS / 3
        and_then()

    return live


@pytest.mark.slow
def test_a_bot_that_lives_and_changes_nothing_is_stuck(tmp_path, monkeypatch):
    bots = Bots()
    _, patience = _patience(tmp_path, bots)
    with pytest.raises(GaveUpError, match=r"the hour: .* nothing has moved for 60 s"):
        patience.until("the hour", _tick(bots, monkeypatch))


def test_a_bot_that_changes_something_is_waited_for(tmp_path, monkeypatch):
    bots = Bots()
    runtime, patience = _patience(tmp_path, bots)
    hours = iter(range(12))

    def work():
        hour = next(hours)
        with runtime.uow(TEAM) as uow:
            uow.upsert(f"m{hour}", None, {"text": "x", "blocks": []}, queue="channel:C1")

    live = _tick(bots, monkeypatch, and_then=work)
    assert patience.until("the hour", lambda: live() or bots.ticks > STILL_TICKS * 2)


def test_after_many_lives_bots_are_spared_until_it_has_come(tmp_path, monkeypatch):
    bots = Bots()
    _, patience = _patience(tmp_path, bots)
    monkeypatch.setattr("tests.chaos.progress.LOOK_EVERY", 0.0)

    def die():
        bots.lives += 1
        return bots.mercy.is_asked

    assert patience.until("the hour", die)
    assert not bots.mercy.is_asked


def test_results_are_added_to_what_is_there(tmp_path):
    file = tmp_path / "build" / "chaos.json"
    counts = {"lost": 0, "twice": 0, "out_of_order": 0, "duplicate_channels": 0}
    for seed in (1, 2):
        outcome = Outcome(kills=3, sprints=1, seconds=2.0, counts=counts)
        Results(file).add("sqlite", "kill", seed, 1, outcome)
    (row,) = json.loads(file.read_text())["classes"]
    assert (row["kills"], row["sprints"], row["seconds"], row["lost"]) == (6, 2, 4, 0)
    assert Results(file).kills_of("sqlite", "kill") == 6


# --- the checker by itself --------------------------------------------------------------------


@pytest.fixture
def settled(tmp_path):
    """Two delivered messages in a database, and the workspace that shows them."""
    runtime = open_runtime(tmp_path / "h.db")
    shown = []
    with runtime.uow(TEAM) as uow:
        for number in (1, 2):
            body = {"text": f"message {number}", "blocks": []}
            item = uow.upsert(f"m{number}", None, body, queue="channel:C1")
            item.state, item.channel_id, item.ts = "sent", "C1", f"100.00000{number}"
            mark = {"id": str(item.id), "key": item.key}
            shown.append(Shown("C1", item.ts, body["text"], [], None, mark))
    runtime.engine.dispose()
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


@pytest.mark.parametrize(("threads", "is_clean"), [("ab", True), ("aab", False), ("b", False)])
def test_files_of_one_name_are_counted_in_their_own_threads(tmp_path, threads, is_clean):
    runtime = open_runtime(tmp_path / "h.db")
    shown, ts = [], {}
    with runtime.uow(TEAM) as uow:
        for number, key in enumerate("ab"):
            card = uow.upsert(key, None, {"text": key, "blocks": []}, queue="channel:C1")
            card.state, card.channel_id = "sent", "C1"
            card.ts = ts[key] = f"100.00000{number}"
            shown.append(Shown("C1", card.ts, key, [], None, {"id": str(card.id), "key": key}))
            body = {"filename": "dossier.pdf", "share": True}
            file = uow.upsert(
                f"{key}:file", None, body, queue="channel:C1", kind="upload", thread_key=key
            )
            file.state = "sent"
    for number, key in enumerate(threads):
        at = f"100.00001{number}"
        shown.append(Shown("C1", at, "", [], ts[key], None, ["dossier.pdf"]))
    place = Place("C1", "pilot", False, [], "", [], [], [])
    with create_engine(f"sqlite:///{tmp_path / 'h.db'}").connect() as connection:
        assert judge(Record(shown, [place], {}), connection).is_clean is is_clean
    runtime.engine.dispose()


def test_the_arena_s_own_clock_is_shared(tmp_path):
    from tests.chaos.clock import SharedClock

    arena = Arena(None, tmp_path, "sqlite://")  # type: ignore[arg-type]  # the clock is all that is used
    other = SharedClock(tmp_path / "clock")
    before = other.now()
    arena.move_on(2)
    assert (other.now() - before).total_seconds() == 7200
