"""Whatever goes wrong, each message is in Slack once, in order, with its newest words."""

from __future__ import annotations

import time

import pytest

from bot.db.models import Sprint
from bot.outbox import sender
from bot.outbox.queue import Priority, sprint_queue
from bot.outbox.rate_limiter import RateLimiter
from playground.faults import FAULT_NAMES
from tests.databases import KINDS
from tests.runtimes import HOUR_0
from tests.stage import buttons_of, shown

KEYS = [f"message:{number}" for number in range(6)]


@pytest.mark.parametrize("post", KINDS, indirect=True)
@pytest.mark.parametrize("fault", [name for name in FAULT_NAMES if name != "timeout_after"])
def test_one_fault_in_the_middle_changes_nothing(post, fault):
    post.workspace.faults.retry_after = 0
    post.workspace.faults.play(fault, "chat.postMessage", skip=2)
    for key in KEYS:
        post.upsert(key)
    post.delivery.start()
    post.settle()
    assert [key for key, _ in post.posted()] == KEYS
    assert any(call.fault for call in post.workspace.calls("chat.postMessage"))


def test_an_answer_that_comes_too_late_changes_nothing(post, monkeypatch):
    post.client.timeout = 1
    post.workspace.faults.hang = 1.5
    post.workspace.faults.play("timeout_after", "chat.postMessage")
    for key in KEYS[:2]:
        post.upsert(key)
    post.delivery.start()
    post.settle()
    assert [key for key, _ in post.posted()] == KEYS[:2]


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_many_faults_at_once_change_nothing(post, seed):
    faults = [name for name in FAULT_NAMES if name != "timeout_after"]
    post.workspace.faults.retry_after = 0
    post.workspace.faults.play_at_random(seed, 0.06, faults)
    post.delivery.start()
    for round_ in range(3):
        for key in KEYS:
            post.upsert(key, f"{key} in round {round_}")
    post.wait(post.delivery.is_idle, 30)
    assert [key for key, _ in post.posted()] == KEYS
    assert {text for _, text in post.posted()} == {f"{key} in round 2" for key in KEYS}


def test_a_refusal_for_too_many_calls_waits_as_long_as_it_says(post):
    post.workspace.faults.retry_after = 1
    post.workspace.faults.play("ratelimited", "chat.postMessage")
    post.delivery.start()
    began = time.monotonic()
    post.upsert("late")
    post.settle()
    assert time.monotonic() - began >= 0.95
    assert len(post.workspace.calls("chat.postMessage")) == 2


def test_changes_of_one_message_are_merged_into_the_newest(post):
    for round_ in range(20):
        post.upsert("card", f"round {round_}")
    post.delivery.start()
    post.settle()
    assert post.posted() == [("card", "round 19")]
    assert len(post.workspace.calls("chat.postMessage")) == 1
    assert not post.workspace.calls("chat.update")


def test_what_changes_while_it_is_being_posted_is_updated(post):
    post.workspace.faults.latency = 0.3
    post.delivery.start()
    post.upsert("card", "before")
    post.wait(lambda: post.item("card").attempts)
    post.upsert("card", "after")
    post.settle()
    assert post.posted() == [("card", "after")]


def test_what_is_found_after_a_doubt_gets_its_newest_words(post):
    post.workspace.faults.play("drop_after", "chat.postMessage")
    post.delivery.start()
    post.upsert("card", "before")
    post.wait(post.posted)
    post.upsert("card", "after")
    post.settle()
    assert post.posted() == [("card", "after")]


def test_what_is_urgent_overtakes_a_digest(post):
    post.upsert("digest", priority=Priority.DIGEST)
    post.upsert("normal")
    post.upsert("urgent", priority=Priority.URGENT)
    post.delivery.start()
    post.settle()
    assert [key for key, _ in post.posted()] == ["urgent", "normal", "digest"]


def test_an_answer_waits_for_the_message_that_it_answers(post):
    post.workspace.faults.play("error_before", "chat.postMessage", times=2)
    post.upsert("parent")
    post.upsert("child", thread_key="parent")
    post.delivery.start()
    post.settle()
    (parent,) = [m for m in post.channel.messages if m.text == "parent"]
    (child,) = [m for m in post.channel.messages if m.text == "child"]
    assert child.thread_ts == parent.ts


def test_an_answer_that_was_lost_is_looked_for_in_its_thread(post):
    post.upsert("parent")
    post.delivery.start()
    post.settle()
    post.workspace.faults.play("error_after", "chat.postMessage")
    post.upsert("child", thread_key="parent")
    post.settle()
    assert [key for key, _ in post.posted()] == ["parent", "child"]


@pytest.mark.parametrize("post", KINDS, indirect=True)
@pytest.mark.smoke
def test_a_bot_that_dies_with_a_call_under_way_is_finished_by_the_next(post, monkeypatch):
    """The first delivery is gone for good: it never gives its queue back."""
    post.workspace.faults.play("drop_after", "chat.postMessage")
    monkeypatch.setattr(post.delivery.sender, "_after_trouble", _die)
    post.upsert("once")
    post.upsert("twice")
    post.delivery.start()
    post.wait(post.posted)
    post.delivery._stop.set()
    second = post.new_delivery()
    _expire_leases(post)
    second.start()
    post.wait(second.is_idle)
    second.stop()
    assert [key for key, _ in post.posted()] == ["once", "twice"]


def _die(*_args):
    raise SystemExit


def _expire_leases(post):
    from datetime import timedelta

    from sqlalchemy import update

    from bot.db.outbox_models import QueueLease

    with post.runtime.sessions.begin() as session:
        session.execute(update(QueueLease).values(leased_until=HOUR_0 - timedelta(days=1)))


