"""Relations of two columns that hold up to a moment, and are others from then on."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import combinations, permutations
from typing import TYPE_CHECKING, Any

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.alike import share_a_word
from probes.quality.codes import figure, found, shown
from probes.quality.sentences import say
from probes.quality.slices import Slices
from probes.quality.view import View, coded, since

if TYPE_CHECKING:
    from probes.quality.view import Flags, Floats, LevelCodes, Whole

NUMBERS_MOST = 10
CATEGORIES_MOST = 10
LEVELS_MOST = 30
LEVELS_LEAST = 2
CLOSE = 0.9
FAR = 4.0
SLACK = 0.01
PROPORTIONAL = 0.1
EXACT_RATE = 0.004
"""A rate that is told to the cent before and after: a tax or a fee, and no chance."""
TWIN_SLOPE, TWINS_APART = 0.25, 0.3
"""Two instruments of one thing count alike; of a price and its tax one is a part."""
SLICE_ROWS = 6
KEPT = 0.985
CHANCE = 0.3
OF_THE_TIME = re.compile(r"year|month|day|week|quarter|hour|minute|second|time|date", re.IGNORECASE)
"""Parts of a moment are no scale that somebody turns round."""
TURNED = 0.05
STEPS = (3, 10)
TURNED_ROWS = 6_000
TURNED_LEAST = 0.25
ROWS_LEAST = 60
PARTS = 3
FACTORS_LEAST = 5
FACTOR_EXACT = 0.01
FACTOR_LEAST = 0.04
FACTOR_KEPT = 0.9


def relations_over_time(
    view: View, slices: Slices, moved: Collection[str | None]
) -> Iterator[Finding]:
    """Say which numbers part from each other at a moment, and which codes change their meaning.

    Args:
        view: a table's sample.
        slices: its rows in slices of time.
        moved: columns of which a change was reported: whatever goes with them changes too.
    """
    reported: set[str] = set()
    names = [name for name in view.numbers if name not in moved and name not in view.times]
    for one, two in combinations(names[:NUMBERS_MOST], 2):
        if not reported & {one, two}:
            finding = _parting(view, slices, one, two)
            if finding is not None:
                reported |= {one, two}
                yield finding
    yield from _factors(view, slices)
    yield from _meanings(view, slices, moved)
    yield from _turned_round(view, slices)


def _parting(view: View, slices: Slices, one: str, two: str) -> Finding | None:
    import numpy as np

    rows = view.sample.index.get_indexer(slices.rows)
    x, y = view.number(one)[rows], view.number(two)[rows]
    usable = np.isfinite(x) & np.isfinite(y)
    if usable.mean() < CLOSE or min(len(np.unique(x)), len(np.unique(y))) < LEVELS_MOST:
        return None
    x, y, of_row = x[usable], y[usable], slices.of_row[usable]
    positive, exact = x.min() > 0 and y.min() > 0, False
    if positive:
        x, y = np.log(x), np.log(y)
    part = of_row * PARTS // slices.count
    close = [_along(x[part == n], y[part == n]) for n in range(PARTS)]
    base = int(np.argmax(close))
    if close[base] < CLOSE:
        return None
    inside = part == base
    slope, constant = _line(x[inside], y[inside])
    off = y - slope * x - constant
    usual = float(np.median(np.abs(off[inside]))) * 1.48
    cut = _turn(off, of_row, slices.count, max(usual, SLACK * float(np.std(y))))
    if cut is None:
        return None
    where = since(view, slices.begins[cut])
    evidence: dict[str, Any] = {"columns_named": [two, one]}
    evidence |= {"where": where} if where else {}
    said = {"name": shown(two), "other": shown(one), "day": slices.day(cut)}
    sides = [(y - x)[of_row < cut], (y - x)[of_row > cut]]
    before, after = (float(np.median(side)) for side in sides)
    loose = max(float(np.subtract(*np.quantile(side, (0.75, 0.25)))) for side in sides)
    if positive and abs(slope - 1) < PROPORTIONAL and abs(after - before) > loose:
        times = [float(np.exp(middle)) for middle in (before, after)]
        evidence |= {"before": round(times[0], 4), "after": round(times[1], 4)}
        exact = loose <= EXACT_RATE
        sentence = say("times_since", before=figure(times[0]), after=figure(times[1]), **said)
    else:
        sentence = say("part_since", **said)
    moved = float(np.median(off[of_row > cut]) - np.median(off[of_row < cut]))
    twins = share_a_word(one, two) and abs(slope - 1) < TWIN_SLOPE
    twins = twins and abs(moved) >= TWINS_APART * float(np.std(y))
    level = FindingLevel.SLOWS if twins or exact else FindingLevel.NOTE
    return found(level, "level_shift", sentence, evidence, column=two)


def _along(x: Floats, y: Floats) -> float:
    import numpy as np

    if len(x) < ROWS_LEAST or np.std(x) == 0 or np.std(y) == 0:
        return 0.0
    return abs(float(np.corrcoef(x, y)[0, 1]))


def _line(x: Floats, y: Floats) -> tuple[float, float]:
    """Return slope and constant of a line that rows far from it do not move."""
    import numpy as np

    keep: Flags = np.ones(len(x), dtype=bool)
    slope = constant = 0.0
    for _ in range(3):
        if np.ptp(x[keep]) == 0:
            break  # all that lie near the line are one and the same, as rows without income
        slope, constant = (float(v) for v in np.polyfit(x[keep], y[keep], 1))
        off = np.abs(y - slope * x - constant)
        keep = off <= 3 * max(float(np.median(off)) * 1.48, 1e-12)
    return slope, constant


def _turn(off: Floats, of_row: Whole, count: int, usual: float) -> int | None:
    """Return the slice from which rows lie beside the line, or far more beside it than before."""
    import numpy as np

    parts = [off[of_row == n] for n in range(count)]
    if min(map(len, parts)) < SLICE_ROWS:
        return None
    middles = np.array([float(np.median(part)) for part in parts])
    sizes = np.array([float(np.median(np.abs(part))) for part in parts])
    for series, least in ((middles, usual), (sizes, FAR * usual)):
        for cut in range(3, count - 2):
            before, after = series[: cut - 1], series[cut + 1 :]
            apart = max(after.min() - before.max(), before.min() - after.max())
            inside = max(float(np.std(before)), float(np.std(after)))
            jump = abs(float(np.median(after) - np.median(before)))
            if apart > 0 and jump >= least and apart >= inside and jump >= FAR * inside:
                return cut
    return None


def _factors(view: View, slices: Slices) -> Iterator[Finding]:
    """Find a number that each value of a column decides, as a price, times the same for all since.

    Prices that rise do so by another factor each; a tax or a unit is one for all.
    """
    import numpy as np

    rows = view.sample.index.get_indexer(slices.rows)
    names = [one for one in view.numbers if one not in view.categories]
    for by in [one for one in view.categories if one in view.texts][:CATEGORIES_MOST]:
        of_row = view.codes(by).of_row[rows]
        first = np.full(len(view.codes(by).levels), -1)
        first[of_row[::-1]] = np.arange(len(of_row))[::-1]
        for name in names[:NUMBERS_MOST]:
            values = view.number(name)[rows]
            early, start = slice(0, len(rows) // 8), first[of_row[: len(rows) // 8]]
            if (values[early] == values[start]).mean() < KEPT:
                continue
            usable = (of_row >= 0) & (values > 0) & (values[first[of_row]] > 0)
            if len(first) < FACTORS_LEAST or usable.mean() < KEPT:
                continue
            logs = np.where(usable, np.log(np.where(usable, values, 1) / values[first[of_row]]), 0)
            turn = _one_factor(logs, slices)
            if turn is None:
                continue
            cut, factor = turn
            words = {"name": shown(name), "other": shown(by), "day": slices.day(cut)}
            sentence = say("same_but_times", **words, factor=figure(factor))
            evidence = {"columns_named": [name, by], "factor": round(factor, 4)}
            where = since(view, slices.begins[cut])
            evidence |= {"where": where} if where else {}
            yield found(FindingLevel.SLOWS, "level_shift", sentence, evidence, column=name)
            return


def _one_factor(logs: Floats, slices: Slices) -> tuple[int, float] | None:
    """Return the slice from which nearly all are the same factor off, and that factor."""
    import numpy as np

    off = np.abs(logs) > FACTOR_EXACT
    shares = np.array([off[slices.of_row == n].mean() for n in range(slices.count)])
    cut = int(np.argmax(shares > 0.5)) if (shares > 0.5).any() else 0
    if cut < 3 or cut > slices.count - 3 or shares[: cut - 1].max() > 1 - KEPT:
        return None
    late = logs[slices.of_row > cut]
    factor = float(np.median(late))
    same = np.abs(late - factor) <= FACTOR_EXACT
    # What is first seen after the cut has no price from before it.
    kept = same.mean() >= FACTOR_KEPT and (same | (np.abs(late) <= FACTOR_EXACT)).mean() >= KEPT
    return (cut, float(np.exp(factor))) if kept and abs(factor) >= FACTOR_LEAST else None


def _meanings(view: View, slices: Slices, moved: Collection[str | None]) -> Iterator[Finding]:
    """Find two columns of which one decides the other before a moment, and otherwise after it."""
    import numpy as np

    rows = view.sample.index.get_indexer(slices.rows)
    codes: dict[str, LevelCodes] = {}
    for name in view.categories:
        own = coded(view.sample[name].to_numpy()[rows])
        if LEVELS_LEAST < len(own.levels) <= LEVELS_MOST and name not in moved:
            codes[name] = own
    reported: set[str] = set()
    for one, two in permutations(list(codes)[:CATEGORIES_MOST], 2):
        if reported & {one, two}:
            continue
        early, late = (
            _decided(codes[one], codes[two], part)
            for part in (slices.of_row < slices.count // 3, slices.of_row >= slices.count * 5 // 6)
        )
        if early is None or late is None:
            continue
        both = [level for level in early if level in late]
        turned = [level for level in both if early[level] != late[level]]
        if not turned or len(both) <= LEVELS_LEAST or len(turned) < TURNED * len(both):
            continue
        differs = np.isin(codes[one].of_row, turned) & (
            codes[two].of_row == np.array([late.get(n, -2) for n in codes[one].of_row.tolist()])
        )
        cut = int(slices.of_row[int(np.argmax(differs))])
        reported |= {one, two}
        where = since(view, slices.begins[cut])
        sentence = say(
            "stands_for_other_since",
            name=shown(two),
            other=shown(one),
            day=slices.day(cut),
            turned=len(turned),
            levels=len(both),
        )
        evidence = {
            "columns_named": [two, one],
            "share": round(len(turned) / len(both), 5),
            **({"where": where} if where else {}),
        }
        yield found(FindingLevel.SLOWS, "recoded", sentence, evidence, column=two)


def _turned_round(view: View, slices: Slices) -> Iterator[Finding]:
    """Find a scale of a few steps that goes with a number the other way round from a moment on."""
    import numpy as np

    step = max(1, len(slices.rows) // TURNED_ROWS)
    rows, of_each = view.sample.index.get_indexer(slices.rows)[::step], slices.of_row[::step]
    for name in (one for one in view.numbers if one in view.categories and one not in view.times):
        if OF_THE_TIME.search(name) or not STEPS[0] <= len(view.codes(name).levels) <= STEPS[1]:
            continue
        scale = view.number(name)[rows]
        for other in view.numbers[:NUMBERS_MOST]:
            beside = view.number(other)[rows]
            usable = np.isfinite(scale) & np.isfinite(beside)
            if other == name or usable.mean() < CLOSE:
                continue
            ranks = np.argsort(np.argsort(beside[usable])).astype(float)
            of_row = of_each[usable]
            along = [
                _signed(scale[usable][of_row == n], ranks[of_row == n]) for n in range(slices.count)
            ]
            cut = turn_of(np.array(along))
            if cut is not None:
                said = {"name": shown(name), "other": shown(other), "day": slices.day(cut)}
                where = since(view, slices.begins[cut])
                evidence = {"columns_named": [name, other], **({"where": where} if where else {})}
                sentence = say("turned_round_since", **said)
                yield found(FindingLevel.SLOWS, "recoded", sentence, evidence, column=name)
                break


def turn_of(along: Floats) -> int | None:
    """Return the slice from which correlations are of the other sign, and clearly so."""
    import numpy as np

    for cut in range(3, len(along) - 2):
        sides = (along[: cut - 1], along[cut + 1 :])
        middles = [float(np.median(side)) for side in sides]
        turned = middles[0] * middles[1] < 0 and min(map(abs, middles)) >= TURNED_LEAST
        if turned and all(
            (np.sign(side) == np.sign(middle)).all()
            for side, middle in zip(sides, middles, strict=True)
        ):
            return cut
    return None


def _signed(x: Floats, y: Floats) -> float:
    import numpy as np

    if len(x) < SLICE_ROWS or np.std(x) == 0 or np.std(y) == 0:
        return 0.0
    return float(np.corrcoef(x, y)[0, 1])


def _decided(one: LevelCodes, two: LevelCodes, rows: Flags) -> dict[int, int] | None:
    """Return which value of two goes with each of one, where it nearly always is the same."""
    import numpy as np

    both = rows & (one.of_row >= 0) & (two.of_row >= 0)
    if both.sum() < ROWS_LEAST:
        return None
    table = np.zeros((len(one.levels), len(two.levels)))
    np.add.at(table, (one.of_row[both], two.of_row[both]), 1)
    usual = float(table.sum(axis=0).max() / table.sum())
    if table.max(axis=1).sum() < KEPT * table.sum() or 1 - usual < CHANCE:
        return None
    often = np.flatnonzero(table.sum(axis=1) >= SLICE_ROWS)
    return {int(level): int(np.argmax(table[level])) for level in often}
