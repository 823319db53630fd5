"""The playbook's phases and cost figures as the verdict takes them."""

from __future__ import annotations

from typing import Final

from bot.domain.record import Phase
from bot.domain.verdict.model import Figures
from bot.domain.verdict.overruns import OverrunPrior
from bot.domain.verdict.priors import Priors, ScenarioPrior
from bot.playbook.model import Playbook
from bot.reading.ranges import DayRange

DAYS_A_MONTH: Final = 365.25 / 12


def phases_of(playbook: Playbook) -> tuple[Phase, ...]:
    """Return the phases a sprint runs through, by `playbook`."""
    return tuple(
        Phase(
            phase.key,
            float(phase.start),
            float(phase.end),
            tuple(scenario.key for scenario in phase.scenarios),
            phase.title,
        )
        for phase in playbook.phases
    )


def figures_of(playbook: Playbook) -> Figures:
    """Return what an hour and a classic assessment cost, by `playbook`."""
    costs = playbook.costs
    least, most = sorted(costs.assessment_months)
    return Figures(
        currency=costs.currency,
        person_hour=float(costs.person_hour),
        assessment=float(costs.assessment),
        assessment_days=(round(least * DAYS_A_MONTH), round(most * DAYS_A_MONTH)),
    )


def priors_of(playbook: Playbook) -> Priors:
    """Return what is assumed of quotes and unseen phases, by `playbook`; else the standard's."""
    priors = playbook.priors
    if priors is None:
        return Priors()
    figures = priors.quotes.model_dump(exclude={"sources"})
    return Priors(
        OverrunPrior(**{name: float(figure) for name, figure in figures.items()}),
        tuple(
            ScenarioPrior(
                each.phase,
                each.scenario,
                float(each.percent),
                _range(each.days) if each.days else None,
                each.builds,
            )
            for each in priors.phases
        ),
    )


def _range(days: tuple[float, float, float]) -> DayRange:
    least, likely, most = days
    return DayRange(float(least), float(likely), float(most))
