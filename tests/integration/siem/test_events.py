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
from bot.unit_of_work import THE_CLOCK, Runtime
from hour48.cli import app
from tests.databases import KINDS, migrated_database
from tests.runtimes import HOUR_0, TEAM

OBJECT = {"type": "object"}
API_ACTIVITY = {
    "type": "object",
    "required": [
        *("activity_id", "actor", "api", "category_uid", "class_uid", "metadata"),
        *("severity_id", "src_endpoint", "time", "type_uid"),
    ],
    "additionalProperties": False,
    "properties": {
        "activity_id": {"enum": [0, 1, 2, 3, 4, 99]},
        "activity_name": {"type": "string"},
        "actor": {
            "type": "object",
            "required": ["user"],
            "properties": {
                "user": {
                    "type": "object",
                    "required": ["uid"],
                    "additionalProperties": False,
                    "properties": {
                        "uid": {"type": "string", "minLength": 1},
                        "type_id": {"enum": [0, 1, 2, 3, 4, 99]},
                        "type": {"type": "string"},
                        "org": OBJECT,
                    },
                }
            },
        },
        "api": {
            "type": "object",
            "required": ["operation"],
            "properties": {"operation": {"type": "string"}, "service": OBJECT},
        },
        "category_name": {"const": "Application Activity"},
        "category_uid": {"const": 6},
        "class_name": {"const": "API Activity"},
        "class_uid": {"const": 6003},
        "message": {"type": "string"},
        "metadata": {
            "type": "object",
            "required": ["product", "version"],
            "properties": {
                "version": {"const": "1.3.0"},
                "uid": {"type": "string"},
                "sequence": {"type": "integer"},
                "product": {"type": "object", "required": ["vendor_name"]},
                "log_name": {"type": "string"},
                "logged_time": {"type": "integer"},
            },
            "additionalProperties": False,
        },
        "resources": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["uid"],
                "properties": {"uid": {"type": "string"}, "type": {"type": "string"}},
            },
        },
        "severity": {"enum": ["Informational", "Low", "Medium", "High", "Critical", "Fatal"]},
        "severity_id": {"enum": [0, 1, 2, 3, 4, 5, 6, 99]},
        "src_endpoint": {"type": "object", "minProperties": 1},
        "status": {"enum": ["Unknown", "Success", "Failure", "Other"]},
        "status_id": {"enum": [0, 1, 2, 99]},
        "time": {"type": "integer", "minimum": 1_000_000_000_000},
        "type_name": {"type": "string"},
        "type_uid": {"type": "integer"},
        "unmapped": OBJECT,
    },
}
"""The class `api_activity` of OCSF 1.3.0, as far as these events use it: what is required, of which
type, and its closed lists of numbers."""


@pytest.fixture(params=KINDS)
def runtime(request, tmp_path):
    engine = open_engine(migrated_database(request.param, tmp_path))
    yield Runtime(engine, CompressedClock(HOUR_0), load_playbook())
    engine.dispose()


def write(runtime, count, start=0):
    for number in range(start, start + count):
        with runtime.uow(TEAM) as uow:
            actor = THE_CLOCK if number % 2 else "U1"
            uow.audit(None, actor, "logged", "blocker", number, title="VPN\nwaits")


def found(runtime, after=0):
    with snapshot(runtime.engine) as connection:
        return list(events(connection, after))


@pytest.mark.parametrize("action", AuditAction)
def test_every_action_is_an_event_of_the_schema(action):
    row = {
        **{"id": 1, "team_id": TEAM, "sprint_id": 4, "at": HOUR_0, "actor_id": "U1"},
        **{"action": str(action), "subject": str(AuditSubject.BLOCKER), "subject_id": 7},
        **{"facts": {"title": "x"}, "seq": 1, "hash": "a" * 64},
    }
    event = json.loads(line_of(event_of(row)))
    assert list(Draft202012Validator(API_ACTIVITY).iter_errors(event)) == []
    assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]


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
