"""What counts as a move of a sprint, and when it last moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import and_, func, or_, select

from bot.db.listening_models import PromptReply
from bot.db.models import AuditEntry, Sprint
from bot.domain.enums import AuditAction, AuditSubject
from bot.unit_of_work import UnitOfWork

MOVES: Final = (
    ("digest.moved_logged", AuditSubject.BLOCKER, (AuditAction.LOGGED,)),
    ("digest.moved_resolved", AuditSubject.BLOCKER, (AuditAction.RESOLVED,)),
    ("digest.moved_requested", AuditSubject.APPROVAL, (AuditAction.REQUESTED,)),
    (
        "digest.moved_decided",
        AuditSubject.APPROVAL,
        (AuditAction.APPROVED, AuditAction.REJECTED),
    ),
    ("digest.moved_expired", AuditSubject.APPROVAL, (AuditAction.EXPIRED,)),
    ("digest.moved_gate", AuditSubject.GATE, (AuditAction.ANSWERED,)),
    ("digest.moved_probe", AuditSubject.PROBE, (AuditAction.FINISHED,)),
    (
        "digest.moved_deployed",
        AuditSubject.DEPLOYMENT,
        (AuditAction.DEPLOYED, AuditAction.OPENED, AuditAction.ADVANCED),
    ),
    ("digest.moved_rolled_back", AuditSubject.DEPLOYMENT, (AuditAction.ROLLED_BACK,)),
)
"""What counts as a move: the words, the subject and the actions of the audit trail."""
UNDONE: Final[Mapping[str, frozenset[str]]] = {
    AuditAction.REOPENED: frozenset(
        (AuditAction.RESOLVED, AuditAction.APPROVED, AuditAction.REJECTED)
    ),
}
"""Action → the earlier ones on the same row that it takes back."""


def last_moves(uow: UnitOfWork, sprints: Sequence[Sprint]) -> Mapping[int, datetime]:
    """Return when something last moved, or a prompt was last answered; nothing for silent ones."""
    if not sprints:
        return {}
    moves = [
        and_(AuditEntry.subject == subject, AuditEntry.action.in_(actions))
        for _, subject, actions in MOVES
    ]
    recorded = (
        select(Sprint.id, func.max(AuditEntry.at))
        .join(AuditEntry, AuditEntry.sprint_id == Sprint.id)
        .where(Sprint.id.in_([each.id for each in sprints]), or_(*moves))
        .group_by(Sprint.id)
    )
    last = _last_answers(uow, sprints)
    for sprint_id, at in uow.session.execute(recorded):
        last[sprint_id] = max(at, last.get(sprint_id, at))
    return last


def _last_answers(uow: UnitOfWork, sprints: Sequence[Sprint]) -> dict[int, datetime]:
    """Return when a prompt was last answered in words, by the number of the sprint."""
    of_sprints = PromptReply.sprint_id.in_([sprint.id for sprint in sprints])
    found = select(PromptReply.sprint_id, func.max(PromptReply.replied_at)).where(of_sprints)
    return dict(uow.session.execute(found.group_by(PromptReply.sprint_id)).all())
