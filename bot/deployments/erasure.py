"""Deletion of what was recorded: one person's on request, everybody's when its time is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, cast

from sqlalchemy import CursorResult, delete, or_, select

from bot.db.deployment_models import Deployment
from bot.db.models import Sprint, Timer
from bot.db.notice_models import ScoreEvent
from bot.db.serving_models import Outcome, Prediction, WatchMinute
from bot.deployments import queries
from bot.domain.enums import AuditAction, AuditSubject, TimerKind
from bot.domain.traffic import pseudonym
from bot.unit_of_work import BOT_ACTOR, UnitOfWork


class Forgotten(NamedTuple):
    """How many rows were deleted."""

    predictions: int
    outcomes: int


def forget_person(
    uow: UnitOfWork, actor_id: str, entity: str, deployment_id: int | None = None
) -> Forgotten:
    """Delete every prediction about a person and every outcome of theirs.

    The audit trail says that it was done, and never for whom.

    Args:
        uow: the transaction.
        actor_id: who asked for it.
        entity: the person as callers name them.
        deployment_id: the only deployment; None for all of the workspace.

    Raises:
        InputError: there is no such deployment.
    """
    found = Forgotten(0, 0)
    for row in _keyed(uow, deployment_id):
        name = pseudonym(entity, str(row.pseudonym_key))
        gone = _delete_person(uow, row.id, name)
        found = Forgotten(found.predictions + gone.predictions, found.outcomes + gone.outcomes)
    uow.audit(
        None,
        actor_id,
        AuditAction.FORGOT,
        AuditSubject.PERSON,
        None,
        predictions=found.predictions,
        outcomes=found.outcomes,
    )
    return found


def _keyed(uow: UnitOfWork, deployment_id: int | None) -> list[Deployment]:
    if deployment_id is not None:
        return [queries.find(uow, deployment_id)[0]]
    return list(
        uow.session.scalars(
            select(Deployment)
            .join(Sprint, Sprint.id == Deployment.sprint_id)
            .where(Sprint.team_id == uow.team_id, Deployment.pseudonym_key.is_not(None))
        )
    )


def _delete_person(uow: UnitOfWork, deployment_id: int, name: str) -> Forgotten:
    mine = (Prediction.deployment_id == deployment_id) & (Prediction.entity == name)
    keys = uow.session.scalars(select(Prediction.key).where(mine)).all()
    outcomes = _count(
        uow,
        delete(Outcome).where(
            Outcome.deployment_id == deployment_id,
            or_(Outcome.entity == name, Outcome.prediction_key.in_(keys)),
        ),
    )
    of_entity = (ScoreEvent.deployment_id == deployment_id) & (ScoreEvent.entity == name)
    uow.session.execute(delete(ScoreEvent).where(of_entity))
    return Forgotten(_count(uow, delete(Prediction).where(mine)), outcomes)


def _count(uow: UnitOfWork, statement: Any) -> int:
    return cast("CursorResult[Any]", uow.session.execute(statement)).rowcount


def forget_old(uow: UnitOfWork, sprint: Sprint, timer: Timer) -> None:
    """Delete what a deployment has recorded for longer than it keeps, and come again tomorrow.

    The facts of the sprint's record stay: they are sums in the stages and the audit trail.
    """
    row, _ = queries.locked(uow, int(timer.facts["deployment_id"]))
    before = datetime.now(UTC) - timedelta(days=row.retention_days)
    gone = [
        _count(uow, delete(table).where(table.deployment_id == row.id, moment < before))
        for table, moment in (
            (Prediction, Prediction.at),
            (Outcome, Outcome.received_at),
            (WatchMinute, WatchMinute.minute),
            (ScoreEvent, ScoreEvent.at),
        )
    ]
    if any(gone):
        uow.audit_row(BOT_ACTOR, AuditAction.FORGOT, row, predictions=gone[0], outcomes=gone[1])
    uow.session.flush()
    if gone[0] or row.state in queries.SERVED:
        uow.set_timer(
            sprint.id,
            timer.key,
            TimerKind.DEPLOYMENT_RETENTION,
            uow.now + timedelta(days=1),
            deployment_id=row.id,
        )
