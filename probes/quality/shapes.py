"""Shares that are others from a moment on: of a column's words, or of ranges of its numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.codes import coded_finding, found, graded, percent, shown
from probes.quality.sentences import say
from probes.quality.slices import Slices
from probes.quality.view import View, half_a_digit, since

if TYPE_CHECKING:
    from probes.quality.view import Floats

MOVED = 0.12
MOVED_SURE = 0.5
SURER = 2.5
NEAR = 3
"""So many slices on each side of the moment must differ as well."""
RANGES = 8
OFTEN = 0.05
FREQUENT_MOST = 4
MOSTLY = 0.5
REPEATED = 0.3
RANDOM = 0.5
RANGE_ROWS = 20


def category_shares(view: View, slices: Slices, name: str, table: Floats) -> Iterator[Finding]:
    """Find a moment from which a column's words have other shares than before.

    Args:
        view: a table's sample.
        slices: its rows in slices of time.
        name: of the column.
        table: how often each word (down) occurs in each slice (across).
    """
    turn = moved(table)
    if turn is not None:
        cut, share, _ = turn
        yield coded_finding(
            graded(share, slows=MOVED_SURE),
            "category_drift",
            column=name,
            where=since(view, slices.begins[cut]),
            words={"day": slices.day(cut)},
            share=round(share, 5),
        )


def number_shape(view: View, slices: Slices, name: str, values: Floats) -> Iterator[Finding]:
    """Find a moment from which numbers lie elsewhere, repeat a value, or follow none any more."""
    import numpy as np

    usable = np.isfinite(values)
    own, of_row = values[usable], slices.of_row[usable]
    frequent = _frequent(own, of_row, slices.count)
    rest = own[~np.isin(own, frequent)]
    if len(rest) < RANGES * RANGE_ROWS:
        return
    edges = np.unique(np.quantile(rest, np.linspace(0, 1, RANGES + 1)[1:-1]))
    kinds = np.searchsorted(edges, own, side="right")
    for at, value in enumerate(frequent):
        kinds[own == value] = len(edges) + 1 + at
    table = np.zeros((len(edges) + 1 + len(frequent), slices.count))
    np.add.at(table, (kinds, of_row), 1)
    turn = moved(table)
    if turn is not None:
        cut, share, most = turn
        rows = table / table.sum(axis=0)
        before, after = rows[most, :cut].mean(), rows[most, cut:].mean()
        where, day = since(view, slices.begins[cut]), slices.day(cut)
        alone = most > len(edges)
        code, key = (
            ("new_category", "one_value_since") if alone else ("noise_changed", "elsewhere_since")
        )
        sentence = say(
            key,
            name=shown(name),
            day=day,
            share=percent(share),
            before=percent(float(before)),
            after=percent(float(after)),
        )
        evidence = {"share": round(share, 5), **({"where": where} if where else {})}
        yield found(FindingLevel.NOTE, code, sentence, evidence, column=name)
        return
    yield from _followed(view, slices, name, values)


def _frequent(values: Floats, of_row: Any, slices: int) -> Floats:
    """Return numbers that alone make a good part of the rows, at the beginning or in the end."""
    import numpy as np

    found: set[float] = set()
    for part in (values[of_row < slices // 4], values[of_row >= slices - slices // 4]):
        numbers, counts = np.unique(part, return_counts=True)
        found |= set(numbers[counts >= OFTEN * max(1, len(part))].tolist())
    most = sorted(found, key=lambda one: -float((values == one).mean()))[:FREQUENT_MOST]
    return np.array(most, dtype=np.float64)


def _followed(view: View, slices: Slices, name: str, values: Floats) -> Iterator[Finding]:
    """Find a moment from which each number repeats the last one, or no longer is near it."""
    import numpy as np

    if view.panel is not None:
        return
    same, moves = np.zeros(slices.count), np.zeros(slices.count)
    spread = float(np.nanstd(values))
    unit = 2 * half_a_digit(values[np.isfinite(values)]) or 1e-9
    for at in range(slices.count):
        part = values[slices.of_row == at]
        part = part[np.isfinite(part)]
        if len(part) < RANGE_ROWS or np.std(part) == 0:
            return
        same[at] = np.mean(np.diff(part) == 0)
        moves[at] = np.log(max(unit, float(np.median(np.abs(np.diff(part))))) / spread)
    for series, least, text in (
        (same, REPEATED, "repeats_since"),
        (-moves, RANDOM, "follows_since"),
    ):
        for cut in range(NEAR, slices.count - NEAR + 1):
            before, after = series[: cut - 1], series[cut + 1 :]
            apart = max(after.min() - before.max(), before.min() - after.max())
            if apart >= least and float(np.ptp(before) + np.ptp(after)) <= 2 * apart:
                key = text if np.mean(after) > np.mean(before) else f"{text}_less"
                where = since(view, slices.begins[cut])
                evidence = {"before": float(np.median(before)), "after": float(np.median(after))}
                evidence = {key: round(value, 4) for key, value in evidence.items()}
                code = "flat_line" if text == "repeats_since" else "noise_changed"
                sentence = say(key, name=shown(name), day=slices.day(cut))
                reported = {**evidence, **({"where": where} if where else {})}
                yield found(FindingLevel.NOTE, code, sentence, reported, column=name)
                return


def moved(table: Floats) -> tuple[int, float, int] | None:
    """Return the slice from which shares are others, how many rows moved, and the row that most.

    Both sides must be steady: their own halves differ far less than they do from each other, and
    the slices next to the moment differ as much.

    Args:
        table: how often each kind (down) occurs in each slice of time (across).
    """
    import numpy as np

    sizes = table.sum(axis=0)
    if (sizes < 1).any():
        return None
    shares = table / sizes
    best, where = 0.0, None
    for cut in range(NEAR, table.shape[1] - NEAR + 1):
        apart = _apart(shares[:, :cut], shares[:, cut:])
        if apart > best:
            best, where = apart, cut
    if where is None or best < MOVED:
        return None
    sides = (shares[:, :where], shares[:, where:])
    inside = max(_apart(s[:, : s.shape[1] // 2], s[:, s.shape[1] // 2 :]) for s in sides)
    near = _apart(shares[:, where - NEAR : where], shares[:, where : where + NEAR])
    noise = float(np.sqrt(len(table) / sizes.sum()))
    if best < SURER * max(inside, noise) or near < MOSTLY * best:
        return None
    change = sides[1].mean(axis=1) - sides[0].mean(axis=1)
    return where, best, int(np.argmax(np.abs(change)))


def _apart(one: Floats, other: Floats) -> float:
    """Return which share of the rows moved between two stretches of time."""
    import numpy as np

    return float(np.abs(one.mean(axis=1) - other.mean(axis=1)).sum() / 2)
