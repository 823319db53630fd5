"""The playbook's cost figures as the verdict takes them."""

from __future__ import annotations

from typing import Final

from bot.playbook.model import Playbook
from bot.sprint.verdict.model import Figures

DAYS_A_MONTH: Final = 365.25 / 12


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
