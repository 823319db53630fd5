"""Columns that decide others in nearly every row: codes, states, limits and what is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.checks import TableCheck
from probes.quality.codes import coded_finding, counted, found, shown
from probes.quality.copies import KEY_NAME
from probes.quality.sentences import say
from probes.quality.view import LevelCodes, View, coded, counted_together
from probes.sources import ColumnFamily

if TYPE_CHECKING:
    import numpy as np

    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Flags = np.ndarray[Any, np.dtype[np.bool_]]
    Whole = np.ndarray[Any, np.dtype[np.int64]]

LEAST = 60
COLUMNS_MOST = 24
ROWS_AN_ENTITY = 3
DEPENDENT = 0.97
FEW_GROUPS = 0.1
MIXED_LEAST = 3
FEW_GROUPS_BROKEN = 0.06
"""Where nearly all values decide in every row, the few that don't may be broken in more rows."""
EVEN = 0.8
EVEN_DEPENDENT = 0.9
"""So few rows may agree where every single value decides: nature mixes some and leaves others."""
EVEN_CHANCE = 0.5
CELLS_MOST = 2_000_000
FIRST_LOOK = 3_000
FIXED = 0.02
"""What differs in so few rows of a person or thing is fixed by nature, and there a slip."""
CODE_NAME = re.compile(r"zip|post(al)?_?code|plz|fips|blz|artikel|item|dept|branch", re.IGNORECASE)
OF_A_BODY = re.compile(r"(?i)address|adresse|contact|kontakt|phone|telefon|e_?mail|office|street")
"""Of one body there may be several: a second office is no slip."""
LETTERS_FIRST = r"^([^\W\d_]{1,6})[\W\d_].*$"
PREFIXES_MOST = 60
STATES_MOST = 12
FEW_STATES = 4
NEVER = 0.02
SLIPS = 0.06
"""What nearly never comes together may still do so in a few rows of a small group."""
NEVER_LEAST = 25
HARDLY = 0.4
SELDOM = 0.1
PURE_LEAST, TOO_FEW = 20, 0.01
"""Values of fewer rows, which are so few in all, say nothing either way."""
MIXED_MOST, OPEN_MOST = 0.45, 0.35
GAPS_LEFT = 0.35
"""Of the gaps that are not the usual case so many may be left unexplained by a category."""
BANDS_MOST = 12
BAND_BROKEN = 0.05
NEAR_EDGE = 0.02
COUNTS_UP = 0.95


@dataclass(frozen=True)
class Dependency:
    """How well one column decides another: rows compared, rows that agree, and by chance.

    Args:
        count: rows compared.
        kept: rows that say what most rows of their value say.
        chance: the share of rows that would differ from the most frequent value anyway.
        groups: the share of values with more than one answer.
        least: the share of rows that agree, of the value that decides worst.
        mixed: how many values have more than one answer.
    """

    count: int
    kept: int
    chance: float
    groups: float
    least: float = 0.0
    mixed: int = 0

    @property
    def broken(self) -> float:
        """The share of the rows that say something else than their group."""
        return 1 - self.kept / self.count if self.count else 1.0

    @property
    def few_mixed(self) -> bool:
        """Whether several of very many values have more than one answer, and all others do not."""
        return self.mixed >= MIXED_LEAST and self.groups <= FEW_GROUPS

    @property
    def most_broken(self) -> float:
        """The share of rows up to which it is a rule with exceptions."""
        if self.few_mixed:
            return FEW_GROUPS_BROKEN * self.chance
        if self.least >= EVEN and self.chance >= EVEN_CHANCE:
            return (1 - EVEN_DEPENDENT) * self.chance
        return min(1 - DEPENDENT, 0.06 * self.chance)


def dependency_findings(view: View, proposed: list[TableCheck]) -> Iterator[Finding]:
    """Say which columns others decide, except in a few rows; those in all go to `proposed`."""
    yield from _codes(view, proposed)
    reported: set[str] = set()
    yield from _states(view, reported)
    yield from _never(view, reported)
    yield from _bands(view)


