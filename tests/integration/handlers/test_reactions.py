"""Reactions and their undoing, delivered by Slack more than once and in any order."""

from __future__ import annotations

from itertools import permutations

import pytest
from sqlalchemy import select

from bot.db.models import Blocker
from bot.listening.channel_message import ChannelMessage
from bot.listening.reactions import Reacted, Reaction, act_on_reaction, undo_reaction
from tests.runtimes import ANA, BEN, CHANNEL, TEAM, trail

MESSAGE = ChannelMessage(CHANNEL, "1.1", "The replica needs a form", "https://slack/p11", BEN)
ADDED, REMOVED = ("added", "10"), ("removed", "20")


def states(runtime):
    with runtime.reading(TEAM) as uow:
        return list(uow.session.scalars(select(Blocker.state)))


def deliver(runtime, kind, at):
    reacted = Reacted(ANA, Reaction.LOG, CHANNEL, MESSAGE.ts, at)
    with runtime.uow(TEAM) as uow:
        if kind == "removed":
            return undo_reaction(uow, reacted)
        return act_on_reaction(uow, reacted, MESSAGE)


@pytest.mark.parametrize("order", sorted(set(permutations([ADDED, ADDED, REMOVED, REMOVED]))))
def test_an_undone_reaction_stays_undone_however_often_it_is_delivered(
    runtime, running_sprint, order
):
    said = [deliver(runtime, *each) for each in order]
    assert states(runtime) in ([], ["withdrawn"])
    actions = [each.action for each in trail(runtime, "blocker")]
    assert actions in ([], ["logged", "withdrawn"])
    assert len([each for each in said if each]) == len(actions)


def test_a_reaction_that_is_set_again_after_its_undoing_counts(runtime, running_sprint):
    for each in (ADDED, REMOVED, ("added", "30"), REMOVED, ADDED):
        deliver(runtime, *each)
    assert states(runtime) == ["open"]
