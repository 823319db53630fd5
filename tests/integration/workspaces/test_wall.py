"""One workspace can neither see nor touch another, through any way in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from handlers.request import Request
from tests.integration.workspaces import world

DOORS = world.doors()
HELP = {
    "/sprint help",
    "/blocker help",
    "/blocker ?",
    "/approval help",
    "/approval ?",
    "/probe list",
}
"""Ways in that show the same to everybody and touch nothing."""


def first_that_gets_through(house, door) -> Request | None:
    watch = world.Watch(house)
    for request in door.requests(house.playbook):
        for actor in (world.ANA, world.CHO):
            tried = replace(request, user_id=actor)
            outcome = world.act(house, door, tried)
            if watch.changed() or world.shows_something(outcome):
                return tried
    return None


SHORT_RUN = {
    "/sprint audit",
    "/approval list",
    "action approval.approve",
    "action blocker.edit",
    "action finding.to_blocker",
    "action fix.done",
    "action outbox.retry",
    "view blocker",
    "view plan",
}
"""What the default suite tries; `-m slow` tries every way in."""


def short_run_first(names):
    """Return all names as parameters, those apart from the short run marked as slow."""
    slow = pytest.mark.slow
    return [
        pytest.param(name, marks=() if name in SHORT_RUN else slow, id=name.replace(" ", "-"))
        for name in sorted(names)
    ]


@pytest.mark.parametrize("name", short_run_first(set(DOORS) - HELP))
def test_no_request_sees_or_touches_the_other_workspace(fresh, name):
    door = DOORS[name]
    assert first_that_gets_through(fresh(), door), "nobody gets in here: add its form to the world"
    house = fresh()
    before = world.rows_of(house, world.MINE)
    for request in door.requests(house.playbook):
        outcome = world.act(house, door, replace(request, team_id=world.THEIRS))
        assert world.SECRET not in world.words_of(outcome), request
    assert world.rows_of(house, world.MINE) == before
    assert world.SECRET not in world.told_to(house, world.THEIRS)
    assert world.strangers_in(house) == []
