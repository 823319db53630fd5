"""Slack's rates: nearly all of what is allowed is used under a backlog, and never more."""

from __future__ import annotations

import math
from collections import deque

import pytest

from bot.slack import delivery as delivery_module
from bot.slack.delivery import Delivery, Workspace, quiet_client
from bot.slack.outbox import Priority, channel_lane
from bot.slack.pace import PER_MINUTE, Pace
from bot.usecases.mishaps import tell_lead
from tests.houses import open_house


class Watch:
    """A clock that is moved on by hand."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def _backlog(pace, watch, method, minutes, channels=()):
    """Call as fast as the pace allows, and return when each call went."""
    times, lanes = [], list(channels) or [None]
    end = watch.now + minutes * 60
    while watch.now < end:
        waits = []
        for channel in lanes:
            wait = pace.wait("T1", method, channel)
            if not wait:
                times.append(watch.now)
            waits.append(wait)
        watch.now += max(0.001, min(waits)) if all(waits) else 0.0
        watch.now += 1e-6
    return times


def _most_in(times, seconds):
    window, most = deque(), 0
    for moment in times:
        window.append(moment)
        while window[0] <= moment - seconds:
            window.popleft()
        most = max(most, len(window))
    return most


@pytest.mark.parametrize("method", sorted(PER_MINUTE))
def test_no_minute_holds_more_calls_than_allowed_and_nine_tenths_are_used(method):
    watch = Watch()
    minutes = 20
    times = _backlog(Pace(monotonic=watch), watch, method, minutes)
    assert _most_in(times, 60.0) <= PER_MINUTE[method]
    assert len(times) >= 0.9 * PER_MINUTE[method] * minutes


def test_a_burst_after_a_pause_does_not_break_the_minute_either():
    watch = Watch()
    pace = Pace(monotonic=watch)
    times = _backlog(pace, watch, "chat.update", 2)
    watch.now += 3600
    times += _backlog(pace, watch, "chat.update", 3)
    assert _most_in(times, 60.0) <= PER_MINUTE["chat.update"]


def test_a_channel_gets_one_message_a_second_and_ten_channels_fill_the_workspace():
    watch = Watch()
    alone = _backlog(Pace(monotonic=watch), watch, "chat.postMessage", 2, ["C1"])
    assert _most_in(alone, 4.0) <= 4
    assert len(alone) >= 0.9 * 120
    watch = Watch()
    many = [f"C{number}" for number in range(10)]
    together = _backlog(Pace(monotonic=watch), watch, "chat.postMessage", 5, many)
    assert _most_in(together, 60.0) <= PER_MINUTE["chat.postMessage"]
    assert len(together) >= 0.9 * PER_MINUTE["chat.postMessage"] * 5


def test_a_message_that_took_long_to_arrive_puts_off_the_next():
    watch = Watch()
    pace = Pace(monotonic=watch)
    assert pace.wait("T1", "chat.postMessage", "C1") == 0
    watch.now += 3
    pace.arrived("T1", "C1")
    assert pace.wait("T1", "chat.postMessage", "C1") == pytest.approx(0.95)


def test_looking_before_sending_again_counts_too_and_both_go_or_none():
    watch = Watch()
    pace = Pace(monotonic=watch)
    pace.block("T1", "conversations.history", 7)
    wait = pace.wait("T1", "chat.postMessage", "C1", also="conversations.history")
    assert wait == pytest.approx(7)
    assert pace.wait("T1", "chat.postMessage", "C1") == 0


def test_workspaces_do_not_wait_for_each_other():
    watch = Watch()
    pace = Pace(monotonic=watch)
    pace.block("T1", "chat.postMessage", 60)
    assert pace.wait("T2", "chat.postMessage", "C1") == 0


def test_a_refused_look_blocks_looking_and_not_posting(post):
    """The method that Slack named waits, not the one that the row is for."""
    pace = Pace(unlimited=True)
    post.delivery = post.new_delivery(pace)
    post.workspace.faults.play("error_after", "chat.postMessage")
    post.workspace.faults.play("ratelimited", "conversations.history")
    post.wish("once")
    post.delivery.start()
    post.settle()
    assert [key for key, _ in post.posted()] == ["once"]


def test_an_outage_is_drained_in_order_with_what_is_urgent_first(post):
    down = ("error_before", "drop_before")
    for fault in down:
        post.workspace.faults.play(fault, "chat.postMessage", times=3)
    post.delivery.start()
    post.wish("first")
    post.wait(lambda: post.item("first").attempts >= 2)
    for number in range(5):
        post.wish(f"digest:{number}", priority=Priority.DIGEST)
    post.wish("approved", priority=Priority.URGENT)
    post.wait(post.delivery.is_idle, 30)
    keys = [key for key, _ in post.posted()]
    assert keys[:2] == ["approved", "first"] or keys[:2] == ["first", "approved"]
    assert keys[2:] == [f"digest:{number}" for number in range(5)]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("teams", "channels"), [(1, 10), (20, 10)])
def test_ten_sprints_in_one_workspace_and_two_hundred_in_twenty(slack, tmp_path, teams, channels):
    """A backlog in every channel, against a Slack that refuses what comes too fast."""
    house = open_house(tmp_path / "h.db")
    each = 14
    spaces = {}
    for number in range(teams):
        workspace = slack.add_workspace(f"Team {number}")
        workspace.enforce_rates = True
        spaces[workspace.team_id] = workspace
        with house.unit(workspace.team_id) as unit:
            for place in range(channels):
                channel = workspace.add_channel(
                    f"c{place}", creator=workspace.bot_user_id, members=[workspace.bot_user_id]
                )
                for index in range(each):
                    body = {"text": f"message {index}", "blocks": []}
                    unit.wish(f"{channel.id}:{index}", channel_lane(channel.id), body)
    delivery = Delivery(
        house.sessions,
        lambda team: Workspace(
            quiet_client(spaces[team].bot_token, slack.api_url), spaces[team].bot_user_id
        ),
        Pace(),
        tell_lead,
    )
    delivery.start()
    import time

    end = time.monotonic() + 240
    while not delivery.is_idle() and time.monotonic() < end:
        time.sleep(0.2)
    delivery.stop()
    for workspace in spaces.values():
        posts = workspace.calls("chat.postMessage")
        refused = [call for call in posts if not call.answer.get("ok")]
        assert len(refused) <= 1
        assert len(posts) - len(refused) == channels * each
        for channel in workspace.channels.values():
            texts = [m.text for m in channel.messages if m.user_id == workspace.bot_user_id]
            assert texts == [f"message {index}" for index in range(len(texts))]
    if teams == 1:
        took = posts[-1].seconds - posts[0].seconds
        allowed = max(each * 1.0, channels * each / PER_MINUTE["chat.postMessage"] * 60)
        assert allowed / took >= 0.90, f"{took:.1f} s for what {allowed:.1f} s would allow"
    house.engine.dispose()


@pytest.fixture
def slack():
    from playground.server import LocalSlack

    with LocalSlack() as opened:
        yield opened


def test_backoff_reaches_its_longest_step_and_no_further():
    assert math.isclose(max(delivery_module.BACKOFF_SECONDS), 30.0)
