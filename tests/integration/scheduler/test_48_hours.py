"""The 48 hours: each prompt at its moment, whatever clocks, nights and outages do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.approvals.forms import ApprovalForm
from bot.approvals.service import request_approval
from bot.blockers.forms import BlockerForm
from bot.blockers.service import log_blocker
from bot.db.models import Approval
from bot.domain.vocabulary import Severity, Subject
from bot.hourly.gates import answer_gate
from bot.hourly.prompts import answer_prompt
from bot.sprints.overview import sponsor_queue
from bot.timers import kinds
from bot.timers.dispatcher import run_due
from tests.runtimes import ANA, BEN, CHO, TEAM

BERLIN = ZoneInfo("Europe/Berlin")
FORWARD = datetime(2026, 3, 28, 9, 0, tzinfo=BERLIN).astimezone(UTC)
BACK = datetime(2026, 10, 24, 9, 0, tzinfo=BERLIN).astimezone(UTC)
CHANGES = [
    pytest.param(FORWARD, id="clocks go forward"),
    pytest.param(BACK, id="clocks go back", marks=pytest.mark.slow),
]


def hours_of(moments, start):
    return {hour: (moment - start) / timedelta(hours=1) for hour, moment in moments.items()}


@pytest.mark.parametrize("start", CHANGES)
def test_a_team_that_answers_is_prompted_every_hour_at_the_right_moments(frozen, start):
    sprinting = frozen(start)
    sprinting.start()
    sprinting.until(start + timedelta(hours=48), answering=True)
    assert hours_of(sprinting.prompts(), start) == {hour: hour for hour in range(48)}
    gates = [item.key.rpartition(":")[2] for item in sprinting.items("sprint:1:gate:")]
    assert gates == ["data", "model", "integration", "deployment"]
    assert sprinting.items("sprint:1:digest:") == [], "nothing moved, so there was nothing to tell"


@pytest.mark.slow
def test_the_hours_pass_on_a_compressed_clock_too(sprinting):
    start = sprinting.runtime.clock.now()
    sprinting.start()
    sprinting.until(start + timedelta(hours=50), answering=True)
    assert hours_of(sprinting.prompts(), start) == {hour: hour for hour in range(48)}


QUIET = {"quiet_from": "22:00", "quiet_until": "07:00"}


@pytest.mark.parametrize("start", CHANGES)
def test_in_quiet_hours_nobody_is_pinged_and_one_message_names_them(frozen, start):
    sprinting = frozen(start)
    sprinting.start(**QUIET)
    sprinting.until(start + timedelta(hours=48), answering=True)
    for item in sprinting.items("sprint:1:"):
        local = item.created_at.replace(tzinfo=UTC).astimezone(BERLIN)
        assert 7 <= local.hour < 22, f"{item.key} was written at {local}"
    tomorrow = start.astimezone(BERLIN).date() + timedelta(days=1)
    morning = datetime.combine(tomorrow, time(7), BERLIN).astimezone(UTC)
    told = [moment for moment in sprinting.prompts().values() if moment == morning]
    assert len(told) == 1, "one catch-up"
    first, last = 13, int((morning - start) / timedelta(hours=1))
    assert sprinting.prompts().keys().isdisjoint(range(first, last))
    assert (
        f"hours {first}–{last - 1} passed in quiet hours"
        in sprinting.text(f":prompt:{last}").lower()
    )


def test_the_catch_up_of_a_quiet_night_says_that_it_was_quiet(sprinting):
    start = sprinting.runtime.clock.now()
    sprint = sprinting.start(**QUIET)
    sprinting.until(start + timedelta(hours=15), answering=True)
    with sprinting.runtime.uow(TEAM) as uow:
        log_blocker(uow, ANA, BlockerForm(sprint_id=sprint, title="The gateway needs a ticket"))
    sprinting.until(start + timedelta(hours=22), answering=True)
    assert "Quiet hours are over. Hours 13–21 passed" in sprinting.text(":prompt:22")
    digests = [int(item.key.rpartition(":")[2]) for item in sprinting.items("sprint:1:digest:")]
    assert digests == [20], "one digest tells of the whole night"


def test_after_an_outage_one_message_names_the_hours_missed(sprinting):
    start = sprinting.runtime.clock.now()
    sprinting.start()
    sprinting.until(start + timedelta(hours=5), answering=True)
    sprinting.leap(start + timedelta(hours=10, minutes=20))
    assert sorted(sprinting.prompts()) == [0, 1, 2, 3, 4, 5, 10]
    assert "I was away. Hours 6–9 passed without a prompt" in sprinting.text(":prompt:10")
    sprinting.answer()
    assert sprinting.items("sprint:1:gate:data"), "the gate is still asked"
    sprinting.until(start + timedelta(hours=11))
    assert "hours 6–9 missed" in sprinting.text(":prompt:10"), "its one line keeps that"
    assert hours_of(sprinting.prompts(), start)[11] == 11


def test_after_an_outage_over_the_end_the_debrief_opens(sprinting):
    start = sprinting.runtime.clock.now()
    sprinting.start()
    sprinting.until(start + timedelta(hours=2))
    sprinting.leap(start + timedelta(hours=60))
    assert sorted(sprinting.prompts())[-1] == 2
    assert len(sprinting.items(":debrief:")) == 1
    assert run_due(sprinting.runtime) == 0


def test_a_folded_prompt_keeps_what_was_answered(sprinting):
    start = sprinting.runtime.clock.now()
    sprint = sprinting.start()
    with sprinting.runtime.uow(TEAM) as uow:
        answer_prompt(uow, ANA, sprint, 0, "on_track")
        answer_prompt(uow, BEN, sprint, 0, "blocked")
        answer_prompt(uow, ANA, sprint, 0, "blocked")
    sprinting.until(start + timedelta(hours=2))
    folded = sprinting.text(":prompt:0")
    assert "*Hour 0* · Data" in folded
    assert "Ana: blocked" in folded
    assert "Ben: blocked" in folded
    assert "no answer" in sprinting.text(":prompt:1")
    item = sprinting.items("sprint:1:prompt:0")[0]
    assert [block["type"] for block in item.body["blocks"]] == ["section"]


def test_digests_count_and_the_sponsors_posts_are_edited_not_repeated(sprinting):
    start = sprinting.runtime.clock.now()
    sprint = sprinting.start(sponsor_id="U5")
    sprinting.until(start + timedelta(hours=1))
    with sprinting.runtime.uow(TEAM) as uow:
        log_blocker(
            uow,
            ANA,
            BlockerForm(
                sprint_id=sprint,
                title="No credentials until a form is signed",
                severity=Severity.STOPS,
                waits_for="security",
            ),
        )
    sprinting.until(start + timedelta(hours=4))
    digest = sprinting.text(":digest:4")
    assert "1 blocker" in digest
    assert "No credentials until a form is signed" in digest
    assert "security" in digest
    assert "3 h" in digest, "hours lost to it so far"
    sprinting.until(start + timedelta(hours=48))
    days = sprinting.items(":sponsor:day:")
    assert [(item.key.rpartition(":")[2], item.queue) for item in days] == [("1", "dm:U5")]
    assert days[0].version > 3
    assert sprinting.items(":sponsor:gate:") == [], "an open question is the team's alone"
    for _ in range(2):
        with sprinting.runtime.uow(TEAM) as uow:
            answer_gate(uow, ANA, sprint, "data", "locked")
    assert len(sprinting.items(":sponsor:day:")) == 2, "a day on which something moved"
    [gate] = sprinting.items(":sponsor:gate:")
    assert gate.thread_key == days[0].key
    assert "process" in sprinting.text(":sponsor:gate:data")


def test_the_sponsor_of_a_silent_sprint_is_told_so_once(sprinting):
    start = sprinting.runtime.clock.now()
    sprinting.start(sponsor_id="U5")
    sprinting.until(start + timedelta(hours=23))
    assert sprinting.items(":sponsor:day:") == []
    sprinting.until(start + timedelta(hours=49))
    [told] = sprinting.items(":sponsor:day:")
    assert "Nothing was recorded in the last 24 hours." in str(told.body)
    assert "blocking" not in str(told.body)
    assert sprinting.items(":sponsor:gate:") == []


def test_a_blocker_that_ages_is_asked_about_in_its_thread(sprinting):
    start = sprinting.runtime.clock.now()
    sprint = sprinting.start()
    with sprinting.runtime.uow(TEAM) as uow:
        log_blocker(uow, ANA, BlockerForm(sprint_id=sprint, title="The gateway needs a ticket"))
    sprinting.until(start + timedelta(hours=24))
    lines = [item for item in sprinting.items(":blocker:") if item.thread_key]
    assert any("Open for" in str(item.body["text"]) for item in lines)


def test_an_approval_is_reminded_of_twice_and_silence_becomes_a_blocker(sprinting):
    start = sprinting.runtime.clock.now()
    sprint = sprinting.start()
    with sprinting.runtime.uow(TEAM) as uow:
        form = ApprovalForm(sprint, Subject.SECURITY, CHO, "Scores for 1 % of visitors", "6")
        asked = request_approval(uow, ANA, form).id
    sprinting.until(start + timedelta(hours=5, minutes=30))
    reminded = [
        item for item in sprinting.items() if "left to decide" in str(item.body.get("text"))
    ]
    assert [
        (item.created_at.replace(tzinfo=UTC) - start) / timedelta(hours=1) for item in reminded
    ] == [3, 5]
    sprinting.until(start + timedelta(hours=7))
    with sprinting.runtime.reading(TEAM) as uow:
        assert uow.session.get_one(Approval, asked).state == "expired"
    assert "No answer on" in sprinting.text("sprint:1:blocker:1")


def test_a_timer_that_fails_waits_and_keeps_nobody_else_waiting(sprinting, monkeypatch):

    start = sprinting.runtime.clock.now()
    for title in ("Churn", "Other"):
        sprinting.start(title=title)

    def fail(_unit, sprints, _told):
        if any(sprint.id == 1 for sprint in sprints):
            raise RuntimeError("a fault of the first sprint")

    sprinting.until(start + timedelta(hours=1, minutes=30))
    for number in (1, 2):
        with sprinting.runtime.uow(TEAM) as uow:
            log_blocker(uow, ANA, BlockerForm(sprint_id=number, title="The gateway needs a ticket"))
            answer_prompt(uow, ANA, number, 1, "on_track")
    monkeypatch.setitem(
        kinds.TIMER_SPECS, "digest", replace(kinds.TIMER_SPECS["digest"], run_batch=fail)
    )
    sprinting.leap(start + timedelta(hours=4))
    assert 4 in {int(item.key.rpartition(":")[2]) for item in sprinting.items("sprint:2:prompt:")}
    assert 4 in {int(item.key.rpartition(":")[2]) for item in sprinting.items("sprint:1:prompt:")}
    monkeypatch.undo()
    sprinting.leap(start + timedelta(hours=4, minutes=2))
    assert sprinting.items("sprint:1:digest:4")


def test_a_cancelled_sprint_says_nothing_more(sprinting):
    from bot.planning.service import cancel_sprint

    start = sprinting.runtime.clock.now()
    sprint = sprinting.start()
    sprinting.until(start + timedelta(hours=3))
    with sprinting.runtime.uow(TEAM) as uow:
        cancel_sprint(uow, ANA, sprint, "Not now")
    known = len(sprinting.items())
    sprinting.until(start + timedelta(hours=60))
    assert len(sprinting.items()) == known


def test_the_sponsor_reads_in_a_channel_or_else_directly(sprinting):
    sprinting.start(sponsor_id="U5", digest_channel_id="C9")
    sprinting.start(sponsor_id="U5")
    sprinting.start()
    from bot.db.models import Sprint

    with sprinting.runtime.reading(TEAM) as uow:
        queues = [sponsor_queue(uow.session.get_one(Sprint, number)) for number in (1, 2, 3)]
    assert queues == ["channel:C9", "dm:U5", None]
