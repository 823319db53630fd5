"""What is there twice: rows, keys and whole columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.codes import counted, found, graded, percent, shown
from probes.quality.facts import (
    ColumnFacts,
    TableFacts,
    count_distinct_rows,
    count_exactly,
    most_frequent,
)
from probes.quality.sentences import say
from probes.settings import TableHints
from probes.sources import ColumnFamily

if TYPE_CHECKING:
    import pandas as pd

KEY_CANDIDATES = 12

KEY_TWINS_SURE = 0.05
ALIKE_VALUES, ALIKE_COLUMNS, ALIKE_CELLS = 2, 3, 0.8
TRIPLES_LEAST = 5
LINE_NAME = re.compile(r"(^|_)(line|pos|position|zeile|posten|seq|sequence)(_?(no|nr|num|id))?$")

PLACE_NAME = re.compile(r"zip|post|plz|area|country|region|currency|colou?r", re.IGNORECASE)
"""Codes of what many rows share, however few do."""

KEY_NAME = re.compile(
    r"(^|_)(id|key|uuid|guid|code|number|nr|no|sku|ean)$|[a-z](Id|ID|Key|Uuid|No|Nr)$"
    r"|[ .-](?i:id|key|uuid|guid|number|nr|no)\.?$"
)


COMPARED = (ColumnFamily.TEXT, ColumnFamily.NUMBER, ColumnFamily.BOOLEAN, ColumnFamily.TIME)
NO_PAIR = 0.001
COMMON_LEAST = 8
OFTENER, ALL_ALIKE = 0.5, 0.8
COMMON = 0.3
"""So much seldomer do rows of rare values come again where the copies are no load's."""
TOGETHER, TOGETHER_LEAST = 0.9, 20
"""So much of the rows that repeat an earlier one stands in one stretch where a load ran twice."""
BY_CHANCE = 3
"""Of classes and answers alone so many times the rows that chance makes alike are no copies."""


def row_findings(facts: TableFacts, hints: TableHints) -> Iterator[Finding]:
    """Say which rows and keys are twins, exactly."""
    if facts.rows < 2:
        return
    distinct = count_distinct_rows(facts.source, facts.table)
    copies = facts.rows - distinct
    facts.duplicates = copies
    if copies > 0:
        share = copies / facts.rows
        sentence = say("row_copies", copies=copies, share=percent(share))
        evidence = {"copies": copies, "rows": facts.rows, "share": round(share, 6)}
        names = [one.name for one in facts.of_family(*COMPARED)]
        likely = by_chance_alike(facts.sample, names)
        natural = copies <= BY_CHANCE * likely or are_common(facts.sample, names)
        level = graded(share, slows=2 if natural else 0.01)
        is_load = stand_together(facts.sample, names)
        if is_load or any(twins == copies for _, twins in _named_keys(facts)):
            level = FindingLevel.SLOWS  # no chance gives a number twice only where all is alike
        yield found(level, "duplicate_rows", sentence, evidence)
    yield from _keys(facts, hints, copies)
    yield from () if hints.key else _lines(facts, copies)


def by_chance_alike(sample: pd.DataFrame, names: list[str]) -> float:
    """Return how many pairs of rows would be alike if the columns knew nothing of each other."""
    pairs = len(sample) * (len(sample) - 1) / 2
    for name in (one for one in names if one in sample):
        if pairs < NO_PAIR:
            break
        shares = sample[name].value_counts(normalize=True, dropna=False)
        pairs *= float((shares**2).sum())
    return pairs


def stand_together(sample: pd.DataFrame, names: list[str]) -> bool:
    """Whether the rows that repeat earlier ones stand in one stretch, hardly two of it alike."""
    import numpy as np

    cells = sample[[one for one in names if one in sample]]
    places = np.flatnonzero(cells.duplicated().to_numpy())
    stretches = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)
    longest = max(stretches, key=len)
    if len(longest) < max(TOGETHER_LEAST, TOGETHER * len(places)):
        return False
    return bool(cells.iloc[longest].duplicated().mean() < 1 - TOGETHER)


def are_common(sample: pd.DataFrame, names: list[str]) -> bool:
    """Whether rows come again where all they hold is common, and hardly where it is not.

    A load that wrote twice takes rare rows as often as common ones, and leaves two of each.
    """
    import numpy as np

    cells = sample[[one for one in names if one in sample]]
    if _come_many_times(cells):
        return True
    likely = np.zeros(len(cells))
    for name in cells.columns:
        shares = cells[name].value_counts(normalize=True, dropna=False)
        likely += np.log(cells[name].map(shares).to_numpy(dtype=float, na_value=1.0))
    again = cells.duplicated(keep=False).to_numpy()
    first = ~cells.duplicated().to_numpy()
    again, likely = again[first], likely[first]
    rare = likely < np.median(likely) if len(likely) else likely > 0
    if again.sum() < COMMON_LEAST or not rare.any():
        return False
    return bool(again[rare].mean() <= COMMON * again[~rare].mean())


def _come_many_times(cells: pd.DataFrame) -> bool:
    """Whether most rows that come again do so three times and more, some oftener than others."""
    import pandas as pd

    times = pd.util.hash_pandas_object(cells, index=False).value_counts()
    times = times[times > 1]
    alike = times.value_counts(normalize=True)
    oftener = times[times > 2].sum() > OFTENER * times.sum() if len(times) else False
    return bool(oftener and alike.iloc[0] < ALL_ALIKE)


