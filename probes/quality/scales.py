"""Two units in one column: clusters, groups and pairs of columns that are a unit's factor apart."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.codes import coded_finding
from probes.quality.copies import KEY_NAME
from probes.quality.groups import group_apart
from probes.quality.ratios import ratio_findings
from probes.quality.sentences import say
from probes.quality.units import SITES, UNIT_FACTORS, factors_of, is_measured
from probes.quality.view import View, named, number_values

if TYPE_CHECKING:
    from probes.quality.view import Floats, Whole

NEAREST_FACTOR = math.log(min(factor for factor, _, _ in UNIT_FACTORS))
LEAST = 200
ID_DIGITS = 9
MINOR_SHARE = 0.005
GROUP_ROWS = 25
GROUPS_MOST = 60
GROUPED_ROWS = 20_000
SLACK = 0.02
SLACK_UNNAMED = 0.01
"""How far from a unit's factor a group may be, as a logarithm; no name speaks for the second."""
FEW = 0.3
APART_GROUPS = 4
MIRRORED = 0.3
HEAPS = 4.0
TENTHS = 10.0
SCALE_FACTOR = 300.0
SCALE_SHARE = 0.003
SCALE_VALUES = 5
SIGNED_SHARE = 0.05
SECONDS = (8e8, 2.2e9)
"""Unix times from 1995 to 2039."""
MILLISECONDS_FROM = 1e11
FINE_FEWER = 0.5
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


def scale_findings(view: View) -> Iterator[Finding]:
    """Say which columns are in two units, once each, by the plainest sign of it."""
    reported: set[str] = set()
    for name in view.numbers:
        finding = _clocks(view, name)
        if not finding and not _names_things(view, name):
            by_group = _by_group(view, name)
            sure = by_group if by_group and by_group.level is FindingLevel.SLOWS else None
            finding = _within(view, name) or sure or group_apart(view, name) or by_group
        if finding:
            reported.add(name)
            yield finding
    yield from ratio_findings(view, reported)


def _names_things(view: View, name: str) -> bool:
    """Whether numbers name things: by their name, or whole ones of many digits and one length."""
    import numpy as np

    if name in view.keys or KEY_NAME.search(name):
        return True
    values = number_values(view.sample[name])
    if not len(values) or (values != np.round(values)).any():
        return False
    lengths = np.floor(np.log10(np.maximum(np.abs(values), 1)))
    return bool(np.median(lengths) >= ID_DIGITS and (lengths == np.median(lengths)).mean() >= 0.9)


def _clocks(view: View, name: str) -> Finding | None:
    """Find Unix times in seconds beside those in thousandths of a second."""
    import numpy as np

    values = number_values(view.sample[name])
    if len(values) < LEAST:
        return None
    fine = values > MILLISECONDS_FROM
    seconds = np.where(fine, values / 1000, values)
    share = min(float(fine.mean()), 1 - float(fine.mean()))
    if share < MINOR_SHARE or ((seconds < SECONDS[0]) | (seconds > SECONDS[1])).any():
        return None
    split = ClusterSplit(MILLISECONDS_FROM, 1000.0, share, float(fine.mean()) <= FINE_FEWER)
    return _mixed(view, name, split, f"{named(name)} {'>' if split.above else '<'} {split.edge:g}")


def _within(view: View, name: str) -> Finding | None:
    values = number_values(view.sample[name])
    if len(values) < LEAST:
        return None
    split = (
        thousands_points(values)
        or far_apart(values)
        or cents(values)
        or clusters(values, name)
        or temperatures(values, name)
        or heaps(values)
    )
    if split is None:
        return None
    direction = ">" if split.above else "<"
    return _mixed(view, name, split, f"{named(name)} {direction} {split.edge:g}")


def _mixed(view: View, name: str, split: ClusterSplit, where: str) -> Finding:
    return coded_finding(
        FindingLevel.SLOWS,
        "mixed_scales",
        column=name,
        rows=view.rows(split.share * len(view.sample)),
        where=where,
        factor=round(split.factor, 3),
        minor_share=round(split.share, 5),
        share=round(split.share, 5),
    )


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
    many = minor >= SCALE_SHARE and len(np.unique(min(low, high, key=len))) >= SCALE_VALUES
    if gaps[edge] < 0.5 or factor < SCALE_FACTOR or not tight or not many:
        return None
    # Amounts that fade towards nothing, as rain, thin out like this at their lower end.
    tail = float(np.quantile(high, 0.05) - high[0])
    if len(low) < len(high) and gaps[edge] < tail:
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
    alike = len(usual_logs) >= 20 and _distance(
        np.log(positive[high] / 100), usual_logs
    ) <= _likely(int(high.sum()), len(usual_logs))
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
        if share < 2 * MINOR_SHARE or min(len(np.unique(low)), len(np.unique(high))) < 8:
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


def _likely(one: int, other: int) -> float:
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
    if depth < least or _distance(low + shift, high) > _likely(len(low), len(high)):
        return None
    smaller_above = len(high) <= len(low)
    edge = math.exp((float(low[-1]) + float(high[0])) / 2)
    return ClusterSplit(edge, factor, share, smaller_above)


