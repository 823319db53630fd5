"""Planning and kickoff: what is asked, refused, shown as missing, sent and finished."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar

from tests.stage import NOON, buttons_of, shown

pytestmark = pytest.mark.smoke

HTTP = {"transport": "http"}
EXPECTATION = {
    "rank_1st": "technical",
    "rank_2nd": "organizational",
    "rank_3rd": "capability",
    "kinds_technical": ["data_access", "integration"],
}


# --- the form ----------------------------------------------------------------------------------

WRONG_PLANS = [
    ({"title": "x" * 121}, "title"),
    ({"title": " \n "}, "title"),
    ({"reason_valuable": "   "}, "reason_valuable"),
    ({"start": int(datetime(2026, 3, 8, 8, tzinfo=UTC).timestamp())}, "start"),
    ({"start": int(datetime(2028, 3, 8, 8, tzinfo=UTC).timestamp())}, "start"),
    ({"start": None}, "start"),
    ({"timezone": "Middle/Earth"}, "timezone"),
    ({"timezone": "../../etc/passwd"}, "timezone"),
    ({"timezone": "<!channel>"}, "timezone"),
    ({"quiet_from": "22:00", "quiet_until": None}, "quiet_until"),
    ({"quiet_until": "07:00", "quiet_from": None}, "quiet_from"),
]


def test_what_cannot_be_planned_is_said_at_its_field_and_what_was_typed_stays(stage):
    ana = stage["Ana"]
    modal = stage.whole_plan()
    for wrong, field in WRONG_PLANS:
        modal.fill(stage.plan_values(**wrong, sponsor=stage["Eve"].id))
        assert list(modal.submit().errors) == [field], wrong
        assert modal.values["reason_real_data"]["reason_real_data"]["value"] == "As agreed."
        modal.fill(dict.fromkeys(wrong))
    modal.fill(stage.plan_values())
    assert stage.press(ana, modal.submit).ok
    assert "is planned for" in stage.told("Ana")


def test_a_bot_cannot_play_a_role_and_one_person_in_two_roles_is_asked_about(stage):
    ana = stage["Ana"]
    modal = stage.whole_plan()
    modal.fill(stage.plan_values(role_data=ana.id, title="Two hats"))
    stage.press(ana, modal.submit)
    assert "would fill" in str(modal.blocks)
    assert modal.values["title"]["title"]["value"] == "Two hats"
    stage.press(ana, modal.submit)
    assert "would fill" in str(modal.blocks), "not confirmed yet"
    modal.fill(doubles=["yes"])
    stage.press(ana, modal.submit)
    assert "is planned for" in stage.told("Ana")


def test_a_workspace_over_http_plans_and_starts_too(tmp_path):
    from tests.stage import open_stage

    with open_stage(tmp_path, transport="http") as stage:
        channel = stage.start(title="Over HTTP")
        assert channel.name == "sprint-over-http-0309", "the day it started, not the one planned"


# --- what is missing ---------------------------------------------------------------------------


def test_the_plan_card_shows_what_is_missing_until_nothing_is(stage):
    stage.plan(criterion_valuable="no", reason_valuable="Nobody asked for it.")
    card = stage.keyed(":card")
    assert shown(card).count("expect to block you") == 1, "one line for all four"
    assert "Starting needs a sentence" in shown(card)
    stage.dismiss("Ana")
    for name in ("Ana", "Ben", "Cho", "Dee"):
        ask = stage[name].dms()[0]
        stage.click(name, ask, "expect.open")
        modal = stage.more(name).fill(EXPECTATION)
        stage.press(stage[name], modal.submit)
    assert "to block you" not in shown(stage.keyed(":card"))
    stage.click("Ben", stage.keyed(":card"), "plan.edit")
    modal = stage.more("Ben")
    modal.fill(criterion_valuable="yes", reason_valuable="Retention asked.")
    stage.press(stage["Ben"], modal.submit)
    assert "Everything is in place" in shown(stage.keyed(":card"))


def test_each_is_asked_once_what_they_expect_and_may_rank_each_category_once(stage):
    stage.plan()
    stage.dismiss("Ana")
    asks = [post for post in stage["Ben"].dms() if "expect.open" in buttons_of(post)]
    assert len(asks) == 1
    stage.click("Ben", asks[0], "expect.open")
    modal = stage.more("Ben").fill(EXPECTATION | {"rank_2nd": "technical"})
    assert list(stage.press(stage["Ben"], modal.submit).errors) == ["rank_2nd"]
    modal.fill(EXPECTATION)
    stage.press(stage["Ben"], modal.submit)
    noted = stage["Ben"].dms()[0]
    assert "you expect technical, then organi" in shown(noted)
    assert "expect.open" in buttons_of(noted), "it can be changed until the start"
    stage.command("Ana", "/sprint", "edit")
    stage.modal("Ana").fill(title="Another name").submit()
    stage.settle()
    asked = [post for post in stage["Ben"].dms() if "What do you expect" in shown(post)]
    assert not asked, "who has answered is not asked again"


def test_the_calendar_file_holds_the_48_hours_and_the_gates(stage):
    begins = datetime(2026, 3, 28, 8, tzinfo=UTC)
    stage.plan(title="Пилот; отток, клиентов\\", start=int(begins.timestamp()))
    files = [file for file in stage.workspace.files.values() if file.name.endswith(".ics")]
    assert len(files) == 4
    calendar = Calendar.from_ical(files[0].content)
    events = {str(event["summary"]): event for event in calendar.walk("VEVENT")}
    whole = events["Пилот; отток, клиентов\\: 48-hour sprint"]
    start = datetime(2026, 3, 28, 8, tzinfo=UTC)
    assert whole.decoded("dtstart") == start
    assert whole.decoded("dtend") == start + timedelta(hours=48), "also across the change of clocks"
    begins = sorted(
        (event.decoded("dtstart") - start) / timedelta(hours=1) for event in events.values()
    )
    assert begins == [0, 8, 16, 24, 48, 48]


def test_a_criterion_that_nobody_confirmed_is_no_met_one(stage):
    ana = stage["Ana"]
    stage.command("Ana", "/sprint", "plan")
    modal = stage.modal("Ana")
    values = {
        key: value
        for key, value in stage.plan_values().items()
        if not key.startswith(("criterion_", "reason_not", "reason_real", "role_", "quiet_"))
        and key not in ("use_case", "timezone")
    }
    people = [stage.people[name].id for name in ("Ana", "Ben", "Cho", "Dee")]
    modal.fill(values | {"people": people})
    stage.press(ana, modal.submit)
    stage.dismiss("Ana")
    card = shown(stage.keyed(":card"))
    assert card.count("Not confirmed yet") == 2
    assert card.count("Confirm “") == 1, "one line for both"
    stage.click("Ana", stage.keyed(":card"), "plan.edit")
    modal = stage.more("Ana")
    modal.fill(criterion_not_critical="yes", reason_not_critical="Nobody is harmed.")
    stage.press(ana, modal.submit)
    stage.dismiss("Ana")
    assert shown(stage.keyed(":card")).count("Not confirmed yet") == 1
    stage.command("Ana", "/sprint", "start")
    stage.settle()
    assert "Hour 0" in shown(stage.keyed(":prompt:0")), "it holds up no start"


# --- starting ----------------------------------------------------------------------------------


def test_an_unmet_criterion_refuses_the_start_until_the_lead_says_why(stage):
    stage.plan(criterion_real_data="no", reason_real_data="Only an extract.")
    stage.dismiss("Ana")
    assert "The lead can start anyway" in stage.command("Ben", "/sprint", "start")
    stage.command("Ana", "/sprint", "start")
    modal = stage.modal("Ana").fill(reason="short")
    assert list(stage.press(stage["Ana"], modal.submit).errors) == ["reason"]
    modal.fill(reason="We want to know what stops us <!channel>")
    stage.press(stage["Ana"], modal.submit)
    stage.dismiss("Ana")
    why = "We want to know what stops us &lt;!channel&gt;"
    assert why in shown(stage.keyed(":welcome"))
    stage.command("Ana", "/sprint", "close", stage.channel)
    stage.press(stage["Ana"], stage.modal("Ana").submit)
    stage.dismiss("Ana")
    stage.command("Ana", "/sprint", "close", stage.channel)
    stage.press(stage["Ana"], stage.modal("Ana").submit)
    assert why in shown(stage.keyed(":debrief:path"))


def test_an_unmet_criterion_keeps_a_planned_sprint_from_starting_and_tells_the_lead(stage):
    stage.plan(criterion_real_data="no", reason_real_data="Only an extract.")
    stage.go(30)
    assert not stage.channels
    assert "It is time for" in shown(stage["Ana"].dms()[-1])


def test_a_planned_sprint_starts_by_itself_at_its_time(stage):
    stage.plan()
    stage.go(23.9)
    assert not stage.channels
    stage.go(0.2)
    assert stage.channel.name == "sprint-churn-pilot-0310"
    assert "Hour 0" in shown(stage.keyed(":prompt:0"))
    assert stage.keyed(":prompt:0").ts.startswith(
        str(int((NOON + timedelta(hours=24)).timestamp()))
    )


def test_a_second_start_and_a_cancelled_plan_are_refused_with_words(stage):
    stage.plan()
    stage.dismiss("Ana")
    card = stage.keyed(":card")
    stage.click("Ana", card, "plan.cancel")
    assert "is cancelled" in stage.told("Ana")
    assert "plan.start" not in buttons_of(stage.keyed(":card"))
    assert "There is no planned sprint of yours" in stage.command("Ana", "/sprint", "start")
    stage.go(48)
    assert not stage.channels


NAMES = [
    ("Пилот: отток клиентов", r"sprint-pilot-ottok-klientov-0309"),
    ("流失预测", r"sprint-[a-z0-9-]+-0309"),
    ("🚀🚀", r"sprint-[a-z0-9-]+-0309"),
    ("a", r"sprint-a-0309"),
    ("!!!", r"sprint-48-hours-0309"),
    ("x" * 120, r"sprint-x+-0309"),
]


@pytest.mark.slow
def test_a_channel_gets_a_name_from_any_script_and_another_when_it_is_taken(stage):
    for title, pattern in NAMES:
        channel = stage.start(title=title)
        assert re.fullmatch(pattern, channel.name), channel.name
        assert len(channel.name) <= 80
    again = stage.start(title="a")
    assert again.name == "sprint-a-0309-2"
    for _, place in zip(range(9), stage.channels, strict=False):
        assert set(place.members) >= {stage[name].id for name in ("Ana", "Ben", "Cho", "Dee")}


def test_a_private_channel_is_private(stage):
    channel = stage.start(private=["private"], title="Quietly")
    assert channel.is_private
    assert stage["Dee"].id in channel.members
    assert stage["Eve"].id not in channel.members


def test_the_channel_is_furnished(stage):
    channel = stage.start()
    assert "48 hours to go live" in channel.topic.value
    assert "(Europe/Berlin)" in channel.topic.value
    assert channel.purpose.value
    pinned = stage.keyed("sprint:1:card")
    assert pinned.ts in str(channel.pins)
    assert channel.bookmarks
    assert "*Hour 0 of 48*" in shown(pinned)


def test_one_who_cannot_be_invited_keeps_nobody_else_out(stage):
    gone = stage.workspace.add_person("Zoe")
    stage.plan(role_data=gone.id)
    stage.dismiss("Ana")
    gone.user.deleted = True
    stage.command("Ana", "/sprint", "start")
    channel = stage.channel
    assert {stage[name].id for name in ("Ana", "Cho", "Dee")} <= set(channel.members)
    told = [shown(post) for post in stage["Ana"].dms() if "outbox.retry" in buttons_of(post)]
    assert len(told) == 1
    assert "could not invite" in told[0]
    gone.user.deleted = False
    retry = next(post for post in stage["Ana"].dms() if "outbox.retry" in buttons_of(post))
    stage.click("Ana", retry, "outbox.retry")
    assert gone.id in channel.members
    stage.click("Ana", retry, "outbox.retry")
    assert "nothing to try again" in stage.told("Ana")


# --- a crash between any two steps ------------------------------------------------------------

KICKOFF_CALLS = [
    "conversations.create",
    "conversations.invite",
    "chat.postMessage",
    "conversations.setTopic",
    "conversations.setPurpose",
    "pins.add",
    "bookmarks.add",
]


NOT_REPEATABLE = ["conversations.create", "chat.postMessage", "bookmarks.add"]


@pytest.mark.parametrize(
    ("fault", "calls"),
    [
        pytest.param("drop_after", NOT_REPEATABLE, id="heard", marks=pytest.mark.slow),
        pytest.param(
            "drop_before", KICKOFF_CALLS, id="every step, unheard", marks=pytest.mark.slow
        ),
        pytest.param("drop_after", KICKOFF_CALLS, id="every step, heard", marks=pytest.mark.slow),
    ],
)
def test_a_crash_between_any_two_steps_of_the_kickoff_is_finished_by_the_next_bot(
    stage, fault, calls
):
    """At each step the bot dies with the call under way: refused unheard, or heard unanswered."""
    for number, method in enumerate(calls, 1):
        title = f"Crash {number}"
        stage.plan(title=title)
        stage.dismiss("Ana")
        stage.workspace.faults.play(fault, method)
        _start_and_die(stage, method)
        stage.restart()
        stage.settle()
        _check_kickoff(stage, number)


def _start_and_die(stage, method):
    """Start, and stop the bot as soon as the call has gone wrong."""
    known = len(stage.workspace.calls(method))
    stage["Ana"].command("/sprint", "start")
    stage.workspace.wait_until(
        lambda: any(call.fault for call in stage.workspace.calls(method)[known:])
    )


def _check_kickoff(stage, number):
    assert len(stage.channels) == number, "one channel a sprint, no second one"
    channel = stage.channel
    assert channel.name == f"sprint-crash-{number}-0309", "the day it began, not the planned one"
    assert {stage[name].id for name in ("Ana", "Ben", "Cho", "Dee")} <= set(channel.members)
    posted = [post for post in stage.posts(channel) if post.metadata]
    keys = [post.metadata["event_payload"]["key"] for post in posted]
    assert len(keys) == len(set(keys))
    assert {key.split(":", 2)[2] for key in keys} >= {"welcome", "card", "prompt:0"}
    assert len(channel.pins) == 1
    assert len(channel.bookmarks) == 1
    assert channel.topic.value
