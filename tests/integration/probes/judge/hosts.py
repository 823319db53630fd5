"""Public tables to plant into, and the seeded dice that plants are made with."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.integration.probes.judge.public_tables import (
    PLANTABLE_ROWS,
    Half,
    PublicTable,
    half_of,
)

ROWS_MOST = 6_000
COLUMNS_MOST = 18

GROUPS = ("values", "people", "rows", "time", "across", "schema")


@dataclass
class Host:
    """One table to plant into: half of it public, the rest written by a seed.

    `pick` takes one of the first choices in the tuned half and one of the second in the unseen one,
    so that the halves differ in their tables and in every parameter.
    """

    title: str
    frame: pd.DataFrame
    half: Half
    seed: int
    typed: bool = False
    target: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    raw: str | None = None
    files: dict[str, pd.DataFrame | bytes] | None = None

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.rng = np.random.default_rng(self.seed)

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return len(self.frame)

    def pick(self, tuned: Sequence[Any], unseen: Sequence[Any]) -> Any:
        """Return one of a half's choices."""
        return self.dice.choice(tuned if self.half == "tuned" else unseen)

    def some(self, share: float) -> np.ndarray:
        """Return a mask of a share of the rows, two rows at least."""
        mask = np.zeros(self.rows, dtype=bool)
        mask[self.rng.choice(self.rows, max(2, round(share * self.rows)), replace=False)] = True
        return mask

    def add(self, name: str, values: Any) -> str:
        """Add a column and return its name."""
        self.frame[name] = values
        return name

    def choose(self, values: Sequence[Any], weights: Sequence[float] | None = None) -> np.ndarray:
        """Return one of some values for every row."""
        chances = None if weights is None else np.array(weights) / sum(weights)
        return self.rng.choice(np.array(values, dtype=object), self.rows, p=chances)

    def days(self, first: str, count: int, *, ordered: bool = False) -> pd.Series:
        """Return a day for every row."""
        at = self.rng.integers(0, count, self.rows)
        return pd.Series(
            pd.Timestamp(first) + pd.to_timedelta(np.sort(at) if ordered else at, unit="D")
        )

    def amounts(self, middle: float, spread: float, digits: int = 2) -> np.ndarray:
        """Return positive amounts around a middle, skewed as prices are."""
        return np.round(middle * np.exp(self.rng.normal(0, spread, self.rows)), digits)

    def drop_times(self) -> None:
        """Drop the columns that are dates or moments of the public table's own."""
        self.frame = self.frame[[one for one in self.frame if not tells_time(self.frame[one])]]

    def number(self) -> str:
        """Return a varied numeric column of the public table, or one written by the seed."""
        for name in self.frame.select_dtypes("number").columns:
            if self.frame[name].nunique() > 60 and self.frame[name].isna().mean() < 0.2:
                return str(name)
        return self.add("measure", self.rng.normal(50, 8, self.rows).round(1))

    def category(self) -> str:
        """Return a text column with a few levels, or one written by the seed."""
        for name in self.frame.select_dtypes(["object", "string"]).columns:
            if 3 <= self.frame[name].nunique() <= 30 and self.frame[name].isna().mean() < 0.2:
                return str(name)
        levels = self.pick(["north", "south", "east", "west"], ["Lyon", "Nantes", "Lille", "Paris"])
        del levels
        return self.add("area", self.choose(["Northgate", "Southport", "Easton", "Westbury"]))


def tells_time(values: pd.Series) -> bool:
    """Whether a column is a date of its own: a planted one is then not the table's clock."""
    return (
        "datetime" in str(values.dtype)
        or values.astype(str).str.match(r"\d{4}-\d\d|\d+/\d+/\d").mean() > 0.5
    )


@dataclass(frozen=True)
class Plant:
    """One kind of defect: what makes it, which codes name it, and in which group it counts."""

    name: str
    group: str
    codes: frozenset[str]
    make: Callable[[Host], str | tuple[str, ...] | None]
    source: str


PLANTS: list[Plant] = []


def plant(group: str, *codes: str) -> Callable[[Callable[[Host], Any]], Callable[[Host], Any]]:
    """Register a maker: it changes the host and returns the column or columns it spoilt."""

    def registered(make: Callable[[Host], Any]) -> Callable[[Host], Any]:
        source = make.__module__.rpartition(".")[2]
        PLANTS.append(Plant(make.__name__, group, frozenset(codes), make, source))
        return make

    return registered


@cache
def hosts(half: Half) -> tuple[PublicTable, ...]:
    """Return the tables of one half that are large enough to plant into."""
    return tuple(table for table in half_of(half) if _is_plantable(table.path))


@cache
def read_table(path: Path) -> pd.DataFrame:
    """Return a public table, its first rows and columns."""
    if path.suffix == ".parquet":
        frame = pd.read_parquet(path)
    else:
        frame = pd.read_csv(path, nrows=ROWS_MOST, encoding_errors="replace", low_memory=False)
    return frame.iloc[:ROWS_MOST, :COLUMNS_MOST].reset_index(drop=True)


def _is_plantable(path: Path) -> bool:
    try:
        frame = read_table(path)
    except (ValueError, pd.errors.ParserError, UnicodeDecodeError):
        return False
    return len(frame) >= PLANTABLE_ROWS and frame.shape[1] >= 3


def host_for(plant_name: str, half: Half, at: int) -> Host:
    """Return the host of one plant: a seeded choice among the half's tables."""
    seed = random.Random(f"{plant_name}:{half}:{at}").randrange(2**32)
    table = random.Random(seed).choice(hosts(half))
    return Host(table.title, read_table(table.path).copy(), half, seed)
