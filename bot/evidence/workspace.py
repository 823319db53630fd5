"""What is connected in a workspace, as the command line shows it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select

from bot.db.evidence_models import EvidenceFact, EvidenceSystem
from bot.domain.waits import SystemEvent
from bot.evidence.registry import is_installed
from bot.evidence.systems import origin_of
from bot.messages.catalog import say_plain
from bot.unit_of_work import UnitOfWork


def overview(uow: UnitOfWork) -> list[tuple[str, str, str, str, str, str]]:
    """Return a line for each connected system: name, adapter, facts, times and problem."""
    counted = uow.session.execute(
        select(EvidenceFact.origin, func.count())
        .where(EvidenceFact.team_id == uow.team_id)
        .group_by(EvidenceFact.origin)
    )
    counts = {str(origin): count for origin, count in counted}
    rows = uow.session.scalars(
        select(EvidenceSystem)
        .where(EvidenceSystem.team_id == uow.team_id)
        .order_by(EvidenceSystem.name)
    )
    return [
        (
            row.name,
            row.adapter,
            str(counts.get(origin_of(row.id), 0)),
            when(row.last_event_at),
            when(row.last_asked_at),
            row.error or ("" if is_installed(row.adapter) else say_plain("connect.adapter_gone")),
        )
        for row in rows
    ]


def when(at: datetime | None) -> str:
    """Return a moment as the command line writes it; None is said in words."""
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else say_plain("connect.never")


def told_facts(facts: Iterable[SystemEvent]) -> list[str]:
    """Return facts as lines, in the order of time."""
    ordered = sorted(facts, key=lambda fact: (fact.at, fact.kind))
    return [
        f"{fact.at:%Y-%m-%d %H:%M}  {fact.subject}  {say_plain(f'connect.fact_{fact.kind}')}"
        f"{f'  {fact.value}' if fact.value else ''}"
        for fact in ordered
    ]
