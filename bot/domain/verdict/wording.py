"""Every sentence of the verdict, as templates in one place, and how figures are said."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bot.domain.verdict.texts import say, table
from bot.reading.ranges import LONGEST, DayRange

LONGEST_TITLE: Final = 160
MANY_YEARS: Final = 10
"""From here on a tenth of a year says nothing."""


def quoted(title: str, longest: int = LONGEST_TITLE) -> str:
    """Return a title on one line, short enough to stand inside a sentence."""
    flat = " ".join(title.split()).rstrip(".")
    return flat if len(flat) <= longest else f"{flat[: longest - 1].rstrip()}…"


def quoted_title(title: str) -> str:
    """Return a title in quotation marks."""
    return f"“{quoted(title)}”"


def say_days(days: float) -> str:
    """Return a number of days as a person would say it."""
    if days <= 0:
        return _counted(0, "day")
    if days >= LONGEST:
        return say("end_sight")
    if days < 1:
        hours = round(24 * days)
        return _counted(hours, "hour") if hours > 1 else say("about_hour")
    for limit, size, unit in ((14, 1, "day"), (85, 7, "week"), (730, 30.4375, "month")):
        if days < limit:
            return _counted(days / size, unit)
    years = round(days / 365.25, 1)
    return _with_unit(f"{years:g}", "year", 2) if years < MANY_YEARS else _counted(years, "year")


def say_count(number: int, noun: str) -> str:
    """Return a number with its noun: "1 thing", "3 things"."""
    return _counted(number, noun)


def _counted(amount: float, unit: str) -> str:
    whole = round(amount)
    return _with_unit(str(whole), unit, whole)


def _with_unit(shown: str, unit: str, count: int) -> str:
    words = table("one" if count == 1 else "many", str)[unit]
    return f"{shown} {words}"


def listed(words: Iterable[str]) -> str:
    """Return words as a sentence lists them: "a, b and c"."""
    *first, last = list(words) or [""]
    return say("listed", first=", ".join(first), last=last) if first else last


def subject_name(subject: str) -> str:
    """Return an approval's subject as a sentence names it."""
    return table("subject_name", str).get(subject, subject.replace("_", " "))


def kind_name(kind: str) -> str:
    """Return a blocker's kind as a sentence names it."""
    return table("kind_name", str).get(kind, kind.replace("_", " "))


def function_name(function: str) -> str:
    """Return a function that the method itself names, in words; any other as it was said."""
    return table("function_name", str).get(function, function)


def say_money(amount: float, currency: str) -> str:
    """Return an amount without cents, the sign or the code on its usual side."""
    return f"{amount:,.0f} {currency}" if currency.isalpha() else f"{currency}{amount:,.0f}"


def say_range(days: DayRange) -> str:
    """Return a range of days as a person would say it."""
    if days.indefinite:
        return say("nobody_knows_how_long")
    low, high = say_days(days.low), say_days(days.high)
    if low == high:
        return say("about", time=high)
    (low_count, _, low_unit), unit = low.partition(" "), high.partition(" ")[2]
    return say("range", low=low_count if low_unit == unit else low, high=high)
