"""What dates hide: two orders, day numbers, defaults, offsets, clocks, years that can't be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.domain.vocabulary import FindingLevel
from bot.texts import joined
from probes.contract import Finding
from probes.quality.codes import coded_finding, figure, found, graded, shown
from probes.quality.raw import raw_texts
from probes.quality.sentences import say
from probes.quality.times import FIRST_YEAR, go_on_before, utc_now
from probes.quality.view import View, named
from probes.sources import ColumnFamily

if TYPE_CHECKING:
    import pandas as pd

LEAST = 20
SURE_DATES = 0.4
SEEN = 0.003
SHORT_YEAR = 2
TIMES_CHANCE = 4.0
KNOWN_DEFAULTS = ("-01-01", "-12-31", "-12-30")
PARTS = r"^\s*(\d{1,2})([./-])(\d{1,2})[./-](\d{4}|\d{2})(?!\d)"
YEAR_FIRST = r"^\s*(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)"
ANY_DATE = r"^\s*(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2}))(?!\d)"
SERIAL = r"^(2[5-9]|3\d|4\d|5[0-4])\d{3}(\.\d+)?$"
EPOCH = r"^1[0-9]\d{8}(\d{3})?$"
OFFSET = r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s?(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?$"
CLOCK_12 = r"(?i)\d{1,2}:\d{2}(?::\d{2})?\s?[ap]\.?m\.?\s*$"
CLOCK_24 = r"(?i)(?:^|\s|T)\d{1,2}:\d{2}(?::\d{2})?\s*$"
CLOCK_PARTS = r"(\d{1,2}):(\d{2})(?::\d{2})?"
CLOCK_POINT = r"(?:[01]?\d|2[0-3])\.[0-5]\d"
SURE_CLOCKS = 0.9
HALF_DAY_LEAST = 200
HOUR_SHARE = 0.01
HOURS_MOST = 24
MINUTES_MOST = 59
SUMMER_OFFSETS = 2
RATHER_OUTSIDE = 8.0
FAR_YEARS = 6.0
DECADES = 15.0
PAST_ONLY = re.compile(
    r"birth|born|(^|_)dob(_|$)|(^|_)geb(_|oren|$)|geburt|naissance|nacim|nascita|death|died|founded|built|hired",
    re.IGNORECASE,
)


def date_oddities(view: View) -> Iterator[Finding]:
    """Say what is odd about each column of moments, as typed and as written."""
    for name in view.texts:
        if len(view.written(name)) >= LEAST:
            yield from _written(view, name, view.written(name))
    for name, texts in raw_texts(view).items():
        yield from _offsets(view, name, texts)
        yield from _order(view, name, texts)
        yield from _short_years(name, texts)
    for name in view.clocks:
        hours = view.sample[name].astype("string").str.extract(r"^(\d{1,2}):", expand=False)
        yield from _half_days(name, hours.dropna().astype(int))
    for name in view.times:
        yield from _half_days(name, view.moment(name).dropna().dt.hour)
        yield from _default(view, name)
        yield from _far_years(view, name)
        yield from _not_yet(view, name)
        if view.facts.columns[name].column.family is ColumnFamily.TIME:
            yield from _swapped_days(view, name)


def _written(view: View, name: str, texts: pd.Series) -> Iterator[Finding]:
    yield from _clocks(view, name, texts)
    yield from _no_clocks(view, name, texts)
    dates = texts.str.contains(ANY_DATE, regex=True)
    if dates.mean() < SURE_DATES:
        return
    texts = texts.astype("string")
    yield from _order(view, name, texts)
    yield from _serials(view, name, texts)
    yield from _offsets(view, name, texts)
    yield from _no_dates(view, name, texts[dates])
    yield from _times_at_some(name, texts[dates])


def _order(view: View, name: str, texts: pd.Series) -> Iterator[Finding]:
    """Tell day first from month first by the parts above twelve."""
    parts = texts.str.extract(PARTS)
    parts = parts[parts[3].notna()]
    if len(parts) < LEAST:
        return
    first, second = parts[0].astype(int), parts[2].astype(int)
    day_first, month_first = (first > 12) & (second <= 12), (second > 12) & (first <= 12)
    fewer = min(int(day_first.sum()), int(month_first.sum()))
    share = fewer / len(parts)
    if fewer >= 2 and share >= 0.001:
        odd = "1" if day_first.sum() <= month_first.sum() else "2"
        pattern = r"^[0-9]+[./-]" if odd == "2" else "^"
        where = (
            f"regexp_matches(CAST({named(name)} AS VARCHAR), '{pattern}(1[3-9]|2[0-9]|3[01])[./-]')"
        )
        yield coded_finding(
            FindingLevel.SLOWS,
            "date_order_mixed",
            column=name,
            rows=view.rows(fewer),
            where=where,
            share=round(share, 5),
        )
    elif (
        not day_first.any()
        and not month_first.any()
        and parts[[0, 2]].drop_duplicates().shape[0] > 6
    ):
        yield coded_finding(FindingLevel.NOTE, "date_order_unclear", column=name)


def _short_years(name: str, texts: pd.Series) -> Iterator[Finding]:
    """Find years of two digits beside those of four, which were read as the first century."""
    years = texts.str.extract(PARTS)[3].dropna()
    short = float((years.str.len() == SHORT_YEAR).mean()) if len(years) >= LEAST else 0.0
    if SEEN <= short <= 1 - SEEN:
        evidence = {"notations": {"short": round(short, 5), "long": round(1 - short, 5)}}
        sentence = say("writes_dates_notations", name=shown(name), seen=2)
        yield found(FindingLevel.SLOWS, "date_formats_mixed", sentence, evidence, column=name)


def _serials(view: View, name: str, texts: pd.Series) -> Iterator[Finding]:
    for what, pattern in ((say("spreadsheet_day_numbers"), SERIAL), ("Unix times", EPOCH)):
        seen = texts.str.fullmatch(pattern)
        share = float(seen.mean())
        if share >= 0.001 and seen.sum() >= 2:
            yield coded_finding(
                FindingLevel.SLOWS,
                "date_serials",
                column=name,
                rows=view.rows(seen.sum()),
                where=f"regexp_full_match({named(name)}, '{pattern.strip('^$')}')",
                words={"what": what},
                share=round(share, 5),
            )


def _offsets(view: View, name: str, texts: pd.Series) -> Iterator[Finding]:
    """Tell how many ways of saying the offset there are; two whole-hour ones may be a summer's."""
    marks = texts.str.extract(OFFSET, expand=False)
    clocked = texts.str.contains(r"\d{1,2}:\d{2}", regex=True)
    if clocked.sum() < LEAST or not texts.str.contains(ANY_DATE, regex=True).mean() > SURE_DATES:
        return
    offsets = (
        marks[clocked].fillna("none").replace({"UTC": "Z", "GMT": "Z", "+00:00": "Z", "+0000": "Z"})
    )
    counts = offsets.value_counts()
    counts = counts[counts >= max(2, 0.001 * len(offsets))]
    if len(counts) < 2:
        return
    hours = [_hours(one) for one in counts.index if one != "none"]
    summer = (
        len(counts) == SUMMER_OFFSETS
        and len(hours) == SUMMER_OFFSETS
        and abs(hours[0] - hours[1]) == 1
    )
    ways = joined(
        ", ",
        (say("without_offset") if one == "none" else str(one) for one in counts.index[:4]),
    )
    share = 1 - float(counts.iloc[0]) / len(offsets)
    level = FindingLevel.NOTE if summer else FindingLevel.SLOWS
    yield coded_finding(
        level,
        "offsets_mixed",
        column=name,
        rows=view.rows(share * len(texts)),
        words={"ways": ways},
        count=len(counts),
        share=round(share, 5),
    )


