"""Apps outside the Marketplace: one page of 15 messages a minute tells what a dead bot had sent."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from bot.db.outbox_models import OutboxItem
from bot.outbox import leases, rate_limiter, sender
from bot.outbox.operations import EVENT_TYPE
from bot.outbox.queue import Priority, channel_queue
from bot.outbox.rate_limiter import RateLimiter
from playground.rates import OUTSIDE_MARKETPLACE, Allowance
from tests.stage import key_of

pytestmark = pytest.mark.smoke
QUICK = 0.3
"""Seconds that stand for the minute between two pages."""


@pytest.fixture
def limited(post, monkeypatch):
    """A workspace that gives a page of history in every third of a second."""
    monkeypatch.setattr(rate_limiter, "LIMITED_PER_MINUTE", int(60 / QUICK))
    post.workspace.rates.history = Allowance(1, QUICK * 0.8)
    post.delivery = post.new_delivery(RateLimiter())
    return post


def _change(post, keys, **columns):
    with post.runtime.sessions.begin() as session:
        session.execute(update(OutboxItem).where(OutboxItem.key.in_(keys)).values(**columns))


def _leave_in_doubt(post, *keys, is_there):
    """Write messages that a dead bot had in hand: carried out, or not."""
    for key in keys:
        post.upsert(key, priority=Priority.URGENT if key == "urgent" else Priority.NORMAL)
        if is_there:
            _arrive(post, key)
    _change(post, keys, in_doubt=True, attempts=1, not_before=datetime.now(UTC))


def _arrive(post, key):
    mark = {"id": str(post.item(key).id), "key": key}
    post.client.chat_postMessage(
        channel=post.channel.id,
        text=key,
        metadata={"event_type": EVENT_TYPE, "event_payload": mark},
    )


def _pages(post):
    asked = [*post.workspace.calls("conversations.history")]
    return [call for call in asked if call.accepted], [call for call in asked if not call.accepted]


def _people_write(post, count, thread_ts=None):
    for number in range(count):
        post.ana.post(post.channel, f"line {number}", thread=thread_ts)


@pytest.mark.parametrize("is_there", [True, False])
def test_a_look_through_many_pages_goes_on_where_it_had_to_wait(limited, is_there):
    _leave_in_doubt(limited, "once", is_there=is_there)
    _people_write(limited, 40)
    limited.delivery.start()
    limited.settle()
    assert [key for key, _ in limited.posted()] == ["once"]
    pages, refused = _pages(limited)
    assert len(pages) == 3
    assert len({str(call.arguments.get("cursor")) for call in pages}) == 3
    assert len(refused) <= 1


@pytest.mark.parametrize("is_there", [True, False])
def test_one_page_answers_for_every_message_in_doubt_of_its_channel(limited, is_there):
    _leave_in_doubt(limited, "first", "second", "urgent", is_there=is_there)
    limited.delivery.start()
    limited.settle()
    assert sorted(key for key, _ in limited.posted()) == ["first", "second", "urgent"]
    assert [len(each) for each in _pages(limited)] == [1, 0]


def test_one_that_somebody_tried_meanwhile_is_looked_for_by_itself(limited):
    """What a look tells of another row holds only as long as nobody else had it in hand."""
    _leave_in_doubt(limited, "first", "second", is_there=False)
    name = leases.QueueName(limited.workspace.team_id, channel_queue(limited.channel.id))
    delivery = limited.delivery.sender
    assert leases.lease(limited.runtime.sessions, name, delivery.owner)
    call, effect = delivery.prepare(name, delivery.workspace_of(name.team_id))
    assert [other.item.key for other in call.others] == ["second"]
    _change(limited, ["second"], attempts=2)
    delivery._carry_out(name, call, effect)
    assert limited.item("first").state == "sent"
    assert limited.item("second").in_doubt


def test_a_look_begins_anew_after_another_bot_had_the_row(limited):
    """Else it would go on behind what that bot has posted in the meantime."""
    _leave_in_doubt(limited, "once", is_there=False)
    _people_write(limited, 20)
    name = leases.QueueName(limited.workspace.team_id, channel_queue(limited.channel.id))
    first = limited.delivery.sender
    assert leases.lease(limited.runtime.sessions, name, first.owner)
    limited.wait(lambda: first.step(name).wait)
    assert len(_pages(limited)[0]) == 1
    _arrive(limited, "once")
    tried = limited.item("once").attempts
    _change(limited, ["once"], attempts=tried + 1, not_before=datetime.now(UTC))
    limited.wait(lambda: first.step(name).wait is None)
    assert [key for key, _ in limited.posted()] == ["once"]


def test_an_answer_is_looked_for_among_what_came_since_and_not_in_the_whole_thread(limited):
    limited.upsert("card")
    limited.delivery.start()
    limited.settle()
    limited.delivery.stop()
    parent = limited.item("card").ts
    _people_write(limited, 30, thread_ts=parent)
    limited.upsert("known", thread_key="card")
    limited.delivery = limited.new_delivery(RateLimiter())
    limited.delivery.start()
    limited.settle()
    limited.workspace.faults.play("error_after", "chat.postMessage")
    limited.upsert("answer", thread_key="card")
    limited.settle()
    replies = [key_of(m) for m in limited.channel.messages if m.thread_ts == parent and m.is_reply]
    assert replies.count("answer") == 1
    assert len([c for c in limited.workspace.calls("conversations.replies") if c.accepted]) == 1


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_crash_in_four_channels_is_over_within_five_minutes_at_one_call_a_minute(
    post, monkeypatch
):
    """The real rates: four calls were under way, two of them carried out, when the bot died."""
    monkeypatch.setattr(sender, "CALL_SECONDS", 10)
    monkeypatch.setattr(sender, "DOUBT_SECONDS", 1.0)
    post.workspace.rates.history = OUTSIDE_MARKETPLACE
    post.workspace.enforce_rates = True
    bot = post.workspace.bot_user_id
    channels = [
        post.workspace.add_channel(f"sprint-{number}", creator=bot, members=[bot, post.ana.id])
        for number in range(4)
    ]
    first = post.new_delivery(RateLimiter(unlimited=True))
    for number, channel in enumerate(channels):
        queue = channel_queue(channel.id)
        with post.runtime.uow(post.workspace.team_id) as uow:
            uow.upsert(f"{number}", None, {"text": f"{number}", "blocks": []}, queue=queue)
            uow.upsert(f"{number}:next", None, {"text": "next", "blocks": []}, queue=queue)
        name = leases.QueueName(post.workspace.team_id, queue)
        assert leases.lease(post.runtime.sessions, name, first.owner)
        prepared = first.sender.prepare(name, first.sender.workspace_of(name.team_id))
        assert not isinstance(prepared, sender.StepResult)
        if number % 2:
            prepared[1].perform(prepared[0])
    died = time.monotonic()
    post.delivery = post.new_delivery(RateLimiter())
    threading.Thread(target=post.delivery.start, daemon=True).start()
    post.wait(lambda: not post.delivery.is_idle(), 5)
    post.wait(post.delivery.is_idle, 600)
    took = time.monotonic() - died
    for number, channel in enumerate(channels):
        assert [key_of(m) for m in channel.messages if m.user_id == bot and not m.subtype] == [
            f"{number}",
            f"{number}:next",
        ]
    pages, refused = _pages(post)
    print(f"{took:.0f} s, {len(pages)} pages, {len(refused)} refused")
    assert took < 300
    assert len(pages) == 4
