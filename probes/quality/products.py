"""Products and rates that nearly every row keeps, whatever the factor between their units."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.checks import TableCheck
from probes.quality.codes import coded_finding, shown
from probes.quality.view import View, half_a_digit
from probes.sources import ColumnFamily

if TYPE_CHECKING:
    from probes.quality.view import Floats

LEAST = 60
COLUMNS_MOST = 14
ROWS_FIRST = 240
ROWS_MOST = 4_000
FEW_BROKEN = 0.15
NEARLY = 0.002
"""How far from what it should be a product may be, as a share of it."""
LOOSE = 0.1
"""A rule that lets rows be farther off than this is no check to keep."""
ROUGH = 0.01
"""A figure written more roughly than this fits many a product by chance."""
VARIES = 0.02
FIRST_WIDTH = 0.04
VALUES_LEAST = 8
PRICES_LEAST = 4
"""A list of prices and how many were taken may have few values; what comes of them has many."""
RATES_MOST = 6
RATE_ROWS = 0.02
RATES_SURE = 0.85
ROUNDED_BOTH = 1.5
"""What is taxed and the tax are rounded, and so is the middle of their ratios."""
ROUNDED_AWAY = 0.99
"""So much of a number that is hardly more than what it is rounded by may be its rounding."""
DIGITS = (3, 4, 6)
"""How many digits somebody writes a factor with, as 100 or 2.20462."""
HALF = 0.5
COUNTS_NEAR = 0.01
"""How near to a whole number the parts of a price for single pieces are."""
PER_CENT = re.compile(
    r"per_?cent|pct|prozent|%|disc|rabatt|remise|tax|vat|mwst|iva|tva|rate|share|margin|markup",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Term:
    """A factor: its column, its words, its logarithms, and how far rounding may move it.

    Whole numbers are counts as a rule: as a part they are `exact`, as a result they may be rounded.
    """

    column: str
    said: str
    logs: Floats
    exact: Floats
    rounded: Floats
    plain: bool = True
    many: bool = True


def product_findings(view: View, proposed: list[TableCheck]) -> Iterator[Finding]:
    """Say which rows break a product or a rate that the others keep."""
    terms = list(_terms(view))
    reported: set[frozenset[str]] = set()
    for made, parts in _candidates(terms):
        names = frozenset([made.column, *(term.column for term in parts)])
        if names in reported or len(names) < len(parts) + 1 - _squares(parts):
            continue
        seen = _holds(made, parts)
        if seen is None:
            continue
        reported.add(names)
        yield from _found(view, made, parts, seen, proposed)
    yield from _rates(view, [term for term in terms if term.plain and term.many], reported)


def _squares(parts: tuple[Term, ...]) -> int:
    return len(parts) - len({term.column for term in parts})


def _terms(view: View) -> Iterator[Term]:
    """Yield columns as factors, and one less or plus those that are shares."""
    import numpy as np

    step = max(1, len(view.sample) // ROWS_MOST)
    names = [one for one in view.numbers if one not in view.keys][:COLUMNS_MOST]
    two_rates = [one for one in view.names(ColumnFamily.NUMBER) if one not in view.numbers]
    for name in [*names, *(one for one in two_rates if PER_CENT.search(one))]:
        values = view.number(name)[::step]
        present = values[np.isfinite(values)]
        if len(present) < LEAST or (present == 0).mean() > 0.5:
            continue
        half = half_a_digit(present)
        if len(np.unique(present)) > PRICES_LEAST:
            yield _term(name, shown(name), values, half)
        if PER_CENT.search(name) and present.min() >= 0 and present.max() <= 100:
            for whole in (1.0, 100.0) if present.max() <= 1 else (100.0,):
                for sign, word in ((-1, "-"), (1, "+")):
                    part = f" / {whole:g}" if whole > 1 else ""
                    text = f"(1 {word} {shown(name)}{part})"
                    yield _term(name, text, 1 + sign * values / whole, 0.0, plain=False)


def _term(name: str, text: str, values: Floats, half: float, *, plain: bool = True) -> Term:
    import numpy as np

    many = len(np.unique(values[np.isfinite(values)])) > VALUES_LEAST

    size = np.where(values == 0, np.nan, np.abs(values))
    rounded = -np.log1p(-np.minimum(half / size, ROUNDED_AWAY))
    return Term(name, text, np.log(size), rounded * (half < HALF), rounded, plain, many)


def _candidates(terms: list[Term]) -> Iterator[tuple[Term, tuple[Term, ...]]]:
    """Yield a column and what it may be the product of: on a few rows it nearly is."""
    import numpy as np

    plain = [term for term in terms if term.plain]
    if len(plain) < 2:
        return
    step = max(1, len(plain[0].logs) // ROWS_FIRST)
    table = np.column_stack([term.logs[::step] for term in plain])
    shares = [term for term in terms if not term.plain]
    sums: list[tuple[tuple[Term, ...], Floats]] = []
    for i, j in combinations(range(len(plain)), 2):
        both = table[:, i] + table[:, j]
        sums.append(((plain[i], plain[j]), both))
        sums += [((plain[i], plain[j], s), both + s.logs[::step]) for s in shares]
        sums.append(((plain[i], plain[j], plain[j]), both + table[:, j]))
        sums.append(((plain[i], plain[i], plain[j]), both + table[:, i]))
    sums += [
        ((plain[i], s), table[:, i] + s.logs[::step]) for i in range(len(plain)) for s in shares
    ]
    for parts, logs in sums:
        off = logs[:, None] - table
        with np.errstate(invalid="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # rows of gaps have no median
            off -= np.nanmedian(off, axis=0)
            near = np.nanmean(np.abs(off) <= FIRST_WIDTH, axis=0)
        for k in np.flatnonzero(near >= 1 - 1.5 * FEW_BROKEN):
            if plain[k].many and plain[k].column not in {term.column for term in parts}:
                yield plain[k], parts


def _holds(made: Term, parts: tuple[Term, ...]) -> tuple[float, float, float] | None:
    """Return the share of rows that break a product, its factor, and how far off the others are.

    That is as a share of the product; nothing for chance.
    """
    import numpy as np

    off = np.sum([term.logs for term in parts], axis=0) - made.logs
    exact = np.sum([term.exact for term in parts], axis=0) + made.rounded
    usable = np.isfinite(off)
    if usable.sum() < LEAST:
        return None
    off, exact = off[usable], exact[usable]
    for term in (made, *parts):
        own = term.logs[usable]
        if float(np.std(own)) < VARIES or np.mean(own == 0) > 0.5:
            return None
    factor = float(np.median(off))
    constant = abs(factor) > NEARLY
    slack = exact + 1e-9 if constant else np.maximum(exact, NEARLY)
    if float(np.median(exact)) > ROUGH:
        return None
    # One column nearly the same as the other says nothing about the third.
    rest = [float(np.std(term.logs[usable] - made.logs[usable])) for term in parts]
    if min(rest) < VARIES:
        return None
    times = float(np.exp(-factor)) if constant else 1.0
    written = [times, *(float(f"{times:.{digits}g}") for digits in DIGITS)]
    tries = [(float((np.abs(off + np.log(one)) > slack).mean()), one) for one in written]
    share, times = min(tries, key=lambda one: one[0])
    if share > FEW_BROKEN:
        return None
    apart = np.abs(off + np.log(times))
    return share, times, max(NEARLY, float(np.expm1(apart[apart <= slack].max())))


def _found(
    view: View,
    made: Term,
    parts: tuple[Term, ...],
    seen: tuple[float, float, float],
    proposed: list[TableCheck],
) -> Iterator[Finding]:
    share, factor, tolerance = seen
    simple = factor == 1 and len(parts) == len({t.column for t in parts}) == 2
    simple = simple and all(term.plain for term in parts)
    columns = (*(term.column for term in parts), made.column)
    simple = simple and tolerance <= LOOSE
    held = {"tolerance": float(f"{1.001 * tolerance:.4g}")}
    check = TableCheck("product", columns, held, 1 - share) if simple else None
    if not share:
        proposed += [check] if check else []
        return
    factors = [] if factor == 1 else [f"{factor:.4g}"]
    factors += [term.said for term in parts]
    facts: dict[str, Any] = {"check": check.plain()} if check else {}
    yield coded_finding(
        FindingLevel.SLOWS,
        "product_broken",
        column=made.column,
        others=list(dict.fromkeys(term.column for term in parts)),
        rows=view.rows(share * len(view.sample)),
        where=check.breaks() if check else None,
        words={"parts": " × ".join(factors)},
        share=round(share, 6),
        **facts,
    )


def _rates(view: View, terms: list[Term], reported: set[frozenset[str]]) -> Iterator[Finding]:
    """Find a column that is another one times one of a few rates, as a tax, but in a few rows."""
    import numpy as np

    for one, two in combinations(terms, 2):
        names = frozenset([one.column, two.column])
        if any(names <= other for other in reported):
            continue
        off, exact = two.logs - one.logs, one.exact + two.exact + 1e-9
        usable = np.isfinite(off)
        if usable.sum() < LEAST or np.median(exact[usable]) > ROUGH:
            continue
        if max(float(np.median(term.rounded[usable])) for term in (one, two)) > ROUGH:
            continue
        spreads = [float(np.std(term.logs[usable])) for term in (one, two)]
        if min(spreads) < 0.2 or not _few(off[usable][:ROWS_FIRST]):
            continue
        rates = _of_few_rates(off[usable], exact[usable])
        if rates is None:
            continue
        reported.add(names)
        made, base = (two, one) if np.nanmedian(off) <= 0 else (one, two)
        words = {"parts": f"{shown(base.column)} × {rates[1]}"}
        yield coded_finding(
            FindingLevel.SLOWS,
            "product_broken",
            column=made.column,
            others=[base.column],
            rows=view.rows(rates[0] * len(view.sample)),
            words=words,
            share=round(rates[0], 6),
        )


def _few(off: Floats) -> bool:
    """Whether ratios look like a few values, by rough steps."""
    import numpy as np

    _, counts = np.unique(np.round(off, 1), return_counts=True)
    return bool(np.sort(counts)[-2 * RATES_MOST :].sum() >= 0.8 * len(off))


def _of_few_rates(off: Floats, exact: Floats) -> tuple[float, str] | None:
    """Return the share of rows off all the frequent ratios, and those in words."""
    import numpy as np

    left = np.ones(len(off), dtype=bool)
    sure = exact <= np.median(exact)
    rates: list[float] = []
    for _ in range(RATES_MOST):
        if (left & sure).sum() < RATE_ROWS * len(off):
            break
        steps, counts = np.unique(np.round(off[left & sure], 3), return_counts=True)
        best = float(steps[int(np.argmax(counts))])
        near = left & (np.abs(off - best) <= 0.0015)
        middle = float(np.median(off[near])) if near.any() else best
        hit = left & (np.abs(off - middle) <= ROUNDED_BOTH * exact + 1e-6)
        if hit.sum() < RATE_ROWS * len(off):
            break
        rates.append(middle)
        left &= ~hit
    share = float(left.mean())
    spread = max(rates, default=0.0) - min(rates, default=0.0)
    if not 2 <= len(rates) < RATES_MOST or not 0 < share <= 1 - RATES_SURE:
        return None
    # Whole numbers have few quotients anyway: rates are told to more than their own width.
    tight = float(np.median(exact)) * 20 * len(rates) < max(spread, float(np.std(off[left])))
    ordered = sorted(np.exp(-abs(rate)) for rate in rates)
    wholes = 1 / np.array(ordered)
    if np.all(np.abs(wholes - np.round(wholes)) <= COUNTS_NEAR):
        return None  # one for each piece that was taken: a price and how many
    return (share, " / ".join(f"{rate:.4g}" for rate in ordered)) if tight else None
