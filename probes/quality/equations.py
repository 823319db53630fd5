"""Equations that nearly every row keeps: sums, products, and codes that decide others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
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
NEARLY = 0.002
"""How far from what it should be a product may be, as a share of it."""
FIRST_ROWS = 200
SQUARE_VARIES = 0.02
TOLD_ROUGHLY = 0.01
"""A figure written more roughly than this fits many a quotient by chance."""
SHARES_MOST = 6
HALF_OF_ALL = 50.0
ROUNDED_SHARE = 0.0011
SHARE_NAME = re.compile(
    r"per_?cent|(^|_)pct|pct($|_)|prozent|%|share|anteil|fraction", re.IGNORECASE
)
ROWS_AN_ENTITY = 3
ENTITIES_LEAST = 20
FIXED = 0.02
"""What differs in so few rows of a person or thing is fixed by nature, and there a slip."""
CODE_NAME = re.compile(r"zip|post(al)?_?code|plz|fips|blz|artikel|item|dept|branch", re.IGNORECASE)
TOTAL_NAME = re.compile(r"total|sum|gross|gesamt|brutto|all$|overall", re.IGNORECASE)


def equation_findings(view: View, proposed: list[Check]) -> Iterator[Finding]:
    """Say which rows break an equation that the others keep; those all keep go to `proposed`."""
    yield from _sums(view, proposed)
    yield from _products(view, proposed)
    yield from _whole_shares(view)
    yield from _lines(view)
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
            if np.mean((a != 0) & (a != 1) & (b != 0) & (b != 1)) <= 0.5:
                continue
            share = _breaks_product(a * b, c)
            if share <= FEW_BROKEN and _are_varied(a, b, c):
                columns, tolerance = (names[i], names[j], names[k]), {"tolerance": NEARLY}
                check = Check("product", columns, tolerance, 1 - share)
                yield from _sum_found(view, "product_broken", check, share, " × ", proposed)
            yield from _with_square(view, (names[i], names[j], names[k]), (a, b, c))


def _breaks_product(made: Floats, told: Floats, unit: float = 0.0) -> float:
    """Return the share of rows in which a product is not what it is told to be."""
    import numpy as np

    for rows in (slice(0, FIRST_ROWS), slice(None)):  # most candidates fail on a few rows
        typical = float(np.median(np.abs(told[rows])))
        least = max(unit, min(0.011, NEARLY * typical))
        off = np.abs(made[rows] - told[rows]) > np.maximum(NEARLY * np.abs(told[rows]), least)
        if off.mean() > 2 * FEW_BROKEN:
            break
    return float(off.mean())


def _are_varied(*columns: Floats) -> bool:
    import numpy as np

    return min(len(np.unique(values[:500])) for values in columns) > 8


def _with_square(
    view: View, names: tuple[str, ...], columns: tuple[Floats, ...]
) -> Iterator[Finding]:
    """Find one column that is another over the square of a third, as the body mass index."""
    import numpy as np

    for one, by, made in ((0, 1, 2), (1, 0, 2)):
        a, b, told = columns[one], columns[by], columns[made]
        unit = _half_a_digit(told)
        known = np.mean(told != 0) > 0.5 and unit < TOLD_ROUGHLY * float(np.median(np.abs(told)))
        if (b == 0).any() or not known or not _are_varied(*columns):
            continue
        share = _breaks_product(a / b**2, told, unit)
        if 0 < share <= FEW_BROKEN and float(np.std(np.log(np.abs(b)))) > SQUARE_VARIES:
            parts = f"{shown(names[one])} ÷ {shown(names[by])}²"
            yield _breaks_equation(view, names[made], (names[one], names[by]), parts, share)


def _breaks_equation(
    view: View, name: str, others: Sequence[str], parts: str, share: float
) -> Finding:
    return tell(
        Level.SLOWS,
        "product_broken",
        column=name,
        others=others,
        rows=view.rows(share * len(view.sample)),
        words={"parts": parts},
        share=round(share, 6),
    )


def _lines(view: View) -> Iterator[Finding]:
    """Find one column that another one makes, times a factor and plus a constant, as degrees."""
    import numpy as np

    names, table = _picked(view)
    told: set[int] = set()
    for i, j in ((a, b) for a in range(len(names)) for b in range(len(names)) if a != b):
        usable = np.isfinite(table[:, i]) & np.isfinite(table[:, j])
        if usable.sum() < LEAST or {i, j} & told:
            continue
        x, y = table[usable, i], table[usable, j]
        line = _line(x, y)
        if line is None:
            continue
        factor, constant = line
        off = np.abs(factor * x + constant - y) > _half_a_digit(y) + 1e-9 * np.abs(y)
        broken = float(off.mean())
        if 0 < broken <= FEW_BROKEN:
            told |= {i, j}
            rest = (
                f" {'+' if constant > 0 else '-'} {abs(constant):g}" if abs(constant) > 1e-9 else ""
            )
            parts = f"{factor:g} × {shown(names[i])}{rest}"
            yield _breaks_equation(view, names[j], (names[i],), parts, broken)


def _line(x: Floats, y: Floats) -> tuple[float, float] | None:
    """Return the factor and the constant that most rows keep exactly, if they do."""
    import numpy as np

    unit = _half_a_digit(y)
    low, high = np.quantile(y, (0.25, 0.75))
    if not _are_varied(x, y) or not 0 < unit <= TOLD_ROUGHLY * (high - low):
        return None
    order = np.argsort(x, kind="stable")
    half = len(order) // 2
    runs = x[order[half:]] - x[order[: len(order) - half]]
    rises = y[order[half:]] - y[order[: len(order) - half]]
    far = runs > 0
    if far.mean() < 0.5:
        return None
    factor = float(np.median(rises[far] / runs[far]))
    if abs(abs(factor) - 1) < 1e-3 or factor == 0:
        return None
    factor = float(f"{factor:.3g}")
    constant = float(f"{np.median(y - factor * x):.4g}")
    near = np.abs(factor * x + constant - y) <= unit + 1e-9 * np.abs(y)
    return (factor, 0.0 if abs(constant) <= unit else constant) if near.mean() > 0.8 else None


def _half_a_digit(values: Floats) -> float:
    """Return half of the last decimal that a column is written with."""
    import numpy as np

    for decimals in range(6):
        if np.allclose(values, np.round(values, decimals), atol=1e-9):
            return float(0.501 * 10.0**-decimals)
    return 0.0


def _whole_shares(view: View) -> Iterator[Finding]:
    """Find neighbouring shares that add up to a hundred, or to one, in nearly every row."""
    import numpy as np

    shares = [name for name in view.numbers if SHARE_NAME.search(name)]
    taken: set[str] = set()
    for size in range(min(SHARES_MOST, len(shares)), 1, -1):
        for first in range(len(shares) - size + 1):
            names = shares[first : first + size]
            if taken & set(names):
                continue
            total = np.sum([view.number(name) for name in names], axis=0)
            total = total[np.isfinite(total)]
            if len(total) < LEAST or not _are_varied(*(view.number(name) for name in names)):
                continue
            whole = 100.0 if np.median(total) > HALF_OF_ALL else 1.0
            off = np.abs(total - whole) > max(1e-6, ROUNDED_SHARE * whole * size)
            broken = float(off.mean())
            if broken > FEW_BROKEN:
                continue
            taken |= set(names)
            if broken:
                yield tell(
                    Level.SLOWS,
                    "sum_broken",
                    column=names[-1],
                    others=names[:-1],
                    rows=view.rows(broken * len(view.sample)),
                    words={"parts": f"{whole:g} - " + " - ".join(map(shown, names[:-1]))},
                    share=round(broken, 6),
                )


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
    yield from _of_entities(view, codes)
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


def _of_entities(view: View, codes: dict[str, Any]) -> Iterator[Finding]:
    """Find what a person or thing has once and for all, except in a few of its rows."""
    import pandas as pd

    for one in (name for name in view.texts if name not in codes):
        labels, levels = pd.factorize(view.sample[one], use_na_sentinel=True)
        count = int((labels >= 0).sum())
        if not ENTITIES_LEAST <= len(levels) <= count / ROWS_AN_ENTITY:
            continue
        for two, (values, _) in codes.items():
            both = (labels >= 0) & (values >= 0)
            pairs = pd.Series(values[both]).groupby(labels[both]).value_counts()
            kept = int(pairs.groupby(level=0).max().sum())
            broken = 1 - kept / max(1, int(both.sum()))
            chance = 1 - float(pd.Series(values[both]).value_counts(normalize=True).iloc[0])
            if 0 < broken <= FIXED and broken <= 0.06 * chance:
                yield tell(
                    Level.NOTE,
                    "dependency_broken",
                    column=two,
                    others=(one,),
                    rows=view.rows(int(both.sum()) - kept),
                    share=round(broken, 6),
                    check=Check("decides", (one, two), holds=1 - broken).plain(),
                )
