"""The sample as the checks look at it: numbers, texts and moments, each read once."""
# ruff: noqa: E501  (patterns read better on one line)

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from probes.quality.copies import KEY_NAME
from probes.quality.facts import ColumnFacts, TableFacts
from probes.quality.patterns import PATTERNS
from probes.quality.roles import BIRTH_TIME, Roles, event_time
from probes.sources import ColumnFamily, quote

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Flags = np.ndarray[Any, np.dtype[np.bool_]]
    Whole = np.ndarray[Any, np.dtype[np.int64]]

COLUMNS_LOOKED_AT = 40
"""Checks that set columns side by side look at so many of each family."""

DATE_SHARE = 0.8
NAMES_ROWS = 0.9
COMPACT_NAME = re.compile(r"date|day|datum|tag|month|monat|period|yyyymm", re.IGNORECASE)
TEXT_DATES = re.compile(
    r"\d{4}[-/]\d{1,2}|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([ T]\d{1,2}:\d{2}.*)?|\d{1,2}[./-]\d{1,2}[./-]\d{4}( \d{1,2}:\d{2}.*)?"
    r"|\d{1,2}[./](?:19|20)\d{2}|\d{4}[- ]?Q[1-4]|Q[1-4][-/ ]?\d{4}|\d{4}[- ]?(?:W|KW)\d{1,2}|(?:W|KW) ?\d{1,2}[-/ ]\d{4}"
    r"|\d{1,2}[-. ]+[A-Za-z]{3,9}\.?[- ]\d{4}|[A-Z][a-z]{2,8}\.? (?:\d{1,2}, )?\d{4}"
)
TIME_WORDS = re.compile(
    r"year|month|date|day|week|time|wave|period|round|visit|jahr|monat|datum", re.IGNORECASE
)
CLOCK = r"(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?"
CLOCKS_LEAST = 20
ROWS_FOR_TIME = 100
DECIMALS_MOST = 6
WEEKS = 52
CALENDAR_PARTS = ("minute", "hour", "day", "day_of_week", "day_of_year", "month", "quarter", "year")
ROUNDED_ALIKE = 0.85


def number_values(values: pd.Series) -> Floats:
    """Return the finite numbers among some cells."""
    import numpy as np

    array: Floats = values.to_numpy(dtype=float, na_value=np.nan)
    return array[np.isfinite(array) & (np.abs(array) <= 1e150)]


def half_a_digit(values: Floats) -> float:
    """Return half of the last decimal that nearly all of a column is written with."""
    import numpy as np

    for decimals in range(DECIMALS_MOST):
        if np.isclose(values, np.round(values, decimals), atol=1e-9).mean() >= ROUNDED_ALIKE:
            return float(0.501 * 10.0**-decimals)
    return 0.0


class LevelCodes(NamedTuple):
    """For each row the position of its value among `levels`, -1 where there is none."""

    of_row: Whole
    levels: list[Any]


def coded(values: Any) -> LevelCodes:
    """Return values as positions among those that occur, in order of their appearance."""
    import pandas as pd

    of_row, levels = pd.factorize(values, use_na_sentinel=True)
    return LevelCodes(of_row, list(levels))


def counted_together(one: LevelCodes, two: LevelCodes) -> Whole:
    """Return how many rows have each value of one (down) and each of two (across)."""
    import numpy as np

    both = (one.of_row >= 0) & (two.of_row >= 0)
    cells = one.of_row[both] * len(two.levels) + two.of_row[both]
    counts: Whole = np.bincount(cells, minlength=len(one.levels) * len(two.levels))
    return counts.reshape(len(one.levels), len(two.levels))


