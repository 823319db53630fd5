"""A story's measured waits: access that was asked for and granted, tickets and their times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from typing import Final

from bot.domain.record import Measured
from bot.domain.story_facts import StoryEvent
from bot.domain.story_fields import Fields
from bot.domain.texts import say

Waits = tuple[Measured, ...]
ReadWait = Callable[[StoryEvent, Fields, Waits, float], Waits]
"""Takes an event, its fields, what was measured before and the sprint's length."""
ACCESS: Final = "SELECT on "
EARLIEST: Final = -24 * 365.0 * 5
LATEST: Final = 24 * 365.0


class Outcome(StrEnum):
    """How a measured wait ended."""

    DONE = "done"
    REFUSED = "refused"


def asked_access(event: StoryEvent, fields: Fields, before: Waits, _length: float) -> Waits:
    """Take that access to a source was asked for; `asked` says when, else the event's hour."""
    source = f"{ACCESS}{fields.name('source')}"
    if any(each.source == source for each in before):
        fields.place.refuse(
            "source", say("access_measured_already", removeprefix=source.removeprefix(ACCESS))
        )
    return (*before, Measured(source, _asked(event, fields)))


def granted(event: StoryEvent, fields: Fields, before: Waits, _length: float) -> Waits:
    """Take that a row can be read now."""
    waiting = [each for each in before if each.source.startswith(ACCESS) and each.ended_at is None]
    if not waiting:
        fields.place.refuse("granted", say("nobody_asked_access_ask_access"))
    return tuple(
        replace(each, ended_at=event.at) if each == waiting[-1] else each for each in before
    )


def measured(event: StoryEvent, fields: Fields, before: Waits, _length: float) -> Waits:
    """Take what a system told of a ticket; a later event about the same one replaces it."""
    source = fields.name("source")
    asked = _asked(event, fields)
    ended = fields.number("ended", asked, event.at) if fields.has("ended") else None
    outcome = fields.maybe_choice("outcome", Outcome)
    if outcome is not None and ended is None:
        fields.place.refuse("outcome", say("belongs_wait_ended"))
    wait = Measured(
        source,
        asked,
        ended,
        outcome is Outcome.REFUSED,
        fields.maybe_text("link"),
        fields.number("meets", event.at, LATEST) if fields.has("meets") else None,
    )
    return (*(each for each in before if each.source != source), wait)


def _asked(event: StoryEvent, fields: Fields) -> float:
    """Return the hour that it was asked for; a negative one lies before the kickoff."""
    return fields.number("asked", EARLIEST, event.at) if fields.has("asked") else event.at
