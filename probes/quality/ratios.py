"""Two units in one column, told by what stands beside it: ratios with a second, smaller peak."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.codes import coded_finding
from probes.quality.copies import KEY_NAME
from probes.quality.sentences import say
from probes.quality.units import factors_of, is_measured, units_of
from probes.quality.view import View
from probes.sources import ColumnFamily

if TYPE_CHECKING:
    from probes.quality.view import Flags, Floats

LEAST = 200
PAIRS_FROM = 12
PACKS = ((10, ""), (12, ""), (24, ""), (60, ""), (100, ""), (1000, ""), (1024, ""))
MINOR_ROWS, MINOR_SHARE = 15, 0.01
FEW = 0.3
APART = 3.5
"""A unit's factor is at least so many spreads of the ratio: less is no second peak."""
PRECISE = 0.04
VALLEY, VALLEY_OF_PACKS = 0.6, 0.02
"""Between the peaks there are at most so many ratios, of those at the smaller peak."""
ALIKE = 2.0
GROUP_ROWS, GROUPS_MOST = 4, 8
VARIED = 0.1
STRETCH = 0.6
CLASS, CLASSES_LEAST = r"^\D?(\d+(?:\.\d+)?)\D?$", 0.8


@dataclass(frozen=True)
class Peak:
    """A second peak of ratios.

    Args:
        factor: how far off it is.
        unit: key of its unit's words.
        centre: where it is, as a logarithm.
        reach: how far from there a ratio is still in it.
        share: of all ratios, how many are in it.
    """

    factor: float
    unit: str
    centre: float
    reach: float
    share: float


def ratio_findings(view: View, reported: set[str]) -> Iterator[Finding]:
    """Find numbers whose ratio to another column, or to their own group, has two peaks.

    Args:
        view: a table's sample.
        reported: columns of which something surer was said; those told of are added.
    """
    told = {*reported, *view.keys}
    usable = [one for one in view.numbers if one not in told and not KEY_NAME.search(one)]
    measured = [name for name in usable if is_measured(name)]
    names = list(dict.fromkeys([*measured, *usable[-PAIRS_FROM:], *usable]))
    names = names[: PAIRS_FROM + len(measured)]
    for at, name in enumerate(names):
        for other in names[at + 1 :]:
            if name not in reported and other not in reported:
                wrong, beside = (name, other) if is_measured(name) else (other, name)
                yield from _beside(view, wrong, beside, view.number(beside), reported)
    yield from _beside_classes(view, measured, reported)
    for name in measured:
        for group in _groups(view):
            if name not in reported:
                yield from _beside(view, name, group, _usual(view, name, group), reported)


def _beside_classes(view: View, measured: list[str], reported: set[str]) -> Iterator[Finding]:
    """Compare measures with texts that are classes of them, as 83 or 120+ kilograms."""
    import numpy as np
    import pandas as pd

    for other in (one for one in view.texts if one in view.categories and is_measured(one)):
        numbers = view.sample[other].astype("string").str.extract(CLASS, expand=False)
        classes = np.asarray(pd.to_numeric(numbers, errors="coerce"), dtype=np.float64)
        if (classes > 0).mean() < CLASSES_LEAST:
            continue
        for name in (
            one for one in measured if one not in reported and units_of(one) & units_of(other)
        ):
            yield from _beside(view, name, other, classes, reported, of_one_unit=True)


def _groups(view: View) -> list[str]:
    """Return the columns that say whom or what a row is about, a few rows each."""
    facts = view.facts.columns
    names = view.names(ColumnFamily.TEXT, ColumnFamily.BOOLEAN, ColumnFamily.NUMBER)
    most = len(view.sample) / GROUP_ROWS
    some = [name for name in names if 2 <= (facts[name].distinct or 0) <= most]
    named = [name for name in some if not facts[name].column.is_float]
    return sorted(named, key=lambda name: -(facts[name].distinct or 0))[:GROUPS_MOST]


def _usual(view: View, name: str, group: str) -> Floats:
    """Return for each row the median of its group, where the group has a few rows."""
    import numpy as np
    import pandas as pd

    values = pd.Series(view.number(name), index=view.sample.index)
    grouped = values.groupby(view.sample[group], observed=True)
    usual: Floats = grouped.transform("median").to_numpy(dtype=float, copy=True)
    usual[(grouped.transform("size") < GROUP_ROWS).to_numpy()] = np.nan
    return usual


