"""How long things really take against what was quoted: a prior, moved by the company's history.

The logarithm of actual over quoted is a linear mixed model: the company's own mean, an effect of
the function, an effect of the kind, and what is left over. With no history every effect is the
prior's; each past quote moves them by as much as it weighs. What has not ended yet counts as
"longer than so far", and what never came counts towards the chance of "never".
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from bot.domain.verdict.model import Quote
from bot.domain.verdict.scores import Calibration
from bot.domain.verdict.standard_priors import quote_figures
from bot.domain.vocabulary import Kind
from bot.reading.ranges import LONGEST, DayRange

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

RATIO_LIMITS: Final = (0.02, 50.0)
"""A ratio beyond these is a slip of the pen (a year typed for a day), not experience."""
WIDTH_OF_A_RANGE: Final = 2 * 1.2816
"""A range as said counts as the middle four fifths: standard deviations between its two ends."""
NARROWEST_LOW: Final = 0.1
"""An open lower end ("up to 6 weeks") counts as this part of the upper one."""
ROUGHER: Final = 2.0
"""One figure for a kind in all companies fits a function so much worse than its own quote."""
LEAST_OF_RANGE: Final = 0.6
"""The part of a playbook's range that no experience takes away."""
_ROUNDS: Final = 8
"""Rounds until the guesses for what has not ended yet no longer move."""
_MOST_QUOTES: Final = 600
"""The newest quotes; a company changes, and older ones say less."""


@dataclass(frozen=True, slots=True)
class OverrunPrior:
    """What to expect of quotes before a company has any history; the playbook's figures.

    Args:
        median: actual over quoted, as likely more as less.
        company: spread between companies, as the standard deviation of the ratio's logarithm.
        function: spread between the functions of one company.
        kind: spread between the kinds of blocker in one company.
        item: spread between two quotes of the same function and kind.
        weight: so many past quotes weigh as much as the prior's `item` and `never`.
        never: the chance that what was promised never comes.
    """

    median: float
    company: float
    function: float
    kind: float
    item: float
    weight: float
    never: float


def standard_overruns() -> OverrunPrior:
    """Return what the standard playbook expects of quotes."""
    return OverrunPrior(**quote_figures())


@dataclass(frozen=True, slots=True)
class Spread:
    """The distribution of actual over quoted for one function and kind: log-normal, or never.

    Args:
        mean: of the ratio's logarithm.
        company: what is uncertain for all functions alike, as a standard deviation.
        function: what is uncertain for the function's waits alike.
        item: what differs from wait to wait.
        never: the chance that it never comes.
    """

    mean: float
    company: float
    function: float
    item: float
    never: float

    @property
    def median(self) -> float:
        """Actual over quoted, as likely more as less."""
        return math.exp(self.mean)

    @property
    def total(self) -> float:
        """The standard deviation of one ratio's logarithm, all uncertainty together."""
        return math.sqrt(self.company**2 + self.function**2 + self.item**2)

    def quantile(self, share: float) -> float:
        """Return the ratio within which `share` of what comes at all comes."""
        from statistics import NormalDist

        return math.exp(self.mean + self.total * NormalDist().inv_cdf(share))


@dataclass(frozen=True, slots=True)
class WaitEstimate:
    """How long one wait takes: what was said, times a spread.

    Args:
        days: as said or assumed.
        spread: what it is multiplied by, the range it was said in included.
    """

    days: float
    spread: Spread

    def quantile(self, share: float) -> float:
        """Return the days in which it is over with a chance of `share`; LONGEST for never."""
        comes = 1 - self.spread.never
        if share >= comes:
            return LONGEST
        return min(self.days * self.spread.quantile(share / comes), LONGEST)

    def chance(self, days: float) -> float:
        """Return the chance that it is over within some days."""
        from statistics import NormalDist

        if self.days <= 0:
            return 1 - self.spread.never
        off = (math.log(days / self.days) - self.spread.mean) / max(self.spread.total, 1e-9)
        return (1 - self.spread.never) * NormalDist().cdf(off)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A past quote as the model takes it: the ratio's logarithm, exact or a lower bound."""

    function: str
    kind: Kind | None
    log_ratio: float
    ended: bool


