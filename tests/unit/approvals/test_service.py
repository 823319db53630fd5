from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import yaml
from sqlalchemy import select

from bot.approvals.escalation import pass_on
from bot.approvals.forms import ApprovalForm, read_hours
from bot.approvals.service import (
    ask_about_approval,
    decide_approval,
    expire_approval,
    hand_over_approval,
    remind_approver,
    reopen_approval,
    request_approval,
    take_over_approval,
    withdraw_approval,
)
from bot.blockers.forms import BlockerForm
from bot.blockers.service import log_blocker, resolve_blocker
from bot.db.models import Approval, Blocker, Person, Timer
from bot.domain.errors import FormError, InputError
from bot.domain.story import parse_story
from bot.domain.vocabulary import Decision, Kind, Resolution, Subject
from bot.records.queries import record_of
from bot.slack.action_ids import Act
from bot.timers.dispatcher import run_due
from tests.runtimes import (
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
from tests.stage import words_of


def ask(runtime, sprint_id, actor=ANA, **fields):
    defaults = {
        "subject": Subject.SECURITY,
        "approver": CHO,
        "what": "One call to our service for 1 % of visitors",
    }
    with runtime.uow(TEAM) as uow:
        form = ApprovalForm(sprint_id=sprint_id, **(defaults | fields))
        return request_approval(uow, actor, form)


def do(runtime, change, approval, actor, *args):
    with runtime.uow(TEAM) as uow:
        return change(uow, actor, approval.id, *args)


def fire(runtime, change, name, number=1):
    with runtime.uow(TEAM) as uow:
        key = f"approval:{number}:{name}"
        change(uow, uow.session.scalars(select(Timer).where(Timer.key == key)).one())


def waiting_timers(runtime):
    with runtime.reading(TEAM) as uow:
        timers = uow.session.scalars(
            select(Timer).where(Timer.key.startswith("approval:"), Timer.state == "waiting")
        )
        return {timer.key: (timer.due_at - HOUR_0) / timedelta(hours=1) for timer in timers}


def blockers(runtime):
    with runtime.reading(TEAM) as uow:
        return list(uow.session.scalars(select(Blocker).order_by(Blocker.number)))


DECIDING = [Act.APPROVAL_APPROVE, Act.APPROVAL_REJECT, Act.APPROVAL_ASK, Act.APPROVAL_HAND_OVER]


def test_a_request_shows_the_same_card_in_the_channel_and_to_the_approver(runtime, running_sprint):
    approval = ask(runtime, running_sprint)
    key = f"sprint:{running_sprint}:approval:1"
    public, direct = card(runtime, key), card(runtime, f"{key}:dm:{CHO}")
    assert buttons(public) == [*DECIDING, Act.APPROVAL_WITHDRAW]
    assert buttons(direct) == DECIDING
    assert public["blocks"][:3] == direct["blocks"][:3]
    assert approval.deadline == HOUR_0 + timedelta(hours=12)
    assert [item.queue for item in outbox(runtime, f"{key}:dm:")] == [f"dm:{CHO}"]
    assert outbox(runtime, f"sprint:{running_sprint}:invite:{CHO}")


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
    runtime, running_sprint, deadline, due
):
    ask(runtime, running_sprint, deadline=deadline)
    assert waiting_timers(runtime) == {f"approval:1:{name}": at for name, at in due.items()}


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
def test_what_cannot_be_taken_is_refused_at_its_field(runtime, running_sprint, fields, at):
    with pytest.raises(FormError) as refused:
        ask(runtime, running_sprint, **fields)
    assert list(refused.value.errors) == [at]
    assert outbox(runtime, "sprint:") == []


@pytest.mark.parametrize("trait", ["is_bot", "is_deleted"])
def test_bots_and_people_who_left_cannot_be_asked(runtime, running_sprint, trait):
    with runtime.uow(TEAM) as uow:
        person = uow.session.scalars(select(Person).where(Person.user_id == CHO)).one()
        setattr(person, trait, True)
    with pytest.raises(FormError, match="Cho Kim"):
        ask(runtime, running_sprint)


