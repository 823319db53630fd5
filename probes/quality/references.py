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
    keys = {
        name: set(view.sample[name].dropna())
        for name in view.keys
        if KEY_NAME.search(name) or name in view.texts
    }
    for name in view.names(ColumnFamily.TEXT, ColumnFamily.NUMBER):
        for key, known in keys.items():
            if name in view.keys or not _may_refer(view, name, key):
                continue
            values = view.sample[name].dropna()
            lost = int((~values.isin(known)).sum())
            if not _refers(values, lost):
                continue
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


def _may_refer(view: View, name: str, key: str) -> bool:
    """Whether a column can refer to a key: both are texts, or numbers bear its name."""
    both_texts = name in view.texts and key in view.texts
    called = key.lower().removesuffix("_id").removesuffix("id") in name.lower()
    return name != key and (both_texts or (called and key.lower() != "id"))


def _refers(values: pd.Series, lost: int) -> bool:
    """Whether nearly all of enough values are keys, which by chance none would be."""
    return len(values) >= LEAST and values.nunique() >= LEAST and lost <= (1 - LEAD) * len(values)
