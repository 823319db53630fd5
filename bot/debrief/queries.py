"""What the debriefs of a workspace say: the verdict on a sprint, and where no is said."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from bot.db.models import Sprint
from bot.debrief.past import experience_of
from bot.debrief.record_loader import record_of
from bot.domain.enums import SprintStatus
from bot.domain.refusals import RefusalMap, refusal_map
from bot.domain.verdict import Verdict, verdict
from bot.playbook.figures import figures_of, priors_of
from bot.unit_of_work import UnitOfWork

MOST_SPRINTS: Final = 60
"""The newest sprints that are looked at; a company changes."""


def judge(uow: UnitOfWork, sprint: Sprint) -> Verdict:
    """Return the verdict on a sprint as it stands now, with the workspace's own experience."""
    return verdict(
        record_of(uow, sprint),
        experience=experience_of(uow, sprint.started_at or uow.now),
        priors=priors_of(uow.playbook),
        figures=figures_of(uow.playbook),
    )


def workspace_map(uow: UnitOfWork) -> RefusalMap:
    """Return where no is said over the newest closed sprints; private ones do not count."""
    sprints = uow.session.scalars(
        select(Sprint)
        .where(
            Sprint.team_id == uow.team_id,
            Sprint.status == SprintStatus.CLOSED,
            Sprint.is_private.is_(False),
            Sprint.started_at.is_not(None),
        )
        .order_by(Sprint.closed_at.desc(), Sprint.id.desc())
        .limit(MOST_SPRINTS)
    ).all()
    return refusal_map([record_of(uow, sprint) for sprint in sprints])
