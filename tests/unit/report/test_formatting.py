"""Numbers, days and moments as people say them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.report.formatting import Calendar, counted, days_text, fit_for_a_page, hours_text, money


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (0, "0 hours"),
        (0.02, "29 min"),
        (0.5, "12 hours"),
        (1, "1 day"),
        (13.4, "13 days"),
        (14, "2 weeks"),
        (35, "5 weeks"),
        (83, "12 weeks"),
        (91, "3 months"),
        (729, "24 months"),
        (730, "2 years"),
        (1460, "4 years"),
        (9000, "no end in sight"),
        (float("inf"), "no end in sight"),
        (float("nan"), "no end in sight"),
    ],
)
def test_days_are_told_in_their_natural_unit(days, told):
    assert days_text(days) == told


@given(st.floats(0, 7000), st.floats(0, 7000))
def test_a_longer_span_never_sounds_shorter(one, other):
    uows = {"hour": 1 / 24, "day": 1, "week": 7, "month": 30.4, "year": 365}

    def heard(days: float) -> float:
        number, uow = days_text(days).split()
        return float(number) * uows[uow.rstrip("s")]

    shorter, longer = sorted((one, other))
    assert heard(shorter) <= heard(longer) * 1.08


@pytest.mark.parametrize(
    ("number", "told"), [(0, "No fixes"), (1, "One fix"), (3, "Three fixes"), (12, "12 fixes")]
)
def test_counts_are_words_up_to_ten(number, told):
    assert counted(number, "fix") == told


def test_hours_and_money_lose_what_nobody_reads():
    assert hours_text(1.0) == "1 hour"
    assert hours_text(6.54) == "6.5 hours"
    assert hours_text(0.13) == "8 min"
    assert hours_text(0.0) == "0 hours"
    assert money(13_700.4, "USD") == "13,700 USD"


def test_hours_run_on_across_a_daylight_saving_change():
    calendar = Calendar(datetime(2026, 3, 28, 12, tzinfo=UTC), ZoneInfo("Europe/Berlin"))
    assert calendar.day_and_clock(0) == "Sat 28 Mar, 13:00"
    assert calendar.day_and_clock(24) == "Sun 29 Mar, 14:00"


@dataclass(frozen=True)
class Leaf:
    words: str
    more: tuple[str, ...] = ()
    number: int = 3


def test_hidden_letters_are_taken_out_of_everything_however_deep():
    cleaned = fit_for_a_page((Leaf("a\u202eb\x00c\u2028d", ("\ud800e", "Пилот 顧客 🚀")),))
    assert cleaned == (Leaf("ab c d", ("\ufffde", "Пилот 顧客 🚀")),)
