"""Which columns of two tables may name the same thing: by type and name, then by their keys."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rapidfuzz import fuzz

from probes.joins.sketch import Overlap, Sketch, compare, draw
from probes.sources import Column, ColumnFamily, Source

COLUMNS_MOST = 20
KEY_NAME = re.compile(
    r"(^|_)(id|key|uuid|guid|code|number|nr|no|num|sku|ean|email|name)$|[a-z](Id|ID|Key)$"
)
NO_KEY_NAME = re.compile(
    r"delay|price|amount|value|total|temp|speed|distance|score|rate|percent|pct"
)
FOUND_LEAST = 0.05
FOUND_LEAST_NAMED = 0.005
UNIQUE = 0.98
DISTINCT_LEAST = 3
ALIKE = 0.75
TIMES_ALIKE = 0.9


@dataclass(frozen=True)
class TableSide:
    """One table of the two."""

    source: Source
    table: str
    rows: int

    @property
    def label(self) -> str:
        """How sentences name it."""
        return self.table


@dataclass(frozen=True)
class Pair:
    """Two keys that may name the same thing, and how sure that is (0 to 1)."""

    overlap: Overlap
    left_unique: bool
    right_unique: bool
    alike: float
    score: float

    @property
    def names(self) -> tuple[str, str]:
        """The columns of both sides, as a sentence names them."""
        return " + ".join(self.overlap.left.columns), " + ".join(self.overlap.right.columns)

    @property
    def is_namesake(self) -> bool:
        """Whether both are keys of their tables and called alike, however few of them meet."""
        return self.alike >= ALIKE and self.left_unique and self.right_unique


def candidates(side: TableSide, others: list[Column]) -> list[Column]:
    """Return the columns that may be a key, the likeliest by name first."""
    other_names = {column.name.lower() for column in others}
    usable = [column for column in side.source.columns(side.table) if _may_be_key(column)]

    def unlikeliness(column: Column) -> tuple[bool, bool, bool]:
        same = column.name.lower() in other_names
        return (not same, not KEY_NAME.search(column.name), bool(NO_KEY_NAME.search(column.name)))

    return sorted(usable, key=unlikeliness)[:COLUMNS_MOST]


def _may_be_key(column: Column) -> bool:
    if column.family is ColumnFamily.NUMBER:
        return not column.is_float or bool(KEY_NAME.search(column.name))
    return column.family in {ColumnFamily.TEXT, ColumnFamily.TIME}


def sketches(side: TableSide, columns: list[Column]) -> list[tuple[Column, Sketch]]:
    """Return each column's sketch, those with too few different keys left out."""
    drawn = [(column, draw(side.source, side.table, (column,))) for column in columns]
    return [(column, one) for column, one in drawn if len(one.keys) >= DISTINCT_LEAST]


def find_pairs(
    left: TableSide,
    right: TableSide,
    left_sketches: list[tuple[Column, Sketch]],
    right_sketches: list[tuple[Column, Sketch]],
) -> list[Pair]:
    """Return the pairs of columns that meet, the surest first."""
    pairs = []
    for left_column, ours in left_sketches:
        for right_column, theirs in right_sketches:
            if not _comparable(left_column, right_column):
                continue
            overlap = compare(ours, theirs)
            if overlap and _meets(pair := judge(overlap, left, right)):
                pairs.append(pair)
    return sorted(pairs, key=lambda pair: -pair.score)


def _meets(pair: Pair) -> bool:
    """Return whether enough keys meet; few are enough where the name and the uniqueness fit."""
    least = FOUND_LEAST_NAMED if pair.is_namesake else FOUND_LEAST
    return max(pair.overlap.left_found, pair.overlap.right_found) >= least


def _comparable(left: Column, right: Column) -> bool:
    times = {left.family, right.family}
    return ColumnFamily.TIME not in times or (
        len(times) == 1 and fuzz.ratio(left.name.lower(), right.name.lower()) / 100 >= TIMES_ALIKE
    )


def judge(overlap: Overlap, left: TableSide, right: TableSide) -> Pair:
    """Return how sure it is that two keys name the same thing.

    Small whole numbers meet by chance, so a key needs a side where it is unique, or like names.
    """
    ours = unique_share(overlap.left, left.rows, overlap.left_fan)
    theirs = unique_share(overlap.right, right.rows, overlap.right_fan)
    names = [" ".join(side.columns) for side in (overlap.left, overlap.right)]
    alike = _alike(*names, tables=(right.table, left.table))
    found = max(overlap.left_found, overlap.right_found)
    score = 0.45 * found + 0.35 * alike + 0.20 * max(ours, theirs)
    return Pair(overlap, ours >= UNIQUE, theirs >= UNIQUE, alike, score)


def _alike(left: str, right: str, *, tables: tuple[str, str]) -> float:
    """Return how alike two names are; `id` in CUSTOMERS is like `customer_id`."""
    plain_left, plain_right = _plain(left), _plain(right)
    qualified = (
        fuzz.ratio(plain_left, _plain(f"{tables[0].rstrip('s')} {right}")),
        fuzz.ratio(_plain(f"{tables[1].rstrip('s')} {left}"), plain_right),
    )
    return max(fuzz.ratio(plain_left, plain_right), *qualified) / 100


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", name.lower())


def unique_share(sketch: Sketch, rows: int, fan: tuple[float, int]) -> float:
    """Return 1 where every row has a key of its own, less the more rows share one."""
    del sketch
    return min(1.0, 1 / fan[0]) if rows else 0.0
