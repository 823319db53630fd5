"""Two clusters in one column of numbers, as two units leave them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from probes.quality.units import factors_of, is_measured

if TYPE_CHECKING:
    from probes.quality.view import Floats

LEAST = 200
MINOR_SHARE = 0.005
FEW = 0.3
HEAPS = 4.0
TENTHS = 10.0
SCALE_FACTOR = 300.0
SCALE_SHARE = 0.003
SCALE_VALUES = 5
BY_CHANCE = 3
"""So many times the rows that come below the gap where all numbers are as frequent."""
FINER = 1e-4
SIGNED_SHARE = 0.05
FAHRENHEIT = (20.0, 125.0)
CELSIUS = (-40.0, 50.0)
LASTING = re.compile(r"duration|minute|hour|second|dauer|stund|wait|[a-z]_?time$", re.IGNORECASE)
TEMPERATURE = re.compile(r"temp|celsius|fahrenheit|grad(e|_|$)|degree|°", re.IGNORECASE)


@dataclass(frozen=True)
class ClusterSplit:
    """Two clusters of one column: the edge between, the factor, the smaller one's share."""

    edge: float
    factor: float
    share: float
    above: bool


def far_apart(values: Floats) -> ClusterSplit | None:
    """Find two clusters with a wide gap between them, hundreds of times apart.

    Numbers on both sides of zero come as near to it as chance has it; that is no second scale.
    """
    import numpy as np

    positive = np.sort(values[values > 0])
    if len(positive) < LEAST or (values < 0).mean() > SIGNED_SHARE:
        return None
    logs = np.log10(positive)
    gaps = np.diff(logs)
    edge = int(np.argmax(gaps))
    low, high = logs[: edge + 1], logs[edge + 1 :]
    minor = min(len(low), len(high)) / len(positive)
    factor = float(10 ** abs(np.median(high) - np.median(low)))
    tight = min(float(np.ptp(low)), float(np.ptp(high))) < np.log10(factor)
    many = minor >= SCALE_SHARE and min(map(len, map(np.unique, (low, high)))) >= SCALE_VALUES
    if gaps[edge] < 0.5 or factor < SCALE_FACTOR or not tight or not many:
        return None
    # Amounts that fade towards nothing, as rain, thin out like this at their lower end.
    tail = float(np.quantile(high, 0.05) - high[0])
    by_chance = len(positive) * positive[edge] / positive[-1]
    if len(low) < len(high) and (gaps[edge] < tail or len(low) <= BY_CHANCE * by_chance):
        return None
    cut = float(10 ** ((low[-1] + high[0]) / 2))
    return ClusterSplit(cut, factor, minor, len(high) <= len(low))


def heaps(values: Floats) -> ClusterSplit | None:
    """Find two heaps of numbers with nothing between them, much farther apart than either is wide.

    As years written with two digits beside those with four, or Kelvin beside Celsius.
    """
    import numpy as np

    ordered = np.sort(values)
    gaps = np.diff(ordered)
    edge = int(np.argmax(gaps))
    low, high = ordered[: edge + 1], ordered[edge + 1 :]
    few = min(low, high, key=len)
    share = len(few) / len(ordered)
    wide = max(float(np.ptp(low)), float(np.ptp(high)))
    if share < 2 * MINOR_SHARE or len(np.unique(few)) < SCALE_VALUES or gaps[edge] < HEAPS * wide:
        return None
    middles = [float(np.median(part)) for part in (low, high)]
    if middles[0] <= 0 or share > FEW:
        return None
    cut = float(low[-1] + high[0]) / 2
    return ClusterSplit(cut, middles[1] / middles[0], share, len(high) <= len(low))


