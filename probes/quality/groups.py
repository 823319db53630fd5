"""What is odd about one value of a category: no rows for a while, empty columns, another scale."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.codes import coded_finding, found, shown
from probes.quality.roles import ENTITY_NAME
from probes.quality.sentences import say
from probes.quality.units import SITES
from probes.quality.view import TIME_WORDS, View, counted_together, day_of

if TYPE_CHECKING:
    from probes.quality.view import Floats, Whole

LEVELS_LEAST = 3
LEVELS_MOST = 60
ROWS_LEAST = 40
DAYS_LEAST = 3
EXPECTED = 20.0
"""So many rows would have come; chance lets all be absent once in half a billion times."""
ELSEWHERE = 1 / 3
"""The longest stretch that others, or the value itself at other times, may be without a row."""
SILENT_MOST = 0.25
SAMPLED_WHOLE = 1.05
EMPTY_HERE = 0.9
EMPTY_ELSEWHERE = 0.1
TOGETHER = 2
OTHERS_LEAST = 4
SCALE_STEPS = (4, 14)
STEP_USED = 0.05
FARTHER = 1.5
BEYOND_SHARE = 0.2
BROKEN_ELSEWHERE = 0.6
ZEROS_LEAST, ZEROS_EXPECTED = 20, 12.0
"""So many zeros would have come at every other place if they came there as often."""
APART = 0.2
"""How far, in ranks from 0 to 1, the middle of one value's numbers lies from that of all others."""
ALIKE = 2.0
"""How many times what chance explains the others may differ from each other."""


def group_findings(view: View) -> Iterator[Finding]:
    """Say which single values of categories have no rows for a while, or none of some columns."""
    for name in _categories(view):
        yield from _silent(view, name)
        yield from _empty(view, name)
        yield from _other_scale(view, name)
        if _is_place(view, name):
            yield from _rounded(view, name)
            yield from _zeros(view, name)


def _categories(view: View) -> list[str]:
    """Return texts of some frequent values, and whatever says whose series a row belongs to."""
    names = [name for name in view.categories if name in view.texts or name == view.panel]
    few = [one for one in names if LEVELS_LEAST <= len(view.codes(one).levels) <= LEVELS_MOST]
    return [one for one in few if one != view.roles.target and one not in view.times]


def _is_place(view: View, name: str) -> bool:
    """Whether a column says who or where: a machine, a branch, a source."""
    told = name in (view.panel, view.roles.entity)
    return told or bool(ENTITY_NAME.search(name) or SITES.search(name))


def _silent(view: View, name: str) -> Iterator[Finding]:
    """Find one of several values without a row for a while in which the others go on as before."""
    import numpy as np

    if view.clock is None or view.scale > SAMPLED_WHOLE or len(view.in_time) < 6 * ROWS_LEAST:
        return
    of_row = view.codes(name).of_row[view.sample.index.get_indexer(view.in_time)]
    at = view.moment(view.clock).loc[view.in_time].reset_index(drop=True)
    sizes = np.bincount(of_row[of_row >= 0])
    if len(sizes) < LEVELS_LEAST or sizes.min() < ROWS_LEAST:
        return
    longest = [
        _longest(np.flatnonzero(of_row == level), len(of_row)) for level in range(len(sizes))
    ]
    silent = [one for one in longest if one[0] >= EXPECTED]
    usual = max((one[0] for one in longest if one not in silent), default=np.inf)
    if not 0 < len(silent) <= max(1, SILENT_MOST * len(sizes)):
        return
    for expected, second, start, end in silent:
        ends = end == len(of_row)
        begin, until = at[start], at[min(end, len(at) - 1)]
        if max(usual, second) > ELSEWHERE * expected or (until - begin).days < DAYS_LEAST:
            continue
        if ends and not _is_place(view, name):
            continue  # what is no longer sold
        yield coded_finding(
            FindingLevel.SLOWS,
            "group_silent",
            column=name,
            others=(view.clock,),
            words={"day": day_of(begin), "until": day_of(until)},
            expected=round(expected),
            days=(until - begin).days,
        )
        return


