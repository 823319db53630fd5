"""Kept models, callers, deletion of a person, and what the record of a sprint says of it all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select

from bot.dates import day_and_time
from bot.db.deployment_models import Deployment, DeploymentStage
from bot.db.models import Timer
from bot.db.serving_models import Client, Model, Outcome, Prediction, WatchMinute
from bot.deployments import (
    clients,
    erasure,
    external,
    model_store,
    monitoring,
    queries,
    service,
)
from bot.deployments.digest_pictures import picture_of, post_picture
from bot.deployments.queries import find
from bot.domain.errors import InputError
from bot.domain.traffic import Scope, pseudonym, token_hash
from bot.privacy import ledgers
from bot.records.queries import record_of
from bot.report.deployment_picture import render_deployment
from tests.runtimes import (
    ANA,
    BEN,
    TEAM,
    add_sprint,
    advance,
    card,
    outbox,
    trail,
)
from tests.unit.deployments import staging


@pytest.fixture
def sprint_id(runtime):
    return add_sprint(runtime)


@pytest.fixture
def live(runtime, sprint_id, tmp_path):
    staging.keep(runtime, sprint_id, tmp_path)
    number = staging.propose(runtime, sprint_id)
    staging.meet(runtime, number)
    advance(runtime, 10)
    with runtime.uow(TEAM) as uow:
        service.open_traffic(uow, ANA, number)
    return number


# --- models -----------------------------------------------------------------------------------


def test_the_same_bytes_are_kept_once_and_come_back_as_they_were(runtime, sprint_id, tmp_path):
    first = staging.keep(runtime, sprint_id, tmp_path, b"one")
    assert staging.keep(runtime, sprint_id, tmp_path, b"one") == first
    staging.keep(runtime, sprint_id, tmp_path, b"two")
    with runtime.reading_sessions() as session:
        assert len(session.scalars(select(Model)).all()) == 2
        row = model_store.find_model(session, first[:8])
        assert model_store.content_of(row) == b"one"
        assert [each.target for each in model_store.list_models(session)] == ["churned", "churned"]


@pytest.mark.parametrize(
    ("asked", "said"), [("abc", "at least 4"), ("0" * 12, "No model"), ("%%%%", "No model")]
)
def test_a_hash_that_names_no_model_is_refused(runtime, sprint_id, tmp_path, asked, said):
    staging.keep(runtime, sprint_id, tmp_path)
    with runtime.reading_sessions() as session, pytest.raises(InputError, match=said):
        model_store.find_model(session, asked)


def test_a_model_that_was_changed_on_disk_is_not_handed_out(
    runtime, sprint_id, tmp_path, monkeypatch
):
    monkeypatch.setattr(model_store, "LARGEST_BLOB", 3)
    sha = staging.keep(runtime, sprint_id, tmp_path / "m", b"large")
    file = tmp_path / "m" / f"{sha}.skops"
    file.write_bytes(b"other")
    with runtime.reading_sessions() as session:
        row = model_store.find_model(session, sha)
        with pytest.raises(InputError, match="do not match"):
            model_store.content_of(row)
        file.unlink()
        with pytest.raises(InputError, match="not at"):
            model_store.content_of(row)


# --- clients ----------------------------------------------------------------------------------


def test_a_token_is_told_once_and_only_its_hash_is_kept(runtime, sprint_id):
    with runtime.uow(TEAM) as uow:
        client, token = clients.create_client(uow, ANA, "website", ["predict"])
        assert client.token_hash == token_hash(token)
        assert client.scopes == [Scope.PREDICT.value]
    with runtime.reading_sessions() as session:
        kept = session.scalars(select(Client)).one()
        assert token not in str(vars(kept))
    assert token not in str([entry.facts for entry in trail(runtime, "client")])


def test_a_revoked_name_can_be_given_again_and_a_living_one_cannot(runtime, sprint_id):
    with runtime.uow(TEAM) as uow:
        clients.create_client(uow, ANA, "website", [])
        with pytest.raises(InputError, match="has a token already"):
            clients.create_client(uow, ANA, "website", [])
        clients.revoke_client(uow, ANA, "website")
        clients.revoke_client(uow, ANA, "website")
        clients.create_client(uow, ANA, "website", [])
        assert [each.revoked_at is None for each in clients.list_clients(uow)] == [False, True]


@pytest.mark.parametrize(
    ("name", "scopes", "deployment", "said"),
    [
        ("  ", [], None, "Give the client a name"),
        ("a", ["read"], None, "is not a scope"),
        ("a", [], 99, "no deployment 99"),
    ],
)
def test_a_client_that_cannot_be_is_refused(runtime, sprint_id, name, scopes, deployment, said):
    with pytest.raises(InputError, match=said), runtime.uow(TEAM) as uow:
        clients.create_client(uow, ANA, name, scopes, deployment)


# --- forgetting -------------------------------------------------------------------------------


def record(runtime, number, entity, at=None):
    """Let somebody have been answered, with an outcome by prediction and one by entity."""
    at = at or datetime.now(UTC)
    with runtime.uow(TEAM) as uow:
        row = uow.session.get_one(Deployment, number)
        name = pseudonym(entity, row.pseudonym_key)
        key = f"{entity}-{at:%j}"
        uow.session.add(
            Prediction(
                deployment_id=number,
                generation=1,
                at=at,
                key=key,
                entity=name,
                arm="model",
                latency_ms=1,
            )
        )
        for place, (prediction, who) in enumerate(((key, None), (None, name))):
            uow.session.add(
                Outcome(
                    deployment_id=number,
                    key=f"{key}-{place}",
                    prediction_key=prediction,
                    entity=who,
                    at=at,
                    received_at=at,
                    value="1",
                )
            )


def rows_left(runtime):
    with runtime.reading_sessions() as session:
        return (
            len(session.scalars(select(Prediction).where(Prediction.arm == "model")).all()),
            len(session.scalars(select(Outcome)).all()),
        )


def test_a_person_is_forgotten_whole_and_nobody_else_is(runtime, live):
    for entity in ("household-7", "household-8"):
        record(runtime, live, entity)
    with runtime.uow(TEAM) as uow:
        assert ledgers.forget_person(uow, "operator", "household-7") == (1, 2)
    assert rows_left(runtime) == (1, 2)
    with runtime.uow(TEAM) as uow:
        assert ledgers.forget_person(uow, "operator", "household-7") == (0, 0)
    assert "household-7" not in str([entry.facts for entry in trail(runtime, "person")])


def test_what_is_older_than_its_time_goes_by_itself(runtime, sprint_id, live):
    record(runtime, live, "old", datetime.now(UTC) - timedelta(days=91))
    record(runtime, live, "new")
    with runtime.uow(TEAM) as uow:
        timer = uow.session.scalars(select(Timer).where(Timer.key == f"retention:{live}")).one()
        assert timer.due_at == uow.now + timedelta(days=90)
        erasure.forget_old(uow, uow.sprint(sprint_id), timer)
        assert timer.due_at == uow.now + timedelta(days=1)
    assert rows_left(runtime) == (1, 2)


# --- the record ---------------------------------------------------------------------------------


def test_the_record_takes_its_facts_from_the_rows(runtime, sprint_id, live):
    staging.answer(runtime, live, "model", 24, first=300)
    staging.answer(runtime, live, "control", 90, first=400)
    advance(runtime, 4)
    with runtime.uow(TEAM) as uow:
        service.roll_back(uow, BEN, live, "wrong coupons")
    staging.obey(runtime, live, "w1", "w2")
    staging.settle(runtime)
    advance(runtime, 2)
    with runtime.uow(TEAM) as uow:
        service.open_traffic(uow, ANA, live)
    advance(runtime, 5)
    with runtime.reading(TEAM) as uow:
        found = record_of(uow, uow.sprint(sprint_id))
    assert [(each.at, each.percent, each.made_here) for each in found.deployments] == [
        (10.0, 1.0, True),
        (16.0, 1.0, True),
    ]
    assert [(each.at, each.by, each.reason) for each in found.rollbacks] == [
        (14.0, "Ben", "wrong coupons")
    ]
    seen = found.deployments[-1].observed
    assert found.deployments[0].observed is None
    assert (seen.hours_live, seen.calls, seen.people, seen.alarms) == (9.0, 24, 24, 0)
    assert seen.rollback_seconds < 60
    assert "too small to say, with 24 people" in seen.effect
    assert {each.part.value for each in found.owners} == {"model", "service", "data", "outcome"}
    assert all(not each.claimed for each in found.deployments)


def test_what_was_noted_by_hand_is_claimed_until_something_shows_it(runtime, sprint_id):
    with runtime.uow(TEAM) as uow:
        external.note_elsewhere(uow, ANA, sprint_id, 1)
        external.note_elsewhere(uow, ANA, sprint_id, 1, link="https://grafana.example/d")
        watched = external.note_elsewhere(
            uow, ANA, sprint_id, 1, link="https://m.example/livez", is_watched=True
        )
        number = watched.id
    with runtime.reading(TEAM) as uow:
        found = record_of(uow, uow.sprint(sprint_id)).deployments
    assert [each.claimed for each in found] == [True, False, True]
    monitoring.note_answer(runtime, TEAM, number, {"status": 204}, datetime.now(UTC))
    with runtime.reading(TEAM) as uow:
        found = record_of(uow, uow.sprint(sprint_id)).deployments
    assert found[2].evidence == "https://m.example/livez"
    assert found[2].observed.uptime == 1.0


# --- pictures ---------------------------------------------------------------------------------


def test_a_picture_s_time_is_the_sprint_s(runtime, sprint_id, live):
    """The machine's clock may stand elsewhere; serving counts by it all the same."""
    staging.answer(runtime, live, "model", 24)
    with runtime.uow(TEAM) as uow:
        row, sprint = find(uow, live)
        first, last = queries.stages(uow, row)[0], queries.stages(uow, row)[-1]
        minute = uow.session.scalars(select(WatchMinute).where(WatchMinute.arm == "model")).one()
        minute.generation = last.generation
        minute.minute = last.written_at + timedelta(hours=3)
    advance(runtime, 10)
    with runtime.reading(TEAM) as uow:
        row, sprint = find(uow, live)
        drawn = picture_of(uow, sprint, row)
        now = uow.now
        zone = sprint.timezone
    assert drawn.start == day_and_time(first.at, zone)
    assert drawn.end == f"{day_and_time(now, zone)} {zone}"
    (place,) = [place for place, bar in enumerate(drawn.bars) if "model" in bar]
    after = last.at + timedelta(hours=3, seconds=30) - first.at
    assert place == int(after / (now - first.at) * len(drawn.bars))
    assert [drawn.stretches[0].start, drawn.stretches[-1].end] == [0, 1]