def thousands_points(values: Floats) -> ClusterSplit | None:
    """Find thousands read as decimals, as 1.234 beside 987: three decimals or none."""
    import numpy as np

    lost = _points_lost(values)
    if lost:
        return lost
    broken = values != np.round(values)
    share = float(broken.mean())
    if not MINOR_SHARE <= share <= 0.9 or broken.sum() < LEAST / 10 or np.abs(values).max() > 1000:
        return None
    three = np.abs(values[broken] * 1000 - np.round(values[broken] * 1000)) < 1e-6
    two = np.abs(values[broken] * 100 - np.round(values[broken] * 100)) < 1e-6
    high = float(np.median(np.abs(values[~broken])))
    if three.mean() < 1 or not 0.02 <= two.mean() <= 0.2 or high < 100 or values[broken].min() < 1:
        return None
    return ClusterSplit(float(np.median(values[broken])), 1000.0, share, False)


def _points_lost(values: Floats) -> ClusterSplit | None:
    """Find amounts with five decimals among those with two, as 1.23456 for 1,234.56."""
    import numpy as np

    fine = np.abs(values * 100 - np.round(values * 100)) > FINER
    share = float(fine.mean())
    if not MINOR_SHARE <= share <= FEW or fine.sum() < LEAST / 10:
        return None
    grown = values[fine] * 1000
    exact = np.abs(grown * 100 - np.round(grown * 100)) < 100 * FINER
    usual = np.quantile(np.abs(values[~fine]), (0.5, 0.999))
    many = len(np.unique(values[~fine])) >= LEAST / 4
    high = values[~fine & (np.abs(values) >= 100)]
    # Measurements of four digits in all have fewer decimals the larger they are; amounts do not.
    if len(high) and (np.abs(high * 10 - np.round(high * 10)) > FINER).mean() < FEW:
        return None
    alike = usual[0] / 10 <= float(np.median(np.abs(grown))) <= usual[1]
    if not many or exact.mean() < 1 or not alike or np.abs(values[fine]).max() * 10 > usual[1]:
        return None
    return ClusterSplit(float(np.abs(values[fine]).max()), 1000.0, share, False)


def cents(values: Floats) -> ClusterSplit | None:
    """Find whole numbers about a hundredfold among amounts with decimals."""
    import numpy as np

    positive = values[values > 0]
    whole = positive == np.round(positive)
    if not 0.3 <= float((~whole).mean()) < 1 or len(positive) < LEAST:
        return None
    usual = float(np.median(positive[~whole]))
    edge = usual * 10
    high = positive > edge
    share = float(high.mean())
    if not MINOR_SHARE <= share <= 0.6 or high.sum() < 5:
        return None
    factor = float(np.median(positive[high])) / usual
    sure = whole[high].mean() >= 0.9 and whole[~high].mean() <= 0.5
    if not sure or not 60 <= factor <= 170:
        return None
    usual_logs = np.log(positive[~whole & (positive >= edge / 100)])
    alike = len(usual_logs) >= 20 and distance(np.log(positive[high] / 100), usual_logs) <= likely(
        int(high.sum()), len(usual_logs)
    )
    return ClusterSplit(edge, factor, share, True) if alike else None


def clusters(values: Floats, name: str) -> ClusterSplit | None:
    """Find two clusters of one shape, a unit's factor apart, with a valley between them."""
    import numpy as np

    if (values <= 0).mean() > 0.02:
        return None
    logs = np.log(np.sort(values[values > 0]))
    distinct = np.unique(logs)
    if len(distinct) < 40 or len(logs) < LEAST:
        return None
    best: ClusterSplit | None = None
    for at in _valleys(logs):
        low, high = logs[:at], logs[at:]
        share = min(len(low), len(high)) / len(logs)
        few = min(len(low), len(high)) < max(LEAST / 10, 2 * MINOR_SHARE * len(logs))
        if few or min(len(np.unique(low)), len(np.unique(high))) < 8:
            continue
        split = _fits(low, high, share, name)
        if split and (best is None or split.share > best.share):
            best = split
    return best


def _valleys(logs: Floats) -> list[int]:
    """Return where sorted logarithms thin out: the positions of the deepest gaps of a histogram."""
    import numpy as np

    bins = 80
    counts, edges = np.histogram(logs, bins=bins)
    smooth = np.convolve(counts, np.ones(3) / 3, mode="same")
    found = []
    for at in range(3, bins - 3):
        left, right = smooth[:at].max(), smooth[at + 1 :].max()
        if smooth[at] <= 0.25 * min(left, right) and smooth[at] <= min(
            smooth[at - 1], smooth[at + 1]
        ):
            found.append(int(np.searchsorted(logs, (edges[at] + edges[at + 1]) / 2)))
    return found[:12]


