"""What people say about how long something takes, read as a range of days.

"2-6 weeks", "until Friday", "the March release", "indefinite": nobody speaks in distributions, so
this does it for them. Nothing here raises; words without a time give no range and say why.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from bot.domain.lead_time_dates import days_until

MONTH: Final = 30.4375
YEAR: Final = 365.25
LONGEST: Final = 100 * YEAR
MOST_CHARACTERS: Final = 400
"""Longer texts are read up to here; a lead time is a phrase."""

UNIT_DAYS: Final[dict[str, float]] = {
    "minute": 1 / 1440,
    "hour": 1 / 24,
    "day": 1.0,
    "working day": 7 / 5,
    "week": 7.0,
    "fortnight": 14.0,
    "sprint": 14.0,
    "month": MONTH,
    "quarter": 3 * MONTH,
    "year": YEAR,
    "decade": 10 * YEAR,
}


@dataclass(frozen=True, slots=True)
class DayRange:
    """A duration in days: the least, the most likely and the most.

    Args:
        indefinite: nobody gave it an end; the figures are then an assumption.
    """

    low: float
    mode: float
    high: float
    indefinite: bool = False

    def scaled(self, factor: float) -> DayRange:
        """Return the range with every figure times `factor`."""
        return DayRange(self.low * factor, self.mode * factor, self.high * factor, self.indefinite)

    def quantile(self, share: float) -> float:
        """Return the days within which `share` (0 to 1) of a triangular distribution lies."""
        width = self.high - self.low
        if width <= 0:
            return self.high
        turn = (self.mode - self.low) / width
        if share < turn:
            return self.low + math.sqrt(share * width * (self.mode - self.low))
        return self.high - math.sqrt((1 - share) * width * (self.high - self.mode))


@dataclass(frozen=True, slots=True)
class Reading:
    """A range of days, or None and the reason why there is none."""

    days: DayRange | None
    reason: str


INDEFINITE: Final = DayRange(YEAR, 3 * YEAR, 10 * YEAR, indefinite=True)

_WORD_NUMBERS: Final[dict[str, float]] = {
    "zero": 0,
    "half": 0.5,
    "a": 1,
    "an": 1,
    "one": 1,
    "single": 1,
    "two": 2,
    "couple": 2,
    "three": 3,
    "few": 3,
    "four": 4,
    "five": 5,
    "several": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "dozen": 12,
    "thirteen": 13,
    "fourteen": 14,
    "fifteen": 15,
    "sixteen": 16,
    "eighteen": 18,
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "ninety": 90,
    "hundred": 100,
}
_UNIT_WORDS: Final[dict[str, str]] = {
    "minute": r"minutes?|mins?",
    "hour": r"hours?|hrs?|h",
    "working day": r"(?:working|business|work|bank)[ -]days?",
    "day": r"(?:calendar )?days?|d",
    "week": r"weeks?|wks?|w",
    "fortnight": r"fortnights?",
    "sprint": r"sprints?",
    "month": r"months?|mths?|mos?|m",
    "quarter": r"quarters?",
    "year": r"years?|yrs?|y",
    "decade": r"decades?",
}
_UNIT: Final = "(?:" + "|".join(_UNIT_WORDS.values()) + r")(?![a-z])"
_NUMBER: Final = r"\d+(?:\.\d+)?"
_JOIN: Final = r"\s*(?:-|to|or|/)\s*"
_DURATION: Final = re.compile(
    rf"(?P<first>{_NUMBER})(?P<more>\s*\+|\s+or more)?(?:[ -]*(?P<first_unit>{_UNIT}))?"
    rf"(?:{_JOIN}(?P<second>{_NUMBER})(?P<more2>\s*\+)?(?:[ -]*(?P<unit>{_UNIT})))?"
)
_OPEN_END: Final = re.compile(
    r"\b(indefinite(?:ly)?|never|forever|open[- ]ended|no end|no (?:end )?date|no timeline|"
    r"no deadline|not in (?:our|my) lifetime|for good|permanent(?:ly)?)\b"
)
_AT_LEAST: Final = re.compile(r"\b(at least|more than|over|minimum|min\.?|longer than|from)\b|>")
_AT_MOST: Final = re.compile(
    r"\b(up to|at most|less than|under|within|maximum|max\.?|no more than|not more than)\b|<"
)
_ABOUT: Final = re.compile(r"\b(about|around|approx\w*|roughly|circa|ca|some|or so|ish)\b|~|≈")
_SLA: Final = re.compile(r"\bsla\b")
_SUM: Final = re.compile(r"^\s*(?:,|and|plus|\+|then|,\s*then|and then|followed by|&)?\s*$")

_PHRASES: Final[tuple[tuple[re.Pattern[str], DayRange], ...]] = tuple(
    (re.compile(rf"\b(?:{pattern})\b"), DayRange(*days))
    for pattern, days in (
        (r"immediate(?:ly)?|right away|right now|at once|instant(?:ly)?|now", (0.0, 0.1, 0.5)),
        (r"same day|today|tonight|this afternoon|overnight", (0.1, 0.5, 1.0)),
        (r"asap|as soon as possible", (0.5, 2.0, 7.0)),
        (r"next sprint", (7.0, 14.0, 28.0)),
        (r"(?:next|coming) release", (7.0, 30.0, 90.0)),
        (r"annual(?:ly)?|yearly|once a year|every year", (1.0, YEAR / 2, YEAR)),
        (r"half-?yearly|twice a year|every half year", (1.0, 3 * MONTH, 6 * MONTH)),
        (r"quarterly|once a quarter|every quarter", (1.0, 1.5 * MONTH, 3 * MONTH)),
        (r"bi-?weekly|fortnightly|every other week", (1.0, 7.0, 14.0)),
        (r"monthly|once a month|every month", (1.0, MONTH / 2, MONTH)),
        (r"weekly|once a week|every week", (0.5, 3.5, 7.0)),
        (r"daily|once a day|every day", (0.1, 0.5, 1.0)),
        (r"hours", (0.1, 0.25, 1.0)),
        (r"days", (2.0, 4.0, 7.0)),
        (r"weeks", (14.0, 28.0, 56.0)),
        (r"months", (2 * MONTH, 4 * MONTH, 9 * MONTH)),
        (r"years", (2 * YEAR, 3 * YEAR, 5 * YEAR)),
        (r"soon|shortly", (1.0, 5.0, 21.0)),
    )
)
_EVERY: Final = re.compile(rf"\bevery\s+({_NUMBER})[ -]*({_UNIT})")
_ISO_DURATION: Final = re.compile(r"^p(?:(\d+)y)?(?:(\d+)m)?(?:(\d+)w)?(?:(\d+)d)?(?:t(\d+)h)?$")
_CLOSED_WORDS: Final = re.compile(r"\b(unknown|tbd|tba|n/?a|no idea|nobody knows|depends)\b|^\?+$")


def read_lead_time(text: object, *, on: date | None = None) -> Reading:
    """Read how long something takes from the words it was said in.

    Args:
        text: the words; anything but text gives no range.
        on: the date they were said on; without it, "until Friday" and the like stay wide.

    Returns:
        The range in days, or None with the reason.
    """
    if not isinstance(text, str) or not text.strip():
        return Reading(None, "no time was given")
    words = _normalised(text[:MOST_CHARACTERS])
    for read in _READERS:
        days = read(words, on)
        if days is not None:
            return Reading(_bounded(days), f"read from “{text.strip()[:80]}”")
    return Reading(None, f"no time could be read from “{text.strip()[:80]}”")


def exactly(days: float) -> DayRange:
    """Return the range that a single figure stands for: a fifth less to a fifth more."""
    return DayRange(0.8 * days, days, 1.2 * days)


def _bounded(days: DayRange) -> DayRange:
    low, mode, high = sorted(min(max(figure, 0.0), LONGEST) for figure in _figures(days))
    return DayRange(low, mode, high, days.indefinite)


def _figures(days: DayRange) -> tuple[float, float, float]:
    return days.low, days.mode, days.high


def _normalised(text: str) -> str:
    words = text.strip().lower().translate(str.maketrans("‐‑‒–—−’", "------'"))
    words = re.sub(r"(?<=\d) ?½", ".5", words).replace("½", " half")
    words = re.sub(r"\b(between .{1,20}?) and (?=\S)", r"\1 to ", words)
    words = re.sub(rf"\ban? ({_UNIT}) or (two|three)\b", r"one to \2 \1", words)
    words = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", words)
    words = re.sub(r"(?<=\d),(?=\d)", ".", words)
    words = re.sub(r"\bhalf(?: of)? an?\b|\ban? half\b", "half", words)
    words = re.sub(rf"\b({_UNIT}) and half\b", r"\1 and half \1", words)
    words = re.sub(r"\ban? (couple|few|dozen|hundred|single)\b", r"\1", words)
    words = re.sub(r"\b(couple|few|dozen|several|half) of\b", r"\1", words)
    words = re.sub(
        r"\b(twenty|thirty|forty|fifty|sixty)[ -](one|two|three|four|five|six)\b", _add, words
    )
    return re.sub(
        rf"\b({'|'.join(_WORD_NUMBERS)})\b(?=[ -]*(?:{_UNIT}|-|to|or|and))", _digits, words
    )


def _digits(found: re.Match[str]) -> str:
    return f"{_WORD_NUMBERS[found.group(1)]:g}"


def _add(found: re.Match[str]) -> str:
    return f"{_WORD_NUMBERS[found.group(1)] + _WORD_NUMBERS[found.group(2)]:g}"


def _open_end(words: str, _: date | None) -> DayRange | None:
    return INDEFINITE if _OPEN_END.search(words) else None


def _iso_duration(words: str, _: date | None) -> DayRange | None:
    found = _ISO_DURATION.match(words)
    if not found or not any(found.groups()):
        return None
    units = (YEAR, MONTH, 7.0, 1.0, 1 / 24)
    return exactly(sum(int(n or 0) * days for n, days in zip(found.groups(), units, strict=True)))


def _rhythm(words: str, _: date | None) -> DayRange | None:
    """A board that meets every six weeks makes one wait up to six weeks, three on average."""
    found = _EVERY.search(words)
    if not found:
        return None
    period = float(found.group(1)) * _unit_days(found.group(2))
    return DayRange(min(1.0, period / 10), period / 2, period)


def _durations(words: str, _: date | None) -> DayRange | None:
    found = [match for match in _DURATION.finditer(words) if match["first_unit"] or match["unit"]]
    if not found:
        return None
    parts = [_one_duration(match, words) for match in found]
    total = parts[0]
    for before, match, part in zip(found, found[1:], parts[1:], strict=False):
        between = words[before.end() : match.start()]
        total = _sum(total, part) if _SUM.match(between) else _span(total, part)
    return total


def _sum(one: DayRange, other: DayRange) -> DayRange:
    return DayRange(one.low + other.low, one.mode + other.mode, one.high + other.high)


def _span(one: DayRange, other: DayRange) -> DayRange:
    return DayRange(min(one.low, other.low), one.mode, max(one.high, other.high))


def _one_duration(match: re.Match[str], words: str) -> DayRange:
    last_unit = match["unit"] or match["first_unit"]
    first = _days(match["first"], match["first_unit"] or last_unit)
    if match["second"] is None:
        return _single(first, match, words)
    low, high = sorted((first, _days(match["second"], last_unit)))
    return DayRange(low, (low + high) / 2, high * 1.5 if match["more2"] else high)


def _single(days: float, match: re.Match[str], words: str) -> DayRange:
    before, near = words[: match.start()], words[max(0, match.start() - 16) : match.end() + 14]
    if match["more"] or _AT_LEAST.search(before):
        return DayRange(days, 1.25 * days, 2 * days)
    if _AT_MOST.search(before):
        return DayRange(0.25 * days, 0.75 * days, days)
    if _SLA.search(words) or _ABOUT.search(near):
        return DayRange(0.5 * days, days, 1.5 * days)
    return exactly(days)


def _days(number: str, unit: str) -> float:
    return min(float(number[:12]) * _unit_days(unit), LONGEST)


def _unit_days(word: str) -> float:
    name = next(name for name, words in _UNIT_WORDS.items() if re.fullmatch(words, word))
    return UNIT_DAYS[name]


def _calendar(words: str, on: date | None) -> DayRange | None:
    days = days_until(words, on)
    return DayRange(*days) if days else None


def _phrase(words: str, _: date | None) -> DayRange | None:
    if _CLOSED_WORDS.search(words):
        return None
    return next((days for pattern, days in _PHRASES if pattern.search(words)), None)


_READERS: Final[tuple[Callable[[str, date | None], DayRange | None], ...]] = (
    _open_end,
    _iso_duration,
    _rhythm,
    _durations,
    _calendar,
    _phrase,
)
