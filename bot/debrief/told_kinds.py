"""A gate's answer outweighs a kind that was only suggested: the blocker takes it over.

Card, digest, Home, portfolio and report then count the blocker's hours under the same kind as the
verdict does. The guess is kept, and comes back when the gate is answered otherwise.
"""

from __future__ import annotations

from sqlalchemy import exists, select

from bot.blockers.service import show_blocker
from bot.db.models import Blocker, GateAnswer, Sprint
from bot.domain.enums import AuditAction
from bot.domain.verdict.told_kinds import told_kinds
from bot.records.queries import record_of
from bot.unit_of_work import UnitOfWork


def take_told_kinds(uow: UnitOfWork, sprint: Sprint, actor_id: str) -> None:
    """Give the blockers whose kind was suggested the kind that a gate tells, else the guess again.

    Args:
        uow: the open unit.
        sprint: locked.
        actor_id: who answered the gate, or wrote the blocker.
    """
    uow.session.flush()
    with_gate = exists().where(GateAnswer.sprint_id == sprint.id, GateAnswer.phase == Blocker.phase)
    rows = select(Blocker).where(
        Blocker.sprint_id == sprint.id, Blocker.kind_was_suggested.is_(True)
    )
    if uow.session.scalars(rows.where(with_gate).limit(1)).first() is None:
        return
    guessed = list(uow.session.scalars(rows.order_by(Blocker.number)))
    before = {blocker.id: blocker.kind for blocker in guessed}
    for blocker in guessed:  # a gate that is answered anew is held against the guess itself
        blocker.kind, blocker.kind_guess = blocker.kind_guess or blocker.kind, None
    uow.session.flush()
    told = told_kinds(record_of(uow, sprint))
    for blocker in guessed:
        kind = told.get(f"blocker-{blocker.number}")
        if kind is not None:
            blocker.kind, blocker.kind_guess = kind.value, blocker.kind
        if blocker.kind == before[blocker.id]:
            continue
        facts = {"number": blocker.number, "kind": blocker.kind, "before": before[blocker.id]}
        uow.audit_row(actor_id, AuditAction.EDITED, blocker, **facts)
        show_blocker(uow, sprint, blocker)
