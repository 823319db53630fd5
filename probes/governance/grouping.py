"""The groups of a column by which people are compared; numbers such as ages are binned."""

from __future__ import annotations

import itertools
import re
from typing import Final

import numpy as np
import pandas as pd

from probes.governance.texts import say

_FEW_VALUES: Final = 12
_PARTS: Final = 5
_AGE_NAME: Final = re.compile(r"(^|_|\b)(age|alter|edad|[aâ]ge|et[aà])($|_|\b)", re.IGNORECASE)
_AGE_EDGES: Final = (25, 35, 45, 55, 65)
_OLDEST: Final = 120


def groups_of(column: pd.Series) -> pd.Series:
    """Return each row's group in words.

    Few values are groups as they stand; an age falls into decades from 25 to 65, any other number
    into fifths of the rows.
    """
    numbers = pd.to_numeric(column, errors="coerce")
    present = column.notna()
    is_number = not pd.api.types.is_bool_dtype(column) and bool(numbers[present].notna().all())
    if not is_number or numbers.nunique() <= _FEW_VALUES:
        return column.astype(object).map(_plain).where(present, say("range_missing"))
    edges = _edges(str(column.name), numbers.dropna())
    places = np.searchsorted(edges, numbers.to_numpy(dtype="float64"), side="right")
    names = _names(edges)
    made = [
        names[place] if known else say("range_missing")
        for place, known in zip(places, present, strict=True)
    ]
    return pd.Series(made, index=column.index, name=column.name, dtype=object)


def _plain(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _edges(name: str, numbers: pd.Series) -> list[float]:
    """Return where a new group begins."""
    if _AGE_NAME.search(name) and numbers.min() >= 0 and numbers.max() <= _OLDEST:
        return [float(edge) for edge in _AGE_EDGES if numbers.min() < edge <= numbers.max()]
    cuts = numbers.quantile(np.linspace(0, 1, _PARTS + 1)[1:-1])
    return sorted({float(cut) for cut in cuts if cut > numbers.min()})


def _names(edges: list[float]) -> list[str]:
    if not edges:
        return [say("range_all")]
    between = [say("range_between", low=low, high=high) for low, high in itertools.pairwise(edges)]
    return [say("range_under", high=edges[0]), *between, say("range_from", low=edges[-1])]
