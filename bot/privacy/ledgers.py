"""Deletion of what deployments have recorded about one person, on request."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import delete, or_, select

from bot.db.deployment_models import Deployment
from bot.db.models import Sprint
from bot.db.notice_models import ScoreEvent
from bot.db.serving_models import Outcome, Prediction
from bot.deployments import queries
from bot.domain.enums import AuditAction, AuditSubject
from bot.domain.traffic import pseudonym
from bot.unit_of_work import UnitOfWork


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
    outcomes = uow.count(
        delete(Outcome).where(
            Outcome.deployment_id == deployment_id,
            or_(Outcome.entity == name, Outcome.prediction_key.in_(keys)),
        ),
    )
    of_entity = (ScoreEvent.deployment_id == deployment_id) & (ScoreEvent.entity == name)
    uow.session.execute(delete(ScoreEvent).where(of_entity))
    return Forgotten(uow.count(delete(Prediction).where(mine)), outcomes)
