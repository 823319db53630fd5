from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.slack.ids import Act
from bot.sprint.errors import AlreadyDone, FormError, InputError
from bot.sprint.vocabulary import Kind, Remedy, Resolution, Severity
from bot.store.models import Approval, Blocker, KindCorrection, ProbeRun, Sprint, Timer
from bot.usecases.blocker_form import BlockerForm
from bot.usecases.blockers import (
    edit_blocker,
    log_blocker,
    remind_of_blocker,
    reopen_blocker,
    resolve_blocker,
    still_blocked,
)
from bot.usecases.house import THE_CLOCK
from tests.houses import (
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


def log(house, sprint_id, actor=ANA, receipt=None, **fields):
    with house.unit(TEAM) as unit:
        form = BlockerForm(sprint_id=sprint_id, **({"title": FORM_TITLE} | fields))
        return log_blocker(unit, actor, form, receipt=receipt)


def add_origins(house, sprint_id):
    """A request and a probe run that blockers can come from."""
    with house.unit(TEAM) as unit:
        here = {"team_id": TEAM, "sprint_id": sprint_id}
        unit.session.add(
            Approval(
                **here,
                id=4,
                number=1,
                subject="security",
                what="May we?",
                requested_by=ANA,
                approver_id=BEN,
                requested_at=unit.now,
                deadline=unit.now,
            )
        )
        unit.session.add(ProbeRun(**here, id=2, probe="quality", asked_by=ANA, asked_at=unit.now))


def edit(house, blocker, actor=ANA, **fields):
    with house.unit(TEAM) as unit:
        same = {"title": blocker.title, "kind": Kind(blocker.kind)}
        form = BlockerForm(sprint_id=blocker.sprint_id, **(same | fields))
        return edit_blocker(unit, actor, blocker.id, form)


def resolve(house, blocker, actor=ANA, how=Resolution.FIXED):
    with house.unit(TEAM) as unit:
        return resolve_blocker(unit, actor, blocker.id, how)


def reopen(house, blocker, actor=ANA):
    with house.unit(TEAM) as unit:
        return reopen_blocker(unit, actor, blocker.id)


def waiting_ages(house):
    with house.reading(TEAM) as unit:
        timers = unit.session.scalars(
            select(Timer).where(Timer.kind == "blocker_age", Timer.state == "waiting")
        )
        return sorted((timer.due_at - HOUR_0) / timedelta(hours=1) for timer in timers)


def remind(house, hours):
    """Run the reminder whose age is `hours`."""
    with house.unit(TEAM) as unit:
        key = f"blocker:1:age:{hours}"
        remind_of_blocker(unit, unit.session.scalars(select(Timer).where(Timer.key == key)).one())


def test_a_sentence_alone_is_logged_with_the_kind_its_words_suggest(house, running_sprint):
    advance(house, 1.5)
    blocker = log(house, running_sprint)
    assert (blocker.number, blocker.kind, blocker.kind_was_suggested) == (
        1,
        "approval_process",
        True,
    )
    assert (blocker.phase, blocker.severity, blocker.state) == ("data", "stops", "open")
    shown = card(house, f"sprint:{running_sprint}:blocker:1")
    assert "Looks like approval process" in str(shown["blocks"])
    assert "hour 1.5" in str(shown["blocks"])


@pytest.mark.parametrize(
    ("hours", "phase"), [(0, "data"), (8, "model"), (16.2, "integration"), (47.9, "deployment")]
)
def test_a_blocker_stands_in_the_phase_that_runs_when_it_is_logged(
    house, running_sprint, hours, phase
):
    advance(house, hours)
    assert log(house, running_sprint).phase == phase


def test_words_that_say_nothing_get_the_kind_of_the_phase(house, running_sprint):
    advance(house, 17)
    assert log(house, running_sprint, title="没有数据库权限").kind == "integration"


@pytest.mark.parametrize("title", ["", "  ", "??", "\u202e\x00", "🙈🙈🙈🙈"])
def test_a_title_without_words_is_refused_at_its_field(house, running_sprint, title):
    with pytest.raises(FormError) as refused:
        log(house, running_sprint, title=title)
    assert "title" in refused.value.errors


def test_a_title_that_is_too_long_is_refused_with_its_length(house, running_sprint):
    with pytest.raises(FormError, match="301"):
        log(house, running_sprint, title="x" * 301)
    assert log(house, running_sprint, title="没有数据库权限").number == 1


@pytest.mark.parametrize(
    ("status", "says"),
    [("planned", "/sprint start"), ("closed", "over"), ("cancelled", "over")],
)
def test_outside_of_a_sprint_nothing_is_logged_and_the_next_step_is_named(house, status, says):
    sprint_id = add_sprint(house, status=status)
    with pytest.raises(InputError, match=says):
        log(house, sprint_id)
    assert outbox(house, "sprint:") == []


def test_during_the_debrief_blockers_are_still_logged(house):
    assert log(house, add_sprint(house, status="debrief")).number == 1


def test_a_colleague_may_log_and_a_guest_from_outside_the_team_may_not(house, running_sprint):
    assert log(house, running_sprint, actor=EVE).raised_by == EVE
    with pytest.raises(InputError):
        log(house, running_sprint, actor=GUS)


def test_the_same_delivery_logs_once(house, running_sprint):
    log(house, running_sprint, receipt="command:1")
    with pytest.raises(AlreadyDone):
        log(house, running_sprint, receipt="command:1")
    assert len(trail(house, "blocker")) == 1


@pytest.mark.parametrize(
    "origin",
    [
        {"permalink": "https://example.test/p1"},
        {"approval_id": 4},
        {"probe_run_id": 2, "finding_code": "null_share"},
    ],
)
def test_the_same_message_request_or_finding_becomes_one_blocker(house, running_sprint, origin):
    add_origins(house, running_sprint)
    log(house, running_sprint, **origin)
    with pytest.raises(InputError, match="blocker 1"):
        log(house, running_sprint, actor=BEN, **origin)


def test_two_findings_of_one_probe_run_become_two_blockers(house, running_sprint):
    add_origins(house, running_sprint)
    log(house, running_sprint, probe_run_id=2, finding_code="null_share")
    assert log(house, running_sprint, probe_run_id=2, finding_code="stale").number == 2


def test_a_kind_against_the_suggestion_is_kept_to_learn_from(house, running_sprint):
    log(house, running_sprint, kind=Kind.DATA_ACCESS)
    log(house, running_sprint, title="The notebook has no memory", kind=Kind.INFRASTRUCTURE)
    with house.reading(TEAM) as unit:
        kept = [(row.text, row.kind) for row in unit.session.scalars(select(KindCorrection))]
    assert kept == [(FORM_TITLE, "data_access")]


def test_what_a_person_corrected_is_suggested_the_next_time(house, running_sprint):
    log(house, running_sprint, kind=Kind.DATA_ACCESS)
    assert log(house, running_sprint).kind == "data_access"


def test_an_owner_by_anothers_hand_is_called_in_the_thread(house, running_sprint):
    log(house, running_sprint, owner=BEN)
    assert lines_below(house, f"sprint:{running_sprint}:blocker:1") == [
        "<@U2>, Ana made this yours."
    ]
    log(house, running_sprint, owner=ANA)
    assert lines_below(house, f"sprint:{running_sprint}:blocker:2") == []


def test_in_quiet_hours_an_owner_is_named_and_not_pinged(house):
    sprint_id = add_sprint(house, quiet_from="08:00", quiet_until="10:00")
    log(house, sprint_id, owner=BEN)
    assert lines_below(house, f"sprint:{sprint_id}:blocker:1") == ["Ben, Ana made this yours."]


def test_a_lead_time_nobody_can_read_is_kept_and_hinted_at(house, running_sprint):
    key = f"sprint:{running_sprint}:blocker:"
    log(house, running_sprint, lead_time="whenever the stars align")
    log(house, running_sprint, lead_time="2-6 weeks")
    assert "No time can be read" in str(card(house, f"{key}1"))
    assert "whenever the stars align" in str(card(house, f"{key}1"))
    assert "No time can be read" not in str(card(house, f"{key}2"))


@pytest.mark.parametrize(
    ("how", "says"), [(Resolution.FIXED, "resolved"), (Resolution.WORKED_AROUND, "around")]
)
def test_resolving_updates_the_card_and_says_so_in_the_thread(house, running_sprint, how, says):
    blocker = log(house, running_sprint)
    advance(house, 4)
    _, changed = resolve(house, blocker, actor=BEN, how=how)
    key = f"sprint:{running_sprint}:blocker:1"
    assert changed
    assert buttons(card(house, key)) == [Act.BLOCKER_REOPEN, Act.BLOCKER_EDIT]
    assert says in lines_below(house, key)[0]
    assert "Ben" in lines_below(house, key)[0]
    assert "4 h" in lines_below(house, key)[0]
    assert waiting_ages(house) == []
    assert trail(house, "blocker")[-1].facts == {"number": 1, "how": how.value}


def test_a_second_press_changes_nothing_and_learns_who_was_first(house, running_sprint):
    blocker = log(house, running_sprint)
    resolve(house, blocker, actor=BEN)
    advance(house, 1)
    found, changed = resolve(house, blocker, actor=ANA, how=Resolution.WORKED_AROUND)
    assert not changed
    assert (found.state, found.resolved_by, found.resolved_at) == ("fixed", BEN, HOUR_0)
    assert len(lines_below(house, f"sprint:{running_sprint}:blocker:1")) == 1


def test_a_reopened_blocker_blocks_again_and_is_asked_about_again(house, running_sprint):
    blocker = log(house, running_sprint)
    resolve(house, blocker)
    advance(house, 10)
    reopened, changed = reopen(house, blocker, actor=EVE)
    assert changed
    assert (reopened.state, reopened.resolved_at, reopened.resolved_by) == ("open", None, None)
    assert waiting_ages(house) == [13, 18, 26, 34]
    assert reopen(house, blocker)[1] is False
    assert [entry.action for entry in trail(house, "blocker")] == [
        "logged",
        "resolved",
        "reopened",
    ]


def test_still_blocked_is_said_once_for_a_double_press(house, running_sprint):
    blocker = log(house, running_sprint)
    noted = []
    for minutes in (0, 1, 20):
        advance(house, minutes / 60)
        with house.unit(TEAM) as unit:
            noted.append(still_blocked(unit, BEN, blocker.id)[1])
    assert noted == [None, HOUR_0, None]
    assert len(lines_below(house, f"sprint:{running_sprint}:blocker:1")) == 2


def test_an_edit_tells_what_changed_and_an_edit_without_change_tells_nothing(house, running_sprint):
    blocker = log(house, running_sprint)
    edit(house, blocker)
    key = f"sprint:{running_sprint}:blocker:1"
    assert lines_below(house, key) == []
    edited = edit(
        house, blocker, severity=Severity.SLOWS, remedy=Remedy.GOVERNANCE, lead_time="3 days"
    )
    assert (edited.severity, edited.remedy, edited.lead_time) == ("slows", "governance", "3 days")
    [line] = lines_below(house, key)
    assert "from “It stops us” to “It slows us”" in line
    assert "to “3 days”" in line
    assert "kind" not in line


def test_a_kind_that_somebody_saw_and_kept_counts_as_confirmed(house, running_sprint):
    blocker = log(house, running_sprint)
    assert edit(house, blocker).kind_was_suggested is False


def test_who_has_nothing_to_do_with_a_blocker_cannot_edit_it(house, running_sprint):
    blocker = log(house, running_sprint)
    with pytest.raises(InputError):
        edit(house, blocker, actor=EVE, title="Something else entirely")


def test_after_the_close_the_record_stays_as_it_is(house, running_sprint):
    blocker = log(house, running_sprint)
    with house.unit(TEAM) as unit:
        unit.session.get_one(Sprint, running_sprint).status = "closed"
    with pytest.raises(InputError, match="over"):
        resolve(house, blocker)


def test_an_ageing_blocker_is_asked_about_at_the_playbooks_hours(house, running_sprint):
    log(house, running_sprint, actor=EVE, waits_for="Security")
    assert waiting_ages(house) == [3, 8, 16, 24]
    advance(house, 3)
    remind(house, 3)
    [line] = lines_below(house, f"sprint:{running_sprint}:blocker:1")
    assert line == ("⏰ Open for 3 h. <@U5>, is it still in the way, and has Security answered?")
    assert trail(house, "blocker")[-1].actor_id == THE_CLOCK


def test_the_owner_is_asked_rather_than_who_raised_it(house, running_sprint):
    log(house, running_sprint, actor=EVE, owner=EVE)
    blocker = log(house, running_sprint, actor=EVE, owner=EVE)
    edit(house, blocker, owner=BEN)
    with house.unit(TEAM) as unit:
        timer = unit.session.scalars(select(Timer).where(Timer.key == "blocker:2:age:3")).one()
        remind_of_blocker(unit, timer)
    assert "<@U2>" in lines_below(house, f"sprint:{running_sprint}:blocker:2")[-1]


def test_after_an_outage_one_reminder_asks_and_not_three(house, running_sprint):
    log(house, running_sprint)
    advance(house, 17)
    for hours in (3, 8, 16):
        remind(house, hours)
    [line] = lines_below(house, f"sprint:{running_sprint}:blocker:1")
    assert "Open for 17 h" in line


def test_a_reminder_for_a_resolved_blocker_says_nothing(house, running_sprint):
    blocker = log(house, running_sprint)
    resolve(house, blocker)
    before = len(lines_below(house, f"sprint:{running_sprint}:blocker:1"))
    remind(house, 3)
    assert len(lines_below(house, f"sprint:{running_sprint}:blocker:1")) == before


def test_another_workspaces_blocker_is_not_there(house, running_sprint):
    blocker = log(house, running_sprint)
    with house.unit("T2") as unit, pytest.raises(InputError):
        resolve_blocker(unit, ANA, blocker.id, Resolution.FIXED)
    with house.reading(TEAM) as unit:
        assert unit.session.get_one(Blocker, blocker.id).state == "open"
