"""Columns that refer to the table's own key, and references that lead nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.codes import coded_finding
from probes.quality.copies import KEY_NAME
from probes.quality.view import View, named
from probes.sources import ColumnFamily

if TYPE_CHECKING:
    import pandas as pd

LEAST = 40
LEAD = 0.75
"""So many of the references lead to a row: it is meant to refer, and the others are broken."""
SAMPLED_WHOLE = 1.05


def reference_findings(view: View) -> Iterator[Finding]:
    """Say which references to other rows of the table lead to no row."""
    if view.scale > SAMPLED_WHOLE:
        return
    keys = [name for name in view.keys if KEY_NAME.search(name) or name in view.texts]
    for name in view.names(ColumnFamily.TEXT, ColumnFamily.NUMBER):
        for key in keys:
            if name not in view.keys and _refers(view, name, key):
                lost = _lost(view.sample[name], view.sample[key])
                if lost:
                    yield coded_finding(
                        FindingLevel.SLOWS,
                        "reference_broken",
                        column=name,
                        others=(key,),
                        rows=lost,
                        where=_where(view, name, key),
                        share=round(lost / len(view.sample), 6),
                    )
                break


def _where(view: View, name: str, key: str) -> str:
    table = named(view.facts.table)
    keys = f"SELECT {named(key)} FROM {table} WHERE {named(key)} IS NOT NULL"  # noqa: S608  (names are quoted)
    return f"{named(name)} NOT IN ({keys})"


def _refers(view: View, name: str, key: str) -> bool:
    """Whether nearly all values are keys: by chance none are texts, and numbers bear its name."""
    both_texts = name in view.texts and key in view.texts
    called = key.lower().removesuffix("_id").removesuffix("id") in name.lower()
    if name == key or not (both_texts or (called and key.lower() != "id")):
        return False
    values = view.sample[name].dropna()
    lost = _lost(values, view.sample[key])
    return len(values) >= LEAST and values.nunique() >= LEAST and lost <= (1 - LEAD) * len(values)


def _lost(values: pd.Series, keys: pd.Series) -> int:
    filled = values.dropna()
    return int((~filled.isin(set(keys.dropna()))).sum())
