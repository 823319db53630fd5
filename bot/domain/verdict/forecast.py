"""Question 3: how long it would really take, as a distribution.

Organisational waits (requests, reviews, orders) begin together, unless one needs another's result;
building follows building, phase by phase; the hands-on work of each phase comes on top. When
somebody wrote a thing down plays no part. Every wait draws from numbers seeded by what it is about:
taking one away leaves all other draws as they were, so a wait more can never make a draw shorter,
and "with this fixed by day 14" is the same future with one end moved.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from bot.domain.record import SprintRecord
from bot.domain.verdict.assumptions import SLOWED, WORK_SHARE
from bot.domain.verdict.model import Forecast
from bot.domain.verdict.overruns import Spread, spread_of_range
from bot.domain.verdict.priors import Unknown
from bot.domain.verdict.schedule import ForecastTask, Plan
from bot.domain.vocabulary import Severity, TimelineBand
from bot.reading.ranges import LONGEST, MONTH, DayRange

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bot.domain.verdict.overruns import Overruns

    Array = NDArray[np.float64]
    Order = NDArray[np.int64]

DRAWS: Final = 20_000
DRAWS_KEPT: Final = 400
"""So many waits' draws are remembered, 160 kB each; a record of thousands draws again."""
BINS: Final = 40
DAYS_MOST: Final = 7.0
WEEKS_MOST: Final = 12 * 7.0
MONTHS_MOST: Final = 12 * MONTH
SOON_DAYS: Final = 30.0
"""The method's question: what would have to be fixed to deploy within so many days?"""
NEVER: Final = LONGEST
"""The days of a wait that never ends; they only say that it is beyond every date."""
ORDERS: Final = 61
"""So many random orders are made; a name takes one of them in the order of another."""


def timeline_of(days: float) -> TimelineBand:
    """Return the word for a number of days, by the method's boundaries, each of them inclusive."""
    if days <= DAYS_MOST:
        return TimelineBand.DAYS
    if days <= WEEKS_MOST:
        return TimelineBand.WEEKS
    return TimelineBand.MONTHS if days <= MONTHS_MOST else TimelineBand.YEARS


class Border(NamedTuple):
    """A line between two words for a time, in days, with the words on its sides."""

    days: float
    below: TimelineBand
    above: TimelineBand


NEAR: Final = 0.1
"""So much of a line's days on either side of it is near: no forecast is that exact."""
_BORDERS: Final = (
    Border(DAYS_MOST, TimelineBand.DAYS, TimelineBand.WEEKS),
    Border(WEEKS_MOST, TimelineBand.WEEKS, TimelineBand.MONTHS),
    Border(MONTHS_MOST, TimelineBand.MONTHS, TimelineBand.YEARS),
)


def border_near(days: float) -> Border | None:
    """Return the line between two words that a number of days is near to; None where it is not."""
    near = (border for border in _BORDERS if abs(days - border.days) <= NEAR * border.days)
    return next(near, None)


def remaining_work(record: SprintRecord) -> dict[str, DayRange]:
    """Return the hands-on work left in each phase, in days; a deployment has done all before it."""
    if record.deployments:
        last = record.phases[-1]
        return {last.key: _work(last.end - last.start)}
    slowed = {b.phase for b in record.blockers if b.severity is Severity.SLOWS and not b.resolution}
    return {
        phase.key: _work((phase.end - phase.start) * (SLOWED if phase.key in slowed else 1.0))
        for phase in record.phases
    }


def _work(hours: float) -> DayRange:
    days = WORK_SHARE * hours / 24
    return DayRange(0.5 * days, days, 1.5 * days)


