"""Every button, pressed rightly, a second time, by those who may not, and late; forms late.

Each press ends with an answer to the person who pressed: words, a form, or a message that now says
something else. The record changes only by the first, and by what a closed sprint goes on with.
"""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import select

from bot.db.models import Sprint
from bot.db.outbox_models import OutboxItem
from bot.domain.enums import SprintStatus
from bot.messages.ended import GONE
from bot.planning.service import cancel_sprint
from bot.rendering import rendered
from bot.slack.action_ids import Act, ViewId
from bot.unit_of_work import Runtime
from handlers.request import Done, Outcome, Request, Say
from tests.integration.workspaces import two_workspaces
from tests.integration.workspaces.test_permissions import ACTION_OF, EVERYBODY, MAY
from tests.integration.workspaces.test_tenants import ENTRY_POINTS, GATED, first_that_gets_through
from tests.integration.workspaces.two_workspaces import ANA, MINE, EntryPoint, Refused

pytestmark = pytest.mark.smoke
BUTTONS = [name for name in ENTRY_POINTS if name.startswith("action ")]
FORMS = [name for name in ENTRY_POINTS if name.startswith("view ")]
PLUMBING = {"outbox", "timers", "people", "drafts", "receipts"}
"""Tables that hold what is said and when; all others are the record."""


class Press:
    """One press: what came of it, what it wrote, and the messages that it declared anew."""

    def __init__(self, runtime: Runtime, entry: EntryPoint, request: Request) -> None:
        before, said = two_workspaces.rows_of(runtime, MINE), self._said(runtime)
        self.outcome: Outcome | Refused = two_workspaces.act(runtime, entry, request)
        after, says = two_workspaces.rows_of(runtime, MINE), self._said(runtime)
        written = {name for name, rows in after.items() if rows != before[name]}
        self.record = written - PLUMBING
        self.new = says.keys() - said.keys()
        self.changed = {key for key in said if says.get(key) != said[key]}

    @staticmethod
    def _said(runtime: Runtime) -> dict[str, int]:
        """Return key -> how often a message was declared."""
        with runtime.reading(MINE) as uow:
            found = select(OutboxItem.key, OutboxItem.version).where(OutboxItem.team_id == MINE)
            return dict(map(tuple, uow.session.execute(found)))

    @property
    def is_answered(self) -> bool:
        """Whether the person who pressed sees that something came of it."""
        if isinstance(self.outcome, Done):
            return bool(self.new or (self.changed and self.record))
        return bool(json.loads(two_workspaces.words_of(self.outcome)))

    def __repr__(self) -> str:
        words = two_workspaces.words_of(self.outcome)[:400]
        return f"{words}, writes {self.record}, says {self.new | self.changed}"


FOUND: dict[str, Request] = {}


@pytest.fixture
def right(fresh):
    """Return a function that finds the first press of a button that gets through."""

    def found(name: str) -> Request:
        if name not in FOUND:
            request = first_that_gets_through(fresh(), ENTRY_POINTS[name])
            assert request is not None, "nobody gets in here: add its row to `two_workspaces`"
            FOUND[name] = request
        return FOUND[name]

    return found


@pytest.mark.parametrize("name", BUTTONS)
def test_a_button_is_answered_and_a_second_press_adds_nothing(fresh, right, name):
    if name in GATED:
        return
    entry, runtime, request = ENTRY_POINTS[name], fresh(), right(name)
    first = Press(runtime, entry, request)
    assert first.is_answered, first
    assert not isinstance(first.outcome, Refused), first
    with runtime.reading(MINE) as uow:
        for item in map(uow.find_message, first.new | first.changed):
            assert rendered(runtime, uow.session, item), item.key
    second = Press(runtime, entry, request)
    assert second.is_answered, second
    assert not second.record, second


@pytest.mark.parametrize("name", BUTTONS)
def test_who_may_not_is_told_so(fresh, right, name):
    if name in GATED or name not in ACTION_OF:
        return
    entry, runtime, request = ENTRY_POINTS[name], fresh(), right(name)
    for who in set(EVERYBODY) - set(MAY[ACTION_OF[name]].split()):
        press = Press(runtime, entry, replace(request, user_id=EVERYBODY[who]))
        assert press.is_answered, (who, press)
        assert isinstance(press.outcome, Refused), (who, press)
        assert not press.record, (who, press)


GOES_ON = {
    Act.LINK_REVOKE: "somebody may have the link",
    Act.PROBE_CANCEL: "a process runs",
    Act.BATCH_CANCEL: "a process runs",
    Act.NOTICE_STOP: "somebody is told of scores",
    Act.DEPLOY_STEP_BACK: "a model answers",
    Act.DEPLOY_ROLL_BACK: "a model answers",
    Act.CHECK_REMOVE: "the check runs every night",
    Act.FIX_CONFIRM: "the plan begins at the close",
    Act.FIX_DONE: "the plan begins at the close",
    Act.FIX_REOPEN: "the plan begins at the close",
    ViewId.FIX_CHECK: "the plan begins at the close",
    ViewId.FIX_DECIDE: "the plan begins at the close",
    ViewId.FIX_EVIDENCE: "the plan begins at the close",
    ViewId.FIX_MOVE: "the plan begins at the close",
    ViewId.FIX_OWNER: "the plan begins at the close",
    ViewId.FIX_REWRITE: "the plan begins at the close",
    ViewId.FIX_STUCK: "the plan begins at the close",
    ViewId.SCORE_NOTICE: "a model answers",
    ViewId.DEPLOY_WHY: "a model was rolled back",
    ViewId.PLAN: "it plans another sprint",
}
"""What writes after the end, and why."""
WHEN_CLOSED = {
    Act.CHECK_KEEP: "fixes are checked by it",
    ViewId.CHECK_KEEP_RULES: "fixes are checked by it",
    Act.DEPLOY_SHADOW: "a rollout outlives its sprint",
    Act.DEPLOY_REHEARSE: "a rollout outlives its sprint",
    Act.DEPLOY_ADVANCE: "a rollout outlives its sprint",
    ViewId.BATCH_AGAIN: "a model answers",
    ViewId.BATCH_CONFIRM: "a model answers",
    ViewId.BATCH_REPLAY: "a model answers",
}
"""What writes after a close, but not in a sprint that was cancelled."""


@pytest.mark.parametrize("status", [SprintStatus.CLOSED, SprintStatus.CANCELLED])
@pytest.mark.parametrize("name", [*BUTTONS, *FORMS])
def test_a_late_press_is_answered_and_changes_no_ended_record(fresh, right, name, status):
    if name in GATED:
        return
    entry, runtime, request = ENTRY_POINTS[name], fresh(), right(name)
    end_all(runtime, status)
    press = Press(runtime, entry, request)
    assert press.is_answered, press
    act = name.split()[1]
    goes_on = GOES_ON | (WHEN_CLOSED if status == SprintStatus.CLOSED else {})
    assert bool(press.record) == (act in goes_on), press
    if act in GONE[status]:
        assert isinstance(press.outcome, (Say, Refused)), press


def end_all(runtime: Runtime, status: SprintStatus) -> None:
    """End every sprint that has not ended, closed or cancelled."""
    with runtime.uow(MINE) as uow:
        sprints = uow.session.scalars(select(Sprint).where(Sprint.team_id == MINE)).all()
        for sprint in sprints:
            if sprint.status == SprintStatus.CLOSED:
                continue
            if status == SprintStatus.CANCELLED:
                cancel_sprint(uow, ANA, sprint.id, "")
            else:
                sprint.started_at = sprint.ended_at = sprint.closed_at = uow.now
                sprint.status = status
