"""Which columns go together, as shares of coarse bins: what a watch needs to see a shuffled column.

A column whose values are handed to other rows has the spread that it had; only its relation to the
other columns is gone. Kept with the model as plain data, a few tables of at most 6 by 6 each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

GROUPS: Final = 5
"""Coarse bins of a column's known values; missing ones are one more."""
PARTNERS: Final = 3
LEAST_INFORMATION: Final = 0.02
"""Nats that a partner must tell about a column, beyond what chance gives."""

Codes = NDArray[np.intp]


def fine_bins(values: pd.Series, shares: Mapping[str, Any]) -> Codes:
    """Return each value's bin: its number among edges or levels, one past the end when missing.

    For levels, one past the end is whatever is not among them.
    """
    if "levels" in shares:
        known = {level: number for number, level in enumerate(shares["levels"])}
        other = len(known)
        return np.asarray([known.get(value, other) for value in values], dtype=np.intp)
    numbers = values.to_numpy(dtype=float)
    places = np.searchsorted(np.asarray(shares["edges"]), numbers, side="right")
    return np.where(np.isnan(numbers), len(shares["edges"]) + 1, places).astype(np.intp)


def joint_shares(prepared: pd.DataFrame, watched: Mapping[str, Mapping[str, Any]]) -> Any:
    """Return each watched column's coarse groups, and its tables with the columns that tell of it.

    Args:
        prepared: the training rows.
        watched: of each watched column, edges or levels with their shares.
    """
    fine = {name: fine_bins(prepared[name], shares) for name, shares in watched.items()}
    groups = {name: _groups(fine[name], watched[name]) for name in watched}
    coarse = {name: np.asarray(groups[name])[fine[name]] for name in watched}
    return {name: {"groups": groups[name], "partners": _partners(name, coarse)} for name in watched}


def _groups(bins: Codes, shares: Mapping[str, Any]) -> list[int]:
    """Return the coarse group of each fine bin: neighbours together, missing and the rest apart."""
    last = len(shares.get("levels", shares.get("edges"))) + ("levels" not in shares)
    counts = np.bincount(bins, minlength=last + 1)[:last]
    if "levels" in shares:
        return [*(min(number, GROUPS - 1) for number in range(last)), GROUPS - 1]
    middle = np.cumsum(counts) - counts / 2
    places = np.floor(middle / max(1, counts.sum()) * GROUPS).astype(int)
    return [*np.unique(places, return_inverse=True)[1].tolist(), int(GROUPS)]


def _partners(name: str, coarse: Mapping[str, Codes]) -> list[dict[str, Any]]:
    tables = {other: _table(coarse[other], coarse[name]) for other in coarse if other != name}
    informative = {other: _information(table, len(coarse[name])) for other, table in tables.items()}
    best = sorted(informative, key=lambda other: -informative[other])[:PARTNERS]
    return [
        {"with": other, "shares": np.round(tables[other], 5).tolist()}
        for other in best
        if informative[other] >= LEAST_INFORMATION
    ]


def _table(rows: Codes, columns: Codes) -> NDArray[np.float64]:
    table = np.zeros((GROUPS + 1, GROUPS + 1))
    np.add.at(table, (rows, columns), 1.0)
    return table / max(1.0, float(table.sum()))


def _information(table: NDArray[np.float64], rows: int) -> float:
    """Return the mutual information in nats, less what a table of so many cells has by chance."""
    own, other = table.sum(axis=0), table.sum(axis=1)
    apart = np.outer(other, own)
    cells = table > 0
    found = float((table[cells] * np.log(table[cells] / apart[cells])).sum())
    chance = (np.count_nonzero(own) - 1) * (np.count_nonzero(other) - 1) / (2 * max(1, rows))
    return found - chance
