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
from probes.quality.culprits import BROKEN_MOST, all_said, instead, is_few, whose
from probes.quality.ledgers import running_findings
from probes.quality.products import product_findings
from probes.quality.view import View, half_a_digit

if TYPE_CHECKING:
    from probes.quality.view import Flags, Floats, Whole

LEAST = 60
SUMMANDS_FROM = 14
NEAR = 8
"""A sum stands near its parts: so many columns apart at most, in a wide table."""
ROWS_COMPARED = 4_000
FEW_BROKEN = 0.15
TOLD_ROUGHLY = 0.01
"""A figure written more roughly than this fits many a quotient by chance."""
VALUES_LEAST = 8
FEES_LEAST = 2
"""Of a sum's parts one may have few values, as what a delivery costs."""
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


def _picked(view: View, values: int = VALUES_LEAST) -> tuple[list[str], Any, Whole]:
    """Return the columns that sums are sought among, at most some rows, and those rows' places."""
    import numpy as np

    names = [
        name
        for name in view.numbers
        if name not in view.keys
        and np.isfinite(view.number(name)).mean() >= 0.6
        and (view.facts.columns[name].distinct or 0) > values
    ]
    if not names:
        return [], np.empty((0, 0)), np.empty(0, dtype=np.int64)
    table = np.column_stack([view.number(name) for name in names])
    step = max(1, len(table) // ROWS_COMPARED)
    return names, table[::step], np.arange(len(table))[::step]


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

    names, table, rows = _picked(view)
    taken: set[int] = set()
    for i, j, others in _triples(len(names)):
        both = table[:, i] + table[:, j]
        for k in others:
            if k in taken:
                continue
            usable = np.isfinite(both) & np.isfinite(table[:, k])
            if usable.sum() < LEAST:
                continue
            made, parts = both[usable], [table[usable, i], table[usable, j]]
            found = _holds(made, table[usable, k], parts)
            if found is None:
                continue
            off, tolerance = found
            share, at = float(off.mean()), rows[usable]
            if is_few(share, FEW_BROKEN, view, off, at):
                taken.add(k)
                columns = (names[i], names[j], names[k])
                check = TableCheck("sum", columns, {"tolerance": tolerance}, 1 - share)
                said = all_said(
                    whose(view, off, at), instead(view, made, off, at, tolerance, columns)
                )
                yield from _sum_found(view, check, share, said, proposed)
    rest = [k for k in range(min(len(names), SUMMANDS_FROM)) if k not in taken]
    full = [k for k in rest if np.isfinite(table[:, k]).mean() >= FULL]
    yield from _constant_sums(view, [names[k] for k in full], table[:, full], rows)
    yield from _weighted(view, {names[k] for k in taken}, proposed)


def _holds(made: Floats, stated: Floats, parts: list[Floats]) -> tuple[Flags, float] | None:
    """Return which rows break an equation, and its tolerance; nothing for chance."""
    import numpy as np

    typical = float(np.median(np.abs(stated)))
    tolerance = max(min(0.011, 0.002 * typical), 1e-9 * float(np.nanmax(np.abs(stated))))
    off = np.abs(made - stated) > tolerance
    if off.mean() > BROKEN_MOST:
        return None
    varied = all(len(np.unique(part[:500])) > VALUES_LEAST for part in [*parts, stated])
    nonzero = min(float(np.mean(part != 0)) for part in parts)
    if not varied or nonzero < 0.25:
        return None
    return off, round(tolerance, 6)


def _sum_found(
    view: View, check: TableCheck, share: float, said: str, proposed: list[TableCheck]
) -> Iterator[Finding]:
    *parts, total = check.columns
    if share == 0:
        proposed += [] if check in proposed else [check]
        return
    words = {"parts": " + ".join(map(shown, parts)), "whose": said}
    yield coded_finding(
        FindingLevel.SLOWS,
        "sum_broken",
        column=total,
        others=parts,
        rows=view.rows(share * len(view.sample)),
        where=check.breaks(),
        words=words,
        share=round(share, 6),
        check=check.plain(),
    )


def _weighted(view: View, made_up: set[str], proposed: list[TableCheck]) -> Iterator[Finding]:
    """Find a column that is a sum of others, each with its own weight, and a constant.

    Args:
        view: a table's sample.
        made_up: columns known to be the sum of two others.
        proposed: where rules go that every row keeps.
    """
    import numpy as np

    names, table, rows = _picked(view, FEES_LEAST)
    left = [k for k, name in enumerate(names) if name not in made_up]
    full = [k for k in left if np.isfinite(table[:, k]).mean() >= FULL]
    told: set[str | None] = set()
    for some in dict.fromkeys((tuple(full[:SUMMANDS_FROM]), tuple(full[-SUMMANDS_FROM:]))):
        place = list(some)
        for one in _weighted_among(
            view, [names[k] for k in place], table[:, place], rows, proposed
        ):
            yield from () if one.column in told else (one,)
            told.add(one.column)


def _weighted_among(
    view: View, names: list[str], table: Any, rows: Whole, proposed: list[TableCheck]
) -> Iterator[Finding]:
    """Find such sums among a few columns, which all rows looked at fill."""
    import numpy as np

    usable = np.isfinite(table).all(axis=1)
    if len(names) < 3 or usable.sum() < 3 * len(names) + 30:
        return
    table, rows = table[usable], rows[usable]
    reported: set[frozenset[int]] = set()
    order = sorted(range(len(names)), key=lambda k: (not TOTAL_NAME.search(names[k]), -k))
    for k in order:
        fit = _fitted(table, k)
        if fit is None or frozenset([k, *fit[0]]) in reported:
            continue
        kept, constant, unit = fit
        made = sum(w * table[:, i] for i, w in kept.items()) + constant
        off = np.abs(table[:, k] - made) > 1.05 * unit
        share = float(off.mean())
        if not is_few(share, FEW_BROKEN, view, off, rows):
            continue
        reported.add(frozenset([k, *kept]))
        others = [names[i] for i in kept]
        used = [names[k], *others]
        said = all_said(whose(view, off, rows), instead(view, made, off, rows, unit, used))
        if set(kept.values()) == {1.0} and abs(constant) <= unit:
            check = TableCheck("sum", (*others, names[k]), {"tolerance": round(unit, 6)}, 1 - share)
            yield from _sum_found(view, check, share, said, proposed)
        elif share:
            terms = [(w, shown(names[i])) for i, w in kept.items()]
            parts = _worded(terms, constant if abs(constant) > unit else 0.0)
            yield _breaks_equation(view, "sum_broken", names[k], others, parts, share, said)


def _fitted(table: Any, k: int) -> tuple[dict[int, float], float, float] | None:
    """Return the weights, the constant and half the last digit of a column as a sum of others.

    A fit by the least absolute error is not moved by the rows that break it, so that whole and
    short weights come out as they are.
    """
    import numpy as np

    first = table[:: max(1, len(table) // FITTED_ROWS)]
    spreads = np.std(first, axis=0)
    unit = half_a_digit(first[:, k])
    if not 0 < unit <= TOLD_ROUGHLY * 5 * spreads[k] or not _are_varied(first[:, k]):
        return None
    others = [i for i in range(table.shape[1]) if i != k and spreads[i] > 0]
    weights, _ = _least_absolute(first[:, others], first[:, k])
    near = [abs(w) * spreads[i] > unit for w, i in zip(weights, others, strict=True)]
    kept = {i: _short(w) for i, w, used in zip(others, weights, near, strict=True) if used}
    whole = all(w == round(w) for w in kept.values()) or unit < max(WHOLE, EXACT * spreads[k])
    if not 2 <= len(kept) <= PARTS_MOST or 0 in kept.values() or not whole:
        return None
    constant = float(np.median(table[:, k] - sum(w * table[:, i] for i, w in kept.items())))
    return kept, constant, unit


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
    view: View,
    code: str,
    name: str,
    others: Sequence[str],
    parts: str,
    share: float,
    said: str = "",
) -> Finding:
    return coded_finding(
        FindingLevel.SLOWS,
        code,
        column=name,
        others=others,
        rows=view.rows(share * len(view.sample)),
        words={"parts": parts, "whose": said},
        share=round(share, 6),
    )


def _lines(view: View) -> Iterator[Finding]:
    """Find one column that another one makes, times a factor and plus a constant, as degrees."""
    import numpy as np

    names, table, rows = _picked(view)
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
            used, at = (names[i], names[j]), rows[usable]
            swaps = (
                instead(view, factor * x + constant, off, at, told, used),
                instead(view, (y - constant) / factor, off, at, told / abs(factor), used),
            )
            said = all_said(whose(view, off, at), next(filter(None, swaps), ""))
            rest = (
                f" {'+' if constant > 0 else '-'} {abs(constant):g}" if abs(constant) > 1e-9 else ""
            )
            parts = f"{factor:g} × {shown(names[i])}{rest}"
            others = (names[i],)
            yield _breaks_equation(view, "product_broken", names[j], others, parts, broken, said)


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
    if abs(factor - 1) < 1e-3 or factor == 0:
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


def _constant_sums(view: View, names: list[str], table: Any, rows: Whole) -> Iterator[Finding]:
    """Find neighbouring columns, or any two, that add up to one number, as shares to a hundred."""
    import numpy as np

    taken: set[int] = set()
    halves = [half_a_digit(part[np.isfinite(part)]) for part in table.T]
    for run in _runs(len(names)):
        own = table[:, run]
        usable = np.isfinite(own).all(axis=1)
        if taken & set(run) or usable.sum() < LEAST:
            continue
        own, at = own[usable], rows[usable]
        total = own.sum(axis=1)
        whole = float(np.median(total))
        slack = 2 * len(run) * max(halves[i] for i in run)
        off = np.abs(total - whole) > max(1e-6, slack)
        wide = float(np.std(own[~off], axis=0).min()) >= 2 * slack if not off.all() else False
        if whole <= 0 or not wide or off.mean() > BROKEN_MOST or not _are_varied(*own.T):
            continue
        if not is_few(float(off.mean()), FEW_BROKEN, view, off, at):
            continue
        taken |= set(run)
        if off.any():
            used = [names[i] for i in run]
            parts = f"{whole:g} - " + " - ".join(map(shown, used[:-1]))
            due = [whole - total + part for part in own.T]
            swaps = (instead(view, one, off, at, slack, used) for one in due)
            said = all_said(whose(view, off, at), next(filter(None, swaps), ""))
            share = float(off.mean())
            yield _breaks_equation(view, "sum_broken", used[-1], used[:-1], parts, share, said)


def _runs(count: int) -> Iterator[list[int]]:
    """Yield columns side by side, the most first, and then every two."""
    for size in range(min(PARTS_MOST, count), 1, -1):
        yield from (list(range(first, first + size)) for first in range(count - size + 1))
    yield from map(list, combinations(range(count), 2))