def _longest(places: Whole, count: int) -> tuple[float, float, int, int]:
    """Return how many rows one value lacks in its longest stretch and in the next, and where.

    Args:
        places: of its rows among all, in the order of time.
        count: of all rows. What comes before its first row is no gap.
    """
    import numpy as np

    steps = np.diff(np.append(places, count)) - 1
    order = np.argsort(steps)[::-1]
    longest = int(steps[order[0]])
    pace = len(places) / max(1, count - places[0] - longest)
    second = float(steps[order[1]]) * pace if len(order) > 1 else 0.0
    return longest * pace, second, int(places[order[0]]), int(places[order[0]]) + longest + 1


def _empty(view: View, name: str) -> Iterator[Finding]:
    """Find columns of numbers that are empty for one value alone: its delivery or join failed."""
    import numpy as np

    of_row = view.codes(name).of_row
    sizes = np.bincount(of_row[of_row >= 0])
    if len(sizes) <= OTHERS_LEAST or sizes.min() < ROWS_LEAST:
        return
    empty: dict[int, list[str]] = {}
    for column in (one for one in view.numbers if one != name):
        gaps = np.bincount(of_row[(of_row >= 0) & ~np.isfinite(view.number(column))])
        gaps = np.pad(gaps, (0, len(sizes) - len(gaps)))
        worst = int(np.argmax(gaps / sizes))
        elsewhere = (gaps.sum() - gaps[worst]) / max(1, sizes.sum() - sizes[worst])
        if gaps[worst] >= EMPTY_HERE * sizes[worst] and elsewhere <= EMPTY_ELSEWHERE:
            empty.setdefault(worst, []).append(column)
    for level, columns in empty.items():
        if len(columns) >= TOGETHER or _is_place(view, name):
            yield coded_finding(
                FindingLevel.SLOWS,
                "group_empty",
                column=name,
                others=columns,
                words={"columns": ", ".join(map(shown, columns[:5]))},
                rows=view.rows(sizes[level]),
            )


def _zeros(view: View, name: str) -> Iterator[Finding]:
    """Find numbers that are often zero for one place or machine, and never for all others."""
    import numpy as np

    of_row = view.codes(name).of_row
    for column in (one for one in view.numbers if view.facts.columns[one].column.is_float):
        values = view.number(column)
        usable = (of_row >= 0) & np.isfinite(values)
        sizes = np.bincount(of_row[usable])
        zeros = np.bincount(of_row[usable & (values == 0)], minlength=len(sizes))
        if len(sizes) <= OTHERS_LEAST or sizes.min() < ROWS_LEAST or (zeros > 0).sum() != 1:
            continue
        here = int(np.argmax(zeros))
        expected = zeros[here] / sizes[here] * np.delete(sizes, here)
        if zeros[here] >= ZEROS_LEAST and expected.min() >= ZEROS_EXPECTED:
            sentence = say("zeros_apart", name=shown(column), other=shown(name))
            evidence = {"columns_named": [column, name], "rows": view.rows(zeros[here])}
            yield found(FindingLevel.SLOWS, "zero_for_nothing", sentence, evidence, column=column)