def _beside(
    view: View,
    name: str,
    beside: str,
    usual: Floats,
    reported: set[str],
    *,
    of_one_unit: bool = False,
) -> Iterator[Finding]:
    import numpy as np

    values = view.number(name)
    usable = (values > 0) & (usual > 0)
    varied = _varied(values[usable]) and (of_one_unit or _varied(usual[usable]))
    if usable.sum() < LEAST or not varied:
        return
    logs = np.log(values[usable]) - np.log(usual[usable])
    named = is_measured(name)
    other = factors_of(beside) if is_measured(beside) else []
    units = [*factors_of(name), *other] if named else []
    ordered = np.sort(logs)
    peak = next(filter(None, (_peak(ordered, *one, VALLEY) for one in units)), None)
    # Of things without a unit in their names only a few rows, far apart, are no nature.
    packs = (_peak(ordered, *one, VALLEY_OF_PACKS) for one in PACKS) if peak is None else ()
    peak = peak or next((one for one in packs if one and one.share <= FEW), None)
    if peak is None:
        return
    near = np.abs(logs - peak.centre) <= peak.reach
    if not of_one_unit and _is_natural(view, usable, near):
        return
    reported.add(name)
    yield coded_finding(
        FindingLevel.SLOWS if peak.unit else FindingLevel.NOTE,
        "ratio_clusters",
        column=name,
        others=(beside,),
        rows=view.rows(peak.share * usable.sum()),
        words={"unit": say(peak.unit or "packs_pieces")},
        factor=round(peak.factor, 3),
        share=round(peak.share, 5),
    )


def _peak(logs: Floats, factor: float, unit: str, valley: float) -> Peak | None:
    """Find a smaller peak of one shape a factor away: a valley between, and none beyond.

    Args:
        logs: of the ratios, in order: what lies near a place is then a slice.
        factor: between the two units.
        unit: key of the other unit's words.
        valley: at most so many of those at the smaller peak lie between the two.
    """
    import numpy as np

    for shift in (math.log(factor), -math.log(factor)):
        reach = abs(shift) / 2
        centre = _middle(logs)
        for _ in range(3):
            centre = _middle(_near(logs, centre, reach))
        there = centre + shift
        main, minor = _near(logs, centre, reach), _near(logs, there, reach / 1.5)
        if not max(MINOR_ROWS, MINOR_SHARE * len(logs)) <= len(minor) < len(main):
            continue
        spread = float(np.subtract(*np.percentile(main, (75, 25)))) / 1.35
        other = float(np.subtract(*np.percentile(minor, (75, 25)))) / 1.35
        width = max(min(spread, reach / 4), 1e-9)
        error = 1.25 * spread / math.sqrt(len(minor))
        if spread * APART > abs(shift) or abs(_middle(minor) - there) > min(
            PRECISE, 0.01 + 3 * error
        ):
            continue
        if max(spread, other) > ALIKE * max(min(spread, other), width / 4):
            continue
        own = len(_near(logs, there, width))
        ways = (*np.arange(0.2, 0.6, 0.05), -0.5)
        least = [len(_near(logs, there - shift * way, width)) for way in ways]
        between, beyond = min(least[:-1]), least[-1]
        if (
            max(between, beyond) <= valley * own - 2 * (valley > VALLEY_OF_PACKS)
            and own >= MINOR_ROWS / 2
        ):
            share = len(minor) / len(logs)
            return Peak(math.exp(abs(shift)), unit, there, reach / 1.5, share)
    return None


def _near(ordered: Floats, centre: float, reach: float) -> Floats:
    """Return the slice of ordered values at most `reach` away from a place."""
    first = ordered.searchsorted(centre - reach, "left")
    return ordered[first : ordered.searchsorted(centre + reach, "right")]


def _middle(ordered: Floats) -> float:
    """Return the median of ordered values."""
    half = len(ordered) // 2
    return float(ordered[half] + ordered[~half]) / 2


def _is_natural(view: View, usable: Flags, rows: Flags) -> bool:
    """Whether the rows of a peak lie together, in one stretch or under words of their own."""
    import numpy as np

    if rows[1:][rows[:-1]].mean() > STRETCH:
        return True
    for name in view.categories:
        of_row = view.codes(name).of_row[usable] + 1
        sizes = np.bincount(of_row)
        inside = np.bincount(of_row, weights=rows)
        own = inside > sizes / 2
        if inside[own].sum() > rows.sum() / 2:
            return True
    return False


def _varied(values: Floats) -> bool:
    import numpy as np

    return len(np.unique(values)) >= 30 and float(np.std(np.log(values))) > VARIED
