"""The audit trail as OCSF events: the shape of the published schema, each entry once, in order."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from bot.clock import CompressedClock
from bot.db.audit_verify import snapshot
from bot.db.engine import open_engine
from bot.domain.enums import AuditAction, AuditSubject
from bot.playbook.loader import load_playbook
from bot.siem import event_of, events, line_of
from bot.unit_of_work import BOT_ACTOR, Runtime
from hour48.cli import app
from tests.databases import KINDS, migrated_database
from tests.runtimes import HOUR_0, TEAM


@pytest.fixture(scope="module")
def published():
    """Return what holds events against the published schema of OCSF 1.3.0, class API Activity."""
    from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

    ocsf = OcsfJsonSchemaEmbedded(get_ocsf_schema(version="1.3.0"))
    name = ocsf.lookup_class_name_from_uid(class_uid=6003)
    return Draft202012Validator(ocsf.get_class_schema(class_name=name, profiles=[]))


@pytest.fixture(params=KINDS)
def runtime(request, tmp_path):
    engine = open_engine(migrated_database(request.param, tmp_path))
    yield Runtime(engine, CompressedClock(HOUR_0), load_playbook())
    engine.dispose()


def write(runtime, count, start=0):
    for number in range(start, start + count):
        with runtime.uow(TEAM) as uow:
            actor = BOT_ACTOR if number % 2 else "U1"
            uow.audit(None, actor, "logged", "blocker", number, title="VPN\nwaits")


def found(runtime, after=0):
    with snapshot(runtime.engine) as connection:
        return list(events(connection, after))


def event_with(**more):
    row = {
        **{"id": 1, "team_id": TEAM, "sprint_id": 4, "at": HOUR_0, "actor_id": "U1"},
        **{"action": "logged", "subject": "blocker", "subject_id": 7},
        **{"facts": {"title": "x"}, "seq": 1, "hash": "a" * 64},
    }
    return json.loads(line_of(event_of(row | more)))


@pytest.mark.slow
def test_every_action_is_an_event_of_the_published_schema(published):
    for action in AuditAction:
        for subject in AuditSubject:
            for more in ({}, {"actor_id": BOT_ACTOR, "sprint_id": None, "subject_id": None}):
                event = event_with(action=str(action), subject=str(subject), **more)
                assert list(published.iter_errors(event)) == []
                assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]


@pytest.mark.slow
@pytest.mark.parametrize("part", ["actor", "api", "metadata", "src_endpoint"])
def test_the_schema_would_notice(published, part):
    event = event_with()
    assert list(published.iter_errors({**event, "made_up": 1}))
    assert list(published.iter_errors({**event, part: {**event[part], "made_up": 1}}))
    del event[part]
    assert list(published.iter_errors(event))


def test_each_entry_is_one_line_in_order_and_goes_on_where_it_ended(runtime):
    write(runtime, 5)
    first = found(runtime)
    assert [event["resources"][0]["uid"] for event in first] == list("01234")
    assert all("\n" not in line_of(event) for event in first)
    write(runtime, 2, start=5)
    later = found(runtime, first[-1]["metadata"]["sequence"])
    assert [event["resources"][0]["uid"] for event in later] == ["5", "6"]
    assert all(event["unmapped"]["chain"]["hash"] for event in later)


def test_an_entry_behind_one_that_is_not_committed_yet_waits_for_it(runtime):
    """On PostgreSQL numbers are given before the commit, so a lower one can come later."""
    if runtime.dialect == "sqlite":
        pytest.skip("SQLite has one writer")
    with runtime.sessions() as session:
        from bot.db.models import AuditEntry

        session.add(
            AuditEntry(
                team_id="T2", at=HOUR_0, actor_id="U1", action="did", subject="test", facts={}
            )
        )
        session.flush()
        write(runtime, 1)
        assert found(runtime) == []
        session.commit()
    assert len(found(runtime)) == 2


def test_the_command_writes_lines_and_keeps_its_place(tmp_path):
    url = migrated_database("sqlite", tmp_path)
    config, state = tmp_path / "hour48.toml", tmp_path / "place"
    config.write_text(f'[database]\nurl = "{url}"\n')
    engine = open_engine(url)
    runtime = Runtime(engine, CompressedClock(HOUR_0), load_playbook())
    counts = []
    for count in (3, 2, 0):
        write(runtime, count)
        words = ["events", "--state", str(state), "--config", str(config)]
        told = CliRunner().invoke(app, words)
        assert told.exit_code == 0, told.output
        counts.append(len([json.loads(line) for line in told.output.splitlines()]))
    engine.dispose()
    assert counts == [3, 2, 0]
