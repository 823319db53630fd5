"""What a sprint's probes found, as this and other features read it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from bot.db.models import ProbeRun
from bot.domain.enums import ProbeRunState
from bot.unit_of_work import UnitOfWork


def done_runs(uow: UnitOfWork, sprint_id: int, probe: str | None = None) -> Sequence[ProbeRun]:
    """Return a sprint's finished runs, the newest first.

    Args:
        uow: the open unit.
        sprint_id: the sprint.
        probe: only runs of this one; None for those of every probe.
    """
    finished = select(ProbeRun).where(
        ProbeRun.sprint_id == sprint_id, ProbeRun.state == ProbeRunState.DONE
    )
    of_one = finished.where(ProbeRun.probe == probe) if probe else finished
    return uow.session.scalars(of_one.order_by(ProbeRun.id.desc())).all()
