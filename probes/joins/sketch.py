"""Sketches of a column's keys that compare across databases: the lowest hashes of its values.

Each engine hashes its own distinct values, so only hashes travel. The sample is drawn by the hash
of the fully normalised value: two columns keep the same keys, whatever their notation, so shares
within the part of the hash space that both cover estimate the shares of the whole (a bottom-k
sketch; Cohen and Kaplan, 2007). A column with fewer than `SKETCH_KEYS` values is compared exactly.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from probes.sources import Column, ColumnFamily, Source

SKETCH_KEYS = 16_384
HASH_LETTERS = 16
KEPT_APART = 0.5

_NO_MARKS = "{}"
for _mark in "- _./":
    _NO_MARKS = f"replace({_NO_MARKS}, '{_mark}', '')"

STEPS: tuple[str, ...] = (
    "{0}",
    "lower(trim({0}))",
    _NO_MARKS,
    "coalesce(nullif(ltrim({0}, '0'), ''), {0})",
    "coalesce(nullif(ltrim(regexp_replace({0}, '^[a-z]+', ''), '0'), ''), {0})",
)
"""How alike two notations are made, step upon step; the texts' table `step` says each."""

LAST = len(STEPS) - 1


@dataclass(frozen=True)
class Sketch:
    """The lowest hashes of one column's keys.

    Args:
        columns: the columns that form the key.
        numeric: whether they are all numbers.
        complete: whether every key is in it.
        keys: one row a distinct value: its hash after each step, and how many rows have it.
    """

    columns: tuple[str, ...]
    numeric: bool
    complete: bool
    keys: list[tuple[tuple[str, ...], int]]

    @property
    def horizon(self) -> str:
        """The hash up to which it is complete."""
        return "~" if self.complete or not self.keys else self.keys[-1][0][LAST]

    def distinct(self) -> float:
        """Return the number of different keys: exact, or estimated from how dense hashes lie."""
        if self.complete or not self.keys:
            return float(len(self.keys))
        share = (int(self.horizon, 16) + 1) / float(16**HASH_LETTERS)
        return float(len(self.keys) / share)


@dataclass
class Overlap:
    """How two columns' keys meet, at the first step where they meet best.

    Args:
        step: index into `STEPS`.
        exact: whether nothing was estimated.
        left_found: share of the left column's different keys that the right one has.
        right_found: the other way.
        left_rows_found: share of the left column's rows whose key the right one has.
        right_rows_found: the other way.
        left_fan: rows a key on the left: mean and most.
        right_fan: the same on the right.
        compared: keys on both sides that the figures rest on.
    """

    left: Sketch
    right: Sketch
    step: int
    exact: bool
    left_found: float
    right_found: float
    left_rows_found: float
    right_rows_found: float
    left_fan: tuple[float, int]
    right_fan: tuple[float, int]
    compared: tuple[int, int, int]
    raw_left_found: float = 0.0
    steps_left_found: list[float] = field(default_factory=list)


def key_text(columns: tuple[Column, ...]) -> str:
    """Return SQL for a key of one or several columns as text; whole numbers have one notation."""
    texts = [_plain_text(column) for column in columns]
    return texts[0] if len(texts) == 1 else " || '|' || ".join(texts)


def _plain_text(column: Column) -> str:
    if column.is_float:
        return f"CAST(CAST({column.quoted} AS BIGINT) AS VARCHAR)"
    return column.as_text


def stepwise(select: str, kept: str) -> str:
    """Return SQL that adds each step's notation to a selection of keys `s0`.

    One nested selection a step, since written out in one expression the text would grow fivefold.

    Args:
        select: gives `s0`, the key as text, and the kept columns.
        kept: what else to pass on.
    """
    for at, step in enumerate(STEPS[1:], start=1):
        known = ", ".join(f"s{before}" for before in range(at))
        form = step.format(f"s{at - 1}")
        select = f"SELECT {known}, {form} AS s{at}, {kept} FROM ({select}) AS step{at}"  # noqa: S608  (names are quoted, forms are ours)
    return f"({select}) AS steps"