def test_the_same_person_is_not_asked_twice_for_the_same_subject(runtime, running_sprint):
    ask(runtime, running_sprint)
    with pytest.raises(FormError, match="request 1"):
        ask(runtime, running_sprint, actor=BEN)
    assert ask(runtime, running_sprint, subject=Subject.PRIVACY).number == 2


@pytest.mark.parametrize("status", ["planned", "closed"])
def test_outside_of_a_sprint_nobody_is_asked(runtime, status):
    sprint_id = add_sprint(runtime, status=status)
    with pytest.raises(InputError):
        ask(runtime, sprint_id)


def test_a_guest_outside_the_team_cannot_ask(runtime, running_sprint):
    with pytest.raises(InputError):
        ask(runtime, running_sprint, actor=GUS)


def test_both_cards_show_a_decision_and_the_requester_is_called(runtime, running_sprint):
    approval = ask(runtime, running_sprint)
    advance(runtime, 3)
    decided, counts = do(runtime, decide_approval, approval, CHO, Decision.APPROVED)
    key = f"sprint:{running_sprint}:approval:1"
    assert (counts, decided.state, decided.decided_by) == (True, "approved", CHO)
    assert waiting_timers(runtime) == {}
    for name, left in ((key, []), (f"{key}:dm:{CHO}", [Act.APPROVAL_REOPEN])):
        shown = card(runtime, name)
        assert buttons(shown) == left
        assert "*Approved* by Cho Kim" in str(shown)
    assert lines_below(runtime, key) == ["✅ Cho Kim approved it after 3 h. <@U1>, you can go on."]
    assert outbox(runtime, f"{key}:line:")[0].priority == 20


@pytest.mark.parametrize("actor", [ANA, BEN, DEE, EVE])
def test_nobody_but_the_named_approver_decides(runtime, running_sprint, actor):
    approval = ask(runtime, running_sprint)
    with pytest.raises(InputError, match="is with Cho Kim now"):
        do(runtime, decide_approval, approval, actor, Decision.APPROVED)


def test_a_rejection_needs_a_reason_and_offers_to_log_a_blocker(runtime, running_sprint):
    approval = ask(runtime, running_sprint)
    with pytest.raises(FormError):
        do(runtime, decide_approval, approval, CHO, Decision.REJECTED, " ")
    do(runtime, decide_approval, approval, CHO, Decision.REJECTED, "No <!channel> test yet")
    shown = card(runtime, f"sprint:{running_sprint}:approval:1")
    assert buttons(shown) == [Act.BLOCKER_OPEN_FORM]
    assert "No &lt;!channel&gt; test yet" in str(shown)
    assert blockers(runtime) == []


def test_of_two_decisions_at_once_one_counts_and_the_other_is_told(runtime, running_sprint):
    approval = ask(runtime, running_sprint)
    outcomes = []
    together = threading.Barrier(2)

    def press(decision):
        together.wait()
        outcomes.append(do(runtime, decide_approval, approval, CHO, decision, "Not like this"))

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
    assert len([e for e in trail(runtime, "approval") if e.action != "requested"]) == 1


def test_a_question_goes_into_the_thread_and_calls_the_requester(runtime, running_sprint):
    approval = ask(runtime, running_sprint)
    do(runtime, ask_about_approval, approval, CHO, "Which data leaves the house?")
    key = f"sprint:{running_sprint}:approval:1"
    assert lines_below(runtime, key) == ["❓ <@U1>, Cho Kim asks: “Which data leaves the house?”"]
    assert "Which data leaves" in str(card(runtime, key))
    with pytest.raises(InputError):
        do(runtime, ask_about_approval, approval, BEN, "May I ask as well?")
    do(runtime, hand_over_approval, approval, CHO, EVE)
    assert "Which data leaves" not in str(card(runtime, key)), "Eve has not asked it"


