"""A person can see everything that is kept about them, and be taken out of all of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import JSON, LargeBinary, String, Text, insert, select, text
from typer.testing import CliRunner

from bot.clock import CompressedClock
from bot.db.audit_verify import snapshot, verify
from bot.db.columns import Base
from bot.db.deployment_models import Deployment
from bot.db.engine import open_engine
from bot.db.models import Person, Sprint
from bot.db.notice_models import ScoreEvent, ScoreNotice
from bot.db.outbox_models import OutboxItem
from bot.db.serving_models import Outcome, Prediction
from bot.domain.errors import InputError
from bot.domain.traffic import pseudonym
from bot.playbook.loader import load_playbook
from bot.privacy import scope
from bot.privacy.scrubber import Scrubber
from bot.privacy.service import erase_person, export_person, find_person
from bot.slack.text import mention
from bot.unit_of_work import Runtime
from hour48.cli import app
from tests.databases import KINDS, migrated_database
from tests.integration.db.test_upgrading import a_row
from tests.runtimes import HOUR_0, TEAM, add_sprint, seat

ZOE = "UZOE77"
NAME = "Zoë Quill"
TYPED_SHORT = {("evidence_systems", "name"), ("evidence_facts", "key")}
"""Short columns that hold what somebody typed or another system sent."""
KEPT = {"audit", "audit_chain", "audit_heads"}


@pytest.fixture(params=KINDS)
def runtime(request, tmp_path):
    engine = open_engine(migrated_database(request.param, tmp_path))
    runtime = Runtime(engine, CompressedClock(HOUR_0), load_playbook())
    seat(runtime)
    yield runtime
    engine.dispose()


def place(column):
    """Return somebody's id or name in the shape of a column, or nothing where none can stand."""
    if column.primary_key or column.foreign_keys or column.name in ("team_id", "state", "status"):
        return None
    if isinstance(column.type, JSON):
        return {"who": ZOE, NAME: [f"<@{ZOE}> and {NAME}'s team", {"deep": NAME}]}
    if isinstance(column.type, String) and column.type.length == 32:
        return ZOE
    if (column.table.name, column.name) in TYPED_SHORT:
        return f"{NAME} ({ZOE})"
    if isinstance(column.type, (String, Text)) and column.type.length in (None, 255):
        return f"{NAME} ({ZOE}) in {column.name}"
    return None


def be_everywhere(runtime):
    """Let somebody stand in every column of every table that can hold them."""
    filled = 0
    with runtime.engine.begin() as connection:
        for table in scope.tables():
            row = a_row(table, 1001)
            for column in table.columns:
                if (value := place(column)) is not None:
                    row[column.name] = value
                    filled += 1
            row |= {
                "people": {"name": NAME},
                "installations": {"team_id": TEAM},
                "deployments": {"pseudonym_key": "ab" * 32},
            }.get(table.name, {})
            connection.execute(insert(table), {_key(table, name): v for name, v in row.items()})
    with runtime.uow(TEAM) as uow:
        uow.audit(None, ZOE, "logged", "blocker", 1, title=f"{NAME} waits", by=ZOE)
        uow.audit(None, "U1", "asked", "approval", 2, approver=ZOE)
        uow.audit(None, "U1", "asked", "approval", 3, approver="U2")
    return filled


def _key(table, name):
    return next(key for key, column in table.c.items() if name in (key, column.name))


def everything(runtime):
    """Return all rows of all tables as one text."""
    with runtime.engine.connect() as connection:
        return "\n".join(
            str(row)
            for table in Base.metadata.sorted_tables
            for row in connection.execute(
                select(*(c for c in table.c if not isinstance(c.type, LargeBinary)))
            )
        )


def close_all(runtime):
    with runtime.engine.begin() as connection:
        connection.execute(text("UPDATE sprints SET status = 'closed'"))


def erase(runtime, **more):
    with runtime.uow(TEAM) as uow:
        return erase_person(uow, find_person(uow, ZOE, **more))


def test_an_erasure_leaves_a_person_in_no_column_of_any_table(runtime):
    assert be_everywhere(runtime) > 60
    close_all(runtime)
    with runtime.reading(TEAM) as uow:
        told = export_person(uow, find_person(uow, ZOE))
    tables = {table.name for table in scope.tables()} - {"lanes"}
    assert set(told["tables"]) >= tables - _wordless()
    done = erase(runtime)
    left = everything(runtime)
    assert ZOE not in left
    assert "Quill" not in left
    assert left.count(done.pseudonym) > 60


def _wordless():
    """Tables in which nobody can stand."""
    return {
        table.name for table in scope.tables() if not any(place(column) for column in table.columns)
    }


