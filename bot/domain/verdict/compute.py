"""The verdict: one pure function from a sprint's record to the answers of its debrief."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, partial

from bot.domain.lead_time import DayRange
from bot.domain.record import SprintRecord
from bot.domain.verdict import explain, statistics, wording
from bot.domain.verdict.assumptions import KIND_DAYS, SCENARIOS
from bot.domain.verdict.corrections import with_corrections
from bot.domain.verdict.critical_path import past_cause, rank_causes
from bot.domain.verdict.experience import Experience
from bot.domain.verdict.forecast import Draws, Simulation, median_of, remaining_work, timeline_of
from bot.domain.verdict.judgement import (
    Held,
    held_doubts,
    is_foundation,
    path_for,
    should_do_ai,
    structural,
)
from bot.domain.verdict.model import (
    NO_WAIT,
    Cause,
    FactRef,
    Figures,
    Forecast,
    Hinge,
    Obstacle,
    Sort,
    Verdict,
)
from bot.domain.verdict.obstacles import bad_gates, find_obstacles, gate_fact, is_deployed
from bot.domain.verdict.overruns import Overruns, learn, named
from bot.domain.verdict.plan import plan_for
from bot.domain.verdict.priors import Priors, Unknown, seen_phases, unknowns_of
from bot.domain.verdict.scores import calibrate
from bot.domain.verdict.tasks import tasks_of
from bot.domain.vocabulary import Path, Timeline


@dataclass(frozen=True)
class _Assessment:
    """A record judged as far as its path goes; hinges judge many records that differ by a fact."""

    deployed: bool
    obstacles: tuple[Obstacle, ...]
    doubts: tuple[Held, ...]
    simulation: Simulation | None

    @cached_property
    def timeline(self) -> Timeline:
        return timeline_of(median_of(self.simulation.total) if self.simulation else 0.0)

    def path(self) -> Path:
        foundation = bool(self.foundation)
        answer = should_do_ai(self.doubts)
        return path_for(self.deployed, foundation, answer, lambda: self.timeline)

    @cached_property
    def foundation(self) -> frozenset[str]:
        return frozenset(each.id for each in self.obstacles if is_foundation(each))


def verdict(
    record: SprintRecord,
    *,
    seed: int = 0,
    experience: Experience | None = None,
    priors: Priors | None = None,
    figures: Figures | None = None,
) -> Verdict:
    """Judge a sprint by its record.

    Args:
        record: everything that happened; nothing else is read.
        seed: the same seed gives the same forecast.
        experience: what the company has been through before; None for nothing.
        priors: what is assumed of quotes and of phases nobody reached; None takes the method's.
        figures: what an hour and a classic assessment cost; None takes the method's figures.

    Returns:
        The answers to the debrief's five questions, the path and their reasons.
    """
    figures = figures or Figures()
    world = _World(Draws(seed), experience or Experience(), priors or Priors())
    judged = _assess(record, world)
    causes = _causes(record, judged)
    forecast = _forecast(judged, world)
    path, shares = judged.path(), statistics.shares_of(record, judged.obstacles)
    fixes = plan_for(record, judged.obstacles, causes, judged.doubts, judged.deployed)
    found = Verdict(
        deployed=judged.deployed,
        unlimited_resources=not structural(judged.obstacles),
        critical_path=causes[0] if causes else None,
        runner_up=causes[1] if len(causes) > 1 else None,
        timeline=timeline_of(forecast.p50),
        forecast=forecast,
        fixes=fixes,
        should_do_ai=should_do_ai(judged.doubts),
        path=path,
        surprise=statistics.surprise_of(shares),
        reasons={},
        champions=statistics.champions_of(record),
        sticking_points=statistics.sticking_points_of(record),
        shares=shares,
        hours_by_category=statistics.hours_by_category(record),
        hours_by_kind=statistics.hours_by_kind(record),
        cost=statistics.cost_of(record, figures),
        hinges=_hinges(record, judged, path, world),
        obstacles=judged.obstacles,
    )
    told = replace(found, reasons=explain.reasons(record, found, judged.doubts, figures))
    return with_corrections(told, record)


class _World:
    """What a verdict judges by besides the record: random numbers, experience, priors.

    Args:
        draws: the random numbers.
        experience: the company's past.
        priors: what holds before any experience.
    """

    def __init__(self, draws: Draws, experience: Experience, priors: Priors) -> None:
        self.draws = draws
        self.experience = experience
        self.priors = priors
        self.overruns = learn(
            experience.quotes,
            lambda kind: KIND_DAYS[kind],
            prior=priors.overruns,
            calibration=calibrate(experience.forecasts),
        )

    def unknowns(self, record: SprintRecord) -> tuple[Unknown, ...]:
        """Return the phases of a record that nobody reached."""
        return unknowns_of(
            record.phases,
            seen_phases(record),
            self.priors,
            self.experience.outcomes,
            self._scaled,
        )

    def _scaled(self, phase: str, scenario: str, days: DayRange) -> DayRange:
        meaning = SCENARIOS.get((phase, scenario))
        kind = meaning.kind if meaning else None
        return days.scaled(self.overruns.factor("", kind, stated=False))


def _assess(record: SprintRecord, world: _World) -> _Assessment:
    deployed, found = is_deployed(record), find_obstacles(record)
    obstacles = tuple(map(partial(_by_experience, world.overruns), found))
    simulation = (
        None
        if deployed
        else Simulation(
            tasks_of(found),
            remaining_work(record),
            world.draws,
            world.overruns,
            world.unknowns(record),
        )
    )
    return _Assessment(deployed, obstacles, tuple(held_doubts(record, obstacles)), simulation)


def _by_experience(overruns: Overruns, obstacle: Obstacle) -> Obstacle:
    """Return the obstacle with its days as the company's own past corrects them."""
    factor = overruns.factor(named(obstacle.waits_for), obstacle.kind, stated=obstacle.days_stated)
    return obstacle if factor == 1.0 else replace(obstacle, days=obstacle.days.scaled(factor))


