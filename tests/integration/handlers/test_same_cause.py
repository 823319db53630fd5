"""Blockers, refusals and findings are joined to one cause, and parted, with one press."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.blockers.same_cause import same_as
from bot.blockers.service import render_blocker, resolve_blocker
from bot.db.models import Approval, Blocker, ProbeRun
from bot.debrief.rendering import render_summary
from bot.domain.verdict.causes import causes_of
from bot.domain.verdict.same_pairs import same_pairs
from bot.domain.vocabulary import Resolution
from bot.records.queries import record_of
from bot.slack.action_ids import Act
from handlers import approvals
from handlers.blockers import ACTIONS, COMMANDS
from handlers.dispatch import run
from handlers.request import Done, Request, Say
from tests.runtimes import ANA, CHANNEL, CHO, EVE, TEAM, lines_below

FULL = "The GPU cluster is full"
LEAK = "The column churned_at gives the answer away"


@pytest.fixture
def three_records(ctx, runtime, running_sprint):
    run(ctx, COMMANDS["/blocker"], Request(TEAM, ANA, "ana", CHANNEL, "trigger", FULL))
    asked = Request(TEAM, ANA, "ana", CHANNEL, "trigger", "business @cho A pilot in two shops")
    run(ctx, approvals.COMMANDS["/approval"], asked)
    with runtime.uow(TEAM) as uow:
        request = uow.session.scalars(select(Approval)).one()
        request.state, request.decided_by, request.decided_at = "rejected", CHO, uow.now
        request.reason = "The price list of spring is not settled"
        finding = {"code": "leak", "level": "stops", "sentence": LEAK}
        uow.session.add(
            ProbeRun(
                team_id=TEAM,
                sprint_id=running_sprint,
                probe="leak",
                asked_by=ANA,
                asked_at=uow.now,
                finished_at=uow.now,
                result={"findings": [finding]},
            )
        )
    return running_sprint


def press(ctx, act, value, user=ANA):
    request = Request(TEAM, user, "ana", CHANNEL, "trigger", action_id=act, value=value)
    return run(ctx, ACTIONS[act], request)


def groups(runtime, sprint_id):
    with runtime.reading(TEAM) as uow:
        record = record_of(uow, uow.sprint(sprint_id))
        return [{fact.id for fact in cause.records} for cause in causes_of(record)]


def test_a_refusal_and_its_own_blocker_are_not_asked_about(runtime, three_records):
    with runtime.uow(TEAM) as uow:
        sprint = uow.sprint(three_records)
        request = uow.session.scalars(select(Approval)).one()
        blocker = uow.session.scalars(select(Blocker)).one()
        blocker.title = request.reason
        asked = same_as(uow, sprint, blocker)
        assert asked is not None
        assert asked.record == "approval-1"
        blocker.approval_id = request.id
        assert same_as(uow, sprint, blocker) is None


@pytest.mark.parametrize(
    "pair",
    [
        ("blocker-1", "approval-1"),
        ("probe-1-0", "approval-1"),
        ("blocker-1", "probe-1-0"),
    ],
)
def test_records_of_any_sort_are_joined_and_parted(ctx, runtime, three_records, pair):
    value = ":".join([str(three_records), *pair])
    assert not any(set(pair) <= group for group in groups(runtime, three_records))
    assert press(ctx, Act.CAUSE_JOIN, value) == Done()
    assert any(set(pair) <= group for group in groups(runtime, three_records))
    with runtime.reading(TEAM) as uow:
        record = record_of(uow, uow.sprint(three_records))
        joined = [{p.first.id, p.second.id} for p in same_pairs(record) if p.joined]
    assert joined == [set(pair)]
    assert press(ctx, Act.CAUSE_PART, value) == Done()
    assert not any(set(pair) <= group for group in groups(runtime, three_records))


def test_both_threads_tell_of_it_and_the_card_offers_to_part(ctx, runtime, three_records):
    press(ctx, Act.CAUSE_JOIN, f"{three_records}:blocker-1:approval-1")
    below = lines_below(runtime, f"sprint:{three_records}:approval:1")
    assert any("blocker 1 are the same cause" in line for line in below)
    with runtime.reading(TEAM) as uow:
        sprint = uow.sprint(three_records)
        blocker = uow.session.scalars(select(Blocker)).one()
        shown = str(render_blocker(uow, sprint, {"blocker": blocker.id}))
    assert "Counts as one with request 1" in shown
    assert Act.CAUSE_PART in shown


def test_the_debrief_itself_asks_whether_two_blockers_are_one_and_one_press_answers(
    ctx, runtime, running_sprint
):
    for title in (
        "GPU quota is refused by the platform team",
        "platform: quota of the GPU cluster",
    ):
        run(ctx, COMMANDS["/blocker"], Request(TEAM, ANA, "ana", CHANNEL, "trigger", title))
    with runtime.uow(TEAM) as uow:
        uow.sprint(running_sprint).status = "debrief"

    def debrief():
        with runtime.reading(TEAM) as uow:
            return str(render_summary(uow, uow.sprint(running_sprint), {}))

    pair = f"{running_sprint}:blocker-1:blocker-2"
    assert pair in debrief()
    was_joined = any(len(group) > 1 for group in groups(runtime, running_sprint))
    press(ctx, Act.CAUSE_PART if was_joined else Act.CAUSE_JOIN, pair)
    assert any(len(group) > 1 for group in groups(runtime, running_sprint)) is not was_joined
    with runtime.uow(TEAM) as uow:
        uow.sprint(running_sprint).status = "closed"
    assert pair not in debrief()


@pytest.mark.parametrize(
    "pair",
    ["blocker-1:blocker-1", "blocker-1:approval-9", "blocker-1:rollback-1", "blocker-x:", "1"],
)
def test_what_is_no_pair_of_the_sprint_is_refused(ctx, three_records, pair):
    assert isinstance(press(ctx, Act.CAUSE_JOIN, f"{three_records}:{pair}"), Say)


def test_a_stranger_joins_nothing(ctx, runtime, three_records):
    assert isinstance(
        press(ctx, Act.CAUSE_JOIN, f"{three_records}:blocker-1:approval-1", user=EVE), Say
    )
    assert not any(len(group) > 1 for group in groups(runtime, three_records))


def test_resolving_one_resolves_the_blocker_that_was_called_the_same(ctx, runtime, running_sprint):
    for title in (FULL, "Nobody can train anything"):
        run(ctx, COMMANDS["/blocker"], Request(TEAM, ANA, "ana", CHANNEL, "trigger", title))
    press(ctx, Act.CAUSE_JOIN, f"{running_sprint}:blocker-1:blocker-2")
    with runtime.uow(TEAM) as uow:
        first, _ = uow.session.scalars(select(Blocker).order_by(Blocker.number))
        assert resolve_blocker(uow, ANA, first.id, Resolution.FIXED)[1]
    with runtime.reading(TEAM) as uow:
        states = {row.state for row in uow.session.scalars(select(Blocker))}
    assert states == {"fixed"}
    assert groups(runtime, running_sprint) == []
