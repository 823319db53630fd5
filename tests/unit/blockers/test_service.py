from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.approvals.expiry import let_pass
from bot.approvals.forms import ApprovalForm
from bot.approvals.service import request_approval
from bot.blockers.forms import BlockerForm, HowLong
from bot.blockers.service import (
    answer_how_long,
    edit_blocker,
    log_blocker,
    remind_of_blocker,
    reopen_blocker,
    resolve_blocker,
    still_blocked,
)
from bot.db.models import Approval, Blocker, KindCorrection, ProbeRun, Reminder, Sprint, Timer
from bot.domain.errors import FormError, InputError
from bot.domain.vocabulary import Kind, Remedy, Resolution, Severity, Subject
from bot.reading import MONTH, read_lead_time
from bot.slack.action_ids import Act
from bot.unit_of_work import BOT_ACTOR
from tests.runtimes import (
    ANA,
    BEN,
    EVE,
    GUS,
    HOUR_0,
    TEAM,
    add_sprint,
    advance,
    buttons,
    card,
    lines_below,
    outbox,
    trail,
)

FORM_TITLE = "Read access needs a form signed by two directors"


def log(runtime, sprint_id, actor=ANA, **fields):
    with runtime.uow(TEAM) as uow:
        form = BlockerForm(sprint_id=sprint_id, **({"title": FORM_TITLE} | fields))
        return log_blocker(uow, actor, form)


def add_origins(runtime, sprint_id):
    """A request and a probe run that blockers can come from."""
    with runtime.uow(TEAM) as uow:
        here = {"team_id": TEAM, "sprint_id": sprint_id}
        uow.session.add(
            Approval(
                **here,
                id=4,
                number=1,
                subject="security",
                what="May we?",
                requested_by=ANA,
                approver_id=BEN,
                requested_at=uow.now,
                deadline=uow.now,
            )
        )
        uow.session.add(ProbeRun(**here, id=2, probe="quality", asked_by=ANA, asked_at=uow.now))


def edit(runtime, blocker, actor=ANA, **fields):
    with runtime.uow(TEAM) as uow:
        same = {"title": blocker.title, "kind": Kind(blocker.kind)}
        form = BlockerForm(sprint_id=blocker.sprint_id, **(same | fields))
        return edit_blocker(uow, actor, blocker.id, form)


def resolve(runtime, blocker, actor=ANA, how=Resolution.FIXED):
    with runtime.uow(TEAM) as uow:
        return resolve_blocker(uow, actor, blocker.id, how)


def reopen(runtime, blocker, actor=ANA):
    with runtime.uow(TEAM) as uow:
        return reopen_blocker(uow, actor, blocker.id)


def waiting_ages(runtime):
    with runtime.reading(TEAM) as uow:
        timers = uow.session.scalars(
            select(Timer).where(Timer.kind == "blocker_age", Timer.state == "waiting")
        )
        return sorted((timer.due_at - HOUR_0) / timedelta(hours=1) for timer in timers)


def remind(runtime, hours):
    """Run the reminder whose age is `hours`."""
    with runtime.uow(TEAM) as uow:
        key = f"blocker:1:age:{hours}"
        remind_of_blocker(uow, uow.session.scalars(select(Timer).where(Timer.key == key)).one())


def test_a_sentence_alone_is_logged_with_the_kind_its_words_suggest(runtime, running_sprint):
    advance(runtime, 1.5)
    blocker = log(runtime, running_sprint)
    assert (blocker.number, blocker.kind, blocker.kind_was_suggested) == (
        1,
        "approval_process",
        True,
    )
    assert (blocker.phase, blocker.severity, blocker.state) == ("data", "stops", "open")
    shown = card(runtime, f"sprint:{running_sprint}:blocker:1")
    assert "Tagged *Approval process*" in str(shown["blocks"])
    assert "hour 1 ·" in str(shown["blocks"])


@pytest.mark.parametrize(
    ("hours", "phase"), [(0, "data"), (8, "model"), (16.2, "integration"), (47.9, "deployment")]
)
def test_a_blocker_belongs_to_the_phase_that_runs_when_it_is_logged(
    runtime, running_sprint, hours, phase
):
    advance(runtime, hours)
    assert log(runtime, running_sprint).phase == phase


def test_words_that_say_nothing_get_the_kind_of_the_phase(runtime, running_sprint):
    advance(runtime, 17)
    assert log(runtime, running_sprint, title="没有数据库权限").kind == "integration"


@pytest.mark.parametrize("title", ["", "  ", "??", "\u202e\x00", "🙈🙈🙈🙈"])
def test_a_title_without_words_is_refused_at_its_field(runtime, running_sprint, title):
    with pytest.raises(FormError) as refused:
        log(runtime, running_sprint, title=title)
    assert "title" in refused.value.errors


