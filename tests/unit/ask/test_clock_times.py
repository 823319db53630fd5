"""Clock times in questions, as the sprint's hours."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.ask.clock_times import WallClock, with_hours

ZONE = ZoneInfo("Europe/Berlin")
CLOCK = WallClock(datetime(2026, 3, 10, 9, tzinfo=ZONE), datetime(2026, 3, 11, 14, 30, tzinfo=ZONE))
"""Kickoff on a Tuesday at nine; the question comes on Wednesday at 14:30, hour 29.5."""


@pytest.mark.parametrize(
    ("question", "read"),
    [
        ("What did I miss since 9 pm?", "since hour 12"),
        ("what happened since 1:15pm", "since hour 28.2"),
        ("What did I miss since yesterday at 17:00?", "at hour 8"),
        ("anything new since noon?", "since hour 27"),
        ("what did we decide on tuesday", "hour 0"),
        ("what changed since midnight", "since hour 15"),
        ("Was ist seit 14 Uhr passiert?", "seit stunde 29"),
        ("Was habe ich seit gestern 17:30 verpasst?", "stunde 8.5"),
        ("¿Qué me perdí desde las 10:00?", "desde hora 25"),
        ("Qu'ai-je manqué depuis 12h30 ?", "depuis heure 27.5"),
        ("what was open at 8 am", "at hour 23"),
        ("what happened before the kickoff at 7:00 tuesday", "hour 0"),
    ],
)
def test_a_clock_time_becomes_an_hour(question, read):
    assert read in with_hours(question, CLOCK).lower()


@pytest.mark.parametrize(
    "question",
    [
        "What blocks us?",
        "what did I miss since hour 12",
        "what happened in the last 24 hours",
        "is version 1.3.5 live?",
        "is blocker 3 open?",
        "are we live with 5 % of traffic?",
        "How long would it take, 3 weeks?",
        "what did I miss since yesterday?",
    ],
)
def test_what_is_no_clock_time_stays(question):
    assert with_hours(question, CLOCK) == question


def test_the_hour_is_counted_over_a_change_of_the_clocks():
    spring = WallClock(
        datetime(2026, 3, 28, 20, tzinfo=ZONE), datetime(2026, 3, 29, 9, tzinfo=ZONE)
    )
    assert "since hour 11" in with_hours("what did I miss since 8 am", spring).lower()