def count_candidates(facts: TableFacts) -> tuple[Finding, ...]:
    """Count exactly what a sketch calls nearly unique: a finding must not rest on an estimate.

    Returns:
        Nothing yet; the counts are kept in the facts for the checks that follow.
    """
    near = [
        column
        for column in facts.of_family(ColumnFamily.NUMBER, ColumnFamily.TEXT)
        if (column.distinct or 0) >= 0.7 * column.present and column.present > 1
    ]
    near.sort(key=lambda column: (not KEY_NAME.search(column.name), -(column.distinct or 0)))
    names = [column.name for column in near[:KEY_CANDIDATES]]
    if names:
        for name, exact in count_exactly(facts.source, facts.table, names).items():
            facts.columns[name].exact_distinct = exact
    return ()


def _keys(facts: TableFacts, hints: TableHints, copies: int) -> Iterator[Finding]:
    declared = [name for name in hints.key if name in facts.columns]
    if declared:
        distinct = count_distinct_rows(facts.source, facts.table, declared)
        yield from _twins(", ".join(declared), facts.rows - distinct, facts.rows, None)
        return
    for column, twins in _named_keys(facts):
        if copies < twins <= 0.2 * column.present:
            again = _only_pairs(facts, column.name, twins) or _tell_the_same(facts, column.name)
            yield from _twins(column.name, twins, column.present, column.name, given_again=again)


def _named_keys(facts: TableFacts) -> Iterator[tuple[ColumnFacts, int]]:
    """Yield columns that are called keys and are nearly unique, with how many rows repeat them."""
    for column in facts.columns.values():
        exact = column.exact_distinct
        if exact is None or not KEY_NAME.search(column.name) or PLACE_NAME.search(column.name):
            continue
        yield column, column.present - exact


def _only_pairs(facts: TableFacts, name: str, twins: int) -> bool:
    """Whether a number is given twice or once, never oftener, as chance or a lot would have it.

    Numbers that chance repeats in so many rows would come three times in some; so would those of
    customers or lots.
    """
    expected = twins**2 / (2 * max(1, facts.columns[name].present))
    return expected >= TRIPLES_LEAST and most_frequent(facts.source, facts.table, name) <= 2


def _tell_the_same(facts: TableFacts, name: str) -> bool:
    """Whether two rows of one number agree in nearly all cells, which two other rows never do."""
    rows = facts.sample.sort_values(name, kind="stable")
    others = rows.drop(columns=name)
    others = others.loc[:, others.nunique() > ALIKE_VALUES]
    if others.shape[1] < ALIKE_COLUMNS:
        return False
    alike = ((others == others.shift()) | (others.isna() & others.shift().isna())).mean(axis=1)
    same = (rows[name] == rows[name].shift()).to_numpy(dtype=bool, na_value=False)
    apart = others.sample(len(others), random_state=48).reset_index(drop=True)
    by_chance = float((apart == apart.shift()).mean(axis=1).median())
    return bool(same.any() and alike[same].median() >= ALIKE_CELLS > ALIKE_CELLS / 2 >= by_chance)


def _lines(facts: TableFacts, copies: int) -> Iterator[Finding]:
    """Count documents whose lines carry a number of their own: both together name a row."""
    names = [name for name in facts.sample.columns if name in facts.columns]
    for line in (name for name in names if LINE_NAME.search(name)):
        for document in (name for name in names if KEY_NAME.search(name) and name != line):
            pair = facts.sample[[document, line]].dropna()
            alone = facts.sample[document].duplicated().mean()
            twins = float(pair.duplicated().mean()) if len(pair) > 1 else 1.0
            if alone > 0.2 and twins <= KEY_TWINS_SURE:
                exact = facts.rows - count_distinct_rows(
                    facts.source, facts.table, [document, line]
                )
                if exact > copies:
                    name = f"{document}, {line}"
                    yield from _twins(name, exact - copies, facts.rows, None)
                return


def _twins(
    name: str, twins: int, rows: int, column: str | None, *, given_again: bool = False
) -> Iterator[Finding]:
    if twins > 0:
        share = twins / rows
        sentence = say(
            "key_repeated",
            name=shown(name),
            counted=counted(twins, "row"),
            share=percent(share),
        )
        evidence = {"twins": twins, "rows": rows, "share": round(share, 6)}
        # A name alone makes no key: what repeats that often may well be a batch or a lot.
        sure = column is None or share <= KEY_TWINS_SURE or given_again
        level = FindingLevel.SLOWS if sure else FindingLevel.NOTE
        yield found(level, "duplicate_keys", sentence, evidence, column=column)


def twin_column_findings(facts: TableFacts) -> Iterator[Finding]:
    """Say which columns equal an earlier one on every sampled row."""
    import pandas as pd

    if len(facts.sample) < 100:
        return
    seen: dict[int, str] = {}
    for name in facts.sample.columns:
        values = facts.sample[name]
        if values.nunique() < 3:
            continue
        mark = hash(pd.util.hash_pandas_object(values, index=False).to_numpy().tobytes())
        if mark in seen:
            sentence = say(
                "columns_equal",
                name=shown(name),
                seen=shown(seen[mark]),
                values=len(values),
            )
            evidence = {"sampled": len(values)}
            yield found(FindingLevel.NOTE, "duplicate_columns", sentence, evidence, column=name)
        seen.setdefault(mark, name)