def _hours(mark: str) -> float:
    match = re.fullmatch(r"([+-])(\d{2}):?(\d{2})?", mark)
    if not match:
        return 0.0
    return (-1 if match[1] == "-" else 1) * (int(match[2]) + int(match[3] or 0) / 60)


def _clocks(view: View, name: str, texts: pd.Series) -> Iterator[Finding]:
    twelve = texts.str.contains(CLOCK_12, regex=True)
    full = texts.str.contains(CLOCK_24, regex=True)
    pointed = texts.str.fullmatch(CLOCK_POINT)
    if full.mean() >= 0.5 and pointed.sum() >= 2 and (full | pointed).mean() >= SURE_CLOCKS:
        yield coded_finding(
            FindingLevel.SLOWS,
            "clock_formats_mixed",
            column=name,
            rows=view.rows(pointed.sum()),
            where=f"regexp_full_match({named(name)}, '[0-9]{{1,2}}[.][0-9]{{2}}')",
            words={"how": say("clock_points")},
            share=round(float(pointed.mean()), 5),
        )
    seconds = texts.str.fullmatch(r"\d{1,2}:\d{2}:\d{2}")
    short = texts.str.fullmatch(r"\d{1,2}:\d{2}")
    if min(seconds.mean(), short.mean()) >= SEEN and (seconds | short).mean() >= SURE_CLOCKS:
        share = float(min(seconds.mean(), short.mean()))
        rows = view.rows(share * len(texts))
        words = {"how": say("clock_seconds")}
        yield coded_finding(
            FindingLevel.NOTE,
            "clock_formats_mixed",
            column=name,
            rows=rows,
            words=words,
            share=share,
        )
    if twelve.sum() >= 2 and full.sum() >= 2 and (twelve | full).mean() >= 0.5:
        share = float(twelve.mean())
        yield coded_finding(
            FindingLevel.SLOWS,
            "clock_formats_mixed",
            column=name,
            rows=view.rows(min(twelve.sum(), full.sum())),
            where=f"regexp_matches({named(name)}, '(?i)[ap][.]?m[.]?$')",
            words={"how": say("clock_am_pm")},
            share=round(share, 5),
        )


