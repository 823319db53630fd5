"""Lists in answers to commands: a table, or its plain twin where Slack refuses tables."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.db.outbox_models import BlockRefusal
from bot.slack import native
from tests.stage import open_stage, shown

pytestmark = pytest.mark.smoke


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """A running sprint with a blocker and a request."""
    folder = tmp_path_factory.mktemp("lists")
    with open_stage(folder) as stage:
        stage.start()
        stage.command("Ana", "/blocker", "No credentials until a form is signed", stage.channel)
        stage.command("Ana", "/approval", f"security <@{stage['Cho'].id}> one call", stage.channel)
        yield stage


LISTS = [
    ("/blocker", "list", "No credentials"),
    ("/approval", "list", "one call"),
    ("/sprint", "list", "Churn pilot"),
]


def newest(stage, name, command, text):
    stage.command(name, command, text, stage.channel)
    return stage[name].ephemerals()[-1]


def _is_remembered(stage):
    with stage.bot.core.runtime.reading(stage.workspace.team_id) as uow:
        return uow.session.scalar(select(BlockRefusal.block)) == "data_table"


def kinds(message):
    return {block["type"] for block in message.blocks}


@pytest.mark.parametrize(("command", "text", "words"), LISTS)
def test_a_list_is_a_table(stage, command, text, words):
    told = newest(stage, "Ana", command, text)
    assert "data_table" in kinds(told)
    assert words in str(told.blocks)
    assert native.TWIN not in str(told.blocks)


def test_the_list_of_sprints_gives_starts_in_the_asker_s_zone(stage):
    said = stage.command("Ana", "/sprint", "list")
    assert "Start (Europe/Berlin)" in said
    started = stage.clock.now().astimezone(ZoneInfo("Europe/Berlin"))
    assert f"{started:%Y-%m-%d}" in said


@pytest.mark.parametrize(("command", "text", "words"), LISTS)
def test_where_slack_refuses_tables_the_plain_list_comes_and_that_is_remembered(
    stage, command, text, words
):
    stage.workspace.faults.refused_blocks = frozenset({"data_table"})
    newest(stage, "Ben", command, text)
    stage.workspace.wait_until(lambda: _is_remembered(stage))
    for _ in range(2):
        told = newest(stage, "Ben", command, text)
        assert "data_table" not in kinds(told)
        assert words in shown(told)
    refused = [
        call for call in stage.workspace.calls("response_url") if not call.answer.get("ok", True)
    ]
    assert len(refused) <= 1, "the workspace is asked once"
