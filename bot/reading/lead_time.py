"""How long something takes, as people say it, read as a range of days.

"2-6 weeks", "bis Freitag", "the March release", "indefinite": nobody speaks in distributions, so
this does it for them. Nothing here raises; words without a time give no range and say why.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, lru_cache
from typing import Final

from bot.reading.calendar import SOME_DAY, UNDATED, moments
from bot.reading.durations import durations, mend_typos
from bot.reading.events import events, open_ends, phrases, releases
from bot.reading.folding import fold
from bot.reading.joining import belong_together, is_dated, is_not_before, joined
from bot.reading.lexicon import any_of
from bot.reading.moment_context import is_day, is_denied, is_other_word, not_before
from bot.reading.numberless import iso_durations, vague_durations
from bot.reading.place import TimeMention
from bot.reading.ranges import Bounds, DayRange, Span, bounded, hull_of
from bot.reading.rhythms import rhythms
from bot.reading.settled import says_over
from bot.reading.time_features import features
from bot.reading.weights import regression
from bot.texts import texts_beside

say: Final = texts_beside(__file__).say

LEAST_SURETY: Final = 0.45
"""Probability from which a time that was found counts as a lead time."""
MOST_CHARACTERS: Final = 400
"""Longer texts are read up to here; a lead time is a phrase."""
_CLOSED: Final = re.compile(
    r"\b(unknown|tbd|tba|n/?a|no idea|nobody knows|depends|unbekannt|"
    r"inconnu\w*|desconocid\w*|keine ahnung|weiss keiner|weis keiner|niemand "
    r"weis\w*|personne ne sait|nadie sabe|ni idea)\b|^\?+$"
)
_IS_MAY: Final = re.compile(r"^may\s+(?:be|take|need)")


@dataclass(frozen=True, slots=True)
class LeadTime:
    """A lead time as it was said, and what it comes to.

    Args:
        words: as said; empty when no time was.
        days: to forecast with; None when the words give no figure, as "after the freeze".
        said: the bounds in days, as said, each None where it was left open; None without bounds.
        reason: what it was read from, or why nothing could be read.
        undated: the words name a date, and without the day they were said on it gives no days.
    """

    words: str
    days: DayRange | None
    said: Bounds | None
    reason: str
    undated: bool = False

    @property
    def stated(self) -> DayRange | None:
        """The days where the words give some; a date alone gives none while today is unknown."""
        return None if self.undated else self.days

    def days_or(self, assumed: DayRange) -> DayRange:
        """Return the days as stated, else what is assumed, unless a date alone begins later.

        "Q3 next year, then 8 months" is more than half a year, whatever day it was said on.
        """
        if self.stated:
            return self.stated
        later = self.days if self.undated else None
        return later if later and later.low > assumed.mode else assumed

    @property
    def is_asked_about(self) -> bool:
        """Whether somebody has to be asked how long it takes: no bound and no "never" was said."""
        return self.said is None and not (self.days and self.days.indefinite)


def read_lead_time(text: object, *, on: date | None = None) -> LeadTime:
    """Read a lead time from words that are about nothing else, as those of a form's field.

    Args:
        text: the words; anything but text gives no range.
        on: the date they were said on; without it, "until Friday" and the like stay wide.
    """
    if not isinstance(text, str) or not text.strip():
        return _nothing()
    return _marked(_read_field, text.strip()[:MOST_CHARACTERS], on)


def _nothing() -> LeadTime:
    return LeadTime("", None, None, say("no_time_given"))


def find_lead_time(text: object, *, on: date | None = None) -> LeadTime:
    """Find the lead time in a sentence that is about more than that, as a blocker's title.

    Only what the sentence gives as the time until the blocker is gone counts: not "47 systems",
    "the 2019 extract", "3 weeks ago", an age, a period of data or a version.

    Args:
        text: the sentence; anything but text has none.
        on: the date it was said on.
    """
    if not isinstance(text, str) or not text.strip():
        return _nothing()
    return _marked(_find, text[:MOST_CHARACTERS], on)


def _marked(read: Callable[[str, date | None], LeadTime], text: str, on: date | None) -> LeadTime:
    """Read, and mark a date that would have bounds if the day it was said on were known."""
    found = read(text, on)
    if on is not None or found.said is not None or found.days is None:
        return found
    if found.days.indefinite or found.days.high < UNDATED.high:
        return found
    return replace(found, undated=read(text, SOME_DAY).said is not None)


@lru_cache(maxsize=4096)
def _read_field(text: str, on: date | None) -> LeadTime:
    folded = mend_typos(fold(text))
    span = next((span for read in _FIELD if (span := read(folded, on))), None)
    if span is None:
        return LeadTime(text, None, None, say("time_could_read", words=text[:80]))
    reason = f"read from “{text[:80]}”"
    return LeadTime(text, bounded(span.days) if span.days else None, tidy(span.said), reason)


@lru_cache(maxsize=4096)
def _find(text: str, on: date | None) -> LeadTime:
    folded = mend_typos(fold(text))
    spans = [opened(span, folded) for span in _judged(candidates(folded, on), folded)]
    chosen = _chosen(joined(_without_overlaps(spans, folded), folded))
    if chosen is None:
        return _nothing()
    words = text[chosen.start : chosen.end].strip(" ,;:.-")
    if chosen.days is None:
        return LeadTime(words, None, None, say("date_could_read", words=words[:80]))
    return LeadTime(words, bounded(chosen.days), tidy(chosen.said), f"read from “{words[:80]}”")


def tidy(bounds: Bounds | None) -> Bounds | None:
    """Return bounds rounded to some seconds; None where both sides are open."""
    if bounds is None or bounds == (None, None):
        return None
    return tuple(None if figure is None else round(figure, 4) for figure in bounds)  # type: ignore[return-value]  # as long as before


def _judged(spans: Iterable[Span], folded: str) -> Iterator[Span]:
    """Yield the times that are lead times, as the model has learnt to tell, with how surely.

    An event whose date follows is one with its date: "when Karl is back on the 16th".
    """
    model = regression("lead_time")
    judged = [replace(span, surety=model.probability(features(span, folded))) for span in spans]
    sure = [span for span in judged if span.surety > LEAST_SURETY]
    for span in judged:
        has_date = span.sort.startswith("event") and any(
            span.end <= other.start and is_dated(span, other, folded[span.end : other.start])
            for other in sure
        )
        is_other_day = any(
            belong_together(*pair, folded)
            for other in sure
            for pair in ((span, other), (other, span))
            if pair[0].end <= pair[1].start
        )
        if span in sure or has_date or is_other_day:
            yield replace(span, surety=round(span.surety, 1))


def candidates(folded: str, on: date | None) -> Iterator[Span]:
    """Find whatever looks like a time in a folded text, a lead time or not."""
    often = list(rhythms(folded))
    yield from often
    lengths = (span for span in durations(folded) if not _is_over(span, folded))
    yield from (span for span in lengths if not any(_overlap(span, each) for each in often))
    yield from iso_durations(folded)
    yield from (span for span in moments(folded, on) if _is_moment(span, folded))
    yield from open_ends(folded, alone=False)
    yield from vague_durations(folded)
    yield from events(folded)
    yield from releases(folded)


_OVER: Final = re.compile(
    r"[\s-]+(?:ago|old|so far|and counting|last time|beim letzten mal)(?![a-z])"
)
_BEGAN: Final = re.compile(
    r"(?<![a-z])(?:il y a|hace|seit|depuis|since|llevamos)\s+(?:uber |plus de )?$"
)
_MILLIONS: Final = re.compile(r"\d ?m$")
_COUNTED: Final = re.compile(
    r"\s+(?!(?:for|then|to|til|till|until|and|or|if|once|after|from|before|in|at|on|with|says?|"
    r"said|lead|wait|max|min|und|dann|bis|fur|pour|para|puis|y|et)\b)[a-z]"
)
"""A noun behind "2.1m", which makes it a number: "rows", not "for the contract"."""


_SHIFT_WORK: Final = re.compile(
    r"(?<![a-z])(?:r[ua]n(?:s|ning)?|work(?:s|ed|ing)?|operat\w+|staffed|manned) (?:\w+ )?"
    r"(?:in|on|with) $"
)
"""Before it shifts say how a plant works: "runs in 3 shifts", not "takes 3 shifts"."""
_SHIFTS: Final = re.compile(r"shifts?$")
_ONE_SHIFT: Final = re.compile(r"(?:[2-9]|two|three|four|five)[ -]shift$")
"""And so do "3-shift operation" and "three shift pattern"."""
_RATE: Final = re.compile(
    r"(?:\d ?k? +(?!(?:people|persons?|devs?|ftes?|of|for|in|at|and|or|to)\b)[a-z]+|"
    r"[€$£] ?\d[\d.,]*k?|\d[\d.,]*k? ?[€$£]) +$"
)
"""Behind it "a month" is how often: "40 tickets a week"."""
_SHARE: Final = re.compile(r"an? quarter of (?!an? )")


def _is_over(span: Span, folded: str) -> bool:
    """Whether a length lies behind ("3 weeks ago"), or is none: "2.1m rows", "90 euros a month"."""
    before, after = folded[: span.start], folded[span.end :]
    is_number = _MILLIONS.search(folded[span.start : span.end]) and _COUNTED.match(after)
    is_article = span.sort == "article"
    is_rate = is_article and (_RATE.search(before) or _SHARE.match(folded, span.start))
    words = folded[span.start : span.end]
    is_pattern = _ONE_SHIFT.match(words) or (_SHIFTS.search(words) and _SHIFT_WORK.search(before))
    is_past = _OVER.match(after) or _BEGAN.search(before) or _took(span, folded)
    is_granted = _granted().search(before)
    return bool(is_number or is_rate or is_pattern or is_past or is_granted)


@cache
def _granted() -> re.Pattern[str]:
    """Match what comes before the length for which something may be used: "read-only for"."""
    return re.compile(rf"(?<![a-z]){any_of('granted')},? (?:for|fur|pendant|pour|durante|por) $")


def _took(span: Span, folded: str) -> bool:
    """Whether a length says what something took that is over: "it took 3 weeks, we have it"."""
    return TimeMention(span, folded).clause_has("took") and says_over(folded)


_SINCE: Final = re.compile(
    r"(?<![a-z])(?:since|seit(?: dem| der)?|depuis(?: le| la)?|desde(?: el| la)?)\s+(?:the )?$"
)


def _is_moment(span: Span, folded: str) -> bool:
    if _SINCE.search(folded[: span.start]):
        return False
    if span.sort == "day_of_month":
        return is_day(span, folded)
    return span.sort != "past" and not is_other_word(
        folded[span.start : span.end], folded[: span.start]
    )


@cache
def _open_from() -> re.Pattern[str]:
    return re.compile(
        rf"(?<![a-z]){any_of('open_from')}\s+(?:the |den |dem |der |le |la |el |l'|am |im )?$"
    )


@cache
def _earliest_after() -> re.Pattern[str]:
    late = rf"(?:{any_of('earliest_after')}|{any_of('best_case')})"
    return re.compile(rf"\s*[,(]?\s*{late}(?![a-z])")


_LATEST: Final = re.compile(
    r"(?<![a-z])(?:between now and|(?:no|not) later than|latest (?:on|by)|"
    r"nicht spater als|au plus tard le|"
    r"a mas tardar el)\s+(?:the )?$"
)
_FROM: Final = re.compile(
    r"(?<![a-z])(?:ab|a partir d(?:e|u|el)|a compter d(?:e|u)|(?P<on>from))\s+"
    r"(?:the |dem |le |la )?$"
)
_ON: Final = re.compile(r"\s+(?:on(?:wards?)?|upwards)(?![a-z])(?! [a-z0-9])")


def _begins(before: str, after: str, *, is_day: bool) -> bool:
    """Whether words tell of a begin alone: "ab Juni", "from June on"."""
    found = _FROM.search(before)
    if is_day and not (found and found[0].startswith("a compter")):
        return False  # "from the 16th" is mostly the day on which somebody is back
    return bool(found and (not found["on"] or _ON.match(after)))


_UNTIL: Final = re.compile(r"(?<![a-z])(?:until|till?|bis|hasta|jusqu'a|earliest|fruhestens)\s+$")
_THROUGH: Final = re.compile(r"(?<![a-z])(?:through|thru)\s+(?:the )?$")


_FROM_TO: Final = re.compile(r"\d\D+\d")


def _is_closed_for(span: Span, folded: str) -> bool:
    """Whether somebody is away, or something closed, from one day to another: 9 to 20 March."""
    is_range = _FROM_TO.search(folded, span.start, span.end) and span.said != (None, None)
    return bool(is_range and _closed().search(folded))


@cache
def _closed() -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z])(?:{any_of('closed')}|{any_of('absent')})(?![a-z])")


def _last_of(span: Span, before: str, folded: str) -> Span | None:
    """Return the last day of a span that is taken whole: "booked through May"."""
    if not (span.said and span.said[1] and span.days):
        return None
    if not (_THROUGH.search(before) or _is_closed_for(span, folded)):
        return None
    last = span.said[1]
    return replace(span, said=(last, last), days=DayRange(last, last, max(last, 0.5)))


_AFTER: Final = re.compile(
    r"(?:after|nach(?: dem| der)?|apres(?: le| la)?|tras(?: el)?|despues de(?:l)?)\s+(?:the )?$"
)


def opened(span: Span, folded: str) -> Span:
    """Leave the upper bound open where the words do: "not before March"."""
    if span.sort not in ("calendar", "day_of_month", "year"):
        return span
    before = folded[: span.start]
    after = folded[span.end :]
    found = _open_from().search(before) or not_before(before, after)
    later = None if found else _earliest_after().match(after)
    if through := _last_of(span, before, folded):
        return through
    denied = not (found or later) and is_denied(span, folded)
    if _LATEST.search(before) and span.said and span.said[1] is not None:
        return replace(span, said=(None, span.said[1]))
    begins_then = span.said and _begins(before, after, is_day=span.said[0] == span.said[1])
    if not (found or later or denied or begins_then) or not span.said or not span.days:
        return span
    low, high = span.said
    if begins_then:
        found = None
    if found and _AFTER.search(found[0]) and not _UNTIL.search(before[: found.start()]):
        is_earliest = _earliest_after().match(after)
        if low == high and not is_earliest:
            return span
        low = high
    start = low or 0.0
    days = DayRange(start, start + 0.25 * max(start, 30.0), start + max(start, 60.0))
    begins = found.start() if found else span.start
    return replace(span, start=begins, said=(low, None), days=days)


_RANK: Final = {
    "open_end": 0,
    "event": 1,
    "event_weak": 1,
    "event_unnamed": 4,
    "duration": 2,
    "article": 2,
}


def _late(span: Span, event: Span, folded: str) -> Span:
    """Leave the upper bound of a length open where nothing happens before it is over."""
    length = span.sort in ("duration", "article") and span.said and span.said[0] == span.said[1]
    if not length or not is_not_before(folded[event.start : event.end]):
        return span
    return replace(span, said=(span.said[0] if span.said else None, None))


def _without_overlaps(spans: Iterable[Span], folded: str) -> list[Span]:
    """Keep one of the times that share words; a date inside "when Karl is back" is its date."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda each: (_RANK.get(each.sort, 3), each.start - each.end)):
        clash = next((k for k in kept if k.start < span.end and span.start < k.end), None)
        if clash is None:
            kept.append(span)
        elif clash.sort.startswith("event") and span.days and span.sort != "release":
            kept.remove(clash)
            start, end = min(clash.start, span.start), max(clash.end, span.end)
            kept.append(_late(replace(span, start=start, end=end), clash, folded))
    return sorted(kept, key=lambda span: span.start)


