"""Columns that come from others: parts of a date, ages, and texts that hold another column."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.codes import coded_finding
from probes.quality.durations import duration_findings
from probes.quality.view import View, coded, counted_together

if TYPE_CHECKING:
    import pandas as pd

    from probes.quality.view import Flags, Floats, LevelCodes

LEAST = 60
SURE = 0.03
YEARS_FROM = 1850
BIRTH_YEAR = re.compile(
    r"birth|born|geb(oren|urt|_|$)|naissance|nacim|nascita|jahrgang", re.IGNORECASE
)
AGE = re.compile(r"(^|_)(age|alter|edad|[âa]ge)($|_)", re.IGNORECASE)
NUMBER_PARTS = ("year", "month", "quarter", "week", "day", "weekday", "hour", "minute")
ERAS = ("year", "period")
"""What changes with the years changes anyway: that holds nobody up."""
WORD_PARTS = ("weekday", "month", "quarter", "year", "period")
TIMES_MOST = 6
LATE = 21
"""So many days before or behind its date a number may be given."""
ZONES_APART = 14
"""Hours between the zone of a moment and the one that its parts are said in."""
TEXTS_MOST = 12
HELD_FIRST = 300
HELD = 0.95
HELD_FIRST_LEAST = 0.85
HELD_LENGTH = 2
LEVELS_LEAST = 3
CODE = r"[\w./-]{5,24}"
CODES_SURE = 0.9


def derived_findings(view: View) -> Iterator[Finding]:
    """Compare columns with what they come from, and say in how many rows they do not fit."""
    best: dict[str | None, Finding] = {}
    right: set[str] = set()
    for when in view.times[:TIMES_MOST]:
        kept: set[str] = set()
        for one in _of_a_date(view, when, kept):
            # Of several times it comes from the one that it fits best: a start, not the end.
            fits = best.get(one.column)
            if fits is None or one.evidence["rows"] < fits.evidence["rows"]:
                best[one.column] = one
        right |= kept
    yield from (one for name, one in best.items() if name not in right)
    yield from duration_findings(view)
    yield from _ages_of_years(view)
    yield from _held_in_texts(view)


def _of_a_date(view: View, when: str, kept: set[str]) -> Iterator[Finding]:
    """Compare columns with the parts of one time; those that fit in every row go to `kept`."""
    import numpy as np
    import pandas as pd

    moments = view.moment(when)
    parts = {name: part(moments.dt) for name, part in _PART_OF.items()}
    reported = set()
    for name in view.numbers:
        values = view.number(name)
        usable = np.isfinite(values) & moments.notna().to_numpy()
        if usable.sum() < LEAST or len(np.unique(values[usable])) < 3:
            continue
        if AGE.search(name):
            yield from _age(view, name, when, values, parts["year"].to_numpy(float), usable)
            continue
        for part in NUMBER_PARTS:
            of_date = parts[part].to_numpy(dtype=float, na_value=np.nan)
            # Weekdays are counted from 0, 1 or Sunday.
            shifts = (0, 1) if part == "weekday" else (0,)
            wrong = min((usable & (values != of_date + n) for n in shifts), key=np.sum)
            share = float(wrong.sum() / usable.sum())
            if share <= 0.1 and len(np.unique(of_date[usable])) >= 3:
                reported.add(name)
                kept |= set() if share else {name}
                if share and not _of_another_zone(values[wrong], moments[wrong], part):
                    yield _finding(view, name, when, int(wrong.sum()), share, share <= SURE)
                break
    yield from _words_of_a_date(view, when, parts, reported, kept)
    years = [(moments + pd.Timedelta(days=n)).dt.year for n in (0, -LATE, LATE)]
    written, *near = (year.astype("Int64").astype("string") for year in years)
    yield from _held(view, when, written, near)


_PART_OF: dict[str, Callable[[Any], pd.Series]] = {
    **{name: attrgetter(name) for name in ("year", "month", "quarter", "day", "hour", "minute")},
    "weekday": attrgetter("day_of_week"),
    "week": lambda clock: clock.isocalendar().week,
    "period": lambda clock: clock.year * 100 + clock.month,
}
"""The parts of a moment, from pandas' accessor of its parts."""


def _of_another_zone(values: Floats, moments: pd.Series, part: str) -> bool:
    """Whether all that does not fit does some hours earlier or later: the place's own time."""
    import pandas as pd

    if part in ("hour", "minute") or (moments.dt.normalize() == moments).all():
        return False
    moved = (moments + pd.Timedelta(hours=n) for n in range(-ZONES_APART, ZONES_APART + 1))
    return any((_PART_OF[part](at.dt).to_numpy(dtype=float) == values).all() for at in moved)


def _words_of_a_date(
    view: View, when: str, parts: dict[str, pd.Series], reported: set[str], kept: set[str]
) -> Iterator[Finding]:
    """Find words and flags that a part of the date decides, as the season, but in a few rows."""
    codes = {part: coded(parts[part]) for part in WORD_PARTS}
    for name in view.categories:
        if name in reported or name == when:
            continue
        own = view.codes(name)
        for part in WORD_PARTS:
            seen = _decides(codes[part], own)
            if seen is None:
                continue
            wrong, rows, each = seen
            kept |= set() if wrong else {name}
            if wrong:
                yield _finding(view, name, when, wrong, wrong / rows, each and part not in ERAS)
            break