@dataclass(frozen=True)
class Overruns:
    """What a company's history says about its quotes, and about what nobody quoted.

    Args:
        prior: what holds before any history.
        stated: the model of quotes against what they took.
        assumed: the model of the playbook's own figures against what things took here.
        figure: the playbook's figure for a kind that nobody put a time on.
        calibration: how this company's past forecasts did.
    """

    prior: OverrunPrior
    stated: RatioModel
    assumed: RatioModel
    figure: Callable[[Kind], DayRange]
    calibration: Calibration = field(default_factory=Calibration)

    def spread(self, days: DayRange, function: str, kind: Kind | None, *, stated: bool) -> Spread:
        """Return what a wait is multiplied by.

        Args:
            days: how long it takes, as said or assumed.
            function: words that name whom it waits for; the function of the history that is named
                in them counts, the longest name first.
            kind: the root cause.
            stated: whether somebody said how long.
        """
        known = (self.stated if stated else self.assumed).spread(function, kind)
        return replace(
            known,
            mean=known.mean
            + self.calibration.shift
            + self._own(days, function, kind, stated=stated),
            company=known.company * self.calibration.widen,
            function=known.function * self.calibration.widen,
            item=known.item * self.calibration.widen,
        )

    def _own(self, days: DayRange, function: str, kind: Kind | None, *, stated: bool) -> float:
        """Return by how much an assumed figure gives way to what its function needed before.

        The model compares what things took with the playbook's figure for their kind. A figure of
        another size (a rebuild, a refusal) would be multiplied by a ratio that was not learnt from
        it, so it moves towards the kind's own as far as the function's history is trusted.
        """
        if stated or kind is None or days.mode <= 0:
            return 0.0
        known = self.assumed.known(function, kind)
        return known * math.log(self.figure(kind).mode / days.mode)

    def factor(self, days: DayRange, function: str, kind: Kind | None, *, stated: bool) -> float:
        """Return what the company's own history multiplies a figure by; 1 without history."""
        model = self.stated if stated else self.assumed
        own = self._own(days, function, kind, stated=stated)
        return math.exp(model.spread(function, kind).mean - model.start + own)

    def wait(
        self, days: DayRange, function: str, kind: Kind | None, *, stated: bool
    ) -> WaitEstimate:
        """Return the distribution of a wait's days, without draws."""
        spread = self.spread(days, function, kind, stated=stated)
        own = math.hypot(spread.item if stated else 0.0, self.own_spread(days, stated=stated))
        return WaitEstimate(days.mode, replace(spread, item=own))

    def own_spread(self, days: DayRange, *, stated: bool) -> float:
        """Return what the range of a wait adds to the spread of its logarithm.

        A figure of the playbook ranges over all companies and functions, which the model tells
        apart by itself; that part is taken out of the range, so that experience makes it narrower.
        """
        wide = spread_of_range(days)
        if stated:
            return wide
        apart = self.assumed.apart
        return max(math.sqrt(max(wide**2 - apart**2, 0.0)), LEAST_OF_RANGE * wide)

    @property
    def quotes(self) -> int:
        """How many past quotes count."""
        return self.stated.count


def learn(
    quotes: Sequence[Quote],
    assumed: Callable[[Kind], DayRange],
    *,
    prior: OverrunPrior | None = None,
    calibration: Calibration | None = None,
) -> Overruns:
    """Return what `quotes` say, pulled towards `prior` while they are few.

    Args:
        quotes: what was quoted and what it took, newest first.
        assumed: the playbook's figure for a kind that nobody put a time on.
        prior: None takes the standard playbook's.
        calibration: how past forecasts did; None where there are none.
    """
    prior = prior or standard_overruns()
    rough = replace(
        prior,
        company=ROUGHER * prior.company,
        function=ROUGHER * prior.function,
        kind=ROUGHER * prior.kind,
    )
    known = quotes[:_MOST_QUOTES]
    stated = [quote for quote in known if quote.quoted_days > 0]
    own = [replace(q, quoted_days=assumed(q.kind).mode) for q in known if q.kind is not None]
    return Overruns(
        prior,
        RatioModel(prior, stated, math.log(prior.median)),
        RatioModel(rough, own, 0.0),
        assumed,
        calibration or Calibration(),
    )


