"""The grocer's households as a stream of callers, and what can break in one column of it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from probes.baseline.artifact import reference_shares
from probes.baseline.columns import FramePlan, plan_frame, prepare
from probes.baseline.joint import fine_bins
from serving.drift import Drift, columns_of
from serving.guards import COLUMNS_ALPHA

ALPHA = COLUMNS_ALPHA
LOOK_EVERY = 20
LEFT_OUT = {"churned": "the label", "household_id": "names the household"}


@cache
def households() -> pd.DataFrame:
    """Return the table of the demo's grocer."""
    from probes.samples.grocer import build_grocer

    with tempfile.TemporaryDirectory() as folder:
        return pd.read_csv(build_grocer(Path(folder))["households"])


class Stream:
    """A watch that learnt one part of a table, and sees rows of another.

    Args:
        learnt: the rows that the model was trained on.
        seen: the rows that callers send.
        leave_out: columns that no model sees.
    """

    def __init__(
        self, learnt: pd.DataFrame, seen: pd.DataFrame, leave_out: Mapping[str, str] = LEFT_OUT
    ) -> None:
        self.plan: FramePlan = plan_frame(learnt, {**leave_out})
        prepared = prepare(learnt, self.plan)
        self.reference = reference_shares(prepared, self.plan, np.zeros(len(learnt)))
        self.names = [one for one in self.plan.names if one in self.reference["columns"]]
        self.seen = seen

    def codes(self, frame: pd.DataFrame) -> list[list[int]]:
        """Return the bins of rows."""
        prepared = prepare(frame, self.plan)
        spread = self.reference["columns"]
        return np.stack([fine_bins(prepared[n], spread[n]) for n in self.names], 1).tolist()

    def found(self, frame: pd.DataFrame, most: int) -> tuple[int, set[str]] | None:
        """Return after how many entities a change was found, and what was named; none if not."""
        columns = columns_of(self.reference, self.names)
        drift = Drift(columns, self.reference["rows"], ALPHA)
        for number, row in enumerate(self.codes(frame.head(most)), 1):
            drift.see(str(number), row, float(number))
            if number % LOOK_EVERY == 0:
                changes = [one for one in drift.changes() if one.excess > 0]
                if changes:
                    return number, {max(changes, key=lambda one: one.excess).column}
        return None

    @property
    def numbers(self) -> list[str]:
        """The columns of numbers."""
        return [one for one in self.names if "edges" in self.reference["columns"][one]]

    @property
    def levels(self) -> list[str]:
        """The columns of categories."""
        return [one for one in self.names if "levels" in self.reference["columns"][one]]


Shift = Callable[[pd.DataFrame, str, np.random.Generator], Any]


def _renamed(frame: pd.DataFrame, name: str, _: np.random.Generator) -> Any:
    common = frame[name].mode().iloc[0]
    return frame[name].where(frame[name] != common, f"{common} (new)")


def _constant(frame: pd.DataFrame, name: str, _: np.random.Generator) -> Any:
    values = frame[name]
    is_number = pd.api.types.is_numeric_dtype(values)
    return values.median() if is_number else values.mode().iloc[0]


SHIFTS: dict[str, Shift] = {
    "all missing": lambda frame, name, rng: None,
    "all zero": lambda frame, name, rng: 0,
    "a unit changed": lambda frame, name, rng: frame[name] * 100,
    "values shuffled": lambda frame, name, rng: rng.permutation(frame[name].to_numpy()),
    "a category renamed": _renamed,
    "a constant": _constant,
    "a stale copy": lambda frame, name, rng: np.roll(frame[name].to_numpy(), 50),
}
ONLY_NUMBERS = {"all zero", "a unit changed"}
ONLY_LEVELS = {"a category renamed"}
SWAPPED = "two columns swapped"


def runs(stream: Stream, kind: str, repeats: int, seed: int = 48) -> list[tuple[int | None, bool]]:
    """Return for each column and repeat after how many entities it was found, and named rightly.

    Args:
        stream: what is watched.
        kind: one of `SHIFTS`, or `SWAPPED`.
        repeats: orders of the rows for each column.
        seed: of the orders.
    """
    rng = np.random.default_rng(seed)
    columns = (
        stream.numbers
        if kind in {SWAPPED, *ONLY_NUMBERS}
        else stream.levels
        if kind in ONLY_LEVELS
        else stream.names
    )
    results = []
    for name in columns:
        for _ in range(repeats):
            frame = stream.seen.sample(frac=1, random_state=int(rng.integers(2**31)))
            truth = {name}
            if kind == SWAPPED:
                other = str(rng.choice([one for one in columns if one != name]))
                frame = frame.assign(**{name: frame[other], other: frame[name]})
                truth = {name, other}
            else:
                frame = frame.assign(**{name: SHIFTS[kind](frame, name, rng)})
            found = stream.found(frame, 400)
            named = found is not None and found[1] <= truth
            results.append((found[0] if found else None, named))
    return results


def share_found(results: list[tuple[int | None, bool]], within: int = 200) -> float:
    """Return the share of runs in which the right column was named in time."""
    return float(np.mean([at is not None and at <= within and named for at, named in results]))


def halves(seed: int) -> Stream:
    """Return a stream of the grocer's households: one half learnt, the other one seen."""
    rows = households().sample(frac=1, random_state=seed)
    half = len(rows) // 2
    return Stream(rows.head(half), rows.tail(len(rows) - half))
