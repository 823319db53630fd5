"""What a plan starts with: the next working morning, roles in order, the use case of its title."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.planning.defaults import next_working_morning, people_of, roles_of, use_case_of

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland")


@given(
    st.integers(1_767_225_600, 1_893_456_000).map(lambda at: datetime.fromtimestamp(at, UTC)),
    st.sampled_from(ZONES),
)
def test_the_morning_is_at_nine_on_the_first_working_day_after_today(now, zone):
    start = next_working_morning(now, zone)
    local, today = start.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone)).date()
    assert (local.hour, local.minute) == (9, 0)
    assert local.weekday() < 5
    assert today < local.date() <= today + timedelta(days=3)
    between = [today + timedelta(days=days) for days in range(1, (local.date() - today).days)]
    assert all(day.weekday() >= 5 for day in between)


@pytest.mark.parametrize(
    ("people", "roles"),
    [
        ([], []),
        (["A"], ["A", "A", "A", "A"]),
        (["A", "B", "C"], ["A", "B", "C", "A"]),
        (["A", "B", "C", "D"], ["A", "B", "C", "D"]),
    ],
)
def test_roles_go_to_people_in_their_order(people, roles):
    assert list(roles_of(people).values()) == roles
    assert people_of(roles_of(people)) == people


@pytest.mark.parametrize(
    ("title", "use_case"),
    [
        ("Predict which customers cancel their plan", "churn"),
        ("Kündigungen früh erkennen", "churn"),
        ("Card fraud at night", "anomaly"),
        ("Tell which pumps fail next", "maintenance"),
        ("Recommend the next product", "recommendation"),
        ("Order stock for two hundred shops", "inventory"),
        ("Predict which flights land late", "other"),
        ("Demand for spare parts after fraud", "inventory"),
        ("", "other"),
    ],
)
def test_the_use_case_is_read_from_the_title(title, use_case):
    assert use_case_of(title) == use_case