def test_handing_over_moves_the_card_and_the_right_to_decide(runtime, running_sprint):
    approval = ask(runtime, running_sprint)
    for actor in (BEN, ANA):
        with pytest.raises(InputError):
            do(runtime, hand_over_approval, approval, actor, EVE)
    do(runtime, hand_over_approval, approval, CHO, EVE)
    key = f"sprint:{running_sprint}:approval:1"
    assert buttons(card(runtime, f"{key}:dm:{CHO}")) == []
    assert "handed over to Eve" in str(card(runtime, f"{key}:dm:{CHO}"))
    assert buttons(card(runtime, f"{key}:dm:{EVE}")) == DECIDING
    with pytest.raises(InputError):
        do(runtime, decide_approval, approval, CHO, Decision.APPROVED)
    assert do(runtime, decide_approval, approval, EVE, Decision.APPROVED)[1]
    assert "handed over to Eve" in str(card(runtime, f"{key}:dm:{CHO}"))


def test_a_request_that_comes_back_is_said_to_who_has_it_again(runtime, running_sprint):
    approval = ask(runtime, running_sprint)
    do(runtime, hand_over_approval, approval, CHO, EVE)
    do(runtime, hand_over_approval, approval, EVE, CHO)
    direct = f"sprint:{running_sprint}:approval:1:dm:{CHO}"
    assert buttons(card(runtime, direct)) == DECIDING
    assert lines_below(runtime, direct) == ["It is with you again, by Eve."]


@pytest.mark.parametrize("to", [ANA, CHO, None])
def test_it_is_not_handed_to_the_requester_nor_to_who_has_it(runtime, running_sprint, to):
    approval = ask(runtime, running_sprint)
    with pytest.raises(FormError):
        do(runtime, hand_over_approval, approval, CHO, to)


@pytest.mark.parametrize("actor", [BEN, ANA])
def test_the_requester_or_the_lead_withdraws(runtime, running_sprint, actor):
    approval = ask(runtime, running_sprint, actor=BEN)
    assert do(runtime, withdraw_approval, approval, actor)[1]
    assert do(runtime, decide_approval, approval, CHO, Decision.APPROVED)[1] is False
    with runtime.reading(TEAM) as uow:
        assert record_of(uow, uow.sprint(running_sprint)).approvals == ()


def test_others_cannot_withdraw(runtime, running_sprint):
    approval = ask(runtime, running_sprint)
    with pytest.raises(InputError):
        do(runtime, withdraw_approval, approval, BEN)


def test_the_approver_is_reminded_in_person_with_the_time_left(runtime, running_sprint):
    ask(runtime, running_sprint)
    advance(runtime, 6)
    key = f"sprint:{running_sprint}:approval:1"
    run_due(runtime)
    [told] = outbox(runtime, f"reminders:{CHO}:")
    assert told.queue == f"dm:{CHO}"
    assert "6 h left" in told.body["text"]
    assert buttons(told.body) == [Act.APPROVAL_APPROVE, Act.APPROVAL_REJECT, Act.APPROVAL_HAND_OVER]
    [line] = lines_below(runtime, key)
    assert line.startswith("⏰ Cho Kim has 6 h left to decide, until <!date^")


def test_after_an_outage_one_reminder_comes_and_none_after_a_decision(runtime, running_sprint):
    approval = ask(runtime, running_sprint)
    advance(runtime, 11.5)
    fire(runtime, remind_approver, "half")
    fire(runtime, remind_approver, "before_1")
    assert len(lines_below(runtime, f"sprint:{running_sprint}:approval:1")) == 1
    do(runtime, decide_approval, approval, CHO, Decision.APPROVED)
    fire(runtime, remind_approver, "before_1")
    assert len(lines_below(runtime, f"sprint:{running_sprint}:approval:1")) == 2


def test_silence_expires_and_becomes_an_organizational_blocker(runtime, running_sprint):
    approval = ask(runtime, running_sprint)
    advance(runtime, 12.01)
    fire(runtime, expire_approval, "deadline")
    fire(runtime, expire_approval, "deadline")
    [blocker] = blockers(runtime)
    assert (blocker.kind, blocker.severity, blocker.remedy) == (
        "approval_process",
        "stops",
        "governance",
    )
    assert blocker.title == "No answer on security by hour 12"
    assert (blocker.approval_id, blocker.raised_at) == (approval.id, approval.deadline)
    shown = words_of(card(runtime, f"sprint:{running_sprint}:blocker:1")["blocks"])
    assert "hour 12 · asked in Data" in shown, "hour 12 lies in the phase after"
    assert "blocker 1" in lines_below(runtime, f"sprint:{running_sprint}:approval:1")[0]
    assert [entry.action for entry in trail(runtime, "approval")] == ["requested", "expired"]


