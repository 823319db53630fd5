"""Question 3: how long it would really take, as a distribution.

Phases follow one another, the causes of a phase are removed side by side, and the hands-on work
of each phase comes on top. Every cause draws from a generator seeded by what it is about: taking
one away leaves all other draws as they were, so an cause more can never make a draw shorter.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from bot.domain.lead_time import MONTH, DayRange
from bot.domain.record import SprintRecord
from bot.domain.verdict.assumptions import SLOWED, WORK_SHARE
from bot.domain.verdict.model import Cause, Forecast, Quote
from bot.domain.vocabulary import Severity, Timeline

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

DRAWS: Final = 20_000
DRAWS_KEPT: Final = 400
"""So many causes' draws are remembered, 160 kB each; a record of thousands draws again."""
BINS: Final = 40
DAYS_MOST: Final = 7.0
WEEKS_MOST: Final = 12 * 7.0
MONTHS_MOST: Final = 12 * MONTH
QUOTES_FOR_HALF_TRUST: Final = 3
"""So many past quotes move the correction half of the way to what they say."""
CORRECTION_LIMITS: Final = (0.5, 4.0)


def timeline_of(days: float) -> Timeline:
    """Return the word for a number of days, by the method's boundaries, each of them inclusive."""
    if days <= DAYS_MOST:
        return Timeline.DAYS
    if days <= WEEKS_MOST:
        return Timeline.WEEKS
    return Timeline.MONTHS if days <= MONTHS_MOST else Timeline.YEARS


def correction_for(cause: Cause, history: Sequence[Quote]) -> float:
    """Return what the cause's stated lead time is multiplied by, from past quotes.

    Quotes of the same function count where there are any, else those of the same kind, else all.
    The ratio of actual to quoted is averaged as a logarithm and pulled towards 1 while few.
    """
    if not cause.days_stated:
        return 1.0
    ratios = _ratios(_closest_quotes(cause, history))
    if not ratios:
        return 1.0
    trust = len(ratios) / (len(ratios) + QUOTES_FOR_HALF_TRUST)
    factor = math.exp(trust * sum(map(math.log, ratios)) / len(ratios))
    return min(max(factor, CORRECTION_LIMITS[0]), CORRECTION_LIMITS[1])


def _closest_quotes(cause: Cause, history: Sequence[Quote]) -> Sequence[Quote]:
    same_function = [q for q in history if q.waits_for and q.waits_for == cause.waits_for]
    same_kind = [q for q in history if q.kind is cause.kind]
    return same_function or same_kind or history


def _ratios(quotes: Iterable[Quote]) -> list[float]:
    return [
        min(max(quote.actual_days / quote.quoted_days, 0.05), 20.0)
        for quote in quotes
        if quote.quoted_days > 0 and quote.actual_days >= 0
    ]


def corrected(causes: Iterable[Cause], history: Sequence[Quote]) -> tuple[Cause, ...]:
    """Return the causes with stated lead times corrected by past sprints."""
    return tuple(
        replace(cause, days=cause.days.scaled(correction_for(cause, history))) for cause in causes
    )


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
    """The random numbers of one verdict: each name has its own, drawn once.

    Args:
        seed: the same seed, the same numbers.
        count: how many futures.
    """

    def __init__(self, seed: int = 0, count: int = DRAWS) -> None:
        self.count = count
        self._seed = seed
        self._drawn: dict[tuple[str, DayRange], Array] = {}

    def of(self, name: str, days: DayRange) -> Array:
        """Return the days that `name` takes in each future."""
        key = (name, days)
        if key in self._drawn:
            return self._drawn[key]
        drawn = _triangular(days, self._spread(name))
        if len(self._drawn) < DRAWS_KEPT:
            self._drawn[key] = drawn
        return drawn

    def _spread(self, name: str) -> Array:
        """Return evenly spread numbers between 0 and 1 in an order of the name's own."""
        import numpy as np

        digest = hashlib.blake2b(f"{self._seed}:{name}".encode(), digest_size=8).digest()
        order = np.random.default_rng(int.from_bytes(digest)).permutation(self.count)
        return (order + 0.5) / self.count


