"""Rows that are none: totals, titles, repeated headers, blank ones, near-copies, cut exports."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.blocks import block_findings
from probes.quality.codes import coded_finding, graded
from probes.quality.copies import by_chance_alike
from probes.quality.raw import around_findings
from probes.quality.sentences import say
from probes.quality.totals import total_findings
from probes.quality.trials import trial_findings
from probes.quality.view import TIME_WORDS, View, named

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from probes.quality.view import Flags

    Marks = np.ndarray[Any, np.dtype[np.uint64]]

LIMITS = frozenset({65_535, 65_536, 1_048_575, 1_048_576, 16_383, 16_384, 32_767, 32_768})
ROUND_LIMITS = frozenset(
    {
        5_000,
        10_000,
        20_000,
        25_000,
        30_000,
        50_000,
        100_000,
        150_000,
        200_000,
        250_000,
        500_000,
        1_000_000,
        2_000_000,
        5_000_000,
    }
)
TWIN_COLUMNS = 4
TWIN_SHARE_MOST = 0.15
RARE_ROWS = 3
MOSTLY_WORDS = 0.5
TWINS_SURE = 10
TWINS_FEW = 0.05
ALIKE = 0.6
AGAIN_SECONDS = 3_600
"""What comes again within an hour, the same in all else, was sent twice."""
ALIKE_MORE = 0.35
PAIRS_MOST = 20_000
PAIRS_ODD = 0.02
OF_PAIRS = 0.1
SAME_PAIR = 0.9
SAMPLED_WHOLE = 1.05
HEADING_EMPTY = 0.6
HEADING_SHARE = 0.15
ALIKE_COLUMNS = 3
FRACTIONS_MOST = 0.1
LOADED = re.compile(
    r"(^|_)(load|insert|ingest|import|sync|etl|batch|extract|processing)(ed|s|ion)?"
    r"(_?(at|on|ts|time|timestamp|date|id|no|row_?id))?$",
    re.IGNORECASE,
)
"""Columns of whatever loaded a row, which say nothing of the row itself."""


def misplaced_rows(view: View) -> tuple[Flags, list[Finding]]:
    """Return which rows' cells stand in other columns' places, and what says so.

    Their cells are odd in every column: what other checks would say of them has this one cause.
    """
    import numpy as np

    headers = _headers(view)
    odd = np.zeros(len(view.sample), dtype=bool) if headers is None else headers
    found_here = [] if headers is None else [_header_rows(view, headers)]
    shifted = _shifted(view, view.sample[~odd])
    if len(shifted):
        rows = view.rows(len(shifted))
        found_here.append(coded_finding(FindingLevel.SLOWS, "shifted_rows", rows=rows))
    return odd | view.sample.index.isin(shifted), found_here


def structure_findings(view: View) -> Iterator[Finding]:
    """Say which rows are none, and whether the export looks cut."""
    yield from _limit(view)
    yield from around_findings(view)
    whole = view.scale <= SAMPLED_WHOLE
    yield from total_findings(view)
    yield from _blank(view)
    yield from trial_findings(view)
    if whole and len(view.sample) >= 100:
        yield from block_findings(view)
        yield from _near_copies(view)


def _limit(view: View) -> Iterator[Finding]:
    rows = view.facts.rows
    if rows in LIMITS or rows in ROUND_LIMITS:
        level = FindingLevel.SLOWS if rows in LIMITS else FindingLevel.NOTE
        yield coded_finding(level, "row_limit_hit", rows=rows)


def _headers(view: View) -> Flags | None:
    """Return which rows' cells are their columns' names; None where there are none."""
    import numpy as np

    names = [name for name in view.texts if name.strip()]
    if not names:
        return None
    equal = sum(
        (view.sample[name].astype("string").str.strip() == name.strip()).fillna(False).astype(int)
        for name in names
    )
    repeated = np.asarray(equal >= max(1, 0.6 * len(names)))
    rows = int(repeated.sum())
    return None if not rows or (len(names) == 1 and rows > 0.05 * len(view.sample)) else repeated


def _header_rows(view: View, repeated: Flags) -> Finding:
    names = [name for name in view.texts if name.strip()][:3]
    where = " AND ".join(f"{named(name)} = '{name}'" for name in names)
    rows = view.rows(int(repeated.sum()))
    return coded_finding(FindingLevel.SLOWS, "header_rows", rows=rows, where=where)


def _blank(view: View) -> Iterator[Finding]:
    sample = view.sample
    if sample.shape[1] < 2:
        return
    missing = sample.isna()
    rows = int(missing.all(axis=1).sum())
    if rows:
        where = " AND ".join(f"{named(name)} IS NULL" for name in list(sample.columns)[:4])
        yield _empty_rows(view, rows, "", where)
    alike = _of_one_text(view)
    if alike:
        yield _empty_rows(view, alike, say("but_for_one_text"), None)
    rows = _headings(view, missing)
    if rows:
        ends = bool(missing.iloc[-rows:].mean(axis=1).min() >= HEADING_EMPTY)
        yield _empty_rows(view, rows, say("but_for_a_heading"), None, sure=ends)


def _of_one_text(view: View) -> int:
    """Count rows with one text in every cell, which sound rows hardly hold: marks of lost rows."""
    import numpy as np

    texts = [view.sample[name].astype("string") for name in view.texts]
    others = view.sample.drop(columns=view.texts).isna().all(axis=1)
    if len(texts) < ALIKE_COLUMNS:
        return 0
    same = others & np.logical_and.reduce([(texts[0] == one).fillna(False) for one in texts[1:]])
    marks = texts[0][same].unique()
    elsewhere = sum(int(one[~same].isin(marks).sum()) for one in texts)
    return int(same.sum()) if elsewhere <= same.sum() else 0


def _headings(view: View, missing: pd.DataFrame) -> int:
    """Count rows of one text alone, where all others fill their columns: headings, page numbers."""
    filled = [name for name in missing if missing[name].mean() <= HEADING_SHARE]
    alone = [name for name in filled if name in view.texts and not missing[name].any()]
    others = [name for name in filled if name not in alone]
    if not alone or len(others) < max(2, HEADING_EMPTY * missing.shape[1]):
        return 0
    empty = missing[others].all(axis=1)
    rows = int(empty.sum())
    rest = float(missing.loc[~empty, others].mean().mean())
    return rows if rows > 1 and rest <= 0.1 * float(empty.mean()) else 0


def _empty_rows(
    view: View, rows: int, but: str, where: str | None, *, sure: bool = False
) -> Finding:
    level = graded(rows / len(view.sample), slows=0.0 if sure else 0.005)
    return coded_finding(level, "blank_rows", rows=view.rows(rows), where=where, words={"but": but})


def _shifted(view: View, rows_of_data: pd.DataFrame) -> pd.Index[int]:
    """Find rows with words where numbers belong and the other way round: cells slipped aside."""
    import pandas as pd

    odd = pd.Series(0, index=rows_of_data.index)
    numeric_columns = 0
    known = {word for name in view.texts for word in _frequent_words(view, name)}
    known -= _words_for_nothing(view)
    for name in view.texts:
        texts = rows_of_data[name].astype("string").str.strip()
        present = texts.notna() & (texts != "")
        numeric = texts.str.fullmatch(r"[+-]?\d+([.,]\d+)?").fillna(False)
        share = float(numeric[present].mean()) if present.any() else 0.0
        if share >= 0.9:
            # The same word again and again, which no other column has, stands for something here.
            lettered = texts.str.contains(r"[^\W\d_]|\d:\d|\d[-/.:]\d+[-/.:]\d", regex=True).fillna(
                False
            )
            words = texts[present & lettered]
            own = words[(words.map(words.value_counts()) > RARE_ROWS) & ~words.isin(known)]
            odd += (present & lettered & ~texts.index.isin(own.index)).astype(int) * 10
            numeric_columns += 1
        elif share <= 0.1:
            odd += (present & (numeric | _belongs_elsewhere(view, name, texts))).astype(int)
    for name in view.numbers if numeric_columns else ():
        fraction = rows_of_data[name].astype("float64") % 1 > 0
        odd += (fraction if 0 < fraction.mean() <= FRACTIONS_MOST else fraction & False).astype(int)
    rows = odd.index[(odd >= 10) & (odd % 10 >= 1)]
    few = numeric_columns and 1 < len(rows) <= 0.1 * len(view.sample)
    return rows if few else rows[:0]


def _words_for_nothing(view: View) -> set[str]:
    """Return words that stand among the numbers of several columns: why one is not known."""
    seen: Counter[str] = Counter()
    for name in view.texts:
        texts = view.sample[name].dropna().astype("string").str.strip()
        words = texts[~texts.str.fullmatch(r"[+-]?[\d.,]+")]
        if 0 < len(words) < MOSTLY_WORDS * len(texts) and words.nunique() <= RARE_ROWS:
            seen.update(words.unique())
    return {word for word, columns in seen.items() if columns >= RARE_ROWS}


def _frequent_words(view: View, name: str) -> set[str]:
    """Return the frequent values of a text column; none of one that is mostly numbers."""
    texts = view.sample[name].astype("string").str.strip()
    if texts.str.fullmatch(r"[+-]?\d+([.,]\d+)?").mean() > MOSTLY_WORDS:
        return set()
    return set(texts.value_counts().head(200).index)


def _belongs_elsewhere(view: View, name: str, texts: pd.Series) -> Any:
    """Return which cells hold a frequent value of another column, and none of their own."""
    own = set(texts.value_counts().head(200).loc[lambda counts: counts > 0.003 * len(texts)].index)
    others: set[str] = set()
    for other in view.texts[:12]:
        if other != name:
            counts = view.sample[other].astype("string").str.strip().value_counts().head(60)
            others |= set(counts[counts > 0.01 * len(texts)].index)
    return texts.isin(others - own).fillna(False)


def _near_copies(view: View) -> Iterator[Finding]:
    """Find rows equal in all but a key and one other column, where the rest tells rows apart."""
    import numpy as np
    import pandas as pd

    sample, keys = view.sample, view.keys
    loaded = [name for name in sample.columns if LOADED.search(name)]
    apart = {*keys, *loaded}
    names = [name for name in sample.columns if name not in apart and sample[name].nunique() > 1]
    if not TWIN_COLUMNS <= len(names) <= 120:
        return
    hashes = {name: _hash(sample[name]) for name in names}
    with np.errstate(over="ignore"):
        total: Marks = np.sum([hashes[name] for name in names], axis=0, dtype=np.uint64)
    doubled = _doubled_by_a_join(view, names, hashes, total)
    if doubled:
        yield _twins(view, *doubled, sure=True)
        return
    exact = pd.Series(total).duplicated(keep=False).to_numpy()
    telling = [name for name in names if sample[name].nunique() >= 0.5 * len(sample)]
    if exact.sum() and apart and (telling or loaded):
        # Copies that repeat their key as well are told of as whole rows.
        with np.errstate(over="ignore"):
            whole = np.sum([total, *(_hash(sample[name]) for name in apart)], axis=0)
        copies = int(pd.Series(total).duplicated().sum() - pd.Series(whole).duplicated().sum())
        few = 0 < copies <= TWIN_SHARE_MOST * len(sample)
        if few and copies > 10 * by_chance_alike(sample, names) + 1:
            yield _twins(view, copies, sorted(apart)[0], sure=bool(loaded))
            return
    rare = {name: _is_rare(sample[name]) for name in telling}
    best = _but_for_one(view, names, hashes, rare, exact)
    if best and max(2, 0.001 * len(sample)) <= best[0] <= TWIN_SHARE_MOST * len(sample):
        yield _twins(view, *best)
        return
    again = _sent_again(view, names, hashes, rare)
    if again and max(2, 0.001 * len(sample)) <= again <= TWIN_SHARE_MOST * len(sample):
        yield _twins(view, again, str(view.clock))
        return
    pairs = _alike(np.column_stack([hashes[name] for name in names]), names, rare)
    few = max(5, 0.002 * len(sample)) <= pairs <= TWIN_SHARE_MOST * len(sample)
    if few and view.panel is None:
        yield _twins(view, pairs, "")


def _doubled_by_a_join(
    view: View, names: list[str], hashes: dict[str, Marks], total: Marks
) -> tuple[int, str] | None:
    """Return how many rows stand twice but for a category, of the same two values each time.

    So a lookup that lists a key twice leaves them.
    """
    import numpy as np
    import pandas as pd

    for name in (one for one in names if one in view.categories and one != view.panel):
        with np.errstate(over="ignore"):
            rest = pd.Series(total - hashes[name])
        twice = rest[rest.duplicated(keep=False)]
        of_one = twice.map(twice.value_counts())
        rows = len(twice) // 2
        if rows < max(TWINS_SURE, 0.005 * len(rest)) or (of_one > 2).mean() > PAIRS_ODD:
            continue
        codes = pd.Series(view.codes(name).of_row)
        ends = codes.loc[twice.index[of_one == 2]].groupby(twice).agg(["min", "max"])
        kinds = ends[ends["min"] != ends["max"]].value_counts()
        if kinds.empty or kinds.iloc[0] < SAME_PAIR * len(ends):
            continue
        # Of one of the two values hardly a row stands alone: the lookup alone brought it in.
        alone = min(1 - kinds.iloc[0] / (codes == level).sum() for level in kinds.index[0])
        by_chance = by_chance_alike(view.sample, [other for other in names if other != name])
        if alone <= 1 - SAME_PAIR and rows > 10 * by_chance + 1:
            return rows, name
    return None


def _but_for_one(
    view: View, names: list[str], hashes: dict[str, Marks], rare: dict[str, Any], exact: Any
) -> tuple[int, str] | None:
    """Return how many rows repeat another but for one column, and which, where most do."""
    import numpy as np
    import pandas as pd

    with np.errstate(over="ignore"):
        total = np.sum([hashes[name] for name in names], axis=0, dtype=np.uint64)
    best: tuple[int, str] | None = None
    for name in names:
        others = [flags for other, flags in rare.items() if other != name]
        if not others or name in (view.clock, view.panel) or TIME_WORDS.search(name):
            continue
        with np.errstate(over="ignore"):
            rest = pd.Series(total - hashes[name])[~exact & np.any(others, axis=0)]
        twins = int(rest.duplicated().sum())
        # Two rows of each patient share much by design; of copies most pairs are alike in all.
        repeats = min(int(view.sample[one].duplicated().sum()) for one in rare if one != name)
        if twins < OF_PAIRS * repeats:
            continue
        by_chance = by_chance_alike(view.sample, [other for other in names if other != name])
        if twins > 10 * by_chance + 1 and (best is None or twins > best[0]):
            best = (twins, name)
    return best


def _sent_again(
    view: View, names: list[str], hashes: dict[str, Marks], rare: dict[str, Any]
) -> int:
    """Count rows that repeat the row of moments before but for their key, time and outcome."""
    import numpy as np
    import pandas as pd

    if view.clock is None:
        return 0
    apart = {view.clock, view.roles.target}
    apart |= {name for name in names if view.sample[name].is_unique}  # no row repeats any of them
    rest = [name for name in names if name not in apart]
    telling = [flags for name, flags in rare.items() if name in rest]
    if len(rest) < TWIN_COLUMNS or not telling:
        return 0
    with np.errstate(over="ignore"):
        marks = pd.Series(np.sum([hashes[name] for name in rest], axis=0, dtype=np.uint64))
    at = view.moment(view.clock).reset_index(drop=True)
    seconds = at.groupby(marks[np.any(telling, axis=0)]).agg(["min", "max", "count"])
    between = (seconds["max"] - seconds["min"]).dt.total_seconds()
    soon = (seconds["count"] > 1) & (between > 0) & (between <= AGAIN_SECONDS)
    again = int((seconds["count"] - 1)[soon].sum())
    return again if again > 10 * by_chance_alike(view.sample, rest) + 1 else 0


def _alike(cells: Marks, names: list[str], rare: dict[str, Any]) -> int:
    """Count pairs of rows that share a rare value and most else, far more than rows usually do."""
    import numpy as np

    rng = np.random.default_rng(48)
    one, other = rng.integers(0, len(cells), (2, 4_000))
    usual = float(np.quantile((cells[one] == cells[other]).mean(axis=1), 0.99))
    found: set[tuple[int, int]] = set()
    for name, flags in rare.items():
        at = names.index(name)
        order = np.argsort(cells[:, at], kind="stable")
        same = cells[order[1:], at] == cells[order[:-1], at]
        left, right = order[:-1][same & flags[order[:-1]]], order[1:][same & flags[order[:-1]]]
        if not 0 < len(left) <= PAIRS_MOST:
            continue
        rest = np.delete(np.arange(len(names)), at)
        equal = cells[np.ix_(left, rest)] == cells[np.ix_(right, rest)]
        share = equal.mean(axis=1)
        close = (share >= max(ALIKE, usual + ALIKE_MORE)) & (share < 1)
        found |= set(zip(left[close].tolist(), right[close].tolist(), strict=True))
    return len(found)


def _is_rare(values: pd.Series) -> Any:
    """Return which cells hold a value that hardly any other row has."""
    return (values.map(values.value_counts()) <= RARE_ROWS).fillna(False).to_numpy(dtype=bool)


def _twins(view: View, rows: int, other: str, *, sure: bool = False) -> Finding:
    share = rows / len(view.sample)
    sure |= bool(other) and 0.005 <= share <= TWINS_FEW and rows >= TWINS_SURE
    return coded_finding(
        FindingLevel.SLOWS if sure else FindingLevel.NOTE,
        "near_duplicates",
        column=None,
        others=(other,) if other else (),
        words={} if other else {"other": say("few_cells")},
        rows=view.rows(rows),
        share=round(share, 5),
    )


def _hash(values: pd.Series) -> Marks:
    """Return a hash a cell; texts alike but for case and spaces are one."""
    import zlib

    import numpy as np
    import pandas as pd

    if isinstance(values.dtype, pd.StringDtype) or values.dtype == object:
        texts = values.astype("string").str.lower().str.replace(r"[\s._-]+", "", regex=True)
        mixed = pd.util.hash_array(texts.fillna("").to_numpy(dtype=object))
    else:
        mixed = pd.util.hash_array(values.to_numpy())
    # An odd factor of its own keeps the same value in two columns apart.
    factor = np.uint64(2 * zlib.crc32(str(values.name).encode()) + 1)
    with np.errstate(over="ignore"):
        marks: Marks = mixed.astype("uint64") * factor
    return marks