class View:
    """A table's sample, read by family.

    Args:
        facts: what was measured over every row, and the sample.
        roles: which columns are the time, the entity and the label.
    """

    def __init__(self, facts: TableFacts, roles: Roles) -> None:
        self.facts = facts
        self.roles = roles
        self.sample = facts.sample
        self._numbers: dict[str, Floats] = {}
        self._moments: dict[str, pd.Series] = {}
        self._codes: dict[str, LevelCodes] = {}
        self._written: dict[str, pd.Series] = {}

    def codes(self, name: str) -> LevelCodes:
        """Return a column's values as whole numbers: one for each value that it takes."""
        if name not in self._codes:
            self._codes[name] = coded(self.sample[name])
        return self._codes[name]

    def written(self, name: str) -> pd.Series:
        """Return a column's filled cells as stripped texts; a pattern is tried once on each text.

        They are a category for that: of 60,000 cells with 4,000 texts all patterns take a tenth.
        """
        if name not in self._written:
            texts = self.sample[name].dropna().astype("string").str.strip()
            self._written[name] = texts.astype("category")
        return self._written[name]

    @property
    def scale(self) -> float:
        """Rows of the table to a sampled row."""
        return self.facts.rows / max(1, len(self.sample) + self.facts.left_out)

    def rows(self, sampled: float) -> int:
        """Return how many rows of the table so many sampled ones stand for."""
        return round(float(sampled) * self.scale)

    def names(self, *families: ColumnFamily) -> list[str]:
        """Return the sampled columns of some families that hold values."""
        return [one.name for one in self.facts.of_family(*families) if one.name in self.sample]

    def number(self, name: str) -> Floats:
        """Return a numeric column over all sampled rows, NaN where it is missing."""
        import numpy as np

        if name not in self._numbers:
            array = self.sample[name].to_numpy(dtype=float, na_value=np.nan)
            self._numbers[name] = np.where(
                np.isfinite(array) & (np.abs(array) <= 1e150), array, np.nan
            )
        return self._numbers[name]

    @cached_property
    def numbers(self) -> list[str]:
        """The first numeric columns that vary."""
        names = self.names(ColumnFamily.NUMBER)
        varied = [name for name in names if (self.facts.columns[name].distinct or 0) > 2]
        return varied[:COLUMNS_LOOKED_AT]

    @cached_property
    def keys(self) -> frozenset[str]:
        """The columns that name rows: nearly all differ, and are called so or count up."""
        facts = self.facts.columns
        many = [
            name
            for name in self.sample.columns
            if (facts[name].distinct or 0) >= NAMES_ROWS * len(self.sample)
        ]
        return frozenset(
            name for name in many if KEY_NAME.search(name) or self._counts_up(facts[name])
        )

    def _counts_up(self, column: ColumnFacts) -> bool:
        import numpy as np

        if column.column.family is not ColumnFamily.NUMBER:
            return False
        steps = np.diff(np.sort(self.number(column.name)))
        return bool(len(steps) and np.nanmedian(steps) == 1)

    @cached_property
    def texts(self) -> list[str]:
        """The text columns."""
        return self.names(ColumnFamily.TEXT)

    @cached_property
    def categories(self) -> list[str]:
        """Columns of a few repeated values: texts, flags and small whole numbers."""
        found = []
        for name in self.names(ColumnFamily.TEXT, ColumnFamily.BOOLEAN, ColumnFamily.NUMBER):
            column = self.facts.columns[name]
            distinct = column.distinct or 0
            whole = column.column.family is not ColumnFamily.NUMBER or self._whole(name)
            many = distinct > max(2, min(400, column.present / 8))
            if distinct >= 2 and not many and whole and name not in self.written_numbers:
                found.append(name)
        return found[:COLUMNS_LOOKED_AT]

    @cached_property
    def written_numbers(self) -> frozenset[str]:
        """Texts that are quantities: numbers with decimals, or beside words for nothing.

        Whole numbers alone may as well be codes.
        """
        return frozenset(name for name in self.texts if self._is_quantity(name))

    def _is_quantity(self, name: str) -> bool:
        texts = self.written(name)
        nothing = texts.str.fullmatch(PATTERNS["placeholder"]).fillna(False)
        filled = texts[~nothing]
        numbers = filled[filled.str.fullmatch(PATTERNS["number_point"])]
        if len(numbers) < max(1, 0.9 * len(filled)):
            return False
        return bool(nothing.any() or numbers.str.contains(r"[.,]", regex=True).any())

    def _whole(self, name: str) -> bool:
        import numpy as np

        values = self.number(name)
        values = values[np.isfinite(values)]
        return bool(len(values) and (values == np.round(values)).all())

    def moment(self, name: str) -> pd.Series:
        """Return a column of times or of dates as text as moments, NaT where it is neither."""
        if name not in self._moments:
            self._moments[name] = parse_moments(self.sample[name])
        return self._moments[name]

    @cached_property
    def times(self) -> list[str]:
        """Columns that hold moments: by type, or texts that are mostly dates."""
        typed = self.names(ColumnFamily.TIME)
        written = [name for name in self.texts if self._is_date_text(name)]
        compact = [name for name in self.names(ColumnFamily.NUMBER) if self._is_compact(name)]
        return [*typed, *written, *compact][:COLUMNS_LOOKED_AT]

    @cached_property
    def clocks(self) -> list[str]:
        """The columns that are times of the day, by type or as text."""
        names = self.names(ColumnFamily.TEXT, ColumnFamily.OTHER)
        return [name for name in names if _are_clocks(self.sample[name].dropna())]

    def _is_compact(self, name: str) -> bool:
        """Whether whole numbers are days or months written without marks, as 20240131 or 202401."""
        if not COMPACT_NAME.search(name):
            return False
        values = number_values(self.sample[name])
        if len(values) < 20 or (values % 1).any():
            return False
        days = bool((values >= 19_000_101).all() and (values <= 21_001_231).all())
        months = bool((values >= 190_001).all() and (values <= 210_012).all())
        return (days or months) and bool(self.moment(name).notna().mean() >= 0.95)

    def _is_date_text(self, name: str) -> bool:
        values = self.sample[name].dropna()
        head = values.head(200).astype(str)
        if (
            len(head) < 20
            or head.map(lambda text: bool(TEXT_DATES.fullmatch(text))).mean() < DATE_SHARE
        ):
            return False
        return bool(self.moment(name).notna().sum() >= DATE_SHARE * len(values))

    @cached_property
    def clock(self) -> str | None:
        """The column that puts rows in order of time: the told one, else the fullest event."""
        if self.roles.time in self.times:
            return self.roles.time
        moments = {name: self.moment(name) for name in self.times}
        best = event_time({name: at for name, at in moments.items() if at.nunique() >= 8})
        return None if best and BIRTH_TIME.search(best) else best

    @cached_property
    def in_time(self) -> pd.Index[int]:
        """Row labels of the sample in the order of its clock; empty without one."""
        if self.clock is None:
            return self.sample.index[:0]
        at = self.moment(self.clock).dropna().sort_values(kind="stable")
        return at.index if len(at) >= ROWS_FOR_TIME else self.sample.index[:0]

    @cached_property
    def calendar(self) -> frozenset[str]:
        """The numbers that only say again a part of the clock, as its hour or its day."""
        import numpy as np

        if self.clock is None:
            return frozenset()
        at = self.moment(self.clock)
        parts = [getattr(at.dt, part).to_numpy(dtype=float) for part in CALENDAR_PARTS]
        return frozenset(
            name
            for name in self.numbers
            if any(np.mean(self.number(name) == part) >= NAMES_ROWS for part in parts)
        )

    @cached_property
    def panel(self) -> str | None:
        """The column that says whose series a row belongs to, told or found from the data.

        It is the one with which a moment names one row, while the moment alone names several.
        """
        if self.clock is None:
            return None
        at = self.moment(self.clock)
        if at.duplicated().mean() < 0.2:
            return None
        entity = self.roles.entity if self.roles.entity in self.sample else None
        best, most = None, 0.9
        for name in [*([entity] if entity else []), *self.categories]:
            twins = (
                self.sample.assign(_at=at)[[name, "_at"]].dropna().duplicated().mean()
                if name in self.sample
                else 1.0
            )
            if 1 - twins > most:
                best, most = name, 1 - float(twins) + (0.02 if name == entity else 0)
        return best

    def series(self, least: int = 40) -> Iterator[tuple[Any, pd.Index[int]]]:
        """Yield each series: whose it is, and its rows in the order of time."""
        if self.panel is None:
            if len(self.in_time) >= least:
                yield None, self.in_time
            return
        ordered = self.sample.loc[self.in_time, self.panel]
        for at, (key, part) in enumerate(ordered.groupby(ordered, sort=False, observed=True)):
            if at >= 200:
                return
            if len(part) >= least:
                yield key, part.index


