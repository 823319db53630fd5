"""What one finding explains is not told again, and the clock is the event, not its end."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest

from bot.domain.vocabulary import FindingLevel
from probes.quality.codes import found
from probes.quality.people_values import decoded
from probes.quality.ranking import without_superseded
from probes.quality.roles import event_time
from probes.quality.times import _freshness

SLOWS = FindingLevel.SLOWS


def test_twins_among_header_rows_and_gaps_of_a_lost_column_are_explained() -> None:
    kept = [
        found(SLOWS, "header_rows", "x", {"rows": 51}),
        found(SLOWS, "schema_drift", "x", {"columns_lost": ["net"]}),
    ]
    explained = [
        found(SLOWS, "duplicate_keys", "x", {"twins": 50}, column="id"),
        found(SLOWS, "missing", "x", {"share": 0.1}, column="net"),
    ]
    assert without_superseded([*kept, *explained]) == kept


def test_gaps_that_a_category_explains_are_a_note() -> None:
    gaps = found(SLOWS, "missing", "x", {"share": 0.5}, column="closed")
    assert [one.level for one in without_superseded([gaps], {"closed"})] == [FindingLevel.NOTE]


def test_an_end_is_no_clock_though_it_varies_more() -> None:
    start = pd.Series(pd.to_datetime("2024-01-01") + pd.to_timedelta(range(300), unit="D"))
    end = start + pd.to_timedelta([1 + n * 7 % 40 for n in range(300)], unit="D")
    assert event_time({"last_day": end, "first_day": start}) == "first_day"


@pytest.mark.parametrize(("age", "level"), [(60, SLOWS), (900, FindingLevel.NOTE)])
def test_only_a_feed_that_stopped_lately_slows(age: int, level: FindingLevel) -> None:
    today = date(2026, 6, 1)
    days = {today - timedelta(days=age + n): 3 for n in range(90)}
    assert [one.level for one in _freshness("at", days, today)] == [level]


@pytest.mark.parametrize("text", ["q=a.b%40x.org", "a.b&#64;x.org", "a.b (at) x.org"])
def test_texts_are_read_as_people_read_them(text: str) -> None:
    assert "a.b@x.org" in decoded(text)
