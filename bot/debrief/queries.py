"""What the debriefs of a workspace say: verdicts, plans, forecasts, and where no is said."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select

from bot.blockers.queries import all_quotes
from bot.db.models import ForecastMade, GateAnswer, Sprint
from bot.domain.enums import SprintStatus
from bot.domain.refusals import RefusalMap, refusal_map
from bot.domain.verdict import Experience, Verdict, verdict
from bot.domain.verdict.scores import ForecastMade as Made
from bot.playbook.figures import figures_of, priors_of
from bot.records.queries import record_of
from bot.unit_of_work import UnitOfWork

MOST_FORECASTS: Final = 1_000
"""The newest forecasts that are scored; a company changes."""
_DAY: Final = timedelta(days=1)
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


def experience_of(uow: UnitOfWork, before: datetime | None = None) -> Experience:
    """Return what a workspace has been through.

    Args:
        uow: the open transaction.
        before: only sprints closed before this moment count; None for all closed ones.
    """
    return Experience(
        quotes=all_quotes(uow, closed_before=before),
        forecasts=past_forecasts(uow, before),
        outcomes=_outcomes(uow, before),
    )


def past_forecasts(uow: UnitOfWork, before: datetime | None = None) -> tuple[Made, ...]:
    """Return the forecasts of closed sprints and what came of them, the newest first.

    Args:
        uow: the open transaction.
        before: only forecasts made before this moment; None for all.
    """
    rows = uow.session.execute(
        select(
            ForecastMade.p50,
            ForecastMade.p80,
            ForecastMade.chance_30,
            ForecastMade.subject,
            ForecastMade.function,
            ForecastMade.made_at,
            ForecastMade.happened_at,
        )
        .join(Sprint, Sprint.id == ForecastMade.sprint_id)
        .where(
            ForecastMade.team_id == uow.team_id,
            Sprint.is_private.is_(False),
            *((ForecastMade.made_at < before,) if before else ()),
        )
        .order_by(ForecastMade.id.desc())
        .limit(MOST_FORECASTS)
    )
    return tuple(
        Made(
            p50=p50,
            p80=p80,
            took=max(happened_at - made_at, timedelta()) / _DAY if happened_at else None,
            after=max(uow.now - made_at, timedelta()) / _DAY,
            chance_30=chance_30,
            subject=subject,
            function=function,
        )
        for p50, p80, chance_30, subject, function, made_at, happened_at in rows
    )


def _outcomes(uow: UnitOfWork, before: datetime | None) -> dict[tuple[str, str], int]:
    rows = uow.session.execute(
        select(GateAnswer.phase, GateAnswer.scenario, func.count())
        .join(Sprint, Sprint.id == GateAnswer.sprint_id)
        .where(
            Sprint.team_id == uow.team_id,
            Sprint.status == SprintStatus.CLOSED,
            Sprint.is_private.is_(False),
            *((Sprint.closed_at < before,) if before else ()),
        )
        .group_by(GateAnswer.phase, GateAnswer.scenario)
    )
    return {(phase, scenario): count for phase, scenario, count in rows}