class Draws:
    """The random numbers of one verdict: each name has its own, always the same.

    Args:
        seed: the same seed, the same numbers.
        count: how many futures.
    """

    def __init__(self, seed: int = 0, count: int = DRAWS) -> None:
        self.count = count
        self.kept: dict[object, Array] = {}
        self._seed = seed
        self._shared: dict[str, Array] = {}

    def normal(self, name: str) -> Array:
        """Return evenly spread standard normal numbers in an order of the name's own."""
        outer, inner, turn = self._orders(name)
        # Turned between the two: names that share both orders would else be shifted copies.
        drawn: Array = _normal_in_order(self.count, outer)[turn : turn + self.count][inner]
        return drawn

    def shared(self, name: str) -> Array:
        """Return what `normal` does, made once: for names that many tasks have in common."""
        if name not in self._shared:
            self._shared[name] = self.normal(name)
        return self._shared[name]

    def uniform(self, name: str) -> Array:
        """Return evenly spread numbers between 0 and 1 in an order of the name's own, made once."""
        if name not in self._shared:
            import numpy as np

            outer, inner, turn = self._orders(name)
            order: Order = np.roll(_order(self.count, outer), -turn)[inner]
            self._shared[name] = (order + 0.5) / self.count
        return self._shared[name]

    def _orders(self, name: str) -> tuple[int, Order, int]:
        """Return the two orders that a name's own is made of, and how far the first is turned."""
        digest = hashlib.blake2b(f"{self._seed}:{name}".encode(), digest_size=12).digest()
        first, second, turn = (int.from_bytes(digest[at : at + 4]) for at in (0, 4, 8))
        return first % ORDERS, _order(self.count, second % ORDERS), turn % self.count


@lru_cache(maxsize=4 * ORDERS)
def _order(count: int, number: int) -> Order:
    import numpy as np

    return np.random.default_rng(number).permutation(count)


@lru_cache(maxsize=2 * ORDERS)
def _normal_in_order(count: int, number: int) -> Array:
    """Return the normal numbers in one of the random orders, twice, so that a turn is a slice."""
    import numpy as np

    ordered = _normal_grid(count)[_order(count, number)]
    return np.concatenate((ordered, ordered))


