"""The 48 hours as a calendar file that any calendar reads."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.db.models import Sprint
from bot.messages.catalog import say_plain
from bot.playbook.model import Playbook

if TYPE_CHECKING:
    from icalendar import Event


def calendar_for(sprint: Sprint, playbook: Playbook, now: datetime) -> bytes:
    """Return the sprint, its gates and its debrief as iCalendar.

    Args:
        sprint: the planned or running sprint.
        playbook: names the phases.
        now: the moment the file is made at; a newer file replaces an older one's events.
    """
    return _file(sprint, playbook, now, "PUBLISH")


def cancellation_of(sprint: Sprint, playbook: Playbook, now: datetime) -> bytes:
    """Return the iCalendar file that takes a cancelled sprint's events out again.

    Args:
        sprint: the cancelled sprint.
        playbook: names the phases.
        now: the moment of the cancellation, which no earlier file's can be newer than.
    """
    return _file(sprint, playbook, now, "CANCEL")


def _file(sprint: Sprint, playbook: Playbook, now: datetime, method: str) -> bytes:
    from icalendar import Calendar

    start = sprint.started_at or sprint.planned_start
    end = start + timedelta(hours=sprint.length_hours)
    calendar = Calendar()
    calendar.add("prodid", "-//hour48//sprint//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    title = sprint.title
    calendar.add_component(
        _event(sprint, "sprint", say_plain("plan.calendar_event", title=title), start, end, now)
    )
    for phase in playbook.phases:
        at = start + timedelta(hours=phase.end)
        words = say_plain("plan.calendar_gate", title=title, phase=phase.title)
        calendar.add_component(
            _event(sprint, f"gate-{phase.key}", words, at, at + timedelta(minutes=30), now)
        )
    words = say_plain("plan.calendar_debrief", title=title)
    calendar.add_component(_event(sprint, "debrief", words, end, end + timedelta(hours=1), now))
    if method == "CANCEL":
        for event in calendar.events:
            event.add("status", "CANCELLED")
            del event["sequence"]
            event.add("sequence", _sequence(now) + 1)  # the plan may be of the same second
    return bytes(calendar.to_ical())


def _sequence(now: datetime) -> int:
    return int(now.timestamp()) % 2**31


def _event(
    sprint: Sprint, name: str, words: str, start: datetime, end: datetime, now: datetime
) -> Event:
    from icalendar import Event

    event = Event()
    event.add("uid", f"{sprint.team_id}-{sprint.id}-{name}@hour48")
    event.add("dtstamp", now)
    event.add("sequence", _sequence(now))
    event.add("dtstart", start)
    event.add("dtend", end)
    event.add("summary", words)
    return event
