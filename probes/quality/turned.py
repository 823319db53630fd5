"""Codes that mean something else in one period: its values are another's, exchanged or shifted.

In every period but one, or a few that follow each other, a category has about the same shares.
There they are far off, and near again once its values are told in another order: ones for zeros, or
one to two for zero to one. The world moves shares; only a coder exchanges them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import TYPE_CHECKING, Any

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.codes import coded_finding
from probes.quality.view import TIME_WORDS, LevelCodes, View, coded, counted_together
from probes.quality.years import period_of

if TYPE_CHECKING:
    from probes.quality.view import Floats

LEVELS_MOST = 5
PERIODS_LEAST, PERIODS_MOST = 4, 80
ROWS_LEAST = 40
MIXED = 0.05
FAR = 0.15
TIMES_FARTHER = 3.0
BACK = 0.3
"""Told in the other order the shares are so much nearer to the usual ones, or nearer."""
PERIODS_TURNED = 0.4
CALENDAR = ("M", "Q", "Y")


def turned_findings(view: View) -> Iterator[Finding]:
    """Say in which period the values of a category stand for each other."""
    periods = _periods(view)
    if periods is None:
        return
    name, of_row = periods
    for category in view.categories:
        codes = view.codes(category)
        apart = category in (name, view.clock, view.panel) or TIME_WORDS.search(category)
        if apart or not 2 <= len(codes.levels) <= LEVELS_MOST:
            continue
        turned = turned_periods(counted_together(of_row, codes))
        if turned:
            first, last = (str(of_row.levels[at]) for at in (turned[0], turned[-1]))
            rows = int(((of_row.of_row >= turned[0]) & (of_row.of_row <= turned[-1])).sum())
            yield coded_finding(
                FindingLevel.SLOWS,
                "code_turned",
                column=category,
                others=(name,),
                rows=view.rows(rows),
                words={"first": first, "until": "" if first == last else f" – {last}"},
            )


def _periods(view: View) -> tuple[str, LevelCodes] | None:
    """Return the year of each row, in order; of a table with a clock, the month if rows suffice."""
    import numpy as np

    year = period_of(view)
    if year is not None:
        values = view.number(year)
        levels = np.unique(values[np.isfinite(values)])
        of_row = np.where(np.isfinite(values), np.searchsorted(levels, values), -1)
        return _enough(year, of_row, [f"{one:.0f}" for one in levels])
    if view.clock is None:
        return None
    at = view.moment(view.clock)
    for form in CALENDAR:
        periods = at.sort_values().dt.to_period(form)
        codes = coded(periods)
        of_row = np.full(len(at), -1)
        of_row[view.sample.index.get_indexer(periods.index)] = codes.of_row
        found = _enough(view.clock, of_row, [str(one) for one in codes.levels])
        if found:
            return found
    return None


def _enough(name: str, of_row: Any, levels: list[str]) -> tuple[str, LevelCodes] | None:
    import numpy as np

    sizes = np.bincount(of_row[of_row >= 0], minlength=len(levels))
    many = PERIODS_LEAST <= len(levels) <= PERIODS_MOST and np.median(sizes) >= ROWS_LEAST
    return (name, LevelCodes(of_row, levels)) if many else None


def turned_periods(table: Any) -> list[int]:
    """Return the periods in which the values of a category are exchanged or shifted.

    Args:
        table: how many rows each period (down) has of each value (across).
    """
    import numpy as np

    sizes = table.sum(axis=1)
    enough = np.flatnonzero(sizes >= ROWS_LEAST)
    if len(enough) < PERIODS_LEAST:
        return []
    shares = table[enough] / sizes[enough][:, None]
    usual = np.median(shares, axis=0)
    off = np.abs(shares - usual).sum(axis=1) / 2
    far = off >= FAR
    calm = float(off[~far].max()) if (~far).any() else 1.0
    turned = np.flatnonzero(far)
    few = 0 < len(turned) <= PERIODS_TURNED * len(enough) and np.ptp(turned) == len(turned) - 1
    mixed = float(np.sort(usual)[-2]) >= MIXED  # a flag that only stands for its period is none
    if not few or not mixed or off[turned].min() < TIMES_FARTHER * calm:
        return []
    if all(_is_turned(shares[at], usual, calm) for at in turned):
        return [int(enough[at]) for at in turned]
    return []


def _is_turned(shares: Floats, usual: Floats, calm: float) -> bool:
    """Whether shares are near the usual ones once their values are told in another order."""
    import numpy as np

    off = float(np.abs(shares - usual).sum()) / 2
    back = min(
        float(np.abs(shares[list(order)] - usual).sum()) / 2
        for order in permutations(range(len(shares)))
    )
    return back <= max(calm, 0.02) and back <= BACK * off