def test_the_trail_keeps_a_pseudonym_and_its_chain_holds(runtime):
    be_everywhere(runtime)
    close_all(runtime)
    done = erase(runtime)
    with snapshot(runtime.engine) as connection:
        trail = verify(connection, TEAM)
        rows = connection.execute(text("SELECT actor_id, facts FROM audit ORDER BY id")).all()
    assert (trail.finding, trail.redacted) == (None, 2)
    assert rows[0].actor_id == done.pseudonym
    assert "U2" in str(rows[2].facts)


def test_two_people_of_one_entry_can_both_be_erased(runtime):
    with runtime.uow(TEAM) as uow:
        uow.audit(None, ZOE, "asked", "approval", 1, approver="U6")
        uow.session.add(Person(team_id=TEAM, user_id=ZOE, name=NAME))
    first = erase(runtime)
    with runtime.uow(TEAM) as uow:
        second = erase_person(uow, find_person(uow, "U6"))
    with snapshot(runtime.engine) as connection:
        assert verify(connection, TEAM).finding is None
        row = connection.execute(text("SELECT actor_id, facts FROM audit ORDER BY id")).first()
    assert row.actor_id == first.pseudonym
    assert second.pseudonym in str(row.facts)


def test_nothing_of_another_workspace_or_person_changes(runtime):
    sprint_id = add_sprint(runtime, status="closed")
    with runtime.uow("T2") as uow:
        uow.session.add(Person(team_id="T2", user_id=ZOE, name=NAME))
        uow.audit(None, ZOE, "logged", "blocker", 1)
    be_everywhere(runtime)
    close_all(runtime)
    erase(runtime)
    with runtime.reading("T2") as uow:
        assert uow.person(ZOE).name == NAME
        assert export_person(uow, find_person(uow, ZOE))["tables"]["audit"][0]["actor_id"] == ZOE
    with runtime.reading(TEAM) as uow:
        assert uow.sprint(sprint_id).lead_id == "U1"


def test_a_ledger_gives_up_its_entity(runtime):
    sprint_id = add_sprint(runtime, status="closed")
    with runtime.uow(TEAM) as uow:
        uow.session.add(Person(team_id=TEAM, user_id=ZOE, name=NAME))
        uow.session.add(
            Deployment(
                sprint_id=sprint_id,
                percent=5,
                deployed_by="U1",
                deployed_at=HOUR_0,
                pseudonym_key="ab" * 32,
            )
        )
        uow.session.flush()
        uow.session.add(
            ScoreNotice(deployment_id=1, threshold=0.5, created_by="U1", created_at=HOUR_0)
        )
        uow.session.flush()
        for number, entity in enumerate(("customer-7", "customer-8")):
            name = pseudonym(entity, "ab" * 32)
            uow.session.add(_prediction(number, name))
            uow.session.add(
                ScoreEvent(notice_id=1, deployment_id=1, key=f"s{number}", entity=name, at=HOUR_0)
            )
            uow.session.add(
                Outcome(
                    deployment_id=1,
                    key=f"o{number}",
                    entity=name,
                    at=HOUR_0,
                    received_at=HOUR_0,
                    value="1",
                )
            )
    with runtime.reading(TEAM) as uow:
        told = export_person(uow, find_person(uow, ZOE, entities=["customer-7"]))["tables"]
        assert [len(told[name]) for name in ("predictions", "outcomes", "score_events")] == [1] * 3
    erase(runtime, entities=["customer-7"])
    with runtime.reading(TEAM) as uow:
        assert uow.session.query(Prediction).count() == 1
        assert uow.session.query(Outcome).count() == 1
        assert uow.session.query(ScoreEvent).count() == 1


def _prediction(number, entity):
    return Prediction(
        deployment_id=1,
        generation=1,
        at=HOUR_0,
        key=f"p{number}",
        entity=entity,
        arm="model",
        latency_ms=1.0,
    )


@pytest.mark.parametrize("part", ["lead", "sponsor", "team"])
def test_who_has_a_part_in_something_unfinished_is_named_and_not_erased(runtime, part):
    columns = {"lead": {"lead_id": ZOE}, "sponsor": {"sponsor_id": ZOE}, "team": {}}[part]
    number = add_sprint(runtime, title="Churn pilot", **columns)
    if part == "team":
        with runtime.uow(TEAM) as uow:
            uow.sprint(number).members[0].user_id = ZOE
    with pytest.raises(InputError, match="Churn pilot"):
        erase(runtime)


def test_somebody_of_whom_nothing_is_kept_is_a_sentence(runtime):
    with pytest.raises(InputError, match="Nothing is kept about UNOBODY"), runtime.uow(TEAM) as uow:
        erase_person(uow, find_person(uow, "UNOBODY"))


