"""Rows that go on where the one before ended, as balances and the stands of a meter."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import TYPE_CHECKING, Any

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.codes import coded_finding, shown
from probes.quality.sentences import say
from probes.quality.view import View

if TYPE_CHECKING:
    from probes.quality.view import Floats

LEAST = 60
COLUMNS_MOST = 14
BALANCED_MOST = 9
ROWS_MOST = 6_000
SAMPLED_WHOLE = 1.05
HELD = 0.85
FIRST = 400
OWNERS_MOST = 8
VARIES = 8
ANEW = 0.8


def running_findings(view: View) -> Iterator[Finding]:
    """Find a column that is its last value plus another column, or the last value of another."""
    import numpy as np

    if view.scale > SAMPLED_WHOLE or len(view.sample) < 2 * LEAST:
        return
    names = [
        one for one in view.numbers[:COLUMNS_MOST] if np.isfinite(view.number(one)).mean() > HELD
    ]
    best: dict[tuple[str, ...], list[Finding]] = {}
    for order, same in _orders(view):
        columns = {name: view.number(name)[order] for name in names}
        for made in names:
            for parts in _parts_of(made, names):
                found = _running(columns, made, parts, same)
                if found is not None:
                    # The order in which the fewest rows break it is the one that is meant.
                    key = (made, *parts)
                    best[key] = min((found, best.get(key, found)), key=_broken_rows)
    reported: set[str] = set()
    for names_of, findings in best.items():
        if not reported & set(names_of):
            reported |= set(names_of)
            yield from findings


def _parts_of(made: str, names: list[str]) -> Iterator[tuple[str, ...]]:
    """Yield the columns that may be added to a balance: one, or one less another."""
    yield from ((name,) for name in names if name != made)
    yield from permutations([name for name in names[:BALANCED_MOST] if name != made], 2)


def _broken_rows(findings: list[Finding]) -> int:
    return sum(int(one.evidence["rows"]) for one in findings)


def _orders(view: View) -> Iterator[tuple[Any, Any]]:
    """Yield orders of the rows, and for each row but the first whether it goes on with the last."""
    import numpy as np

    rows = np.arange(min(len(view.sample), ROWS_MOST))
    yield rows, np.ones(len(rows) - 1, dtype=bool)
    at = view.moment(view.clock).astype("int64").to_numpy()[rows] if view.clock else rows
    if view.clock:
        ordered = np.argsort(at, kind="stable")
        yield ordered, np.ones(len(rows) - 1, dtype=bool)
    owners = [one for one in (view.roles.entity, *view.categories) if one and one in view.sample]
    for name in list(dict.fromkeys(owners))[:OWNERS_MOST]:
        whose = view.codes(name).of_row[rows]
        ordered = np.lexsort((at, whose))
        yield ordered, np.diff(whose[ordered]) == 0


def _running(
    columns: dict[str, Floats], one: str, parts: tuple[str, ...], same: Any
) -> list[Finding] | None:
    """Return what breaks a running relation: an empty list where none does, nothing without one."""
    import numpy as np

    a = columns[one]
    b = columns[parts[0]] - (columns[parts[1]] if len(parts) > 1 else 0.0)
    other = " - ".join(map(shown, parts))
    rest = [values for name, values in columns.items() if name not in (one, *parts)]
    nearly = max(1e-6, 1e-9 * float(np.nanmax(np.abs(a))))
    relations = [("row_before_plus", np.diff(a) - b[1:])]
    if len(parts) == 1:
        relations += [
            ("row_before_less", np.diff(a) + b[1:]),
            ("row_before_of", a[1:] - b[:-1]),
        ]
    for text, off in relations:
        head = off[:FIRST][same[:FIRST]]
        if len(head) < LEAST / 2 or (np.abs(head) <= nearly).mean() < HELD - 0.1:
            continue
        usable = same & np.isfinite(off)
        wrong = np.abs(off[usable]) > nearly
        moves = float((b[1:][usable] != 0).mean())
        varied = min(len(np.unique(a)), len(np.unique(b))) > VARIES
        constant = float((np.diff(a)[usable] == 0).mean()) > 1 - HELD
        if usable.sum() < LEAST or wrong.mean() > 1 - HELD or moves < 0.5 or not varied or constant:
            continue
        if not wrong.any() or _begins_anew(rest, usable, wrong):
            return []
        share = float(wrong.mean())
        return [
            coded_finding(
                FindingLevel.SLOWS,
                "sum_broken",
                column=one,
                others=parts,
                rows=int(wrong.sum()),
                words={"parts": say(text, name=shown(one), other=other)},
                share=round(share, 6),
            )
        ]
    return None


def _begins_anew(rest: list[Floats], usable: Any, wrong: Any) -> bool:
    """Whether another column changes, or falls back, wherever it breaks: another firm begins."""
    import numpy as np

    for values in rest:
        steps = np.diff(values)[usable]
        for turned in (steps != 0, steps < 0):
            if turned[wrong].mean() >= ANEW and turned[~wrong].mean() <= 1 - ANEW:
                return True
    return False
