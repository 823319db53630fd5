"""The verdict: one pure function from a sprint's record to the answers of its debrief."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from bot.domain.hours_lost import by_category, lost_by_kind, stops_of
from bot.domain.record import SprintRecord
from bot.domain.verdict import chances, explain, progress, statistics, wording
from bot.domain.verdict.assumed import assumed_by
from bot.domain.verdict.causes import causes_of
from bot.domain.verdict.chances import CERTAIN, Chances, chances_of
from bot.domain.verdict.corrections import with_corrections
from bot.domain.verdict.critical_path import past_cause, rank_causes
from bot.domain.verdict.delay import delay_of
from bot.domain.verdict.evidence import evidence_of
from bot.domain.verdict.experience import Experience
from bot.domain.verdict.facts import deployment_fact, plan_fact, rollback_fact
from bot.domain.verdict.forecast import Simulation, median_of, takes_years, timeline_of
from bot.domain.verdict.judgement import (
    Doubt,
    SupportedDoubt,
    covered_reasons,
    held_by_time,
    held_doubts,
    is_contradicted,
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
    Fix,
    Forecast,
    Hinge,
    PlanProgress,
    Sort,
)
from bot.domain.verdict.obstacles import bad_gates, gate_fact, is_deployed, is_verified_live
from bot.domain.verdict.outlook import outlook
from bot.domain.verdict.plan import plan_for
from bot.domain.verdict.priors import Priors
from bot.domain.verdict.result import Verdict
from bot.domain.verdict.tasks import tasks_of
from bot.domain.verdict.told_kinds import with_told_kinds
from bot.domain.verdict.world import World
from bot.domain.vocabulary import Path, Role, TimelineBand


@dataclass(frozen=True)
class _Assessment:
    """A record judged as far as its path goes; hinges judge many records that differ by a fact."""

    deployed: bool
    said: tuple[Cause, ...]
    causes: tuple[Cause, ...]
    held: tuple[SupportedDoubt, ...]
    simulation: Simulation | None

    @cached_property
    def days(self) -> float:
        return median_of(self.simulation.total) if self.simulation else 0.0

    @cached_property
    def doubts(self) -> tuple[SupportedDoubt, ...]:
        """The reasons against, and one more where all of it together takes years."""
        proven = [held for held in self.held if held.doubt is not Doubt.NO_EVIDENCE]
        answer = should_do_ai(proven)
        foundation = bool(self.foundation) or self._in_years()
        if not self.causes or not is_contradicted(answer, self.days, foundation=foundation):
            return self.held
        longest = max(self.causes, key=lambda cause: (cause.days.mode, cause.turn))
        return (*proven, held_by_time(longest, self.days))

    def path(self) -> Path:
        live = self.deployed and not self.causes
        return path_for(
            should_do_ai(self.doubts), self._in_years, live=live, foundation=bool(self.foundation)
        )

    def _in_years(self) -> bool:
        return timeline_of(self.days) is TimelineBand.YEARS

    @cached_property
    def foundation(self) -> frozenset[str]:
        return frozenset(each.id for each in self.causes if is_foundation(each))


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
    figures, record = figures or Figures(), with_told_kinds(record)
    world = World(record, seed, experience, priors)
    judged = _assess(record, world)
    forecast = _forecast(judged, world)
    critical = _moved(_critical(record, judged), judged)
    path, shares = judged.path(), statistics.shares_of(record, judged.causes)
    lost = lost_by_kind(stops_of(record))
    days = {cause.id: world.days_of(cause) for cause in judged.said}
    fixes = plan_for(record, judged.causes, critical, judged.doubts, days, deployed=judged.deployed)
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
        hours_by_category=by_category(lost),
        hours_by_kind=lost,
        cost=statistics.cost_of(record, figures),
        hinges=_hinges(record, judged, path, world),
        causes=judged.causes,
        evidence=evidence_of(
            record,
            judged.causes,
            critical[0] if critical else None,
            covered_reasons(record).values(),
        ),
        assumed=assumed_by(
            record,
            judged.causes,
            world.unknowns(record) if judged.simulation else (),
            priors or Priors(),
            figures,
        ),
        cause_days=days,
        chances=_chances(judged, fixes),
        delay=delay_of(record.value, forecast),
        claimed=judged.deployed and not is_verified_live(record),
    )
    if found.nothing_known:
        found = replace(found, chances=None)
    reasons = explain.reasons(record, found, judged.doubts, figures)
    first, *rest = reasons["timeline"]
    reasons["timeline"] = (first, *outlook(found, world.score, len(world.unknowns(record))), *rest)
    explained = replace(found, reasons=reasons)
    if record.plan:
        explained = _with_progress(explained, record, World(record, seed, experience, priors))
    return with_corrections(explained, record)


def _with_progress(found: Verdict, record: SprintRecord, world: World) -> Verdict:
    """Return the verdict with how its plan stands; the answers are those of the debrief."""
    fixes = progress.with_states(found.fixes, found.causes, record.plan)
    found = replace(found, fixes=fixes)
    forecast = found.forecast
    if done := progress.proved(record.plan):
        settled = progress.with_done(record, done, record.team.get(Role.BUSINESS, ""))
        forecast = _forecast(_assess(settled, world), world)
    counted = progress.counts(record.plan, found)
    sentences = tuple(progress.sentences(found, counted, forecast))
    reasons = {**found.reasons, "progress": sentences}
    return replace(found, progress=PlanProgress(counted, forecast), reasons=reasons)


def _assess(record: SprintRecord, world: World) -> _Assessment:
    deployed, found = is_deployed(record), causes_of(record)
    causes = tuple(map(world.by_experience, found))
    over = is_verified_live(record) and not found
    simulation = None if over else world.simulation(record, tasks_of(found))
    return _Assessment(deployed, found, causes, tuple(held_doubts(record, causes)), simulation)


def _critical(record: SprintRecord, judged: _Assessment) -> list[Critical]:
    if judged.causes:
        return rank_causes(judged.causes, [phase.key for phase in record.phases])
    past = past_cause(record)
    return [past] if past else []


def _moved(ranked: Sequence[Critical], judged: _Assessment) -> list[Critical]:
    """Return the first two candidates with the days by which their absence moves the P50.

    They are ranked by the most likely lead times, which say what is longest; how much sooner it
    gets is said in the forecast's own days, so that questions 2 and 3 give one figure. A second
    that would move more than the first is left out: it says nothing about the first.
    """
    if judged.simulation is None or not judged.causes:
        return list(ranked[:2])
    family = {each.id: each.family or each.id for each in judged.causes}
    moved = []
    for each in ranked[:2]:
        wanted = family[each.cause.id]
        gone = [id_ for id_ in family if family[id_] == wanted]
        saved = judged.days - median_of(judged.simulation.ended(without=gone))
        moved.append(replace(each, saved=max(0.0, saved), beside=len(gone) - 1))
    return moved if len(moved) < 2 or moved[1].saved <= moved[0].saved else moved[:1]


def _forecast(judged: _Assessment, world: World) -> Forecast:
    if judged.simulation is None:
        return NO_WAIT
    return judged.simulation.forecast(world.correction(judged.causes))


def _tasks_of_fixes(fixes: Sequence[Fix]) -> dict[str, list[str]]:
    """Return what each fix of the plan ends, by the id of what it fixes."""
    found: dict[str, list[str]] = {}
    for fix in fixes:
        if fix.cause is not None:
            found.setdefault(fix.blocker, []).append(fix.cause)
    return found


def what_if(
    record: SprintRecord,
    done: Collection[str],
    *,
    seed: int = 0,
    experience: Experience | None = None,
    priors: Priors | None = None,
) -> tuple[float, Forecast]:
    """Return the chance to deploy within thirty days, and the forecast, with some fixes done.

    Args:
        record: as for `verdict`.
        done: ids of the plan's fixes, as `Fix.blocker` has them, that are done by day 14.
        seed: as for `verdict`.
        experience: as for `verdict`.
        priors: as for `verdict`.
    """
    record = with_told_kinds(record)
    world = World(record, seed, experience, priors)
    judged = _assess(record, world)
    if judged.simulation is None:
        return CERTAIN.now, NO_WAIT
    critical = _critical(record, judged)
    days = {cause.id: world.days_of(cause) for cause in judged.said}
    fixes = plan_for(record, judged.causes, critical, judged.doubts, days, deployed=judged.deployed)
    return chances.what_if(judged.simulation, _tasks_of_fixes(fixes), done)


def _chances(judged: _Assessment, fixes: Sequence[Fix]) -> Chances:
    if judged.simulation is None:
        return CERTAIN
    return chances_of(judged.simulation, _tasks_of_fixes(fixes))


def _hinges(
    record: SprintRecord,
    judged: _Assessment,
    path: Path,
    world: World,
) -> tuple[Hinge, ...]:
    flips = [
        (each.fact, wording.quoted_title(each.title), _path_without(each, judged))
        for each in _removable(judged)
    ]
    flips += [(fact, str(fact), _assess(other, world).path()) for fact, other in _flipped(record)]
    return tuple(
        Hinge(fact, other, explain.hinge_sentence(fact, wording, other))
        for fact, wording, other in flips
        if other is not path
    )


def _removable(judged: _Assessment) -> list[Cause]:
    return [each for each in judged.causes if each.fact.sort in _SINGLE_FACTS]


_SINGLE_FACTS = frozenset({Sort.BLOCKER, Sort.APPROVAL})


def _path_without(cause: Cause, judged: _Assessment) -> Path:
    foundation = bool(judged.foundation - {cause.id})
    held = [each for each in judged.held if each.fact != cause.fact]
    live = judged.deployed and len(judged.causes) == 1

    def in_years() -> bool:
        # Fewer causes never take longer, so only "years" can become another word for the path.
        if judged.simulation is None or timeline_of(judged.days) is not TimelineBand.YEARS:
            return False
        return takes_years(judged.simulation.without(cause.id))

    return path_for(should_do_ai(held), in_years, live=live, foundation=foundation)


def _flipped(record: SprintRecord) -> list[tuple[FactRef, SprintRecord]]:
    """Return the record with one fact at a time turned round."""
    flips: list[tuple[FactRef, SprintRecord]] = []
    if is_deployed(record):
        fact = deployment_fact(max(record.deployments, key=lambda d: (d.at, d.id)))
        flips.append((fact, replace(record, deployments=())))
    elif record.rollbacks:
        fact = rollback_fact(max(record.rollbacks, key=lambda r: (r.at, r.id)))
        flips.append((fact, replace(record, rollbacks=())))
    if (plan := record.action_plan) is not None:
        turned = replace(plan, ready=not plan.ready)
        flips.append((plan_fact(plan), replace(record, action_plans=(turned,))))
    for gate in bad_gates(record).values():
        left = tuple(other for other in record.gates if other.phase != gate.phase)
        flips.append((gate_fact(gate), replace(record, gates=left)))
    return flips