def test_a_deployment_whose_changes_are_not_on_record_is_drawn_as_it_is(runtime, sprint_id, live):
    staging.answer(runtime, live, "model", 24)
    advance(runtime, 10)
    with runtime.uow(TEAM) as uow:
        uow.session.execute(delete(DeploymentStage))
        row, sprint = find(uow, live)
        drawn = picture_of(uow, sprint, row)
    assert [(each.state, each.start, each.end) for each in drawn.stretches] == [("live", 0, 1)]
    assert sum(bar.get("model", 0) for bar in drawn.bars) == 24
    assert render_deployment(drawn).startswith(b"\x89PNG")


def test_a_picture_is_drawn_from_the_rows_and_posted_once_an_hour(runtime, sprint_id, live):
    staging.answer(runtime, live, "model", 24, first=300)
    with runtime.uow(TEAM) as uow:
        row, sprint = find(uow, live)
        drawn = picture_of(uow, sprint, row)
        assert {tile.name: tile.value for tile in drawn.tiles}["calls by the model"] == "24"
        assert [stretch.state for stretch in drawn.stretches] == [
            "shadow",
            "pulled",
            "shadow",
            "live",
        ]
        png = render_deployment(drawn)
        post_picture(uow, sprint, row, "4")
        post_picture(uow, sprint, row, "4")
    assert png.startswith(b"\x89PNG")
    assert len(png) > 5_000
    found = outbox(runtime, f"sprint:{sprint_id}:deployment:{live}:digest")
    assert [item.thread_key for item in found] == [None, f"sprint:{sprint_id}:deployment:{live}"]
    assert "24 calls answered by the model" in str(
        card(runtime, f"sprint:{sprint_id}:deployment:{live}:digest:4")
    )
