"""Minutes between two clocks that are written as numbers, as 1345 for a quarter to two."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import TYPE_CHECKING

from probes.contract import Finding
from probes.quality.codes import coded_finding, graded
from probes.quality.view import View

if TYPE_CHECKING:
    from probes.quality.view import Floats

LEAST = 150
CLOCKS_MOST = 6
VALUES_LEAST = 8
DAY, HOUR, CENTURY = 1_440, 60, 100
SLACK = 1.0
BROKEN_LEAST, BROKEN_MOST = 0.002, 0.15


def duration_findings(view: View) -> Iterator[Finding]:
    """Say which minutes are not those between two clocks, in a few rows; elsewhere they are."""
    import numpy as np

    clocks = [name for name in view.numbers if _is_clock(view.number(name))][:CLOCKS_MOST]
    minutes = {name: _minutes(view.number(name)) for name in clocks}
    told: set[str] = set()
    for first, last in permutations(clocks, 2):
        between = (minutes[last] - minutes[first] + DAY // 2) % DAY - DAY // 2
        for name in (one for one in view.numbers if one not in clocks and one not in told):
            values = view.number(name)
            usable = np.isfinite(values) & np.isfinite(between) & (np.abs(values) < DAY // 2)
            if usable.sum() < LEAST or len(np.unique(values[usable])) < VALUES_LEAST:
                continue
            wrong = np.abs(values - between)[usable] > SLACK
            share = float(wrong.mean())
            if 0 < share <= BROKEN_MOST:
                told.add(name)
                yield coded_finding(
                    graded(share, slows=BROKEN_LEAST),
                    "derived_broken",
                    column=name,
                    others=(last, first),
                    rows=view.rows(wrong.sum()),
                    share=round(share, 6),
                )


def _is_clock(values: Floats) -> bool:
    """Whether whole numbers are hours and minutes: none has a minute past 59."""
    import numpy as np

    own = values[np.isfinite(values)]
    if len(own) < LEAST or (own % 1).any() or own.min() < 0 or own.max() > 24 * CENTURY:
        return False
    late = own.max() >= 12 * CENTURY
    return bool(late and (own % CENTURY < HOUR).all() and len(np.unique(own)) >= VALUES_LEAST)


def _minutes(values: Floats) -> Floats:
    minutes: Floats = values // CENTURY * HOUR + values % CENTURY
    return minutes
