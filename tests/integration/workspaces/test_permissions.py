"""Who may do what: the table itself, and every way in asked by everybody."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from sqlalchemy import update

from bot.db.models import Approval
from bot.domain.permissions import ALLOWED, Action, Relation, is_allowed, refusal
from tests.integration.workspaces import two_workspaces
from tests.integration.workspaces.test_tenants import (
    ENTRY_POINTS,
    GATED,
    HELP,
    first_that_gets_through,
    short_run_first,
)

OUT = {Relation.DEACTIVATED, Relation.BOT, Relation.OUTSIDER}
INSIDE = {
    Relation.LEAD,
    Relation.ADMIN,
    Relation.TEAM,
    Relation.APPROVER,
    Relation.STAND_IN,
}
OWN = {Action.DECIDE_APPROVAL, Action.TAKE_OVER_APPROVAL}


# --- the table ------------------------------------------------------------------------------


@pytest.mark.parametrize("action", Action)
def test_every_action_is_decided_for_every_pair_of_relations(action):
    for first, second in itertools.product(Relation, Relation):
        together = {first, second}
        allowed = is_allowed(action, together)
        if (
            together & OUT
            or (Relation.GUEST in together and not together & INSIDE)
            or (action in OWN and Relation.REQUESTER in together)
        ):
            assert not allowed, together
        else:
            assert allowed == any(is_in_table(action, each) for each in together), together


def is_in_table(action, relation):
    return relation in ALLOWED[action]


@pytest.mark.parametrize("action", Action)
def test_a_stranger_with_no_relation_may_do_nothing(action):
    assert not is_allowed(action, set())
    assert refusal(action).endswith((".", "`.", "others."))


# --- every way in ---------------------------------------------------------------------------

EVERYBODY = {
    "lead": two_workspaces.ANA,
    "data": two_workspaces.BEN,
    "approver": two_workspaces.CHO,
    "owner": two_workspaces.DEE,
    "colleague": two_workspaces.EVE,
    "team-guest": two_workspaces.GUS,
    "guest": two_workspaces.SPY,
    "bot": two_workspaces.BOT_USER,
    "deactivated": two_workspaces.FORMER,
    "admin": two_workspaces.BOSS,
    "sponsor": two_workspaces.PATRON,
}
MAY: dict[str, str] = {
    "lead": "lead admin",
    "team": "lead data approver owner admin",
    "members": "lead data approver owner",
    "near": "lead data approver owner admin sponsor",
    "approver": "approver",
    "author": "lead",
    "withdrawer": "lead admin colleague",
    "raiser": "lead data approver owner admin colleague",
    "requester": "lead data admin",
    "stand-in": "lead admin sponsor",
    "everybody": "lead data approver owner admin sponsor colleague",
}
"""Who may, in words; EVE raised the blocker, DEE owns it, BEN made the request, CHO decides it."""
ACTION_OF: dict[str, str] = {
    "/approval list": "everybody",
    "/approval privacy": "everybody",
    "/blocker The": "everybody",
    "/blocker list": "everybody",
    "/probe quality": "team",
    "/sprint audit": "near",
    "/sprint cancel": "lead",
    "/sprint capture": "team",
    "/sprint close": "lead",
    "/sprint deploy": "team",
    "/sprint gate": "team",
    "/sprint links": "near",
    "/sprint list": "everybody",
    "/sprint output": "near",
    "/sprint plan": "everybody",
    "/sprint report": "everybody",
    "/sprint rerun": "team",
    "/sprint rollback": "team",
    "/sprint schedule": "everybody",
    "/sprint status": "everybody",
    "action approval.approve": "approver",
    "action approval.ask": "approver",
    "action approval.hand_over": "approver",
    "action approval.reject": "approver",
    "action approval.withdraw": "requester",
    "action approval.reopen": "approver",
    "action approval.take_over": "stand-in",
    "action pace.pause": "lead",
    "action pace.phase": "lead",
    "action pace.hourly": "lead",
    "action pace.end": "lead",
    "action pace.go_on": "lead",
    "action approval.open_form": "everybody",
    "action blocker.edit": "raiser",
    "action blocker.fixed": "everybody",
    "action blocker.open_form": "everybody",
    "action blocker.reopen": "everybody",
    "action blocker.how_long": "raiser",
    "action blocker.still": "everybody",
    "action blocker.worked_around": "everybody",
    "action blocker.withdraw": "withdrawer",
    "action evidence.access": "raiser",
    "action evidence.link": "raiser",
    "action evidence.unlink": "raiser",
    "view ask_access": "raiser",
    "view link_ticket": "raiser",
    "action capture.log": "author",
    "action cause.join": "raiser",
    "action cause.part": "raiser",
    "action debrief.agree": "team",
    "action debrief.what_if": "everybody",
    "action debrief.what_if_choose": "everybody",
    "action finding.override": "team",
    "action fix.confirm": "near",
    "action fix.rewrite": "near",
    "view finding_override": "team",
    "view acceptance": "team",
    "view fix_rewrite": "near",
    "action debrief.close": "lead",
    "action debrief.correct": "team",
    "action debrief.discuss": "everybody",
    "action debrief.facts": "everybody",
    "action deploy.accept": "everybody",
    "action deploy.advance": "lead",
    "action deploy.ask": "everybody",
    "action deploy.check": "team",
    "action deploy.plan": "near",
    "action deploy.refresh": "everybody",
    "action deploy.rehearse": "team",
    "action deploy.replay": "team",
    "action deploy.roll_back": "team",
    "action deploy.score": "team",
    "action batch.again": "team",
    "action batch.cancel": "team",
    "action deploy.notice": "team",
    "action notice.stop": "team",
    "view score_notice": "team",
    "action deploy.set_up": "team",
    "action deploy.shadow": "team",
    "action deploy.step_back": "team",
    "action expect.open": "members",
    "action finding.to_blocker": "everybody",
    "action form.more": "everybody",
    "action fix.done": "near",
    "action fix.reopen": "near",
    "action fix.check": "near",
    "action fix.decide": "approver",
    "action check.keep": "team",
    "action check.keep_rules": "team",
    "action check.remove": "team",
    "view fix_check": "near",
    "view fix_decide": "approver",
    "view fix_owner": "near",
    "view fix_evidence": "near",
    "view check_keep_rules": "team",
    "action fix.move": "near",
    "action fix.stuck": "near",
    "action gate.answer": "team",
    "action kickoff.open": "team",
    "action debrief.said": "everybody",
    "action link.revoke": "near",
    "action welcome.how": "everybody",
    "action welcome.probe": "team",
    "action outbox.retry": "team",
    "action plan.cancel": "lead",
    "action plan.edit": "team",
    "action plan.open": "everybody",
    "action plan.start": "team",
    "action probe.cancel": "team",
    "action probe.known": "team",
    "action probe.later": "team",
    "action probe.time": "team",
    "action probe.show_all": "everybody",
    "action prompt.answer": "team",
    "action prompt.approval": "team",
    "action prompt.blocked": "team",
    "action prompt.on_track": "team",
    "action prompt.probe": "team",
    "action prompt.undo": "team",
    "action rerun.open": "team",
    "action sprint.cancel": "lead",
    "action sprint.choose": "everybody",
    "shortcut keep_for_debrief": "everybody",
    "shortcut log_as_blocker": "everybody",
    "view approval": "everybody",
    "view ask": "approver",
    "view blocker": "everybody",
    "view withdraw_blocker": "withdrawer",
    "view cancel": "lead",
    "view close": "lead",
    "view correct": "team",
    "view batch_again": "team",
    "view batch_confirm": "team",
    "view batch_order": "team",
    "view batch_replay": "team",
    "view deploy_plan": "near",
    "view deploy_set_up": "team",
    "view deploy_why": "team",
    "view expect": "members",
    "view fix_move": "near",
    "view fix_stuck": "near",
    "view gate_early": "team",
    "view hand_over": "approver",
    "view kickoff": "team",
    "view override": "team",
    "view people": "team",
    "view plan": "everybody",
    "view probe": "team",
    "view prompt_answer": "team",
    "view reject": "approver",
}
"""Every way in and who may; opened and submitted, both. A new one has to be written down here."""


def test_every_way_in_is_in_the_table_and_nothing_else_is():
    elsewhere = {"/sprint edit", "/sprint start", *GATED}
    assert set(ACTION_OF) == set(ENTRY_POINTS) - HELP - elsewhere, set(ENTRY_POINTS) ^ set(
        ACTION_OF
    )


@pytest.mark.parametrize("name", short_run_first(ACTION_OF))
def test_each_way_in_opens_for_those_of_the_table_and_for_nobody_else(fresh, name):
    entry = ENTRY_POINTS[name]
    request = first_that_gets_through(fresh(), entry)
    assert request is not None
    passed = set()
    runtime = fresh()
    watch = two_workspaces.Watch(runtime)
    for who, user_id in EVERYBODY.items():
        outcome = two_workspaces.act(runtime, entry, replace(request, user_id=user_id))
        changed = watch.changed()
        if changed or two_workspaces.shows_something(outcome):
            passed.add(who)
        if changed:
            runtime = fresh()
            watch = two_workspaces.Watch(runtime)
    assert passed == set(MAY[ACTION_OF[name]].split())


# --- guests and requests --------------------------------------------------------------------

DECIDING = ("action approval.approve", "action approval.reject", "view reject", "view hand_over")


@pytest.fixture
def asked_of(fresh):
    """Return a function that opens the workspaces with every request waiting for one person."""

    def opened(user_id):
        runtime = fresh()
        with runtime.uow(two_workspaces.MINE) as uow:
            uow.session.execute(
                update(Approval).where(Approval.state == "waiting").values(approver_id=user_id)
            )
        return runtime

    return opened


def tried(runtime, name, user_id):
    """Try everything that a way in takes, as one person; tell whether anything came of it."""
    watch = two_workspaces.Watch(runtime)
    for request in ENTRY_POINTS[name].requests(runtime.playbook):
        outcome = two_workspaces.act(runtime, ENTRY_POINTS[name], replace(request, user_id=user_id))
        if watch.changed() or two_workspaces.shows_something(outcome):
            return True
    return False


@pytest.mark.parametrize(
    "name", [DECIDING[0], *(pytest.param(each, marks=pytest.mark.slow) for each in DECIDING[1:])]
)
def test_a_guest_who_is_the_named_approver_may_decide_and_no_other_guest(asked_of, name):
    assert tried(asked_of(two_workspaces.SPY), name, two_workspaces.SPY)
    assert not tried(asked_of(two_workspaces.SPY), name, two_workspaces.GUS)


@pytest.mark.parametrize("name", sorted(set(ENTRY_POINTS) - HELP))
@pytest.mark.slow
@pytest.mark.parametrize(
    "outsider", [two_workspaces.SPY, two_workspaces.FORMER, two_workspaces.BOT_USER]
)
def test_an_outsider_gets_nothing_out_of_any_request_whatever_has_become_of_it(
    fresh, outsider, name
):
    assert not tried(fresh(), name, outsider)


@pytest.mark.parametrize("gone", [two_workspaces.FORMER, two_workspaces.BOT_USER])
def test_a_named_approver_who_has_left_or_is_a_bot_decides_nothing(asked_of, gone):
    assert not tried(asked_of(gone), "action approval.approve", gone)
