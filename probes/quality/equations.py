"""Equations that nearly every row keeps: sums, products, and codes that decide others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING, Any

from probes.contract import Finding, Level
from probes.quality.checks import Check
from probes.quality.codes import shown, tell
from probes.quality.copies import KEY_NAME
from probes.quality.view import View

if TYPE_CHECKING:
    from probes.quality.view import Floats

LEAST = 60
SUMMANDS_FROM = 14
NEAR = 8
"""A sum stands near its parts: so many columns apart at most, in a wide table."""
DEPENDENT = 0.97
ROWS_COMPARED = 4_000
FEW_BROKEN = 0.15
CODE_NAME = re.compile(r"zip|post(al)?_?code|plz|fips|blz|artikel|item|dept|branch", re.IGNORECASE)
TOTAL_NAME = re.compile(r"total|sum|gross|gesamt|brutto|all$|overall", re.IGNORECASE)


def equation_findings(view: View, proposed: list[Check]) -> Iterator[Finding]:
    """Say which rows break an equation that the others keep; those all keep go to `proposed`."""
    yield from _sums(view, proposed)
    yield from _products(view, proposed)
    yield from _dependencies(view, proposed)


def _picked(view: View) -> tuple[list[str], Any]:
    """Return the columns that sums are sought among, and their rows without gaps, at most some."""
    import numpy as np

    names = [
        name
        for name in view.numbers
        if np.isfinite(view.number(name)).mean() >= 0.6
        and (view.facts.columns[name].distinct or 0) >= 15
    ]
    if not names:
        return [], np.empty((0, 0))
    table = np.column_stack([view.number(name) for name in names])
    step = max(1, len(table) // ROWS_COMPARED)
    return names, table[::step]


def _triples(count: int) -> Iterator[tuple[int, int, list[int]]]:
    """Yield pairs of columns, each with those that may be made of it: the first ones, or near."""
    for i, j in combinations(range(count), 2):
        if j < SUMMANDS_FROM or j - i <= NEAR:
            yield (
                i,
                j,
                [
                    k
                    for k in range(count)
                    if k not in (i, j) and (max(j, k) < SUMMANDS_FROM or i - NEAR <= k <= j + NEAR)
                ],
            )


def _sums(view: View, proposed: list[Check]) -> Iterator[Finding]:
    import numpy as np

    names, table = _picked(view)
    taken: set[int] = set()
    for i, j, others in _triples(len(names)):
        both = table[:, i] + table[:, j]
        for k in others:
            if k in taken:
                continue
            usable = np.isfinite(both) & np.isfinite(table[:, k])
            if usable.sum() < LEAST:
                continue
            found = _holds(both[usable], table[usable, k], [table[usable, i], table[usable, j]])
            if found is not None:
                taken.add(k)
                check = Check(
                    "sum", (names[i], names[j], names[k]), {"tolerance": found[1]}, 1 - found[0]
                )
                yield from _sum_found(view, "sum_broken", check, found[0], " + ", proposed)
    first = names[:SUMMANDS_FROM]
    yield from _long_sums(view, first, table[:, : len(first)], taken, proposed)


def _holds(made: Floats, told: Floats, parts: list[Floats]) -> tuple[float, float] | None:
    """Return the share of rows that break an equation, and its tolerance; nothing for chance."""
    import numpy as np

    typical = float(np.median(np.abs(told)))
    tolerance = max(min(0.011, 0.002 * typical), 1e-9 * float(np.nanmax(np.abs(told))))
    off = np.abs(made - told) > tolerance
    share = float(off.mean())
    if share > FEW_BROKEN:
        return None
    varied = all(len(np.unique(part[:500])) > 8 for part in [*parts, told])
    nonzero = min(float(np.mean(part != 0)) for part in parts)
    if not varied or nonzero < 0.25:
        return None
    return share, round(tolerance, 6)


def _sum_found(
    view: View, code: str, check: Check, share: float, sign: str, proposed: list[Check]
) -> Iterator[Finding]:
    *parts, total = check.columns
    if share == 0:
        proposed.append(check)
        return
    words = {"parts": sign.join(map(shown, parts))}
    yield tell(
        Level.SLOWS,
        code,
        column=total,
        others=parts,
        rows=view.rows(share * len(view.sample)),
        where=check.breaks(),
        words=words,
        share=round(share, 6),
        check=check.plain(),
    )


def _long_sums(
    view: View, names: list[str], table: Any, taken: set[int], proposed: list[Check]
) -> Iterator[Finding]:
    """Look for a total of three columns and more, by what a robust fit finds to be added up."""
    import numpy as np

    for k, name in enumerate(names):
        if k in taken or not TOTAL_NAME.search(name) or len(names) < 4:
            continue
        others = [i for i in range(len(names)) if i != k]
        usable = np.isfinite(table).all(axis=1)
        if usable.sum() < 3 * len(others) + 30:
            continue
        x, y = table[usable][:, others], table[usable, k]
        weights = np.ones(len(y))
        for _ in range(12):
            root = np.sqrt(weights)[:, None]
            fit, *_rest = np.linalg.lstsq(x * root, y * root[:, 0], rcond=None)
            off = np.abs(y - x @ fit)
            weights = 1 / np.maximum(off, 1e-6 * (np.abs(y).mean() + 1e-12))
        chosen = [i for i, slope in zip(others, fit, strict=True) if abs(slope - 1) < 0.02]
        if len(chosen) < 3 or any(0.02 < abs(s) < 0.98 or s < -0.02 for s in fit):
            continue
        parts = [table[usable, i] for i in chosen]
        found = _holds(np.sum(parts, axis=0), y, parts)
        if found is not None:
            check = Check(
                "sum", (*(names[i] for i in chosen), name), {"tolerance": found[1]}, 1 - found[0]
            )
            yield from _sum_found(view, "sum_broken", check, found[0], " + ", proposed)


def _products(view: View, proposed: list[Check]) -> Iterator[Finding]:
    import numpy as np

    names, table = _picked(view)
    for i, j, others in _triples(len(names)):
        made = table[:, i] * table[:, j]
        for k in others:
            usable = np.isfinite(made) & np.isfinite(table[:, k])
            if usable.sum() < LEAST:
                continue
            a, b, c = table[usable, i], table[usable, j], table[usable, k]
            tolerance = 0.002
            least = min(0.011, 0.002 * float(np.median(np.abs(c))))
            off = np.abs(made[usable] - c) > np.maximum(tolerance * np.abs(c), least)
            share = float(off.mean())
            if share > FEW_BROKEN or min(len(np.unique(v[:500])) for v in (a, b, c)) < 9:
                continue
            if np.mean((a != 0) & (a != 1) & (b != 0) & (b != 1)) > 0.5:
                check = Check(
                    "product", (names[i], names[j], names[k]), {"tolerance": tolerance}, 1 - share
                )
                yield from _sum_found(view, "product_broken", check, share, " × ", proposed)


def _is_code(view: View, name: str) -> bool:
    """Whether a column is one to decide others: words or codes, no measured number."""
    return name in view.texts or bool(KEY_NAME.search(name) or CODE_NAME.search(name))


def _dependencies(view: View, proposed: list[Check]) -> Iterator[Finding]:
    """Find a column that another decides in nearly every row: few rows then contradict it."""
    import pandas as pd

    codes = {}
    for name in view.categories[:24]:
        labels, levels = pd.factorize(view.sample[name], use_na_sentinel=True)
        codes[name] = (labels, len(levels))
    told: set[str] = set()
    for one, two in ((a, b) for a in codes for b in codes if a != b):
        (a, a_levels), (b, b_levels) = codes[one], codes[two]
        both = (a >= 0) & (b >= 0)
        count = int(both.sum())
        if (
            count < LEAST
            or a_levels < 4
            or b_levels < 3
            or count < 6 * a_levels
            or b_levels > a_levels * 1.5
        ):
            continue
        pairs = pd.crosstab(a[both], b[both]).to_numpy() if a_levels * b_levels <= 40_000 else None
        if pairs is None:
            continue
        kept = int(pairs.max(axis=1).sum())
        broken = 1 - kept / count
        chance = 1 - float(pairs.sum(axis=0).max()) / count
        check = Check("decides", (one, two), holds=1 - broken)
        if broken == 0 and chance > 0.3:
            proposed.append(check)
            continue
        if not 0 < broken <= 1 - DEPENDENT or broken > 0.06 * chance or two in told:
            continue
        groups = float(((pairs > 0).sum(axis=1) > 1).mean())
        slip = float(
            pairs.max(axis=1).min() / max(1, pairs.sum(axis=1)[pairs.max(axis=1).argmin()])
        )
        worded = two in view.texts and count - kept >= 3 and _is_code(view, one)
        sure = broken <= 0.04 * chance and slip > 0.6 and b_levels >= 4 and worded
        told.add(two)
        yield tell(
            Level.SLOWS if sure and groups > 0.02 else Level.NOTE,
            "dependency_broken",
            column=two,
            others=(one,),
            rows=view.rows(count - kept),
            share=round(broken, 6),
            check=check.plain(),
        )