def _distance(one: Floats, other: Floats) -> float:
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


def _by_group(view: View, name: str) -> Finding | None:
    """Find one value of another column whose numbers are a unit's factor off, or lie apart."""
    import numpy as np

    measured = is_measured(name)
    values = view.number(name)
    usable = np.isfinite(values)
    if usable.sum() < LEAST or len(np.unique(values[usable])) < 30:
        return None
    step = max(1, int(usable.sum()) // GROUPED_ROWS)
    for other in view.categories:
        codes = view.codes(other)
        if other == name or not 2 <= len(codes.levels) <= GROUPS_MOST:
            continue
        parts = _parts(values[usable][::step], codes.of_row[usable][::step])
        levels = [str(codes.levels[at]) for at in parts]
        few = len(parts) < (3 if measured else 4) and not (measured and SITES.search(other))
        few = few or (not measured and any(map(_is_numeric, levels)))
        slack = SLACK if measured else SLACK_UNNAMED
        factors = [one for one in factors_of(name) if one[0] != TENTHS]
        logs = {
            level: np.log(part[part > 0])
            for level, part in zip(levels, parts.values(), strict=True)
            if (part > 0).sum() >= GROUP_ROWS
        }
        off = None if few else _one_apart(logs, slack, factors)
        level, code, size = FindingLevel.SLOWS, "units_by_group", 0
        if off:
            factor, unit, size = off
        elif other in view.texts and len(parts) >= APART_GROUPS:
            factor, unit, size = _elsewhere(list(parts.values()))
            level = FindingLevel.NOTE
            code = "sign_flips" if abs(factor + 1) <= MIRRORED else code
        if size:
            return coded_finding(
                level,
                code,
                column=name,
                others=(other,),
                rows=view.rows(size * step),
                words={"unit": say(unit)},
                factor=round(factor, 3),
                share=round(size * step / len(values), 5),
            )
    return None


def _parts(values: Floats, of_row: Whole) -> dict[int, Floats]:
    """Return the numbers of each group that has enough of them."""
    import numpy as np

    order = np.argsort(of_row, kind="stable")
    edges = np.searchsorted(of_row[order], np.arange(int(of_row.max(initial=-1)) + 2))
    groups = enumerate(pairwise(edges))
    return {at: values[order[a:b]] for at, (a, b) in groups if b - a >= GROUP_ROWS}


def _elsewhere(parts: list[Floats]) -> tuple[float, str, int]:
    """Find one group whose numbers lie where none of the others do: its factor and its rows."""
    import numpy as np

    middles = np.array([float(np.median(part)) for part in parts])
    at = int(np.argmax(np.abs(middles - float(np.median(middles)))))
    rest = np.delete(middles, at)
    usual = float(np.median(rest))
    shift = abs(float(middles[at]) - usual)
    if np.ptp(rest) > shift / 5:
        return 0.0, "", 0
    others = np.concatenate([part for n, part in enumerate(parts) if n != at])
    low, high = np.quantile(others, (0.01, 0.99))
    inside = float(np.mean((parts[at] >= low) & (parts[at] <= high)))
    size = len(parts[at])
    if inside > 0.02 or size > 0.4 * (size + len(others)) or shift < 0.75 * float(high - low):
        return 0.0, "", 0
    return float(middles[at] / usual) if usual else 0.0, "another_measure", size


def _is_numeric(key: str) -> bool:
    return key.replace(".", "", 1).lstrip("-").isdigit()


def _one_apart(
    parts: dict[str, Floats], least: float, factors: list[tuple[float, str]]
) -> tuple[float, str, int] | None:
    """Find one group a unit's factor away from all others, which are alike among themselves."""
    import numpy as np

    if len(parts) < 2:
        return None
    middles = {key: float(np.median(part)) for key, part in parts.items()}
    for key, part in parts.items():
        apart = [middle for other, middle in middles.items() if other != key]
        if abs(middles[key] - float(np.median(apart))) < NEAREST_FACTOR / 2:
            continue  # most groups are where the others are, and sorting them takes its time
        rest = np.concatenate([other for name, other in parts.items() if name != key])
        shift = middles[key] - float(np.median(rest))
        error = 1.25 * float(np.std(rest)) * math.sqrt(1 / len(part) + 1 / len(rest))
        slack = max(least, 1.5 * error)
        fit = next(
            ((f, unit) for f, unit in factors if abs(abs(shift) - math.log(f)) < slack), None
        )
        unlike = max(apart) - min(apart) > max(abs(shift) / 4, 2.5 * error)
        if fit is None or unlike or error > abs(shift) / 5 or (len(parts) == 2 and error > 0.03):
            continue
        if least < SLACK and float(np.std(rest)) > abs(shift) / 3:
            continue
        if len(part) > 0.5 * (len(part) + len(rest)):
            continue
        fits = _distance(part - shift, rest) < _likely(len(part), len(rest))
        if fits and _distance(part, rest) > 0.25:
            return math.exp(abs(shift)), fit[1], len(part)
    return None
