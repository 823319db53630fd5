"""Numbers, days and moments as people say them, and people's text made fit for any page."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.dates import day_with_weekday
from bot.domain.errors import InputError
from bot.domain.verdict import say_days
from bot.report.texts import say, table

T = TypeVar("T")

LONGEST_TOLD_YEARS: Final = 20
MINUTES: Final = 60
HIDDEN_FORMATS: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, as a sentence begins: "Three fixes", "12 fixes".

    Args:
        number: how many.
        noun: names the texts `NOUN_one` and `NOUN_many`.
    """
    number_word = table("number", int).get(number, str(number))
    return say(f"{noun}_one" if number == 1 else f"{noun}_many", number=number_word)


_WHOLE_FROM: Final = 1.5
"""From here on a part of a day is told in whole hours, as the verdict's own sentences do."""


def days_text(days: float) -> str:
    """Return a span of days in its natural unit, "5 weeks", or "no end in sight"."""
    if not math.isfinite(days) or days > LONGEST_TOLD_YEARS * 365:
        return say("end_sight")
    if days >= 1:
        return say_days(days)
    hours = days * 24
    return hours_text(round(hours) if hours >= _WHOLE_FROM else hours)


def hours_text(hours: float) -> str:
    """Return a span of hours: "6.5 hours", "1 hour", "8 min"."""
    if 0 < (minutes := round(hours * MINUTES)) < MINUTES:
        return say("minutes", number=minutes)
    shown = f"{round(hours, 1):g}"
    return say("hours_one" if shown == "1" else "hours_many", number=shown)


def money(amount: float, currency: str) -> str:
    """Return an amount without cents: "13,700 USD"."""
    return f"{amount:,.0f} {currency}"


@dataclass(frozen=True, slots=True)
class Calendar:
    """Turns hours since the kickoff into the reader's dates.

    Args:
        kickoff: the moment of hour 0, aware.
        zone: the zone the reader lives in.
    """

    kickoff: datetime
    zone: tzinfo

    def moment(self, hour: float) -> datetime:
        """Return the moment `hour` hours after the kickoff, in the reader's zone."""
        return (self.kickoff + timedelta(hours=hour)).astimezone(self.zone)

    def day_and_clock(self, hour: float) -> str:
        """Return that moment as "Tue 9 Jun, 10:30"."""
        moment = self.moment(hour)
        return f"{day_with_weekday(moment)}, {moment:%H:%M}"

    def day_with_year(self, hour: float) -> str:
        """Return that moment's day as "Tue 9 Jun 2026"."""
        moment = self.moment(hour)
        return f"{day_with_weekday(moment)} {moment.year}"


def zone_named(name: str | tzinfo) -> tzinfo:
    """Return the time zone of this name; a zone stays what it is.

    Raises:
        InputError: there is none such.
    """
    if isinstance(name, tzinfo):
        return name
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(say("time_zone_unknown", name=name), field="timezone") from None


def fit_for_a_page(value: T) -> T:
    """Return `value` with every text in it, however deep, free of control and bidi characters."""
    cleaned: T = _fit(value)
    return cleaned


def _fit(value: Any) -> Any:
    cleaned = value
    if isinstance(value, str):
        cleaned = "".join(_visible(value))
    elif isinstance(value, tuple):
        cleaned = tuple(_fit(each) for each in value)
    elif is_dataclass(value) and not isinstance(value, type):
        parts = {each.name: _fit(getattr(value, each.name)) for each in fields(value)}
        cleaned = replace(value, **parts)
    return cleaned


def _visible(text: str) -> Iterable[str]:
    for letter in text:
        if letter in HIDDEN_FORMATS:
            continue
        sort = unicodedata.category(letter)
        yield " " if sort in ("Cc", "Zl", "Zp") else "\ufffd" if sort == "Cs" else letter
