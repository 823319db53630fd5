"""Home acts: before, during and after a sprint, what waits for somebody is pressed there."""

from __future__ import annotations

import pytest

from tests.acceptance.sprint.test_planning import EXPECTATION
from tests.stages import open_theatre, words_of

pytestmark = pytest.mark.smoke


@pytest.fixture(params=["socket", "http"])
def theatre(request, tmp_path):
    with open_theatre(tmp_path, transport=request.param) as stage:
        yield stage


def home(theatre, name):
    person = theatre[name]
    person.open_home()
    theatre.settle()
    theatre.workspace.wait_until(lambda: person.home is not None, 10)
    return words_of(person.home.blocks)


def press(theatre, name, action, **kept):
    """Press a button on Home, never into silence."""
    person = theatre[name]
    return theatre.press(person, lambda: person.click(person.home, action, **kept))


def test_before_a_sprint_people_plan_vote_and_start_from_home(theatre):
    assert "No sprint needs you now" in home(theatre, "Ana")
    press(theatre, "Ana", "plan.open")
    modal = theatre.modal("Ana").show_all().fill(theatre.plan_values())
    theatre.press(theatre["Ana"], modal.submit)
    theatre.dismiss("Ana")
    theatre.settle()
    assert "Starts" in words_of(theatre["Ana"].home.blocks), "Home is drawn again by itself"
    assert "Say what you expect" in home(theatre, "Ben")
    press(theatre, "Ben", "expect.open")
    theatre.press(theatre["Ben"], theatre.modal("Ben").show_all().fill(EXPECTATION).submit)
    assert "Change what you expect" in words_of(theatre["Ben"].home.blocks)
    assert "Start now" not in home(theatre, "Eve"), "a colleague has no part in it"
    press(theatre, "Ana", "plan.start")
    assert theatre.channel.name.startswith("sprint-")


def test_during_a_sprint_prompt_approval_and_blocker_are_answered_on_home(theatre):
    channel = theatre.start()
    theatre.go(1.1)
    assert "gate" in home(theatre, "Ben")
    press(theatre, "Ben", "prompt.on_track")
    assert "You answered the prompt of hour" in words_of(theatre["Ben"].home.blocks)
    press(theatre, "Ben", "blocker.open_form")
    modal = theatre.modal("Ben").fill(title="The replica needs a signature")
    theatre.press(theatre["Ben"], modal.submit)
    assert "The replica needs a signature" in home(theatre, "Ben")
    press(theatre, "Ben", "blocker.fixed")
    assert "You have no open blockers." in words_of(theatre["Ben"].home.blocks)
    theatre["Ana"].command("/approval", f"security <@{theatre['Cho'].id}> may we", channel=channel)
    theatre["Ana"].command("/approval", f"privacy <@{theatre['Cho'].id}> may we", channel=channel)
    theatre.settle()
    assert home(theatre, "Cho").count("Asked by Ana") == 2
    press(theatre, "Cho", "approval.approve")
    assert words_of(theatre["Cho"].home.blocks).count("Asked by Ana") == 1
    press(theatre, "Cho", "approval.reject")
    modal = theatre.modal("Cho").fill(reason="No assessment yet, come back in March.")
    theatre.press(theatre["Cho"], modal.submit)
    assert "No approvals waiting for you." in words_of(theatre["Cho"].home.blocks)


def test_after_a_sprint_owners_have_their_fixes_and_the_lead_what_if(theatre):
    channel = theatre.start()
    eve = theatre["Eve"].id
    theatre["Ana"].command("/blocker", "Replica access takes 4 weeks", channel=channel)
    theatre.settle()
    theatre.click("Ana", theatre.keyed(":blocker:1"), "blocker.edit")
    theatre.press(theatre["Ana"], theatre.modal("Ana").fill(owner=eve, severity="stops").submit)
    theatre.go(48.1)
    assert "In debrief" in home(theatre, "Ana")
    press(theatre, "Ana", "debrief.what_if")
    theatre.dismiss("Ana")
    press(theatre, "Ana", "debrief.close")
    theatre.press(theatre["Ana"], theatre.modal("Ana").submit)
    theatre.dismiss("Ana")
    theatre.go(0.5)
    assert "Your fixes" in home(theatre, "Eve"), "who owns a fix sees it without being in the team"
    press(theatre, "Eve", "fix.rewrite")
    modal = theatre.modal("Eve").fill(text="Eve opens the replica to the builders by Friday")
    theatre.press(theatre["Eve"], modal.submit)
    assert "Eve opens the replica" in words_of(theatre["Eve"].home.blocks)
    press(theatre, "Eve", "fix.done")
    assert "Your fixes" not in words_of(theatre["Eve"].home.blocks)
    assert "Closed" in home(theatre, "Ana")
    press(theatre, "Ana", "rerun.open")
    assert theatre.modal("Ana").title == "Plan a sprint"
