"""Who is replaced in a running sprint leaves nothing behind: asks, pings and buttons go on."""

from __future__ import annotations

import pytest

from tests.acceptance.sprint.test_home import home, press
from tests.stage import buttons_of, open_stage, shown

pytestmark = pytest.mark.smoke


@pytest.fixture
def stage(tmp_path):
    with open_stage(tmp_path, transport="http") as stage:
        yield stage


def said(stage, name, since=0):
    return "\n".join(shown(message) for message in stage[name].dms()[since:])


def replace(stage, **people):
    stage.command("Ana", "/sprint", "edit", stage.channel)
    values = {block: stage[name].id for block, name in people.items()}
    stage.press(stage["Ana"], stage.modal("Ana").fill(values).submit)
    stage.dismiss("Ana")


def test_what_waits_for_who_is_replaced_waits_for_who_came(stage):
    channel = stage.start()
    stage.go(1.1)
    stage.command("Ana", "/approval", "security @Cho may we", channel)
    stage.command("Ana", "/blocker", "Replica access takes 4 weeks", channel)
    stage.click("Ana", stage.keyed(":blocker:1"), "blocker.edit")
    stage.press(stage["Ana"], stage.modal("Ana").fill(owner=stage["Ben"].id).submit)
    asked = next(one for one in stage["Cho"].dms() if "approval.approve" in buttons_of(one))
    button = next(
        each
        for block in asked.blocks
        for each in block.get("elements", [])
        if each.get("action_id") == "approval.approve"
    )
    before = {name: len(stage[name].dms()) for name in ("Ben", "Cho", "Eve", "Sam")}
    replace(stage, role_approver="Sam", role_data="Eve")
    assert "You took over request 1." in said(stage, "Sam")
    assert "to Sam, with request 1." in said(stage, "Cho")
    assert ": <#" + channel.id + ">. You took over blocker 1." in said(stage, "Eve")
    assert "No approvals waiting for you." in home(stage, "Cho")
    assert "You have no open blockers." in home(stage, "Ben")
    assert "Replica access takes 4 weeks" in home(stage, "Eve")
    stage.press_stale("Cho", asked, button)
    assert "Request 1 is with Sam now. Only Sam can answer it." in stage.told("Cho")
    left = {name: len(stage[name].dms()) for name in ("Ben", "Cho")}
    assert left["Ben"] == before["Ben"] + 1
    home(stage, "Sam")
    press(stage, "Sam", "approval.approve")
    stage.go(40)
    assert {name: len(stage[name].dms()) for name in left} == left, "they are asked no more"
    assert "Replica access takes 4 weeks" in said(stage, "Eve", before["Eve"] + 1)


def test_after_a_silence_who_replaced_the_requester_is_asked(stage):
    channel = stage.start()
    stage.command("Dee", "/approval", "security @Cho may we", channel)
    replace(stage, role_business="Eve")
    before = {name: len(stage[name].dms()) for name in ("Dee", "Eve")}
    stage.go(17)
    assert "No answer on security" in said(stage, "Eve", before["Eve"])
    assert len(stage["Dee"].dms()) == before["Dee"], "who left is asked no more"
