"""What changes over time in texts and times: new names for all, lengths, exactness, delays."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.codes import coded_finding, shown
from probes.quality.copies import KEY_NAME
from probes.quality.sentences import say
from probes.quality.slices import Slices
from probes.quality.view import View, day_of, since
from probes.sources import ColumnFamily

if TYPE_CHECKING:
    import pandas as pd

    from probes.quality.view import Floats

ROWS_AN_ENTITY = 4
ENTITIES_LEAST = 12
CATEGORY_MOST = 30
STAYS = 0.1
GOES_ON = 0.5
BOTH_SIDES = 0.2
LETTERED = 0.9
LENGTH_TIMES = 2.0
EXACT = 0.98
EXACT_BEFORE = 0.5
TIMES_MOST = 5
LATE_SURE = 5.0
DELAYS_LEAST = 6
GROWN = 1.3
COUNTS_ON = 0.9
TREND_SURE = 0.85
TREND_SPREAD = 0.9
WANDER = 2.0


def texts_over_time(view: View, slices: Slices, done: Collection[str | None]) -> Iterator[Finding]:
    """Say which names are new, which texts grow or shrink, which times are less exact."""
    for name in view.names(ColumnFamily.TEXT, ColumnFamily.NUMBER):
        keyed = (name in view.texts and _has_letters(view, name)) or KEY_NAME.search(name)
        few = name in view.categories and len(view.codes(name).levels) <= CATEGORY_MOST
        if keyed and name not in done and not few and name not in view.times:
            yield from _renewed(view, slices, name)
    for name in view.texts:
        if name not in view.categories and name not in view.times:
            yield from _lengths(view, slices, name)
    for name in view.times[:TIMES_MOST]:
        yield from _exactness(view, slices, name)
    yield from _delays(view, slices)


def _has_letters(view: View, name: str) -> bool:
    head = view.sample[name].dropna().head(400).astype("string")
    return len(head) > 0 and bool(head.str.contains(r"[^\W\d_]", regex=True).mean() >= LETTERED)


def _renewed(view: View, slices: Slices, name: str) -> Iterator[Finding]:
    """Find a moment after which all customers, machines or the like have other names."""
    import numpy as np

    codes = view.codes(name)
    of_row = codes.of_row[view.sample.index.get_indexer(slices.rows)]
    used = of_row >= 0
    count = len(np.unique(of_row[used]))
    if not ENTITIES_LEAST <= count <= used.sum() / ROWS_AN_ENTITY:
        return
    size = len(of_row)
    rows = np.flatnonzero(used)
    first, last = np.full(len(codes.levels), size), np.full(len(codes.levels), -1)
    np.minimum.at(first, of_row[used], rows)
    np.maximum.at(last, of_row[used], rows)
    seen = last >= 0
    goes_on = np.cumsum(np.bincount(first[seen], minlength=size)) - np.cumsum(
        np.bincount(last[seen], minlength=size)
    )
    inner = goes_on[size // 8 : -size // 8]
    if np.median(inner) < GOES_ON * count / 2:
        return
    cut = int(np.argmin(inner)) + size // 8 + 1
    gone, new = int((seen & (last < cut)).sum()), int((seen & (first >= cut)).sum())
    if inner.min() <= STAYS * np.median(inner) and min(gone, new) >= BOTH_SIDES * count:
        begins = view.moment(str(view.clock)).loc[slices.rows[cut]]
        yield coded_finding(
            FindingLevel.SLOWS,
            "recoded",
            column=name,
            rows=view.rows(size - cut),
            where=since(view, begins),
            words={"day": day_of(begins)},
            gone=gone,
            new=new,
            share=round(1 - cut / size, 5),
        )


def _lengths(view: View, slices: Slices, name: str) -> Iterator[Finding]:
    """Find a moment from which a text is much longer or shorter than before."""
    import numpy as np

    lengths = view.sample[name].astype("string").str.len()
    values = np.asarray(lengths.to_numpy(dtype=float, na_value=np.nan), dtype=np.float64)
    cut = _turn(view, slices, values)
    if cut is not None:
        before, after = _middles(view, slices, values, cut)
        if max(before, after) >= LENGTH_TIMES * max(1.0, min(before, after)):
            yield changed_form(view, slices, name, cut, FindingLevel.NOTE)


def _exactness(view: View, slices: Slices, name: str) -> Iterator[Finding]:
    """Find a moment from which times are told to the day or the hour only, or no longer are."""
    import numpy as np

    seconds = view.moment(name).astype("int64").to_numpy()
    seconds = seconds[view.sample.index.get_indexer(slices.rows)]
    present = view.moment(name).notna().loc[slices.rows].to_numpy()
    # Readings by the hour that come by the minute before are another interval, told elsewhere.
    for size in (86_400,) if name == view.clock else (86_400, 3_600, 60):
        on_step = (seconds % size == 0) & present
        shares = np.array(
            [
                float(on_step[(slices.of_row == n) & present].mean())
                if (present & (slices.of_row == n)).any()
                else np.nan
                for n in range(slices.count)
            ]
        )
        cut = exact_from(shares)
        if cut is not None:
            yield changed_form(view, slices, name, cut, FindingLevel.SLOWS)
            return


def exact_from(shares: Floats) -> int | None:
    """Return the slice from which nearly all are rounded, or no longer are; it may be part both."""
    import numpy as np

    if np.isnan(shares).any() or shares.max() < EXACT or shares.min() > EXACT_BEFORE:
        return None
    for cut in range(2, len(shares) - 1):
        sides = (shares[: cut - 1], shares[cut + 1 :])
        if not min(map(len, sides)):
            continue
        low, high = sorted(sides, key=lambda side: float(np.mean(side)))
        if high.min() >= EXACT and low.max() < EXACT_BEFORE:
            return cut
    return None


def _delays(view: View, slices: Slices) -> Iterator[Finding]:
    """Find a moment from which one time comes much later after another one than before."""
    import numpy as np

    for one, two in combinations(view.times[:TIMES_MOST], 2):
        a, b = view.moment(one), view.moment(two)
        gap = (b.astype("int64") - a.astype("int64")).to_numpy(dtype=float)
        both = (a.notna() & b.notna()).to_numpy()
        apart: Floats = np.asarray(np.abs(np.where(both, gap, np.nan)), dtype=np.float64)
        cut = _turn(view, slices, apart)
        if cut is None:
            yield from _growing(view, slices, apart / 86_400, two, one)
            continue
        before, after = _middles(view, slices, apart, cut)
        if max(before, after) >= LENGTH_TIMES * max(1.0, min(before, after)):
            yield coded_finding(
                FindingLevel.NOTE,
                "level_shift",
                column=two,
                others=[one],
                where=since(view, slices.begins[cut]),
                words={
                    "day": slices.day(cut),
                    "where_words": say("counted_from", other=shown(one)),
                },
                before=round(before),
                after=round(after),
            )


def _growing(view: View, slices: Slices, days: Floats, name: str, other: str) -> Iterator[Finding]:
    """Find days between two times that become more, or fewer, all along."""
    import numpy as np

    own = days[view.sample.index.get_indexer(slices.rows)]
    parts = [own[(slices.of_row == n) & np.isfinite(own)] for n in range(slices.count)]
    if min(map(len, parts)) < DELAYS_LEAST:
        return
    middles = np.array([float(np.median(part)) for part in parts])
    spread = float(np.median([np.subtract(*np.percentile(part, (75, 25))) for part in parts]))
    ends = sorted((float(np.mean(middles[:3])), float(np.mean(middles[-3:]))))
    if spread > 0 and ends[1] >= GROWN * ends[0]:
        yield from trend_of(name, middles, spread, [other])


def _turn(view: View, slices: Slices, values: Floats) -> int | None:
    """Return the slice from which all middles lie beyond those before."""
    import numpy as np

    own = values[view.sample.index.get_indexer(slices.rows)]
    parts = [own[(slices.of_row == n) & np.isfinite(own)] for n in range(slices.count)]
    if min(map(len, parts)) < 6:
        return None
    middles = np.array([float(np.median(part)) for part in parts])
    spread = float(np.median([np.subtract(*np.percentile(part, (75, 25))) for part in parts]))
    for cut in range(3, slices.count - 2):
        before, after = middles[: cut - 1], middles[cut + 1 :]
        low, high = sorted((before, after), key=lambda side: float(np.median(side)))
        apart, inside = high.min() - low.max(), max(np.ptp(low), np.ptp(high), spread / LATE_SURE)
        if apart > inside:
            return cut
    return None


def _middles(view: View, slices: Slices, values: Floats, cut: int) -> tuple[float, float]:
    import numpy as np

    own = values[view.sample.index.get_indexer(slices.rows)]
    early, late = own[slices.of_row < cut], own[slices.of_row >= cut]
    return float(np.nanmedian(early)), float(np.nanmedian(late))


def changed_form(view: View, slices: Slices, name: str, cut: int, level: FindingLevel) -> Finding:
    """Return the finding of a column that is written otherwise from a slice on."""
    return coded_finding(
        level,
        "format_changed",
        column=name,
        where=since(view, slices.begins[cut]),
        words={"day": slices.day(cut)},
        share=round(float((slices.of_row >= cut).mean()), 5),
    )


def counts_on(texts: pd.Series) -> bool:
    """Whether texts in the order of time count up, as M9999 and M10000: one digit more is no form.

    What stands around the last number must keep its form.
    """
    parts = texts.dropna().str.extract(r"^(.*?)(\d{1,15})(\D*)$")
    counted = parts[1].astype("float64")
    around = (parts[0] + "|" + parts[2]).str.replace(r"[^\W\d_]", "a", regex=True)
    if counted.isna().any() or around.str.replace(r"\d", "9", regex=True).nunique() > 1:
        return False
    return bool(counted.diff().dropna().ge(0).mean() >= COUNTS_ON)


def trend_of(
    name: str, middles: Floats, spread: float, others: Sequence[str] = ()
) -> Iterator[Finding]:
    """Say that the middle of a column moves steadily in one direction, by most of its spread."""
    import numpy as np

    if creeps(middles, TREND_SPREAD * spread):
        before, after = float(np.mean(middles[:3])), float(np.mean(middles[-3:]))
        yield coded_finding(
            FindingLevel.NOTE,
            "drift",
            column=name,
            others=others,
            before=round(before, 6),
            after=round(after, 6),
            spreads=round(abs(after - before) / spread, 2),
        )


def creeps(middles: Floats, least: float) -> bool:
    """Whether middles move nearly always in one direction, in all by at least so much."""
    import numpy as np

    ranks = np.argsort(np.argsort(middles))
    along = float(np.corrcoef(ranks, np.arange(len(middles)))[0, 1])
    moved = abs(float(np.mean(middles[-3:])) - float(np.mean(middles[:3])))
    return abs(along) >= TREND_SURE and moved >= least


def series_that_leave(
    name: str, panel: str, apart: Floats, table: Floats, least: float, few: int
) -> Iterator[Finding]:
    """Find few series that move steadily away from all others: sensors that lose their setting."""
    import numpy as np

    # Prices go their own ways and grow many times; a sensor leaves others that keep together.
    wander = float(np.median(np.ptp(apart, axis=1)))
    moved = [
        (own, whose)
        for own, whose in zip(apart, table, strict=True)
        if creeps(own, max(least, WANDER * wander)) and not _multiplied(whose)
    ]
    if 0 < len(moved) <= few:
        whose = max(moved, key=lambda one: float(np.ptp(one[0])))[1]
        yield coded_finding(
            FindingLevel.SLOWS,
            "drift",
            column=name,
            others=(panel,),
            words={"whose": say("unlike_the_others", other=shown(panel))},
            before=round(float(np.mean(whose[:3])), 6),
            after=round(float(np.mean(whose[-3:])), 6),
        )


def _multiplied(middles: Floats) -> bool:
    """Whether amounts end at twice, or half, of what they began with."""
    import numpy as np

    ends = sorted((float(np.mean(middles[:3])), float(np.mean(middles[-3:]))))
    return bool(middles.min() > 0 and ends[1] >= 2 * ends[0])
