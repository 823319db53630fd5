"""A story's measured waits: access that was asked for and granted, tickets and their times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from bot.domain import record
from bot.domain.story_events import AskedAccess, Granted, Measured, WaitOutcome
from bot.domain.story_fields import FieldLocation
from bot.domain.texts import say

Waits = tuple[record.MeasuredWait, ...]
ReadWait = Callable[[Any, FieldLocation, Waits], Waits]
"""Takes an event, its place and what was measured before."""
ACCESS: Final = "SELECT on "


def asked_access(event: AskedAccess, place: FieldLocation, before: Waits) -> Waits:
    """Take that access to a source was asked for; `asked` says when, else the event's hour."""
    source = f"{ACCESS}{event.source}"
    if any(each.source == source for each in before):
        place.refuse("source", say("access_measured_already", source=event.source))
    return (*before, record.MeasuredWait(source, event.asked))


def granted(event: Granted, place: FieldLocation, before: Waits) -> Waits:
    """Take that a row can be read now."""
    waiting = [each for each in before if each.source.startswith(ACCESS) and each.ended_at is None]
    if not waiting:
        place.refuse("granted", say("access_not_asked"))
    return tuple(
        replace(each, ended_at=event.at) if each == waiting[-1] else each for each in before
    )


def measured(event: Measured, place: FieldLocation, before: Waits) -> Waits:
    """Take what a system reported of a ticket; a later event about the same one replaces it."""
    if event.outcome is not None and event.ended is None:
        place.refuse("outcome", say("belongs_wait_ended"))
    refused = event.outcome is WaitOutcome.REFUSED
    wait = record.MeasuredWait(
        event.source, event.asked, event.ended, refused, event.link, event.meets
    )
    return (*(each for each in before if each.source != event.source), wait)
