"""Dates of an end beside the state that says whether there is one: closed without, open with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.codes import coded_finding, read
from probes.quality.view import LevelCodes, View, counted_together

if TYPE_CHECKING:
    from probes.quality.view import Whole

LEVELS_MOST = 12
LEVEL_LEAST = 20
HARDLY = 0.35
MOSTLY = 0.65
BROKEN_MOST = 0.12
SELDOM = 0.1
WORDS = {key: re.compile(str(words), re.IGNORECASE) for key, words in read("states").items()}
"""What names an end, a plan of it, and states that have ended or have not."""


def end_findings(view: View) -> Iterator[Finding]:
    """Say which states are contradicted by a date that is filled, or is not."""
    import numpy as np

    states = [
        name
        for name in view.categories
        if name not in view.numbers and 2 <= len(view.codes(name).levels) <= LEVELS_MOST
    ]
    for name in view.times:
        filled = view.sample[name].notna().to_numpy()
        for state in (one for one in states if one not in view.times):
            codes = view.codes(state)
            table = counted_together(codes, LevelCodes(filled.astype(np.int64), [False, True]))
            rows = _said_by_words(name, codes, table) or _said_by_others(
                table, is_end=_is_end(name)
            )
            if rows:
                yield coded_finding(
                    FindingLevel.SLOWS,
                    "presence_broken",
                    column=name,
                    others=(state,),
                    rows=view.rows(rows),
                    share=round(rows / len(filled), 6),
                )
                break


def _said_by_words(name: str, codes: LevelCodes, table: Whole) -> int:
    """Count the rows whose word for open has a date of closing."""
    if not _is_end(name):
        return 0
    levels = [str(level).strip() for level in codes.levels]
    not_ended = [at for at, level in enumerate(levels) if WORDS["open"].fullmatch(level)]
    ended = [at for at, level in enumerate(levels) if WORDS["done"].fullmatch(level)]
    if not not_ended or not ended or table[ended, 1].sum() < MOSTLY * table[ended].sum():
        return 0
    return int(table[not_ended, 1].sum())


def _is_end(name: str) -> bool:
    """Whether a column says when something ended, not when it was to end."""
    return bool(WORDS["end"].search(name)) and not WORDS["plan"].search(name)


def _said_by_others(table: Whole, *, is_end: bool) -> int:
    """Count the exceptions where each value is filled mostly or hardly ever, one of them never.

    Of a date that ends something, one that always has it and others that hardly do are enough.
    """
    sizes = table.sum(axis=1)
    share = table[:, 1] / sizes.clip(1)
    hardly, mostly = share <= HARDLY, share >= MOSTLY
    if (sizes < LEVEL_LEAST).any() or not (hardly | mostly).all() or hardly.all() or mostly.all():
        return 0
    ended = is_end and (share == 1).any() and float(share[hardly].max()) <= SELDOM
    if not ((share == 0).any() or ended):
        return 0
    broken = int(table[hardly, 1].sum() + table[mostly, 0].sum())
    return broken if broken <= BROKEN_MOST * table.sum() else 0
