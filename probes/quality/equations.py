"""Sums that nearly every row keeps: of columns, with weights, and to one whole."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.checks import TableCheck
from probes.quality.codes import coded_finding, shown
from probes.quality.ledgers import running_findings
from probes.quality.products import product_findings
from probes.quality.view import View, half_a_digit

if TYPE_CHECKING:
    from probes.quality.view import Floats

LEAST = 60
SUMMANDS_FROM = 14
NEAR = 8
"""A sum stands near its parts: so many columns apart at most, in a wide table."""
ROWS_COMPARED = 4_000
FEW_BROKEN = 0.15
TOLD_ROUGHLY = 0.01
"""A figure written more roughly than this fits many a quotient by chance."""
VALUES_LEAST = 8
PARTS_MOST = 6
FULL = 0.9
FITTED_ROWS = 300
FITS = 12
SLACK = 0.005
EXACT = 0.002
WHOLE = 0.5
"""Half of a whole number's last digit: so rough a figure fits many a sum of parts of it."""
TOTAL_NAME = re.compile(r"total|sum|gross|gesamt|brutto|all$|overall", re.IGNORECASE)


def equation_findings(view: View, proposed: list[TableCheck]) -> Iterator[Finding]:
    """Say which rows break an equation that the others keep; those all keep go to `proposed`."""
    yield from _sums(view, proposed)
    yield from product_findings(view, proposed)
    yield from _lines(view)
    yield from running_findings(view)


