"""A board's calendar by its ICS address: when it meets next."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from bot.domain.waits import FactKind, SystemEvent
from bot.evidence.contract import Adapter, Ask, PollError, SystemSettings
from bot.evidence.texts import say

AHEAD: Final = timedelta(days=400)
"""How far to look for the next meeting."""


def next_meeting(text: str, board: str, now: datetime) -> SystemEvent | None:
    """Return the next meeting of a board in a calendar; None where none comes.

    Args:
        text: the calendar as ICS.
        board: words of the meeting's title; empty takes any meeting.
        now: the moment; a meeting that runs is the next one.

    Raises:
        PollError: the text is no calendar.
    """
    import icalendar
    import recurring_ical_events

    try:
        calendar = icalendar.Calendar.from_ical(text)
        calendar.subcomponents = [each for each in calendar.subcomponents if not _is_endless(each)]
        found = recurring_ical_events.of(calendar).between(now, now + AHEAD)
    except (ValueError, KeyError, TypeError, IndexError):
        raise PollError(say("no_calendar")) from None
    meetings = [
        (_moment(event["DTSTART"].dt), event)
        for event in found
        if "DTSTART" in event and _is_of(event, board) and event.get("STATUS") != "CANCELLED"
    ]
    if not meetings:
        return None
    at, event = min(meetings, key=lambda pair: pair[0])
    title = " ".join(str(event.get("SUMMARY", "")).split())[:200]
    return SystemEvent(
        board, FactKind.MEETING, at, title, None, str(event.get("URL", ""))[:500], title
    )


def _is_endless(event: Any) -> bool:
    """Return whether an event repeats every second, minute or hour: millions of times in a year."""
    rules = event.get("RRULE") or []
    listed = rules if isinstance(rules, list) else [rules]
    often = {"SECONDLY", "MINUTELY", "HOURLY"}
    return any(often & {str(how).upper() for how in rule.get("FREQ", ())} for rule in listed)


def _moment(at: Any) -> datetime:
    if isinstance(at, datetime):
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    assert isinstance(at, date)  # noqa: S101 - a whole day, by the standard
    return datetime.combine(at, time(), UTC)


def _is_of(event: Any, board: str) -> bool:
    wanted = set(re.findall(r"\w+", board.casefold())) - {"the", "a", "meeting"}
    return wanted <= set(re.findall(r"\w+", str(event.get("SUMMARY", "")).casefold()))


def poll(ask: Ask, subject: str, _settings: SystemSettings, now: datetime) -> list[SystemEvent]:
    """Ask for the calendar and return its next meeting."""
    fact = next_meeting(str(ask("", as_text=True)), subject, now)
    return [fact] if fact else []


ADAPTER: Final = Adapter(
    name="calendar",
    label="Calendar",
    poll=poll,
)