def test_a_title_that_is_too_long_is_refused_with_its_length(runtime, running_sprint):
    with pytest.raises(FormError, match="301"):
        log(runtime, running_sprint, title="x" * 301)
    assert log(runtime, running_sprint, title="没有数据库权限").number == 1


@pytest.mark.parametrize(
    ("status", "says"),
    [("planned", "/sprint start"), ("closed", "over"), ("cancelled", "was cancelled")],
)
def test_outside_of_a_sprint_nothing_is_logged_and_the_next_step_is_named(runtime, status, says):
    sprint_id = add_sprint(runtime, status=status)
    with pytest.raises(InputError, match=says):
        log(runtime, sprint_id)
    assert outbox(runtime, "sprint:") == []


def test_during_the_debrief_blockers_are_still_logged(runtime):
    assert log(runtime, add_sprint(runtime, status="debrief")).number == 1


def test_a_colleague_may_log_and_a_guest_from_outside_the_team_may_not(runtime, running_sprint):
    assert log(runtime, running_sprint, actor=EVE).raised_by == EVE
    with pytest.raises(InputError):
        log(runtime, running_sprint, actor=GUS)


@pytest.mark.parametrize(
    "origin",
    [
        {"permalink": "https://example.test/p1"},
        {"approval_id": 4},
        {"probe_run_id": 2, "finding_code": "null_share"},
    ],
)
def test_the_same_message_request_or_finding_becomes_one_blocker(runtime, running_sprint, origin):
    add_origins(runtime, running_sprint)
    log(runtime, running_sprint, **origin)
    with pytest.raises(InputError, match="blocker 1"):
        log(runtime, running_sprint, actor=BEN, **origin)


def test_two_findings_of_one_probe_run_become_two_blockers(runtime, running_sprint):
    add_origins(runtime, running_sprint)
    log(runtime, running_sprint, probe_run_id=2, finding_code="null_share")
    assert log(runtime, running_sprint, probe_run_id=2, finding_code="stale").number == 2


def test_a_kind_against_the_suggestion_is_kept_to_learn_from(runtime, running_sprint):
    log(runtime, running_sprint, kind=Kind.DATA_ACCESS)
    log(runtime, running_sprint, title="The notebook has no memory", kind=Kind.INFRASTRUCTURE)
    with runtime.reading(TEAM) as uow:
        kept = [(row.text, row.kind) for row in uow.session.scalars(select(KindCorrection))]
    assert kept == [(FORM_TITLE, "data_access")]


def test_what_a_person_corrected_is_suggested_the_next_time(runtime, running_sprint):
    log(runtime, running_sprint, kind=Kind.DATA_ACCESS)
    assert log(runtime, running_sprint).kind == "data_access"


def test_an_owner_by_anothers_hand_is_called_in_the_thread(runtime, running_sprint):
    log(runtime, running_sprint, owner=BEN)
    assert lines_below(runtime, f"sprint:{running_sprint}:blocker:1") == [
        "<@U2>, Ana made this yours."
    ]
    log(runtime, running_sprint, owner=ANA)
    assert lines_below(runtime, f"sprint:{running_sprint}:blocker:2") == []


def test_in_quiet_hours_an_owner_is_named_and_not_pinged(runtime):
    sprint_id = add_sprint(runtime, quiet_from="08:00", quiet_until="10:00")
    log(runtime, sprint_id, owner=BEN)
    assert lines_below(runtime, f"sprint:{sprint_id}:blocker:1") == ["Ben, Ana made this yours."]


def test_a_lead_time_nobody_can_read_is_kept_and_hinted_at(runtime, running_sprint):
    key = f"sprint:{running_sprint}:blocker:"
    log(runtime, running_sprint, lead_time="whenever the stars align")
    log(runtime, running_sprint, lead_time="2-6 weeks")
    assert "no date given" in str(card(runtime, f"{key}1"))
    assert "whenever the stars align" in str(card(runtime, f"{key}1"))
    assert "No time can be read" not in str(card(runtime, f"{key}2"))


def test_what_the_title_says_fills_the_empty_fields(runtime, running_sprint):
    blocker = log(runtime, running_sprint, title="Legal has to sign, usually 2-3 weeks")
    assert (blocker.lead_time, blocker.waits_for) == ("2-3 weeks", "Legal")
    assert Act.BLOCKER_HOW_LONG not in str(card(runtime, f"sprint:{running_sprint}:blocker:1"))


def test_a_field_that_was_typed_is_not_replaced_by_the_title(runtime, running_sprint):
    blocker = log(runtime, running_sprint, title="Legal needs 2 weeks", lead_time="3 months")
    assert blocker.lead_time == "3 months"