def _picked(view: View) -> tuple[list[str], Any]:
    """Return the columns that sums are sought among, and their rows without gaps, at most some."""
    import numpy as np

    names = [
        name
        for name in view.numbers
        if name not in view.keys
        and np.isfinite(view.number(name)).mean() >= 0.6
        and (view.facts.columns[name].distinct or 0) > VALUES_LEAST
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


def _sums(view: View, proposed: list[TableCheck]) -> Iterator[Finding]:
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
                check = TableCheck(
                    "sum", (names[i], names[j], names[k]), {"tolerance": found[1]}, 1 - found[0]
                )
                yield from _sum_found(view, "sum_broken", check, found[0], " + ", proposed)
    rest = [k for k in range(min(len(names), SUMMANDS_FROM)) if k not in taken]
    full = [k for k in rest if np.isfinite(table[:, k]).mean() >= FULL]
    yield from _constant_sums(view, [names[k] for k in full], table[:, full])
    yield from _weighted(view, [names[k] for k in full], table[:, full], proposed)


def _holds(made: Floats, stated: Floats, parts: list[Floats]) -> tuple[float, float] | None:
    """Return the share of rows that break an equation, and its tolerance; nothing for chance."""
    import numpy as np

    typical = float(np.median(np.abs(stated)))
    tolerance = max(min(0.011, 0.002 * typical), 1e-9 * float(np.nanmax(np.abs(stated))))
    off = np.abs(made - stated) > tolerance
    share = float(off.mean())
    if share > FEW_BROKEN:
        return None
    varied = all(len(np.unique(part[:500])) > VALUES_LEAST for part in [*parts, stated])
    nonzero = min(float(np.mean(part != 0)) for part in parts)
    if not varied or nonzero < 0.25:
        return None
    return share, round(tolerance, 6)


def _sum_found(
    view: View, code: str, check: TableCheck, share: float, sign: str, proposed: list[TableCheck]
) -> Iterator[Finding]:
    *parts, total = check.columns
    if share == 0:
        proposed.append(check)
        return
    words = {"parts": sign.join(map(shown, parts))}
    yield coded_finding(
        FindingLevel.SLOWS,
        code,
        column=total,
        others=parts,
        rows=view.rows(share * len(view.sample)),
        where=check.breaks(),
        words=words,
        share=round(share, 6),
        check=check.plain(),
    )


def _weighted(
    view: View, names: list[str], table: Any, proposed: list[TableCheck]
) -> Iterator[Finding]:
    """Find a column that is a sum of others, each with its own weight, and a constant.

    A fit by the least absolute error is not moved by the rows that break it, so that whole and
    short weights come out as they are.
    """
    import numpy as np

    usable = np.isfinite(table).all(axis=1)
    if len(names) < 3 or usable.sum() < 3 * len(names) + 30:
        return
    table = table[usable]
    first = table[:: max(1, len(table) // FITTED_ROWS)]
    spreads = np.std(first, axis=0)
    reported: set[frozenset[int]] = set()
    order = sorted(range(len(names)), key=lambda k: (not TOTAL_NAME.search(names[k]), -k))
    for k in order:
        unit = half_a_digit(first[:, k])
        rough = not 0 < unit <= TOLD_ROUGHLY * 5 * spreads[k]
        if rough or not _are_varied(first[:, k]):
            continue
        others = [i for i in range(len(names)) if i != k and spreads[i] > 0]
        weights, constant = _least_absolute(first[:, others], first[:, k])
        near = [abs(w) * spreads[i] > unit for w, i in zip(weights, others, strict=True)]
        kept = {i: _short(w) for i, w, used in zip(others, weights, near, strict=True) if used}
        if not 2 <= len(kept) <= PARTS_MOST or frozenset([k, *kept]) in reported:
            continue
        made = sum(w * table[:, i] for i, w in kept.items())
        constant = float(np.median(table[:, k] - made))
        off = np.abs(table[:, k] - made - constant) > 1.05 * unit
        share = float(off.mean())
        plain = len(set(kept.values())) == 1 and next(iter(kept.values())) == 1
        whole = all(w == round(w) for w in kept.values()) or unit < max(WHOLE, EXACT * spreads[k])
        if share > FEW_BROKEN or any(w == 0 for w in kept.values()) or not whole:
            continue
        reported.add(frozenset([k, *kept]))
        if plain and abs(constant) <= unit:
            columns = (*(names[i] for i in kept), names[k])
            check = TableCheck("sum", columns, {"tolerance": round(unit, 6)}, 1 - share)
            yield from _sum_found(view, "sum_broken", check, share, " + ", proposed)
        elif share:
            terms = [(w, shown(names[i])) for i, w in kept.items()]
            parts = _worded(terms, constant if abs(constant) > unit else 0.0)
            yield _breaks_equation(
                view, "sum_broken", names[k], [names[i] for i in kept], parts, share
            )


def _least_absolute(x: Floats, y: Floats) -> tuple[Floats, float]:
    """Return weights and a constant that make the sum of absolute errors small."""
    import numpy as np

    columns = np.column_stack([x, np.ones(len(y))])
    weights = np.ones(len(y))
    fit = np.zeros(columns.shape[1])
    for _ in range(FITS):
        root = np.sqrt(weights)[:, None]
        fit, *_rest = np.linalg.lstsq(columns * root, y * root[:, 0], rcond=None)
        off = np.abs(y - columns @ fit)
        weights = 1 / np.maximum(off, 1e-6 * (np.abs(y).mean() + 1e-12))
    return fit[:-1], float(fit[-1])


def _short(weight: float) -> float:
    """Return a weight as somebody would write it: to three digits."""
    return float(f"{weight:.3g}") if abs(weight - round(weight)) > SLACK else float(round(weight))


def _worded(terms: list[tuple[float, str]], constant: float) -> str:
    """Return a sum in words: “3 × won + drawn - 2”."""
    text = ""
    for weight, name in terms:
        sign = ("-" if weight < 0 else "") if not text else (" - " if weight < 0 else " + ")
        text += sign + (name if abs(weight) == 1 else f"{abs(weight):g} × {name}")
    return text + (f" {'+' if constant > 0 else '-'} {abs(constant):g}" if constant else "")


def _are_varied(*columns: Floats) -> bool:
    import numpy as np

    return min(len(np.unique(values[:500])) for values in columns) > VALUES_LEAST


def _breaks_equation(
    view: View, code: str, name: str, others: Sequence[str], parts: str, share: float
) -> Finding:
    return coded_finding(
        FindingLevel.SLOWS,
        code,
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
    reported: set[int] = set()
    for i, j in ((a, b) for a in range(len(names)) for b in range(len(names)) if a != b):
        usable = np.isfinite(table[:, i]) & np.isfinite(table[:, j])
        if usable.sum() < LEAST or {i, j} & reported:
            continue
        x, y = table[usable, i], table[usable, j]
        line = _line(x, y)
        if line is None:
            continue
        factor, constant = line
        told = half_a_digit(y) + abs(factor) * half_a_digit(x)
        off = np.abs(factor * x + constant - y) > told + 1e-9 * np.abs(y)
        broken = float(off.mean())
        if 0 < broken <= FEW_BROKEN:
            reported |= {i, j}
            rest = (
                f" {'+' if constant > 0 else '-'} {abs(constant):g}" if abs(constant) > 1e-9 else ""
            )
            parts = f"{factor:g} × {shown(names[i])}{rest}"
            yield _breaks_equation(view, "product_broken", names[j], (names[i],), parts, broken)


def _line(x: Floats, y: Floats) -> tuple[float, float] | None:
    """Return the factor and the constant that most rows keep exactly, if they do."""
    import numpy as np

    unit = half_a_digit(y)
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
    for _ in range(2):  # rounding moves a slope between two rows more than that of all
        off = np.abs(y - factor * x - np.median(y - factor * x))
        near = off <= np.quantile(off, 1 - FEW_BROKEN)
        factor, constant = map(float, np.polyfit(x[near], y[near], 1))
    if abs(constant) <= 2 * unit:
        factor = float(x[near] @ y[near] / (x[near] @ x[near]))
    if abs(abs(factor) - 1) < 1e-3 or factor == 0:
        return None
    best: tuple[float, float, float] | None = None
    for digits in range(3, 7):  # as many as the rows need, as 2.2 or 2.20462
        short = float(f"{factor:.{digits}g}")
        constant = float(f"{np.median(y - short * x):.4g}")
        constant = 0.0 if abs(constant) <= unit else constant
        near = float((np.abs(short * x + constant - y) <= unit + 1e-9 * np.abs(y)).mean())
        if near > (best[0] if best else 1 - FEW_BROKEN):
            best = (near, short, constant)
    return best[1:] if best else None


def _constant_sums(view: View, names: list[str], table: Any) -> Iterator[Finding]:
    """Find neighbouring columns that add up to one number, as shares to a hundred."""
    import numpy as np

    taken: set[int] = set()
    for size in range(min(PARTS_MOST, len(names)), 1, -1):
        for first in range(len(names) - size + 1):
            run = range(first, first + size)
            if taken & set(run):
                continue
            total = table[:, first : first + size].sum(axis=1)
            total = total[np.isfinite(total)]
            if len(total) < LEAST:
                continue
            whole = float(np.median(total))
            unit = max(half_a_digit(table[:, i]) for i in run)
            off = np.abs(total - whole) > max(1e-6, 2 * unit * size)
            spread = float(np.nanstd(table[:, first]))
            broken = float(off.mean())
            if broken > FEW_BROKEN or whole <= 0 or spread < 10 * unit * size:
                continue
            if not _are_varied(*(table[:, i] for i in run)):
                continue
            taken |= set(run)
            if broken:
                parts = f"{whole:g} - " + " - ".join(shown(names[i]) for i in run[:-1])
                others = [names[i] for i in run[:-1]]
                yield _breaks_equation(view, "sum_broken", names[run[-1]], others, parts, broken)