def test_a_decision_after_the_deadline_is_refused_even_before_the_timer_ran(
    runtime, running_sprint
):
    approval = ask(runtime, running_sprint)
    advance(runtime, 12.01)
    found, counts = do(runtime, decide_approval, approval, CHO, Decision.APPROVED)
    assert (counts, found.state) == (False, "expired")
    assert len(blockers(runtime)) == 1


def test_a_timer_that_comes_before_the_deadline_records_no_silence(runtime, running_sprint):
    ask(runtime, running_sprint)
    advance(runtime, 11.9)
    fire(runtime, expire_approval, "deadline")
    assert [entry.action for entry in trail(runtime, "approval")] == ["requested"]
    assert blockers(runtime) == []


def test_an_overdue_request_is_asked_anew_once(runtime):
    approval = ask(runtime, add_sprint(runtime, sponsor_id=DEE))
    advance(runtime, 12.01)
    fire(runtime, expire_approval, "deadline")
    fire(runtime, pass_on, "overdue")
    with pytest.raises(InputError):
        do(runtime, take_over_approval, approval, BEN)
    anew = do(runtime, take_over_approval, approval, DEE)
    assert (anew.approver_id, anew.requested_by, anew.number) == (DEE, ANA, 2)
    do(runtime, withdraw_approval, anew, ANA)
    with pytest.raises(InputError, match="taken over"):
        do(runtime, take_over_approval, approval, DEE)


def test_a_deadline_after_the_last_hour_says_nothing(runtime, running_sprint):
    advance(runtime, 40)
    ask(runtime, running_sprint)
    advance(runtime, 13)
    fire(runtime, expire_approval, "deadline")
    assert blockers(runtime) == []
    with runtime.reading(TEAM) as uow:
        [approval] = record_of(uow, uow.sprint(running_sprint)).approvals
    assert approval.decision is None


def test_a_later_yes_on_the_same_subject_ends_the_silence(runtime, running_sprint):
    ask(runtime, running_sprint)
    advance(runtime, 12.01)
    fire(runtime, expire_approval, "deadline")
    again = ask(runtime, running_sprint, approver=EVE)
    do(runtime, decide_approval, again, EVE, Decision.APPROVED)
    [blocker] = blockers(runtime)
    assert (blocker.state, blocker.resolved_by) == ("fixed", EVE)


STORY = """
story: Churn pilot
use_case: churn
criteria: {valuable: true, not_critical: true, real_data: true}
team: {builder: Ana, data: Ben, approver: Cho Kim, business: Dee}
events:
  - {at: 2, by: Ana, request: data_access, of: Cho Kim, deadline: 7}
"""


def test_live_silence_leaves_the_same_record_as_a_storys(runtime, running_sprint):
    [told] = parse_story(yaml.safe_load(STORY)).record.blockers
    advance(runtime, 2)
    ask(runtime, running_sprint, subject=Subject.DATA_ACCESS, deadline="7")
    advance(runtime, 7.01)
    fire(runtime, expire_approval, "deadline")
    with runtime.reading(TEAM) as uow:
        [lived] = record_of(uow, uow.sprint(running_sprint)).blockers
    same = ("title", "kind", "raised_at", "by", "phase", "severity", "remedy", "family")
    for field in (*same, "waits_for", "owner", "kind_suggested"):
        assert getattr(lived, field) == getattr(told, field), field


@pytest.mark.parametrize(
    ("words", "hours"),
    [("6", 6), ("1,5", 1.5), (" 12 h ", 12), ("3 hours", 3), ("0", None), ("", None)],
)
def test_hours_are_read_as_people_type_them(words, hours):
    assert read_hours(words) == hours