class RatioModel:
    """A mixed model of ratios, solved once; asks are cheap.

    Args:
        prior: the variances, and what holds without history.
        quotes: the history.
        start: the mean of the ratio's logarithm before any history.
    """

    def __init__(self, prior: OverrunPrior, quotes: Sequence[Quote], start: float) -> None:
        self.start = start
        self.count = len(quotes)
        self.apart = math.sqrt(prior.company**2 + prior.function**2 + prior.kind**2)
        self._prior = prior
        self._never = _NeverRate(prior, quotes)
        names = {named(quote.waits_for) for quote in quotes}
        self._names = sorted(names - {""}, key=lambda name: (-len(name), name))
        self._found: dict[str, str] = {}
        self._seen = [_seen(quote) for quote in quotes if not _is_never(quote)]
        self._columns: dict[tuple[str, object], int] = {("company", None): 0}
        self._item = prior.item
        self._items: dict[str, float] = {}
        self._effects: Array | None = None
        self._covariance: Array | None = None
        if self._seen:
            self._solve()

    def spread(self, function: str, kind: Kind | None) -> Spread:
        """Return the distribution for the function named in some words, and a kind."""
        function = self._function_in(function)
        never = self._never.of(function)
        prior = self._prior
        if self._effects is None or self._covariance is None:
            own = math.hypot(prior.function, prior.kind)
            return Spread(self.start, prior.company, own, prior.item, never)
        columns = [0]
        unseen = 0.0
        for name, key, spread in (
            ("function", function, prior.function),
            ("kind", kind, prior.kind),
        ):
            column = self._columns.get((name, key))
            if column is None:
                unseen += spread**2
            else:
                columns.append(column)
        mean = self.start + float(sum(self._effects[column] for column in columns))
        variance = float(sum(self._covariance[a, b] for a in columns for b in columns)) + unseen
        common = min(float(self._covariance[0, 0]), variance)
        item = self._items.get(function, self._item)
        return Spread(mean, math.sqrt(common), math.sqrt(variance - common), item, never)

    def known(self, function: str, kind: Kind | None) -> float:
        """Return how much of what differs between functions the history of one tells, 0 to 1."""
        if ("function", self._function_in(function)) not in self._columns:
            return 0.0
        found = self.spread(function, kind)
        return max(0.0, 1 - (found.company**2 + found.function**2) / self.apart**2)

    def _function_in(self, words: str) -> str:
        flat = named(words)
        if flat not in self._found:
            found = (each for each in self._names if f" {each} " in f" {flat} ")
            self._found[flat] = next(found, flat)
        return self._found[flat]

    def _solve(self) -> None:
        import numpy as np

        rows, precision = self._design()
        bounds = np.array([seen.log_ratio - self.start for seen in self._seen])
        open_rows = np.array([not seen.ended for seen in self._seen])
        values, extra = bounds.copy(), np.zeros(len(bounds))
        for _ in range(_ROUNDS if open_rows.any() else 2):
            weights = 1 / np.array([self._variance(seen.function) for seen in self._seen])
            information = (rows * weights[:, None]).T @ rows + precision
            covariance: Array = np.asarray(np.linalg.inv(information), dtype=np.float64)
            effects: Array = covariance @ (rows.T @ (weights * values))
            fitted: Array = rows @ effects
            for row in np.flatnonzero(open_rows):
                deviation = self._items.get(self._seen[row].function, self._item)
                values[row], extra[row] = _beyond(bounds[row], float(fitted[row]), deviation)
            self._effects, self._covariance = effects, covariance
            self._learn_item((values - fitted) ** 2 + extra)

    def _design(self) -> tuple[Array, Array]:
        import numpy as np

        prior = self._prior
        spreads = [prior.company]
        for seen in self._seen:
            for name, key, spread in (
                ("function", seen.function, prior.function),
                ("kind", seen.kind, prior.kind),
            ):
                if key and (name, key) not in self._columns:
                    self._columns[name, key] = len(self._columns)
                    spreads.append(spread)
        rows = np.zeros((len(self._seen), len(self._columns)))
        rows[:, 0] = 1.0
        for row, seen in enumerate(self._seen):
            for name, effect in (("function", seen.function), ("kind", seen.kind)):
                if (name, effect) in self._columns:
                    rows[row, self._columns[name, effect]] = 1.0
        return rows, np.diag([1 / spread**2 for spread in spreads])

    def _variance(self, function: str) -> float:
        return self._items.get(function, self._item) ** 2

    def _learn_item(self, squares: Array) -> None:
        """Pull the left-over spread towards the prior's: first the company's, then a function's."""
        weight, prior = self._prior.weight, self._prior.item**2
        company = (weight * prior + float(squares.sum())) / (weight + len(squares))
        self._item = math.sqrt(company)
        sums: dict[str, list[float]] = {}
        for seen, square in zip(self._seen, squares, strict=True):
            sums.setdefault(seen.function, []).append(float(square))
        self._items = {
            function: math.sqrt((weight * company + sum(found)) / (weight + len(found)))
            for function, found in sums.items()
            if function
        }