def _are_clocks(values: pd.Series) -> bool:
    head = values.head(200).astype("string")
    return len(head) >= CLOCKS_LEAST and bool(head.str.fullmatch(CLOCK).mean() >= DATE_SHARE)


def _week(at: re.Match[str]) -> str:
    year, week = int(at["y"]), int(at["w"])
    return date.fromisocalendar(year, week, 1).isoformat() if 1 <= week <= WEEKS else ""


PERIODS: tuple[tuple[str, Callable[[Any], str]], ...] = (
    (r"(?P<y>(?:19|20)\d{2})[-/](?P<m>\d{1,2})", lambda at: f"{at['y']}-{int(at['m']):02}-01"),
    (r"(?P<m>\d{1,2})[./](?P<y>(?:19|20)\d{2})", lambda at: f"{at['y']}-{int(at['m']):02}-01"),
    (
        r"(?P<y>(?:19|20)\d{2})[- ]?Q(?P<q>[1-4])",
        lambda at: f"{at['y']}-{int(at['q']) * 3 - 2:02}-01",
    ),
    (
        r"Q(?P<q>[1-4])[-/ ]?(?P<y>(?:19|20)\d{2})",
        lambda at: f"{at['y']}-{int(at['q']) * 3 - 2:02}-01",
    ),
    (r"(?P<y>(?:19|20)\d{2})[- ]?(?:W|KW)(?P<w>\d{1,2})", _week),
    (r"(?:W|KW) ?(?P<w>\d{1,2})[-/ ](?P<y>(?:19|20)\d{2})", _week),
)
"""Months, quarters and weeks as they are written, and the day on which each begins."""