def _half_days(name: str, hours: pd.Series) -> Iterator[Finding]:
    """Find clocks that count to 12 and say neither morning nor afternoon, around the dial."""
    shares = hours.value_counts(normalize=True)
    if len(hours) < HALF_DAY_LEAST or set(shares.index) != set(range(1, 13)):
        return
    noon = float(shares.get(12, 0.0))
    beside = min(float(shares.get(11, 0.0)), float(shares.get(1, 0.0)))
    if shares.min() >= HOUR_SHARE and noon >= beside / 2:
        yield coded_finding(
            FindingLevel.SLOWS,
            "clock_formats_mixed",
            column=name,
            words={"how": say("clock_half_day")},
            share=1.0,
        )


def _times_at_some(name: str, texts: pd.Series) -> Iterator[Finding]:
    """Find dates of which some have a time of day and others none."""
    timed = float(texts.str.contains(r"\d{1,2}:\d{2}", regex=True).mean())
    if SEEN <= timed <= 1 - SEEN:
        evidence = {"notations": {"with_time": round(timed, 5), "without": round(1 - timed, 5)}}
        sentence = say("writes_dates_notations", name=shown(name), seen=2)
        yield found(FindingLevel.NOTE, "date_formats_mixed", sentence, evidence, column=name)


def _not_yet(view: View, name: str) -> Iterator[Finding]:
    """Count births, deaths and the like that are said to be later than today."""
    if not PAST_ONLY.search(name):
        return
    moments = view.moment(name).dropna()
    late = moments > utc_now().replace(tzinfo=None)
    share = float(late.mean()) if len(moments) else 0.0
    if 0 < share < 0.5:
        yield impossible_dates(view, name, int(late.sum()), share)


def _no_clocks(view: View, name: str, texts: pd.Series) -> Iterator[Finding]:
    """Count clocks that no day has, as 27:75, among sound ones."""
    clocks = texts[texts.str.fullmatch(CLOCK_PARTS)].astype("string")
    parts = clocks.str.extract(CLOCK_PARTS).astype(float)
    wrong = (parts[0] > HOURS_MOST) | (parts[1] > MINUTES_MOST)
    share = float(wrong.mean()) if len(parts) >= SURE_CLOCKS * len(texts) else 0.0
    if 0 < share <= 1 - SURE_CLOCKS:
        yield impossible_dates(view, name, int(wrong.sum()), share)


