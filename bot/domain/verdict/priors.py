"""What to expect of phases that the record has not seen: how often each scenario, and how long.

The figures are the playbook's, with their sources; a company's own past sprints take over as they
become many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from bot.domain.record import Phase
from bot.domain.verdict.overruns import OverrunPrior, standard_overruns
from bot.domain.verdict.standard_priors import phase_rows
from bot.reading.ranges import DayRange

OUTCOMES_FOR_HALF_TRUST: Final = 10.0
"""So many past sprints through a phase weigh as much as the playbook's shares."""
Seen = Mapping[tuple[str, str], int]
"""(phase, scenario) → in how many past sprints the phase ended so."""


@dataclass(frozen=True, slots=True)
class ScenarioPrior:
    """How often a phase ends in a scenario, and how long that takes to mend.

    A scenario may stand twice, once for what a decision can shorten and once for what it cannot.

    Args:
        phase: the phase's key.
        scenario: the scenario's key.
        percent: of sprints that get to the phase.
        days: None where nothing is wrong.
        builds: mending it is building work rather than waiting.
    """

    phase: str
    scenario: str
    percent: float
    days: DayRange | None = None
    builds: bool = False


def _range(days: tuple[float, float, float]) -> DayRange:
    least, likely, most = days
    return DayRange(float(least), float(likely), float(most))


def _standard() -> tuple[ScenarioPrior, ...]:
    return tuple(
        ScenarioPrior(
            row["phase"],
            row["scenario"],
            float(row["percent"]),
            _range(row["days"]) if "days" in row else None,
            row.get("builds", False),
        )
        for row in phase_rows()
    )


@dataclass(frozen=True, slots=True)
class Priors:
    """What the verdict assumes before it has seen anything of a company; the playbook's figures."""

    overruns: OverrunPrior = field(default_factory=standard_overruns)
    scenarios: tuple[ScenarioPrior, ...] = field(default_factory=_standard)


@dataclass(frozen=True, slots=True)
class PhaseOutcome:
    """One way in which a phase that nobody reached can turn out.

    Args:
        scenario: the scenario's key.
        chance: 0 to 1.
        days: None where nothing is wrong.
        builds: mending it is building work rather than waiting.
    """

    scenario: str
    chance: float
    days: DayRange | None
    builds: bool


@dataclass(frozen=True, slots=True)
class Unknown:
    """A phase that the record has not seen: its outcomes, the best first; chances add up to 1."""

    phase: str
    outcomes: tuple[PhaseOutcome, ...]


def unknowns_of(
    phases: Iterable[Phase],
    reached: frozenset[str],
    priors: Priors,
    seen: Seen | None = None,
    scaled: Callable[[str, str, DayRange], DayRange] | None = None,
) -> tuple[Unknown, ...]:
    """Return what is not known yet, phase by phase.

    A phase that the priors do not name, as a company's own playbook may have, is expected to go
    well: nothing is known of it, and nothing is made up.

    Args:
        phases: the playbook's, in order.
        reached: the phases that are known already.
        priors: the playbook's figures.
        seen: how the phases ended in the company's past sprints.
        scaled: how long a scenario takes by the company's own experience, from phase, scenario and
            the playbook's figure.
    """
    found = []
    for phase in phases:
        of_phase = [prior for prior in priors.scenarios if prior.phase == phase.key]
        if phase.key in reached or not of_phase:
            continue
        found.append(Unknown(phase.key, _outcomes(of_phase, seen or {}, scaled)))
    return tuple(found)


def _outcomes(
    scenarios: list[ScenarioPrior],
    seen: Seen,
    scaled: Callable[[str, str, DayRange], DayRange] | None,
) -> tuple[PhaseOutcome, ...]:
    phase = scenarios[0].phase
    total = sum(prior.percent for prior in scenarios) or 1.0
    share = {prior.scenario: 0.0 for prior in scenarios}
    for prior in scenarios:
        share[prior.scenario] += prior.percent / total
    count = sum(seen.get((phase, scenario), 0) for scenario in share)
    weight = OUTCOMES_FOR_HALF_TRUST
    found = []
    for prior in scenarios:
        known = share[prior.scenario]
        pulled = (weight * known + seen.get((phase, prior.scenario), 0)) / (weight + count)
        part = prior.percent / total / known if known else 0.0
        days = prior.days
        if days is not None and scaled is not None:
            days = scaled(phase, prior.scenario, days)
        found.append(PhaseOutcome(prior.scenario, pulled * part, days, prior.builds))
    return tuple(found)
