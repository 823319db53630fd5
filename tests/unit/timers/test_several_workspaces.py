"""Sprints of several workspaces share statements, and each gets what it would have got alone."""

from __future__ import annotations

import shutil
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.clock import CompressedClock
from bot.db.columns import Base
from bot.db.engine import open_engine
from bot.db.models import AuditEntry, Member, Person, Sprint
from bot.domain.enums import TimerKind
from bot.playbook.loader import load_playbook
from bot.timers import dispatcher
from bot.timers.dispatcher import run_due
from bot.unit_of_work import SEVERAL, Runtime
from tests.runtimes import HOUR_0, NAMES, ROLES, open_runtime

TEAMS = ("T1", "T2")
COMPARED = ("outbox", "timers", "sprints", "people", "audit")
OWN = {"id", "created_at", "traceparent", "prev_hash", "hash", "chain"}
"""Columns that tell when or in which order a row was written, and not what it says."""
STATES = [
    {"unanswered": 0},
    {"unanswered": 3, "sponsor_id": "U5"},
    {"pace": "held", "lead_asked_at": HOUR_0 - timedelta(hours=9)},
    {"pace": "paused", "digest_channel_id": "C9"},
    {"status": "cancelled"},
    {"lead_id": "U2", "quiet_from": "00:00", "quiet_until": "23:59"},
]


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """Two workspaces with the same people, and sprints in each state that prompts look at."""
    file = tmp_path_factory.mktemp("several") / "filled.db"
    runtime = open_runtime(file)
    for team_id in TEAMS:
        with runtime.uow(team_id) as uow:
            uow.session.add_all(
                Person(team_id=team_id, user_id=user_id, name=f"{name} of {team_id}")
                for user_id, name in NAMES.items()
            )
            for place, columns in enumerate(STATES):
                started = HOUR_0 - timedelta(hours=8)
                sprint = Sprint(
                    **{
                        "team_id": team_id,
                        "title": f"{team_id} {place}",
                        "use_case": "churn",
                        "status": "running",
                        "lead_id": "U1",
                        "planned_start": started,
                        "started_at": started,
                        "channel_id": f"C{place}",
                        "created_at": started,
                        **columns,
                    }
                )
                sprint.members = [Member(role=role, user_id=who) for role, who in ROLES.items()]
                uow.session.add(sprint)
                uow.session.flush()
                hours = (7, 8) if place % 2 else (1,) if team_id == "T2" else (8,)
                for hour in hours:
                    at = HOUR_0 - timedelta(minutes=9 - hour)
                    uow.set_timer(sprint.id, f"prompt:{hour}", TimerKind.PROMPT, at, hour=hour)
                uow.set_timer(sprint.id, "digest:8", TimerKind.DIGEST, HOUR_0, hour=8)
                uow.upsert(
                    f"sprint:{sprint.id}:prompt:{hours[0] - 1}",
                    "prompt",
                    {"hour": hours[0] - 1},
                    sprint_id=sprint.id,
                )
                uow.session.add(
                    AuditEntry(
                        team_id=team_id,
                        sprint_id=sprint.id,
                        at=HOUR_0 - timedelta(hours=3, minutes=place),
                        actor_id="U1",
                        action="logged",
                        subject="blocker",
                        facts={},
                    )
                )
    runtime.engine.dispose()
    return file


def _after(filled, file, monkeypatch, *, sprints_at_once):
    shutil.copy(filled, file)
    monkeypatch.setitem(dispatcher.SPRINTS_PER_TRANSACTION, "sqlite", sprints_at_once)
    runtime = Runtime(open_engine(f"sqlite:///{file}"), CompressedClock(HOUR_0), load_playbook())
    units = []
    runtime.on_commit(lambda: units.append(1))
    run_due(runtime)
    with runtime.reading_sessions() as session:
        rows = {
            name: sorted(
                (_told(row) for row in session.execute(select(Base.metadata.tables[name]))), key=str
            )
            for name in COMPARED
        }
    runtime.engine.dispose()
    return rows, len(units)


def _told(row):
    return {key: value for key, value in row._mapping.items() if key not in OWN}


def test_each_sprint_gets_together_what_it_gets_alone(filled, tmp_path, monkeypatch):
    alone, many = _after(filled, tmp_path / "alone.db", monkeypatch, sprints_at_once=1)
    together, one = _after(filled, tmp_path / "together.db", monkeypatch, sprints_at_once=250)
    assert together == alone
    assert (many, one) == (len(TEAMS) * len(STATES), 1)
    for team_id in TEAMS:
        templates = {
            row["recipe"]["name"]
            for row in together["outbox"]
            if row["team_id"] == team_id and row["recipe"]
        }
        assert {"prompt", "folded_prompt", "silence", "digest", "card", "sponsor_day"} <= templates
    assert {row["team_id"] for row in together["outbox"]} == set(TEAMS)


def test_what_is_one_workspace_s_own_is_refused_by_a_unit_of_several(runtime):
    with pytest.raises(ValueError, match="several"), runtime.uow(SEVERAL) as uow:
        uow.upsert("dm:U1:hello", None, {}, queue="dm:U1")
    with pytest.raises(ValueError, match="several"), runtime.uow(SEVERAL) as uow:
        uow.audit(None, "U1", "logged", "blocker")
    with runtime.uow("T1") as uow:
        assert uow.within("T1") is uow
        assert uow.within("T2").team_id == "T2"
        assert uow.within("T2")._people is not uow._people
