"""What changes over time: levels, spread, categories, forms, filling and the label's rate.

Rows are put in the order of their clock and cut into slices of equal size; a change is a cut
between two slices that parts those before from those after far better than chance.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.codes import coded_finding, shown
from probes.quality.filling import filling_findings
from probes.quality.maturity import dated_outcomes, label_over_time, outcomes_over_time
from probes.quality.recodings import replaced, replacement
from probes.quality.relations import relations_over_time
from probes.quality.sentences import say
from probes.quality.shapes import category_shares, number_shape
from probes.quality.slices import SLICES, Slices, jump_of, moment_of, slices_of
from probes.quality.successions import (
    changed_form,
    counts_on,
    exact_from,
    series_that_leave,
    texts_over_time,
    trend_of,
)
from probes.quality.turned import turned_findings
from probes.quality.view import View, day_of, since
from probes.quality.years import year_findings
from probes.sources import ColumnFamily

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Floats = np.ndarray[Any, np.dtype[np.float64]]

JUMPS = frozenset({"level_shift", "noise_changed"})
JUMPS_MOST = 5
STEP_SURE = 5.0
STEP_SPREAD = 0.5
NOTHING_MOST = 0.3
ROUNDED_TO = (0.01, 0.1, 0.5, 1.0, 5.0, 10.0, 100.0, 1000.0)
LISTED_MOST = 100
"""So few numbers are a list of prices, which all have more decimals once they have risen."""
CODES_MOST = 8
SERIES_ROWS = 120
SLICE_ROWS = 20
GROUPS_MOST = 40
BESIDE_LEAST = 3
SLICE_LEAST = 8
BESIDE_NOISE = 6.0
DECIMALS_ROWS = 6
SERIES_JUMP = 1.5
SERIES_SURE = 3.0
"""Of many series some jump by chance: one alone must jump by so many of its own spreads."""
NUMBER_OR_NOTHING = r"[+-]?[\d.,]+|-+|\.+"
ALL_CODES = 0.9
"""Of whole numbers nearly all must be others from a moment on to be new codes, and not counts."""
CODE_NAME = re.compile(
    r"code|type|class|status|state|kind|group|cat|level|typ$|stufe", re.IGNORECASE
)
TIME_NAME = re.compile(
    r"year|month|date|day|week|quarter|time|index|^id$|_id$|season|epoch|jahr|monat|unnamed|column0|rownames|obs$",
    re.IGNORECASE,
)


def drift_findings(view: View) -> Iterator[Finding]:
    """Say what changed over time, column by column."""
    yield from year_findings(view)
    yield from turned_findings(view)
    slices = slices_of(view)
    if slices is None:
        return
    filled = list(filling_findings(view, slices))
    yield from filled
    done = {one.column for one in filled} | {view.roles.target, view.clock, view.panel, *view.keys}
    numbers = [
        one
        for name in view.numbers
        if name not in done and not TIME_NAME.search(name) and name not in view.times
        for one in _number(view, slices, name)
    ]
    moved = done | {one.column for one in numbers}
    yield from _of_the_world(numbers)
    for name in view.categories:
        if name not in done and not TIME_NAME.search(name):
            reported = list(_category(view, slices, name))
            moved |= {one.column for one in reported}
            yield from reported
    for name in view.texts:
        known = name in done or name in view.categories or name in view.times
        if not known and name not in view.written_numbers:
            yield from _form(view, slices, name)
    yield from texts_over_time(view, slices, done)
    yield from relations_over_time(view, slices, moved)
    yield from label_over_time(view, slices.rows)
    faded = list(outcomes_over_time(view, slices, moved))
    yield from faded
    yield from dated_outcomes(view, done | {one.column for one in faded})


def _of_the_world(findings: list[Finding]) -> list[Finding]:
    """Return what is told of numbers; where many jump, each at its own moment, only as notes.

    A defect is one column's, or that of several at one moment; the world moves all along.
    """
    jumps = [one for one in findings if one.code in JUMPS]
    days = {one.evidence.get("day", "") for one in jumps}
    if len(days) < JUMPS_MOST:
        return findings
    return [replace(one, level=FindingLevel.NOTE) if one in jumps else one for one in findings]


def _number(view: View, slices: Slices, name: str) -> Iterator[Finding]:
    import numpy as np

    values = view.number(name)[_positions(view, slices)]
    parts = [values[slices.of_row == n] for n in range(slices.count)]
    parts = [part[np.isfinite(part)] for part in parts]
    steps = len(np.unique(values[np.isfinite(values)]))
    if min(map(len, parts)) < 6 or steps < 3:
        return
    if steps < CODES_MOST:  # the steps of a scale have means that move, and hardly a median
        means = np.array([float(np.mean(part)) for part in parts])
        yield from trend_of(name, means, float(np.nanstd(values)))
        return
    usual = values[np.isfinite(values)]
    if (usual == np.median(usual)).mean() > 0.5:
        return
    middles = np.array([float(np.median(part)) for part in parts])
    spread = float(
        np.median([np.subtract(*np.percentile(part, (75, 25))) / 1.35 for part in parts])
    )
    if spread <= 0:
        return
    step = _step(middles, spread, float(np.median([len(part) for part in parts])))
    turn = None if step is None else jump_of(slices, values, middles, step)
    if step is not None and turn is not None:
        rows = view.rows(sum(len(p) for p in parts[step:]))
        begins = moment_of(view, slices, turn)
        where, day = since(view, begins), day_of(begins)
        yield _level_shift(name, middles, step, where, day, spread=spread, rows=rows)
        return
    beside = list(_beside_others(view, slices, name, spread))
    yield from beside or _of_one_series(view, name, spread)
    yield from trend_of(name, middles, spread)
    yield from _decimals(view, slices, name, parts)
    noise = list(_noise(view, slices, name, parts))
    yield from noise or number_shape(view, slices, name, values)


def _decimals(view: View, slices: Slices, name: str, parts: list[Floats]) -> Iterator[Finding]:
    """Find a moment from which numbers are rounded, to wholes or tens, or no longer are."""
    import numpy as np

    parts = [part[part != 0] for part in parts]  # nothing is a multiple of every step
    if len(np.unique(np.concatenate(parts))) < LISTED_MOST or min(map(len, parts)) < DECIMALS_ROWS:
        return
    for step in ROUNDED_TO:
        on_step = [
            (np.abs(part / step - np.round(part / step)) < 1e-6) & (np.abs(part) >= step / 2)
            for part in parts
        ]
        cut = exact_from(np.array([float(flags.mean()) for flags in on_step]))
        if cut is not None:
            yield changed_form(view, slices, name, cut, FindingLevel.SLOWS)
            return


def _beside_others(view: View, slices: Slices, name: str, spread: float) -> Iterator[Finding]:
    """Find one series of several that parts from the others, which share its days and seasons."""
    import numpy as np
    import pandas as pd

    if view.panel is None:
        return
    frame = pd.DataFrame(
        {
            "value": view.number(name)[_positions(view, slices)],
            "slice": slices.of_row,
            "whose": view.sample[view.panel].loc[slices.rows].to_numpy(),
        }
    )
    table = frame.pivot_table("value", "whose", "slice", "median").dropna().to_numpy()
    sizes = frame.groupby(["whose", "slice"], observed=True).size()
    if len(table) < BESIDE_LEAST or table.shape[1] != slices.count or sizes.median() < SLICE_LEAST:
        return
    level = table - np.median(table, axis=1, keepdims=True)
    apart = level - np.median(level, axis=0)
    noise = float(np.median(np.abs(apart - np.median(apart, axis=1, keepdims=True)))) * 1.48
    cuts = [_step(own, noise, 1.0) for own in apart]
    jumps = [
        (cut, float(np.median(own[cut:]) - np.median(own[:cut])), whose)
        for own, cut, whose in zip(apart, cuts, table, strict=True)
        if cut is not None
    ]
    few = max(1, len(table) // 4)
    jumps = [one for one in jumps if abs(one[1]) >= max(BESIDE_NOISE * noise, spread / 2)]
    if not jumps:
        yield from series_that_leave(
            name, view.panel, apart, table, max(BESIDE_NOISE * noise, spread / 2), few
        )
    if not 0 < len(jumps) <= few:
        return
    cut, jump, whose = max(jumps, key=lambda one: abs(one[1]))
    where, day = since(view, slices.begins[cut]), slices.day(cut)
    spread, apart_by = max(noise, 1e-12), abs(jump)
    panel = view.panel
    yield _level_shift(name, whose, cut, where, day, spread=spread, jump=apart_by, whose=panel)


def _of_one_series(view: View, name: str, spread: float) -> Iterator[Finding]:
    """Find one series of several that jumps to another level, while all together stay."""
    import numpy as np

    values = view.number(name)
    for whose, of_one in _groups(view):
        own = values[view.sample.index.get_indexer(of_one)]
        rows, own = of_one[np.isfinite(own)], own[np.isfinite(own)]
        if len(own) < SERIES_ROWS:
            continue
        count = min(SLICES, len(own) // SLICE_ROWS)
        parts = np.array_split(own, count)
        middles = np.array([float(np.median(part)) for part in parts])
        within = float(np.median([np.subtract(*np.percentile(p, (75, 25))) / 1.35 for p in parts]))
        cut = _step(middles, within, len(own) / count) if within > 0 else None
        if cut is None:
            moving = list(trend_of(name, middles, max(2 * within, spread)))
            yield from moving
            if moving:
                return
            continue
        before, after = float(np.median(middles[:cut])), float(np.median(middles[cut:]))
        if abs(after - before) < SERIES_JUMP * within or abs(after - before) < spread / 2:
            continue
        begins = view.moment(str(view.clock)).loc[rows[_sharpest(own, cut, count)]]
        sure = len(own) >= 2 * SERIES_ROWS and abs(after - before) >= SERIES_SURE * within
        level = FindingLevel.SLOWS if sure else FindingLevel.NOTE
        where, day = since(view, begins), str(begins.strftime("%Y-%m-%d"))
        yield _level_shift(name, middles, cut, where, day, spread=within, level=level, whose=whose)
        return


def _level_shift(
    name: str,
    middles: Floats,
    cut: int,
    where: str | None,
    day: str,
    *,
    spread: float,
    jump: float | None = None,
    level: FindingLevel = FindingLevel.SLOWS,
    rows: int | None = None,
    whose: str | None = None,
) -> Finding:
    """Return the finding of a level that jumps at a cut, by `jump` if not by the middles' own."""
    import numpy as np

    before, after = float(np.median(middles[:cut])), float(np.median(middles[cut:]))
    return coded_finding(
        level,
        "level_shift",
        column=name,
        rows=rows,
        where=where,
        words={"where_words": say("for_one_value", other=shown(whose)) if whose else ""},
        others=(whose,) if whose else (),
        day=day,
        before=round(before, 6),
        after=round(after, 6),
        spreads=round((abs(after - before) if jump is None else jump) / spread, 2),
    )


