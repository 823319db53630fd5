"""One workspace can neither see nor touch another, through any way in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from handlers.request import Request
from tests.integration.workspaces import two_workspaces

ENTRY_POINTS = two_workspaces.entry_points()
HELP = {
    "/sprint help",
    "/blocker help",
    "/blocker ?",
    "/approval help",
    "/approval ?",
    "/probe list",
    "action capture.no",
    "action draft.discard",
}
"""Ways in that show the same to everybody, and touch nothing or the person's own draft."""


GATED = {"action deploy.open"}
"""Opens only for a deployment with everything; tested with one in `unit/deployments`."""


def first_that_gets_through(runtime, entry) -> Request | None:
    watch = two_workspaces.Watch(runtime)
    for request in entry.requests(runtime.playbook):
        for actor in (two_workspaces.ANA, two_workspaces.CHO):
            tried = replace(request, user_id=actor)
            outcome = two_workspaces.act(runtime, entry, tried)
            if watch.changed() or two_workspaces.shows_something(outcome):
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


@pytest.mark.parametrize("name", short_run_first(set(ENTRY_POINTS) - HELP - GATED))
def test_no_request_sees_or_touches_the_other_workspace(fresh, name):
    entry = ENTRY_POINTS[name]
    assert first_that_gets_through(fresh(), entry), (
        "nobody gets in here: add its form to `two_workspaces`"
    )
    runtime = fresh()
    before = two_workspaces.rows_of(runtime, two_workspaces.MINE)
    for request in entry.requests(runtime.playbook):
        outcome = two_workspaces.act(
            runtime, entry, replace(request, team_id=two_workspaces.THEIRS)
        )
        assert two_workspaces.SECRET not in two_workspaces.words_of(outcome), request
    assert two_workspaces.rows_of(runtime, two_workspaces.MINE) == before
    assert two_workspaces.SECRET not in two_workspaces.messages_to(runtime, two_workspaces.THEIRS)
    assert two_workspaces.strangers_in(runtime) == []