def test_a_field_that_was_emptied_stays_empty_when_the_title_changes(runtime, running_sprint):
    blocker = log(runtime, running_sprint, title="Legal needs 2 weeks")
    with runtime.uow(TEAM) as uow:
        form = BlockerForm(sprint_id=running_sprint, title="Legal needs 2 weeks, they say")
        edited = edit_blocker(uow, ANA, blocker.id, form)
        assert not edited.lead_time


@pytest.mark.parametrize(
    ("said", "answer", "kept", "low"),
    [
        (None, HowLong.WEEKS, "weeks", 14),
        ("after the freeze", HowLong.MONTHS, "after the freeze, months", 2 * MONTH),
        ("after the freeze", HowLong.NOBODY, "after the freeze, nobody knows how long", None),
    ],
)
def test_a_time_without_a_date_is_asked_about_once(
    runtime, running_sprint, said, answer, kept, low
):
    blocker = log(runtime, running_sprint, **({"lead_time": said} if said else {}))
    key = f"sprint:{running_sprint}:blocker:1"
    assert Act.BLOCKER_HOW_LONG in str(card(runtime, key))
    with runtime.uow(TEAM) as uow:
        after, changed = answer_how_long(uow, ANA, blocker.id, answer)
        assert (changed, after.lead_time) == (True, kept)
        assert answer_how_long(uow, ANA, blocker.id, answer)[1] is False
    assert Act.BLOCKER_HOW_LONG not in str(card(runtime, key))
    assert kept in lines_below(runtime, key)[-1]
    bounds = read_lead_time(kept).said
    assert (bounds and bounds[0]) == (low and pytest.approx(low, abs=0.01))


@pytest.mark.parametrize(
    ("how", "says"), [(Resolution.FIXED, "resolved"), (Resolution.WORKED_AROUND, "around")]
)
def test_resolving_updates_the_card_and_says_so_in_the_thread(runtime, running_sprint, how, says):
    blocker = log(runtime, running_sprint)
    advance(runtime, 4)
    _, changed = resolve(runtime, blocker, actor=BEN, how=how)
    key = f"sprint:{running_sprint}:blocker:1"
    assert changed
    assert buttons(card(runtime, key)) == [Act.BLOCKER_REOPEN, Act.BLOCKER_EDIT]
    assert says in lines_below(runtime, key)[0]
    assert "Ben" in lines_below(runtime, key)[0]
    assert "4 h" in lines_below(runtime, key)[0]
    assert waiting_ages(runtime) == []
    assert trail(runtime, "blocker")[-1].facts == {"number": 1, "how": how.value}


def test_a_second_press_changes_nothing_and_learns_who_was_first(runtime, running_sprint):
    blocker = log(runtime, running_sprint)
    resolve(runtime, blocker, actor=BEN)
    advance(runtime, 1)
    found, changed = resolve(runtime, blocker, actor=ANA, how=Resolution.WORKED_AROUND)
    assert not changed
    assert (found.state, found.resolved_by, found.resolved_at) == ("fixed", BEN, HOUR_0)
    assert len(lines_below(runtime, f"sprint:{running_sprint}:blocker:1")) == 1


def test_a_reopened_blocker_blocks_again_and_is_asked_about_again(runtime, running_sprint):
    blocker = log(runtime, running_sprint)
    resolve(runtime, blocker)
    advance(runtime, 10)
    reopened, changed = reopen(runtime, blocker, actor=EVE)
    assert changed
    assert (reopened.state, reopened.resolved_at, reopened.resolved_by) == ("open", None, None)
    assert waiting_ages(runtime) == [13, 18, 26, 34]
    assert reopen(runtime, blocker)[1] is False
    assert [entry.action for entry in trail(runtime, "blocker")] == [
        "logged",
        "resolved",
        "reopened",
    ]


def test_still_blocked_is_said_once_for_a_double_press(runtime, running_sprint):
    blocker = log(runtime, running_sprint)
    noted = []
    for minutes in (0, 1, 20):
        advance(runtime, minutes / 60)
        with runtime.uow(TEAM) as uow:
            noted.append(still_blocked(uow, BEN, blocker.id)[1])
    assert noted == [None, HOUR_0, None]
    assert len(lines_below(runtime, f"sprint:{running_sprint}:blocker:1")) == 2


