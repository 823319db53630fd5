"""Long forms: five fields at first, the others behind *More*; a closed one comes back."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from bot.db.draft_models import Draft
from tests.stages import open_theatre, shown

pytestmark = pytest.mark.smoke

PEOPLE = ("Ana", "Ben", "Cho", "Dee")


@pytest.fixture(params=["socket", "http"])
def theatre(request, tmp_path):
    with open_theatre(tmp_path, transport=request.param) as stage:
        yield stage


def fields(modal):
    return [block["block_id"] for block in modal.blocks if block["type"] == "input"]


def opened(theatre, text="plan", command="/sprint", **where):
    theatre["Ana"].command(command, text, **where)
    return theatre.modal("Ana")


def drafts(theatre):
    with theatre.bot.core.runtime.reading_sessions() as session:
        return session.scalar(select(func.count()).select_from(Draft))


def test_five_answers_plan_a_sprint(theatre):
    modal = opened(theatre)
    assert fields(modal) == ["title", "reason_valuable", "people", "start", "sponsor"]
    friday = theatre.at_nine(1)
    assert modal.values["start"]["start"]["selected_date_time"] == friday, (
        "the next morning at nine"
    )
    modal.fill(
        title="Predict which customers cancel",
        reason_valuable="Retention asked.",
        people=[theatre[name].id for name in PEOPLE],
        sponsor=theatre["Eve"].id,
    )
    assert theatre.press(theatre["Ana"], modal.submit).ok
    card = shown(theatre.keyed(":card"))
    assert "Retention asked." in card
    assert card.count("Not confirmed yet.") == 2
    for name in PEOPLE:
        assert f"<@{theatre[name].id}>" in card
    theatre.dismiss("Ana")
    more = opened(theatre, "edit").show_all()
    assert more.values["use_case"]["use_case"]["selected_option"]["value"] == "churn"
    assert more.values["timezone"]["timezone"]["value"] == "Europe/Berlin"
    assert more.values["role_approver"]["role_approver"]["selected_user"] == theatre["Cho"].id


def test_fewer_people_than_roles_are_asked_about_before_they_play_two(theatre):
    modal = opened(theatre)
    modal.fill(title="Small team", reason_valuable="Worth it.", people=[theatre["Ben"].id])
    theatre.press(theatre["Ana"], modal.submit)
    assert "would fill" in str(modal.blocks)
    modal.fill(doubles=["yes"])
    theatre.press(theatre["Ana"], modal.submit)
    assert "is planned for" in theatre.told("Ana")


def test_the_first_screen_names_what_is_missing_at_its_field(theatre):
    modal = opened(theatre)
    modal.fill(title="x", reason_valuable=None, people=None)
    assert set(modal.submit().errors) == {"reason_valuable", "people"}


def test_more_keeps_what_was_typed_and_a_short_edit_keeps_what_it_does_not_show(theatre):
    theatre.plan(
        use_case="inventory", reason_real_data="The till's own table.", quiet_from="22:00",
        quiet_until="07:00",
    )  # fmt: skip
    theatre.dismiss("Ana")
    modal = opened(theatre, "edit").fill(title="Renamed")
    assert "people" in fields(modal)
    theatre.press(theatre["Ana"], modal.submit)
    theatre.dismiss("Ana")
    modal = opened(theatre, "edit").fill(reason_valuable="Typed before More.").show_all()
    assert modal.values["reason_valuable"]["reason_valuable"]["value"] == "Typed before More."
    assert modal.values["title"]["title"]["value"] == "Renamed"
    assert modal.values["use_case"]["use_case"]["selected_option"]["value"] == "inventory"
    assert modal.values["quiet_from"]["quiet_from"]["selected_time"] == "22:00"
    assert modal.values["reason_real_data"]["reason_real_data"]["value"] == "The till's own table."
    assert modal.values["role_data"]["role_data"]["selected_user"] == theatre["Ben"].id


def test_a_closed_form_comes_back_as_it_was_until_it_is_sent(theatre):
    modal = opened(theatre).show_all()
    modal.fill(title="Half typed", quiet_from="23:00", role_data=theatre["Ben"].id)
    modal.close()
    theatre.settle()
    theatre.workspace.wait_until(lambda: drafts(theatre) == 1, 5)
    again = opened(theatre)
    assert "Restored what you typed" in str(again.blocks)
    assert again.values["title"]["title"]["value"] == "Half typed"
    assert again.values["quiet_from"]["quiet_from"]["selected_time"] == "23:00"
    assert again.values["role_data"]["role_data"]["selected_user"] == theatre["Ben"].id
    theatre["Eve"].command("/sprint", "plan")
    assert "Half typed" not in str(theatre.modal("Eve").blocks), "a draft is its writer's alone"
    again.fill(theatre.plan_values(quiet_until="07:00"))
    answer = theatre.press(theatre["Ana"], again.submit)
    assert answer.ok, answer
    theatre.dismiss("Ana")
    assert drafts(theatre) == 0
    assert "Restored" not in str(opened(theatre).blocks)


def test_a_draft_can_be_discarded_and_an_untouched_form_leaves_none(theatre):
    modal = opened(theatre)
    modal.close()
    theatre.settle()
    assert drafts(theatre) == 0
    opened(theatre).fill(title="Nothing for now").close()
    theatre.workspace.wait_until(lambda: drafts(theatre) == 1, 5)
    again = opened(theatre)
    theatre.press(theatre["Ana"], lambda: again.click("draft.discard"))
    assert "Draft discarded" in str(again.blocks)
    again.close()
    fresh = opened(theatre)
    assert not fresh.values["title"]["title"]["value"]


def test_a_blocker_asks_for_five_fields_and_shows_the_rest_on_demand(theatre):
    channel = theatre.start()
    modal = opened(theatre, "", "/blocker", channel=channel)
    assert fields(modal) == ["title", "severity", "lead_time", "waits_for", "owner"]
    modal.fill(title="Legal wants a DPIA for the model").show_all()
    assert modal.values["title"]["title"]["value"] == "Legal wants a DPIA for the model"
    modal.fill(kind="approval_process", remedy="governance")
    theatre.press(theatre["Ana"], modal.submit)
    card = theatre.keyed(":blocker:1")
    theatre.click("Ana", card, "blocker.edit")
    modal = theatre.modal("Ana").fill(title="Legal wants two DPIAs for the model")
    theatre.press(theatre["Ana"], modal.submit)
    theatre.click("Ana", theatre.keyed(":blocker:1"), "blocker.edit")
    modal = theatre.modal("Ana").show_all()
    assert modal.values["remedy"]["remedy"]["selected_option"]["value"] == "governance"
    assert modal.values["kind"]["kind"]["selected_option"]["value"] == "approval_process"