def draw(source: Source, table: str, columns: tuple[Column, ...]) -> Sketch:
    """Draw the sketch of a key in one statement that its own engine runs.

    Args:
        source: an open source.
        table: one of its tables.
        columns: the key's columns.
    """
    hashes = ", ".join(
        f"substr(md5(s{at}), 1, {HASH_LETTERS}) AS h{at}" for at in range(len(STEPS))
    )
    present = " AND ".join(f"{column.quoted} IS NOT NULL" for column in columns)
    rows = source.rows(
        f"SELECT {hashes}, n FROM "  # noqa: S608  (names are quoted, forms are ours)
        + stepwise(
            f"SELECT {key_text(columns)} AS s0, count(*) AS n "  # noqa: S608  (names are quoted, forms are ours)
            f"FROM {source.relation(table)} WHERE {present} GROUP BY 1",
            "n",
        )
        + f" ORDER BY h{LAST} LIMIT {SKETCH_KEYS + 1}"
    )
    complete = len(rows) <= SKETCH_KEYS
    kept = rows if complete else _whole_hashes(rows)
    keys = [(tuple(str(cell) for cell in row[:-1]), int(row[-1])) for row in kept]
    numeric = all(column.family is ColumnFamily.NUMBER for column in columns)
    return Sketch(tuple(column.name for column in columns), numeric, complete, keys)


def _whole_hashes(rows: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Leave out the last hash: more of its rows may have been cut off."""
    return [row for row in rows if row[LAST] != rows[-1][LAST]]


def compare(left: Sketch, right: Sketch) -> Overlap | None:
    """Return how two sketches meet at the step where they meet best, the plainest one on a tie.

    Returns:
        Nothing where one has no key in the part that both cover.
    """
    horizon = min(left.horizon, right.horizon)
    ours, theirs = _within(left, horizon), _within(right, horizon)
    if not ours or not theirs:
        return None
    found = [_shares(ours, theirs, step) for step in range(len(STEPS))]
    faithful = [step for step in range(len(STEPS)) if _keeps_apart(ours, theirs, step)]
    best = max(faithful, key=lambda step: (round(sum(found[step]), 2), -step))
    ours_by, theirs_by = _counts(ours, best), _counts(theirs, best)
    both = ours_by.keys() & theirs_by.keys()
    return Overlap(
        left,
        right,
        best,
        left.complete and right.complete,
        *found[best],
        _row_share(ours_by, both),
        _row_share(theirs_by, both),
        _fan(ours_by),
        _fan(theirs_by),
        (len(ours_by), len(both), len(theirs_by)),
        found[0][0],
        [pair[0] for pair in found],
    )


Keys = list[tuple[tuple[str, ...], int]]


def _within(sketch: Sketch, horizon: str) -> Keys:
    return [key for key in sketch.keys if key[0][LAST] <= horizon]


def _counts(keys: Keys, step: int) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for hashes, rows in keys:
        counts[hashes[step]] += rows
    return counts


def _keeps_apart(ours: Keys, theirs: Keys, step: int) -> bool:
    """Whether a step merges only few keys: one that makes all alike proves nothing."""
    return all(
        len({key[0][step] for key in keys}) >= KEPT_APART * len({key[0][0] for key in keys})
        for keys in (ours, theirs)
    )


def _shares(ours: Keys, theirs: Keys, step: int) -> tuple[float, float]:
    left, right = {key[0][step] for key in ours}, {key[0][step] for key in theirs}
    both = len(left & right)
    return both / len(left), both / len(right)


def _row_share(counts: dict[str, int], both: set[str]) -> float:
    total = sum(counts.values())
    return sum(counts[key] for key in both) / total if total else 0.0


def _fan(counts: dict[str, int]) -> tuple[float, int]:
    return sum(counts.values()) / len(counts), max(counts.values())