def _no_dates(view: View, name: str, texts: pd.Series) -> Iterator[Finding]:
    """Count what is written as a date and is none: the 30th of February, month 13, year 0."""
    from probes.quality.view import parse_moments

    moments = parse_moments(texts)
    moments = moments.fillna(_otherwise(texts[moments.isna()]))
    years = moments.dt.year
    beyond = texts.str.match(r"[3-9]\d{3}-")
    early = (years < FIRST_YEAR) & (not go_on_before(years.dropna()))
    wrong = (moments.isna() & ~beyond) | early | (years > 2100)
    defaults = texts.str.contains(r"9999|^0?1[./-]0?1[./-]1[89]\d\d|1[89]\d\d-01-01", regex=True)
    wrong &= ~defaults
    share = float(wrong.mean())
    if wrong.sum() >= 1 and share < 0.5:
        yield impossible_dates(view, name, int(wrong.sum()), share)


def _otherwise(texts: pd.Series) -> pd.Series:
    """Return dates written unlike the rest of their column: year, day or month first."""
    import pandas as pd

    moments = pd.Series(pd.NaT, index=texts.index, dtype="datetime64[s]")
    last = texts.str.extract(PARTS)
    ways = [texts.str.extract(YEAR_FIRST), last[[3, 2, 0]], last[[3, 0, 2]]]
    for parts in ways:
        years = parts.iloc[:, 0].str.zfill(4).str.replace(r"^00", "20", regex=True)
        written = years + "-" + parts.iloc[:, 1] + "-" + parts.iloc[:, 2]
        moments = moments.fillna(pd.to_datetime(written, errors="coerce", format="%Y-%m-%d"))
    return moments


def impossible_dates(view: View, name: str, rows: int, share: float) -> Finding:
    """Return the finding of dates that no calendar has, or none that can be meant."""
    return coded_finding(
        graded(share, slows=0.002),
        "impossible_dates",
        column=name,
        rows=view.rows(rows),
        share=round(share, 6),
    )


@dataclass(frozen=True)
class Default:
    """One way to say when: what of a moment is counted, and from when on it is a default.

    Args:
        of: what is counted of each moment.
        kinds: how many different ones there are at least.
        share: the least share of the rows that the most frequent one has.
        times: how often it is there against the next one.
        spans: over how many different spans of time it comes, by their form.
        level: of the finding.
    """

    of: Callable[[pd.Series], pd.Series]
    kinds: int
    share: float
    times: float
    spans: tuple[str, int] | None
    level: FindingLevel


def _day_of_month(moments: pd.Series) -> pd.Series:
    """Return days of the month; those on which months end are all “last”."""
    ends = moments.dt.is_month_end
    days: pd.Series = moments.dt.day.astype("string").mask(ends, "last")
    return days


MIDNIGHT = "00:00:00"
"""A time of the day that rows have where theirs was lost."""
DEFAULTS = (
    Default(lambda at: at.dt.strftime("%Y-%m-%d"), 30, 0.03, 8.0, None, FindingLevel.SLOWS),
    Default(lambda at: at.dt.strftime("%m-%d"), 100, 0.03, 8.0, ("%Y", 4), FindingLevel.SLOWS),
    Default(_day_of_month, 26, 0.1, 4.0, ("%Y-%m", 4), FindingLevel.NOTE),
    Default(lambda at: at.dt.strftime("%H:%M:%S"), 100, 0.03, 8.0, None, FindingLevel.NOTE),
)


