"""Rows that belong together: parts of a whole, lines of a document, versions that follow."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import TYPE_CHECKING

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.codes import coded_finding, counted, found, shown
from probes.quality.copies import KEY_NAME, LINE_NAME
from probes.quality.sentences import say
from probes.quality.view import View, coded, half_a_digit
from probes.sources import ColumnFamily

if TYPE_CHECKING:
    import numpy as np

    from probes.quality.view import Flags, Floats, LevelCodes, Whole

SAMPLED_WHOLE = 1.05
GROUPS_LEAST = 30
GROUPS_MOST = 0.7
COLUMNS_MOST = 6
NUMBERS_MOST = 12
TIMES_MOST = 3
HOLDS = 0.85
TIGHT = 0.6
WHOLES = (1.0, 100.0)
ROUNDED = 0.02
"""Rounding takes no more than this of a whole."""
OF_ONE_VALUE = 0.98
BLOCKS_LEAST = 4
MERGED_MOST = 0.4
NEXT_TO = (0, 1, 60, 86_400)
"""Seconds from a version's end to the next one's begin, where one follows the other."""


def belonging_findings(view: View) -> Iterator[Finding]:
    """Say which rows of one document or series lack others, or overlap them.

    A sample holds parts of them only, so nothing is said of a larger table.
    """
    if view.scale > SAMPLED_WHOLE:
        return
    yield from _merged(view)
    for by, codes in _groupings(view):
        told = [*_sums(view, by, codes), *_lines(view, by, codes)]
        yield from told
        yield from _versions(view, by, codes)
        if told:
            return


def _merged(view: View) -> Iterator[Finding]:
    """Find texts that stand only where a block of rows begins, as merged cells of a sheet do."""
    import numpy as np

    falls = [_block_starts(view, name) for name in (*view.times[:TIMES_MOST], *view.numbers)]
    blocks = [one for one in falls if len(one) >= BLOCKS_LEAST]
    for name in view.texts:
        filled = view.sample[name].notna().to_numpy()
        starts = np.flatnonzero(filled)
        values = view.sample[name].to_numpy()[starts]
        if not filled[0] or len(starts) < BLOCKS_LEAST or filled.mean() > MERGED_MOST:
            continue
        if (values[1:] != values[:-1]).all() and any(_begin(starts, one) for one in blocks):
            rows = view.rows((~filled).sum())
            yield coded_finding(FindingLevel.SLOWS, "cells_merged", column=name, rows=rows)


def _block_starts(view: View, name: str) -> Whole:
    """Return the rows at which a column that else rises begins anew; none where it wanders."""
    import numpy as np

    values = view.moment(name).astype("int64") if name in view.times else view.number(name)
    falls = np.flatnonzero(np.diff(np.asarray(values, dtype=float)) < 0) + 1
    wanders = len(falls) > MERGED_MOST * len(view.sample)
    return falls[:0] if wanders else np.concatenate(([0], falls))


def _begin(starts: Whole, blocks: Whole) -> bool:
    """Whether cells are filled at the beginnings of blocks, and hardly anywhere else."""
    import numpy as np

    return bool(np.isin(blocks, starts).mean() >= HOLDS and np.isin(starts, blocks).mean() >= TIGHT)


def _groupings(view: View) -> Iterator[tuple[str, LevelCodes]]:
    """Yield the columns whose values name groups of rows, such as documents."""
    rows, found_here = len(view.sample), 0
    for name in view.names(ColumnFamily.TEXT, ColumnFamily.NUMBER):
        distinct = view.facts.columns[name].distinct or 0
        may_name = name in view.texts or KEY_NAME.search(name)
        if not may_name or name in view.times or not GROUPS_LEAST <= distinct <= GROUPS_MOST * rows:
            continue
        codes = coded(view.sample[name])
        if (codes.of_row >= 0).all() and len(codes.levels) <= GROUPS_MOST * rows:
            yield name, codes
            found_here += 1
        if found_here >= COLUMNS_MOST:
            return


def _sums(view: View, by: str, codes: LevelCodes) -> Iterator[Finding]:
    """Find groups whose parts do not add up to the whole that all others add up to."""
    import numpy as np

    sizes = np.bincount(codes.of_row)
    numbers = [name for name in view.numbers if name != by and name not in view.keys]
    whole_of = {name: _of_groups(view.number(name), codes) for name in numbers[:NUMBERS_MOST]}
    for name in numbers[:NUMBERS_MOST]:
        values = view.number(name)
        if not np.isfinite(values).all() or whole_of[name] is not None:
            continue
        half, sums = half_a_digit(values), np.bincount(codes.of_row, weights=values)
        for whole in WHOLES:
            slack = np.minimum(half * sizes, ROUNDED * whole) + 1e-9
            yield from _broken_sum(name, by, f"{whole:g}", np.abs(sums - whole) > slack, sizes)
        for other, whole_here in whole_of.items():
            if whole_here is not None and other != name:
                slack = (half if half < 0.5 else 0.0) * sizes + 0.011
                off = np.abs(sums - whole_here) > slack
                yield from _broken_sum(name, by, shown(other), off, sizes, other)


def _of_groups(values: Floats, codes: LevelCodes) -> Floats | None:
    """Return the one number that all rows of each group share; None where they hold several."""
    import numpy as np

    if not np.isfinite(values).all():
        return None
    least, most = (np.full(len(codes.levels), fill) for fill in (np.inf, -np.inf))
    np.minimum.at(least, codes.of_row, values)
    np.maximum.at(most, codes.of_row, values)
    several = np.bincount(codes.of_row) > 1
    same = (least == most)[several]
    varied = len(np.unique(most)) >= GROUPS_LEAST
    return most if len(same) and varied and same.mean() >= OF_ONE_VALUE else None


def _broken_sum(
    name: str,
    by: str,
    whole: str,
    off: Flags,
    sizes: np.ndarray[tuple[int], np.dtype[np.int64]],
    other: str | None = None,
) -> Iterator[Finding]:
    several = sizes > 1
    if several.sum() < GROUPS_LEAST or (~off[several]).mean() < HOLDS or not off.any():
        return
    rows = int(sizes[off].sum())
    sentence = say(
        "adds_up_but",
        name=shown(name),
        whole=whole,
        by=shown(by),
        count=f"{int(off.sum()):,}",
    )
    columns = [one for one in (name, by, other) if one]
    evidence = {"columns_named": columns, "rows": rows, "groups": int(off.sum())}
    yield found(FindingLevel.SLOWS, "sum_broken", sentence, evidence, column=name)


def _lines(view: View, by: str, codes: LevelCodes) -> Iterator[Finding]:
    """Find documents with a hole in the numbers of their lines, where all others count on."""
    import numpy as np

    sizes = np.bincount(codes.of_row)
    for name in (one for one in view.numbers if LINE_NAME.search(one) and one != by):
        values = view.number(name)
        if not np.isfinite(values).all() or values.min() != 1:
            continue
        most = np.zeros(len(codes.levels))
        np.maximum.at(most, codes.of_row, values)
        off, several = most > sizes, most > 1
        if several.sum() >= GROUPS_LEAST and (~off[several]).mean() >= HOLDS and off.any():
            lost = int((most - sizes)[off].sum())
            yield coded_finding(
                FindingLevel.SLOWS,
                "lines_lost",
                column=name,
                others=(by,),
                rows=int(sizes[off].sum()),
                lost=lost,
                groups=int(off.sum()),
            )


def _versions(view: View, by: str, codes: LevelCodes) -> Iterator[Finding]:
    """Find versions that do not end where the next one of the same thing begins."""
    import numpy as np

    for begins, ends in permutations(view.times[:TIMES_MOST], 2):
        begin, end = view.moment(begins), view.moment(ends)
        span = (end - begin).dt.total_seconds().to_numpy()
        if not (span >= 0).sum() >= HOLDS * np.isfinite(span).sum() > 0:
            continue
        rows = np.flatnonzero(begin.notna())
        at = begin.astype("int64").to_numpy()[rows]
        rows = rows[np.lexsort((at, codes.of_row[rows]))]
        follows = codes.of_row[rows[1:]] == codes.of_row[rows[:-1]]
        one, following = rows[:-1][follows], rows[1:][follows]
        gaps = (begin.iloc[following].array - end.iloc[one].array).total_seconds()
        gaps = np.asarray(gaps[~np.isnan(gaps)])
        overlaps = int((gaps < 0).sum())
        tight = np.isin(gaps, NEXT_TO)
        few = 0 < overlaps <= (1 - HOLDS) * len(gaps)
        if len(gaps) < GROUPS_LEAST or tight.mean() < TIGHT or not few:
            continue
        sentence = say(
            "versions_overlap",
            name=shown(ends),
            other=shown(begins),
            by=shown(by),
            rows=counted(overlaps, "row"),
        )
        evidence = {"columns_named": [ends, begins, by], "rows": overlaps}
        yield found(FindingLevel.SLOWS, "order_broken", sentence, evidence, column=ends)
        return
