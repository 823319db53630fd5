from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import yaml
from sqlalchemy import select

from bot.slack.ids import Act
from bot.sprint.errors import AlreadyDone, FormError, InputError
from bot.sprint.story import parse_story
from bot.sprint.vocabulary import Decision, Subject
from bot.store.models import Approval, Blocker, Person, Timer
from bot.usecases.approval_form import ApprovalForm, read_hours
from bot.usecases.approvals import (
    ask_about_approval,
    decide_approval,
    expire_approval,
    hand_over_approval,
    remind_approver,
    request_approval,
    withdraw_approval,
)
from bot.usecases.record import record_of
from tests.houses import (
    ANA,
    BEN,
    CHO,
    DEE,
    EVE,
    GUS,
    HOUR_0,
    NAMES,
    TEAM,
    add_sprint,
    advance,
    buttons,
    card,
    lines_below,
    outbox,
    trail,
)


def ask(house, sprint_id, actor=ANA, receipt=None, **fields):
    defaults = {
        "subject": Subject.SECURITY,
        "approver": CHO,
        "what": "One call to our service for 1 % of visitors",
    }
    with house.unit(TEAM) as unit:
        form = ApprovalForm(sprint_id=sprint_id, **(defaults | fields))
        return request_approval(unit, actor, form, receipt=receipt)


def do(house, change, approval, actor, *args):
    with house.unit(TEAM) as unit:
        return change(unit, actor, approval.id, *args)


def fire(house, change, name, number=1):
    with house.unit(TEAM) as unit:
        key = f"approval:{number}:{name}"
        change(unit, unit.session.scalars(select(Timer).where(Timer.key == key)).one())


def waiting_timers(house):
    with house.reading(TEAM) as unit:
        timers = unit.session.scalars(
            select(Timer).where(Timer.key.startswith("approval:"), Timer.state == "waiting")
        )
        return {timer.key: (timer.due_at - HOUR_0) / timedelta(hours=1) for timer in timers}


def blockers(house):
    with house.reading(TEAM) as unit:
        return list(unit.session.scalars(select(Blocker).order_by(Blocker.number)))


DECIDING = [Act.APPROVAL_APPROVE, Act.APPROVAL_REJECT, Act.APPROVAL_ASK, Act.APPROVAL_HAND_OVER]


def test_a_request_shows_the_same_card_in_the_channel_and_to_the_approver(house, running_sprint):
    approval = ask(house, running_sprint)
    key = f"sprint:{running_sprint}:approval:1"
    public, direct = card(house, key), card(house, f"{key}:dm:{CHO}")
    assert buttons(public) == [*DECIDING, Act.APPROVAL_WITHDRAW]
    assert buttons(direct) == DECIDING
    assert public["blocks"][:3] == direct["blocks"][:3]
    assert approval.deadline == HOUR_0 + timedelta(hours=12)
    assert [item.lane for item in outbox(house, f"{key}:dm:")] == [f"dm:{CHO}"]
    assert outbox(house, f"sprint:{running_sprint}:invite:{CHO}")


@pytest.mark.parametrize(
    ("deadline", "due"),
    [
        ("12", {"half": 6, "before_1": 11, "deadline": 12}),
        ("2", {"half": 1, "deadline": 2}),
        ("0,5", {"half": 0.25, "deadline": 0.5}),
        ("", {"half": 6, "before_1": 11, "deadline": 12}),
    ],
)
def test_reminders_come_at_half_time_and_an_hour_before_if_that_is_later(
    house, running_sprint, deadline, due
):
    ask(house, running_sprint, deadline=deadline)
    assert waiting_timers(house) == {f"approval:1:{name}": at for name, at in due.items()}


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"approver": ANA}, "approver"),
        ({"approver": None}, "approver"),
        ({"what": " "}, "what"),
        ({"what": "x" * 1001}, "what"),
        ({"deadline": "soon"}, "deadline"),
        ({"deadline": "-3"}, "deadline"),
        ({"deadline": "nan"}, "deadline"),
        ({"deadline": "1e9"}, "deadline"),
    ],
)
def test_what_cannot_be_taken_is_refused_at_its_field(house, running_sprint, fields, at):
    with pytest.raises(FormError) as refused:
        ask(house, running_sprint, **fields)
    assert list(refused.value.errors) == [at]
    assert outbox(house, "sprint:") == []