def likely(one: int, other: int) -> float:
    """Return how far apart two samples of one distribution may lie (Kolmogorov and Smirnov)."""
    return float(max(0.1, 1.5 * math.sqrt(1 / one + 1 / other)))


def _slack(factor: float, measured: bool) -> float:
    """Return how far from a unit's factor two clusters may be, as a logarithm."""
    return 0.06 if factor < 50 else 0.25 if measured else 0.1


def _fits(low: Floats, high: Floats, share: float, name: str) -> ClusterSplit | None:
    import numpy as np

    shift = float(np.median(high) - np.median(low))
    factor = math.exp(shift)
    named_measure = is_measured(name)
    factors = [f for f, _ in factors_of(name) if f != 60 or LASTING.search(name)]
    exact = next((f for f in factors if abs(math.log(f) - shift) < _slack(f, named_measure)), None)
    if exact is None or (exact < 50 and exact != TENTHS and not named_measure):
        return None
    spreads = [float(np.subtract(*np.percentile(part, (75, 25)))) / 1.35 for part in (low, high)]
    if min(spreads) <= 0 or not 0.55 <= spreads[0] / spreads[1] <= 1.8:
        return None
    depth = shift / math.sqrt((spreads[0] ** 2 + spreads[1] ** 2) / 2)
    least = 8.0 if exact == TENTHS else 4.0 if exact < 50 else 3.0
    if depth < least or distance(low + shift, high) > likely(len(low), len(high)):
        return None
    smaller_above = len(high) <= len(low)
    edge = math.exp((float(low[-1]) + float(high[0])) / 2)
    return ClusterSplit(edge, factor, share, smaller_above)


def distance(one: Floats, other: Floats) -> float:
    """Return the greatest distance between two distributions (Kolmogorov and Smirnov)."""
    import numpy as np

    one, other = np.sort(one), np.sort(other)
    both = np.concatenate([one, other])
    return float(
        np.abs(
            np.searchsorted(one, both, side="right") / len(one)
            - np.searchsorted(other, both, side="right") / len(other)
        ).max()
    )


def temperatures(values: Floats, name: str) -> ClusterSplit | None:
    """Find Fahrenheit beside Celsius: one cluster is the other, converted."""
    import numpy as np

    if not TEMPERATURE.search(name):
        return None
    if values.min() < CELSIUS[0] or values.max() > FAHRENHEIT[1]:
        return None
    ordered = np.sort(values)
    at = _widest(ordered)
    if at is None:
        return None
    low, high = ordered[:at], (ordered[at:] - 32) / 1.8
    share = min(len(low), len(high)) / len(ordered)
    spread = float(np.std(low)) or 1.0
    alike = abs(np.median(low) - np.median(high)) < 0.6 * spread
    even = 0.5 <= float(np.std(high)) / spread <= 2
    if share < MINOR_SHARE or not alike or not even or ordered[at] < FAHRENHEIT[0]:
        return None
    return ClusterSplit(float(ordered[at - 1] + ordered[at]) / 2, 1.8, share, len(high) <= len(low))


def _widest(ordered: Floats) -> int | None:
    """Return where two groups part best: least variance within them (Otsu)."""
    import numpy as np

    count = len(ordered)
    sums = np.cumsum(ordered)
    sizes = np.arange(1, count)
    between = (
        sizes
        * (count - sizes)
        * (sums[:-1] / sizes - (sums[-1] - sums[:-1]) / (count - sizes)) ** 2
    )
    at = int(np.argmax(between)) + 1
    low, high = ordered[:at], ordered[at:]
    apart = float(high.mean() - low.mean())
    within = math.sqrt((float(low.var()) + float(high.var())) / 2)
    return at if min(len(low), len(high)) >= 5 and apart >= 3 * within else None
