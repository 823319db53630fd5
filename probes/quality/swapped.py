"""Two columns that hold each other's values in some rows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.codes import coded_finding
from probes.quality.culprits import whose
from probes.quality.view import View

if TYPE_CHECKING:
    from probes.quality.view import Flags, Floats, Whole

LEAST = 150
COLUMNS_MOST = 14
SWAPPED_LEAST = 5
SWAPPED_MOST = 0.2
EDGES = (0.25, 0.75)
REACH = 1.5
"""As far beyond its middle half as this many times its width a column's own values lie."""
ALONE_MOST = 0.25
WORDS_MOST = 400
HOME_TIMES = 4.0
SAMPLED_WHOLE = 1.05
FILLED = 0.8
OWNERS_LEAST, OWNERS_MOST, ROWS_EACH = 3, 2, 5
WITHIN, TIGHT, FAR = 0.75, 0.02, 5.0
"""So much do three of four rows differ from those around them; the exchanged ones far more."""


def swap_findings(view: View) -> Iterator[Finding]:
    """Say which columns of numbers, or of words, hold each other's values in some rows."""
    told = list(_numbers(view))
    yield from told or _unlike_neighbours(view)
    yield from _words(view)


def _numbers(view: View) -> Iterator[Finding]:
    """Find two numbers of which each lies within the other's usual range, and out of its own.

    A row in which only one of the two does so is an outlier; of swapped rows both do.
    """
    import numpy as np

    names = [one for one in view.numbers if one not in view.keys and one not in view.times]
    ranges = {}
    for name in names[:COLUMNS_MOST]:
        values = view.number(name)
        finite = values[np.isfinite(values)]
        if len(finite) < LEAST:
            continue
        low, high = np.quantile(finite, EDGES)
        if high > low:
            ranges[name] = (low - REACH * (high - low), high + REACH * (high - low))
    away = {name: _outside(view.number(name), within) for name, within in ranges.items()}
    for one, two in combinations(ranges, 2):
        if (away[one] & away[two]).sum() < SWAPPED_LEAST:
            continue
        alone = (
            away[one] & ~_outside(view.number(one), ranges[two]),
            away[two] & ~_outside(view.number(two), ranges[one]),
        )
        yield from _found(view, one, two, alone[0] & alone[1], alone)


def _unlike_neighbours(view: View) -> Iterator[Finding]:
    """Find rows that hold in each of two columns what the rows around them hold in the other one.

    Of places or articles that differ a thousandfold no range tells; the rows of the same one do.
    """
    import numpy as np

    if view.scale > SAMPLED_WHOLE or len(view.sample) < LEAST:
        return
    names = [one for one in view.numbers if one not in view.keys and one not in view.times]
    names = [one for one in names if one not in view.categories]
    for by in _owners(view):
        logs, around = {}, {}
        for name in names[:COLUMNS_MOST]:
            values = view.number(name)
            if (values > 0).mean() >= FILLED:
                logs[name] = np.log(np.where(values > 0, values, np.nan))
                around[name] = _around(logs[name], view.codes(by).of_row)
        near = {name: np.abs(logs[name] - around[name]) for name in logs}
        usual = {name: max(float(np.nanquantile(near[name], WITHIN)), TIGHT) for name in logs}
        for one, two in combinations(logs, 2):
            both = np.ones(len(view.sample), dtype=bool)
            alone = []
            for own, other in ((one, two), (two, one)):
                away = near[own] > FAR * usual[own]
                alone.append(away)
                both &= away & (np.abs(logs[own] - around[other]) <= usual[other] + usual[own])
            found = list(_found(view, one, two, both, (alone[0] & alone[1], alone[1] & alone[0])))
            if found:
                yield from found
                return


def _owners(view: View) -> list[str]:
    """Return the columns of which each value has some rows and all are of many values."""
    owners = [view.panel, *view.categories]
    rows = len(view.sample)
    some = [
        name
        for name in dict.fromkeys(owners)
        if name and OWNERS_LEAST <= len(view.codes(name).levels) <= rows / ROWS_EACH
    ]
    return sorted(some, key=lambda name: -len(view.codes(name).levels))[:OWNERS_MOST]


def _around(values: Floats, of_row: Whole) -> Floats:
    """Return the middle of the two rows before and the two after of the same owner."""
    import numpy as np

    order = np.argsort(of_row, kind="stable")
    own, owner = values[order], of_row[order]
    steps = (-2, -1, 1, 2)
    beside = [np.where(np.roll(owner, n) == owner, np.roll(own, n), np.nan) for n in steps]
    table = np.array(beside)
    alone = ~np.isfinite(table).any(axis=0)
    table[:, alone] = 0
    around = np.full(len(values), np.nan)
    around[order] = np.where(alone, np.nan, np.nanmedian(table, axis=0))
    return around


def _outside(values: object, within: tuple[float, float]) -> Flags:
    import numpy as np

    array = np.asarray(values, dtype=float)
    flags: Flags = np.isfinite(array) & ((array < within[0]) | (array > within[1]))
    return flags


def _words(view: View) -> Iterator[Finding]:
    """Find two columns of words of which each holds words that are at home in the other one."""
    import numpy as np
    import pandas as pd

    names = [one for one in view.categories if one in view.texts]
    counts = {
        name: view.sample[name].value_counts()
        for name in names[:COLUMNS_MOST]
        if view.sample[name].nunique() <= WORDS_MOST
    }
    for one, two in combinations(counts, 2):
        beside = pd.concat([counts[one], counts[two]], axis=1, keys=("a", "b")).fillna(0)
        away_a = beside.index[beside["b"] >= HOME_TIMES * beside["a"].clip(lower=1)]
        away_b = beside.index[beside["a"] >= HOME_TIMES * beside["b"].clip(lower=1)]
        if not len(away_a) or not len(away_b):
            continue
        flags = [
            view.sample[one].isin(away_a).to_numpy(dtype=bool),
            view.sample[two].isin(away_b).to_numpy(dtype=bool),
        ]
        yield from _found(view, one, two, np.logical_and(*flags), (flags[0], flags[1]))


def _found(
    view: View, one: str, two: str, both: Flags, alone: tuple[Flags, Flags]
) -> Iterator[Finding]:
    import numpy as np

    rows = int(both.sum())
    single = max(int((flags & ~both).sum()) for flags in alone)
    if not SWAPPED_LEAST <= rows <= SWAPPED_MOST * len(both) or single > ALONE_MOST * rows:
        return
    yield coded_finding(
        FindingLevel.SLOWS,
        "values_swapped",
        column=one,
        others=(two,),
        rows=view.rows(rows),
        words={"whose": whose(view, both, np.arange(len(both)))},
        share=round(rows / len(both), 6),
    )