def _other_scale(view: View, name: str) -> Iterator[Finding]:
    """Find one value whose answers go up to ten, where all others use the steps up to five."""
    import numpy as np

    for column in (one for one in view.numbers if one in view.categories and one != name):
        steps = np.array(view.codes(column).levels, dtype=float)
        if not SCALE_STEPS[0] <= len(steps) <= SCALE_STEPS[1]:
            continue
        order = np.argsort(steps)
        steps = steps[order]
        table = counted_together(view.codes(name), view.codes(column))[:, order]
        sizes = table.sum(axis=1)
        if sizes.min() < ROWS_LEAST:
            continue
        tops = np.array([steps[np.flatnonzero(row)[-1]] for row in table])
        usual, most = float(np.median(tops)), float(tops.max())
        at = int(np.argmax(tops))
        others = np.delete(table, at, axis=0) / np.delete(sizes, at)[:, None]
        used = others[:, steps <= usual]
        beyond = float(table[at, steps > usual].sum() / sizes[at])
        ends = used.shape[1] >= LEVELS_LEAST and used[:, -1].min() >= STEP_USED
        same = bool((np.delete(tops, at) == usual).all()) and ends and bool((used > 0).all())
        if not same or most < FARTHER * usual or beyond < BEYOND_SHARE:
            continue
        sentence = say("other_scale", name=shown(column), other=shown(name), most=most, usual=usual)
        evidence = {"columns_named": [column, name], "rows": view.rows(sizes[at])}
        yield found(FindingLevel.SLOWS, "units_by_group", sentence, evidence, column=column)


def _rounded(view: View, name: str) -> Iterator[Finding]:
    """Find one place whose numbers are whole, where those of all others have decimals."""
    import numpy as np

    of_row = view.codes(name).of_row
    for column in (one for one in view.numbers if view.facts.columns[one].column.is_float):
        values = view.number(column)
        usable = (of_row >= 0) & np.isfinite(values)
        sizes = np.bincount(of_row[usable])
        if len(sizes) <= OTHERS_LEAST or sizes.min() < ROWS_LEAST:
            continue
        broken = np.bincount(of_row[usable], weights=values[usable] % 1 != 0) / sizes
        whole = np.flatnonzero(broken == 0)
        if len(whole) != 1 or np.delete(broken, whole[0]).min() < BROKEN_ELSEWHERE:
            continue
        part = values[usable & (of_row == whole[0])]
        if len(np.unique(part)) < LEVELS_LEAST:
            continue
        sentence = say("rounded_apart", name=shown(column), other=shown(name))
        evidence = {"columns_named": [column, name], "rows": view.rows(len(part))}
        yield found(FindingLevel.SLOWS, "units_by_group", sentence, evidence, column=column)


def group_apart(view: View, name: str) -> Finding | None:
    """Return the finding of one place or machine whose numbers lie elsewhere, all others alike."""
    import numpy as np

    if name in view.keys or TIME_WORDS.search(name) or len(view.sample) < 6 * ROWS_LEAST:
        return None
    values = view.number(name)
    usable = np.isfinite(values)
    if usable.sum() < 6 * ROWS_LEAST:
        return None
    ranks = np.full(len(values), np.nan)
    _, inverse, counts = np.unique(values[usable], return_inverse=True, return_counts=True)
    ranks[usable] = (np.cumsum(counts) - counts / 2)[inverse] / usable.sum()
    for other in (one for one in _categories(view) if _is_place(view, one)):
        if other != name and _one_apart(ranks, view.codes(other).of_row):
            sentence = say("one_apart", name=shown(name), other=shown(other))
            evidence = {"columns_named": [name, other]}
            return found(FindingLevel.SLOWS, "units_by_group", sentence, evidence, column=name)
    return None


def _one_apart(ranks: Floats, of_row: Whole) -> bool:
    """Whether one value's ranks lie far from the others', which differ by no more than chance."""
    import numpy as np

    usable = np.isfinite(ranks) & (of_row >= 0)
    sizes = np.bincount(of_row[usable])
    if len(sizes) <= OTHERS_LEAST or sizes.min() < ROWS_LEAST:
        return False
    middles = np.bincount(of_row[usable], weights=ranks[usable]) / sizes
    worst = int(np.argmax(np.abs(middles - np.median(middles))))
    rest = np.delete(middles, worst), np.delete(sizes, worst)
    centre = float(np.average(rest[0], weights=rest[1]))
    spread = float(np.std(ranks[usable & (of_row != worst)]))
    if spread <= 0 or abs(middles[worst] - centre) < APART:
        return False
    differ = float((rest[1] * (rest[0] - centre) ** 2).sum()) / spread**2
    return differ <= ALIKE * (len(rest[0]) - 1)