def _sharpest(own: Floats, cut: int, count: int) -> int:
    """Return the row near a cut between slices that parts the numbers before and after best."""
    import numpy as np

    first, last = (len(own) * min(max(at, 0), count) // count for at in (cut - 2, cut + 2))
    part = own[first:last] - np.median(own[first:last])
    sizes = np.arange(1, len(part))
    before = np.cumsum(part)[:-1]
    gain = before**2 / sizes + (part.sum() - before) ** 2 / (len(part) - sizes)
    return int(first + 1 + np.argmax(gain))


def _groups(view: View) -> Iterator[tuple[str, pd.Index[int]]]:
    """Yield the rows of each series, or of each frequent word of a few, in the order of time."""
    if view.panel is not None:
        yield from ((view.panel, rows) for _, rows in view.series(SERIES_ROWS))
        return
    for name in (one for one in view.categories if one in view.texts):
        codes = view.codes(name)
        if 2 <= len(codes.levels) <= GROUPS_MOST and name not in view.times:
            of_row = codes.of_row[view.sample.index.get_indexer(view.in_time)]
            for level in range(len(codes.levels)):
                rows = view.in_time[of_row == level]
                if len(rows) >= SERIES_ROWS:
                    yield name, rows


def _step(middles: Floats, spread: float, size: float) -> int | None:
    """Return the cut at which the middles jump once and stay, or nothing."""
    import numpy as np

    best, where = 0.0, None
    for cut in range(3, len(middles) - 2):
        # The slice in which the change falls is part old, part new: it belongs to neither side.
        before, after = middles[: cut - 1], middles[cut + 1 :]
        up = np.median(after) > np.median(before)
        low, high = (before, after) if up else (after, before)
        apart = float(np.min(high) - np.max(low))
        if apart > best:
            best, where = apart, cut
    if where is None:
        return None
    noise = 1.25 * spread / max(1.0, size) ** 0.5
    sides = [middles[: where - 1], middles[where + 1 :]]
    inside = max(float(np.std(sides[0])), float(np.std(sides[1])), noise)
    jump = abs(float(np.median(sides[1]) - np.median(sides[0])))
    ends = middles[min(where + 1, len(middles) - 1)] - middles[where - 2]
    sudden = max(abs(float(ends)), abs(float(middles[where] - middles[where - 1])))
    rising = max(map(_slope, sides)) > 0.5 * jump
    if middles.min() > 0 and _grows(np.log(middles), where):
        return None
    stays = jump >= STEP_SPREAD * spread and jump >= STEP_SURE * inside and sudden >= 0.6 * jump
    return where if stays and not rising else None


def _grows(logs: Floats, cut: int) -> bool:
    """Whether what looks like a jump is steady growth, as of a price over the years."""
    import numpy as np

    apart = abs(float(np.median(logs[cut + 1 :]) - np.median(logs[: cut - 1])))
    near = abs(float(logs[min(cut + 1, len(logs) - 1)] - logs[cut - 2]))
    return near < 0.5 * apart


def _slope(part: Floats) -> float:
    """Return how far a stretch climbs or falls from end to end, by its best line."""
    import numpy as np

    if len(part) < 3:
        return 0.0
    return abs(float(np.polyfit(np.arange(len(part)), part, 1)[0])) * (len(part) - 1)


def _noise(view: View, slices: Slices, name: str, parts: list[Floats]) -> Iterator[Finding]:
    """Find a moment from which the numbers spread at least twice as much, or half as much."""
    import numpy as np

    spreads = np.array([float(np.subtract(*np.percentile(part, (75, 25)))) for part in parts])
    if (spreads <= 0).any():
        return
    logs = np.log(spreads)
    cut = _step(logs, 0.0, 1e6)
    size = float(np.median([len(part) for part in parts]))
    if cut is None:
        return
    shift = float(np.median(logs[cut:]) - np.median(logs[:cut]))
    if abs(shift) > max(0.6, 3.5 / size**0.5):
        factor = float(np.exp(shift))
        yield coded_finding(
            FindingLevel.SLOWS,
            "noise_changed",
            column=name,
            where=since(view, slices.begins[cut]),
            day=slices.day(cut),
            factor=round(factor, 2),
        )


def _category(view: View, slices: Slices, name: str) -> Iterator[Finding]:
    import pandas as pd

    texts = view.sample[name].loc[slices.rows].astype("string")
    counts = pd.crosstab(texts.to_numpy(dtype=object, na_value=None), slices.of_row)
    table = counts.reindex(columns=range(slices.count), fill_value=0).to_numpy(dtype=float)
    if table.shape[0] < 2 or (table.sum(axis=0) < 6).any():
        return
    total = table.sum()
    present = (table > 0).mean(axis=1)
    frequent = table.sum(axis=1) / total >= 0.01
    if (present[frequent] < 0.3).mean() > 0.5 and frequent.sum() > 3:
        return  # a name of the time itself, such as a batch
    recoded = replacement(view, slices, name, table, counts.index.get_indexer(texts))
    if recoded and _is_count(view, name) and not _all_others(recoded):
        return
    is_flag = view.facts.columns[name].column.family is ColumnFamily.BOOLEAN
    if recoded and is_flag and recoded.code == "recoded":
        return  # no before a moment and yes after it: the flag says when, as that of a split
    if recoded:
        yield recoded
        return
    if view.facts.columns[name].column.family is not ColumnFamily.NUMBER or _is_code(view, name):
        yield from category_shares(view, slices, name, table)


def _is_code(view: View, name: str) -> bool:
    """Whether whole numbers are few enough to be codes rather than counts."""
    return len(view.codes(name).levels) < CODES_MOST


def _is_count(view: View, name: str) -> bool:
    """Whether whole numbers may as well be counts, of which some no longer occur."""
    if CODE_NAME.search(name):
        return False
    if view.facts.columns[name].column.family is ColumnFamily.NUMBER:
        return True
    levels = view.sample[name].dropna().astype("string").drop_duplicates()
    words = ~levels.str.fullmatch(NUMBER_OR_NOTHING)
    return bool(words.sum() <= 1 and len(levels) > 1)  # one word among numbers says why one lacks


def _all_others(recoded: Finding) -> bool:
    """Whether nearly all whole numbers are others from a moment on, several on each side."""
    several = min(recoded.evidence.get("gone", 0), recoded.evidence.get("new", 0)) > 1
    return bool(several and recoded.evidence["share"] >= ALL_CODES)


def _form(view: View, slices: Slices, name: str) -> Iterator[Finding]:
    """Find a moment at which a text's form changes: letters, digits and marks in order."""
    import numpy as np
    import pandas as pd

    texts = view.sample[name].loc[slices.rows].astype("string")
    if texts.notna().mean() < 0.3 or texts.str.len().median() > 40:
        return
    form = texts.str.replace(r"[^\W\d_]+", "a", regex=True).str.replace(r"\d", "9", regex=True)
    short = form.str.replace(r"9+", "9", regex=True)
    cased = texts.str.replace(r"[^\W\d_a-z]+", "A", regex=True).str.replace(
        r"[a-z]+", "a", regex=True
    )
    cased = cased.str.replace(r"\d+", "9", regex=True)
    for shape in (short, form, cased):
        frequent = shape.value_counts(normalize=True)
        frequent = frequent[frequent >= 0.05]
        if not 2 <= len(frequent) <= 12 or frequent.sum() < 0.9:
            continue
        words = frequent.index.str.fullmatch("[aA]+")
        numbers = frequent.index.str.fullmatch(NUMBER_OR_NOTHING)
        if (numbers | (words & (frequent < NOTHING_MOST))).all() and numbers.any():
            continue  # sizes of numbers beside a word for none, and no form
        counts = pd.crosstab(shape.to_numpy(dtype=object, na_value=None), slices.of_row)
        table = (
            counts.loc[list(frequent.index)]
            .reindex(columns=range(slices.count), fill_value=0)
            .to_numpy(dtype=float)
        )
        gone, new, cut = replaced(table)
        if cut is None or not (gone.any() or new.any()) or counts_on(texts):
            continue
        share = float(table[:, cut:].sum() / table.sum())
        moved = float(
            max(
                table[gone].sum() / max(1, table[:, :cut].sum()),
                table[new].sum() / max(1, table[:, cut:].sum()),
            )
        )
        if moved >= 0.5 and np.isfinite(share):
            yield changed_form(view, slices, name, cut, FindingLevel.SLOWS)
            return


def _positions(view: View, slices: Slices) -> Any:
    return view.sample.index.get_indexer(slices.rows)
