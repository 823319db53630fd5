"""Many sprints in a fresh database, written in bulk: a busy deployment and a year of use."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine, insert

from bot.db.columns import Base
from bot.db.models import (
    Approval,
    AuditEntry,
    Blocker,
    GateAnswer,
    Member,
    Person,
    PromptAnswer,
    Sprint,
    Timer,
)
from bot.db.outbox_models import OutboxItem
from bot.domain.vocabulary import Kind

SECRET = "signing-secret-of-the-load-test"
TEAMS = 20
PEOPLE = 50
ROLES = ("builder", "data", "approver", "business")
KINDS = tuple(kind.value for kind in Kind)
PATHS = ("deploy_more", "fix_blockers", "build_foundation")
LENGTH = 48
ROWS_AT_ONCE = 5_000

Row = dict[str, Any]


def team_of(number: int, teams: int = TEAMS) -> str:
    """Return the workspace of a sprint."""
    return f"T{number % teams:03d}"


def person(number: int) -> str:
    """Return a user id."""
    return f"U{number % PEOPLE:03d}"


def fill_running(engine: Engine, sprints: int, now: datetime, hour: int = 6) -> None:
    """Write sprints that all run, and whose prompt of `hour` is due at `now`.

    Each has the people, timers, messages, blockers and the approval that a real one has by then.
    """
    started = now - timedelta(hours=hour)
    numbers = range(1, sprints + 1)
    with engine.begin() as connection:
        write_all(connection, Person, _people(now))
        write_all(connection, Sprint, (_sprint(n, "running", started) for n in numbers))
        write_all(connection, Member, (row for n in numbers for row in _members(n)))
        write_all(connection, Timer, (row for n in numbers for row in _timers(n, started, hour)))
        write_all(connection, OutboxItem, (row for n in numbers for row in _sent(n, started, hour)))
        write_all(connection, Blocker, (row for n in numbers for row in _blockers(n, started, 2)))
        write_all(connection, Approval, (_approval(n, started) for n in numbers))
        write_all(connection, AuditEntry, (row for n in numbers for row in _audit(n, started, 10)))
    _analyze(engine)


def fill_year(engine: Engine, sprints: int, now: datetime) -> None:
    """Write a year of sprints that are over, with some 400 rows each, in one workspace."""
    numbers = range(1, sprints + 1)
    begun = {n: now - timedelta(days=365 * (sprints - n + 1) / sprints + 3) for n in numbers}
    with engine.begin() as connection:
        write_all(connection, Person, _people(now, 1))
        write_all(connection, Sprint, (_sprint(n, "closed", begun[n], 1) for n in numbers))
        write_all(connection, Member, (row for n in numbers for row in _members(n)))
        write_all(
            connection, Timer, (row for n in numbers for row in _timers(n, begun[n], LENGTH + 1, 1))
        )
        write_all(
            connection,
            OutboxItem,
            (row for n in numbers for row in _sent(n, begun[n], LENGTH + 1, 1)),
        )
        write_all(
            connection, Blocker, (row for n in numbers for row in _blockers(n, begun[n], 12, 1))
        )
        write_all(connection, Approval, (_approval(n, begun[n], 1, "approved") for n in numbers))
        write_all(connection, GateAnswer, (row for n in numbers for row in _gates(n, begun[n])))
        write_all(connection, PromptAnswer, (r for n in numbers for r in _answers(n, begun[n])))
        write_all(
            connection, AuditEntry, (row for n in numbers for row in _audit(n, begun[n], 110, 1))
        )
    _analyze(engine)


def write_all(connection: Connection, model: type[Base], rows: Iterable[Row]) -> None:
    """Insert rows, some thousands at a time."""
    remaining = iter(rows)
    while piece := list(islice(remaining, ROWS_AT_ONCE)):
        connection.execute(insert(model), piece)
    if connection.dialect.name == "postgresql" and "id" in model.__table__.c:
        table = model.__tablename__
        connection.exec_driver_sql(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), "
            f"(SELECT max(id) + 1 FROM {table}))"
        )


def _analyze(engine: Engine) -> None:
    """Let the database know what it holds, as its own maintenance would."""
    with engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE")


def _people(now: datetime, teams: int = TEAMS) -> Iterator[Row]:
    """Yield people whom Slack has described; nobody is looked up on every press."""
    for team in range(teams):
        for number in range(PEOPLE):
            yield {
                "team_id": team_of(team, teams),
                "user_id": person(number),
                "name": f"Person {number}",
                "looked_up_at": now,
            }


def _sprint(number: int, status: str, started: datetime, teams: int = TEAMS) -> Row:
    over = status == "closed"
    ended = started + timedelta(hours=LENGTH)
    path = PATHS[number % 3]
    return {
        "id": number,
        "team_id": team_of(number, teams),
        "title": f"Churn pilot {number}",
        "use_case": "churn",
        "status": status,
        "lead_id": person(number),
        "criteria": {},
        "timezone": "Europe/Berlin",
        "planned_start": started,
        "started_at": started,
        "ended_at": ended if over else None,
        "closed_at": ended + timedelta(hours=2) if over else None,
        "channel_id": f"C{number:06d}",
        "channel_name": f"sprint-{number}",
        "kickoff": {},
        "path": path if over else None,
        "verdict": {"critical_path": "security_approval", "path": path} if over else None,
        "sponsor_id": person(number + 9) if number % 2 else None,
        "created_at": started - timedelta(days=1),
    }


def _members(number: int) -> Iterator[Row]:
    for place, role in enumerate(ROLES):
        yield {"sprint_id": number, "role": role, "user_id": person(number + place)}


def _timers(number: int, started: datetime, hour: int, teams: int = TEAMS) -> Iterator[Row]:
    """Yield a sprint's timers as its kickoff wrote them; those before `hour` are done."""
    for each in range(LENGTH + 1):
        yield _timer(number, started, each, "prompt", hour, teams)
        if each and each % 4 == 0:
            yield _timer(number, started, each, "digest", hour, teams)


