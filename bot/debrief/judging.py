"""The verdict on a stored sprint, as it stands now."""

from __future__ import annotations

from bot.db.models import Sprint
from bot.debrief.past import experience_of
from bot.debrief.record_loader import record_of
from bot.domain.verdict import Verdict, verdict
from bot.playbook.figures import figures_of, priors_of
from bot.unit_of_work import UnitOfWork


def judge(uow: UnitOfWork, sprint: Sprint) -> Verdict:
    """Return the verdict on a sprint as it stands now, with the workspace's own experience."""
    return verdict(
        record_of(uow, sprint),
        experience=experience_of(uow, sprint.started_at or uow.now),
        priors=priors_of(uow.playbook),
        figures=figures_of(uow.playbook),
    )
