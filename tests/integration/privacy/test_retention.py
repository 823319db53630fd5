"""What is not needed any more goes by itself: files at once, messages and people later."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from sqlalchemy import text, update

from bot.db.audit_verify import snapshot, verify
from bot.db.listening_models import ReactionAct
from bot.db.outbox_models import OutboxItem
from bot.domain.enums import OutboxKind
from bot.outbox.bodies import prune_bodies, without_content
from bot.privacy.retention import erase_people_of_old_sprints
from tests.runtimes import ANA, BEN, HOUR_0, TEAM, add_sprint


def put(runtime, key, *, kind=OutboxKind.MESSAGE, template=None, state="sent", age=40, body=None):
    said = body or {"text": f"secret of {key}", "blocks": []}
    with runtime.uow(TEAM) as uow:
        item = uow.upsert(key, None, said, queue="channel:C1", kind=kind)
        item.state = state
        if template:
            item.template, item.body = {"name": template}, said
        item.sent_at = HOUR_0 - timedelta(days=age) if state == "sent" else None
        item.created_at = HOUR_0 - timedelta(days=age)


@pytest.mark.parametrize(
    ("row", "is_kept"),
    [
        ({"template": "line"}, False),
        ({"template": "line", "age": 3}, True),
        ({"template": "line", "state": "waiting"}, True),
        ({"kind": OutboxKind.UPLOAD}, False),
        ({"kind": OutboxKind.UPLOAD, "state": "failed"}, False),
        ({"kind": OutboxKind.INVITE, "body": {"user_id": "U1"}}, True),
    ],
)
def test_what_messages_said_goes_once_it_is_old(runtime, row, is_kept):
    put(runtime, "a", **row)
    count = prune_bodies(runtime.sessions, HOUR_0 - timedelta(days=30))
    with runtime.reading(TEAM) as uow:
        assert bool(uow.find_message("a").body) is is_kept
    assert count == (not is_kept)
    assert prune_bodies(runtime.sessions, HOUR_0 - timedelta(days=30)) == 0


def test_more_rows_than_fit_in_one_round_are_all_emptied(runtime):
    for number in range(7):
        put(runtime, f"m{number}", template="line")
    import bot.outbox.bodies as bodies

    before, bodies.AT_ONCE = bodies.AT_ONCE, 3
    try:
        assert prune_bodies(runtime.sessions, HOUR_0) == 7
    finally:
        bodies.AT_ONCE = before


def test_a_delivered_file_leaves_a_hash_that_tells_a_new_one(runtime):
    content = base64.b64encode(b"rows of customers").decode()
    body = {"filename": "a.csv", "title": "A", "content": content}
    kept = without_content(body)
    assert content not in str(kept)
    put(runtime, "file", kind=OutboxKind.UPLOAD, body=kept)
    with runtime.uow(TEAM) as uow:
        same = uow.upsert("file", None, body, queue="channel:C1", kind=OutboxKind.UPLOAD)
        assert (same.version, same.state) == (1, "sent")
        other = body | {"content": base64.b64encode(b"other rows").decode()}
        anew = uow.upsert("file", None, other, queue="channel:C1", kind=OutboxKind.UPLOAD)
        assert (anew.version, anew.state) == (2, "waiting")
        assert anew.body["content"] == other["content"]


def test_more_sprints_than_are_looked_for_together_are_all_done_the_same_day(runtime, monkeypatch):
    monkeypatch.setattr("bot.privacy.retention.MOST_AT_ONCE", 2)
    ended = HOUR_0 - timedelta(days=400)
    for number in range(5):
        add_sprint(runtime, status="closed", closed_at=ended, channel_id=f"C{number + 10}")
    assert erase_people_of_old_sprints(runtime, HOUR_0) == 5


def test_people_of_sprints_that_ended_long_ago_become_pseudonyms(runtime):
    old = add_sprint(
        runtime, status="closed", closed_at=HOUR_0 - timedelta(days=400), channel_id="C2"
    )
    new = add_sprint(runtime, status="closed", closed_at=HOUR_0, channel_id="C3")
    with runtime.uow(TEAM) as uow:
        uow.audit(old, ANA, "closed", "sprint", old, by="Ben")
        uow.audit(new, ANA, "closed", "sprint", new)
        uow.upsert("x", None, {"text": "Ana said", "blocks": []}, queue="channel:C2", sprint_id=old)
        for channel in ("C2", "C3"):
            uow.session.add(
                ReactionAct(team_id=TEAM, channel_id=channel, ts="1.1", user_id=ANA, reaction="x")
            )
    before = HOUR_0 - timedelta(days=365)
    assert erase_people_of_old_sprints(runtime, before) == 1
    assert erase_people_of_old_sprints(runtime, before) == 0
    with runtime.reading(TEAM) as uow:
        done, kept = uow.sprint(old), uow.sprint(new)
        assert done.lead_id.startswith("erased-")
        assert {m.user_id for m in done.members} & {ANA, BEN} == set()
        assert done.lead_id in {m.user_id for m in done.members}
        assert kept.lead_id == ANA
        assert uow.session.query(OutboxItem).filter_by(sprint_id=old).count() == 0
        assert uow.person(ANA).name == "Ana"
        reacted = {act.channel_id: act.user_id for act in uow.session.query(ReactionAct)}
        assert reacted == {"C2": done.lead_id, "C3": ANA}
    with snapshot(runtime.engine) as connection:
        assert verify(connection, TEAM).finding is None
        facts = connection.execute(
            text("SELECT actor_id, facts FROM audit WHERE sprint_id = 1")
        ).all()
    assert "U1" not in str(facts)
    assert "Ben" not in str(facts)


@pytest.mark.parametrize("waits", ["timer", "deployment"])
def test_a_sprint_with_something_to_come_is_left(runtime, waits):
    number = add_sprint(runtime, status="closed", closed_at=HOUR_0 - timedelta(days=400))
    with runtime.uow(TEAM) as uow:
        if waits == "timer":
            uow.set_timer(number, "later", "follow_up", HOUR_0)
        else:
            from bot.db.deployment_models import Deployment

            uow.session.add(
                Deployment(
                    sprint_id=number, percent=5, deployed_by=ANA, deployed_at=HOUR_0, state="live"
                )
            )
    assert erase_people_of_old_sprints(runtime, HOUR_0) == 0
    with runtime.uow(TEAM) as uow:
        uow.session.execute(update(OutboxItem).values(state="sent"))
        assert uow.sprint(number).lead_id == ANA