def _periods(texts: pd.Series) -> pd.Series:
    """Return texts that are months, quarters or weeks as the days on which they begin."""
    for form, begins in PERIODS:
        if texts.str.fullmatch(form).mean() > DATE_SHARE:
            return texts.str.replace(rf"^{form}$", begins, regex=True)
    return texts


def parse_moments(values: pd.Series) -> pd.Series:
    """Return cells as moments: typed times, or texts, day first where they are written so."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(values):
        digits = values.astype("Int64").astype("string")
        form = "%Y%m%d" if digits.str.len().max() == 8 else "%Y%m"
        return pd.to_datetime(digits, errors="coerce", format=form).astype("datetime64[s]")
    texts = values.astype("string")
    if texts.isna().all():
        return pd.Series(pd.NaT, index=values.index, dtype="datetime64[s]")
    if _are_clocks(texts.dropna()):
        clocks = texts.where(texts.str.fullmatch(CLOCK))
        return pd.to_datetime("1970-01-01 " + clocks, errors="coerce", format="mixed").astype(
            "datetime64[s]"
        )
    texts = _periods(texts)
    iso = texts.str.match(r"-?\d{4,}-").mean() > 0.5
    if iso:
        clean = texts.str.slice(0, 19).where(texts.str.match(r"\d{4}-"))
        return pd.to_datetime(clean, errors="coerce", format="ISO8601").astype("datetime64[s]")
    first = pd.to_numeric(texts.str.extract(r"^(\d{1,2})[./-]")[0], errors="coerce")
    second = pd.to_numeric(texts.str.extract(r"^\d{1,2}[./-](\d{1,2})[./-]")[0], errors="coerce")
    day_first = bool((first > 12).sum() >= (second > 12).sum())
    parsed = pd.to_datetime(texts, errors="coerce", dayfirst=day_first, format="mixed", utc=True)
    return parsed.dt.tz_localize(None).astype("datetime64[s]")


def named(name: str) -> str:
    """Return a column for a condition that an analyst can paste."""
    return quote(name)


def day_of(moment: pd.Timestamp) -> str:
    """Return a moment's day, as a sentence says it."""
    return str(moment.strftime("%Y-%m-%d"))


def since(view: View, moment: pd.Timestamp) -> str | None:
    """Return the condition of the rows since a moment, where the clock is a typed column."""
    clock = view.clock
    if clock is None or view.facts.columns[clock].column.family is not ColumnFamily.TIME:
        return None
    return f"{named(clock)} >= '{moment.strftime('%Y-%m-%d %H:%M:%S')}'"
