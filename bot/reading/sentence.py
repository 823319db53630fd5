"""A line that somebody typed about a blocker, with all that can be read from it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Final

from bot.reading import owners, parties
from bot.reading.folding import fold
from bot.reading.lead_time import LeadTime, find_lead_time
from bot.reading.lexicon import any_of
from bot.reading.likelihood import (
    ASIDE_EVIDENCE,
    BROKEN_EVIDENCE,
    OVER_EVIDENCE,
    blocker_probability,
)
from bot.reading.ranges import Bounds
from bot.reading.settled import is_broken_since, says_over

LEAST_PROBABILITY: Final = 0.86
"""From here a line counts as a blocker. A wrong offer annoys more than a missed one: set on 360
messages of four hands, for nine right offers in ten."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a line says.

    Args:
        title: the line without a leading label such as "BLOCKER:" and outer blanks.
        lead_time: how long, as said; None when nobody said.
        lead_days: the bounds as said, in days; None without figures.
        waits_for: whom or which function it waits for, as said.
        severity: `stops` or `slows`.
        owner: who takes care of it: a Slack id or a name.
        time: the lead time in full.
        line: the line itself.
    """

    title: str
    lead_time: str | None
    lead_days: Bounds | None
    waits_for: str | None
    severity: str
    owner: str | None
    time: LeadTime
    line: str

    @property
    def probability(self) -> float:
        """How probably the line tells of something in the way, from 0 to 1.

        Judged when it is asked for: a capture that knows it is a blocker need not wait for it.
        """
        folded = fold(self.line)
        evidence = OVER_EVIDENCE * says_over(folded) + ASIDE_EVIDENCE * _is_aside(folded)
        evidence += BROKEN_EVIDENCE * (not says_over(folded) and is_broken_since(folded))
        return blocker_probability(self.line, evidence)

    @property
    def is_blocker(self) -> bool:
        """Whether the line tells of something in the way."""
        return self.probability >= LEAST_PROBABILITY

    def as_json(self) -> dict[str, Any]:
        """Return what `hour48 read --json` prints."""
        names = ("title", "lead_time", "waits_for", "severity", "owner", "is_blocker")
        fields = {name: getattr(self, name) for name in names}
        days = list(self.lead_days) if self.lead_days else None
        return {
            "title": fields["title"],
            "lead_time": fields["lead_time"],
            "lead_days": days,
            "waits_for": fields["waits_for"],
            "severity": fields["severity"],
            "owner": fields["owner"],
            "is_blocker": fields["is_blocker"],
            "probability": round(self.probability, 4),
        }


def _is_aside(folded: str) -> bool:
    """Whether a line asks, supposes, remembers, or speaks of another team."""
    return folded.rstrip().endswith("?") or bool(_aside().search(folded))


@cache
def _aside() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){any_of('aside')}(?!\w)")


def read(text: str, *, on: date | None = None) -> Reading:
    """Read a line that somebody typed.

    Args:
        text: the line, in English, German, French or Spanish.
        on: the day it was said; without it, dates and weekdays give no figure.
    """
    line = " ".join(text.split())
    title = _label().sub("", line).strip() or line
    time = find_lead_time(line, on=on)
    return Reading(
        title=title,
        lead_time=time.words or None,
        lead_days=time.said,
        waits_for=_party(parties.waits_for(line, _clause_of(time.words, line))),
        severity=_severity(line),
        owner=owners.owner(line),
        time=time,
        line=line,
    )


def _party(found: str | None) -> str | None:
    """Return whom a line waits for; "owner" before a name only says who takes care of it."""
    return None if found and owners.is_cue(found) else found


def _clause_of(words: str, line: str) -> str:
    """Return the part of a line that its time stands in, "" where it gives none."""
    return next((part for part in re.split(r"[,;.!?]\s", line) if words and words in part), "")


@cache
def _label() -> re.Pattern[str]:
    return re.compile(
        rf"^\s*(?:/blocker\s+|[!*\W]*\b{any_of('labels')}\b\s*[:!-]+\s*)+", re.IGNORECASE
    )


@cache
def _severity_words(table: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z]){any_of(table)}(?![a-z])")


def _severity(line: str) -> str:
    """Return `slows` where the words say that the work goes on, else `stops`."""
    folded = fold(line)
    return "slows" if _severity_words("slows").search(folded) else "stops"