def test_another_workspaces_request_is_not_there(runtime, running_sprint):
    approval = ask(runtime, running_sprint)
    with runtime.uow("T2") as uow, pytest.raises(InputError):
        decide_approval(uow, CHO, approval.id, Decision.APPROVED)
    with runtime.reading(TEAM) as uow:
        assert uow.session.get_one(Approval, approval.id).state == "waiting"


def test_a_stranger_is_met_when_asked(runtime, running_sprint):
    ask(runtime, running_sprint, approver="U77")
    assert outbox(runtime, "person:U77")
    assert "U77" not in NAMES


def test_a_yes_offers_to_resolve_the_blockers_that_waited_for_it(runtime, running_sprint):
    waits = {
        "The scores wait for security": {"waits_for": "Security"},
        "Nobody has looked at it": {"waits_for": "Cho"},
        "One call to our service for 1 % of visitors is not allowed": {},
        "Every package waits for its own security ticket": {"kind": Kind.APPROVAL_PROCESS},
        "The replica is two weeks old": {"waits_for": "data office"},
    }
    with runtime.uow(TEAM) as uow:
        for title, fields in waits.items():
            log_blocker(uow, ANA, BlockerForm(running_sprint, title, **fields))
    approval = ask(runtime, running_sprint)
    do(runtime, decide_approval, approval, CHO, Decision.APPROVED)
    key = outbox(runtime, f"sprint:{running_sprint}:approval:1:line:")[-1].key
    offer = card(runtime, key)
    assert buttons(offer) == [Act.BLOCKER_FIXED, Act.BLOCKER_STILL] * 4
    assert "The replica" not in words_of(offer)
    with runtime.uow(TEAM) as uow:
        resolve_blocker(uow, ANA, 1, Resolution.FIXED)
    assert buttons(card(runtime, key)) == [Act.BLOCKER_FIXED, Act.BLOCKER_STILL] * 3


def test_a_rejection_is_offered_as_a_blocker_until_it_is_one(runtime, running_sprint):
    approval = ask(runtime, running_sprint)
    do(runtime, decide_approval, approval, CHO, Decision.REJECTED, "In 6 weeks")
    with runtime.uow(TEAM) as uow:
        form = BlockerForm(running_sprint, "Security said no", approval_id=approval.id)
        log_blocker(uow, ANA, form)
    rejected = card(runtime, f"sprint:{running_sprint}:approval:1")
    assert Act.BLOCKER_OPEN_FORM not in buttons(rejected)
    assert "Logged as blocker 1." in words_of(rejected)


@pytest.mark.parametrize("decision", [Decision.APPROVED, Decision.REJECTED])
def test_a_decision_made_by_mistake_is_taken_back_until_the_deadline(
    runtime, running_sprint, decision
):
    approval = ask(runtime, running_sprint)
    before = waiting_timers(runtime)
    with pytest.raises(InputError, match="no decision to undo"):
        do(runtime, reopen_approval, approval, CHO)
    do(runtime, decide_approval, approval, CHO, decision, "No test yet")
    key = f"sprint:{running_sprint}:approval:1"
    assert Act.APPROVAL_REOPEN in buttons(card(runtime, f"{key}:dm:{CHO}"))
    assert Act.APPROVAL_REOPEN not in buttons(card(runtime, key))
    with pytest.raises(InputError, match="is with Cho Kim now"):
        do(runtime, reopen_approval, approval, ANA)
    assert do(runtime, reopen_approval, approval, CHO)[1]
    assert Act.APPROVAL_APPROVE in buttons(card(runtime, key))
    assert "took the decision back" in lines_below(runtime, key)[-1]
    assert waiting_timers(runtime) == before
    with runtime.reading(TEAM) as uow:
        (waits,) = record_of(uow, uow.sprint(running_sprint)).approvals
        assert (waits.decision, waits.decided_at, waits.reason) == (None, None, None)
    do(runtime, decide_approval, approval, CHO, decision, "No test yet")
    advance(runtime, 12)
    with pytest.raises(InputError, match="deadline has passed"):
        do(runtime, reopen_approval, approval, CHO)
