"""Who is away: whom the record says it of, until when, and who stands in for them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from typing import Final, NamedTuple

from bot.domain.record import SprintRecord
from bot.domain.verdict.hindrances.fields import told_by
from bot.domain.vocabulary import Resolution
from bot.reading.folding import fold
from bot.reading.lead_time import find_lead_time
from bot.reading.lexicon import any_of
from bot.reading.parties import away

PERSON: Final = "person"
"""The field of titles that tell of somebody who is not there."""
AWAY: Final = 0.6
"""From this probability a sentence that names somebody says that they are not there."""
LATEST: Final = 14
"""The plan's day until which somebody's return is waited for."""
_SENTENCE: Final = re.compile(r"(?<=\w{4})[.;!?]\s+")
"""What parts sentences; "Fr. Holm" is none."""
_SPEAKER: Final = re.compile(r"\b(?:I|I'm|me|my|ich|mein\w*|je|moi|yo|mi)\b")
_WHO: Final = r"(?:[a-z]+\.? )?[a-z][a-z'-]+"
_SATURDAY: Final = 5
_WEEK: Final = 7


class Absence(NamedTuple):
    """Somebody is away.

    Args:
        back: the plan's day on which they are back; None where nothing tells.
        stand_in: who stands in for them, by name, if they may decide.
    """

    back: int | None
    stand_in: str | None

    @property
    def is_short(self) -> bool:
        """Whether they are back while the plan can wait for them."""
        return self.back is not None and self.back <= LATEST


class _Said(NamedTuple):
    text: str
    at: float
    by: str


def absence_of(name: str, record: SprintRecord) -> Absence | None:
    """Return what the record last says of somebody's absence; None where they can be asked.

    Whoever is not of the team and did something since can be reached, wherever they are.
    """
    said = [each for each in _sayings(record) if _is_of(each, name)]
    if not said:
        return None
    last = max(said, key=lambda each: each.at)
    is_of_team = name in record.team.values()
    if not is_of_team and last.at < max(_acts(name, record), default=last.at):
        return None
    stand_in = _stand_in(last.text, name)
    if stand_in and _has_no_say(last.text, stand_in):
        stand_in = None
    return Absence(_back(last, record), stand_in)


def working_day(day: int, record: SprintRecord) -> int:
    """Return a day of the plan, or the Monday behind it where the kickoff's date is known."""
    ended = _date(record, record.ended_at)
    if ended is None:
        return day
    weekday = (ended + timedelta(days=day)).weekday()
    return day + (_WEEK - weekday if weekday >= _SATURDAY else 0)


def _sayings(record: SprintRecord) -> Iterator[_Said]:
    """Yield the blockers, and each sentence of the answers.

    Whoever is away stays so while others find a way round.
    """
    for blocker in record.blockers:
        if blocker.how is not Resolution.FIXED:
            yield _Said(blocker.title, blocker.raised_at, blocker.by)
    for answer in record.answers:
        yield from (_Said(each, answer.at, answer.by) for each in _SENTENCE.split(answer.text))


def _is_of(said: _Said, name: str) -> bool:
    """Whether a sentence says of somebody, or of its own speaker, that they are not there."""
    is_speaker = said.by == name and bool(_SPEAKER.search(said.text))
    if not (is_speaker or names(said.text, name)):
        return False
    if said.text.count(name) == 1 and _stand_in(said.text, "") == name:
        return False
    if away(said.text) == name or is_away(name, said.text) or _stand_in(said.text, name):
        return True
    return told_by(said.text)[PERSON] >= AWAY


def names(text: str, name: str) -> bool:
    """Return whether a text names somebody."""
    return bool(re.search(rf"\b{re.escape(name)}\b", text))


def is_away(party: str, text: str) -> bool:
    """Return whether a text says behind a party that it is absent: "a signer is on holiday"."""
    who = re.escape(fold(party.rpartition(" ")[2]))
    return bool(
        re.search(rf"(?<![a-z]){who} (?:\w+ ){{0,2}}{any_of('absent')}(?![a-z])", fold(text))
    )


def _acts(name: str, record: SprintRecord) -> Iterator[float]:
    """Yield the hours in which somebody decided, answered, asked or wrote something."""
    yield from (each.at for each in record.answers if each.by == name)
    yield from (each.raised_at for each in record.blockers if each.by == name)
    yield from (
        change.at for each in record.blockers for change in each.history if change.by == name
    )
    yield from (
        each.decided_at
        for each in record.approvals
        if each.approver == name and each.decision and each.reason and each.decided_at
    )


def _back(said: _Said, record: SprintRecord) -> int | None:
    """Return the plan's day of the last date that a sentence gives behind "until" or "back".

    A bare day of the week is within a week of the sprint, whatever its date.
    """
    folded = fold(said.text)
    if not _until().search(folded) or _for_good().search(folded):
        return None
    day = day_named(said.text, said.at, record)
    return _WEEK - 1 if day is None and _until_weekday().search(folded) else day


def day_named(text: str, at: float, record: SprintRecord) -> int | None:
    """Return the plan's day of the last date that a text names; None where none is known.

    Args:
        text: what somebody wrote.
        at: the hour in which they did.
        record: the sprint, for its dates.
    """
    on, ended = _date(record, at), _date(record, record.ended_at)
    found = find_lead_time(text, on=on) if on else None
    if found is None or found.stated is None or found.stated.indefinite or on is None:
        return None
    return (on + timedelta(days=found.stated.high) - ended).days if ended else None


def _stand_in(text: str, name: str) -> str | None:
    """Return who a sentence says stands in for somebody; never the one who is away."""
    folded = fold(text)
    for pattern in _standing_in():
        for found in pattern.finditer(folded):
            who = " ".join(w for w in text[slice(*found.span(1))].split() if w[0].isupper())
            if who and who != name:
                return who
    return None


def _has_no_say(text: str, name: str) -> bool:
    """Whether a sentence says behind somebody's name that they may not sign, or decide."""
    _, _, behind = fold(text).partition(fold(name))
    return bool(_no_say().search(behind))


@cache
def _no_say() -> re.Pattern[str]:
    """Match "cannot sign above 5k", "darf nichts freischalten", "signe pas", "sin firma"."""
    return re.compile(rf"(?<![a-z]){any_of('no_say')}")


@cache
def _until() -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z]){any_of('until_back')}(?![a-z])")


@cache
def _until_weekday() -> re.Pattern[str]:
    """Match "until Monday", not "until Monday the 14th"."""
    days = any_of("weekdays")
    return re.compile(
        rf"(?<![a-z]){any_of('until_back')}(?:\W+\w+)?\W+{days}(?![a-z])(?!\W+(?:the )?\d)"
    )


@cache
def _for_good() -> re.Pattern[str]:
    """Match what ends on that day: "a contractor until Friday"."""
    return re.compile(rf"(?<![a-z]){any_of('for_good')}(?![a-z])")


@cache
def _standing_in() -> tuple[re.Pattern[str], ...]:
    """Match "her deputy is Nia", "la sustituye Rocío", then "Fergus stands in"."""
    return (
        re.compile(rf"\b{any_of('stand_in_is')} ({_WHO})"),
        re.compile(rf"\b({_WHO}),? {any_of('stands_in')}(?!\w)"),
    )


def _date(record: SprintRecord, at: float) -> date | None:
    """Return the date of an hour of the record, where the kickoff's is known."""
    try:
        kickoff = date.fromisoformat((record.kickoff or "")[:10])
    except ValueError:
        return None
    return kickoff + timedelta(hours=at)
