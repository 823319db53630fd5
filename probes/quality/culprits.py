"""Which rows break a rule: those of one value, those since a moment, or exchanged ones."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from bot.texts import joined
from probes.quality.codes import shown
from probes.quality.sentences import say
from probes.quality.view import View, day_of

if TYPE_CHECKING:
    from probes.quality.view import Flags, Floats, Whole

BROKEN_MOST = 0.45
"""So many may break a rule where one value, or a moment, parts them from those that keep it."""
LEVELS_MOST = 60
ROWS_LEAST = 20
BROKEN_HERE = 0.5
BROKEN_ELSEWHERE = 0.02
SINCE_BROKEN = 0.9
FITS = 0.8
FITS_ROWS = 5


def whose(view: View, broken: Flags, rows: Whole) -> str:
    """Say which one value, or since when, nearly all rows that break a rule have; else nothing.

    Args:
        view: a table's sample.
        broken: of some rows, which break the rule.
        rows: those rows' places in the sample.
    """
    if broken.sum() < ROWS_LEAST:
        return ""
    name = _one_value(view, broken, rows)
    if name is not None:
        return say("nearly_all_of_one", other=shown(name))
    day = _since(view, broken, rows)
    return "" if day is None else say("nearly_all_since", day=day)


def is_few(share: float, most: float, view: View, broken: Flags, rows: Whole) -> bool:
    """Whether few rows break a rule, or more of them that have one value or moment in common."""
    return share <= most or (share <= BROKEN_MOST and bool(whose(view, broken, rows)))


def all_said(*parts: str) -> str:
    """Return parts of a sentence, of which each may be nothing, as one that can be said again."""
    filled = [part for part in parts if part]
    return joined("", filled) if filled else ""


def _one_value(view: View, broken: Flags, rows: Whole) -> str | None:
    import numpy as np

    for name in view.categories:
        codes = view.codes(name)
        if not 2 <= len(codes.levels) <= LEVELS_MOST or name in view.times:
            continue
        of_row = codes.of_row[rows]
        known = of_row >= 0
        sizes = np.bincount(of_row[known], minlength=len(codes.levels))
        wrong = np.bincount(of_row[known & broken], minlength=len(codes.levels))
        worst = int(np.argmax(wrong))
        rest = (wrong.sum() - wrong[worst]) / max(1, sizes.sum() - sizes[worst])
        here = wrong[worst] / max(1, sizes[worst])
        if here >= BROKEN_HERE and rest <= BROKEN_ELSEWHERE and sizes[worst] < sizes.sum():
            return name
    return None


def _since(view: View, broken: Flags, rows: Whole) -> str | None:
    """Return the day from which nearly every row breaks a rule that hardly any broke before."""
    import numpy as np

    if view.clock is None:
        return None
    at = view.moment(view.clock).iloc[rows]
    order = np.argsort(at.to_numpy(), kind="stable")
    order = order[at.notna().to_numpy()[order]]
    ordered = broken[order]
    if len(ordered) < 3 * ROWS_LEAST:
        return None
    before = np.cumsum(ordered)
    kept_after = (~ordered).sum() - np.cumsum(~ordered)
    cut = int(np.argmin(before + kept_after)) + 1
    early, late = ordered[:cut], ordered[cut:]
    if min(len(early), len(late)) < ROWS_LEAST:
        return None
    is_cut = early.mean() <= BROKEN_ELSEWHERE and late.mean() >= SINCE_BROKEN
    return day_of(at.iloc[order[cut]]) if is_cut else None


def instead(
    view: View, expected: Floats, broken: Flags, rows: Whole, slack: float, used: Collection[str]
) -> str:
    """Say which other column holds what was expected where rows break a rule; else nothing."""
    import numpy as np

    wanted = expected[broken]
    if len(wanted) < FITS_ROWS:
        return ""
    for name in (one for one in view.numbers if one not in used):
        near = np.abs(view.number(name)[rows][broken] - wanted) <= slack
        if near.mean() >= FITS:
            return say("holds_it_instead", other=shown(name))
    return ""
