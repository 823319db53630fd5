from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.reading import MONTH, YEAR, read_lead_time

ON = date(2026, 3, 4)  # a Wednesday


@pytest.mark.parametrize(
    ("words", "low", "mode", "high"),
    [
        ("2-6 weeks", 14, 28, 42),
        ("6–12 months", 6 * MONTH, 9 * MONTH, 12 * MONTH),
        ("between 2 and 6 weeks", 14, 28, 42),
        ("two to six weeks", 14, 28, 42),
        ("3 days", 2.4, 3, 3.6),
        ("4 years", 3.2 * YEAR, 4 * YEAR, 4.8 * YEAR),
        ("~10d", 5, 10, 15),
        ("6 week SLA", 21, 42, 63),
        ("a couple of weeks", 11.2, 14, 16.8),
        ("up to 2 weeks", 3.5, 10.5, 14),
        ("6+ months", 6 * MONTH, 7.5 * MONTH, 12 * MONTH),
        ("3 days, then 2 weeks", 13.6, 17, 20.4),
        ("monthly meeting", 1, MONTH / 2, MONTH),
        ("every 6 weeks", 1, 21, 42),
        ("next sprint", 7, 14, 28),
        ("until Friday", 2, 2, 2.5),
        ("until 12 May", 69, 69, 69),
        ("2026-05-12", 69, 69, 69),
        ("until the March release", 0, 13.5, 27),
        ("end of quarter", 27, 27, 27),
        ("asap", 0.5, 2, 7),
        ("P2W", 11.2, 14, 16.8),
    ],
)
def test_what_people_say_becomes_a_range(words, low, mode, high):
    days = read_lead_time(words, on=ON).days
    assert (days.low, days.mode, days.high) == pytest.approx((low, mode, high))


@pytest.mark.parametrize("words", ["indefinite", "never", "no timeline", "open-ended"])
def test_no_end_is_told_apart(words):
    assert read_lead_time(words).days.indefinite


@pytest.mark.parametrize(
    "words",
    ["", None, 14, "14", "unknown", "tbd", "?", "nobody knows", "May be", "the till database"],
)
def test_words_without_a_time_give_no_range_and_a_reason(words):
    reading = read_lead_time(words)
    assert reading.days is None
    assert reading.reason


@given(st.text(max_size=200), st.none() | st.dates())
def test_it_never_raises(words, on):
    days = read_lead_time(words, on=on).days
    assert days is None or 0 <= days.low <= days.mode <= days.high < 40_000


@given(st.integers(1, 500))
def test_the_scale_of_the_units_does_not_matter(weeks):
    in_weeks, in_days = (
        read_lead_time(f"{n} {u}").days for n, u in ((weeks, "weeks"), (7 * weeks, "days"))
    )
    in_hours = read_lead_time(f"{168 * weeks} hours").days
    for days in (in_days, in_hours):
        assert (days.low, days.mode, days.high) == pytest.approx(
            (in_weeks.low, in_weeks.mode, in_weeks.high)
        )