def test_messages_to_them_alone_are_gone_and_a_pseudonym_pings_nobody(runtime):
    with runtime.uow(TEAM) as uow:
        uow.session.add(Person(team_id=TEAM, user_id=ZOE, name=NAME))
        uow.upsert("hello", None, {"text": "your password", "blocks": []}, queue=f"dm:{ZOE}")
    done = erase(runtime)
    with runtime.reading(TEAM) as uow:
        assert uow.session.query(OutboxItem).count() == 0
        assert uow.name(done.pseudonym) == done.pseudonym
    assert mention(done.pseudonym) == done.pseudonym
    assert mention(ZOE) == f"<@{ZOE}>"


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)
VALUES = st.recursive(
    WORDS | st.integers() | st.booleans() | st.none() | st.sampled_from([ZOE, NAME]),
    lambda inner: st.lists(inner) | st.dictionaries(WORDS | st.just(ZOE), inner),
    max_leaves=12,
)


@given(VALUES)
def test_a_scrubbed_value_holds_nobody_and_is_its_own_fixpoint(value):
    scrub = Scrubber({ZOE: "erased-1", NAME: "erased-1"})
    after = scrub(value)
    told = json.dumps(after, ensure_ascii=False)
    words = [word for word in (ZOE, NAME) if scrub(word) != word]
    assert scrub(after) == after
    assert len(words) == 2
    assert not any(_stands_alone(word, told) for word in words)


def _stands_alone(word, told):
    import re

    return re.search(rf"(?<![\w\\]){re.escape(word)}(?!\w)", told) is not None


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("Ana waits", "X waits"),
        ("Anabel waits", "Anabel waits"),
        ("ana waits", "ana waits"),
        ("<@U1> and <@U12>", "<@X> and <@U12>"),
        ("dm:U1", "dm:X"),
        ("Ana's laptop", "X's laptop"),
    ],
)
def test_only_whole_words_are_people(said, left):
    assert Scrubber({"Ana": "X", "U1": "X"})(said) == left


# --- the commands --------------------------------------------------------------------------------


@pytest.fixture
def configured(tmp_path):
    url = migrated_database("sqlite", tmp_path)
    (tmp_path / "hour48.toml").write_text(f'[database]\nurl = "{url}"\n')
    engine = open_engine(url)
    runtime = Runtime(engine, CompressedClock(HOUR_0), load_playbook())
    add_sprint(runtime, status="closed")
    with runtime.uow(TEAM) as uow:
        uow.session.add(Person(team_id=TEAM, user_id=ZOE, name=NAME))
        sprint = uow.session.query(Sprint).one()
        sprint.title = f"Pilot of {NAME}"
        uow.audit(None, ZOE, "logged", "blocker", 1, title=NAME)
    engine.dispose()
    return tmp_path


def command(configured, *words):
    return CliRunner().invoke(app, [*words, "--config", str(configured / "hour48.toml")])


def test_the_commands_export_erase_and_leave_nothing_in_the_file(configured):
    file = configured / "zoe.json"
    assert command(configured, "person", "export", ZOE, "-o", str(file)).exit_code == 0
    told = json.loads(file.read_text())
    assert told["tables"]["sprints"][0]["title"] == f"Pilot of {NAME}"
    dry = command(configured, "person", "erase", ZOE, "--dry-run")
    assert "Nothing has been erased" in dry.output
    assert command(configured, "person", "erase", ZOE, "--yes").exit_code == 0
    again = command(configured, "person", "export", ZOE)
    assert again.exit_code != 0
    for database in Path(configured).glob("*.db*"):
        assert ZOE.encode() not in database.read_bytes()
        assert b"Quill" not in database.read_bytes()
    assert command(configured, "audit", "verify").exit_code == 0


def test_an_erasure_is_asked_about_first(configured):
    asked = CliRunner().invoke(
        app, ["person", "erase", ZOE, "--config", str(configured / "hour48.toml")], input="n\n"
    )
    assert asked.exit_code == 1
    assert NAME in asked.output
    assert command(configured, "person", "export", ZOE).exit_code == 0


def test_whom_a_sprint_still_needs_nobody_is_asked_whether_to_erase(configured):
    engine = open_engine(f"sqlite:///{next(configured.glob('*.db'))}")
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE sprints SET status = 'running', lead_id = '{ZOE}'"))
    engine.dispose()
    for words in ([], ["--dry-run"]):
        told = command(configured, "person", "erase", ZOE, *words)
        assert "still has a part" in f"{told.output}{told.exception}"
        assert "cannot be undone" not in told.output
