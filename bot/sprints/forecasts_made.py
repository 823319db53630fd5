"""Forecasts as they were made, and when what they foretold happened."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import func, select

from bot.db.deployment_models import Deployment
from bot.db.models import ForecastMade, Sprint
from bot.domain.enums import ForecastSubject
from bot.domain.verdict import Verdict
from bot.domain.verdict.model import Fix
from bot.unit_of_work import UnitOfWork

MOST_RERUNS: Final = 50
"""Runs of one use case that are followed back; a longer chain is a circle."""


def keep_forecasts(uow: UnitOfWork, sprint: Sprint, judged: Verdict) -> None:
    """Write down what was forecast when a sprint is closed; what is live needs no forecast."""
    found = judged.by_facts
    if not found.deployed:
        chance = found.chances.now if found.chances else None
        _keep(
            uow, sprint, ForecastSubject.SPRINT, 0, found.forecast.p50, found.forecast.p80, chance
        )
    for number, fix in enumerate(judged.fixes, 1):
        _keep_fix(uow, sprint, judged, number, fix)
    uow.session.flush()


def _keep_fix(uow: UnitOfWork, sprint: Sprint, judged: Verdict, number: int, fix: Fix) -> None:
    days = judged.cause_days.get(fix.cause or "")
    if days is None:
        return
    function = next((each.function for each in judged.causes if each.id == fix.cause), None)
    _keep(uow, sprint, ForecastSubject.FIX, number, days.p50, days.p80, days.chance_30, function)


def _keep(
    uow: UnitOfWork,
    sprint: Sprint,
    subject: ForecastSubject,
    number: int,
    p50: float,
    p80: float,
    chance_30: float | None,
    function: str | None = None,
) -> None:
    uow.session.add(
        ForecastMade(
            team_id=uow.team_id,
            sprint_id=sprint.id,
            subject=subject,
            number=number,
            function=function,
            p50=p50,
            p80=p80,
            chance_30=chance_30,
            made_at=uow.now,
        )
    )


def settle_fix(uow: UnitOfWork, sprint: Sprint, number: int, done_at: datetime | None) -> None:
    """Write down when an item of the plan was done; None takes it back."""
    row = _forecast(uow, sprint.id, ForecastSubject.FIX, number)
    if row is not None:
        row.happened_at = done_at


def settle_runs_before(uow: UnitOfWork, sprint: Sprint) -> None:
    """Write down that a use case went live, for the runs before that forecast when it would."""
    live_at = uow.session.scalar(
        select(func.min(Deployment.deployed_at)).where(Deployment.sprint_id == sprint.id)
    )
    run = sprint
    for _ in range(MOST_RERUNS):
        if live_at is None or run.rerun_of is None:
            return
        run = uow.sprint(run.rerun_of)
        row = _forecast(uow, run.id, ForecastSubject.SPRINT, 0)
        if row is not None and row.happened_at is None:
            row.happened_at = live_at


def _forecast(
    uow: UnitOfWork, sprint_id: int, subject: ForecastSubject, number: int
) -> ForecastMade | None:
    return uow.session.scalars(
        select(ForecastMade).where(
            ForecastMade.sprint_id == sprint_id,
            ForecastMade.subject == subject,
            ForecastMade.number == number,
        )
    ).one_or_none()
