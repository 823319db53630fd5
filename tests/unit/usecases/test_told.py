"""What many sprints are told at once, and that words are made as of the right moment."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.slack.outbox import _tell_on
from bot.sprint.vocabulary import Severity
from bot.store.models import OutboxItem, Sprint, Timer
from bot.usecases import board, digests, due
from bot.usecases.blocker_form import BlockerForm
from bot.usecases.blockers import log_blocker
from bot.usecases.due import run_due
from bot.usecases.facts import Told
from bot.usecases.told import told_by
from tests.houses import ANA, DEE, TEAM, add_sprint, advance, card, outbox


@pytest.fixture
def two(house):
    """Two sprints that run, to which hour 1 is due in an hour."""
    numbers = [add_sprint(house, channel_id=f"C{each}") for each in (1, 2)]
    with house.unit(TEAM) as unit:
        for number in numbers:
            for hour in range(3):
                at = unit.now + timedelta(hours=hour)
                unit.set_timer(number, f"prompt:{hour}", "prompt", at, hour=hour)
    return numbers


def _writes(house, key):
    with house.reading(TEAM) as unit:
        return unit.session.execute(
            select(OutboxItem.version, OutboxItem.recipe, OutboxItem.priority).where(
                OutboxItem.key == key
            )
        ).one()


def test_sprints_of_one_hour_are_asked_together_and_each_once(house, two):
    run_due(house)
    advance(house, 1)
    assert run_due(house) == 2
    assert run_due(house) == 0
    for number in two:
        assert _writes(house, f"sprint:{number}:prompt:1").version == 1
        assert _writes(house, f"sprint:{number}:prompt:0").recipe["name"] == "folded_prompt"
        assert "no answer" in str(card(house, f"sprint:{number}:prompt:0"))
        assert "Hour 1" in str(card(house, f"sprint:{number}:prompt:1"))


@pytest.mark.parametrize(("somebody_presses", "units"), [(False, 1), (True, 2)])
def test_sprints_are_asked_in_small_pieces_while_people_press(
    house, two, monkeypatch, somebody_presses, units
):
    monkeypatch.setitem(due.SPRINTS_A_SMALL_UNIT, "sqlite", 1)
    ended = []
    house.on_unit_end(lambda: ended.append(1))
    if somebody_presses:
        with house.precedence.answering():
            pass
    assert run_due(house) == len(two)
    assert len(ended) == units


def test_a_sprint_that_missed_an_hour_is_told_so_and_the_other_is_not(house, two):
    run_due(house)
    with house.unit(TEAM) as unit:
        late = unit.session.scalars(
            select(Timer).where(Timer.sprint_id == two[1], Timer.key == "prompt:1")
        ).one()
        late.due_at = unit.now + timedelta(hours=2)
    advance(house, 1)
    run_due(house)
    advance(house, 1)
    run_due(house)
    assert "passed without a prompt" not in str(card(house, f"sprint:{two[0]}:prompt:2"))
    assert "Hour 1 passed without a prompt" in str(card(house, f"sprint:{two[1]}:prompt:2"))
    folded = outbox(house, f"sprint:{two[1]}:prompt:0")[0]
    assert folded.recipe == {"name": "folded_prompt", "hour": 0}


def test_one_that_was_ended_meanwhile_drops_its_prompts(house, two):
    with house.unit(TEAM) as unit:
        unit.session.get_one(Sprint, two[0]).status = "cancelled"
    assert run_due(house) == 2
    assert not outbox(house, f"sprint:{two[0]}:prompt")
    with house.reading(TEAM) as unit:
        states = unit.session.execute(
            select(Timer.sprint_id, Timer.state).where(Timer.key == "prompt:0")
        )
        assert dict(states.all()) == {two[0]: "dropped", two[1]: "done"}


def test_in_quiet_hours_a_prompt_waits_as_if_it_had_not_been_looked_at(house, two):
    now = house.clock.now()
    with house.unit(TEAM) as unit:
        sprint = unit.session.get_one(Sprint, two[0])
        sprint.quiet_from = f"{now - timedelta(hours=1):%H:%M}"
        sprint.quiet_until = f"{now + timedelta(hours=1):%H:%M}"
    assert run_due(house) == 2
    with house.reading(TEAM) as unit:
        quiet, told = unit.session.scalars(
            select(Timer).where(Timer.key == "prompt:0").order_by(Timer.sprint_id)
        )
    assert (quiet.state, quiet.done_at) == ("waiting", None)
    assert timedelta(minutes=59) <= quiet.due_at - now <= timedelta(hours=1)
    assert (told.state, told.done_at) == ("done", now)
    assert not outbox(house, f"sprint:{two[0]}:prompt")


def test_what_stands_in_slack_is_refreshed_after_what_is_new(house):
    number = add_sprint(house)
    key = f"sprint:{number}:card"
    with house.unit(TEAM) as unit:
        board.refresh_board(unit, unit.sprint(number))
    assert _writes(house, key).priority == 0, "new, and the first to come"
    with house.unit(TEAM) as unit:
        found = unit.wished(key)
        found.ts, found.state = "1.0", "sent"
    with house.unit(TEAM) as unit:
        board.refresh_board(unit, unit.sprint(number))
    assert (_writes(house, key).version, _writes(house, key).priority) == (2, 80)


def test_a_digest_that_is_sent_late_tells_of_its_hour(house):
    number = add_sprint(house)
    advance(house, 4)
    with house.unit(TEAM) as unit:
        log_blocker(unit, ANA, BlockerForm(number, "Seen in time", severity=Severity.STOPS))
        digests.post_digests(unit, [unit.sprint(number)], Told((4,)))
    advance(house, 1)
    with house.unit(TEAM) as unit:
        log_blocker(unit, ANA, BlockerForm(number, "Came afterwards", severity=Severity.STOPS))
    told = str(card(house, f"sprint:{number}:digest:4"))
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
def test_the_database_and_the_rules_agree_on_the_sponsor_s_lane(house, columns):
    number = add_sprint(house, **columns)
    with house.unit(TEAM) as unit:
        sprint = unit.sprint(number)
        board.refresh_board(unit, sprint)
        (lane,) = unit.session.scalars(
            select(OutboxItem.lane).where(OutboxItem.key == digests.sponsor_day_key(sprint, 0))
        )
        assert lane == digests.sponsor_lane(sprint)


def test_nobody_is_told_where_there_is_no_sponsor(house):
    number = add_sprint(house)
    with house.unit(TEAM) as unit:
        board.refresh_board(unit, unit.sprint(number))
        assert not unit.session.scalar(
            select(func.count(OutboxItem.id)).where(OutboxItem.key.contains("sponsor"))
        )


def test_several_hours_speak_with_the_newest():
    told = told_by([{"hour": 3}, {"hour": 4, "quiet": True}])
    assert told == Told((3, 4), was_quiet=True)
    assert told.newest == 4


def test_what_is_told_in_a_lane_of_its_own_goes_there_by_one_statement_for_all_lanes(house):
    number = add_sprint(house)
    made = set()
    for user in (ANA, DEE):
        with house.unit(TEAM) as unit:
            unit.tell([unit.sprint(number)], f"note:{user}", {"name": "card"}, lane=f"dm:{user}")
        made.add(_tell_on.cache_info().currsize)
    (ana, dee) = outbox(house, f"sprint:{number}:note")
    assert (ana.lane, dee.lane) == (f"dm:{ANA}", f"dm:{DEE}")
    assert len(made) == 1
