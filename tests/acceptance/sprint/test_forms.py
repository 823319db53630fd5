"""Long forms: five fields at first, the others behind *More*; a closed one comes back."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from bot.db.draft_models import Draft
from tests.stage import open_stage, shown

pytestmark = pytest.mark.smoke

PEOPLE = ("Ana", "Ben", "Cho", "Dee")


@pytest.fixture
def stage(tmp_path):
    with open_stage(tmp_path) as stage:
        yield stage


def fields(modal):
    return [block["block_id"] for block in modal.blocks if block["type"] == "input"]


def opened(stage, text="plan", command="/sprint", **where):
    stage["Ana"].command(command, text, **where)
    return stage.modal("Ana")


def drafts(stage):
    with stage.bot.core.runtime.reading_sessions() as session:
        return session.scalar(select(func.count()).select_from(Draft))


def test_five_answers_plan_a_sprint(stage):
    modal = opened(stage)
    assert fields(modal) == ["title", "reason_valuable", "people", "start", "sponsor"]
    friday = stage.at_nine(1)
    assert modal.values["start"]["start"]["selected_date_time"] == friday, (
        "the next morning at nine"
    )
    modal.fill(
        title="Predict which customers cancel",
        reason_valuable="Retention asked.",
        people=[stage[name].id for name in PEOPLE],
        sponsor=stage["Eve"].id,
    )
    assert stage.press(stage["Ana"], modal.submit).ok
    card = shown(stage.keyed(":card"))
    assert "Retention asked." in card
    assert card.count("Not confirmed yet.") == 2
    for name in PEOPLE:
        assert f"<@{stage[name].id}>" in card
    stage.dismiss("Ana")
    more = opened(stage, "edit").show_all()
    assert more.values["use_case"]["use_case"]["selected_option"]["value"] == "churn"
    assert more.values["timezone"]["timezone"]["value"] == "Europe/Berlin"
    assert more.values["role_approver"]["role_approver"]["selected_user"] == stage["Cho"].id


def test_fewer_people_than_roles_are_asked_about_before_they_play_two(stage):
    modal = opened(stage)
    modal.fill(title="Small team", reason_valuable="Worth it.", people=[stage["Ben"].id])
    stage.press(stage["Ana"], modal.submit)
    assert "would fill" in str(modal.blocks)
    modal.fill(doubles=["yes"])
    stage.press(stage["Ana"], modal.submit)
    assert "is planned for" in stage.told("Ana")


def test_the_first_screen_names_what_is_missing_at_its_field(stage):
    modal = opened(stage)
    modal.fill(title="x", reason_valuable=None, people=None)
    assert set(modal.submit().errors) == {"reason_valuable", "people"}


def test_more_keeps_what_was_typed_and_a_short_edit_keeps_what_it_does_not_show(stage):
    stage.plan(
        use_case="inventory",
        reason_real_data="The till's own table.",
        quiet_from="22:00",
        quiet_until="07:00",
    )
    stage.dismiss("Ana")
    modal = opened(stage, "edit").fill(title="Renamed")
    assert "people" in fields(modal)
    stage.press(stage["Ana"], modal.submit)
    stage.dismiss("Ana")
    modal = opened(stage, "edit").fill(reason_valuable="Typed before More.").show_all()
    assert modal.values["reason_valuable"]["reason_valuable"]["value"] == "Typed before More."
    assert modal.values["title"]["title"]["value"] == "Renamed"
    assert modal.values["use_case"]["use_case"]["selected_option"]["value"] == "inventory"
    assert modal.values["quiet_from"]["quiet_from"]["selected_time"] == "22:00"
    assert modal.values["reason_real_data"]["reason_real_data"]["value"] == "The till's own table."
    assert modal.values["role_data"]["role_data"]["selected_user"] == stage["Ben"].id


def test_a_closed_form_comes_back_as_it_was_until_it_is_sent(stage):
    modal = opened(stage).show_all()
    modal.fill(title="Half typed", quiet_from="23:00", role_data=stage["Ben"].id)
    modal.close()
    stage.settle()
    stage.workspace.wait_until(lambda: drafts(stage) == 1, 5)
    again = opened(stage)
    assert "Restored what you typed" in str(again.blocks)
    assert again.values["title"]["title"]["value"] == "Half typed"
    assert again.values["quiet_from"]["quiet_from"]["selected_time"] == "23:00"
    assert again.values["role_data"]["role_data"]["selected_user"] == stage["Ben"].id
    stage["Eve"].command("/sprint", "plan")
    assert "Half typed" not in str(stage.modal("Eve").blocks), "a draft is its writer's alone"
    again.fill(stage.plan_values(quiet_until="07:00"))
    answer = stage.press(stage["Ana"], again.submit)
    assert answer.ok, answer
    stage.dismiss("Ana")
    assert drafts(stage) == 0
    assert "Restored" not in str(opened(stage).blocks)


def test_a_draft_can_be_discarded_and_an_untouched_form_leaves_none(stage):
    modal = opened(stage)
    modal.close()
    stage.settle()
    assert drafts(stage) == 0
    opened(stage).fill(title="Nothing for now").close()
    stage.workspace.wait_until(lambda: drafts(stage) == 1, 5)
    again = opened(stage)
    stage.press(stage["Ana"], lambda: again.click("draft.discard"))
    assert "Draft discarded" in str(again.blocks)
    again.close()
    fresh = opened(stage)
    assert not fresh.values["title"]["title"]["value"]


def test_a_blocker_asks_for_five_fields_and_shows_the_rest_on_demand(stage):
    channel = stage.start()
    modal = opened(stage, "", "/blocker", channel=channel)
    assert fields(modal) == ["title", "severity", "lead_time", "waits_for", "owner"]
    modal.fill(title="Legal wants a DPIA for the model").show_all()
    assert modal.values["title"]["title"]["value"] == "Legal wants a DPIA for the model"
    modal.fill(kind="approval_process", remedy="governance")
    stage.press(stage["Ana"], modal.submit)
    card = stage.keyed(":blocker:1")
    stage.click("Ana", card, "blocker.edit")
    modal = stage.modal("Ana").fill(title="Legal wants two DPIAs for the model")
    stage.press(stage["Ana"], modal.submit)
    stage.click("Ana", stage.keyed(":blocker:1"), "blocker.edit")
    modal = stage.modal("Ana").show_all()
    assert modal.values["remedy"]["remedy"]["selected_option"]["value"] == "governance"
    assert modal.values["kind"]["kind"]["selected_option"]["value"] == "approval_process"
