"""People, channel and quiet hours of a running sprint are replaced in the open."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.db.models import AuditEntry, Sprint
from tests.stages import key_of, open_theatre, shown


@pytest.fixture(scope="module")
def theatre(tmp_path_factory):
    with open_theatre(tmp_path_factory.mktemp("running-edit")) as opened:
        yield opened


def said(theatre, person):
    return [shown(message) for message in theatre[person].dms()]


def a_sprint_is_changed_while_it_runs(theatre):
    theatre.plan(sponsor=theatre["Sam"].id)
    assert any("named you the sponsor of *Churn pilot*" in each for each in said(theatre, "Sam"))
    theatre.dismiss("Ana")
    theatre.command("Ana", "/sprint", "start")
    channel = theatre.channel
    theatre.command("Ana", "/sprint", "edit", channel)
    form = theatre.modal("Ana")
    bot = theatre.workspace.bot_user_id
    answer = form.fill(role_data=bot, sponsor=theatre["Eve"].id).submit()
    assert "bots and deactivated" in answer.errors["role_data"]
    ben = theatre["Ben"].id
    form = theatre.modal("Ana")
    theatre.press(theatre["Ana"], form.fill(role_data=theatre["Sam"].id).submit)
    theatre.dismiss("Ana")
    line = next(m for m in reversed(theatre.posts(channel)) if ":people:" in key_of(m))
    assert f"<@{theatre['Sam'].id}> instead of Ben" in shown(line)
    assert f"<@{theatre['Eve'].id}> instead of Sam" in shown(line)
    assert theatre["Sam"].id in channel.members
    assert any("named you the sponsor" in each for each in said(theatre, "Eve"))
    with theatre.bot.core.runtime.reading(theatre.workspace.team_id) as uow:
        sprint = uow.session.get_one(Sprint, 1)
        assert {m.role: m.user_id for m in sprint.members}["data"] == theatre["Sam"].id
        changed = uow.session.scalars(
            select(AuditEntry).where(AuditEntry.action == "plan_changed")
        ).all()[-1]
    assert changed.facts["changes"]["data"] == [ben, theatre["Sam"].id]
    assert "only the sprint's team" in theatre.command("Ben", "/sprint", "edit", channel).lower()


def the_same_name_hour_and_team_is_warned_about(theatre):
    theatre.plan("Cho", title="Twice")
    theatre.dismiss("Cho")
    theatre.plan("Cho", title="Twice")
    assert "already a planned sprint" in theatre.told("Cho")
    theatre.dismiss("Cho")


def a_command_takes_a_number_a_channel_or_offers_the_sprints(theatre):
    told = theatre.command("Cho", "/sprint", "edit")
    assert "Which sprint is" in told
    offer = theatre["Cho"].ephemerals()[-1]
    numbers = [e["action_id"].split(":")[1] for b in offer.blocks for e in b.get("elements", [])]
    assert numbers == ["3", "2"]
    theatre.click("Cho", offer, "sprint.choose:2")
    assert "Twice" in str(theatre.modal("Cho").blocks)
    theatre.dismiss("Cho")
    assert "Twice" in theatre.command("Cho", "/sprint", "status 3")
    assert "Twice" in theatre.command("Cho", "/sprint", "status #2")
    channel = theatre.channel
    assert "Churn pilot" in theatre.command("Cho", "/sprint", f"status #{channel.name}")
    assert "no sprint number 77" in theatre.command("Cho", "/sprint", "status 77")
    general = theatre.workspace.general.name
    assert "belongs to no sprint" in theatre.command("Cho", "/sprint", f"status #{general}")


def test_a_running_sprint_is_edited_and_named_among_planned_ones(theatre):
    a_sprint_is_changed_while_it_runs(theatre)
    the_same_name_hour_and_team_is_warned_about(theatre)
    a_command_takes_a_number_a_channel_or_offers_the_sprints(theatre)