@pytest.mark.parametrize("post", ["postgresql"], indirect=True)
def test_two_bots_side_by_side_post_each_once_and_in_order(post):
    second = post.new_delivery()
    post.delivery.start()
    second.start()
    for number in range(30):
        post.upsert(f"message:{number:02}")
    post.settle()
    second.stop()
    keys = [key for key, _ in post.posted()]
    assert keys == sorted(keys)
    assert len(keys) == 30


def test_slacks_rates_are_kept(post):
    post.workspace.enforce_rates = True
    post.delivery = post.new_delivery(RateLimiter())
    post.delivery.start()
    began = time.monotonic()
    for number in range(3):
        post.upsert(f"message:{number}")
    post.settle()
    assert time.monotonic() - began >= 2
    assert not [call for call in post.workspace.journal if not call.answer.get("ok")]


# --- refused for good ---------------------------------------------------------------------------


def _sprint(post, **columns):
    with post.runtime.uow(post.workspace.team_id) as uow:
        sprint = Sprint(
            team_id=post.workspace.team_id,
            title="Churn <!channel>",
            use_case="churn",
            status="running",
            lead_id=post.ana.id,
            planned_start=HOUR_0,
            created_at=HOUR_0,
            **columns,
        )
        uow.session.add(sprint)
        uow.session.flush()
        return sprint.id


def test_a_channel_that_slack_refuses_for_good_is_told_to_the_lead_who_tries_again(post):
    sprint_id = _sprint(post)
    post.workspace.manifest = _without(post.workspace.manifest, "channels:manage")
    refused = post.workspace.manifest
    body = {"names": ["No Capitals!"], "private": False}
    post.workspace.manifest = _with(refused, "channels:manage")
    with post.runtime.uow(post.workspace.team_id) as uow:
        uow.upsert("channel", None, body, kind="create_channel", sprint_id=sprint_id)
        uow.upsert("welcome", None, {"text": "Welcome", "blocks": []}, sprint_id=sprint_id)
    post.delivery.start()
    post.wait(lambda: post.item("channel").state == "failed")
    post.wait(post.ana.dms)
    told = post.ana.dms()[-1]
    assert "invalid_name" in shown(told)
    assert "&lt;!channel&gt;" in shown(told)
    assert buttons_of(told) == ["outbox.retry"]
    assert not told.mentions
    with post.runtime.uow(post.workspace.team_id) as uow:
        uow.upsert(
            "channel",
            None,
            {"names": ["sprint-good"], "private": False},
            kind="create_channel",
            sprint_id=sprint_id,
        )
    post.settle()
    assert any(channel.name == "sprint-good" for channel in post.workspace.channels.values())


def _without(manifest, scope):
    from dataclasses import replace

    return replace(manifest, scopes=manifest.scopes - {scope})


def _with(manifest, scope):
    from dataclasses import replace

    return replace(manifest, scopes=manifest.scopes | {scope})


def test_what_is_refused_blocks_nothing_behind_it(post):
    sprint_id = _sprint(post, channel_id=post.channel.id)
    queue = sprint_queue(sprint_id)
    with post.runtime.uow(post.workspace.team_id) as uow:
        uow.upsert(
            "broken",
            None,
            {"text": "x", "blocks": [{"type": "nonsense"}]},
            queue=queue,
            sprint_id=sprint_id,
        )
        uow.upsert("fine", None, {"text": "fine", "blocks": []}, queue=queue, sprint_id=sprint_id)
        uow.upsert(
            "pin", None, {"message_key": "broken"}, queue=queue, kind="pin", sprint_id=sprint_id
        )
        uow.upsert("after", None, {"text": "after", "blocks": []}, queue=queue, sprint_id=sprint_id)
    post.delivery.start()
    post.settle()
    assert [key for key, _ in post.posted()] == ["fine", "after"]
    assert post.item("broken").state == "failed"
    assert post.item("pin").state == "failed"
    post.wait(post.ana.dms)
    assert "invalid_blocks" in shown(post.ana.dms()[-1])


def test_a_missing_scope_waits_for_the_administrator_and_loses_nothing(post, monkeypatch):
    monkeypatch.setattr(sender, "LOCKED_OUT_SECONDS", 0.2)
    whole = post.workspace.manifest
    post.workspace.manifest = _without(whole, "chat:write")
    post.delivery.start()
    post.upsert("patient")
    post.wait(lambda: post.item("patient").error == "missing_scope")
    post.workspace.manifest = whole
    post.settle()
    assert [key for key, _ in post.posted()] == ["patient"]


def test_somebody_who_cannot_be_written_to_keeps_nobody_else_waiting(post):
    with post.runtime.uow(post.workspace.team_id) as uow:
        uow.upsert("nobody", None, {"text": "x", "blocks": []}, to="UNOBODY")
        uow.upsert("somebody", None, {"text": "hello", "blocks": []}, to=post.ana.id)
    post.delivery.start()
    post.settle()
    assert post.item("nobody").state == "failed"
    assert [message.text for message in post.ana.dms()] == ["hello"]


def test_an_upload_whose_answer_was_lost_is_shared_once(post):
    body = {"filename": "a.csv", "title": "A", "content": "YQ==", "comment": "Here", "share": True}
    post.workspace.faults.play("drop_after", "files.completeUploadExternal")
    with post.runtime.uow(post.workspace.team_id) as uow:
        uow.upsert("file", None, body, queue=f"channel:{post.channel.id}", kind="upload")
    post.delivery.start()
    post.settle()
    assert len([message for message in post.channel.messages if message.files]) == 1