def _seen(quote: Quote) -> _Seen:
    took = quote.actual_days if quote.actual_days is not None else quote.open_days or 0.0
    low, high = RATIO_LIMITS
    ratio = min(max(took / quote.quoted_days, low), high)
    return _Seen(named(quote.waits_for), quote.kind, math.log(ratio), quote.actual_days is not None)


def named(function: str | None) -> str:
    """Return a function's name as history knows it: words alone, in lower case."""
    return " ".join(re.sub(r"[^\w]+", " ", (function or "").lower()).split())


def _is_never(quote: Quote) -> bool:
    return quote.actual_days is None and quote.open_days is None


class _NeverRate:
    """The chance of "never", by function, pulled towards the company's and the prior's."""

    def __init__(self, prior: OverrunPrior, quotes: Iterable[Quote]) -> None:
        counts: dict[str, list[bool]] = {}
        for quote in quotes:
            counts.setdefault(named(quote.waits_for), []).append(_is_never(quote))
        self._weight = 4 * prior.weight  # a rare event: little history says little about it
        seen = [never for found in counts.values() for never in found]
        self._company = self._pulled(prior.never, seen)
        self._functions = {
            name: self._pulled(self._company, found) for name, found in counts.items() if name
        }

    def _pulled(self, towards: float, seen: Sequence[bool]) -> float:
        return (self._weight * towards + sum(seen)) / (self._weight + len(seen))

    def of(self, function: str) -> float:
        return self._functions.get(function, self._company)


def _beyond(bound: float, mean: float, deviation: float) -> tuple[float, float]:
    """Return mean and variance of a normal variable that is known to lie beyond `bound`."""
    at = (bound - mean) / deviation
    tail = 0.5 * math.erfc(at / math.sqrt(2))
    density = math.exp(-0.5 * at * at) / math.sqrt(2 * math.pi)
    hazard = density / tail if tail > 1e-12 else at + 1 / max(at, 1.0)
    left = max(0.0, 1 - hazard * (hazard - at))
    return mean + deviation * hazard, deviation**2 * left


def spread_of_range(days: DayRange) -> float:
    """Return the standard deviation of the logarithm that a range of days stands for."""
    low = max(days.low, NARROWEST_LOW * days.high)
    if low <= 0 or days.high <= low:
        return 0.0
    return math.log(days.high / low) / WIDTH_OF_A_RANGE
