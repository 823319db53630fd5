"""Of several timers that are due, the newest of a kind speaks for all of them, at its own place."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from bot.domain.due import TimerPolicy, postponed, steps


class Due(NamedTuple):
    kind: str
    hour: int


TELLS, ACTS = TimerPolicy(newest_speaks=True), TimerPolicy()


def policy_of(kind):
    return ACTS if kind == "gate" else TELLS


@pytest.mark.parametrize(
    ("due", "acting"),
    [
        ([], []),
        ([Due("prompt", 3)], [(Due("prompt", 3), 1)]),
        (
            [Due("prompt", 3), Due("digest", 4), Due("prompt", 4)],
            [(Due("digest", 4), 1), (Due("prompt", 4), 2)],
        ),
        ([Due("gate", 6), Due("gate", 12)], [(Due("gate", 6), 1), (Due("gate", 12), 1)]),
    ],
)
def test_who_acts_in_which_order_and_for_how_many(due, acting):
    found = steps(due, policy_of)
    assert [(timer, len(spoken_for)) for timer, spoken_for in found] == acting
    for timer, spoken_for in found:
        assert spoken_for[-1] == timer, "the newest comes last"


def test_what_quiet_hours_held_back_says_so_and_keeps_its_facts():
    facts = {"hour": 3}
    assert postponed(facts) == {"hour": 3, "quiet": True}
    assert facts == {"hour": 3}


@pytest.mark.parametrize(
    ("only_while_running", "status", "applies"),
    [(True, "running", True), (True, "debrief", False), (False, "debrief", True)],
)
def test_what_means_something_only_while_a_sprint_runs(only_while_running, status, applies):
    assert TimerPolicy(only_while_running=only_while_running).applies(status) is applies