@pytest.mark.parametrize("trait", ["is_bot", "is_deleted"])
def test_bots_and_people_who_left_cannot_be_asked(house, running_sprint, trait):
    with house.unit(TEAM) as unit:
        person = unit.session.scalars(select(Person).where(Person.user_id == CHO)).one()
        setattr(person, trait, True)
    with pytest.raises(FormError, match="Cho Kim"):
        ask(house, running_sprint)


def test_the_same_person_is_not_asked_twice_for_the_same_subject(house, running_sprint):
    ask(house, running_sprint)
    with pytest.raises(FormError, match="request 1"):
        ask(house, running_sprint, actor=BEN)
    assert ask(house, running_sprint, subject=Subject.PRIVACY).number == 2


def test_the_same_delivery_asks_once(house, running_sprint):
    ask(house, running_sprint, receipt="view:1")
    with pytest.raises(AlreadyDone):
        ask(house, running_sprint, receipt="view:1")


@pytest.mark.parametrize("status", ["planned", "closed"])
def test_outside_of_a_sprint_nobody_is_asked(house, status):
    sprint_id = add_sprint(house, status=status)
    with pytest.raises(InputError):
        ask(house, sprint_id)


def test_a_guest_outside_the_team_cannot_ask(house, running_sprint):
    with pytest.raises(InputError):
        ask(house, running_sprint, actor=GUS)


def test_a_decision_stands_on_both_cards_and_calls_the_requester(house, running_sprint):
    approval = ask(house, running_sprint)
    advance(house, 3)
    decided, counts = do(house, decide_approval, approval, CHO, Decision.APPROVED)
    key = f"sprint:{running_sprint}:approval:1"
    assert (counts, decided.state, decided.decided_by) == (True, "approved", CHO)
    assert waiting_timers(house) == {}
    for shown in (card(house, key), card(house, f"{key}:dm:{CHO}")):
        assert buttons(shown) == []
        assert "*Approved* by Cho Kim" in str(shown)
    assert lines_below(house, key) == ["✅ <@U1>, Cho Kim approved it after 3 h."]
    assert outbox(house, f"{key}:line:")[0].priority == 20


@pytest.mark.parametrize("actor", [ANA, BEN, DEE, EVE])
def test_nobody_but_the_named_approver_decides(house, running_sprint, actor):
    approval = ask(house, running_sprint)
    with pytest.raises(InputError, match="named approver"):
        do(house, decide_approval, approval, actor, Decision.APPROVED)


def test_a_rejection_needs_a_reason_and_offers_to_log_a_blocker(house, running_sprint):
    approval = ask(house, running_sprint)
    with pytest.raises(FormError):
        do(house, decide_approval, approval, CHO, Decision.REJECTED, " ")
    do(house, decide_approval, approval, CHO, Decision.REJECTED, "No <!channel> test yet")
    shown = card(house, f"sprint:{running_sprint}:approval:1")
    assert buttons(shown) == [Act.BLOCKER_OPEN_FORM]
    assert "No &lt;!channel&gt; test yet" in str(shown)
    assert blockers(house) == []


def test_of_two_decisions_at_once_one_counts_and_the_other_is_told(house, running_sprint):
    approval = ask(house, running_sprint)
    outcomes = []
    together = threading.Barrier(2)

    def press(decision):
        together.wait()
        outcomes.append(do(house, decide_approval, approval, CHO, decision, "Not like this"))

    pressing = [
        threading.Thread(target=press, args=(decision,))
        for decision in (Decision.APPROVED, Decision.REJECTED)
    ]
    for thread in pressing:
        thread.start()
    for thread in pressing:
        thread.join()
    assert sorted(counts for _, counts in outcomes) == [False, True]
    assert outcomes[0][0].state == outcomes[1][0].state
    assert len([e for e in trail(house, "approval") if e.action != "requested"]) == 1


