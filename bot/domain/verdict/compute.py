"""The verdict: one pure function from a sprint's record to the answers of its debrief."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from bot.domain.record import SprintRecord
from bot.domain.verdict import explain, statistics, wording
from bot.domain.verdict.causes import causes_of
from bot.domain.verdict.corrections import with_corrections
from bot.domain.verdict.critical_path import past_cause, rank_causes
from bot.domain.verdict.forecast import (
    Draws,
    Simulation,
    corrected,
    correction_for,
    median_of,
    remaining_work,
    timeline_of,
)
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
    Critical,
    FactRef,
    Figures,
    Forecast,
    Hinge,
    Quote,
    Sort,
    Verdict,
)
from bot.domain.verdict.obstacles import bad_gates, gate_fact, is_deployed
from bot.domain.verdict.plan import plan_for
from bot.domain.vocabulary import Path, Timeline


@dataclass(frozen=True)
class _Assessment:
    """A record judged as far as its path goes; hinges judge many records that differ by a fact."""

    deployed: bool
    causes: tuple[Cause, ...]
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
        return frozenset(each.id for each in self.causes if is_foundation(each))


def verdict(
    record: SprintRecord,
    *,
    seed: int = 0,
    quotes_history: Sequence[Quote] | None = None,
    figures: Figures | None = None,
) -> Verdict:
    """Judge a sprint by its record.

    Args:
        record: everything that happened; nothing else is read.
        seed: the same seed gives the same forecast.
        quotes_history: how quoted lead times turned out in this workspace's past sprints.
        figures: what an hour and a classic assessment cost; None takes the method's figures.

    Returns:
        The answers to the debrief's five questions, the path and their reasons.
    """
    history, draws, figures = quotes_history or (), Draws(seed), figures or Figures()
    judged = _assess(record, history, draws)
    critical = _critical(record, judged)
    forecast = _forecast(record, judged, history)
    path, shares = judged.path(), statistics.shares_of(record, judged.causes)
    fixes = plan_for(record, judged.causes, critical, judged.doubts, judged.deployed)
    found = Verdict(
        deployed=judged.deployed,
        unlimited_resources=not structural(judged.causes),
        critical_path=critical[0] if critical else None,
        runner_up=critical[1] if len(critical) > 1 else None,
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
        hinges=_hinges(record, judged, path, history, draws),
        causes=judged.causes,
    )
    told = replace(found, reasons=explain.reasons(record, found, judged.doubts, figures))
    return with_corrections(told, record)


def _assess(record: SprintRecord, history: Sequence[Quote], draws: Draws) -> _Assessment:
    deployed = is_deployed(record)
    causes = corrected(causes_of(record), history)
    over = deployed and not causes
    simulation = None if over else Simulation(causes, remaining_work(record), draws)
    return _Assessment(deployed, causes, tuple(held_doubts(record, causes)), simulation)


def _critical(record: SprintRecord, judged: _Assessment) -> list[Critical]:
    if judged.causes:
        return rank_causes(judged.causes)
    past = past_cause(record)
    return [past] if past else []


def _forecast(record: SprintRecord, judged: _Assessment, history: Sequence[Quote]) -> Forecast:
    if judged.simulation is None:
        return NO_WAIT
    factors = [correction_for(each, history) for each in causes_of(record) if each.days_stated]
    return judged.simulation.forecast(max(factors, default=1.0))


def _hinges(
    record: SprintRecord,
    judged: _Assessment,
    path: Path,
    history: Sequence[Quote],
    draws: Draws,
) -> tuple[Hinge, ...]:
    flips = [
        (each.fact, wording.quoted_title(each.title), _path_without(each, judged))
        for each in _removable(judged)
    ]
    flips += [
        (fact, str(fact), _assess(other, history, draws).path()) for fact, other in _flipped(record)
    ]
    return tuple(
        Hinge(fact, other, explain.hinge_sentence(fact, told, other))
        for fact, told, other in flips
        if other is not path
    )


def _removable(judged: _Assessment) -> list[Cause]:
    return [each for each in judged.causes if each.fact.sort in _SINGLE_FACTS]


_SINGLE_FACTS = frozenset({Sort.BLOCKER, Sort.APPROVAL})


def _path_without(cause: Cause, judged: _Assessment) -> Path:
    foundation = bool(judged.foundation - {cause.id})
    doubts = [held for held in judged.doubts if held.fact != cause.fact]

    def timeline() -> Timeline:
        # Fewer causes never take longer, so only "years" can become another word for the path.
        if judged.simulation is None or judged.timeline is not Timeline.YEARS:
            return judged.timeline
        return timeline_of(median_of(judged.simulation.without(cause.id)))

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