def _causes(record: SprintRecord, judged: _Assessment) -> list[Cause]:
    if judged.obstacles:
        return rank_causes(judged.obstacles, [phase.key for phase in record.phases])
    past = past_cause(record)
    return [past] if past else []


def _forecast(judged: _Assessment, world: _World) -> Forecast:
    if judged.simulation is None:
        return NO_WAIT
    stated = [each for each in judged.obstacles if each.days_stated]
    factors = [
        world.overruns.factor(named(each.waits_for), each.kind, stated=True) for each in stated
    ]
    return judged.simulation.forecast(max(factors, default=1.0))


def _hinges(
    record: SprintRecord,
    judged: _Assessment,
    path: Path,
    world: _World,
) -> tuple[Hinge, ...]:
    flips = [
        (each.fact, wording.quoted_title(each.title), _path_without(each, judged))
        for each in _removable(judged)
    ]
    flips += [(fact, str(fact), _assess(other, world).path()) for fact, other in _flipped(record)]
    return tuple(
        Hinge(fact, other, explain.hinge_sentence(fact, told, other))
        for fact, told, other in flips
        if other is not path
    )


def _removable(judged: _Assessment) -> list[Obstacle]:
    return [each for each in judged.obstacles if each.fact.sort in _SINGLE_FACTS]


_SINGLE_FACTS = frozenset({Sort.BLOCKER, Sort.APPROVAL})


def _path_without(obstacle: Obstacle, judged: _Assessment) -> Path:
    foundation = bool(judged.foundation - {obstacle.id})
    doubts = [held for held in judged.doubts if held.fact != obstacle.fact]

    def timeline() -> Timeline:
        # Fewer obstacles never take longer, so only "years" can become another word for the path.
        if judged.simulation is None or judged.timeline is not Timeline.YEARS:
            return judged.timeline
        return timeline_of(median_of(judged.simulation.without(obstacle.id)))

    return path_for(judged.deployed, foundation, should_do_ai(doubts), timeline)


def _flipped(record: SprintRecord) -> list[tuple[FactRef, SprintRecord]]:
    """Return the record with one fact at a time turned round."""
    flips: list[tuple[FactRef, SprintRecord]] = []
    if is_deployed(record):
        fact = explain.deployment_fact(max(record.deployments, key=lambda d: (d.at, d.id)))
        flips.append((fact, replace(record, deployments=())))
    elif record.rollbacks:
        fact = explain.rollback_fact(max(record.rollbacks, key=lambda r: (r.at, r.id)))
        flips.append((fact, replace(record, rollbacks=())))
    if (plan := record.action_plan) is not None:
        turned = replace(plan, ready=not plan.ready)
        flips.append((explain.plan_fact(plan), replace(record, action_plans=(turned,))))
    for gate in bad_gates(record).values():
        left = tuple(other for other in record.gates if other.phase != gate.phase)
        flips.append((gate_fact(gate), replace(record, gates=left)))
    return flips
