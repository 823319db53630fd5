"""Columns that rows may lack without a gap: remarks, coupons, days on which something came back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes.quality.facts import ColumnFacts, TableFacts
from probes.sources import ColumnFamily

if TYPE_CHECKING:
    import pandas as pd

SELDOM_MISSING = 0.60
"""What most rows lack is an exception that some have, and no gap."""
BLOCKS_SURE = 10
"""Rows that would be filled right after another one by chance, where hardly one is."""
REMARKS_LEAST = 3
PHRASE = r"[^\W\d_]{2,}\W+[^\W\d_A-ZÀ-Ž]{2,}"


def is_optional(facts: TableFacts, column: ColumnFacts) -> bool:
    """Whether rows may well lack a value: a coupon, a school, the day of a return, points.

    A measurement that only some rows lack is a gap, and so is what merged cells leave behind.
    """
    families = (ColumnFamily.TEXT, ColumnFamily.TIME, ColumnFamily.NUMBER)
    if column.column.family not in families:
        return False
    if column.name not in facts.sample:
        return column.missing_share >= SELDOM_MISSING
    values = facts.sample[column.name]
    if heads_blocks(values):
        return False
    number = column.column.family is ColumnFamily.NUMBER
    measured = number and not is_countable(facts, column)
    return column.missing_share >= SELDOM_MISSING or not measured


def is_countable(facts: TableFacts, column: ColumnFacts) -> bool:
    """Whether a column holds whole numbers: points that some have, or stock that was not sent."""
    if column.column.family is not ColumnFamily.NUMBER or column.name not in facts.sample:
        return False
    return not bool((facts.sample[column.name].dropna() % 1).any())


def heads_blocks(values: pd.Series) -> bool:
    """Whether values stand on the first row of each block alone, as merged cells leave them."""
    filled = values.notna()
    by_chance = float(filled.mean() * filled.sum())
    in_a_row = int((filled & filled.shift(fill_value=False)).sum())
    return by_chance >= BLOCKS_SURE and in_a_row <= by_chance / 10


def is_remark(facts: TableFacts, name: str) -> bool:
    """Whether a column holds what somebody had to say: phrases, unlike names, and often nothing."""
    if facts.columns[name].column.family is not ColumnFamily.TEXT or name not in facts.sample:
        return False
    texts = facts.sample[name].dropna().astype("string").drop_duplicates()
    return len(texts) >= REMARKS_LEAST and bool(texts.str.contains(PHRASE).mean() >= 0.5)
