"""A real runtime on a real SQLite file, with a running sprint in it, for all tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Select, select

from bot.clock import CompressedClock
from bot.db.engine import open_engine
from bot.db.models import AuditEntry, Member, Person, Sprint
from bot.db.outbox_models import OutboxItem
from bot.playbook.loader import load_playbook
from bot.rendering import rendered
from bot.unit_of_work import Runtime, UnitOfWork
from tests.databases import migrated_file

TEAM = "T1"
CHANNEL = "C1"
HOUR_0 = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)
ANA, BEN, CHO, DEE, EVE, GUS = "U1", "U2", "U3", "U4", "U5", "U6"
NAMES = {ANA: "Ana", BEN: "Ben", CHO: "Cho Kim", DEE: "Dee", EVE: "Eve", GUS: "Gus"}
ROLES = {"builder": ANA, "data": BEN, "approver": CHO, "business": DEE}


def open_runtime(file: Path) -> Runtime:
    """Return a runtime whose clock stands still at hour 0 until it is advanced."""
    file.write_bytes(migrated_file())
    engine = open_engine(f"sqlite:///{file}")
    return Runtime(engine, CompressedClock(HOUR_0), load_playbook())


def seat(runtime: Runtime) -> None:
    """Let six people be known: four in the team, a colleague, and a guest."""
    with runtime.uow(TEAM) as uow:
        for user_id, name in NAMES.items():
            uow.session.add(
                Person(team_id=TEAM, user_id=user_id, name=name, is_guest=user_id == GUS)
            )


def add_sprint(runtime: Runtime, **columns: Any) -> int:
    """Write a sprint that Ana leads, running since hour 0 unless `columns` say otherwise."""
    values: dict[str, Any] = {
        "title": "Churn pilot",
        "use_case": "churn",
        "status": "running",
        "lead_id": ANA,
        "planned_start": HOUR_0,
        "started_at": HOUR_0,
        "channel_id": CHANNEL,
        "created_at": HOUR_0 - timedelta(days=1),
    }
    sprint = Sprint(team_id=TEAM, **(values | columns))
    sprint.members = [Member(role=role, user_id=user_id) for role, user_id in ROLES.items()]
    with runtime.uow(TEAM) as uow:
        uow.session.add(sprint)
        uow.session.flush()
        return sprint.id


def advance(runtime: Runtime, hours: float) -> None:
    """Let hours pass."""
    clock = runtime.clock
    assert isinstance(clock, CompressedClock)
    clock.advance(timedelta(hours=hours))


def outbox(runtime: Runtime, prefix: str = "") -> list[OutboxItem]:
    """Return what was wished for under keys that start with `prefix`, in order."""
    with runtime.reading(TEAM) as uow:
        return in_their_words(
            uow,
            select(OutboxItem)
            .where(OutboxItem.key.startswith(prefix, autoescape=True))
            .order_by(OutboxItem.id),
        )


def in_their_words(uow: UnitOfWork, wanted: Select[OutboxItem]) -> list[OutboxItem]:
    """Return wishes with what they say now in their bodies."""
    items = list(uow.session.scalars(wanted))
    bodies = [dict(rendered(uow.runtime, uow.session, item)) for item in items]
    uow.session.expunge_all()
    for item, body in zip(items, bodies, strict=True):
        item.body = body
    return items


def card(runtime: Runtime, key: str) -> dict[str, Any]:
    """Return the newest content of the message under `key`."""
    with runtime.reading(TEAM) as uow:
        item = uow.find_message(key)
        assert item is not None, f"nothing under {key}"
        return dict(rendered(runtime, uow.session, item))


def lines_below(runtime: Runtime, key: str) -> list[str]:
    """Return the texts in the thread of a card, in order."""
    return [str(item.body["text"]) for item in outbox(runtime, f"{key}:line:")]


def buttons(content: dict[str, Any]) -> list[str]:
    """Return the action ids of a message's buttons."""
    return [
        element["action_id"]
        for block in content["blocks"]
        if block["type"] == "actions"
        for element in block["elements"]
    ]


def trail(runtime: Runtime, subject: str) -> list[AuditEntry]:
    """Return what the audit trail says about a subject, in order."""
    with runtime.reading(TEAM) as uow:
        return list(
            uow.session.scalars(
                select(AuditEntry).where(AuditEntry.subject == subject).order_by(AuditEntry.id)
            )
        )