def _chosen(spans: list[Span]) -> Span | None:
    """Return the time that counts: one with a figure first, the surest, then the longest.

    A date goes before a rhythm: "meets once a month, next on the 17th".
    """
    has_date = any(span.sort in ("calendar", "day_of_month") for span in spans)
    return max(
        (span for span in spans if not (has_date and span.sort == "rhythm")),
        key=lambda span: (
            span.said is not None,
            span.surety,
            span.days.mode if span.days else 0.0,
        ),
        default=None,
    )


def _first(find: Callable[[str], Iterable[Span]]) -> Callable[[str, date | None], Span | None]:
    return lambda folded, _: next(iter(find(folded)), None)


def _field_answer(folded: str, _: date | None) -> Span | None:
    """Read the unit that a quick answer put behind what was said: "after the freeze, weeks"."""
    spans = [span for span in vague_durations(folded) if span.end == len(folded)]
    return next((s for s in spans if folded[: s.start].rstrip().endswith(",")), None)


def _field_open_end(folded: str, _: date | None) -> Span | None:
    return next(open_ends(folded, alone=True), None)


def _field_sum(folded: str, on: date | None) -> Span | None:
    """Read a date and a duration that follow each other, or that a date begins."""
    dates = _field_moments(folded, on)
    lengths = [span for span in durations(folded) if not any(_overlap(span, d) for d in dates)]
    both = joined(sorted([*dates, *lengths], key=lambda span: span.start), folded)
    return next((s for s in both if len(both) < len(dates) + len(lengths)), None)


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def _field_moments(folded: str, on: date | None) -> list[Span]:
    if _IS_MAY.match(folded):
        return []
    found = (span for span in moments(folded, on) if span.days and not _means_else(span, folded))
    return [opened(span, folded) for span in found]


def _means_else(span: Span, folded: str) -> bool:
    """Whether what looks like a moment is a bare number, or a word such as "so"."""
    phrase, before = folded[span.start : span.end], folded[: span.start]
    if span.sort == "day_of_month":
        return not re.search(r"[a-z.]", phrase)
    return phrase != folded.strip() and is_other_word(phrase, before)


def _field_durations(folded: str, _: date | None) -> Span | None:
    found = list(durations(folded))
    if not found:
        return None
    whole = found[0]
    for span in found[1:]:
        whole = hull_of(whole, span)
    return whole


def _field_calendar(folded: str, on: date | None) -> Span | None:
    return next(iter(_field_moments(folded, on)), None)


def _field_phrase(folded: str, _: date | None) -> Span | None:
    if _CLOSED.search(folded):
        return None
    for find in (phrases, releases, rhythms, vague_durations):
        span = next(iter(find(folded)), None)
        if span:
            return span
    return None


_FIELD: Final[tuple[Callable[[str, date | None], Span | None], ...]] = (
    _field_answer,
    _field_open_end,
    _first(iso_durations),
    _field_sum,
    _first(rhythms),
    _field_durations,
    lambda folded, _: next(releases(folded), None),
    _field_calendar,
    _field_phrase,
)
