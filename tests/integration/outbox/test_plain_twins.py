"""Newer blocks: sent as they are, and their plain twin where Slack refuses them, once."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.db.outbox_models import BlockRefusal
from bot.messages.templates import Template
from bot.outbox.queue import channel_queue
from bot.rendering import RENDERERS
from bot.slack import blocks, native
from playground.faults import FAULT_NAMES
from tests.databases import KINDS
from tests.stage import key_of

pytestmark = pytest.mark.smoke

TABLE = native.data_table(
    "Open blockers",
    ["No.", "Blocker"],
    [[1, "No credentials"]],
    [blocks.section("1. No credentials")],
)
CHART = native.chart(
    "bar", "Hours lost", ["Technical"], {"Hours": [3.5]}, [blocks.section("Technical: 3.5 h")]
)


@pytest.fixture
def native_post(post, monkeypatch):
    """An outbox whose `line` template shows a table, and a chart on request."""

    def render(_uow, _sprint, args):
        shown = [blocks.section(args["text"]), TABLE, *([CHART] if args.get("chart") else [])]
        return blocks.message(args["text"], shown)

    monkeypatch.setitem(RENDERERS, Template.LINE, render)
    post.say = lambda key, **args: _upsert(post, key, {"text": key, **args})
    return post


def _upsert(post, key, args):
    with post.runtime.uow(post.workspace.team_id) as uow:
        uow.upsert(key, Template.LINE, args, queue=channel_queue(post.channel.id))


def kinds(post):
    mine = [m for m in post.channel.messages if m.user_id == post.workspace.bot_user_id]
    return [(key_of(one), [block["type"] for block in one.blocks]) for one in mine]


def refused(post):
    with post.runtime.reading(post.workspace.team_id) as uow:
        return set(uow.session.scalars(select(BlockRefusal.block)))


def attempts(post):
    return len(post.workspace.calls("chat.postMessage"))


def test_a_slack_that_knows_the_blocks_gets_them_without_their_twins(native_post):
    native_post.say("a", chart=True)
    native_post.delivery.start()
    native_post.settle()
    assert kinds(native_post) == [("a", ["section", "data_table", "data_visualization"])]
    assert native.TWIN not in str(native_post.channel.messages[-1].blocks)
    assert refused(native_post) == set()


@pytest.mark.parametrize("post", KINDS, indirect=True)
def test_a_refused_block_gives_way_to_its_twin_and_the_workspace_is_remembered(native_post):
    native_post.workspace.faults.refused_blocks = frozenset({"data_table"})
    native_post.say("a", chart=True)
    native_post.delivery.start()
    native_post.settle()
    assert kinds(native_post) == [("a", ["section", "section", "data_visualization"])]
    assert refused(native_post) == {"data_table"}, "only the block that Slack pointed at"
    before = attempts(native_post)
    native_post.say("b")
    native_post.settle()
    assert kinds(native_post)[-1] == ("b", ["section", "section"])
    assert attempts(native_post) == before + 1, "it is not tried in vain again"


@pytest.mark.parametrize("post", KINDS, indirect=True)
@pytest.mark.parametrize("fault", [name for name in FAULT_NAMES if name != "timeout_after"])
@pytest.mark.parametrize("skip", [0, 1])
def test_the_twin_is_there_once_whatever_goes_wrong_on_the_way(native_post, fault, skip):
    native_post.workspace.faults.refused_blocks = native.NATIVE
    native_post.workspace.faults.retry_after = 0
    native_post.workspace.faults.play(fault, "chat.postMessage", skip=skip)
    for key in ("a", "b"):
        native_post.say(key, chart=True)
    native_post.delivery.start()
    native_post.settle()
    assert kinds(native_post) == [("a", ["section"] * 3), ("b", ["section"] * 3)]
    assert all(native_post.item(key).state == "sent" for key in ("a", "b"))


def test_a_native_message_is_updated_plainly_once_slack_refuses(native_post):
    native_post.say("a")
    native_post.delivery.start()
    native_post.settle()
    native_post.workspace.faults.refused_blocks = frozenset({"data_table"})
    native_post.say("a", chart=True)
    native_post.settle()
    assert kinds(native_post) == [("a", ["section", "section", "data_visualization"])]


def test_what_is_wrong_with_a_plain_block_is_no_refusal_of_a_newer_one(native_post, monkeypatch):
    def render(_uow, _sprint, _args):
        return {"text": "x", "blocks": [{"type": "section"}, TABLE]}

    monkeypatch.setitem(RENDERERS, Template.LINE, render)
    native_post.say("a")
    native_post.delivery.start()
    native_post.wait(lambda: native_post.item("a").state == "failed")
    assert refused(native_post) == set()


def test_a_refusal_is_tried_again_after_a_month(native_post):
    native_post.workspace.faults.refused_blocks = frozenset({"data_table"})
    native_post.say("a")
    native_post.delivery.start()
    native_post.settle()
    native_post.workspace.faults.refused_blocks = frozenset()
    from datetime import UTC, datetime, timedelta

    with native_post.runtime.uow(native_post.workspace.team_id) as uow:
        uow.session.scalars(select(BlockRefusal)).one().refused_at = datetime.now(UTC) - timedelta(
            31
        )
    native_post.say("b")
    native_post.settle()
    assert kinds(native_post)[-1] == ("b", ["section", "data_table"])
