"""Slack's rates: nearly all of what is allowed is used under a backlog, and never more."""

from __future__ import annotations

import math
import time
from collections import defaultdict, deque

import pytest

from bot.outbox import sender
from bot.outbox.calls import WorkspaceClient
from bot.outbox.dispatcher import Dispatcher
from bot.outbox.queue import Priority, channel_queue
from bot.outbox.rate_limiter import PER_MINUTE, RateLimiter
from bot.outbox.sender import quiet_client
from bot.sprints.delivery_failures import notify_lead
from tests.integration.outbox.far_slack import far_slack
from tests.runtimes import open_runtime


class Watch:
    """A clock that is moved on by hand."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def _backlog(pace, watch, method, minutes, channels=()):
    """Call as fast as the pace allows, and return when each call went."""
    times, queues = [], list(channels) or [None]
    end = watch.now + minutes * 60
    while watch.now < end:
        waits = []
        for channel in queues:
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
    times = _backlog(RateLimiter(monotonic=watch), watch, method, minutes)
    assert _most_in(times, 60.0) <= PER_MINUTE[method]
    assert len(times) >= 0.9 * PER_MINUTE[method] * minutes


def test_a_burst_after_a_pause_does_not_break_the_minute_either():
    watch = Watch()
    pace = RateLimiter(monotonic=watch)
    times = _backlog(pace, watch, "chat.update", 2)
    watch.now += 3600
    times += _backlog(pace, watch, "chat.update", 3)
    assert _most_in(times, 60.0) <= PER_MINUTE["chat.update"]


def test_a_channel_gets_one_message_a_second_and_ten_channels_fill_the_workspace():
    watch = Watch()
    alone = _backlog(RateLimiter(monotonic=watch), watch, "chat.postMessage", 2, ["C1"])
    assert _most_in(alone, 4.0) <= 4
    assert len(alone) >= 0.9 * 120
    watch = Watch()
    many = [f"C{number}" for number in range(10)]
    together = _backlog(RateLimiter(monotonic=watch), watch, "chat.postMessage", 5, many)
    assert _most_in(together, 60.0) <= PER_MINUTE["chat.postMessage"]
    assert len(together) >= 0.9 * PER_MINUTE["chat.postMessage"] * 5


def test_a_message_that_took_long_to_arrive_puts_off_the_next():
    watch = Watch()
    pace = RateLimiter(monotonic=watch)
    assert pace.wait("T1", "chat.postMessage", "C1") == 0
    watch.now += 3
    pace.arrived("T1", "C1")
    assert pace.wait("T1", "chat.postMessage", "C1") == pytest.approx(0.95)


def test_looking_before_sending_again_counts_too_and_both_go_or_none():
    watch = Watch()
    pace = RateLimiter(monotonic=watch)
    pace.block("T1", "conversations.history", 7)
    wait = pace.wait("T1", "chat.postMessage", "C1", also="conversations.history")
    assert wait == pytest.approx(7)
    assert pace.wait("T1", "chat.postMessage", "C1") == 0


def test_workspaces_do_not_wait_for_each_other():
    watch = Watch()
    pace = RateLimiter(monotonic=watch)
    pace.block("T1", "chat.postMessage", 60)
    assert pace.wait("T2", "chat.postMessage", "C1") == 0


def test_a_refused_look_blocks_looking_and_not_posting(post):
    """The method that Slack named waits, not the one that the row is for."""
    pace = RateLimiter(unlimited=True)
    post.delivery = post.new_delivery(pace)
    post.workspace.faults.play("error_after", "chat.postMessage")
    post.workspace.faults.play("ratelimited", "conversations.history")
    post.upsert("once")
    post.delivery.start()
    post.settle()
    assert [key for key, _ in post.posted()] == ["once"]


def test_a_refused_method_waits_in_every_channel_of_its_workspace(post):
    post.workspace.faults.retry_after = 1
    post.workspace.faults.play("ratelimited", "chat.postMessage")
    bot = post.workspace.bot_user_id
    elsewhere = post.workspace.add_channel("elsewhere", creator=bot, members=[bot])
    post.delivery.start()
    post.upsert("refused")
    post.wait(lambda: post.item("refused").attempts)
    post.upsert("elsewhere", channel=elsewhere)
    post.settle()
    refused, *later = post.workspace.calls("chat.postMessage")
    assert len(later) == 2
    assert min(call.seconds for call in later) >= refused.seconds + 1


def test_an_outage_is_drained_in_order_with_what_is_urgent_first(post):
    down = ("error_before", "drop_before")
    for fault in down:
        post.workspace.faults.play(fault, "chat.postMessage", times=3)
    post.delivery.start()
    post.upsert("first")
    post.wait(lambda: post.item("first").attempts >= 2)
    for number in range(5):
        post.upsert(f"digest:{number}", priority=Priority.DIGEST)
    post.upsert("approved", priority=Priority.URGENT)
    post.wait(post.delivery.is_idle, 30)
    keys = [key for key, _ in post.posted()]
    assert keys[:2] == ["approved", "first"] or keys[:2] == ["first", "approved"]
    assert keys[2:] == [f"digest:{number}" for number in range(5)]


def _delivery(runtime, slack):
    spaces = {space.team_id: space for space in slack.spaces}

    def workspace_of(team_id):
        space = spaces[team_id]
        return WorkspaceClient(quiet_client(space.token, slack.api_url), space.bot_user_id)

    return Dispatcher(
        runtime.sessions, runtime.reading_sessions, workspace_of, RateLimiter(), notify_lead
    )


def _upsert(runtime, slack, each, *, start=0, priority=Priority.NORMAL, name="message"):
    for space in slack.spaces:
        with runtime.uow(space.team_id) as uow:
            for channel_id in space.channel_ids:
                for number in range(start, start + each):
                    body = {"text": f"{name} {number:02}", "blocks": []}
                    key = f"{channel_id}:{name}:{number}"
                    uow.upsert(key, None, body, queue=channel_queue(channel_id), priority=priority)


def _by(posts, attribute):
    grouped = defaultdict(list)
    for post in posts:
        grouped[getattr(post, attribute)].append(post)
    return grouped


def _rate_while_all_have_a_backlog(sent):
    """Return the messages a second until the first channel had none left."""
    end = min(calls[-1].seconds for calls in _by(sent, "channel_id").values())
    times = [call.seconds for call in sent if call.seconds <= end]
    return (len(times) - 1) / (times[-1] - times[0])


def _until_idle(delivery, seconds=270):
    end = time.monotonic() + seconds
    while not delivery.is_idle():
        assert time.monotonic() < end, "the backlog was not worked off in time"
        time.sleep(0.5)


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize(("teams", "each"), [(1, 30), (20, 20)])
def test_ten_sprints_in_one_workspace_and_two_hundred_in_twenty(tmp_path, teams, each):
    """A backlog in every channel, against a Slack that refuses what comes too fast.

    Ten channels could take ten messages a second; the workspace allows five, and that is the limit.
    """
    runtime = open_runtime(tmp_path / "h.db")
    with far_slack(teams, 10) as slack:
        _upsert(runtime, slack, each)
        delivery = _delivery(runtime, slack)
        delivery.start()
        _until_idle(delivery)
        delivery.stop()
        posts = slack.posts()
    allowed = PER_MINUTE["chat.postMessage"] / 60
    for team_id, calls in _by(posts, "team_id").items():
        sent = [call for call in calls if call.is_ok]
        assert len(calls) - len(sent) <= 1, "Slack had to say that it was too much"
        assert len(sent) == 10 * each
        used = _rate_while_all_have_a_backlog(sent) / allowed
        print(f"{team_id}: {used:.1%} of the allowed rate, {len(calls) - len(sent)} refused")
        assert used >= 0.90
    for calls in _by([post for post in posts if post.is_ok], "channel_id").values():
        assert [call.text for call in calls] == sorted(call.text for call in calls)
    runtime.engine.dispose()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_half_an_hour_without_slack_is_drained_in_order_and_within_the_rates(tmp_path, monkeypatch):
    """Half an hour at sixty times the speed: a message a minute in each of ten channels."""
    monkeypatch.setattr(sender, "BACKOFF_SECONDS", (0.02, 0.05, 0.1, 0.2, 0.5))
    monkeypatch.setattr(sender, "DOUBT_SECONDS", 0.1)
    runtime = open_runtime(tmp_path / "h.db")
    with far_slack(1, 10) as slack:
        slack.be_down(True)
        delivery = _delivery(runtime, slack)
        delivery.start()
        for minute in range(15):
            _upsert(runtime, slack, 1, start=minute, priority=Priority.DIGEST, name="digest")
            time.sleep(2.0)
        _upsert(runtime, slack, 1, priority=Priority.URGENT, name="approved")
        slack.be_down(False)
        _until_idle(delivery)
        delivery.stop()
        posts = slack.posts()
    assert sum(not post.is_ok for post in posts) <= 1
    for calls in _by([post for post in posts if post.is_ok], "channel_id").values():
        texts = [call.text for call in calls]
        digests = [text for text in texts if text.startswith("digest")]
        assert digests == [f"digest {minute:02}" for minute in range(15)]
        assert texts.index("approved 00") <= 1, "at most the one under way is before what is urgent"
    runtime.engine.dispose()


def test_backoff_reaches_its_longest_step_and_no_further():
    assert math.isclose(max(sender.BACKOFF_SECONDS), 30.0)
