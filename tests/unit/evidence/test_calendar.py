"""The next meeting of a board, out of calendars as Outlook and others export them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.evidence.adapters.calendar import next_meeting

NOW = datetime(2026, 3, 4, 9, tzinfo=UTC)
OUTLOOK = """\
BEGIN:VTIMEZONE
TZID:W. Europe Standard Time
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""
MONTHLY = """\
DTSTART;TZID=W. Europe Standard Time:20260113T140000
DTEND;TZID=W. Europe Standard Time:20260113T150000
RRULE:FREQ=MONTHLY;BYDAY=2TU
EXDATE;TZID=W. Europe Standard Time:20260310T140000
"""
MOVED = """\
RECURRENCE-ID;TZID=W. Europe Standard Time:20260414T140000
DTSTART;TZID=W. Europe Standard Time:20260420T090000
DTEND;TZID=W. Europe Standard Time:20260420T100000
"""


def calendar(*events):
    inside = "".join(
        "BEGIN:VEVENT\nUID:1\nDTSTAMP:20260101T000000Z\n"
        f"SUMMARY:Architecture Board\n{event}END:VEVENT\n"
        for event in events
    )
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//EN\n{OUTLOOK}{inside}END:VCALENDAR\n"


@pytest.mark.parametrize(
    ("events", "wanted"),
    [
        ((MONTHLY,), datetime(2026, 4, 14, 12, tzinfo=UTC)),
        ((MONTHLY, MOVED), datetime(2026, 4, 20, 7, tzinfo=UTC)),
        (("DTSTART;VALUE=DATE:20260314\n",), datetime(2026, 3, 14, tzinfo=UTC)),
        (("DTSTART:20260314T100000Z\nSTATUS:CANCELLED\n",), None),
        (("DTSTART:20260301T100000Z\n",), None),
        (("DTSTART:20260314T100000Z\nRRULE:FREQ=SECONDLY\n",), None),
    ],
)
@pytest.mark.timeout(10)
def test_the_next_meeting_is_found(events, wanted):
    found = next_meeting(calendar(*events), "the architecture board", NOW)
    assert (found and found.at) == wanted
