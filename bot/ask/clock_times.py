"""Clock times in a question, turned into the sprint's hours before it is read.

"What did I miss since 9 pm?" is "since hour 12" for somebody whose clock showed nine at the
kickoff. A time means the last moment that showed it, unless the question names another day.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from bot.ask.lexicon import entry, pattern
from bot.ask.wording import language_of
from bot.reading.folding import fold


@dataclass(frozen=True, slots=True)
class WallClock:
    """The kickoff and this moment, both as the asker's clock shows them.

    Args:
        kickoff: hour 0, aware.
        now: the moment of the question, aware.
    """

    kickoff: datetime
    now: datetime

    def hour(self, moment: datetime) -> float:
        """Return the sprint's hour of a moment; hour 0 for one before the kickoff."""
        return max(0.0, (moment.timestamp() - self.kickoff.timestamp()) / 3600)


_TIME: Final = re.compile(
    r"""(?<![\w.:])(?:(?P<at>um|gegen|a\ las|a\ la|las|la|at|[àa])\ )?
    (?:(?P<h12>1[0-2]|0?[1-9])(?:[:.](?P<m12>[0-5]\d))?\ ?(?P<half>[ap])\.?m\b\.?
      |(?P<h24>[01]?\d|2[0-3])\ ?[h:](?P<m24>[0-5]\d)(?:\ ?(?:uhr|h))?(?!\w)
      |(?P<hours>[01]?\d|2[0-3])\ ?(?:uhr|o'?clock)\b
      |(?P<word>noon|midday|lunch|midnight|mittag|mittagessen|mitternacht|mediod[ií]a|almuerzo
        |medianoche|midi|d[ée]jeuner|minuit)\b)""",
    re.IGNORECASE | re.VERBOSE,
)
_NOON: Final = frozenset(
    {"noon", "midday", "lunch", "mittag", "mittagessen", "mediodia", "almuerzo", "midi", "dejeuner"}
)
_WEEKDAYS: Final = 7
_ARTICLES: Final = frozenset({"la", "las"})
"""What stands before a time after "since" too, so that it does not mean that moment."""


def names_clock(question: str) -> bool:
    """Tell whether a question names a time of day in figures; "since lunch" is none."""
    return any(found["word"] is None for found in _TIME.finditer(question))


def with_hours(question: str, clock: WallClock) -> str:
    """Return a question with its clock times replaced by the sprint's hours."""
    language = language_of(question)
    folded = fold(question)
    word, at = str(entry(language, "hour_word")), str(entry(language, "hour_at"))
    day = _day_named(folded, language, clock.now)
    found = False

    def hour_of(match: re.Match[str]) -> str:
        nonlocal found
        found = True
        moment = _moment(_time_of(match), day, clock.now)
        lead = at if match["at"] and fold(match["at"]) not in _ARTICLES else word
        return _hour(lead, clock.hour(moment))

    rewritten = _TIME.sub(hour_of, question)
    if found:
        return _without_day(rewritten, language)
    if day is not None and pattern(language, "weekday").search(folded):
        start = datetime.combine(day, time(), clock.now.tzinfo)
        return pattern(language, "weekday").sub(_hour(word, clock.hour(start)), folded)
    return question


def _hour(lead: str, hour: float) -> str:
    return f"{lead} {round(hour, 1):g}"


def _time_of(match: re.Match[str]) -> time:
    if match["word"]:
        return time(12) if fold(match["word"]) in _NOON else time(0)
    if match["h12"]:
        hour = int(match["h12"]) % 12 + (12 if match["half"].lower() == "p" else 0)
        return time(hour, int(match["m12"] or 0))
    return time(int(match["h24"] or match["hours"]), int(match["m24"] or 0))


def _moment(shown: time, day: datetime | None, now: datetime) -> datetime:
    """Return the last moment up to now at which a clock showed a time, or that of a named day."""
    at = datetime.combine((day or now).date(), shown, now.tzinfo)
    return at - timedelta(days=1) if day is None and at > now else at


def _day_named(folded: str, language: str, now: datetime) -> datetime | None:
    """Return the day that a question names, the last of its name; None where it names none."""
    if pattern(language, "yesterday").search(folded):
        return now - timedelta(days=1)
    if pattern(language, "today").search(folded):
        return now
    found = pattern(language, "weekday").search(folded)
    if found is None:
        return None
    names = str(entry(language, "weekday")).split("|")
    back = (now.weekday() - names.index(found[0])) % _WEEKDAYS
    return now - timedelta(days=back)


def _without_day(said: str, language: str) -> str:
    """Return a question without the day that its time belongs to."""
    text = fold(said)
    for name in ("yesterday", "today", "weekday"):
        text = pattern(language, name).sub(" ", text)
    return " ".join(text.split())