def test_a_question_goes_into_the_thread_and_calls_the_requester(house, running_sprint):
    approval = ask(house, running_sprint)
    do(house, ask_about_approval, approval, CHO, "Which data leaves the house?")
    key = f"sprint:{running_sprint}:approval:1"
    assert lines_below(house, key) == ["❓ <@U1>, Cho Kim asks: “Which data leaves the house?”"]
    assert "Which data leaves" in str(card(house, key))
    with pytest.raises(InputError):
        do(house, ask_about_approval, approval, BEN, "May I ask as well?")


def test_handing_over_moves_the_card_and_the_right_to_decide(house, running_sprint):
    approval = ask(house, running_sprint)
    do(house, hand_over_approval, approval, CHO, EVE)
    key = f"sprint:{running_sprint}:approval:1"
    assert buttons(card(house, f"{key}:dm:{CHO}")) == []
    assert "handed over to Eve" in str(card(house, f"{key}:dm:{CHO}"))
    assert buttons(card(house, f"{key}:dm:{EVE}")) == DECIDING
    with pytest.raises(InputError):
        do(house, decide_approval, approval, CHO, Decision.APPROVED)
    assert do(house, decide_approval, approval, EVE, Decision.APPROVED)[1]
    assert "handed over to Eve" in str(card(house, f"{key}:dm:{CHO}"))


def test_a_request_that_comes_back_is_said_to_who_has_it_again(house, running_sprint):
    approval = ask(house, running_sprint)
    do(house, hand_over_approval, approval, CHO, EVE)
    do(house, hand_over_approval, approval, EVE, CHO)
    direct = f"sprint:{running_sprint}:approval:1:dm:{CHO}"
    assert buttons(card(house, direct)) == DECIDING
    assert lines_below(house, direct) == ["It is with you again, by Eve."]


@pytest.mark.parametrize("to", [ANA, CHO, None])
def test_it_is_not_handed_to_the_requester_nor_to_who_has_it(house, running_sprint, to):
    approval = ask(house, running_sprint)
    with pytest.raises(FormError):
        do(house, hand_over_approval, approval, CHO, to)


@pytest.mark.parametrize("actor", [BEN, ANA])
def test_the_requester_or_the_lead_withdraws(house, running_sprint, actor):
    approval = ask(house, running_sprint, actor=BEN)
    assert do(house, withdraw_approval, approval, actor)[1]
    assert do(house, decide_approval, approval, CHO, Decision.APPROVED)[1] is False
    with house.reading(TEAM) as unit:
        assert record_of(unit, unit.sprint(running_sprint)).approvals == ()


def test_others_cannot_withdraw(house, running_sprint):
    approval = ask(house, running_sprint)
    with pytest.raises(InputError):
        do(house, withdraw_approval, approval, BEN)


def test_the_approver_is_reminded_in_person_with_the_time_left(house, running_sprint):
    ask(house, running_sprint)
    advance(house, 6)
    fire(house, remind_approver, "half")
    key = f"sprint:{running_sprint}:approval:1"
    assert "6 h left" in card(house, f"{key}:dm:{CHO}:half")["text"]
    assert lines_below(house, key) == ["⏰ Cho Kim was reminded; 6 h left."]


def test_after_an_outage_one_reminder_comes_and_none_after_a_decision(house, running_sprint):
    approval = ask(house, running_sprint)
    advance(house, 11.5)
    fire(house, remind_approver, "half")
    fire(house, remind_approver, "before_1")
    assert len(lines_below(house, f"sprint:{running_sprint}:approval:1")) == 1
    do(house, decide_approval, approval, CHO, Decision.APPROVED)
    fire(house, remind_approver, "before_1")
    assert len(lines_below(house, f"sprint:{running_sprint}:approval:1")) == 2


