"""What many sprints are told at once, and that words are made as of the right moment."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event, func, select

from bot.blockers.forms import BlockerForm
from bot.blockers.service import log_blocker
from bot.db.engine import CACHE, LARGE_CACHE, large_cache
from bot.db.models import Sprint, Timer
from bot.db.outbox_models import OutboxItem
from bot.domain.vocabulary import Severity
from bot.hourly import digests
from bot.messages.templates import Template
from bot.outbox.queue import _upsert_on
from bot.sprints.moves import last_moves
from bot.sprints.overview import (
    post_sponsor_day,
    refresh_pinned_card,
    sponsor_day_key,
    sponsor_queue,
)
from bot.sprints.snapshot import DueHours
from bot.timers import dispatcher as timers
from bot.timers.bulk import batch_of
from bot.timers.dispatcher import run_due
from tests.runtimes import ANA, DEE, TEAM, add_sprint, advance, card, outbox


@pytest.fixture
def two(runtime):
    """Two sprints that run, to which hour 1 is due in an hour."""
    numbers = [add_sprint(runtime, channel_id=f"C{each}") for each in (1, 2)]
    with runtime.uow(TEAM) as uow:
        for number in numbers:
            for hour in range(3):
                at = uow.now + timedelta(hours=hour)
                uow.set_timer(number, f"prompt:{hour}", "prompt", at, hour=hour)
    return numbers


def _writes(runtime, key):
    with runtime.reading(TEAM) as uow:
        return uow.session.execute(
            select(OutboxItem.version, OutboxItem.template, OutboxItem.priority).where(
                OutboxItem.key == key
            )
        ).one()


def test_sprints_of_one_hour_are_asked_together_and_each_once(runtime, two):
    run_due(runtime)
    advance(runtime, 1)
    assert run_due(runtime) == 2
    assert run_due(runtime) == 0
    for number in two:
        assert _writes(runtime, f"sprint:{number}:prompt:1").version == 1
        assert _writes(runtime, f"sprint:{number}:prompt:0").template["name"] == "folded_prompt"
        assert "no answer" in str(card(runtime, f"sprint:{number}:prompt:0"))
        assert "Hour 1" in str(card(runtime, f"sprint:{number}:prompt:1"))


@pytest.mark.parametrize(("somebody_presses", "uows"), [(False, 1), (True, 2)])
def test_sprints_are_asked_in_small_pieces_while_people_press(
    runtime, two, monkeypatch, somebody_presses, uows
):
    monkeypatch.setitem(timers.SPRINTS_PER_SMALL_TRANSACTION, "sqlite", 1)
    ended = []
    runtime.on_commit(lambda: ended.append(1))
    if somebody_presses:
        with runtime.priority_gate.answering():
            pass
    assert run_due(runtime) == len(two)
    assert len(ended) == uows


def test_a_sprint_that_missed_an_hour_is_told_so_and_the_other_is_not(runtime, two):
    run_due(runtime)
    with runtime.uow(TEAM) as uow:
        late = uow.session.scalars(
            select(Timer).where(Timer.sprint_id == two[1], Timer.key == "prompt:1")
        ).one()
        late.due_at = uow.now + timedelta(hours=2)
    advance(runtime, 1)
    run_due(runtime)
    advance(runtime, 1)
    run_due(runtime)
    assert "passed without a prompt" not in str(card(runtime, f"sprint:{two[0]}:prompt:2"))
    assert "Hour 1 passed without a prompt" in str(card(runtime, f"sprint:{two[1]}:prompt:2"))
    folded = outbox(runtime, f"sprint:{two[1]}:prompt:0")[0]
    assert folded.template == {"name": "folded_prompt", "hour": 0}


def test_one_that_was_ended_meanwhile_drops_its_prompts(runtime, two):
    with runtime.uow(TEAM) as uow:
        uow.session.get_one(Sprint, two[0]).status = "cancelled"
    assert run_due(runtime) == 2
    assert not outbox(runtime, f"sprint:{two[0]}:prompt")
    with runtime.reading(TEAM) as uow:
        states = uow.session.execute(
            select(Timer.sprint_id, Timer.state).where(Timer.key == "prompt:0")
        )
        assert dict(states.all()) == {two[0]: "dropped", two[1]: "done"}


def test_in_quiet_hours_a_prompt_waits_as_if_it_had_not_been_looked_at(runtime, two):
    now = runtime.clock.now()
    with runtime.uow(TEAM) as uow:
        sprint = uow.session.get_one(Sprint, two[0])
        sprint.quiet_from = f"{now - timedelta(hours=1):%H:%M}"
        sprint.quiet_until = f"{now + timedelta(hours=1):%H:%M}"
    assert run_due(runtime) == 2
    with runtime.reading(TEAM) as uow:
        quiet, told = uow.session.scalars(
            select(Timer).where(Timer.key == "prompt:0").order_by(Timer.sprint_id)
        )
    assert (quiet.state, quiet.done_at) == ("waiting", None)
    assert timedelta(minutes=59) <= quiet.due_at - now <= timedelta(hours=1)
    assert (told.state, told.done_at) == ("done", now)
    assert not outbox(runtime, f"sprint:{two[0]}:prompt")


def test_what_is_in_slack_is_refreshed_after_what_is_new(runtime):
    number = add_sprint(runtime)
    key = f"sprint:{number}:card"
    with runtime.uow(TEAM) as uow:
        refresh_pinned_card(uow, uow.sprint(number))
    assert _writes(runtime, key).priority == 0, "new, and the first to come"
    with runtime.uow(TEAM) as uow:
        found = uow.find_message(key)
        found.ts, found.state = "1.0", "sent"
    with runtime.uow(TEAM) as uow:
        refresh_pinned_card(uow, uow.sprint(number))
    assert (_writes(runtime, key).version, _writes(runtime, key).priority) == (2, 80)


def test_a_digest_that_is_sent_late_tells_of_its_hour(runtime):
    number = add_sprint(runtime)
    advance(runtime, 4)
    with runtime.uow(TEAM) as uow:
        log_blocker(uow, ANA, BlockerForm(number, "Seen in time", severity=Severity.STOPS))
        digests.post_digests(uow, [uow.sprint(number)], DueHours((4,)))
    advance(runtime, 1)
    with runtime.uow(TEAM) as uow:
        log_blocker(uow, ANA, BlockerForm(number, "Came afterwards", severity=Severity.STOPS))
    told = str(card(runtime, f"sprint:{number}:digest:4"))
    assert "1 blocker logged" in told
    assert "Seen in time" in told
    assert "Came afterwards" not in told
    assert "0 h" in told


@pytest.mark.parametrize(
    "columns",
    [
        {"sponsor_id": DEE},
        {"digest_channel_id": "C9"},
        {"sponsor_id": DEE, "digest_channel_id": "C9"},
        {"sponsor_id": DEE, "digest_channel_id": ""},
    ],
)
def test_the_database_and_the_rules_agree_on_the_sponsor_s_lane(runtime, columns):
    number = add_sprint(runtime, **columns)
    with runtime.uow(TEAM) as uow:
        sprint = uow.sprint(number)
        post_sponsor_day(uow, [sprint], 0)
        (queue,) = uow.session.scalars(
            select(OutboxItem.queue).where(OutboxItem.key == sponsor_day_key(sprint, 0))
        )
        assert queue == sponsor_queue(sprint)


def test_nobody_is_told_where_there_is_no_sponsor(runtime):
    number = add_sprint(runtime)
    with runtime.uow(TEAM) as uow:
        refresh_pinned_card(uow, uow.sprint(number))
        assert not uow.session.scalar(
            select(func.count(OutboxItem.id)).where(OutboxItem.key.contains("sponsor"))
        )


def test_several_hours_speak_with_the_newest():
    told = batch_of([{"hour": 3}, {"hour": 4, "quiet": True}])
    assert told == DueHours((3, 4), was_quiet=True)
    assert told.newest == 4


def test_messages_to_queues_of_their_own_take_one_statement_for_all_queues(runtime):
    number = add_sprint(runtime)
    made = set()
    for user in (ANA, DEE):
        with runtime.uow(TEAM) as uow:
            sprint = uow.sprint(number)
            uow.upsert_many([sprint], f"note:{user}", Template.PINNED_CARD, {}, queue=f"dm:{user}")
        made.add(_upsert_on.cache_info().currsize)
    (ana, dee) = outbox(runtime, f"sprint:{number}:note")
    assert (ana.queue, dee.queue) == (f"dm:{ANA}", f"dm:{DEE}")
    assert len(made) == 1


def test_last_moves_are_asked_in_the_same_words_however_many_sprints_there_are(runtime, two):
    told = []

    def note(_connection, _cursor, statement, *_rest):
        told.append(statement)

    with runtime.reading(TEAM) as uow:
        sprints = [uow.sprint(number) for number in two]
        event.listen(runtime.engine, "before_cursor_execute", note)
        last_moves(uow, sprints[:1])
        of_one, told[:] = [*told], []
        last_moves(uow, sprints)
        event.remove(runtime.engine, "before_cursor_execute", note)
    assert len(told) == 2
    assert told == of_one


def test_only_a_batch_has_sqlites_large_cache(runtime):
    if runtime.dialect != "sqlite":
        pytest.skip("a setting of SQLite")
    with runtime.uow(TEAM) as uow:

        def kilobytes() -> int:
            told = uow.session.connection().exec_driver_sql("PRAGMA cache_size")
            return -int(told.scalar_one())

        usual = kilobytes()
        with large_cache(uow.session):
            assert kilobytes() == LARGE_CACHE
        assert kilobytes() == usual == CACHE
