"""What a story says beside its events: the use case's worth, past quotes and past forecasts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from bot.domain.past import PastForecast, PastQuote, Value
from bot.domain.story_fields import Fields, Place
from bot.domain.texts import say
from bot.domain.vocabulary import Period
from bot.reading.lead_time import read_lead_time

LARGEST_AMOUNT: Final = 1e12
LONGEST_DAYS: Final = 36_525.0
MOST_PAST: Final = 2_000


def value_of(top: Fields, place: Place) -> Value | None:
    """Return what the use case is worth, where the story says so."""
    if not top.has("value"):
        return None
    fields = Fields(top.raw("value"), replace(place, where="value"))
    fields.allow(("amount", "currency", "per"))
    return Value(
        fields.number("amount", 0, LARGEST_AMOUNT),
        fields.name("currency"),
        fields.choice("per", Period),
    )


def history_of(top: Fields, place: Place) -> tuple[PastQuote, ...]:
    """Return what this company's functions quoted before, and how long it took."""
    quotes = []
    for fields in listed(top, place, "history"):
        fields.allow(("function", "quoted", "took", "after"))
        function, quoted = fields.name("function"), _days(fields, "quoted")
        if fields.has("took") or "took" not in fields:
            quotes.append(PastQuote(function, quoted, _days(fields, "took")))
            continue
        after = fields.number("after", 0, LONGEST_DAYS) if fields.has("after") else None
        quotes.append(PastQuote(function, quoted, None, after))
    return tuple(quotes)


def forecasts_of(top: Fields, place: Place) -> tuple[PastForecast, ...]:
    """Return past forecasts and what came of them."""
    return tuple(_forecast(fields) for fields in listed(top, place, "forecasts"))


def _forecast(fields: Fields) -> PastForecast:
    fields.allow(("p50", "p80", "took", "after"))
    p50, p80 = fields.number("p50", 0, LONGEST_DAYS), fields.number("p80", 0, LONGEST_DAYS)
    if p80 < p50:
        fields.place.refuse("p80", say("must_less_than_p50", p50=p50))
    if fields.has("took"):
        return PastForecast(p50, p80, fields.number("took", 0, LONGEST_DAYS))
    if not fields.has("after"):
        fault = say("took_null_means_yet_after")
        fields.place.refuse("after", fault)
    return PastForecast(p50, p80, None, fields.number("after", 0, LONGEST_DAYS))


def listed(top: Fields, place: Place, key: str) -> Iterator[Fields]:
    """Return the entries of one of the story's lists, each with its place."""
    raw = top.raw(key, [])
    if not isinstance(raw, list):
        place.refuse(key, say("must_list_2"))
    if len(raw) > MOST_PAST:
        place.refuse(key, say("entries_read", raw=len(raw), most_past=MOST_PAST))
    for number, values in enumerate(raw, 1):
        yield Fields(values, replace(place, where=f"{key} {number}"))


def _days(fields: Fields, key: str) -> float:
    words = fields.text(key)
    days = read_lead_time(words).days
    if days is None:
        fields.place.refuse(key, say("length_time_could_read", words=words[:60]))
    return days.mode