def test_silence_expires_and_becomes_an_organizational_blocker(house, running_sprint):
    approval = ask(house, running_sprint)
    advance(house, 13)
    fire(house, expire_approval, "deadline")
    fire(house, expire_approval, "deadline")
    [blocker] = blockers(house)
    assert (blocker.kind, blocker.severity, blocker.remedy) == (
        "approval_process",
        "stops",
        "governance",
    )
    assert blocker.title == "No answer on security by hour 12"
    assert (blocker.approval_id, blocker.raised_at) == (approval.id, approval.deadline)
    assert "blocker 1" in lines_below(house, f"sprint:{running_sprint}:approval:1")[0]
    assert [entry.action for entry in trail(house, "approval")] == ["requested", "expired"]


def test_a_decision_after_the_deadline_is_refused_even_before_the_timer_ran(house, running_sprint):
    approval = ask(house, running_sprint)
    advance(house, 12.01)
    found, counts = do(house, decide_approval, approval, CHO, Decision.APPROVED)
    assert (counts, found.state) == (False, "expired")
    assert len(blockers(house)) == 1


def test_a_deadline_after_the_last_hour_says_nothing(house, running_sprint):
    advance(house, 40)
    ask(house, running_sprint)
    advance(house, 13)
    fire(house, expire_approval, "deadline")
    assert blockers(house) == []
    with house.reading(TEAM) as unit:
        [approval] = record_of(unit, unit.sprint(running_sprint)).approvals
    assert approval.decision is None


def test_a_later_yes_on_the_same_subject_ends_the_silence(house, running_sprint):
    ask(house, running_sprint)
    advance(house, 13)
    fire(house, expire_approval, "deadline")
    again = ask(house, running_sprint, approver=EVE)
    do(house, decide_approval, again, EVE, Decision.APPROVED)
    [blocker] = blockers(house)
    assert (blocker.state, blocker.resolved_by) == ("fixed", EVE)


STORY = """
story: Churn pilot
use_case: churn
criteria: {valuable: true, not_critical: true, real_data: true}
team: {builder: Ana, data: Ben, approver: Cho Kim, business: Dee}
events:
  - {at: 2, by: Ana, request: data_access, of: Cho Kim, deadline: 7}
"""


def test_live_silence_leaves_the_same_record_as_a_storys(house, running_sprint):
    [told] = parse_story(yaml.safe_load(STORY)).record.blockers
    advance(house, 2)
    ask(house, running_sprint, subject=Subject.DATA_ACCESS, deadline="7")
    advance(house, 8)
    fire(house, expire_approval, "deadline")
    with house.reading(TEAM) as unit:
        [lived] = record_of(unit, unit.sprint(running_sprint)).blockers
    same = ("title", "kind", "raised_at", "by", "phase", "severity", "remedy", "family")
    for field in (*same, "waits_for", "owner", "kind_suggested"):
        assert getattr(lived, field) == getattr(told, field), field


@pytest.mark.parametrize(
    ("words", "hours"),
    [("6", 6), ("1,5", 1.5), (" 12 h ", 12), ("3 hours", 3), ("0", None), ("", None)],
)
def test_hours_are_read_as_people_type_them(words, hours):
    assert read_hours(words) == hours


def test_another_workspaces_request_is_not_there(house, running_sprint):
    approval = ask(house, running_sprint)
    with house.unit("T2") as unit, pytest.raises(InputError):
        decide_approval(unit, CHO, approval.id, Decision.APPROVED)
    with house.reading(TEAM) as unit:
        assert unit.session.get_one(Approval, approval.id).state == "waiting"


def test_a_stranger_is_met_when_asked(house, running_sprint):
    ask(house, running_sprint, approver="U77")
    assert outbox(house, "person:U77")
    assert "U77" not in NAMES
