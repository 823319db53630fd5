"""The chance to deploy within thirty days, now and with fixes done, and the least that is enough.

Every chance is a count over the same futures, so that differences are the fixes' and not the
draws': a fix done by day 14 ends its wait then at the latest, and all else stays as it was.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final

from bot.domain.verdict.forecast import SOON_DAYS, Simulation, distribution, median_of
from bot.domain.verdict.model import Forecast

if TYPE_CHECKING:
    from bot.domain.verdict.forecast import Array

FIX_DAY: Final = 14.0
"""A fix of the plan is done by this day, or it is not done in time."""
ENOUGH: Final = 0.8
MOST_FIXES: Final = 12
"""Fixes that are tried, in the order of the plan: twelve make 66 pairs."""
MOST_TRIES: Final = 400
"""Sets that are tried for the least that is enough; beyond it the best one found is named."""
Fixes = Mapping[str, Collection[str]]
"""A fix's id → the ids of the tasks that it ends."""


@dataclass(frozen=True, slots=True)
class FixChance:
    """What one fix does by itself.

    Args:
        fix: the id of what it fixes.
        chance: to deploy within thirty days, 0 to 1, with it done by day 14.
        days_bought: the days that the P50 comes sooner.
    """

    fix: str
    chance: float
    days_bought: float


@dataclass(frozen=True, slots=True)
class FixSet:
    """Fixes done together by day 14, and the chance to deploy within thirty days."""

    fixes: tuple[str, ...]
    chance: float


@dataclass(frozen=True, slots=True)
class Chances:
    """The chance to deploy within thirty days.

    Args:
        now: with nothing fixed before its time.
        fixes: with each fix alone, in the order of the plan.
        pairs: with each pair of fixes.
        enough: the fewest fixes that reach `ENOUGH`; empty where it is reached already, None where
            even all of them do not reach it.
        everything: with all of them.
    """

    now: float
    fixes: tuple[FixChance, ...] = ()
    pairs: tuple[FixSet, ...] = ()
    enough: FixSet | None = None
    everything: float = 1.0


CERTAIN: Final = Chances(1.0, enough=FixSet((), 1.0))
"""What is live is deployed."""


def chances_of(simulation: Simulation, fixes: Fixes) -> Chances:
    """Return the chances with each of the first fixes, each pair and the fewest that are enough."""
    tried = dict(list(fixes.items())[:MOST_FIXES])
    simulation.focus({task for tasks in tried.values() for task in tasks})
    odds = _Odds(simulation, tried)
    before = median_of(simulation.total)
    single = []
    for fix in tried:
        futures = odds.futures((fix,))
        bought = max(0.0, before - median_of(futures))
        single.append(FixChance(fix, odds.of((fix,)), round(bought, 1)))
    pairs = tuple(FixSet(pair, odds.of(pair)) for pair in combinations(tried, 2))
    everything = odds.of(tuple(tried))
    enough = _enough(odds, tuple(tried), everything)
    return Chances(odds.of(()), tuple(single), pairs, enough, everything)


def what_if(simulation: Simulation, fixes: Fixes, done: Collection[str]) -> tuple[float, Forecast]:
    """Return the chance and the forecast with the fixes in `done` done by day 14."""
    chosen = {fix: fixes[fix] for fix in fixes if fix in done}
    futures = _Odds(simulation, chosen).futures(tuple(chosen))
    return _share(futures), distribution(futures)


class _Odds:
    """Chances of sets of fixes, each counted once."""

    def __init__(self, simulation: Simulation, fixes: Fixes) -> None:
        self._simulation = simulation
        self._fixes = fixes
        self._known: dict[frozenset[str], float] = {}

    def futures(self, fixes: Collection[str]) -> Array:
        """Return the days until a deployment with these fixes done by day 14."""
        by = {task: FIX_DAY for fix in fixes for task in self._fixes[fix]}
        return self._simulation.ended(by=by) if by else self._simulation.total

    def of(self, fixes: Collection[str]) -> float:
        """Return the chance with these fixes."""
        key = frozenset(fixes)
        if key not in self._known:
            self._known[key] = _share(self.futures(fixes))
        return self._known[key]

    @property
    def tries(self) -> int:
        """How many sets were counted so far."""
        return len(self._known)


def _share(futures: Array) -> float:
    return round(float((futures <= SOON_DAYS).mean()), 4)


def _enough(odds: _Odds, fixes: tuple[str, ...], everything: float) -> FixSet | None:
    if odds.of(()) >= ENOUGH:
        return FixSet((), odds.of(()))
    if everything < ENOUGH:
        return None
    for found in _smallest_first(odds, fixes):
        if odds.of(found) >= ENOUGH:
            return _best_of_its_size(odds, fixes, found)
    return _pruned(odds, fixes)


def _smallest_first(odds: _Odds, fixes: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the sets that can be enough, small ones first, as long as there are tries left.

    A fix without which even all others are not enough belongs to every set: more fixes never make
    a chance smaller.
    """
    needed = [fix for fix in fixes if odds.of([each for each in fixes if each != fix]) < ENOUGH]
    others = [fix for fix in fixes if fix not in needed]
    until = odds.tries + MOST_TRIES
    for more in range(len(others) + 1):
        for chosen in combinations(others, more):
            if odds.tries >= until:
                return
            yield tuple(fix for fix in fixes if fix in needed or fix in chosen)


def _best_of_its_size(odds: _Odds, fixes: tuple[str, ...], found: tuple[str, ...]) -> FixSet:
    """Of the sets of this size that were counted, name the one with the best chance."""
    best, chance = found, odds.of(found)
    for each in _smallest_first(odds, fixes):
        if len(each) > len(found):
            break
        if odds.of(each) > chance:
            best, chance = each, odds.of(each)
    return FixSet(best, chance)


def _pruned(odds: _Odds, fixes: Sequence[str]) -> FixSet:
    """Take fixes away from all of them, the least useful first, as long as it stays enough."""
    left = list(fixes)
    for fix in sorted(fixes, key=lambda each: odds.of((each,))):
        fewer = [each for each in left if each != fix]
        if odds.of(fewer) >= ENOUGH:
            left = fewer
    return FixSet(tuple(left), odds.of(left))
