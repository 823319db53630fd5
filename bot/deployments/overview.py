"""Deployments as the command line lists them, and what one of them still needs."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from bot.db.deployment_models import Deployment
from bot.db.models import Sprint
from bot.deployments import announcements, checklist, queries
from bot.domain.rollout import gate_of
from bot.unit_of_work import UnitOfWork


def list_deployments(uow: UnitOfWork) -> list[dict[str, Any]]:
    """Return the workspace's deployments as JSON values, in the order of their making."""
    rows = uow.session.execute(
        select(Deployment, Sprint)
        .join(Sprint, Sprint.id == Deployment.sprint_id)
        .where(Sprint.team_id == uow.team_id)
        .order_by(Deployment.id)
    )
    return [_plain(uow, row, sprint) for row, sprint in rows]


def _plain(uow: UnitOfWork, row: Deployment, sprint: Sprint) -> dict[str, Any]:
    model = queries.model_of(uow, row)
    return {
        "id": row.id,
        "sprint": sprint.title,
        "state": row.state,
        "percent": row.percent,
        "generation": row.generation,
        "trust": announcements.trust_of(row),
        "model": model.sha256 if model else None,
        "evidence": row.evidence or row.address,
        "rolled_back_at": row.rolled_back_at,
        "override_reason": row.override_reason,
    }


def missing_words(uow: UnitOfWork, deployment_id: int) -> list[str]:
    """Return what a deployment still needs, a line each, and who is to give it.

    Raises:
        InputError: there is none of that number here.
    """
    row, sprint = queries.find(uow, deployment_id)
    gate = gate_of(queries.gate_facts(uow, row, sprint))
    return [
        checklist.check_words(uow, sprint, row, check).replace("*", "") for check in gate.missing
    ]
