"""What tables say of years: one before another, another scale or other codes from a year on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING, Any

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.checks import TableCheck
from probes.quality.codes import coded_finding
from probes.quality.sentences import say
from probes.quality.view import TIME_WORDS, View

if TYPE_CHECKING:
    from probes.quality.view import Floats

YEARS = (1900, 2100)
YEARS_LEAST, YEARS_MOST = 4, 80
SIDE_LEAST = 2
ROWS_LEAST = 30
VALUES_LEAST = 8
EDGES = (0.05, 0.95)
PERIOD_NAME = re.compile(
    r"(?i)years?|yr|jahr|ann[ée]e|a[ñn]o|wave|welle|period|round|season|saison"
)
ORDERED_LEAST = 60
YEARS_APART = 8
"""Of two columns of fewer different years both are waves or periods."""
BROKEN_MOST = 0.03
ONE_YEAR_MOST = 0.5
SURE_ROWS = 5
AHEAD = 1
"""A model's or a budget's year begins before the calendar's."""
NEAR = 5
TIMES_FEWER = 4
"""Within some years of the edge so many times fewer rows lie beyond it than before it."""
STEADY = 0.35
"""Within the years of each side the middles differ by no more than this part of the jump."""


def year_findings(view: View) -> Iterator[Finding]:
    """Say which numbers lie apart from a year on: nearly all are above, or below, all before.

    Only where no column is a clock; with one, the moment itself is looked for.
    """
    year = _year_of(view) if view.clock is None else None
    if year is None:
        return
    for name in view.numbers:
        if name in view.keys or TIME_WORDS.search(name) or name == view.roles.target:
            continue
        cut = _turn(view.number(name), view.number(year))
        if cut is None:
            continue
        first, before, after, rows = cut
        yield coded_finding(
            FindingLevel.SLOWS,
            "level_shift",
            column=name,
            others=(year,),
            rows=view.rows(rows),
            words={"day": f"{first:.0f}-01-01", "where_words": ""},
            before=round(before, 6),
            after=round(after, 6),
        )


def year_order_findings(view: View, proposed: list[TableCheck]) -> Iterator[Finding]:
    """Say where a year lies before one that it hardly ever does; rules go to `proposed`."""
    import numpy as np

    for one, two in combinations([name for name in view.numbers if are_years(view, name)], 2):
        gap = view.number(two) - view.number(one)
        gap = gap[np.isfinite(gap)]
        many = max(view.facts.columns[name].distinct or 0 for name in (one, two))
        if len(gap) < ORDERED_LEAST or many < YEARS_APART:
            continue
        first, last = (two, one) if (gap < 0).sum() > (gap > 0).sum() else (one, two)
        broken = _beyond_an_edge(gap if first == one else -gap)
        if broken is None:
            continue
        rows, slack = broken
        check = TableCheck("order", (first, last), holds=1 - rows / len(gap))
        if not rows:
            proposed += [] if slack else [check]
            continue
        facts: dict[str, Any] = {} if slack else {"check": check.plain()}
        yield coded_finding(
            FindingLevel.SLOWS if rows >= SURE_ROWS else FindingLevel.NOTE,
            "order_broken",
            column=first,
            others=(last,),
            rows=view.rows(rows),
            words={"before": say("years_before") if slack else say("before")},
            share=round(rows / len(gap), 6),
            **facts,
        )


def are_years(view: View, name: str) -> bool:
    """Whether a column's numbers are all years."""
    import numpy as np

    values = view.number(name)
    values = values[np.isfinite(values)]
    if not len(values) or (values % 1).any() or name in view.keys:
        return False
    most = np.unique(values, return_counts=True)[1].max() / len(values)
    return bool(YEARS[0] <= values.min() <= values.max() <= YEARS[1] and most <= ONE_YEAR_MOST)


def period_of(view: View) -> str | None:
    """Return the only column that is called a year, a wave or the like and counts them."""
    import numpy as np

    found = []
    for name in view.numbers:
        values = view.number(name)
        values = values[np.isfinite(values)]
        named = PERIOD_NAME.fullmatch(name) or (TIME_WORDS.search(name) and are_years(view, name))
        few = len(values) and not (values % 1).any() and len(np.unique(values)) <= YEARS_MOST
        found += [name] if named and few else []
    return found[0] if len(found) == 1 else None


def _beyond_an_edge(gap: Floats) -> tuple[int, int] | None:
    """Return how many gaps lie beyond an edge at zero, or a year beyond it, and which of the two.

    Nothing where they thin out bit by bit, as those of years that have nothing to do with each
    other.
    """
    for slack in (0, AHEAD):
        beyond = gap < -slack
        near = float(((gap >= -slack) & (gap < NEAR - slack)).sum())
        few = beyond.mean() <= BROKEN_MOST and near >= 0.2 * len(gap)
        if few and near >= TIMES_FEWER * float((beyond & (gap >= -slack - NEAR)).sum()):
            just = float((gap == -slack - 1).sum())
            between = ((gap >= -slack) & (gap <= 1 - slack)).any()
            if not between or just <= max(2.0, 0.5 * float((gap == -slack).sum())):
                return int(beyond.sum()), slack
    return None


def _year_of(view: View) -> str | None:
    """Return the only column of whole years, of which each has enough rows."""
    import numpy as np

    found = []
    for name in view.numbers:
        values = view.number(name)
        values = values[np.isfinite(values)]
        within = len(values) and YEARS[0] <= values.min() <= values.max() <= YEARS[1]
        if not within or (values % 1).any() or not TIME_WORDS.search(name):
            continue
        years, counts = np.unique(values, return_counts=True)
        many = YEARS_LEAST <= len(years) <= YEARS_MOST and np.median(counts) >= ROWS_LEAST
        found += [name] if many else []
    return found[0] if len(found) == 1 else None


def _turn(values: Floats, years: Floats) -> tuple[float, float, float, int] | None:
    """Return the first year of another scale, the middles around it and the rows since."""
    import numpy as np

    usable = np.isfinite(values) & np.isfinite(years)
    if usable.sum() < 2 * ROWS_LEAST or len(np.unique(values[usable])) < VALUES_LEAST:
        return None
    values, years = values[usable], years[usable]
    each = [one for one in np.unique(years) if (years == one).sum() >= ROWS_LEAST // 2]
    if len(each) < YEARS_LEAST:
        return None
    lows, highs = np.array([np.quantile(values[years == one], EDGES) for one in each]).T
    middles = np.array([np.median(values[years == one]) for one in each])
    for cut in range(SIDE_LEAST, len(each) - SIDE_LEAST + 1):
        apart = max(lows[cut:].min() - highs[:cut].max(), lows[:cut].min() - highs[cut:].max())
        jump = abs(float(np.median(middles[cut:]) - np.median(middles[:cut])))
        wander = max(float(np.ptp(middles[:cut])), float(np.ptp(middles[cut:])))
        if apart > 0 and wander <= STEADY * jump:
            before, after = float(np.median(middles[:cut])), float(np.median(middles[cut:]))
            return float(each[cut]), before, after, int((years >= each[cut]).sum())
    return None
