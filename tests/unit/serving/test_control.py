"""A worker obeys its row, and fails to control: at the start, when cut off, when told to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.enums import DeploymentState
from bot.domain.errors import InputError
from bot.domain.traffic import new_secret
from serving.control import TRUST_SECONDS, DesiredStatePoller, PulledGeneration
from serving.desired import Desired

LIVE, PULLED, SHADOW = DeploymentState.LIVE, DeploymentState.PULLED, DeploymentState.SHADOW
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
def pulled():
    return PulledGeneration()


@pytest.fixture
def state_of_row(rows, clock, pulled):
    return DesiredStatePoller(rows, "w", pulled, lambda _: Loaded(), clock)


def test_nothing_is_asked_of_the_model_before_the_row_was_read(state_of_row, rows):
    assert state_of_row.now() is PULLED
    state_of_row.look()
    assert state_of_row.now() is LIVE
    assert (rows.seen[-1].generation, rows.seen[-1].state) == (3, LIVE)


def test_a_database_that_is_away_at_the_start_means_control(state_of_row, rows):
    rows.is_away = True
    with pytest.raises(OSError, match="away"):
        state_of_row.look()
    assert state_of_row.now() is PULLED
    assert "never read" in state_of_row.why_not_ready()


def test_the_last_known_state_holds_a_minute_and_then_it_is_control(state_of_row, rows, clock):
    state_of_row.look()
    rows.is_away = True
    clock.now = TRUST_SECONDS
    assert state_of_row.now() is LIVE
    clock.now = TRUST_SECONDS + 0.1
    assert state_of_row.now() is PULLED
    assert "away" in state_of_row.why_not_ready()
    rows.is_away = False
    state_of_row.look()
    assert state_of_row.now() is LIVE


@pytest.mark.parametrize("state", [PULLED, SHADOW, LIVE])
def test_each_state_of_the_row_is_obeyed(state_of_row, rows, state):
    rows.wanted = replace(WANTED, state=state)
    state_of_row.look()
    assert state_of_row.now() is state
    assert rows.seen[-1].percent == (10.0 if state is LIVE else 0.0)


def test_a_pull_reaches_every_worker_of_the_machine_at_once(rows, clock, pulled):
    states = [DesiredStatePoller(rows, w, pulled, lambda _: Loaded(), clock) for w in "ab"]
    for state_of_row in states:
        state_of_row.look()
    states[0].pull(4)
    assert [state_of_row.now() for state_of_row in states] == [PULLED, PULLED]
    rows.wanted = replace(WANTED, generation=5)
    states[1].look()
    assert [state_of_row.now() for state_of_row in states] == [PULLED, LIVE]


def test_an_old_pull_does_not_pull_what_is_live_again(state_of_row, rows, pulled):
    pulled.pull(2)
    state_of_row.look()
    assert state_of_row.now() is LIVE
    pulled.pull(1)
    assert pulled.newest == 2


def test_an_older_row_of_a_replica_that_lags_is_not_obeyed(state_of_row, rows):
    rows.wanted = replace(WANTED, generation=4, state=PULLED)
    state_of_row.look()
    rows.wanted = WANTED
    state_of_row.look()
    assert state_of_row.now() is PULLED


def test_a_model_that_cannot_be_opened_means_control_and_the_reason_is_reported(
    rows, clock, pulled
):
    def damaged(_):
        raise InputError("The model a is damaged.")

    state_of_row = DesiredStatePoller(rows, "w", pulled, damaged, clock)
    state_of_row.look()
    assert state_of_row.now() is PULLED
    assert state_of_row.why_not_ready() == rows.seen[-1].form_reason == "The model a is damaged."


def test_another_model_is_loaded_before_it_is_asked(rows, clock, pulled):
    loaded = []
    state_of_row = DesiredStatePoller(
        rows, "w", pulled, lambda sha: loaded.append(sha) or Loaded(), clock
    )
    state_of_row.look()
    rows.wanted = replace(WANTED, generation=4, sha256="b")
    state_of_row.look()
    state_of_row.look()
    assert loaded == ["a", "b"]


def test_what_is_obeyed_is_reported_when_it_changes_and_every_two_seconds(
    state_of_row, rows, clock
):
    state_of_row.look()
    state_of_row.look()
    assert len(rows.seen) == 1
    clock.now = 2.5
    state_of_row.look()
    assert len(rows.seen) == 2