def _default(view: View, name: str) -> Iterator[Finding]:
    """Find one day, day of the year or month, or time of the day far more frequent than others."""
    moments = view.moment(name).dropna()
    if len(moments) < 100 or moments.dt.floor("D").nunique() < DEFAULTS[0].kinds:
        return
    for default in DEFAULTS:
        keys = default.of(moments)
        counts = keys.value_counts()
        if len(counts) < max(2, default.kinds):
            continue
        key = str(counts.index[0])
        share, times = int(counts.iloc[0]) / len(keys), counts.iloc[0] / counts.iloc[1]
        least = default.times / (2 if key.endswith(KNOWN_DEFAULTS) else 1)
        spread = default.spans is None or (
            moments[keys == key].dt.strftime(default.spans[0]).nunique() >= default.spans[1]
        )
        by_chance = (1 - share) / (len(counts) - 1)
        if not default.share <= share < 0.9 or times < least or share < TIMES_CHANCE * by_chance:
            continue
        if not spread:
            continue
        typed = (
            view.facts.columns[name].column.family is ColumnFamily.TIME and default is DEFAULTS[0]
        )
        level = FindingLevel.SLOWS if key == MIDNIGHT else default.level
        # What goes on when its observation ends, ends on that day: the newest of all.
        ends = default is DEFAULTS[0] and key == moments.max().strftime("%Y-%m-%d")
        yield coded_finding(
            FindingLevel.NOTE if ends else level,
            "default_dates",
            column=name,
            rows=view.rows(int(counts.iloc[0])),
            where=f"CAST({named(name)} AS DATE) = DATE '{key}'" if typed else None,
            words={"day": _said(key), "times": figure(float(round(times)))},
            share=round(share, 5),
        )
        moments = moments[keys != key]  # a day that is frequent makes its day of the month so


def _said(key: str) -> str:
    """Return a day, a day of the month or a time of the day as a sentence says it."""
    if key == "last":
        return say("last_of_any_month")
    return say("day_of_any_month", day=int(key)) if key.isdigit() else key


def _far_years(view: View, name: str) -> Iterator[Finding]:
    """Find a few dates decades away from all others."""
    years = view.moment(name).dt.year.dropna()
    if len(years) < 100:
        return
    low, high = years.quantile(0.02), years.quantile(0.98)
    reach = max(FAR_YEARS, RATHER_OUTSIDE * float(high - low) / 2)
    far = (years < low - reach) | (years > high + reach)
    usual = ~years.isin([1899, 1900, 1970, 9999, 1753, 1601])
    far &= usual
    share = float(far.mean())
    if 0 < share <= 0.03:
        yield coded_finding(
            graded(share, slows=0.002) if reach >= DECADES else FindingLevel.NOTE,
            "outlier_dates",
            column=name,
            rows=view.rows(far.sum()),
            share=round(share, 6),
        )


def _swapped_days(view: View, name: str) -> Iterator[Finding]:
    """Find typed dates whose day and month were swapped before they were typed.

    In rows written in the order of time a swapped date stands far from its neighbours, and fits
    among them once it is swapped back.
    """
    import pandas as pd

    moments = view.moment(name).dropna()
    if len(moments) < 200 or view.scale > 1.5:
        return
    trusted = moments.where(moments.dt.day > 12)
    around = (
        trusted.astype("int64")
        .where(trusted.notna())
        .rolling(41, center=True, min_periods=8)
        .median()
    )
    unit = 86_400.0
    usable = around.notna() & (moments.dt.day <= 12) & (moments.dt.day != moments.dt.month)
    picked = moments[usable]
    if len(picked) < 50:
        return
    swapped = pd.to_datetime(
        {"year": picked.dt.year, "month": picked.dt.day, "day": picked.dt.month}, errors="coerce"
    ).astype("datetime64[s]")
    off = (picked.astype("int64") - around[usable]).abs() / unit
    back = (swapped.astype("int64") - around[usable]).abs() / unit
    typical = (trusted.dropna().astype("int64") - around[trusted.notna()]).abs().median() / unit
    if typical > 10:
        return
    wrong = (off > max(20.0, 5 * typical)) & (back <= max(4.0, 3 * typical))
    before, after = trusted.ffill()[usable], trusted.bfill()[usable]
    wrong &= ~picked.between(before, after)  # in its place among its neighbours as it stands
    # Of moments that wander some fit better the other way round by chance.
    if wrong.sum() >= max(3, 0.005 * len(picked), 0.5 * (off > max(20.0, 5 * typical)).sum()):
        yield coded_finding(
            FindingLevel.SLOWS,
            "date_order_mixed",
            column=name,
            rows=view.rows(wrong.sum()),
            share=round(float(wrong.sum()) / len(moments), 5),
        )