def _timer(number: int, started: datetime, at: int, kind: str, hour: int, teams: int) -> Row:
    due = started + timedelta(hours=at)
    done = at < hour
    return {
        "team_id": team_of(number, teams),
        "sprint_id": number,
        "key": f"{kind}:{at}",
        "kind": kind,
        "due_at": due,
        "nominal_at": due,
        "state": "done" if done else "waiting",
        "done_at": due if done else None,
        "facts": {"hour": at},
    }


def _sent(number: int, started: datetime, hour: int, teams: int = TEAMS) -> Iterator[Row]:
    """Yield what stands in the sprint's channel by now."""
    names = ["channel", "card", "welcome", *(f"prompt:{each}" for each in range(hour))]
    for place, name in enumerate(names):
        yield {
            "team_id": team_of(number, teams),
            "sprint_id": number,
            "key": f"sprint:{number}:{name}",
            "queue": f"sprint:{number}",
            "kind": "create_channel" if name == "channel" else "message",
            "priority": 0 if place < 3 else 50,
            "body": {"text": f"What was said under {name}", "blocks": []},
            "state": "sent",
            "sent_version": 1,
            "channel_id": f"C{number:06d}",
            "ts": f"{int(started.timestamp())}.{number * 100 + place:06d}",
            "result": {},
            "created_at": started,
            "sent_at": started,
        }


def _blockers(number: int, started: datetime, count: int, teams: int = TEAMS) -> Iterator[Row]:
    chance = random.Random(number)
    for each in range(1, count + 1):
        raised = started + timedelta(hours=chance.uniform(0.2, 5))
        is_open = count == 2 and each == 2
        yield {
            "team_id": team_of(number, teams),
            "sprint_id": number,
            "number": each,
            "title": f"Access to replica {each} waits for a form",
            "kind": chance.choice(KINDS),
            "severity": "stops" if each % 2 else "slows",
            "phase": "data",
            "lead_time": f"{chance.randint(1, 9)} days",
            "waits_for": chance.choice(("security", "legal", "operations")),
            "owner_id": person(number + each),
            "raised_by": person(number),
            "raised_at": raised,
            "state": "open" if is_open else "fixed",
            "resolved_at": None if is_open else raised + timedelta(hours=chance.uniform(1, 60)),
        }


def _approval(number: int, started: datetime, teams: int = TEAMS, state: str = "waiting") -> Row:
    return {
        "team_id": team_of(number, teams),
        "sprint_id": number,
        "number": 1,
        "subject": "security",
        "what": "Read access to the replica",
        "requested_by": person(number),
        "approver_id": person(number + 2),
        "requested_at": started + timedelta(hours=2),
        "deadline": started + timedelta(hours=14),
        "state": state,
    }


def _gates(number: int, started: datetime) -> Iterator[Row]:
    scenarios = {"data": "locked", "model": "works", "integration": "easy", "deployment": "works"}
    for phase, scenario in scenarios.items():
        yield {
            "sprint_id": number,
            "phase": phase,
            "scenario": scenario,
            "answered_by": person(number),
            "answered_at": started + timedelta(hours=9),
        }


def _answers(number: int, started: datetime) -> Iterator[Row]:
    for hour in range(LENGTH + 1):
        for place in range(3):
            yield {
                "sprint_id": number,
                "hour": hour,
                "user_id": person(number + place),
                "answer": "on_track",
                "answered_at": started + timedelta(hours=hour),
            }


def _audit(number: int, started: datetime, count: int, teams: int = TEAMS) -> Iterator[Row]:
    for each in range(count):
        yield {
            "team_id": team_of(number, teams),
            "sprint_id": number,
            "at": started + timedelta(minutes=20 * each),
            "actor_id": person(number),
            "action": "answered",
            "subject": "prompt",
            "subject_id": each,
            "facts": {"answer": "on_track"},
        }