def _decides(part: LevelCodes, own: LevelCodes) -> tuple[int, int, bool] | None:
    """Return how many rows break what a part of a date decides, of how many, and if one to one."""
    import numpy as np

    if not len(part.levels) >= 4 or len(own.levels) > 1.5 * len(part.levels):
        return None
    table = counted_together(part, own)
    rows, largest = int(table.sum()), int(table.sum(axis=0).max())
    if rows < LEAST:
        return None
    wrong, chance = rows - int(table.max(axis=1).sum()), 1 - largest / rows
    each = len(set(table.argmax(axis=1))) == len(table) == len(own.levels)
    clear = (table.max(axis=1) >= 0.8 * table.sum(axis=1)).mean() > 0.95
    share = wrong / rows
    if share > 0.05 or share > 0.15 * chance or not clear or chance < 0.1:
        return None
    return wrong, rows, bool(np.all(each))


def _ages_of_years(view: View) -> Iterator[Finding]:
    """Compare ages with years of birth."""
    import numpy as np

    for age in (name for name in view.numbers if AGE.search(name)):
        for born in (name for name in view.numbers if BIRTH_YEAR.search(name)):
            values, years = view.number(age), view.number(born)
            usable = np.isfinite(values) & np.isfinite(years)
            if usable.sum() >= LEAST and np.median(years[usable]) > YEARS_FROM:
                yield from _age(view, age, born, values, years, usable)


def _age(
    view: View, name: str, when: str, values: Floats, years: Floats, usable: Flags
) -> Iterator[Finding]:
    import numpy as np

    total = values[usable] + years[usable]
    middle = float(np.median(total))
    wrong = np.abs(total - middle) > 1.5
    share = float(wrong.mean())
    if 0 < share <= 0.2 and float(np.std(years[usable])) > 3:
        yield _finding(view, name, when, int(wrong.sum()), share, True)


def _held_in_texts(view: View) -> Iterator[Finding]:
    """Find texts that hold what another column says, as BER-2024-7 the site, but in a few rows."""
    whole = [name for name in view.categories if name in view.numbers]
    for held in [*view.texts[:TEXTS_MOST], *whole[:TEXTS_MOST]]:
        if held not in view.times and len(view.codes(held).levels) >= LEVELS_LEAST:
            written = view.sample[held]
            yield from _held(view, held, written.astype("Int64") if held in whole else written)


def _held(
    view: View, held: str, written: pd.Series, near: Sequence[pd.Series] = ()
) -> Iterator[Finding]:
    """Look for a column's words in each column of texts, first in some rows.

    Args:
        view: a table's sample.
        held: the column.
        written: its words.
        near: what they would be some weeks before and after: at the turn of a year a number may
            be given before the date, or behind it.
    """
    some = written.dropna().index
    some = some[:: max(1, len(some) // HELD_FIRST)]
    head = _plain(written.loc[some])
    if len(head) < LEAST or head.str.len().median() < HELD_LENGTH or head.nunique() < 2:
        return
    for name in view.texts[:TEXTS_MOST]:
        if name in (held, *view.times):
            continue
        around = _plain(view.sample[name].loc[some])
        first = [a for a in zip(head, around, strict=True) if _both(a)]
        inside = sum(a in b and len(b) > len(a) for a, b in first)
        if len(first) < LEAST or inside < HELD_FIRST_LEAST * len(first):
            continue
        every = zip(_plain(written), _plain(view.sample[name]), strict=True)
        pairs = [a for a in every if _both(a)]
        wrong = sum(a not in b for a, b in pairs)
        if 0 < wrong <= (1 - HELD) * len(pairs) and _is_no_chance(pairs):
            coded_text = view.sample[name].astype("string").str.fullmatch(CODE).mean() >= CODES_SURE
            share = wrong / len(pairs)
            turns = _turn_of_year(written, near, view.sample[name])
            never = {a for a, _ in pairs} - {a for a, b in pairs if a in b}
            foreign = all(a in never for a, b in pairs if a not in b)  # a code of its own
            sure = coded_text and share <= SURE and not turns and not foreign
            yield _finding(view, name, held, wrong, share, sure)


def _turn_of_year(written: pd.Series, near: Sequence[pd.Series], texts: pd.Series) -> bool:
    """Whether every row that does not fit would some weeks before or after."""
    columns = [_plain(one) for one in (texts, written, *near)]
    cells = [row for row in zip(*columns, strict=True) if _both((row[1], row[0]))]
    wrong = [(text, others) for text, own, *others in cells if own not in text]
    return bool(near) and all(
        any(isinstance(one, str) and one in text for one in others) for text, others in wrong
    )


def _is_no_chance(pairs: list[tuple[str, str]]) -> bool:
    """Whether the words of other rows are not inside as well, as short digits would be."""
    moved = pairs[len(pairs) // 3 :] + pairs[: len(pairs) // 3]
    chance = sum(a in b for (a, _), (_, b) in zip(pairs, moved, strict=True)) / len(pairs)
    return chance < 1 - 2 * (1 - HELD) - 0.1


def _both(pair: tuple[object, object]) -> bool:
    return isinstance(pair[0], str) and isinstance(pair[1], str) and pair[0] != ""


def _plain(texts: pd.Series) -> pd.Series:
    """Return texts in lower case, letters and digits only."""
    return texts.astype("string").str.lower().str.replace(r"[\W_]+", "", regex=True)


def _finding(view: View, name: str, when: str, rows: int, share: float, sure: object) -> Finding:
    return coded_finding(
        FindingLevel.SLOWS if sure else FindingLevel.NOTE,
        "derived_broken",
        column=name,
        others=(when,),
        rows=view.rows(rows),
        share=round(share, 6),
    )
