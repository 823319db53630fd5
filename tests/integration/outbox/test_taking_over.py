"""What a bot leaves behind when it dies, is paused, loses its database, or its clock is set."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from slack_sdk.errors import SlackApiError
from sqlalchemy import event, select, update
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from bot.db.installations import Installations
from bot.db.models import Sprint, Timer
from bot.db.outbox_models import OutboxItem, QueueLease
from bot.domain.errors import AlreadyDone
from bot.outbox import leases, sender
from bot.outbox.calls import WorkspaceClient
from bot.outbox.dispatcher import Dispatcher
from bot.outbox.history import History
from bot.outbox.queue import Priority, channel_queue, sprint_queue
from bot.outbox.rate_limiter import RateLimiter
from bot.outbox.schedule import QUEUES_PER_TEAM
from bot.sprints.delivery_failures import notify_lead
from tests.runtimes import HOUR_0


def _change(post, key, **columns):
    with post.runtime.sessions.begin() as session:
        session.execute(update(OutboxItem).where(OutboxItem.key == key).values(**columns))


@pytest.mark.smoke
def test_a_call_that_a_dead_bot_left_on_its_way_is_waited_for_before_anybody_looks(post):
    """The request reaches Slack late, after the next bot has taken the queue."""
    post.workspace.faults.latency = 0.5
    post.upsert("once")
    thread = threading.Thread(target=_die_in_the_call, args=(post,), daemon=True)
    thread.start()
    post.wait(lambda: post.item("once").in_doubt)
    _free_queues(post)
    second = post.new_delivery()
    second.start()
    post.wait(second.is_idle)
    second.stop()
    thread.join()
    assert [key for key, _ in post.posted()] == ["once"]


def _die_in_the_call(post):
    """Send the request as a bot does that is dead before the answer comes."""
    name = _take_queue(post, post.delivery)
    call, effect = post.delivery.sender.prepare(
        name, post.delivery.sender.workspace_of(name.team_id)
    )
    effect.perform(call)


def _take_queue(post, delivery, queue=None):
    name = leases.QueueName(post.workspace.team_id, queue or channel_queue(post.channel.id))
    assert leases.lease(post.runtime.sessions, name, delivery.owner)
    return name


def _free_queues(post):
    with post.runtime.sessions.begin() as session:
        session.execute(update(QueueLease).values(owner=None, leased_until=None))


def test_a_new_wording_does_not_cut_short_the_wait_for_a_call_under_way(post):
    post.upsert("card")
    soon = datetime.now(UTC) + timedelta(seconds=30)
    _change(post, "card", in_doubt=True, not_before=soon)
    post.upsert("card", "newer")
    assert post.item("card").not_before == soon


def test_a_bot_that_was_paused_before_its_call_does_not_make_it(post, monkeypatch):
    monkeypatch.setattr(sender, "STALE_SECONDS", 0.2)
    post.upsert("once")
    _change(post, "once", in_doubt=True)
    paused = []

    look = History.look

    def look_after_a_pause(self, call):
        if not paused:
            paused.append(call)
            time.sleep(0.4)
        return look(self, call)

    monkeypatch.setattr(History, "look", look_after_a_pause)
    name = _take_queue(post, post.delivery)
    assert post.delivery.sender.step(name).wait == 0
    assert not post.posted()
    post.wait(lambda: post.delivery.sender.step(name).wait is None)
    assert [key for key, _ in post.posted()] == ["once"]


def test_a_bot_that_stood_still_while_its_note_was_committed_does_not_call(post, monkeypatch):
    monkeypatch.setattr(sender, "STALE_SECONDS", 0.2)
    post.upsert("once")
    name = _take_queue(post, post.delivery)
    paused = []

    def stand_still(_session):
        if not paused:
            paused.append(True)
            time.sleep(0.4)

    event.listen(Session, "after_commit", stand_still)
    try:
        assert post.delivery.sender.step(name).wait == 0
    finally:
        event.remove(Session, "after_commit", stand_still)
    assert not post.posted()


def test_whoever_takes_over_waits_for_a_call_that_began_late(post):
    post.upsert("once")
    name = _take_queue(post, post.delivery)
    prepared = post.delivery.sender.prepare(name, post.delivery.sender.workspace_of(name.team_id))
    assert not isinstance(prepared, sender.StepResult)
    latest = datetime.now(UTC) + timedelta(seconds=sender.STALE_SECONDS + sender.CALL_SECONDS)
    assert post.item("once").not_before > latest


def test_a_queue_whose_lease_nobody_heard_of_is_served_again(post, monkeypatch):
    monkeypatch.setattr(leases, "LEASE", timedelta(seconds=0.5))
    post.upsert("once")
    post.delivery.start()
    post.settle()
    _take_queue(post, post.delivery)  # as a commit does whose answer was lost
    post.upsert("again")
    post.settle()
    assert [key for key, _ in post.posted()] == ["once", "again"]


def test_a_clock_that_was_set_back_keeps_nothing_waiting(post):
    post.upsert("once")
    _change(post, "once", not_before=datetime.now(UTC) + timedelta(hours=2), attempts=3)
    post.delivery.start()
    post.settle()
    assert [key for key, _ in post.posted()] == ["once"]


def test_an_urgent_answer_does_not_overtake_the_message_that_it_answers(post):
    post.upsert("parent", priority=Priority.DIGEST)
    post.upsert("child", thread_key="parent", priority=Priority.URGENT)
    post.delivery.start()
    post.settle()
    parent, child = (m for m in post.channel.messages if m.text in ("parent", "child"))
    assert (parent.text, child.text, child.thread_ts) == ("parent", "child", parent.ts)


def test_an_answer_to_a_message_that_slack_refused_is_said_in_the_channel(post):
    post.upsert("parent")
    post.upsert("child", thread_key="parent")
    _change(post, "parent", state="failed")
    post.delivery.start()
    post.settle()
    assert [key for key, _ in post.posted()] == ["child"]


def test_a_message_that_was_known_only_after_the_first_try_hides_nothing(post):
    """What has been posted since the first try is newer than the message in doubt."""
    post.workspace.faults.play("error_after", "chat.postMessage")
    post.upsert("doubtful")
    name = _take_queue(post, post.delivery)
    post.delivery.sender.step(name)
    post.upsert("urgent", priority=Priority.URGENT)
    post.wait(lambda: post.delivery.sender.step(name).wait is None)
    assert sorted(key for key, _ in post.posted()) == ["doubtful", "urgent"]


def test_a_defect_in_one_message_keeps_no_other_waiting(post):
    post.upsert("broken")
    post.upsert("sound")
    _change(post, "broken", body={"blocks": []})
    post.delivery.start()
    post.settle()
    assert [key for key, _ in post.posted()] == ["sound"]
    broken = post.item("broken")
    assert (broken.state, broken.error) == ("failed", "KeyError: 'text'")


@pytest.mark.slow
def test_a_database_that_goes_away_in_the_middle_loses_no_lane(post):
    post.delivery.start()
    failing = threading.Event()
    failing.set()

    @event.listens_for(post.runtime.engine, "before_cursor_execute")
    def fail(_connection, _cursor, statement, *_more):
        if failing.is_set() and statement.startswith(("UPDATE lanes", "UPDATE outbox")):
            raise OperationalError(statement, {}, Exception("away"))

    for number in range(3):
        with post.runtime.uow(post.workspace.team_id) as uow:
            queue = f"person:U{number}"
            uow.upsert(queue, None, {"user_id": post.ana.id}, queue=queue, kind="person")
    time.sleep(0.3)
    failing.clear()
    post.wait(post.delivery.is_idle, 30)


def test_a_file_of_the_same_name_from_before_is_not_taken_for_the_new_one(post):
    queue = channel_queue(post.channel.id)
    body = {"filename": "report.pdf", "title": "Report", "content": "QQ==", "share": True}
    post.delivery.start()
    for key in ("first", "second"):
        if key == "second":
            post.workspace.faults.play("error_before", "files.completeUploadExternal")
        with post.runtime.uow(post.workspace.team_id) as uow:
            uow.upsert(key, None, body, queue=queue, kind="upload")
        post.settle()
    assert sum(len(message.files) for message in post.channel.messages) == 2


@pytest.mark.smoke
def test_two_sprints_of_one_title_get_a_channel_each_when_the_answers_are_lost(post):
    post.workspace.faults.play("error_after", "conversations.create", times=2)
    numbers = [_sprint_with_channel(post) for _ in range(2)]
    post.delivery.start()
    post.wait(post.delivery.is_idle, 30)
    with post.runtime.reading(post.workspace.team_id) as uow:
        channels = {uow.sprint(number).channel_id for number in numbers}
    created = [c for c in post.workspace.channels.values() if c.name.startswith("pilot")]
    assert len(channels) == len(created) == 2


def _sprint_with_channel(post):
    with post.runtime.uow(post.workspace.team_id) as uow:
        sprint = Sprint(
            team_id=post.workspace.team_id,
            title="Pilot",
            use_case="churn",
            lead_id=post.ana.id,
            planned_start=HOUR_0,
            created_at=HOUR_0,
        )
        uow.session.add(sprint)
        uow.session.flush()
        uow.upsert(
            f"sprint:{sprint.id}:channel",
            None,
            {"names": ["pilot", "pilot-2", "pilot-3"], "private": False},
            kind="create_channel",
            sprint_id=sprint.id,
        )
        return sprint.id


def test_stopping_finishes_the_call_under_way_and_releases_the_queue(post):
    post.workspace.faults.latency = 0.4
    post.upsert("once")
    post.delivery.start()
    post.wait(lambda: post.item("once").in_doubt)
    post.delivery.stop()
    assert post.item("once").state == "sent"
    with post.runtime.sessions() as session:
        assert not session.query(QueueLease).filter(QueueLease.owner.is_not(None)).count()


@pytest.mark.parametrize("post", ["postgresql"], indirect=True)
def test_leases_go_by_the_database_s_clock(post, monkeypatch):
    """A replica whose own clock is two hours ahead steals no queue."""

    class Ahead(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + timedelta(hours=2)

    name = _take_queue(post, post.delivery)
    monkeypatch.setattr(leases, "datetime", Ahead)
    assert not leases.lease(post.runtime.sessions, name, "another")


@pytest.mark.slow
@pytest.mark.parametrize("post", ["postgresql"], indirect=True)
def test_what_a_dead_replica_had_in_hand_is_taken_over_within_fifteen_seconds(post, monkeypatch):
    """With the real lease and the real patience; the first bot is dead in the middle of a call."""
    monkeypatch.setattr(sender, "CALL_SECONDS", 10)
    monkeypatch.setattr(sender, "DOUBT_SECONDS", 1.0)
    post.upsert("once")
    name = _take_queue(post, post.delivery)
    post.delivery.sender.prepare(name, post.delivery.sender.workspace_of(name.team_id))
    died = time.monotonic()
    second = post.new_delivery()
    second.start()
    post.wait(second.is_idle, 20)
    took = time.monotonic() - died
    second.stop()
    assert [key for key, _ in post.posted()] == ["once"]
    assert took <= 15


def test_a_second_bot_on_one_sqlite_file_is_refused_in_a_sentence(tmp_path):
    from bot.db.engine import open_engine
    from bot.db.single_instance import only_bot_on
    from bot.domain.errors import InputError

    engine = open_engine(f"sqlite:///{tmp_path / 'h.db'}")
    lock = only_bot_on(engine)
    same = open_engine(f"sqlite:///file:{tmp_path / 'h.db'}?uri=true")
    for each in (engine, same):
        with pytest.raises(InputError, match=r"Another hour48 is running on .*PostgreSQL"):
            only_bot_on(each)
    assert lock is not None
    lock.release()


@pytest.mark.slow
@pytest.mark.parametrize("post", ["postgresql"], indirect=True)
def test_a_timer_that_a_frozen_replica_has_in_hand_is_taken_over_within_fifteen_seconds(post):
    """Its machine is gone without a word, so its connection and its locks stay with PostgreSQL."""
    from scheduler.clock_loop import ClockLoop

    with post.runtime.sessions.begin() as session:
        sprint_id = _sprint_with_timer(post, session)
    frozen = post.runtime.sessions()
    frozen.scalars(select(Sprint).where(Sprint.id == sprint_id).with_for_update()).one()
    began = time.monotonic()
    clock_loop = ClockLoop(post.runtime)
    clock_loop.start()
    post.wait(lambda: not _waits(post, sprint_id), 20)
    took = time.monotonic() - began
    clock_loop.stop()
    with pytest.raises(DBAPIError):
        frozen.execute(update(Sprint).values(title="It comes back and knows no better"))
    frozen.close()
    assert took <= 15


def _sprint_with_timer(post, session):
    sprint = Sprint(
        team_id=post.workspace.team_id,
        title="Pilot",
        use_case="churn",
        lead_id=post.ana.id,
        planned_start=HOUR_0,
        created_at=HOUR_0,
    )
    session.add(sprint)
    session.flush()
    due = {"due_at": HOUR_0, "nominal_at": HOUR_0, "state": "waiting", "facts": {"hour": 1}}
    session.add(
        Timer(team_id=sprint.team_id, sprint_id=sprint.id, key="prompt:1", kind="prompt", **due)
    )
    return sprint.id


def _waits(post, sprint_id):
    with post.runtime.reading_sessions() as session:
        waiting = select(Timer.id).where(Timer.sprint_id == sprint_id, Timer.state == "waiting")
        return session.scalar(waiting) is not None


@pytest.mark.parametrize("post", ["postgresql"], indirect=True)
def test_noting_a_try_does_not_wait_for_somebody_who_has_the_sprint_in_hand(post):
    """They want the row next, so whoever waits for them with the row locked is in a deadlock."""
    sprint_id = _sprint_with_channel(post)
    post.delivery.start()
    post.settle()
    post.delivery.stop()
    queue = sprint_queue(sprint_id)
    with post.runtime.uow(post.workspace.team_id) as uow:
        uow.upsert("card", None, {"text": "Card", "blocks": []}, queue=queue, sprint_id=sprint_id)
    bot = post.new_delivery()
    name = _take_queue(post, bot, queue)
    with post.runtime.sessions.begin() as session:
        session.scalars(select(Sprint).where(Sprint.id == sprint_id).with_for_update()).one()
        trying = threading.Thread(
            target=bot.sender.prepare, args=(name, bot.sender.workspace_of(name.team_id))
        )
        trying.start()
        trying.join(2.0)
        assert not trying.is_alive()
    trying.join()


def test_what_was_done_is_not_forgotten_because_sprints_live_in_another_time(post):
    """A demo's clock, or one that was wrong, may be months behind the machine's."""
    installations = Installations(post.runtime.sessions, None)
    with post.runtime.uow(post.workspace.team_id) as uow:
        uow.once("view:V1")
    installations.forget_receipts(datetime.now(UTC))
    with (
        pytest.raises(AlreadyDone),
        post.runtime.uow(post.workspace.team_id) as uow,
    ):
        uow.once("view:V1")


def test_queues_that_wait_for_an_administrator_keep_no_other_waiting(post):
    """More queues than a workspace has places for are refused until somebody grants a scope."""
    later = datetime.now(UTC) + timedelta(seconds=60)
    with post.runtime.uow(post.workspace.team_id) as uow:
        for number in range(2 * QUEUES_PER_TEAM):
            name = f"waits:{number}"
            item = uow.upsert(name, None, {"text": name, "blocks": []}, queue=f"channel:C{number}")
            item.not_before, item.attempts = later, 1
    post.upsert("goes")
    post.delivery.start()
    post.wait(lambda: post.item("goes").state == "sent", 5)


def _retold(post, *words):
    """Return a delivery that renders a template in other words at each try."""
    said = iter(words)
    made = Dispatcher(
        post.runtime.sessions,
        post.runtime.reading_sessions,
        lambda _team: WorkspaceClient(post.client, post.workspace.bot_user_id),
        RateLimiter(unlimited=True),
        notify_lead,
        lambda _session, item: {"text": next(said), "blocks": []} if item.template else item.body,
    )
    post.runtime.on_commit(made.wake)
    return made


def test_a_template_whose_post_was_in_doubt_shows_its_newest_words_once(post):
    post.workspace.faults.play("error_after", "chat.postMessage")
    post.upsert("card")
    _change(post, "card", template={"name": "card"})
    delivery = _retold(post, "first", "second", "second", "second")
    delivery.start()
    post.settle()
    delivery.stop()
    assert post.posted() == [("card", "second")]
    assert post.item("card").body["text"] == "second"


@pytest.mark.parametrize("answer", ["done", "refused"])
def test_an_answer_that_a_frozen_bot_hears_late_does_not_overwrite_newer_words(
    post, monkeypatch, answer
):
    post.upsert("card")
    _change(post, "card", template={"name": "card"})
    frozen, other = _retold(post, "first", "older"), _retold(post, "newer")
    assert frozen.sender.step(_take_queue(post, frozen)).wait is None
    _change(post, "card", version=2, state="waiting")
    perform = sender.Sender._perform

    def stand_still(self, call, effect):
        result = perform(self, call, effect)
        if self is frozen.sender:
            _free_queues(post)
            _change(post, "card", not_before=None)
            other.sender.step(_take_queue(post, other))
            if answer == "refused":
                raise SlackApiError("refused", {"ok": False, "error": "is_archived"})
        return result

    monkeypatch.setattr(sender.Sender, "_perform", stand_still)
    frozen.sender.step(_take_queue(post, frozen))
    assert post.posted() == [("card", "newer")]
    card = post.item("card")
    assert (card.body["text"], card.state, card.error) == ("newer", "sent", None)


def test_what_is_told_anew_in_the_same_words_asks_nothing_of_slack(post):
    post.upsert("card")
    _change(post, "card", template={"name": "card"})
    delivery = _retold(post, "same", "same", "other")
    delivery.start()
    post.settle()
    for calls in (0, 1):
        _change(post, "card", version=2 + calls, state="waiting")
        delivery.wake()
        post.settle()
        assert len(post.workspace.calls("chat.update")) == calls
    delivery.stop()
    assert post.posted() == [("card", "other")]


def test_a_template_that_cannot_be_put_into_words_keeps_no_other_waiting(post):
    post.upsert("broken")
    _change(post, "broken", template={"name": "broken"})
    post.upsert("sound")
    delivery = _retold(post)
    delivery.start()
    post.settle()
    delivery.stop()
    assert [key for key, _ in post.posted()] == ["sound"]
    assert post.item("broken").state == "failed"
