"""Rows that are copies of others, exactly or nearly: a model checked on one has learnt the other.

Candidates come from a few hashings of the rows on a coarse, shifted grid, each over some of the
columns. Two rows are twins when they are closer than chance allows for: the chances that each
column's difference is so small are multiplied, their product is compared with that of rows drawn at
random (Brown's method, since columns go together and repeat values), and set against the number of
rows to be close to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse, stats

from probes.baseline.columns import FramePlan, Use
from probes.baseline.neighbours import near_copies

Rows = NDArray[np.intp]
Values = NDArray[np.float64]

_TABLES: Final = 10
_TABLE_COLUMNS: Final = 5
_FEWEST_TABLES: Final = 3
_NEIGHBOURS: Final = 3
_LOOKED_AT: Final = 4
_CELL: Final = 0.15
_PAIRS: Final = 5_000
_MOST_COLUMNS: Final = 40
_LOOSE: Final = 0.01
"""A row may have so many twins by chance where at least `_MANY` of the rows have one."""

_STRICT: Final = 1e-5
_MANY: Final = 0.1
_SOME: Final = 0.01
_LARGEST: Final = 0.02
_SAME_ANSWERS: Final = 0.5
_COPIES_DRAWN: Final = 0.01
_ENOUGH: Final = 0.005
_SEED: Final = 48


@dataclass(frozen=True)
class Twins:
    """Which rows are copies of others.

    Args:
        groups: for each row the number of its group; none where there are too few copies to matter.
        share: of the rows that have a twin.
        near: of the rows that have a near twin and no exact one.
        beside: for each row those that may be its copies, where near and by chance near look alike.
    """

    groups: NDArray[np.int64] | None
    share: float = 0.0
    near: float = 0.0
    beside: Rows | None = None


def find_twins(data: pd.DataFrame, plan: FramePlan, answers: Values) -> Twins:
    """Return which rows are copies of others, exactly or nearly.

    The answer is copied, too: the same flight on another day is near, and as late as any other.

    Args:
        data: the prepared frame.
        plan: its columns; dates are not compared, since a copy is often written later.
        answers: of the rows.
    """
    copies = near_copies(data, plan, answers)
    if copies is not None:
        equal = float(data[plan.prepared_names].duplicated(keep=False).mean())
        return Twins(copies.groups, copies.share, max(0.0, copies.share - equal), copies.beside)
    cells = _Cells(data, plan)
    if cells.columns < 2:
        return Twins(None)
    first, second, chance = _close_pairs(cells)
    exact = cells.is_equal(first, second)
    exact &= chance <= _LOOSE
    _, of_exact = _groups(first[exact], second[exact], cells.rows)
    certain = chance <= _STRICT
    for kept, least in ((chance <= _LOOSE, _MANY), (certain, _SOME), (certain & exact, _SOME)):
        groups, share = _groups(first[kept], second[kept], cells.rows)
        if groups is None or share < least:
            continue
        if _answers_alike(answers, first[kept], second[kept]) >= _SAME_ANSWERS:
            return Twins(groups, share, max(0.0, share - of_exact))
    return Twins(None)


def _answers_alike(answers: Values, first: Rows, second: Rows) -> float:
    """Return how much nearer the answers of twins are than chance has it: 0 as chance, 1 equal."""
    drawn = np.random.default_rng(_SEED).integers(0, len(answers), (2, _PAIRS))
    usual = float(np.abs(answers[drawn[0]] - answers[drawn[1]]).mean())
    return 1 - float(np.abs(answers[first] - answers[second]).mean()) / usual if usual else 0.0


def _groups(first: Rows, second: Rows, rows: int) -> tuple[NDArray[np.int64] | None, float]:
    """Return each row's group and the share of rows with a twin; none where a group is too large.

    Rows that are linked through others may fill the whole table where all of it is dense.
    """
    linked = sparse.coo_matrix((np.ones(len(first)), (first, second)), shape=(rows, rows))
    _, numbers = sparse.csgraph.connected_components(linked, directed=False)
    sizes = np.bincount(numbers)
    share = float((sizes[numbers] > 1).mean())
    if sizes.max() > max(30, _LARGEST * rows):
        return None, share
    return numbers.astype(np.int64), share


def _close_pairs(cells: _Cells) -> tuple[Rows, Rows, Values]:
    """Return pairs of near rows, each with the number of rows as near that chance would bring."""
    found: list[tuple[Rows, Rows, Values]] = []
    met = np.zeros(cells.rows, dtype=bool)
    for number, (first, second) in enumerate(cells.candidates()):
        chance = cells.chance(first, second)
        kept = chance <= _LOOSE
        found.append((first[kept], second[kept], chance[kept]))
        before = float(met.mean())
        met[first[chance <= _LOOSE]] = True
        if number + 1 >= _FEWEST_TABLES and met.mean() - before < _ENOUGH:
            break  # copies would have shown in these already
    one, other, chances = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return one, other, chances


class _Cells:
    """The rows as numbers, scaled so that the middle 90 % of each column is one wide."""

    def __init__(self, data: pd.DataFrame, plan: FramePlan) -> None:
        compared = [one for one in plan.columns if one.use is not Use.DATE][:_MOST_COLUMNS]
        words = [one.use is not Use.NUMBER for one in compared]
        values = [_scaled(data[one.name], one.use) for one in compared]
        varied = [bool(np.nanmax(one) > np.nanmin(one)) for one in values]
        kept = [place for place, varies in enumerate(varied) if varies]
        self.rows, self.columns = len(data), len(kept)
        self._values = np.column_stack([values[one] for one in kept] or [np.zeros(len(data))])
        self._words = np.asarray([words[one] for one in kept], dtype=bool)
        self._rng = np.random.default_rng(_SEED)
        if self.columns >= 2:
            first, second = self._rng.integers(0, self.rows, (2, _PAIRS))
            apart = self._apart(first, second)[first != second]
            self._by_chance = np.sort(apart, axis=0)
            usual = self._evidence(apart)
            # Copies meet in these draws, too: the likest pairs would hide what is usual.
            most = usual <= np.quantile(usual, 1 - _COPIES_DRAWN)
            self._by_chance = np.sort(apart[most], axis=0)
            usual = self._evidence(apart[most])
            self._mean, self._variance = float(usual.mean()), float(usual.var()) or 1.0

    def candidates(self) -> Iterator[tuple[Rows, Rows]]:
        """Yield pairs of rows that fall into the same cell of a grid over some columns."""
        used = min(_TABLE_COLUMNS, self.columns)
        for _ in range(_TABLES):
            mixed = self._rng.permutation(self.columns)
            chosen, beside_those = mixed[:used], mixed[used : used + _LOOKED_AT]
            cells = self._cells(chosen)
            beside = self._values[:, self._rng.integers(self.columns)]
            order = np.lexsort((beside, cells))
            near = [
                (order[:-step][same], order[step:][same])
                for step in range(1, _NEIGHBOURS + 1)
                for same in [cells[order][:-step] == cells[order][step:]]
            ]
            first, second = (np.concatenate(side) for side in zip(*near, strict=True))
            kept = self._are_near(first, second, beside_those)
            yield first[kept], second[kept]

    def _cells(self, chosen: Rows) -> NDArray[np.uint64]:
        hashed = np.zeros(self.rows, dtype=np.uint64)
        for column in chosen:
            values = self._values[:, column]
            if not self._words[column]:
                values = np.floor(values / _CELL + self._rng.random())
            codes = np.where(np.isnan(values), -1, values).astype(np.int64).astype(np.uint64)
            hashed = (hashed ^ codes) * np.uint64(0x9E3779B97F4A7C15)
            hashed ^= hashed >> np.uint64(29)
        return hashed

    def _apart(self, first: Rows, second: Rows) -> Values:
        """Return how far each pair is apart in each column; words are the same or not."""
        one, other = self._values[first], self._values[second]
        apart = np.abs(one - other)
        apart = np.where(self._words, (apart > 0).astype(float), apart)
        gaps = np.isnan(one) & np.isnan(other)
        return np.where(gaps, 0.0, np.where(np.isnan(apart), np.inf, apart))

    def is_equal(self, first: Rows, second: Rows) -> NDArray[np.bool_]:
        """Return which pairs are equal in every column."""
        return np.asarray((self._apart(first, second) == 0).all(axis=1))

    def _are_near(self, first: Rows, second: Rows, columns: Rows) -> NDArray[np.bool_]:
        """Return which pairs are near in all of a few columns but one; most of them are not."""
        far = np.zeros(len(first), dtype=np.intp)
        for column in columns:
            values = self._values[:, column]
            apart = np.abs(values[first] - values[second])
            far += apart > (0 if self._words[column] else 2 * _CELL)
        return far <= 1

    def chance(self, first: Rows, second: Rows) -> Values:
        """Return how many rows as near as its partner each first row would have by chance."""
        evidence = self._evidence(self._apart(first, second))
        shape, scale = self._mean**2 / self._variance, self._variance / self._mean
        return np.asarray(stats.gamma.sf(evidence, shape, scale=scale) * self.rows)

    def _evidence(self, apart: Values) -> Values:
        evidence = np.zeros(len(apart))
        for column in range(self.columns):
            as_near = np.searchsorted(self._by_chance[:, column], apart[:, column], side="right")
            evidence -= np.log((as_near + 0.5) / (_PAIRS + 1))
        return evidence


def _scaled(values: pd.Series, use: Use) -> Values:
    if use is not Use.NUMBER:
        return np.asarray(pd.factorize(values)[0], dtype="float64")
    numbers = values.to_numpy(dtype="float64")
    known = numbers[~np.isnan(numbers)]
    if not len(known):
        return np.zeros(len(numbers))
    low, high = np.quantile(known, [0.05, 0.95])
    width = float(high - low) or float(known.max() - known.min()) or 1.0
    return np.asarray((numbers - low) / width)
