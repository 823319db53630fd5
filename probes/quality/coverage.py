"""The picture of the quality probe: how much of each column is filled, over time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from probes.contract import Picture
from probes.quality.facts import TableFacts
from probes.quality.roles import Roles

if TYPE_CHECKING:
    import pandas as pd

SLICES = 12


def coverage_picture(facts: TableFacts, roles: Roles, folder: Path) -> Picture | None:
    """Draw the shares that are filled, in slices of the sample in the order of time.

    Only columns with gaps are drawn; there is no picture of a table without any.
    """
    from probes.pictures import missingness_map

    slices = _slices(facts.sample, roles.time)
    names = [str(name) for name in facts.sample if facts.sample[name].isna().any()]
    if not names:
        return None
    filled = [[float(part[name].notna().mean()) for _, part in slices] for name in names]
    return missingness_map(
        folder,
        table=facts.table,
        columns=names,
        slices=[label for label, _ in slices],
        filled=filled,
    )


def _slices(sample: pd.DataFrame, time: str | None) -> list[tuple[str, pd.DataFrame]]:
    if time is None or time not in sample or len(sample) < SLICES * 20:
        return [("all rows", sample)]
    ordered = sample.dropna(subset=[time]).sort_values(time, kind="stable")
    size = len(ordered) // SLICES
    parts = [ordered.iloc[at * size : (at + 1) * size] for at in range(SLICES)] if size else []
    return [(str(part[time].iloc[0])[:10], part) for part in parts] or [("all rows", sample)]
