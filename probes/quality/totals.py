"""Rows that are totals of others: by their words, by running sums, by groups, at the end."""
# ruff: noqa: E501  (patterns read better on one line)

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.codes import coded_finding
from probes.quality.view import TIME_WORDS, View, half_a_digit, named

TOTAL_WORDS = re.compile(
    r"^\s*(?:(?:grand|sub|over-?all|gesamt|zwischen|end)?[ -]?(?:total|totals|sum|summe|somme|suma|totale|totaal|razem|итого)"
    r"|gesamt(?:summe|ergebnis)?|insgesamt|ergebnis|alle|all|todos|tous|tutti|overall|(?:ü|u)bertrag|(?:carried|brought) forward|report|riporto|suma y sigue|mean|average|mittel(?:wert)?|durchschnitt|moyenne|promedio|m[eé]dia|srednia|średnia|gemiddelde|medel(?:värde)?|合計|总计|總計)\s*[:.]?\s*$"
    r"|^\s*(?:sub-?total|total|sum|(?:zwischen)?summe|gesamt|somme|suma|totale) (?:of |for |von |für |de )?\S+"
    r"|\b(?:sub)?totals?\s*[:.]?\s*$|\b(?:zwischen)?summe\s*[:.]?\s*$|\bgesamt\s*[:.]?\s*$",
    re.IGNORECASE,
)
CARRIED_WORDS = re.compile(
    r"^\s*(?:(?:carried|brought) forward|(?:opening|closing) balance|(?:saldo)?(?:ü|u)bertrag|saldovortrag|anfangsbestand|endbestand"
    r"|report à nouveau|solde (?:initial|final|report[ée])|saldo (?:inicial|anterior|final|iniziale|finale))\s*[:.]?\s*$",
    re.IGNORECASE,
)
"""Balances that accountants carry over: rows between bookings, whatever they come to."""
SAMPLED_WHOLE = 1.05
FILLED = 0.6
HALF = 0.5
LARGE = 500
SUBTOTALS_COLUMNS = 6
SUBTOTALS_ROWS = 8_000
SUBTOTALS_VALUES = 40
TOTALS_OTHERS = 3
MEANS_NEAR = 0.02
"""How near the means of some groups come to that of all rows: the groups differ in size."""
TOTALS_SURE = 0.9
LEVELS_MOST = 400
TOTALS_LEAST = 3
"""So many years, regions or the like have to add up."""


def total_findings(view: View) -> Iterator[Finding]:
    """Find rows that say they are totals, or whose numbers are the sums of all others."""
    import pandas as pd

    last = None
    for name in view.texts:
        levels = pd.Series(view.codes(name).levels, dtype="string")
        carried = levels.str.contains(CARRIED_WORDS, regex=True)
        called = levels[carried | levels.str.contains(TOTAL_WORDS, regex=True)]
        seen = view.sample[name].isin(called)
        share = float(seen.mean())
        if 0 < share <= 0.2 and (carried.any() or _adds_up(view, seen.to_numpy(dtype=bool))):
            last = (name, seen)
            break
    if last:
        name, seen = last
        words = "(?i)(total|sum|summe|gesamt)"
        where = f"regexp_matches({named(name)}, '{words}')"
        yield coded_finding(
            FindingLevel.SLOWS, "total_rows", column=name, rows=view.rows(seen.sum()), where=where
        )
        return
    if view.scale > SAMPLED_WHOLE or len(view.sample) < 20:
        return
    if _last_is_sum(view):
        yield coded_finding(FindingLevel.SLOWS, "total_rows", rows=1)
        return
    rows = _subtotals(view)
    if rows:
        yield coded_finding(FindingLevel.SLOWS, "total_rows", rows=rows)
        return
    found = _total_of_each(view)
    if found:
        name, rows = found
        yield coded_finding(FindingLevel.SLOWS, "total_rows", column=name, rows=rows)


def _subtotals(view: View) -> int:
    """Return how many rows hold the sums of the rows since the last such row, or of all before."""
    import numpy as np

    names = [name for name in view.numbers[:SUBTOTALS_COLUMNS] if not TIME_WORDS.search(name)]
    found: list[set[int]] = []
    sure = set()
    for name in names:
        values = np.nan_to_num(view.number(name)[:SUBTOTALS_ROWS])
        if np.mean(values != 0) < FILLED or len(np.unique(values)) < SUBTOTALS_VALUES:
            continue
        rows = _rows_of_sums(values.tolist())
        # Sums of small whole numbers are met by chance, unless two columns agree.
        if half_a_digit(values) < HALF or np.median(np.abs(values)) >= LARGE:
            sure |= rows
        found.append(rows)
    twice = {
        row for at, rows in enumerate(found) for row in rows if any(row in o for o in found[:at])
    }
    count = len(sure | twice)
    return count if count >= max(3, 0.004 * len(view.sample)) else 0


