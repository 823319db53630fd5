"""One workspace can neither see nor touch another, through any way in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from handlers.request import Request
from tests.integration.workspaces import world

ENTRY_POINTS = world.entry_points()
HELP = {
    "/sprint help",
    "/blocker help",
    "/blocker ?",
    "/approval help",
    "/approval ?",
    "/probe list",
    "action capture.no",
    "action sprint.choose",
}
"""Ways in that show the same to everybody and touch nothing."""


def first_that_gets_through(runtime, entry) -> Request | None:
    watch = world.Watch(runtime)
    for request in entry.requests(runtime.playbook):
        for actor in (world.ANA, world.CHO):
            tried = replace(request, user_id=actor)
            outcome = world.act(runtime, entry, tried)
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


@pytest.mark.parametrize("name", short_run_first(set(ENTRY_POINTS) - HELP))
def test_no_request_sees_or_touches_the_other_workspace(fresh, name):
    entry = ENTRY_POINTS[name]
    assert first_that_gets_through(fresh(), entry), "nobody gets in here: add its form to the world"
    runtime = fresh()
    before = world.rows_of(runtime, world.MINE)
    for request in entry.requests(runtime.playbook):
        outcome = world.act(runtime, entry, replace(request, team_id=world.THEIRS))
        assert world.SECRET not in world.words_of(outcome), request
    assert world.rows_of(runtime, world.MINE) == before
    assert world.SECRET not in world.messages_to(runtime, world.THEIRS)
    assert world.strangers_in(runtime) == []
