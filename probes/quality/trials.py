"""Rows with which somebody tried the form or the interface out, told by what people then type."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.codes import coded_finding
from probes.quality.view import View

if TYPE_CHECKING:
    from probes.quality.view import Flags

TRIED_OUT = re.compile(
    r"\b(?:test(?:s|ing|e[dr]|kunde|fall)?[\d_]*|dummy|foo(?:bar)?|lorem ipsum|mustermann|john doe|"
    r"jane doe|(?:please|pls|bitte) (?:ignore|ignorieren)|do not (?:ship|use)|(?:trying|tried) \w+|"
    r"prueba|essai|prova|teste|deneme)\b",
    re.IGNORECASE,
)
KEYS = (
    *("qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "qsdfghjklm", "zxcvbnm", "yxcvbnm"),
    *("1234567890", "abcdefgh"),
)
TYPED_LEAST = 3
TYPED_MOST = 12
SAID_MOST = 60
LEVELS_MOST = 20_000
NO_CODE = re.compile(r"[^\W\d_]{0,4}[-_ ]?(?:9{3,}|0{3,})")
"""A code that nobody was given: C9999, 0000."""
CODED = re.compile(r"[^\W\d_]{0,4}[-_ ]?\d{3,}")
CODES_LEAST = 0.9
SMALLEST = (0.01, 0.1, 1.0)
DISTINCT_LEAST = 60
EXTREME = 0.01
CONFIRMED = 0.5
TOGETHER = 2
ROWS_LEAST = 3
SHARE_MOST = 0.1


def trial_findings(view: View) -> Iterator[Finding]:
    """Find a few rows of which several cells say that somebody tried the system out.

    One of them must be a word or a code; a mark counts where another cell mostly agrees with it.
    """
    import numpy as np

    said = [one for one in (_said(view, name) for name in view.texts) if one is not None]
    if not said:
        return
    typed = [one for one in (_typed(view, name) for name in view.numbers) if one is not None]
    words = _agreed(said, typed)
    numbers = _agreed(typed, said)
    if not words:
        return
    count = np.sum([*words, *numbers], axis=0)
    odd = np.any(words, axis=0) & (count >= TOGETHER)
    rows = int(odd.sum())
    if ROWS_LEAST <= rows <= SHARE_MOST * len(view.sample):
        share = round(rows / len(view.sample), 5)
        rows = view.rows(rows)
        yield coded_finding(FindingLevel.SLOWS, "test_rows", rows=rows, share=share)


def _agreed(marks: list[Flags], others: list[Flags]) -> list[Flags]:
    """Return the marks of which another column, of either kind, shares most."""
    import numpy as np

    kept = []
    for at, flags in enumerate(marks):
        beside = [*marks[:at], *marks[at + 1 :], *others]
        if beside and (flags & np.any(beside, axis=0)).sum() >= CONFIRMED * flags.sum():
            kept.append(flags)
    return kept


def _said(view: View, name: str) -> Flags | None:
    """Return which cells of a text are typed at random, say test, or are a code of nobody."""
    cells = {one: str(one).strip() for one in view.sample[name].dropna().unique()}
    levels = set(cells.values())
    if not levels or len(levels) > LEVELS_MOST:
        return None
    coded = sum(1 for one in levels if CODED.fullmatch(one)) >= CODES_LEAST * len(levels)
    forms = (NO_CODE.fullmatch, TRIED_OUT.search) if coded else (is_tried,)
    odd = {one for one in levels if len(one) <= SAID_MOST and any(form(one) for form in forms)}
    typed = [cell for cell, one in cells.items() if one in odd]
    flags: Flags = view.sample[name].isin(typed).to_numpy(dtype=bool)
    return flags if 0 < flags.sum() <= SHARE_MOST * len(flags) else None


def is_tried(text: str) -> bool:
    """Whether a text is what people type to try a field out: a test, or keys side by side."""
    if TRIED_OUT.search(text):
        return True
    typed = text.lower()
    if not TYPED_LEAST <= len(typed) <= TYPED_MOST or not typed.isalnum():
        return False
    if len(set(typed)) == 1:
        return True
    size = (typed + typed).find(typed, 1)
    once = typed[: max(size, TYPED_LEAST)]
    return once == typed[: len(once)] and any(once in row for row in KEYS)


def _typed(view: View, name: str) -> Flags | None:
    """Return which numbers are typed rather than meant, as 12.34, beyond all that are meant."""
    import numpy as np

    values = view.number(name)
    finite = values[np.isfinite(values)]
    levels = np.unique(finite)
    if len(levels) < DISTINCT_LEAST:
        return None
    edge = np.concatenate([levels[:DISTINCT_LEAST], levels[-DISTINCT_LEAST:]])
    odd = [float(one) for one in np.unique(edge) if is_typed(float(one))]
    if not odd:
        return None
    meant = finite[~np.isin(finite, odd)]
    low, high = np.quantile(meant, (EXTREME, 1 - EXTREME))
    flags = np.isin(values, [one for one in odd if not low <= one <= high])
    return flags if 0 < flags.sum() <= SHARE_MOST * len(flags) else None


def is_typed(value: float) -> bool:
    """Whether a number is a row of keys, one digit again and again, or the least there is."""
    if value in SMALLEST:
        return True
    digits = f"{value:.2f}".rstrip("0").replace(".", "") if value % 1 else f"{value:.0f}"
    digits = digits.strip("-").lstrip("0")
    if len(digits) < TYPED_LEAST:
        return False
    return len(set(digits)) == 1 or digits in "1234567890"
