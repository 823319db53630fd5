"""Rows that are near because they were copied, where few columns cannot tell copies from chance.

Of rows copied twice to thirty times the nearest few share the answer, and the next ones, hardly
farther away, no longer do. No pattern that a model could use on new rows falls off like that: it
fades with distance. So the answers tell how many of a row's neighbours may be copies, and a check
learns from none of these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from probes.baseline.columns import FramePlan, Use

Values = NDArray[np.float64]
Neighbours = NDArray[np.intp]

MOST_COLUMNS: Final = 8
"""With more of them copies are nearer than chance explains."""

_FAR: Final = 48
_ASKED: Final = 3_000
_PAIRS: Final = 20_000
_FEWEST_NUMBERS: Final = 20
_WORD_PLACES: Final = 3
_WORD_WIDTH: Final = 2.0
_LEAST: Final = 0.4
"""How much more than those farther away the nearest rows must share the answer."""

_KEPT: Final = 0.7
_LOST: Final = 0.35
_OVER: Final = 0.05
_TIGHT: Final = 0.4
_SEED: Final = 48


@dataclass(frozen=True)
class NearCopies:
    """Rows that may be copies of each other.

    Args:
        groups: for each row the number of the rows that it is kept together with.
        beside: for each row those that may be its copies; a check that asks of it learns from none.
        share: of the rows that seem to be copied.
    """

    groups: NDArray[np.int64]
    beside: Neighbours
    share: float


def near_copies(data: pd.DataFrame, plan: FramePlan, answers: Values) -> NearCopies | None:
    """Return which rows may be near copies; none where answers fade with distance or tell nothing.

    Args:
        data: the prepared frame.
        plan: its columns; dates are not compared, since a copy is often written later.
        answers: of the rows.
    """
    numbers, words = _places(data, plan)
    if not numbers.shape[1] or len(data) <= 2 * _FAR:
        return None
    places = np.hstack([numbers, words])
    tree = cKDTree(places)
    rng = np.random.default_rng(_SEED)
    asked = rng.permutation(len(places))[:_ASKED]
    near = _nearest(tree, places, asked, _FAR)
    alike = _alike(answers, asked, near, rng)
    copies = _copies_of_each(alike)
    if copies is None or not _is_tight(numbers, asked, near[:, copies - 1], rng):
        return None
    usual = float(alike[-_FAR // 3 :].mean())
    over = np.flatnonzero(alike - usual > _OVER * (alike[0] - usual))
    reach = min(_FAR, max(2 * copies, _last_run(over) + 1))
    beside = _nearest(tree, places, np.arange(len(places)), reach)
    copied = np.clip((alike[:reach] - usual) / (1 - usual), 0, 1).sum() / copies
    return NearCopies(_balls(beside[:, :copies], rng), beside, min(1.0, float(copied)))


def _places(data: pd.DataFrame, plan: FramePlan) -> tuple[Values, Values]:
    """Return the rows as points: numbers by their rank, each word at a place of its own."""
    rng = np.random.default_rng(_SEED)
    compared = [one for one in plan.columns if one.use is not Use.DATE]
    numbers, words = [np.empty((len(data), 0))], [np.empty((len(data), 0))]
    for column in compared if len(compared) <= MOST_COLUMNS else ():
        values = data[column.name]
        if column.use is Use.NUMBER and values.nunique() >= _FEWEST_NUMBERS:
            ranks = values.rank().to_numpy(dtype="float64") / len(values)
            numbers.append(np.where(np.isnan(ranks), -1.0, ranks)[:, None])
        else:
            codes, distinct = pd.factorize(values)
            spread = rng.random((len(distinct) + 1, _WORD_PLACES)) * _WORD_WIDTH
            words.append(spread[codes])
    return np.hstack(numbers), np.hstack(words)


def _nearest(tree: cKDTree, places: Values, rows: Neighbours, count: int) -> Neighbours:
    """Return the rows nearest to some rows, without these themselves."""
    _, near = tree.query(places[rows], count + 1)
    own = near == rows[:, None]
    own[~own.any(axis=1), -1] = True  # among many equal rows it may not meet itself
    return np.asarray(near[~own].reshape(len(rows), count))


def _alike(
    answers: Values, asked: Neighbours, near: Neighbours, rng: np.random.Generator
) -> Values:
    """Return for the nearest row, the second and so on how much of the answer it shares: 0 to 1."""
    drawn = rng.integers(0, len(answers), (2, _PAIRS))
    usual = float(np.abs(answers[drawn[0]] - answers[drawn[1]]).mean()) or 1.0
    apart = np.abs(answers[near] - answers[asked][:, None]).mean(axis=0)
    return np.asarray(1 - apart / usual)


def _copies_of_each(alike: Values) -> int | None:
    """Return after how many neighbours the answers suddenly differ; none where they fade."""
    usual = float(alike[-len(alike) // 3 :].mean())
    height = float(alike[0]) - usual
    if height < _LEAST:
        return None
    found = None
    for count in range(1, 2 * len(alike) // 3 - 1):
        if alike[count - 1] - usual < _KEPT * height:
            break
        after = alike[count : count + count // 2 + 2]
        if after.mean() - usual <= _LOST * height:
            found = count
    return found


def _is_tight(
    numbers: Values, asked: Neighbours, copies: Neighbours, rng: np.random.Generator
) -> bool:
    """Return whether copies' numbers are near, too; rows with the same words may share answers."""
    drawn = rng.integers(0, len(numbers), (2, _PAIRS))
    usual = np.linalg.norm(numbers[drawn[0]] - numbers[drawn[1]], axis=1)
    reach = np.linalg.norm(numbers[asked] - numbers[copies], axis=1)
    return float(np.median(reach)) <= _TIGHT * float(np.median(usual))


def _last_run(over: Neighbours) -> int:
    """Return the last of the numbers that follow on from nought."""
    run = np.flatnonzero(over != np.arange(len(over)))
    return int(run[0]) if len(run) else len(over)


def _balls(near: Neighbours, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return groups of a row and its free neighbours, none larger than the number of copies."""
    groups = np.full(len(near), -1, dtype=np.int64)
    for number, row in enumerate(rng.permutation(len(near))):
        if groups[row] < 0:
            groups[row] = number
            free = near[row][groups[near[row]] < 0]
            groups[free] = number
    return np.asarray(pd.factorize(groups)[0], dtype=np.int64)
