"""Stretches of rows that stand in a table twice: a load run again, a week filled with another's.

A stretch is told where a table holds, at one distance in its order, the same values row for row far
longer than it does at any other; what comes again all along is how the table is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.codes import all_of, coded_finding, shown
from probes.quality.copies import KEY_NAME
from probes.quality.sentences import say
from probes.quality.view import TIME_WORDS, View, day_of
from probes.quality.years import period_of

if TYPE_CHECKING:
    import numpy as np

    from probes.quality.view import Flags, Floats, Whole

    Marks = np.ndarray[Any, np.dtype[np.uint64]]

ROWS_LEAST = 100
COLUMNS_MOST = 16
VALUES_LEAST, MANY_VALUES = 20, 100
RARE = 4
"""Values that come at most so often tell at which distance rows come again."""
DISTANCES = 6
LENGTH_LEAST = 6
TIMES_LONGER = 3
STRETCHES_MOST = 5
COVERED_MOST = 0.35
ELSEWHERE_MOST = 0.1
"""Outside of the stretches so few rows may come again at their distance."""
STAYS = 0.3
COMMON = 0.02
"""A value of more rows than this says nothing of where a row comes from."""
GAP = 1
NAMES_SHOWN = 3


class RepeatedStretch(NamedTuple):
    """Rows by their places, `last` left out, and how far before them the same stands."""

    first: int
    last: int
    distance: int


def block_findings(view: View) -> Iterator[Finding]:
    """Say which stretch of rows repeats an earlier one; whole rows first, then single columns."""
    import numpy as np

    rows = len(view.sample)
    if rows < ROWS_LEAST:
        return
    whole, plain = _rows_as_marks(view)
    found = repeated_stretches(whole, plain) if len(whole) else []
    if found:
        yield _told(view, np.arange(rows), found, ())
        return
    order = _in_order(view)
    if order is None:
        return
    seen: dict[tuple[RepeatedStretch, ...], list[str]] = {}
    for name in _measured(view):
        values = view.number(name)[order]
        stretches = repeated_stretches(values.view(np.uint64), _telling(values))
        if stretches and not (view.clock is None and _comes_again(values, stretches)):
            seen.setdefault(tuple(stretches), []).append(name)
    if seen:
        most = max(seen, key=lambda one: len(seen[one]))
        yield _told(view, order, most, seen[most])


def _comes_again(values: Floats, stretches: Sequence[RepeatedStretch]) -> bool:
    """Whether a number stays with whoever has it, year after year, outside of the stretches too."""
    import pandas as pd

    rest = pd.Series(values)
    for one in stretches:
        rest.iloc[one.first : one.last] = float("nan")
    return bool(rest.dropna().duplicated(keep=False).mean() > STAYS)


def _rows_as_marks(view: View) -> tuple[Marks, Flags]:
    """Return a mark a row without its keys, times and running numbers, and which rows are rare."""
    import numpy as np
    import pandas as pd

    apart = {*view.keys, *view.times}
    names = [
        name
        for name in map(str, view.sample)
        if name not in apart
        and not TIME_WORDS.search(name)
        and (view.facts.columns[name].distinct or 0) > 1
    ]
    if len(names) < 2:
        return np.empty(0, dtype=np.uint64), np.empty(0, dtype=bool)
    marks: Marks = np.asarray(
        pd.util.hash_pandas_object(view.sample[names], index=False), dtype=np.uint64
    )
    # A place and no case there come together again and again; a number that few rows have does not.
    told = [name for name in names if _tells(view, name)]
    own = np.logical_or.reduce(
        [np.zeros(len(marks), dtype=bool), *(_telling(view.codes(name).of_row) for name in told)]
    )
    return marks, own & _telling(marks)


def _tells(view: View, name: str) -> bool:
    """Whether a column is no category, whose every value may be rare where they are many."""
    column = view.facts.columns[name]
    if name in view.numbers:
        return column.column.is_float or (column.distinct or 0) >= MANY_VALUES
    return name in view.texts and name not in view.categories


def _telling(values: Any) -> Flags:
    """Return which values are rare enough to tell where a row comes from."""
    import numpy as np
    import pandas as pd

    series = pd.Series(values)
    counts = series.map(series.value_counts()).to_numpy(dtype=float, na_value=np.inf)
    told: Flags = counts <= max(RARE, COMMON * len(series))
    return told


def _measured(view: View) -> list[str]:
    """Return the columns of readings: numbers of many values that are no keys, years or labels."""
    apart = {*view.keys, *view.times, view.panel, view.roles.target}
    return [
        name
        for name in view.numbers
        if name not in apart
        and not (TIME_WORDS.search(name) or KEY_NAME.search(name))
        and (view.facts.columns[name].distinct or 0) >= VALUES_LEAST
    ][:COLUMNS_MOST]


def _in_order(view: View) -> Whole | None:
    """Return the places of rows by time, and among those of one moment by whose they are."""
    import numpy as np

    if view.clock is None or len(view.in_time) < ROWS_LEAST:
        year = period_of(view)
        return None if year is None else np.argsort(view.number(year), kind="stable")
    at = view.moment(view.clock)
    at = at[at.notna()]
    keys = [np.arange(len(at)), at.to_numpy()]
    if view.panel is not None:
        keys.insert(1, view.codes(view.panel).of_row[at.index])
    order: Whole = view.sample.index.get_indexer(at.index[np.lexsort(keys)])
    return order


def repeated_stretches(marks: Any, telling: Flags) -> list[RepeatedStretch]:
    """Return the few stretches of a sequence that repeat what stands earlier, row for row.

    Args:
        marks: what each row holds, as one number.
        telling: which of them are rare enough to count.
    """
    import numpy as np

    found: dict[RepeatedStretch, int] = {}
    for distance in _distances(marks):
        same = marks[distance:] == marks[:-distance]
        long = {
            one: length
            for one, length in _runs(same, telling, distance)
            if len(np.unique(marks[one.first : one.last])) >= LENGTH_LEAST
        }
        left = telling[distance:].copy()
        for one in long:
            left[one.first - distance : one.last - distance] = False
        if long and (same & left).sum() > ELSEWHERE_MOST * left.sum():
            return []
        found |= long
    longest = max(found.values(), default=0)
    least = max(longest, TIMES_LONGER**2 * _by_chance(marks, telling, found)) / TIMES_LONGER
    kept = _apart({one: length for one, length in found.items() if length >= least})
    rows = sum(one.last - one.first for one in kept)
    few = len(kept) <= STRETCHES_MOST and rows <= COVERED_MOST * len(marks)
    return kept if few else []


def _by_chance(marks: Any, telling: Flags, found: Iterable[RepeatedStretch]) -> int:
    """Return the longest stretch at distances beside those that were found."""
    distances = {one.distance for one in found}
    beside = {one + step for one in distances for step in (-2, -1, 1, 2)} - distances
    return max(
        (
            length
            for one in beside
            if 0 < one < len(marks)
            for _, length in _runs(marks[one:] == marks[:-one], telling, one, 1)
        ),
        default=0,
    )


def _apart(found: Mapping[RepeatedStretch, int]) -> list[RepeatedStretch]:
    """Return the stretches in their order, of those that overlap the longest."""
    kept: list[RepeatedStretch] = []
    for one in sorted(found, key=lambda stretch: -found[stretch]):
        if all(one.last <= other.first or other.last <= one.first for other in kept):
            kept.append(one)
    return sorted(kept)


def _distances(marks: Any) -> list[int]:
    """Return the distances at which rare values come again most often."""
    import numpy as np

    factors = np.array([1, 3_141_592_653, 2_718_281_829], dtype=np.uint64)
    marks = marks.astype(np.uint64, copy=False)  # three rows in a row are rare where one is not
    with np.errstate(over="ignore"):
        marks = marks[:-2] * factors[0] + marks[1:-1] * factors[1] + marks[2:] * factors[2]
    order = np.argsort(marks, kind="stable")
    _, group, sizes = np.unique(marks[order], return_inverse=True, return_counts=True)
    again = (np.diff(group) == 0) & (sizes[group[1:]] <= RARE)
    distances, counts = np.unique(np.diff(order)[again], return_counts=True)
    often = np.argsort(-counts, kind="stable")[:DISTANCES]
    return [int(distances[at]) for at in often if counts[at] >= LENGTH_LEAST // 2]


def _runs(
    same: Flags, telling: Flags, distance: int, least: int = LENGTH_LEAST
) -> Iterator[tuple[RepeatedStretch, int]]:
    """Yield stretches of sameness and how many of their rows tell; one odd row ends none."""
    import numpy as np

    at = np.flatnonzero(same)
    if not len(at):
        return
    told = np.concatenate(([0], np.cumsum(same & telling[distance:])))
    breaks = np.flatnonzero(np.diff(at) > 1 + GAP)
    firsts = at[np.concatenate(([0], breaks + 1))]
    lasts = at[np.concatenate((breaks, [len(at) - 1]))] + 1
    lengths = told[lasts] - told[firsts]
    for k in np.flatnonzero(lengths >= least):
        yield (
            RepeatedStretch(int(firsts[k]) + distance, int(lasts[k]) + distance, distance),
            int(lengths[k]),
        )


def _when(view: View, places: list[int]) -> tuple[str, str]:
    """Return the days of two rows, or their years where the table knows no day."""
    if view.clock is not None and len(view.in_time) >= ROWS_LEAST:
        first, second = map(day_of, view.moment(view.clock).iloc[places])
    else:
        first, second = (f"{one:.0f}" for one in view.number(str(period_of(view)))[places])
    return first, second


def _told(
    view: View, order: Whole, found: Sequence[RepeatedStretch], names: Sequence[str]
) -> Finding:
    """Say where the first stretch stands and what it repeats: by days where readings have them."""
    first = found[0]
    places = [int(order[at]) for at in (first.first, first.first - first.distance)]
    if names:
        here, there = _when(view, places)
    else:
        here, there = (say("row_number", row=place + 1) for place in places)
    what = say("in_columns", names=all_of(list(map(shown, names[:NAMES_SHOWN])))) if names else ""
    return coded_finding(
        FindingLevel.SLOWS,
        "block_repeated",
        column=names[0] if names else None,
        others=names[1:],
        rows=sum(one.last - one.first for one in found),
        words={"what": what, "here": here, "there": there},
        stretches=len(found),
    )
