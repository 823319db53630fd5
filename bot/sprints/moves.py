"""What counts as a move of a sprint, and when it last moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, exists, func, not_, or_, select
from sqlalchemy.orm import aliased

from bot.db.arrays import in_array
from bot.db.engine import DIALECTS
from bot.db.listening_models import PromptReply
from bot.db.models import AuditEntry, Blocker, Sprint
from bot.domain.enums import AuditAction, AuditSubject, BlockerState
from bot.unit_of_work import UnitOfWork

Moves = tuple[tuple[str, AuditSubject, tuple[AuditAction, ...]], ...]

MOVES: Final[Moves] = (
    ("digest.moved_logged", AuditSubject.BLOCKER, (AuditAction.LOGGED,)),
    ("digest.moved_resolved", AuditSubject.BLOCKER, (AuditAction.RESOLVED,)),
    ("digest.moved_requested", AuditSubject.APPROVAL, (AuditAction.REQUESTED,)),
    (
        "digest.moved_decided",
        AuditSubject.APPROVAL,
        (AuditAction.APPROVED, AuditAction.REJECTED),
    ),
    ("digest.moved_expired", AuditSubject.APPROVAL, (AuditAction.EXPIRED,)),
    ("digest.moved_gate", AuditSubject.GATE, (AuditAction.ANSWERED, AuditAction.ANSWERED_EARLY)),
    ("digest.moved_probe", AuditSubject.PROBE, (AuditAction.FINISHED,)),
    (
        "digest.moved_deployed",
        AuditSubject.DEPLOYMENT,
        (AuditAction.DEPLOYED, AuditAction.OPENED, AuditAction.ADVANCED),
    ),
    ("digest.moved_rolled_back", AuditSubject.DEPLOYMENT, (AuditAction.ROLLED_BACK,)),
)
"""What counts as a move: the words, the subject and the actions of the audit trail."""
TO_SPONSORS: Final[Moves] = tuple(
    (words, subject, tuple(each for each in actions if each is not AuditAction.ANSWERED_EARLY))
    for words, subject, actions in MOVES
)
"""The same without what the team alone is told: a gate that was answered before its hour."""
UNDONE: Final[Mapping[str, frozenset[str]]] = {
    AuditAction.REOPENED: frozenset(
        (AuditAction.RESOLVED, AuditAction.APPROVED, AuditAction.REJECTED)
    ),
}
"""Action → the earlier ones on the same row that it takes back."""


def _taken_back() -> ColumnElement[bool]:
    """Return whether an entry was undone since, or is about a blocker that is withdrawn."""
    later = aliased(AuditEntry)
    undone = [
        and_(AuditEntry.action.in_(before), later.action == action)
        for action, before in UNDONE.items()
    ]
    since = exists().where(
        later.sprint_id == AuditEntry.sprint_id,
        later.subject == AuditEntry.subject,
        later.subject_id == AuditEntry.subject_id,
        later.id > AuditEntry.id,
        or_(*undone),
    )
    withdrawn = exists().where(
        AuditEntry.subject == AuditSubject.BLOCKER,
        Blocker.id == AuditEntry.subject_id,
        Blocker.state == BlockerState.WITHDRAWN,
    )
    return or_(since, withdrawn)


def _recorded_on(dialect: str, counted: Moves) -> Select[int, datetime]:
    moves = [
        and_(AuditEntry.subject == subject, AuditEntry.action.in_(actions))
        for _, subject, actions in counted
    ]
    return (
        select(Sprint.id, func.max(AuditEntry.at))
        .join(AuditEntry, AuditEntry.sprint_id == Sprint.id)
        .where(in_array(dialect, Sprint.id, "of_sprints"), or_(*moves), not_(_taken_back()))
        .group_by(Sprint.id)
    )


RECORDED: Final = {
    (dialect, counted): _recorded_on(dialect, counted)
    for dialect in DIALECTS
    for counted in (MOVES, TO_SPONSORS)
}
ANSWERED: Final = {
    dialect: select(PromptReply.sprint_id, func.max(PromptReply.replied_at))
    .where(in_array(dialect, PromptReply.sprint_id, "of_sprints"))
    .group_by(PromptReply.sprint_id)
    for dialect in DIALECTS
}
"""Put together once, since every due minute asks them of hundreds of sprints at a time."""


def last_moves(
    uow: UnitOfWork, sprints: Sequence[Sprint], counted: Moves = MOVES
) -> Mapping[int, datetime]:
    """Return when something last moved, or a prompt was last answered; nothing for silent ones.

    What was taken back since is no move; see `moves_between`.

    Args:
        uow: the open unit.
        sprints: sprints of the workspace.
        counted: what counts, `MOVES` or `TO_SPONSORS`.
    """
    if not sprints:
        return {}
    asked = {"of_sprints": [each.id for each in sprints]}
    last: dict[int, datetime] = dict(uow.session.execute(ANSWERED[uow.dialect], asked).all())
    for sprint_id, at in uow.session.execute(RECORDED[uow.dialect, counted], asked):
        last[sprint_id] = max(at, last.get(sprint_id, at))
    return last
