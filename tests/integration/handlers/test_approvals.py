from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.db.models import Approval, Blocker, Person
from bot.slack.action_ids import Act, ViewId
from bot.sprints.snapshot import moves_between
from handlers import blockers as blocker_handlers
from handlers.approvals import ACTIONS, COMMANDS, VIEWS
from handlers.dispatch import run
from handlers.request import Done, Errors, FormValues, Open, Request, Say
from tests.runtimes import ANA, BEN, CHANNEL, CHO, DEE, EVE, TEAM, add_sprint, advance, lines_below


def type_in(ctx, text, user=ANA, channel=CHANNEL):
    request = Request(TEAM, user, "ana", channel, "trigger", text)
    return run(ctx, COMMANDS["/approval"], request)


def press(ctx, act, value="1", user=CHO, table=ACTIONS):
    request = Request(TEAM, user, "cho", CHANNEL, "trigger", action_id=act, value=value)
    return run(ctx, table[act], request)


def submit(ctx, opened, user=CHO, table=VIEWS, receipt="view:1", **typed):
    values = {
        key: {key: {"selected_option": {"value": value}}}
        if key in ("subject", "sprint", "kind", "severity")
        else {key: {"value": value, "selected_user": value}}
        for key, value in typed.items()
    }
    view = dict(opened.view)
    private = view["private_metadata"]
    request = Request(
        TEAM, user, "cho", form=FormValues(values), private=private, view=view, receipt=receipt
    )
    return run(ctx, table[view["callback_id"]], request)


def requests(runtime):
    with runtime.reading(TEAM) as uow:
        return list(uow.session.scalars(select(Approval).order_by(Approval.id)))


def said(outcome):
    assert isinstance(outcome, Say), outcome
    return str(outcome.content)


def initial(view, block_id):
    [block] = [each for each in view["blocks"] if each["block_id"] == block_id]
    element = block["element"]
    chosen = element.get("initial_option", {}).get("value")
    return element.get("initial_value") or chosen or element.get("initial_user")


@pytest.mark.parametrize(
    ("typed", "subject", "approver", "what"),
    [
        ("security <@U3|cho> one call &amp; no more", "security", CHO, "one call & no more"),
        ("Security: @Cho Kim one call", "security", CHO, "one call"),
        ("data access @cho read the replica", "data_access", CHO, "read the replica"),
        ("data-access <@U4> read the replica", "data_access", DEE, "read the replica"),
        ("going live @dee, one percent", "production", DEE, "one percent"),
        ("<@U3> privacy names for one week", "privacy", CHO, "names for one week"),
        ("change request @eve one endpoint", "change", EVE, "request one endpoint"),
    ],
)
def test_a_line_asks_at_once(ctx, runtime, running_sprint, typed, subject, approver, what):
    assert type_in(ctx, typed) == Done()
    [asked] = requests(runtime)
    assert (asked.subject, asked.approver_id, asked.what) == (subject, approver, what)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("", {}),
        ("security", {"subject": "security"}),
        ("security @cho", {"subject": "security", "approver": CHO}),
        ("security one call", {"subject": "security", "what": "one call"}),
    ],
)
def test_what_a_line_leaves_out_the_form_asks(ctx, running_sprint, typed, shown):
    opened = type_in(ctx, typed)
    assert isinstance(opened, Open)
    for block_id in ("subject", "approver", "what"):
        assert initial(opened.view, block_id) == shown.get(block_id)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("securty @cho one call", "/approval security"),
        ("weather @cho sun", "Unknown approval type"),
        ("security @nobody one call", "nobody called"),
        ("security <@U1> one call", "Nobody decides their own request"),
    ],
)
def test_what_cannot_be_meant_is_answered_with_a_next_step(
    ctx, runtime, running_sprint, typed, says
):
    assert says in said(type_in(ctx, typed))
    assert requests(runtime) == []


def test_a_name_that_two_people_bear_is_not_guessed(ctx, runtime, running_sprint):
    with runtime.uow(TEAM) as uow:
        uow.session.add(Person(team_id=TEAM, user_id="U9", name="Cho Lee"))
    assert "Several people" in said(type_in(ctx, "security @cho one call"))
    type_in(ctx, "security @cho lee one call")
    assert requests(runtime)[0].approver_id == "U9"


def test_the_form_asks_and_refuses_ones_own_request_at_once(ctx, runtime, running_sprint):
    opened = type_in(ctx, "")
    filled = {"subject": "legal", "what": "A letter", "deadline": "4"}
    refused = submit(ctx, opened, user=ANA, approver=ANA, **filled)
    assert isinstance(refused, Errors)
    assert list(refused.errors) == ["approver"]
    assert submit(ctx, opened, user=ANA, approver=CHO, **filled) == Done()
    assert requests(runtime)[0].subject == "legal"