def test_an_edit_tells_what_changed_and_an_edit_without_change_tells_nothing(
    runtime, running_sprint
):
    blocker = log(runtime, running_sprint)
    edit(runtime, blocker)
    key = f"sprint:{running_sprint}:blocker:1"
    assert lines_below(runtime, key) == []
    edited = edit(
        runtime, blocker, severity=Severity.SLOWS, remedy=Remedy.GOVERNANCE, lead_time="3 days"
    )
    assert (edited.severity, edited.remedy, edited.lead_time) == ("slows", "governance", "3 days")
    [line] = lines_below(runtime, key)
    assert "from “It stops us” to “It slows us”" in line
    assert "how long it takes to “3 days”" in line, "what was empty is not quoted"
    assert "kind" not in line


def test_a_kind_that_somebody_saw_and_kept_counts_as_confirmed(runtime, running_sprint):
    blocker = log(runtime, running_sprint)
    assert edit(runtime, blocker).kind_was_suggested is False


def test_who_has_nothing_to_do_with_a_blocker_cannot_edit_it(runtime, running_sprint):
    blocker = log(runtime, running_sprint)
    with pytest.raises(InputError):
        edit(runtime, blocker, actor=EVE, title="Something else entirely")


def test_after_the_close_the_record_stays_as_it_is(runtime, running_sprint):
    blocker = log(runtime, running_sprint)
    with runtime.uow(TEAM) as uow:
        uow.session.get_one(Sprint, running_sprint).status = "closed"
    with pytest.raises(InputError, match="over"):
        resolve(runtime, blocker)


def test_an_ageing_blocker_is_asked_about_at_the_playbooks_hours(runtime, running_sprint):
    log(runtime, running_sprint, actor=EVE, waits_for="Security")
    assert waiting_ages(runtime) == [3, 8, 16, 24]
    advance(runtime, 3)
    remind(runtime, 3)
    [line] = lines_below(runtime, f"sprint:{running_sprint}:blocker:1")
    assert line == ("⏰ Open for 3 h, waiting for Security. Eve, are you still blocked?")
    assert trail(runtime, "blocker")[-1].actor_id == BOT_ACTOR


def test_the_owner_is_asked_rather_than_who_raised_it(runtime, running_sprint):
    log(runtime, running_sprint, actor=EVE, owner=EVE)
    blocker = log(runtime, running_sprint, actor=EVE, owner=EVE)
    edit(runtime, blocker, owner=BEN)
    with runtime.uow(TEAM) as uow:
        timer = uow.session.scalars(select(Timer).where(Timer.key == "blocker:2:age:3")).one()
        remind_of_blocker(uow, timer)
    assert "Ben" in lines_below(runtime, f"sprint:{running_sprint}:blocker:2")[-1]
    with runtime.reading(TEAM) as uow:
        [reminder] = uow.session.scalars(select(Reminder))
    assert (reminder.user_id, reminder.subject, reminder.subject_id) == (BEN, "blocker", blocker.id)


def test_of_a_silence_who_asked_is_asked_and_not_the_approver(runtime, running_sprint):
    with runtime.uow(TEAM) as uow:
        form = ApprovalForm(running_sprint, Subject.SECURITY, EVE, "A replica of the orders")
        approval = request_approval(uow, BEN, form)
        let_pass(uow, uow.sprint(running_sprint), approval)
    advance(runtime, 3)
    with runtime.uow(TEAM) as uow:
        age = select(Timer).where(Timer.kind == "blocker_age").order_by(Timer.due_at)
        remind_of_blocker(uow, uow.session.scalars(age).first())
    line = lines_below(runtime, f"sprint:{running_sprint}:blocker:1")[-1]
    assert line.endswith("Ben, are you still blocked?")
    with runtime.reading(TEAM) as uow:
        asked = uow.session.scalars(select(Reminder.user_id).where(Reminder.subject == "blocker"))
        assert set(asked) == {BEN}


def test_after_an_outage_one_reminder_asks_and_not_three(runtime, running_sprint):
    log(runtime, running_sprint)
    advance(runtime, 17)
    for hours in (3, 8, 16):
        remind(runtime, hours)
    [line] = lines_below(runtime, f"sprint:{running_sprint}:blocker:1")
    assert "Open for 17 h" in line


def test_a_reminder_for_a_resolved_blocker_says_nothing(runtime, running_sprint):
    blocker = log(runtime, running_sprint)
    resolve(runtime, blocker)
    before = len(lines_below(runtime, f"sprint:{running_sprint}:blocker:1"))
    remind(runtime, 3)
    assert len(lines_below(runtime, f"sprint:{running_sprint}:blocker:1")) == before


def test_another_workspaces_blocker_is_not_there(runtime, running_sprint):
    blocker = log(runtime, running_sprint)
    with runtime.uow("T2") as uow, pytest.raises(InputError):
        resolve_blocker(uow, ANA, blocker.id, Resolution.FIXED)
    with runtime.reading(TEAM) as uow:
        assert uow.session.get_one(Blocker, blocker.id).state == "open"
