"""A gate's answer outweighs a kind that was only suggested: the blocker takes it over.

Card, digest, Home, portfolio and report then count the blocker's hours under the same kind as the
verdict does.
"""

from __future__ import annotations

from sqlalchemy import exists, select

from bot.blockers.service import show_blocker
from bot.db.models import Blocker, GateAnswer, Sprint
from bot.debrief.record_loader import record_of
from bot.domain.enums import AuditAction, AuditSubject
from bot.domain.verdict.told_kinds import told_kinds
from bot.unit_of_work import UnitOfWork


def take_told_kinds(uow: UnitOfWork, sprint: Sprint, actor_id: str) -> None:
    """Give the blockers whose kind was suggested the kind that a gate tells, where it outweighs it.

    Args:
        uow: the open unit.
        sprint: locked.
        actor_id: who answered the gate, or wrote the blocker.
    """
    uow.session.flush()
    guessed = select(Blocker.id).where(
        Blocker.sprint_id == sprint.id,
        Blocker.kind_was_suggested.is_(True),
        exists().where(GateAnswer.sprint_id == sprint.id, GateAnswer.phase == Blocker.phase),
    )
    if uow.session.scalars(guessed.limit(1)).first() is None:
        return
    told = told_kinds(record_of(uow, sprint))
    rows = select(Blocker).where(Blocker.sprint_id == sprint.id).order_by(Blocker.number)
    for blocker in uow.session.scalars(rows):
        kind = told.get(f"blocker-{blocker.number}")
        if kind is None:
            continue
        facts = {"number": blocker.number, "kind": kind.value, "before": blocker.kind}
        blocker.kind = kind.value
        uow.audit(
            sprint.id, actor_id, AuditAction.EDITED, AuditSubject.BLOCKER, blocker.id, **facts
        )
        show_blocker(uow, sprint, blocker)