def test_without_a_running_sprint_the_form_does_not_open(ctx, runtime):
    assert isinstance(type_in(ctx, ""), Say)
    add_sprint(runtime, status="closed")
    assert "over" in said(type_in(ctx, "security @cho one call"))


def test_the_list_shows_ones_own_first_and_in_any_channel(ctx, running_sprint):
    assert "No request waits" in said(type_in(ctx, "list"))
    type_in(ctx, "security @cho one call")
    assert "Approvals waiting for you" in said(type_in(ctx, "list", user=CHO, channel="D9"))
    assert "Waiting in" in said(type_in(ctx, "list", user=ANA))


def test_help_names_the_subjects(ctx):
    told = said(type_in(ctx, "help"))
    assert "`data access`" in told
    assert "`going live`" in told


def test_the_whole_way_from_question_to_rejection_to_blocker(ctx, runtime, running_sprint):
    type_in(ctx, "security @cho one call")
    assert isinstance(press(ctx, Act.APPROVAL_REJECT, user=BEN), Say)
    question = press(ctx, Act.APPROVAL_ASK)
    assert isinstance(question, Open)
    assert submit(ctx, question, question="Which data?") == Done()
    form = press(ctx, Act.APPROVAL_REJECT)
    assert isinstance(form, Open)
    assert isinstance(submit(ctx, form, receipt="view:2", reason=""), Errors)
    assert submit(ctx, form, receipt="view:3", reason="Not tested, takes 4 weeks") == Done()
    assert len(lines_below(runtime, f"sprint:{running_sprint}:approval:1")) == 2
    table = blocker_handlers.ACTIONS
    offered = press(ctx, Act.BLOCKER_OPEN_FORM, f"{running_sprint}:1", ANA, table)
    assert isinstance(offered, Open)
    title = initial(offered.view, "title")
    assert "Not tested" in title
    assert initial(offered.view, "lead_time") == "4 weeks"
    views = blocker_handlers.VIEWS
    submit(ctx, offered, ANA, views, "view:4", title=title, kind="auto", severity="stops")
    with runtime.reading(TEAM) as uow:
        assert uow.session.scalars(select(Blocker)).one().approval_id == 1
    again = press(ctx, Act.BLOCKER_OPEN_FORM, f"{running_sprint}:1", BEN, table)
    assert "blocker 1" in said(again)


def test_a_decision_that_was_taken_back_is_no_move(ctx, runtime, running_sprint):
    type_in(ctx, "security <@U3> one call")
    since = runtime.clock.now()
    for act, decided in ((Act.APPROVAL_APPROVE, 1), (Act.APPROVAL_REOPEN, 0)):
        press(ctx, act)
        with runtime.reading(TEAM) as uow:
            moves = moves_between(uow, uow.sprint(running_sprint), since, uow.now)
        assert [action for _, action, _ in moves].count("approved") == decided
    press(ctx, Act.APPROVAL_APPROVE)
    with runtime.reading(TEAM) as uow:
        moves = moves_between(uow, uow.sprint(running_sprint), since, uow.now)
    assert "approved" in {action for _, action, _ in moves}


def test_a_form_that_was_open_while_it_was_decided_is_told(ctx, running_sprint):
    type_in(ctx, "security @cho one call")
    form = press(ctx, Act.APPROVAL_REJECT)
    assert press(ctx, Act.APPROVAL_APPROVE) == Done()
    assert "Cho Kim approved request 1" in said(submit(ctx, form, reason="Too late"))
    assert "Cho Kim approved request 1" in said(press(ctx, Act.APPROVAL_WITHDRAW, user=ANA))


def test_handing_over_by_form(ctx, runtime, running_sprint):
    type_in(ctx, "security @cho one call")
    form = press(ctx, Act.APPROVAL_HAND_OVER)
    refused = submit(ctx, form, approver=ANA)
    assert isinstance(refused, Errors)
    assert list(refused.errors) == ["approver"]
    assert submit(ctx, form, receipt="view:2", approver=EVE) == Done()
    assert requests(runtime)[0].approver_id == EVE


def test_a_press_after_the_deadline_is_told_and_the_silence_is_kept(ctx, runtime, running_sprint):
    type_in(ctx, "security @cho one call")
    advance(runtime, 12.1)
    assert "expired" in said(press(ctx, Act.APPROVAL_APPROVE))
    assert requests(runtime)[0].state == "expired"


@pytest.mark.parametrize("value", ["", "x", "99", "9" * 30])
@pytest.mark.parametrize("act", [act for act in ACTIONS if act != Act.APPROVAL_OPEN_FORM])
def test_a_button_of_another_time_is_answered(ctx, running_sprint, act, value):
    assert isinstance(press(ctx, act, value), Say)


def test_every_view_of_approvals_is_in_the_table():
    assert set(VIEWS) == {ViewId.APPROVAL, ViewId.REJECT, ViewId.ASK, ViewId.HAND_OVER}
