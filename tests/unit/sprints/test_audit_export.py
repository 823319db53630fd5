from __future__ import annotations

import csv
import io

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from bot.db.models import AuditEntry
from bot.sprints.audit_export import COLUMNS, audit_csv, harmless
from tests.runtimes import ANA, TEAM, advance


def written(runtime, sprint_id):
    with runtime.reading(TEAM) as uow:
        return audit_csv(uow, uow.sprint(sprint_id))


def note(runtime, sprint_id, **facts):
    with runtime.uow(TEAM) as uow:
        uow.audit(sprint_id, ANA, "logged", "blocker", 7, **facts)


def test_each_step_is_a_line_with_moment_hour_and_actor(runtime, running_sprint):
    advance(runtime, 1.5)
    note(runtime, running_sprint, number=2, title="Zugang, “fehlt”")
    header, line = csv.reader(io.StringIO(written(runtime, running_sprint)))
    assert tuple(header) == COLUMNS
    assert line == [
        "2026-03-09T10:30:00+00:00",
        "1.50",
        "Ana",
        ANA,
        "logged",
        "blocker",
        "2",
        '{"title": "Zugang, “fehlt”"}',
    ]


def test_a_sprint_without_steps_has_its_column_names(runtime, running_sprint):
    assert written(runtime, running_sprint).strip() == ",".join(COLUMNS)


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("  =1", "'  =1"),
        ("a=1", "a=1"),
        ("", ""),
    ],
)
def test_no_cell_is_taken_for_a_formula(cell, shown):
    assert harmless(cell) == shown


def changed(row):
    row.action = "never happened"


@pytest.mark.parametrize(
    "tamper",
    [
        lambda session, row: changed(row),
        lambda session, row: session.delete(row),
        lambda session, row: session.execute(update(AuditEntry).values(action="x")),
        lambda session, row: session.execute(delete(AuditEntry)),
    ],
    ids=["change", "delete", "bulk change", "bulk delete"],
)
def test_the_trail_is_written_once(runtime, running_sprint, tamper):
    note(runtime, running_sprint)
    with pytest.raises(DBAPIError, match="written once"), runtime.uow(TEAM) as uow:
        tamper(uow.session, uow.session.scalars(select(AuditEntry)).one())
    with runtime.reading(TEAM) as uow:
        assert uow.session.scalars(select(AuditEntry.action)).all() == ["logged"]
