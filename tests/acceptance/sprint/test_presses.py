"""Every command, button and form once right and once wrong, over Socket Mode and signed HTTP.

`TeamStage.press` holds in each of them that nothing ends in silence.
"""

from __future__ import annotations

import pytest

from handlers import bolt_app as tables
from tests.stage import buttons_of, open_stage, shown

SOURCES = {"shop": {"path": "/nowhere/shop.csv"}}


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A sprint at hour 9 that Ana leads; Eve reads its channel without being in the team."""
    folder = tmp_path_factory.mktemp("presses")
    with open_stage(folder, sources=SOURCES) as stage:
        stage.start()
        stage["Eve"].join(stage.channel)
        stage["Ana"].invite(stage.channel, stage.guest)
        stage.go(9)
        yield stage


def prompt(stage):
    return next(
        post
        for post in reversed(stage.posts(stage.channel))
        if "prompt.on_track" in buttons_of(post)
    )


# --- commands ---------------------------------------------------------------------------------

SPRINT_COMMANDS_RIGHT = [
    ("help", "`/sprint rollback error rate above 2 %`"),
    ("", "`/sprint plan`"),
    ("HELP", "/sprint gate PHASE SCENARIO"),
    ("status", "Hour 9 of 48, Model"),
    ("schedule", "prompt, hour 16 (Integration)"),  # silent till now: at the start of a phase
    ("schedule", "<!date^"),
    ("list", "Churn pilot"),
    ("gate data locked", "Noted"),
    ("deploy elsewhere 1", "claimed"),
    ("rollback error rate above 2 %", "Rolled back"),
    ("deploy elsewhere 2,5 % https://grafana.example/d/1", "2.5 %"),
    (
        "deploy",
        "conditions are missing. The checklist in the sprint's channel",
    ),
    (
        "deploy 1",
        "conditions are missing. The checklist in the sprint's channel",
    ),
    (
        "deploy 1 %",
        "conditions are missing. The checklist in the sprint's channel",
    ),
    ("output no, nobody planned offers", ""),
    ("audit", "on its way"),
]


@pytest.mark.parametrize(("text", "said"), SPRINT_COMMANDS_RIGHT)
def test_a_sprint_command_that_is_right(running, text, said):
    assert said in running.command("Ana", "/sprint", text, running.channel)


SPRINT_COMMANDS_WRONG = [
    ("stauts", "Did you mean `/sprint status`?"),
    ("plann", "Did you mean `/sprint plan`?"),
    ("xyzzy", "Unknown command `/sprint xyzzy`"),
    ("<!channel>", "Unknown command"),
    ("gate", "For example"),
    ("gate moon locked", "Phases: `data`, `model`, `integration`, `deployment`"),
    ("gate data nonsense", "`accessible`, `locked`, `unusable`, `missing`"),
    ("deploy 0", "starts at 1 %"),
    ("deploy 5", "starts at 1 %"),
    ("deploy 101", "starts at 1 %"),
    ("deploy nan", "starts at 1 %"),
    ("deploy ½", "starts at 1 %"),
    ("deploy elsewhere", "Say the share"),
    ("deploy elsewhere 0", "Say the share"),
    ("deploy elsewhere 101", "Say the share"),
    ("deploy elsewhere nan", "Say the share"),
    ("deploy elsewhere 1 watch", "Say the share"),
    ("deploy elsewhere 1 ftp://a.example", "not a link that hour48 can open"),
    ("deploy 1 --override because we want to", "There is no kept model"),
    ("deploy 1 --override no", "at least 8 characters"),
    ("output", "/sprint output"),
    ("output maybe", "/sprint output"),
    ("start", "This sprint is running already"),
    ("report", "The report comes with the debrief"),
]


@pytest.mark.parametrize(("text", "said"), SPRINT_COMMANDS_WRONG)
def test_a_sprint_command_that_is_wrong(running, text, said):
    answer = running.command("Ana", "/sprint", text, running.channel)
    assert said.lower() in answer.lower(), answer


def test_a_running_sprint_s_edit_opens_the_form_of_its_people(running):
    running.command("Ana", "/sprint", "edit", running.channel)
    assert "Builder" in running.told("Ana")
    running.dismiss("Ana")


def test_a_rollback_without_a_reason_is_asked_why(running):
    running.command("Ana", "/sprint", "deploy elsewhere 3", running.channel)
    assert "why" in running.command("Ana", "/sprint", "rollback", running.channel).lower()


TEAM_ONLY = ["gate data locked", "deploy 1", "rollback it broke", "output yes", "audit"]
LEAD_ONLY = ["close", "cancel"]


@pytest.mark.parametrize("text", [*TEAM_ONLY, *LEAD_ONLY, "rerun"])
def test_a_colleague_is_told_why_not(running, text):
    assert "Only the sprint's" in running.command("Eve", "/sprint", text, running.channel)


@pytest.mark.parametrize("text", LEAD_ONLY)
def test_a_team_member_who_does_not_lead_is_told_why_not(running, text):
    assert "Only the sprint's lead" in running.command("Ben", "/sprint", text, running.channel)


@pytest.mark.parametrize("text", ["status", "schedule", "list", "plan", "gate data locked"])
def test_a_guest_who_is_not_in_the_team_is_told_why_not(running, text):
    assert "Only the sprint's" in running.command(running.guest, "/sprint", text, running.channel)


@pytest.mark.parametrize("text", ["status", "schedule", "gate data locked", "edit", "cancel"])
def test_somebody_in_no_sprint_is_told_what_to_do(running, text):
    assert "/sprint plan" in running.command("Sam", "/sprint", text)


HELPS = [
    ("/blocker", "help", "`/blocker Read access"),
    ("/approval", "help", "`/approval security @cho"),
    ("/probe", "help", "shop"),
    ("/probe", "list", "/probe baseline SOURCE"),
    ("/blocker", "list", ""),
    ("/approval", "list", ""),
    ("/blocker", "lsit", "Did you mean `/blocker list`"),
    ("/probe", "qualty shop", "no probe"),
    ("/probe", "quality", "shop"),
    ("/probe", "quality nowhere", "shop"),
    ("/probe", "baseline shop", "column"),
    ("/probe", 'quality "shop', ""),
]


@pytest.mark.parametrize(("command", "text", "said"), HELPS)
def test_the_other_commands_help_and_refuse(running, command, text, said):
    assert said in running.command("Ana", command, text, running.channel)
    running.dismiss("Ana")


@pytest.mark.parametrize("command", ["/blocker", "/approval", "/probe"])
def test_a_command_alone_opens_its_form(running, command):
    running.command("Ana", command, "", running.channel)
    assert running.modal("Ana").title
    running.dismiss("Ana")


def test_a_probe_is_for_the_team(running):
    assert "Only the sprint's team" in running.command(
        "Eve", "/probe", "quality shop", running.channel
    )


# --- buttons on messages -----------------------------------------------------------------------


def test_on_track_is_noted_and_a_second_click_says_so(running):
    running.click("Ana", prompt(running), "prompt.on_track")
    assert "Ana" in shown(prompt(running))
    running.click("Ana", prompt(running), "prompt.on_track")
    assert "You said so before" in running.told("Ana")


@pytest.mark.parametrize("action", ["prompt.blocked", "prompt.approval"])
def test_a_prompt_opens_the_form_that_fits(running, action):
    post = prompt(running)
    if action not in buttons_of(post):
        pytest.skip(f"this hour has no {action}")
    running.click("Ben", post, action)
    assert running.modal("Ben").title
    running.dismiss("Ben")


@pytest.mark.parametrize("action", ["prompt.on_track", "prompt.blocked"])
@pytest.mark.parametrize("who", ["Eve", "guest"])
def test_a_prompt_refuses_who_is_not_in_the_team(running, action, who):
    person = running.guest if who == "guest" else running["Eve"]
    running.click(person, prompt(running), action)
    assert "Only the sprint's team" in running.told(person)


def test_a_gate_is_answered_changed_and_pressed_again(running):
    gate = running.keyed(":gate:data")
    action = next(one for one in buttons_of(gate) if one.endswith(":unusable"))
    running.click("Ben", gate, action)
    assert "(Ben)" in shown(running.keyed(":gate:data"))
    other = buttons_of(running.keyed(":gate:data"))[0]
    running.click("Cho", running.keyed(":gate:data"), other)


def test_a_stale_gate_button_says_that_nothing_changed(running):
    """Two people choose the same scenario from cards that were open on their screens."""
    gate = running.keyed(":gate:data")
    action = buttons_of(gate)[0]
    value = next(
        element["value"]
        for block in gate.blocks
        for element in [*block.get("elements", []), block.get("accessory") or {}]
        if element.get("action_id") == action
    )
    running.click("Ana", gate, action)
    stale = {"type": "button", "action_id": action, "value": value}
    before = running.sees(running["Ben"])
    running.press_stale("Ben", gate, stale)
    running.workspace.wait_until(lambda: running.sees(running["Ben"]) != before)
    assert "Noted" in running.told("Ben")


STALE = [
    ("prompt.on_track", "1:45", "has not been asked"),
    ("prompt.on_track", "999:9", "no sprint number 999"),
    ("prompt.on_track", "", "too old"),
    ("prompt.on_track", "abc", "too old"),
    ("prompt.on_track", "1", "too old"),
    ("gate.answer:x", "1:data", "no such answer"),
    ("gate.answer:x", "1:data:nonsense", "no such answer"),
    ("gate.answer:x", "1:moon:locked", "no such answer"),
    ("kickoff.open", "99999999999999999999", "too old"),
    ("plan.start", "1", "This sprint is running already"),
    ("expect.open", "1", "expectations are closed"),
    ("debrief.agree", "1:timeline", "no open debrief"),
    ("debrief.correct", "1:nonsense", "no open debrief"),
    ("debrief.facts", "1:nonsense", "no open debrief"),
    ("fix.done", "77", "not here any more"),
    ("fix.stuck", "77", "not here any more"),
    ("fix.move", "77", "not here any more"),
    ("fix.reopen", "77", "not here any more"),
    ("outbox.retry", "1", "went out in the meantime"),
    ("outbox.retry", "777777", "not here any more"),
    ("probe.cancel", "777", "not here any more"),
    ("finding.to_blocker", "777:0", "not here any more"),
    ("rerun.open", "777", "no sprint number"),
    ("blocker.fixed", "777", "not here any more"),
    ("approval.approve", "777", "not here any more"),
]


@pytest.mark.parametrize(("action", "value", "said"), STALE)
def test_a_button_of_another_time_says_what_it_is(running, action, value, said):
    element = {"type": "button", "action_id": action} | ({"value": value} if value else {})
    before = running.sees(running["Ana"])
    answer = running.press_stale("Ana", running.keyed(":welcome"), element)
    assert answer.ok
    running.workspace.wait_until(lambda: running.sees(running["Ana"]) != before)
    assert said in running.told("Ana")
    running.dismiss("Ana")


# --- forms ------------------------------------------------------------------------------------


def test_the_kickoff_keeps_what_was_typed_and_says_what_is_missing(running):
    running.click("Ben", running.keyed(":welcome"), "kickoff.open")
    modal = running.modal("Ben")
    modal.fill(success="x", data="Tables of the shop", integration="One call")
    answer = running.press(running["Ben"], modal.submit)
    assert set(answer.errors) == {"success"}
    assert modal.values["data"]["data"]["value"] == "Tables of the shop"
    modal.fill(success="<!channel> one *real* user & `more`")
    running.press(running["Ben"], modal.submit)
    assert not modal.is_open
    welcome = running.keyed(":welcome")
    assert "one *real* user & `more`" in shown(welcome), "literal text of a task, no markup"
    assert not [each for each in welcome.mentions if each.kind != "user"]
    assert {mention.kind for mention in running.keyed(":welcome").mentions} <= {"user"}


def test_the_kickoff_is_for_the_team(running):
    running.click("Eve", running.keyed(":welcome"), "kickoff.open")
    assert "Only the sprint's team" in running.told("Eve")


def test_a_form_that_was_sent_twice_counts_once(running):
    """Slack sends a submission again when its answer was lost."""
    running.workspace.faults.lose_acks = 1
    running["Ana"].command("/blocker", "", channel=running.channel)
    running.dismiss("Ana")
    running["Ana"].command("/blocker", "", channel=running.channel)
    modal = running.modal("Ana").fill(title="The gateway needs a ticket")
    running.workspace.faults.lose_acks = 1
    modal.submit()
    modal.submit()
    running.settle()
    listed = running.command("Ben", "/blocker", "list", running.channel)
    assert listed.count("The gateway needs a ticket") == 1
    running.dismiss("Ana")


def test_home_shows_the_sprint_and_its_button_opens_the_plan(running):
    home = running["Ana"].open_home()
    assert "Churn pilot" in str(home.blocks)
    running.click("Ana", home, "plan.open")
    assert running.modal("Ana").callback_id == "plan"
    running.dismiss("Ana")


def test_shortcuts_on_a_message(running):
    message = running["Eve"].post(running.channel, "We wait for the firewall team <!channel>")
    running.press(running["Ana"], lambda: running["Ana"].shortcut("keep_for_debrief", message))
    assert "Kept" in running.told("Ana")
    running.press(running["Ben"], lambda: running["Ben"].shortcut("keep_for_debrief", message))
    assert "already" in running.told("Ben")
    running.press(running["Ana"], lambda: running["Ana"].shortcut("log_as_blocker", message))
    modal = running.modal("Ana")
    assert "firewall" in modal.values["title"]["title"]["value"]
    running.press(running["Ana"], modal.submit)
    elsewhere = running["Sam"].post("general", "Somewhere else")
    running.press(running["Sam"], lambda: running["Sam"].shortcut("log_as_blocker", elsewhere))
    assert "/sprint plan" in running.told("Sam")
    running.dismiss("Sam")


def test_every_button_that_is_shown_is_listened_to(running):
    known = set(tables.all_handlers("ACTIONS"))
    for post in running.posts():
        for action in buttons_of(post):
            assert action.partition(":")[0] in known, action


def test_nothing_that_was_typed_broke_the_bot(running):
    """No handler failed: nobody was told an error's id."""
    with running.workspace.lock:
        told = [
            shown(message)
            for channel in running.workspace.channels.values()
            for message in channel.ephemerals
        ]
    assert not [text for text in told if "Something went wrong" in text]
