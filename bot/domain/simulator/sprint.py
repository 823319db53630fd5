"""One sprint of a simulated company: acted as a story, and what really came of it."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.domain.simulator.company import NEVER, Company, Function
from bot.domain.simulator.reporting import reported_events
from bot.domain.verdict.schedule import ForecastTask, LikelyEnd
from bot.domain.vocabulary import PHASE_SCENARIOS, PathFamily, PhaseKey
from bot.reading.lead_time import read_lead_time
from bot.reading.ranges import DayRange

TEAM: Final = {"builder": "Ana", "data": "Ben", "approver": "Cho", "business": "Dee"}
_WORK_DAYS: Final = 48 / 3 / 24
_STOPS_AFTER: Final = 0.35
"""The chance that a team with a stop goes no further than the phase it is in."""
PLANTED_TIMES: Final = 3.0
PLANTED_LEAST: Final = 120.0
"""The planted wait is worth so many days of work, and so many times the longest of the others."""


@dataclass(frozen=True, slots=True)
class SimulatedObstacle:
    """Something in the way of a deployment, as it really is.

    Args:
        function: who has to remove it.
        quoted: what was said, in words; None where nobody asked.
        days: how long it really takes from the sprint's end; NEVER where it never comes.
        is_planted: the one that was made to be the critical path.
    """

    function: Function
    quoted: str | None
    days: float
    is_planted: bool = False


@dataclass(frozen=True)
class ActedSprint:
    """A sprint, acted.

    Args:
        story: what the story reader reads.
        seen: the trouble that the team met.
        unseen: the trouble in phases that it did not reach.
        scenarios: phase → scenario, of the phases that it reached.
        days: how long it really takes until a deployment; NEVER where it never comes.
        planted: the family of the planted critical path; None where none was planted.
    """

    story: dict[str, Any]
    seen: tuple[SimulatedObstacle, ...]
    unseen: tuple[SimulatedObstacle, ...]
    scenarios: dict[PhaseKey, str]
    days: float
    planted: PathFamily | None


def act(
    company: Company,
    number: int,
    *,
    seed: int = 0,
    plant: bool = False,
    bottleneck: Function | None = None,
    asks: bool = True,
) -> ActedSprint:
    """Act one sprint.

    Args:
        company: whose.
        number: which of its sprints.
        seed: the same seed gives the same sprint.
        plant: make one wait the critical path by far.
        bottleneck: the function whose wait that is; None draws one.
        asks: whether the team files requests; its approvers are people with names.
    """
    act_name = "planted" if plant else "sprint"
    chance = random.Random(f"{seed}:{act_name}:{company.number}:{number}")
    found = {phase: _scenario(company, phase, chance) for phase in PHASE_SCENARIOS}
    planted = (bottleneck or _to_plant(company, chance)) if plant else None
    if planted is not None:
        found[planted.trade.phase] = planted.trade.scenario
    reached = _reached(found, chance, planted)
    troubles = {
        phase: _trouble(company.functions.get(f"{phase}.{scenario}"), company, chance)
        for phase, scenario in found.items()
    }
    if planted is not None:
        troubles[planted.trade.phase] = _planted(planted, troubles, chance)
    events: list[dict[str, Any]] = []
    telling = random.Random(f"{seed}:telling:{act_name}:{company.number}:{number}")
    for phase in reached:
        each = troubles[phase]
        told_of = (each.function.trade, each.quoted) if each else None
        is_planted = each is not None and each.is_planted
        events += reported_events(
            phase, found[phase], told_of, telling, asks=asks, is_written=is_planted
        )
    seen = [trouble for phase, trouble in troubles.items() if trouble and phase in reached]
    unseen = [trouble for phase, trouble in troubles.items() if trouble and phase not in reached]
    return ActedSprint(
        {"story": f"Sprint {number}", "team": TEAM, "events": events},
        tuple(seen),
        tuple(unseen),
        {phase: found[phase] for phase in reached},
        _ends([*seen, *unseen], chance),
        planted.trade.family if planted else None,
    )


def _scenario(company: Company, phase: PhaseKey, chance: random.Random) -> str:
    shares = company.shares[phase]
    return chance.choices(list(shares), list(shares.values()))[0]


def plantable(company: Company) -> list[Function]:
    """Return the functions that wait; building adds up, so one of it need not be critical."""
    return [each for each in company.functions.values() if not each.trade.builds]


def _to_plant(company: Company, chance: random.Random) -> Function:
    return chance.choice(plantable(company))


def _reached(
    found: dict[PhaseKey, str], chance: random.Random, planted: Function | None
) -> tuple[PhaseKey, ...]:
    """Return the phases the team got to: a stop may end the sprint early, never the planted one."""
    reached: list[PhaseKey] = []
    last = planted.trade.phase if planted else None
    for phase, scenario in found.items():
        reached.append(phase)
        is_bad = scenario != PHASE_SCENARIOS[phase][0]
        if is_bad and (last is None or last in reached) and chance.random() < _STOPS_AFTER:
            break
    return tuple(reached)


def _trouble(
    function: Function | None, company: Company, chance: random.Random
) -> SimulatedObstacle | None:
    if function is None:
        return None
    size = chance.lognormvariate(0, 0.4)
    quoted = function.quotes(size, chance) if chance.random() < company.quoted else None
    return SimulatedObstacle(function, quoted, function.takes(size, chance))


def _planted(
    function: Function, troubles: Mapping[PhaseKey, SimulatedObstacle | None], chance: random.Random
) -> SimulatedObstacle:
    """Return a wait that dwarfs all others, as they really are and as they were quoted."""
    others = [
        days
        for each in troubles.values()
        if each and each.function is not function
        for days in (each.days, _quoted(each))
        if days < NEVER
    ]
    size = function.size_of(max(PLANTED_LEAST, PLANTED_TIMES * max(others, default=0.0)))
    return SimulatedObstacle(
        function, function.quotes(size, chance), function.takes(size, chance), True
    )


def _quoted(trouble: SimulatedObstacle) -> float:
    days = read_lead_time(trouble.quoted).days if trouble.quoted else None
    return days.mode if days else 0.0


def _ends(troubles: Sequence[SimulatedObstacle], chance: random.Random) -> float:
    """Return when all is over: requests run side by side, building follows building."""
    tasks = [
        ForecastTask(
            id=f"{number}",
            phase=each.function.trade.phase,
            matter="",
            function="",
            kind=each.function.trade.kind,
            days=DayRange(each.days, each.days, each.days),
            builds=each.function.trade.builds,
        )
        for number, each in enumerate(troubles)
    ]
    days = LikelyEnd(tasks, list(PHASE_SCENARIOS)).days
    work = _WORK_DAYS * chance.uniform(0.6, 1.5)
    return NEVER if days >= NEVER else days + work
