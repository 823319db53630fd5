"""What a verdict judges a record by: random numbers, the company's experience, the playbook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.domain.record import SprintRecord
from bot.domain.verdict.assumptions import KIND_DAYS, SCENARIOS
from bot.domain.verdict.evidence import known_phases
from bot.domain.verdict.experience import Experience
from bot.domain.verdict.forecast import SOON_DAYS, Draws, Simulation, remaining_work
from bot.domain.verdict.model import Cause, CauseDays, Quote
from bot.domain.verdict.overruns import learn
from bot.domain.verdict.priors import Priors, Unknown, unknowns_of
from bot.domain.verdict.schedule import ForecastTask
from bot.domain.verdict.scores import as_made, calibrate, score
from bot.domain.verdict.tasks import about
from bot.reading.ranges import DayRange


class World:
    """What holds for a record and for every record that differs from it by a fact.

    Args:
        record: what it says of the company's past counts besides `experience`.
        seed: the same seed, the same futures.
        experience: the company's past; None for nothing.
        priors: what holds before any experience; None takes the standard playbook's.
    """

    def __init__(
        self,
        record: SprintRecord,
        seed: int = 0,
        experience: Experience | None = None,
        priors: Priors | None = None,
    ) -> None:
        known = experience or Experience()
        quotes = tuple(Quote(q.quoted, q.took, None, q.function, q.after) for q in record.history)
        self.draws = Draws(seed)
        self._priors = priors or Priors()
        self._outcomes = known.outcomes
        self.score = score((*map(as_made, record.forecasts), *known.forecasts))
        self.overruns = learn(
            (*quotes, *known.quotes),
            lambda kind: KIND_DAYS[kind],
            prior=self._priors.overruns,
            calibration=calibrate((*record.forecasts, *known.forecasts)),
        )

    def simulation(self, record: SprintRecord, tasks: Sequence[ForecastTask]) -> Simulation:
        """Return the futures of a record in which `tasks` have to be over."""
        return Simulation(
            tasks, remaining_work(record), self.draws, self.overruns, self.unknowns(record)
        )

    def unknowns(self, record: SprintRecord) -> tuple[Unknown, ...]:
        """Return the phases of a record that nobody reached."""
        reached = known_phases(record)
        return unknowns_of(record.phases, reached, self._priors, self._outcomes, self._scaled)

    def _scaled(self, phase: str, scenario: str, days: DayRange) -> DayRange:
        meaning = SCENARIOS.get((phase, scenario))
        kind = meaning.kind if meaning else None
        return days.scaled(self.overruns.factor(days, "", kind, stated=False))

    def by_experience(self, cause: Cause) -> Cause:
        """Return the cause with its days as the company's own past corrects them."""
        factor = self._factor(cause)
        return cause if factor == 1.0 else replace(cause, days=cause.days.scaled(factor))

    def days_of(self, cause: Cause) -> CauseDays:
        """Return how long a cause takes by itself, from the day it begins."""
        wait = self.overruns.wait(cause.days, about(cause), cause.kind, stated=cause.days_stated)
        p50, p80 = (round(wait.quantile(share), 1) for share in (0.5, 0.8))
        return CauseDays(p50, p80, round(wait.chance(SOON_DAYS), 4))

    def correction(self, causes: Iterable[Cause]) -> float:
        """Return the largest correction of what somebody said; 1 without history."""
        stated = [cause for cause in causes if cause.days_stated]
        return max(map(self._factor, stated), default=1.0)

    def _factor(self, cause: Cause) -> float:
        return self.overruns.factor(cause.days, about(cause), cause.kind, stated=cause.days_stated)
