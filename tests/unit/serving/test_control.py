"""A worker obeys its row, and fails to control: at the start, when cut off, when told to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.errors import InputError
from bot.domain.traffic import ServingState, new_secret
from serving.control import TRUST_SECONDS, PullBoard, StateKeeper
from serving.desired import Desired

LIVE, PULLED, SHADOW = ServingState.LIVE, ServingState.PULLED, ServingState.SHADOW
WANTED = Desired(7, 3, LIVE, 10.0, new_secret(), new_secret(), sha256="a")


class Rows:
    """A database that can go away."""

    def __init__(self, wanted=WANTED):
        self.wanted, self.is_away, self.seen = wanted, False, []

    def desired(self):
        if self.is_away:
            raise OSError("away")
        return self.wanted

    def publish(self, sha256, about):
        pass

    def observe(self, seen):
        self.seen.append(seen)


class Loaded:
    form, reason, published = "compiled", None, {}


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def rows():
    return Rows()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def board():
    return PullBoard()


@pytest.fixture
def keeper(rows, clock, board):
    return StateKeeper(rows, "w", board, lambda _: Loaded(), clock)


def test_nothing_is_asked_of_the_model_before_the_row_was_read(keeper, rows):
    assert keeper.now() is PULLED
    keeper.look()
    assert keeper.now() is LIVE
    assert (rows.seen[-1].generation, rows.seen[-1].state) == (3, LIVE)


def test_a_database_that_is_away_at_the_start_means_control(keeper, rows):
    rows.is_away = True
    with pytest.raises(OSError, match="away"):
        keeper.look()
    assert keeper.now() is PULLED
    assert "never read" in keeper.why_not_ready()


def test_the_last_known_state_holds_a_minute_and_then_it_is_control(keeper, rows, clock):
    keeper.look()
    rows.is_away = True
    clock.now = TRUST_SECONDS
    assert keeper.now() is LIVE
    clock.now = TRUST_SECONDS + 0.1
    assert keeper.now() is PULLED
    assert "away" in keeper.why_not_ready()
    rows.is_away = False
    keeper.look()
    assert keeper.now() is LIVE


@pytest.mark.parametrize("state", [PULLED, SHADOW, LIVE])
def test_each_state_of_the_row_is_obeyed(keeper, rows, state):
    rows.wanted = replace(WANTED, state=state)
    keeper.look()
    assert keeper.now() is state
    assert rows.seen[-1].percent == (10.0 if state is LIVE else 0.0)


def test_a_pull_reaches_every_worker_of_the_machine_at_once(rows, clock, board):
    keepers = [StateKeeper(rows, w, board, lambda _: Loaded(), clock) for w in "ab"]
    for keeper in keepers:
        keeper.look()
    keepers[0].pull(4)
    assert [keeper.now() for keeper in keepers] == [PULLED, PULLED]
    rows.wanted = replace(WANTED, generation=5)
    keepers[1].look()
    assert [keeper.now() for keeper in keepers] == [PULLED, LIVE]


def test_an_old_pull_does_not_pull_what_is_live_again(keeper, rows, board):
    board.pull(2)
    keeper.look()
    assert keeper.now() is LIVE
    board.pull(1)
    assert board.pulled == 2


def test_an_older_row_of_a_replica_that_lags_is_not_obeyed(keeper, rows):
    rows.wanted = replace(WANTED, generation=4, state=PULLED)
    keeper.look()
    rows.wanted = WANTED
    keeper.look()
    assert keeper.now() is PULLED


def test_a_model_that_cannot_be_opened_means_control_and_the_reason_is_reported(rows, clock, board):
    def damaged(_):
        raise InputError("The model a is damaged.")

    keeper = StateKeeper(rows, "w", board, damaged, clock)
    keeper.look()
    assert keeper.now() is PULLED
    assert keeper.why_not_ready() == rows.seen[-1].form_reason == "The model a is damaged."


def test_another_model_is_loaded_before_it_is_asked(rows, clock, board):
    loaded = []
    keeper = StateKeeper(rows, "w", board, lambda sha: loaded.append(sha) or Loaded(), clock)
    keeper.look()
    rows.wanted = replace(WANTED, generation=4, sha256="b")
    keeper.look()
    keeper.look()
    assert loaded == ["a", "b"]


def test_what_is_obeyed_is_reported_when_it_changes_and_every_two_seconds(keeper, rows, clock):
    keeper.look()
    keeper.look()
    assert len(rows.seen) == 1
    clock.now = 2.5
    keeper.look()
    assert len(rows.seen) == 2