@lru_cache(maxsize=4)
def _normal_grid(count: int) -> Array:
    from statistics import NormalDist

    import numpy as np

    quantile = NormalDist().inv_cdf
    half = [quantile((step + 0.5) / count) for step in range(count // 2)]
    middle = [0.0] if count % 2 else []
    return np.array([*half, *middle, *(-each for each in reversed(half))])


class _TopTwo(NamedTuple):
    longest: Array
    second: Array

    def without(self, days: Array) -> Array:
        """Return the longest of each future if one of the tasks, of these days, were not there."""
        import numpy as np

        left: Array = np.where(days < self.longest, self.longest, self.second)
        return left


@dataclass(frozen=True, slots=True)
class _Outlook:
    """A phase that nobody reached, drawn: its waiting and its building in each future."""

    phase: str
    waits: Array
    builds: Array


class Simulation:
    """The futures of a record.

    Args:
        tasks: what has to be over before a deployment.
        work: the hands-on work of each phase, in the order of the phases.
        draws: where the random numbers come from.
        overruns: what quotes are multiplied by.
        unknowns: the phases that nobody reached.
    """

    def __init__(
        self,
        tasks: Sequence[ForecastTask],
        work: Mapping[str, DayRange],
        draws: Draws,
        overruns: Overruns,
        unknowns: Sequence[Unknown] = (),
    ) -> None:
        import numpy as np

        self.tasks = tuple(sorted(tasks, key=lambda task: task.id))
        self._draws = draws
        self._days = {task.id: self._drawn(task, overruns) for task in self.tasks}
        self._plan = Plan(self.tasks, [*work, *(unknown.phase for unknown in unknowns)])
        self._unknown = {unknown.phase: self._outlook(unknown) for unknown in unknowns}
        total = np.zeros(draws.count)
        for phase, days in work.items():
            total += self._range(f"work:{phase}", days)
        self._work = total
        self._nothing = np.zeros(draws.count)
        self._waits = self._top_two(self._plan.free, self._nothing)
        self._pooled: frozenset[str] = frozenset()
        self._pool = self._nothing
        self._built_beside = {
            unknown.phase: self._unknown[unknown.phase].builds for unknown in unknowns
        }
        self.total: Array = self.ended()

    def _drawn(self, task: ForecastTask, overruns: Overruns) -> Array:
        """Return a task's days; the same ones are kept for records that differ by another fact."""
        words = task.about or task.function
        spread = overruns.spread(task.days, words, task.kind, stated=task.stated)
        own = overruns.own_spread(task.days, stated=task.stated)
        key = (task.matter, task.function, task.kind, task.days, task.stated, spread, own)
        if key in self._draws.kept:
            return self._draws.kept[key]
        days = self._draw(task, spread, own)
        if len(self._draws.kept) < DRAWS_KEPT:
            self._draws.kept[key] = days
        return days

    def _draw(self, task: ForecastTask, spread: Spread, own: float) -> Array:
        import numpy as np

        drawn = self._noise(task, spread, own)
        drawn += spread.mean
        np.exp(drawn, out=drawn)
        drawn *= task.days.mode
        if spread.never > 0:
            # One number for a function: who never answers one request answers none.
            never = self._draws.uniform(f"never:{task.function or task.kind}")
            np.maximum(drawn, (never < spread.never) * NEVER, out=drawn)
        return np.minimum(drawn, NEVER, out=drawn)

    def _noise(self, task: ForecastTask, spread: Spread, own: float) -> Array:
        own = math.hypot(spread.item if task.stated else 0.0, own)
        noise: Array = own * self._draws.normal(f"own:{task.matter}")
        if spread.function:
            noise += spread.function * self._draws.shared(f"of:{task.function or task.kind}")
        if spread.company:
            noise += spread.company * self._draws.shared("company")
        return noise

    def _range(self, name: str, days: DayRange) -> Array:
        import numpy as np

        drawn: Array = days.mode * np.exp(spread_of_range(days) * self._draws.normal(name))
        return drawn

    def _outlook(self, unknown: Unknown) -> _Outlook:
        import numpy as np

        chance = self._draws.uniform(f"unknown:{unknown.phase}")
        waits, builds = np.zeros(self._draws.count), np.zeros(self._draws.count)
        standard = self._draws.normal(f"unknown days:{unknown.phase}")
        upper = 0.0
        for outcome in unknown.outcomes:
            lower, upper = upper, upper + outcome.chance
            if outcome.days is None:
                continue
            hit = (chance >= lower) & (chance < upper)
            days = outcome.days.mode * np.exp(spread_of_range(outcome.days) * standard[hit])
            (builds if outcome.builds else waits)[hit] = days
        return _Outlook(unknown.phase, waits, builds)

    def ended(
        self, *, without: Collection[str] = (), by: Mapping[str, float] | None = None
    ) -> Array:
        """Return the days until a deployment in each future.

        Args:
            without: ids of tasks that are not there.
            by: id → the day by which a task is over at the latest.
        """
        import numpy as np

        free = [task for task in self._plan.free if task.id not in self._pooled]
        if not any(task.id in without or (by and task.id in by) for task in self._plan.bound):
            latest = self._bound
        else:
            latest = self._latest({}, self._plan.bound, without, by)
        if without == () and not by:
            latest = np.maximum(latest, self._waits.longest)
        else:
            latest = np.maximum(latest, self._pool)
            for task in free:
                if task.id not in without:
                    days = self._days[task.id]
                    end = np.minimum(days, by[task.id]) if by and task.id in by else days
                    latest = np.maximum(latest, end)
        total: Array = np.minimum(latest + self._work, NEVER)
        return total

    def _latest(
        self,
        ends: dict[str, Array],
        tasks: Sequence[ForecastTask],
        without: Collection[str],
        by: Mapping[str, float] | None,
    ) -> Array:
        """Return when the last of `tasks` and of what nobody reached is over."""
        import numpy as np

        built = [self._nothing] * (len(self._plan.phases) + 1)
        known = 0
        for task in (each for each in tasks if each.id not in self._pooled):
            begin = self._nothing
            if task.builds:
                before = self._plan.place(task)
                for phase in range(known, before):
                    built[phase + 1] = self._built(phase, built[phase], ends)
                known, begin = max(known, before), built[before]
            for needed in self._plan.needs(task):
                if needed in ends:
                    begin = np.maximum(begin, ends[needed])
            end = begin if task.id in without else begin + self._days[task.id]
            ends[task.id] = np.minimum(end, by[task.id]) if by and task.id in by else end
        for phase in range(known, len(self._plan.phases)):
            built[phase + 1] = self._built(phase, built[phase], ends)
        latest = built[-1]
        waits = [ends[task.id] for task in tasks if task.id in ends and not task.builds]
        for end in (*waits, *(outlook.waits for outlook in self._unknown.values())):
            latest = np.maximum(latest, end)
        return latest

    def _built(self, phase: int, begin: Array, ends: Mapping[str, Array]) -> Array:
        """Return when the building of a phase is over, begun after the phase before."""
        import numpy as np

        name, built = self._plan.phases[phase], begin
        if name in self._built_beside:
            built = np.maximum(built, begin + self._built_beside[name])
        for task in self._plan.building[name]:
            if task.id in ends:
                built = np.maximum(built, ends[task.id])
        return built

    def focus(self, ids: Collection[str]) -> None:
        """Take all tasks but these as one, for what is asked many times about these.

        Only what needs nothing is taken together: all waits, and the building of each phase.
        """
        import numpy as np

        rest = [task for task in self.tasks if task.id not in ids]
        free = {task.id for task in self._plan.free}
        self._pool = self._nothing
        self._built_beside = {phase: each.builds for phase, each in self._unknown.items()}
        pooled = set()
        for task in rest:
            days = self._days[task.id]
            if task.id in free:
                self._pool = np.maximum(self._pool, days)
            elif task.builds and not self._plan.has_needs:
                beside = self._built_beside.get(task.phase, self._nothing)
                self._built_beside[task.phase] = np.maximum(beside, days)
            else:
                continue
            pooled.add(task.id)
        self._pooled = frozenset(pooled)

    def _top_two(self, tasks: Sequence[ForecastTask], least: Array) -> _TopTwo:
        """Return the longest of each future and the next one, which may be as long; or `least`."""
        import numpy as np

        longest, second = least, self._nothing
        for task in tasks:
            days = self._days[task.id]
            second = np.maximum(second, np.minimum(longest, days))
            longest = np.maximum(longest, days)
        return _TopTwo(longest, second)

    @cached_property
    def _building(self) -> dict[str, _TopTwo]:
        """The building of each phase, for records in which nothing needs anything."""
        return {
            phase: self._top_two(
                self._plan.building[phase],
                self._unknown[phase].builds if phase in self._unknown else self._nothing,
            )
            for phase in self._plan.phases
        }

    def days_of(self, task_id: str) -> Array:
        """Return how long one task takes in each future, from the day it begins."""
        return self._days[task_id]

    def without(self, task_id: str) -> Array:
        """Return the futures in which one task is not there, all else being equal."""
        import numpy as np

        task = next(task for task in self.tasks if task.id == task_id)
        days = self._days[task_id]
        if task in self._plan.free:
            latest = np.maximum(self._bound, self._waits.without(days))
        elif task.builds and not self._plan.has_needs:
            tops = self._building
            built = sum(tops[phase].longest for phase in tops if phase != task.phase)
            latest = built + tops[task.phase].without(days)
            for end in (self._waits.longest, *(each.waits for each in self._unknown.values())):
                latest = np.maximum(latest, end)
        else:
            return self.ended(without=(task_id,))
        total: Array = np.minimum(latest + self._work, NEVER)
        return total

    @cached_property
    def _bound(self) -> Array:
        """The futures without free waits: building, what needs something, what nobody reached."""
        return self._latest({}, self._plan.bound, (), None)

    def forecast(self, correction: float = 1.0) -> Forecast:
        """Return the distribution of the futures."""
        return distribution(self.total, correction)


def distribution(total: Array, correction: float = 1.0) -> Forecast:
    """Return the distribution of some futures, as a forecast gives it."""
    import numpy as np

    p50, p80, *deciles = np.quantile(total, [0.5, 0.8, *np.arange(1, 10) / 10])
    shown = total[total < NEVER]
    longest = float(np.quantile(shown, 0.99)) if len(shown) else 1.0
    counts, _ = np.histogram(shown, bins=BINS, range=(0.0, longest or 1.0))
    return Forecast(
        whole_days(float(p50)),
        whole_days(float(p80)),
        tuple(round(float(days), 2) for days in deciles),
        tuple(int(count) for count in counts),
        round(longest, 2),
        correction,
        never=round(1 - len(shown) / len(total), 4),
    )


def median_of(draws: Array) -> float:
    """Return the P50 of some futures, as the forecast gives it."""
    import numpy as np

    return whole_days(float(np.median(draws)))


def takes_years(draws: Array) -> bool:
    """Return whether the P50 of some futures is years; much quicker than the P50 itself."""
    import numpy as np

    beyond = np.count_nonzero(draws >= math.floor(MONTHS_MOST) + 1)
    return bool(2 * beyond > len(draws))


def whole_days(days: float) -> float:
    """Return full days, or tenths below one: more would feign a precision nobody has."""
    return math.floor(days + 1e-6) if days >= 1 else round(days, 1)
