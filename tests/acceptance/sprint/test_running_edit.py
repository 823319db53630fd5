"""People, channel and quiet hours of a running sprint are replaced in the open."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.db.models import AuditEntry, Sprint
from tests.stage import key_of, open_stage, shown


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    with open_stage(tmp_path_factory.mktemp("running-edit")) as opened:
        yield opened


def said(stage, person):
    return [shown(message) for message in stage[person].dms()]


def a_sprint_is_changed_while_it_runs(stage):
    stage.plan(sponsor=stage["Sam"].id)
    assert any("named you the sponsor of *Churn pilot*" in each for each in said(stage, "Sam"))
    stage.dismiss("Ana")
    stage.command("Ana", "/sprint", "start")
    began = int(stage.clock.now().timestamp())
    assert any(f"<!date^{began}" in each for each in said(stage, "Sam")), "started a day early"
    channel = stage.channel
    stage.command("Ana", "/sprint", "edit", channel)
    form = stage.modal("Ana")
    bot = stage.workspace.bot_user_id
    answer = form.fill(role_data=bot, sponsor=stage["Eve"].id).submit()
    assert "bots and deactivated" in answer.errors["role_data"]
    ben = stage["Ben"].id
    form = stage.modal("Ana")
    stage.press(stage["Ana"], form.fill(role_data=stage["Sam"].id).submit)
    stage.dismiss("Ana")
    line = next(m for m in reversed(stage.posts(channel)) if ":people:" in key_of(m))
    assert f"<@{stage['Sam'].id}> instead of Ben" in shown(line)
    assert f"<@{stage['Eve'].id}> instead of Sam" in shown(line)
    assert stage["Sam"].id in channel.members
    assert "made you the data person of “Churn pilot”" in said(stage, "Sam")[-1]
    assert "gave your role as data person of “Churn pilot” to Sam" in said(stage, "Ben")[-1]
    assert any("named you the sponsor" in each for each in said(stage, "Eve"))
    with stage.bot.core.runtime.reading(stage.workspace.team_id) as uow:
        sprint = uow.session.get_one(Sprint, 1)
        assert {m.role: m.user_id for m in sprint.members}["data"] == stage["Sam"].id
        changed = uow.session.scalars(
            select(AuditEntry).where(AuditEntry.action == "plan_changed")
        ).all()[-1]
    assert changed.facts["changes"]["data"] == [ben, stage["Sam"].id]
    assert "only the sprint's team" in stage.command("Ben", "/sprint", "edit", channel).lower()


def a_channel_that_digests_cannot_reach_is_refused_before_it_is_saved(stage):
    private = stage["Ana"].create_channel("board-only", is_private=True)
    old = stage["Ana"].create_channel("long-gone")
    old.is_archived = True
    stage.command("Ana", "/sprint", "edit", stage.channel)
    form = stage.modal("Ana")
    for channel, words in ((private, "/invite @hour48"), (old, "archived")):
        answer = form.fill(digest_channel=channel.id).submit()
        assert words in answer.errors["digest_channel"]
    public = stage["Ana"].create_channel("board-news")
    stage.workspace.declined |= {"chat:write.public"}
    answer = form.fill(digest_channel=public.id).submit()
    assert "/invite @hour48" in answer.errors["digest_channel"]
    stage.workspace.declined.clear()
    stage["Ana"].invite(private, stage.workspace.bot_user_id)
    stage.press(stage["Ana"], form.fill(digest_channel=private.id).submit)
    stage.dismiss("Ana")
    line = next(m for m in reversed(stage.posts(stage.channel)) if ":people:" in key_of(m))
    assert f"<#{private.id}> instead of none" in shown(line)
    stage.command("Ana", "/sprint", "edit", stage.channel)
    stage.press(stage["Ana"], stage.modal("Ana").fill(digest_channel=public.id).submit)
    stage.dismiss("Ana")


def the_same_name_hour_and_team_is_warned_about(stage):
    stage.plan("Cho", title="Twice")
    stage.dismiss("Cho")
    stage.plan("Cho", title="Twice")
    assert "already a planned sprint" in stage.told("Cho")
    stage.dismiss("Cho")


def a_command_takes_a_number_a_channel_or_offers_the_sprints(stage):
    stage.command("Cho", "/sprint", "cancel 3")
    assert "won't start" in str(stage.modal("Cho").blocks)
    stage.dismiss("Cho")
    told = stage.command("Cho", "/sprint", "edit")
    assert "Which sprint is" in told
    offer = stage["Cho"].ephemerals()[-1]
    numbers = [e["action_id"].split(":")[1] for b in offer.blocks for e in b.get("elements", [])]
    assert numbers == ["3", "2"]
    stage.click("Cho", offer, "sprint.choose:2")
    assert "Twice" in str(stage.modal("Cho").blocks)
    stage.dismiss("Cho")
    assert "Twice" in stage.command("Cho", "/sprint", "status 3")
    assert "Twice" in stage.command("Cho", "/sprint", "status #2")
    channel = stage.channel
    assert "Churn pilot" in stage.command("Cho", "/sprint", f"status #{channel.name}")
    assert "no sprint number 77" in stage.command("Cho", "/sprint", "status 77")
    general = stage.workspace.general.name
    assert "belongs to no sprint" in stage.command("Cho", "/sprint", f"status #{general}")


def test_a_running_sprint_is_edited_and_named_among_planned_ones(stage):
    a_sprint_is_changed_while_it_runs(stage)
    a_channel_that_digests_cannot_reach_is_refused_before_it_is_saved(stage)
    the_same_name_hour_and_team_is_warned_about(stage)
    a_command_takes_a_number_a_channel_or_offers_the_sprints(stage)