class _TopTwo(NamedTuple):
    """A phase in every future: its longest wait, the next one, and whose the longest is."""

    longest: Array
    second: Array
    holder: NDArray[np.int64]


class Simulation:
    """One sprint's futures, kept so that an cause can be taken away again.

    Args:
        causes: what has to be removed before a deployment.
        work: the hands-on work left, by phase.
        draws: where the random numbers come from.
    """

    def __init__(self, causes: Sequence[Cause], work: Mapping[str, DayRange], draws: Draws) -> None:
        import numpy as np

        self._phase_of = {cause.id: cause.phase for cause in causes}
        self._number = {cause.id: number for number, cause in enumerate(causes)}
        self._tops = {
            phase: self._top_two(group, draws) for phase, group in _by_phase(causes).items()
        }
        total = np.zeros(draws.count)
        for phase, days in sorted(work.items()):
            total += draws.of(f"work:{phase}", days)
        for phase in sorted(self._tops):
            total += self._tops[phase].longest
        self.total: Array = total

    def _top_two(self, group: Sequence[Cause], draws: Draws) -> _TopTwo:
        import numpy as np

        longest, second = np.zeros(draws.count), np.zeros(draws.count)
        holder = np.full(draws.count, -1)
        for cause in _that_can_matter(group):
            drawn = draws.of(cause.matter, cause.days)
            ahead = drawn > longest
            second = np.where(ahead, longest, np.maximum(second, drawn))
            longest = np.where(ahead, drawn, longest)
            holder[ahead] = self._number[cause.id]
        return _TopTwo(longest, second, holder)

    def without(self, cause_id: str) -> Array:
        """Return the futures in which one cause is not there, all else being equal."""
        top = self._tops[self._phase_of[cause_id]]
        held = top.holder == self._number[cause_id]
        gain: Array = (top.longest - top.second) * held
        return self.total - gain

    def forecast(self, correction: float = 1.0) -> Forecast:
        """Return the distribution of the futures."""
        import numpy as np

        p50, p80, *deciles = np.quantile(self.total, [0.5, 0.8, *np.arange(1, 10) / 10])
        longest = float(np.quantile(self.total, 0.99)) or 1.0
        counts, _ = np.histogram(self.total, bins=BINS, range=(0.0, longest))
        return Forecast(
            whole_days(float(p50)),
            whole_days(float(p80)),
            tuple(round(float(days), 2) for days in deciles),
            tuple(int(count) for count in counts),
            round(longest, 2),
            correction,
        )


def median_of(draws: Array) -> float:
    """Return the P50 of some futures, as the forecast gives it."""
    import numpy as np

    return whole_days(float(np.median(draws)))


def whole_days(days: float) -> float:
    """Return full days, or tenths below one: more would feign a precision nobody has."""
    return math.floor(days + 1e-6) if days >= 1 else round(days, 1)


def _by_phase(causes: Iterable[Cause]) -> dict[str, list[Cause]]:
    groups: dict[str, list[Cause]] = {}
    for cause in sorted(causes, key=lambda cause: cause.id):
        groups.setdefault(cause.phase, []).append(cause)
    return groups


def _that_can_matter(group: Sequence[Cause]) -> list[Cause]:
    """Leave out what is always shorter than two others: it can be neither longest nor second."""
    if len(group) < 3:
        return list(group)
    bar = sorted((cause.days.low for cause in group), reverse=True)[1]
    return [cause for cause in group if cause.days.high >= bar]


def _triangular(days: DayRange, spread: Array) -> Array:
    import numpy as np

    low, mode, high = days.low, days.mode, days.high
    if high <= low:
        return np.full_like(spread, high)
    turn = (mode - low) / (high - low)
    rising = low + np.sqrt(spread * (high - low) * (mode - low))
    falling = high - np.sqrt((1 - spread) * (high - low) * (high - mode))
    return np.where(spread < turn, rising, falling)