def decided(one: LevelCodes, two: LevelCodes, rows: Any = slice(None)) -> Dependency:
    """Compare two columns; values of one with fewer than three rows have nothing to break."""
    import numpy as np

    a, b = one.of_row[rows], two.of_row[rows]
    both = (a >= 0) & (b >= 0)
    cells = a[both] * len(two.levels) + b[both]
    if len(one.levels) * len(two.levels) <= CELLS_MOST:
        table = np.bincount(cells, minlength=len(one.levels) * len(two.levels))
        table = table.reshape(len(one.levels), len(two.levels))
        most, sizes, kinds = table.max(axis=1), table.sum(axis=1), (table > 0).sum(axis=1)
    else:
        used, counts = np.unique(cells, return_counts=True)
        most, sizes = np.zeros(len(one.levels), np.int64), np.zeros(len(one.levels), np.int64)
        kinds = np.bincount(used // len(two.levels), minlength=len(one.levels))
        np.maximum.at(most, used // len(two.levels), counts)
        np.add.at(sizes, used // len(two.levels), counts)
    large = sizes >= ROWS_AN_ENTITY
    count = int(sizes[large].sum())
    usual = float(np.bincount(b[both]).max()) / max(1, int(both.sum())) if both.any() else 1.0
    several = float((kinds[large] > 1).mean()) if large.any() else 0.0
    frequent = sizes >= PURE_LEAST
    least = float((most[frequent] / sizes[frequent]).min()) if frequent.any() else 0.0
    mixed = int((kinds[large] > 1).sum())
    return Dependency(count, int(most[large].sum()), 1 - usual, several, least, mixed)


def _codes(view: View, proposed: list[TableCheck]) -> Iterator[Finding]:
    """Find a column that another decides in nearly every row: few rows then contradict it."""
    ones = _deciding(view)
    twos = {name: view.codes(name) for name in view.categories[:COLUMNS_MOST]}
    twos |= {name: codes for name, codes in ones.items() if name not in twos}
    twos |= dict(_repeated_numbers(view))
    prefixes = dict(_prefixes(view))
    reported: set[str] = set()
    step = max(1, len(view.sample) // FIRST_LOOK)
    for one, two in ((a, b) for a in [*ones, *prefixes] for b in [*twos, *prefixes] if a != b):
        a, b = ones.get(one) or prefixes[one], prefixes.get(two) or twos[two]
        seen = None if two in reported else _compared(a, b, step)
        if seen is None or seen.count < max(LEAST, 0.5 * len(view.sample)):
            continue
        check = TableCheck("decides", (one, two), holds=1 - seen.broken)
        plain = one not in prefixes and two not in prefixes
        if seen.broken == 0:
            if seen.chance > 0.3 and plain and one in view.categories and two in view.categories:
                proposed.append(check)
            continue
        if seen.broken > seen.most_broken:
            continue
        reported |= {two, *({one} if len(b.levels) == len(a.levels) else ())}
        facts: dict[str, Any] = {"check": check.plain()} if plain else {}
        yield coded_finding(
            FindingLevel.SLOWS if plain and _is_sure(view, one, two, seen) else FindingLevel.NOTE,
            "dependency_broken",
            column=two,
            others=(one,),
            rows=view.rows(seen.count - seen.kept),
            share=round(seen.broken, 6),
            **facts,
        )


def _compared(one: LevelCodes, two: LevelCodes, step: int) -> Dependency | None:
    """Compare two columns, first some rows: most pairs have nothing to do with each other."""
    import numpy as np

    sizes = np.sort(np.bincount(two.of_row[two.of_row >= 0]))[::-1]
    usual = int(np.searchsorted(np.cumsum(sizes), DEPENDENT * sizes.sum())) + 1
    if len(two.levels) < 2 or usual > 1.5 * len(one.levels):
        return None  # slips have values of their own, which do not count
    if len(one.levels) <= FIRST_LOOK // 30:
        first = decided(one, two, slice(None, None, step))
        if first.broken > min(1.2 * (1 - EVEN_DEPENDENT), 0.2 * first.chance):
            return None
    return decided(one, two)


def _deciding(view: View) -> dict[str, LevelCodes]:
    """Return codes, words and keys that come again and again."""
    found: dict[str, LevelCodes] = {}
    for name in view.names(ColumnFamily.TEXT, ColumnFamily.NUMBER, ColumnFamily.BOOLEAN):
        distinct = view.facts.columns[name].distinct or 0
        keyed = KEY_NAME.search(name) or CODE_NAME.search(name)
        if name not in view.texts and name not in view.categories and not keyed:
            continue
        if name in view.times or name in view.written_numbers or distinct < FEW_STATES:
            continue
        codes = view.codes(name)
        if FEW_STATES <= len(codes.levels) <= (codes.of_row >= 0).sum() / ROWS_AN_ENTITY:
            found[name] = codes
    return dict(list(found.items())[:COLUMNS_MOST])


def _repeated_numbers(view: View) -> Iterator[tuple[str, LevelCodes]]:
    """Yield numbers with decimals that come again and again, as the price of an article."""
    for name in view.numbers[:COLUMNS_MOST]:
        if name not in view.categories and view.facts.columns[name].column.is_float:
            codes = view.codes(name)
            if FEW_STATES <= len(codes.levels) <= len(view.sample) / (2 * ROWS_AN_ENTITY):
                yield name, codes


def _prefixes(view: View) -> Iterator[tuple[str, LevelCodes]]:
    """Yield the letters in front of codes, as the site in BER-0017, where they repeat."""
    for name in view.texts[:COLUMNS_MOST]:
        codes = view.codes(name)
        if len(codes.levels) < len(view.sample) / ROWS_AN_ENTITY or name in view.times:
            continue
        written = view.sample[name].astype("string")
        letters = written.str.extract(LETTERS_FIRST, expand=False)
        if letters.notna().mean() >= 0.9 and 2 <= letters.nunique() <= PREFIXES_MOST:
            yield name, coded(letters)


def _is_sure(view: View, one: str, two: str, seen: Dependency) -> bool:
    """Whether words or codes of a few kinds say so strongly enough to hold a project up."""
    worded = two in view.texts or KEY_NAME.search(two)
    if one not in view.categories or two not in view.categories or not worded:
        return False
    if OF_A_BODY.search(two) and decided(view.codes(two), view.codes(one)).broken <= FIXED:
        return False
    kinds = [len(view.codes(name).levels) for name in (one, two)]
    one_to_one = kinds[0] == kinds[1]
    named = one in view.texts or bool(KEY_NAME.search(one) or CODE_NAME.search(one))
    often = seen.count >= 6 * kinds[0] and seen.count - seen.kept >= 3
    even = seen.least >= EVEN and (named or one_to_one)
    few = even or (
        named and seen.broken <= (FEW_GROUPS_BROKEN if seen.few_mixed else 0.04) * seen.chance
    )
    return kinds[1] >= FEW_STATES and often and few and seen.groups > NEVER


@dataclass(frozen=True)
class RowState:
    """Something that a row is or is not: empty, zero, below zero, or the one of two values."""

    column: str
    code: str
    holds: Flags
    below: bool = False


def _states(view: View, reported: set[str]) -> Iterator[Finding]:
    """Find a column that is filled, zero or negative as another says, except in a few rows."""
    import numpy as np

    states = list(_of_columns(view))
    few = {
        name: view.codes(name)
        for name in view.categories
        if 2 <= len(view.codes(name).levels) <= STATES_MOST
    }
    by = [(name, codes, True) for name, codes in list(few.items())[:STATES_MOST]]
    by += [
        (one.column, LevelCodes(one.holds.astype(np.int64), [False, True]), False)
        for one in states
        if one.column not in few
    ]
    signed = {one.column for one in states if one.below}
    for state in states:
        two = LevelCodes(state.holds.astype(np.int64), [False, True])
        for name, codes, is_category in by:
            if name == state.column or state.column in reported or (codes.of_row >= 0).sum() < 100:
                continue
            table = counted_together(codes, two)
            broken = _broken_state(table) or _still_open(state, view, table)
            if broken is None:
                continue
            rows, share, chance, one_sided = broken
            reported |= {state.column, *(() if is_category else (name,))}
            frequent = 0.05 < state.holds.mean() < 0.95 and share <= 0.08 * chance
            sure = is_category and one_sided and frequent and len(table) <= FEW_STATES
            sure = sure and state.code == "presence_broken"
            sure |= is_category and state.column in view.times and _is_mixed(state, view, table)
            of_sign = not is_category and name in signed and state.column in few
            column, other = (name, state.column) if of_sign else (state.column, name)
            sure |= column in signed and other in few and one_sided and share <= 0.08 * chance
            yield coded_finding(
                FindingLevel.SLOWS if sure else FindingLevel.NOTE,
                state.code,
                column=column,
                others=(other,),
                rows=view.rows(rows),
                share=round(share, 6),
            )


def _never(view: View, reported: set[str]) -> Iterator[Finding]:
    """Find words of two columns that never come together, except in a few rows.

    Where some pairs are merely rarer than others, no rule is behind it.
    """
    names = [one for one in view.categories if one in view.texts and one not in reported]
    few = [one for one in names if len(view.codes(one).levels) <= STATES_MOST]
    for one, two in combinations(few[:STATES_MOST], 2):
        table = counted_together(view.codes(one), view.codes(two)).astype(float)
        count = table.sum()
        if count < 2 * LEAST or {one, two} & reported:
            continue
        sizes = (table.sum(axis=1, keepdims=True), table.sum(axis=0, keepdims=True))
        expected = sizes[0] * sizes[1] / count
        asked = expected >= NEVER_LEAST
        part = table / expected.clip(1e-9)
        never = asked & (part <= SLIPS)
        between = asked & (part > SLIPS) & (part < HARDLY)
        broken = float(table[never].sum())
        if never.any() and broken > 1 and not between.any() and never.sum() <= asked.sum() / 2:
            reported |= {one, two}
            share = round(broken / count, 6)
            sentence = say(
                "never_together",
                name=shown(one),
                other=shown(two),
                rows=counted(view.rows(broken), "row"),
            )
            evidence = {"columns_named": [one, two], "rows": view.rows(broken), "share": share}
            yield found(FindingLevel.NOTE, "dependency_broken", sentence, evidence, column=one)


def _of_columns(view: View) -> Iterator[RowState]:
    import numpy as np

    for name in view.sample.columns[: 2 * COLUMNS_MOST]:
        empty = view.sample[name].isna().to_numpy()
        if 0.03 < empty.mean() < 0.97:
            yield RowState(name, "presence_broken", empty)
        if name in view.numbers:
            values = view.number(name)
            for holds, below in ((values == 0, False), (values < 0, True)):
                if 0.03 < holds.mean() < 0.97 and np.isfinite(values).mean() > 0.5:
                    yield RowState(name, "dependency_broken", holds, below)
        elif name in view.categories and len(view.codes(name).levels) == 2:
            holds = view.codes(name).of_row == 1
            if 0.03 < holds.mean() < 0.97 and not empty.any():
                yield RowState(name, "dependency_broken", holds)


def _broken_state(table: Whole) -> tuple[int, float, float, bool] | None:
    """Return how many rows break what the others show, of how many, and what chance would."""
    count = int(table.sum())
    if not count or (table.sum(axis=0) == 0).any():
        return None
    kept = int(table.max(axis=1).sum())
    chance = 1 - float(table.sum(axis=0).max()) / count
    broken = 1 - kept / count
    one_sided = bool(((table.min(axis=1) == 0) & (table.sum(axis=1) >= 20)).any())
    clean = bool((table.min(axis=1) <= SLIPS * table.sum(axis=1)).all())
    both_ways = len(set(table.argmax(axis=1))) == 2
    if both_ways and 0 < broken <= 0.05 and broken <= 0.12 * chance and (one_sided or clean):
        return count - kept, broken, chance, one_sided
    mixed = _one_mixed(table)
    if mixed:
        return mixed, mixed / count, chance, True
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / count
    rare = (expected >= NEVER_LEAST) & (table > 0) & (table <= SELDOM * expected)
    rare &= table <= SLIPS * table.sum(axis=1, keepdims=True)
    kinds = int(rare.any(axis=1).sum())
    if 0 < kinds <= max(1, len(table) // 2):
        return int(table[rare].sum()), float(table[rare].sum()) / count, chance, False
    return None


def _is_mixed(state: RowState, view: View, table: Whole) -> bool:
    """Whether all values but one decide whether a time is filled."""
    return _one_mixed(table) > 0 or _still_open(state, view, table) is not None


def _one_mixed(table: Whole) -> int:
    """Count the exceptions of the one value that is mixed, where all others decide both ways."""
    import numpy as np

    sizes, least = table.sum(axis=1), table.min(axis=1)
    pure = (least == 0) & (sizes >= PURE_LEAST)
    mixed = np.flatnonzero(~pure)
    decides = len(set(table[pure].argmax(axis=1))) == 2 if pure.any() else False
    if len(mixed) != 1 or not decides or least[mixed[0]] > MIXED_MOST * sizes[mixed[0]]:
        return 0
    return int(least[mixed[0]])


def _still_open(state: RowState, view: View, table: Whole) -> tuple[int, float, float, bool] | None:
    """Count the ends that are filled though their state says that nothing has ended.

    Every other state has its end in every row; the one that has none, in most, is contradicted.
    """
    import numpy as np

    if state.code != "presence_broken" or state.column not in view.times:
        return None
    kept = table[table.sum(axis=1) >= PURE_LEAST]
    gaps = np.flatnonzero(kept[:, 1])
    if len(kept) < 2 or len(gaps) != 1 or kept.sum() < (1 - TOO_FEW) * table.sum():
        return None
    rows, count = int(kept[gaps[0], 0]), int(kept.sum())
    if not 0 < rows <= OPEN_MOST * kept[gaps[0]].sum():
        return None
    return rows, rows / count, float(kept[:, 1].sum()) / count, True


def conditional_gaps(view: View) -> set[str]:
    """Return the columns that are empty where the value of a category says so, and hardly else."""
    empty = {
        name: LevelCodes(view.sample[name].isna().to_numpy().astype("int64"), [False, True])
        for name in view.sample.columns[: 2 * COLUMNS_MOST]
        if 0.03 < view.sample[name].isna().mean() < 0.97
    }
    few = [
        n for n in view.categories if n not in empty and len(view.codes(n).levels) <= STATES_MOST
    ]
    decided_here = set()
    for name, two in empty.items():
        for by in few:
            table = counted_together(view.codes(by), two)
            kept, count = int(table.max(axis=1).sum()), int(table.sum())
            usual = int(table.sum(axis=0).max())
            if count - kept <= GAPS_LEFT * (count - usual) and len(set(table.argmax(axis=1))) == 2:
                decided_here.add(name)
    return decided_here


def _bands(view: View) -> Iterator[Finding]:
    """Find classes that a number decides by its limits, as age groups, except in a few rows."""
    import numpy as np

    rows = np.arange(len(view.sample))
    for name in view.numbers:
        values = view.number(name)
        usable = np.isfinite(values)
        if usable.sum() < 2 * LEAST or len(np.unique(values[usable][:2_000])) < BANDS_MOST:
            continue
        if abs(float(np.corrcoef(values[usable], rows[usable])[0, 1])) > COUNTS_UP:
            continue
        ranked = np.argsort(np.argsort(values, kind="stable"), kind="stable") / len(values)
        for other in view.categories:
            codes = view.codes(other)
            if other == name or not 2 <= len(codes.levels) <= BANDS_MOST or other in view.numbers:
                continue
            wrong = _out_of_band(ranked, codes.of_row, usable, len(codes.levels))
            if wrong:
                coded_number = KEY_NAME.search(name) or CODE_NAME.search(name) or "code" in name
                sure = len(codes.levels) >= FEW_STATES and not coded_number
                yield coded_finding(
                    FindingLevel.SLOWS if sure else FindingLevel.NOTE,
                    "derived_broken",
                    column=other,
                    others=(name,),
                    rows=view.rows(wrong),
                    share=round(wrong / int(usable.sum()), 6),
                )


def _out_of_band(ranked: Floats, of_row: Whole, usable: Flags, levels: int) -> int:
    """Return how many rows lie beyond their class's limits; none where there are no limits."""
    import numpy as np

    for step in (max(1, len(ranked) // 1_500), 1):
        keep = usable[::step] & (of_row[::step] >= 0)
        at, classes = ranked[::step][keep], of_row[::step][keep]
        sizes = np.bincount(classes, minlength=levels)
        if sizes.min() < 8:
            return 0
        order = np.argsort(at, kind="stable")
        at, classes = at[order], classes[order]
        middles = [float(np.median(at[classes == n])) for n in range(levels)]
        places = np.argsort(np.argsort(middles))[classes]
        edges = [_edge(at, places, k) for k in range(levels - 1)]
        inside = np.searchsorted(np.array(edges), at, side="left")
        wrong = inside != places
        share = float(wrong.mean())
        if share > BAND_BROKEN or np.any(np.diff(edges) <= 0):
            return 0
    near = np.min(np.abs(at[:, None] - np.array(edges)[None, :]), axis=1) <= NEAR_EDGE
    blurred = near.any() and float(wrong[near].mean()) > max(3 * share, 0.02)
    usual = 1 - float(sizes.max()) / len(at)
    return int(wrong.sum()) if wrong.any() and not blurred and share <= 0.15 * usual else 0


def _edge(at: Floats, places: Whole, k: int) -> float:
    """Return the value that best parts the classes up to one from those above."""
    import numpy as np

    above = places > k
    wrong = np.cumsum(above) + (~above).sum() - np.cumsum(~above)
    best = int(np.argmin(wrong))
    return float(at[best] + at[min(best + 1, len(at) - 1)]) / 2