def _rows_of_sums(values: list[float]) -> set[int]:
    """Return the rows that hold the sum of those since the last such row, or of all before."""
    rows: set[int] = set()
    total = since = 0.0
    members = 0
    for at, value in enumerate(values):
        near = 1e-6 * abs(value)
        if members > 2 and value and (abs(value - since) <= near or abs(value - total) <= near):
            rows.add(at)
            since, members = 0.0, 0
        else:
            total, since, members = total + value, since + value, members + 1
    return rows


def _total_of_each(view: View) -> tuple[str, int] | None:
    """Find one value of a column whose rows are the sums of all others, by year or the like."""
    for name in (one for one in view.categories if one in view.texts):
        for by in dict.fromkeys([*view.times, *view.categories, *view.numbers]):
            if by == name or not TOTALS_LEAST <= view.sample[by].nunique() <= LEVELS_MOST:
                continue
            for measure in [one for one in view.numbers if one not in (name, by)][:6]:
                level = _level_of_sums(view, name, by, measure)
                if level is not None:
                    return name, int((view.codes(name).of_row == level).sum())
    return None


def _level_of_sums(view: View, name: str, by: str, measure: str) -> int | None:
    """Return the value of a column that has one row for each of another's, the sum of the rest."""
    import numpy as np

    values, levels, groups = view.number(measure), view.codes(name), view.codes(by)
    used = np.isfinite(values) & (levels.of_row >= 0) & (groups.of_row >= 0)
    shape = (len(groups.levels), len(levels.levels))
    cells = groups.of_row[used] * shape[1] + levels.of_row[used]
    sums = np.bincount(cells, weights=values[used], minlength=shape[0] * shape[1]).reshape(shape)
    counts = np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape)
    total, rows = sums.sum(axis=1, keepdims=True), counts.sum(axis=1, keepdims=True)
    likely = (counts == 1) & (rows > TOTALS_OTHERS) & (total != 0)
    close = likely & (np.abs(2 * sums - total) <= 1e-6 * np.abs(total))
    asked = likely.sum(axis=0)
    hits = np.where(asked >= TOTALS_LEAST, close.sum(axis=0) / np.maximum(1, asked), 0.0)
    whole = asked >= 0.5 * (rows > TOTALS_OTHERS).sum()
    best = int(np.argmax(hits * whole))
    return best if hits[best] >= TOTALS_SURE and whole[best] else None


def _adds_up(view: View, seen: Any) -> bool:
    """Whether rows called totals hold the sums of the others, or more than any other row does."""
    import numpy as np

    checked = larger = sums = means = 0
    for name in view.numbers[:8]:
        values = view.number(name)
        totals, rest = values[seen & np.isfinite(values)], values[~seen & np.isfinite(values)]
        if not len(totals) or len(rest) < 10 or not rest.sum():
            continue
        checked += 1
        times = float(totals.sum() / rest.sum())
        sums += abs(times - round(times)) < 0.01 and round(times) in (1, 2, 3)
        mean = float(rest.mean())
        near = 1e-3 if len(totals) == 1 else MEANS_NEAR
        means += abs(float(totals.mean()) - mean) <= near * abs(mean)
        larger += bool(np.median(totals) > rest.max())
    # Of some columns one has the mean of all by chance, as the media have among the industries.
    return sums > 0 or (checked > 0 and (larger >= 0.6 * checked or means > checked / 2))


def _last_is_sum(view: View) -> bool:
    import numpy as np

    hits = looked = 0
    for name in view.numbers[:12]:
        values = view.number(name)
        if not np.isfinite(values[-1]) or np.isfinite(values[:-1]).sum() < 10:
            continue
        total = float(np.nansum(values[:-1]))
        looked += 1
        hits += bool(values[-1] != 0 and abs(values[-1] - total) <= 1e-6 * max(1.0, abs(total)))
    return hits >= 2 or (hits == 1 and looked == 1 and len(view.sample) >= 50)
