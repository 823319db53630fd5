"""Home acts: before, during and after a sprint, what waits for somebody is pressed there."""

from __future__ import annotations

import pytest

from tests.acceptance.sprint.test_planning import EXPECTATION
from tests.stage import open_stage, words_of

pytestmark = pytest.mark.smoke


@pytest.fixture
def stage(tmp_path):
    with open_stage(tmp_path) as stage:
        yield stage


def home(stage, name):
    person = stage[name]
    person.open_home()
    stage.settle()
    stage.workspace.wait_until(lambda: person.home is not None, 10)
    return words_of(person.home.blocks)


def press(stage, name, action, **kept):
    """Press a button on Home, never into silence."""
    person = stage[name]
    return stage.press(person, lambda: person.click(person.home, action, **kept))


def test_before_a_sprint_people_plan_vote_and_start_from_home(stage):
    assert "No sprint needs you now" in home(stage, "Ana")
    press(stage, "Ana", "plan.open")
    modal = stage.modal("Ana").show_all().fill(stage.plan_values())
    stage.press(stage["Ana"], modal.submit)
    stage.dismiss("Ana")
    stage.settle()
    assert "Starts" in words_of(stage["Ana"].home.blocks), "Home is drawn again by itself"
    assert "Say what you expect" in home(stage, "Ben")
    press(stage, "Ben", "expect.open")
    stage.press(stage["Ben"], stage.modal("Ben").show_all().fill(EXPECTATION).submit)
    assert "Change what you expect" in words_of(stage["Ben"].home.blocks)
    assert "Start now" not in home(stage, "Eve"), "a colleague has no part in it"
    press(stage, "Ana", "plan.start")
    assert stage.channel.name.startswith("sprint-")


def test_during_a_sprint_prompt_approval_and_blocker_are_answered_on_home(stage):
    channel = stage.start()
    stage.go(1.1)
    shown = home(stage, "Ben")
    assert "gate" in shown
    assert "We are blocked" in shown
    assert "Log a blocker" not in shown, "the open prompt has a button for that"
    press(stage, "Ben", "prompt.on_track")
    shown = words_of(stage["Ben"].home.blocks)
    assert "You answered the prompt of hour" in shown
    assert "Log a blocker" in shown
    press(stage, "Ben", "blocker.open_form")
    modal = stage.modal("Ben").fill(title="The replica needs a signature")
    stage.press(stage["Ben"], modal.submit)
    assert "The replica needs a signature" in home(stage, "Ben")
    press(stage, "Ben", "blocker.fixed")
    assert "You have no open blockers." in words_of(stage["Ben"].home.blocks)
    stage["Ana"].command("/approval", f"security <@{stage['Cho'].id}> may we", channel=channel)
    stage["Ana"].command("/approval", f"privacy <@{stage['Cho'].id}> may we", channel=channel)
    stage.settle()
    assert home(stage, "Cho").count("asked by Ana") == 2
    press(stage, "Cho", "approval.approve")
    assert words_of(stage["Cho"].home.blocks).count("asked by Ana") == 1
    press(stage, "Cho", "approval.reject")
    modal = stage.modal("Cho").fill(reason="No assessment yet, come back in March.")
    stage.press(stage["Cho"], modal.submit)
    assert "No approvals waiting for you." in words_of(stage["Cho"].home.blocks)


def test_what_if_can_be_asked_while_the_sprint_runs(stage):
    channel = stage.start()
    stage["Ana"].command("/blocker", "Replica access takes 4 weeks", channel=channel)
    stage.settle()
    assert "What if" in home(stage, "Ben")
    press(stage, "Ben", "debrief.what_if")
    assert stage.modal("Ben").title == "What if …"


def test_after_a_sprint_owners_have_their_fixes_and_the_lead_what_if(stage):
    channel = stage.start()
    eve = stage["Eve"].id
    stage["Ana"].command("/blocker", "Replica access takes 4 weeks", channel=channel)
    stage.settle()
    stage.click("Ana", stage.keyed(":blocker:1"), "blocker.edit")
    stage.press(stage["Ana"], stage.modal("Ana").fill(owner=eve, severity="stops").submit)
    stage.go(48.1)
    assert "then close it" in home(stage, "Ana")
    assert "In debrief. Ana closes it" in home(stage, "Ben")
    press(stage, "Ana", "debrief.what_if")
    stage.dismiss("Ana")
    press(stage, "Ana", "debrief.close")
    stage.press(stage["Ana"], stage.modal("Ana").submit)
    stage.dismiss("Ana")
    stage.go(0.5)
    assert "Your fixes" in home(stage, "Eve"), "who owns a fix sees it without being in the team"
    press(stage, "Eve", "fix.rewrite")
    modal = stage.modal("Eve").fill(text="Eve opens the replica to the builders by Friday")
    stage.press(stage["Eve"], modal.submit)
    assert "Eve opens the replica" in words_of(stage["Eve"].home.blocks)
    press(stage, "Eve", "fix.done")
    assert "Your fixes" not in words_of(stage["Eve"].home.blocks)
    assert "Closed" in home(stage, "Ana")
    press(stage, "Ana", "rerun.open")
    assert stage.modal("Ana").title == "Plan a sprint"
