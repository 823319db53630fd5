"""How well forecasts hold in simulated companies: sprint after sprint, learning as it goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bot.domain.simulator.company import NEVER, Company, make_company
from bot.domain.simulator.sprint import ActedSprint, SimulatedObstacle, act
from bot.domain.story import parse_story
from bot.domain.verdict import Experience, verdict
from bot.domain.verdict.forecast import whole_days
from bot.domain.verdict.model import Quote
from bot.domain.verdict.result import Verdict
from bot.domain.verdict.scores import WITHIN_DAYS, ForecastMade
from bot.reading.lead_time import read_lead_time

DAYS_BETWEEN: Final = 45.0
"""Days from one sprint of a company to the next."""
DEAD_AFTER: Final = 365.0
"""What has not come so long after it was due counts as never, as somebody at last writes down."""
PLANT_EVERY: Final = 5
"""Beside every so many sprints another is judged in which one wait is the critical path."""


@dataclass
class Tally:
    """What one sprint number's forecasts did over all companies."""

    made: int = 0
    by_p50: int = 0
    by_p80: int = 0
    squares: float = 0.0
    planted: int = 0
    named: int = 0

    def add(self, found: Verdict, sprint: ActedSprint) -> None:
        """Count one forecast."""
        self.made += 1
        self.by_p50 += whole_days(sprint.days) <= found.forecast.p50
        self.by_p80 += whole_days(sprint.days) <= found.forecast.p80
        chance = found.chances.now if found.chances else 0.0
        self.squares += (chance - (sprint.days <= WITHIN_DAYS)) ** 2

    def add_planted(self, found: Verdict, sprint: ActedSprint) -> None:
        """Count whether the planted critical path was named."""
        self.planted += 1
        critical = found.critical_path
        self.named += critical is not None and critical.family is sprint.planted


@dataclass
class Past:
    """What a company has written down so far."""

    quotes: list[tuple[float, SimulatedObstacle]] = field(default_factory=list)
    forecasts: list[tuple[float, float, float, float, float]] = field(default_factory=list)
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, day: float, found: Verdict, sprint: ActedSprint) -> None:
        """Remember a sprint, its quotes and its forecast."""
        self.quotes += [(day, each) for each in (*sprint.seen, *sprint.unseen)]
        chance = found.chances.now if found.chances else 0.0
        made = (day, found.forecast.p50, found.forecast.p80, sprint.days, chance)
        self.forecasts.append(made)
        self.outcomes.update((str(p), scenario) for p, scenario in sprint.scenarios.items())

    def by(self, day: float) -> Experience:
        """Return what is known by a day: what is still open is known to be open."""
        quotes = [_quote(each, day - said) for said, each in self.quotes]
        forecasts = [
            ForecastMade(p50, p80, took if took <= day - made else None, day - made, chance)
            for made, p50, p80, took, chance in self.forecasts
        ]
        return Experience(tuple(reversed(quotes)), tuple(forecasts), dict(self.outcomes))


def _quote(trouble: SimulatedObstacle, age: float) -> Quote:
    days = read_lead_time(trouble.quoted).days if trouble.quoted else None
    quoted = days.mode if days else 0.0
    trade, actual = trouble.function.trade, trouble.days
    if actual <= age:
        return Quote(quoted, actual, trade.kind, trade.name)
    dead = age > quoted + DEAD_AFTER
    return Quote(quoted, None, trade.kind, trade.name, open_days=None if dead else age)


@dataclass(frozen=True)
class CalibrationTallies:
    """The tallies of all companies, by how many sprints a company had run before."""

    companies: int
    tallies: Sequence[Tally]

    def coverage(self, number: int) -> float:
        """Return the share of sprints with so many before them that came in by P80."""
        tally = self.tallies[number]
        return tally.by_p80 / tally.made

    @property
    def named(self) -> float:
        """Return the share of planted critical paths that the verdict named."""
        planted = sum(tally.planted for tally in self.tallies)
        return sum(tally.named for tally in self.tallies) / planted if planted else 1.0


def simulate(
    companies: int, sprints: int = 16, *, seed: int = 0, first: int = 0
) -> CalibrationTallies:
    """Act sprints of many companies and return how their forecasts did.

    Args:
        companies: how many.
        sprints: of each; the last one has all others before it.
        seed: the same seed, the same companies.
        first: the number of the first company, so that a run can be shared out.
    """
    tallies = [Tally() for _ in range(sprints)]
    for number in range(first, first + companies):
        for at, found, sprint in live(make_company(number, seed), sprints, seed=seed):
            if sprint.planted is None:
                tallies[at].add(found, sprint)
            else:
                tallies[at].add_planted(found, sprint)
    return CalibrationTallies(companies, tallies)


def live(
    company: Company, sprints: int, *, seed: int = 0
) -> Iterator[tuple[int, Verdict, ActedSprint]]:
    """Yield a company's sprints with their verdicts, each judged by what was known on its day.

    Beside every fifth sprint another one with a planted critical path is judged. The company does
    not live through that one: three months of every fifth sprint would be no company's past.
    """
    past = Past()
    for number in range(sprints):
        day = number * DAYS_BETWEEN
        experience = past.by(day)
        if (number + company.number) % PLANT_EVERY == 0:
            planted = act(company, number, seed=seed, plant=True)
            record = parse_story(planted.story).record
            yield number, verdict(record, experience=experience), planted
        sprint = act(company, number, seed=seed)
        found = verdict(parse_story(sprint.story).record, experience=experience)
        yield number, found, sprint
        past.add(day, found, sprint)


def as_json(found: CalibrationTallies) -> dict[str, Any]:
    """Return what a run showed as a plain object."""
    return {
        "companies": found.companies,
        "critical_path_named": round(found.named, 4),
        "sprints": [
            {
                "before": number,
                "p50": round(tally.by_p50 / tally.made, 4),
                "p80": round(tally.by_p80 / tally.made, 4),
                "brier_30": round(tally.squares / tally.made, 4),
            }
            for number, tally in enumerate(found.tallies)
        ],
    }


__all__ = ["NEVER", "CalibrationTallies", "as_json", "live", "simulate"]
