"""Hours lost: defined once, shared out, never more than the time that has passed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.hours_lost import Stop, by_category, lost_by_kind, stops_of
from bot.domain.story import parse_story
from bot.domain.verdict import verdict
from bot.domain.vocabulary import Category, Kind

STOPS = st.lists(
    st.builds(
        lambda start, hours, kind: Stop(start, min(start + hours, 48.0), kind),
        st.floats(0, 47),
        st.floats(0.1, 30),
        st.sampled_from(Kind),
    ),
    max_size=8,
)


def _open_hours(stops):
    """Sample the clock: how many of 48 hours, in minutes, had anything open."""
    step = 1 / 60
    ticks = range(48 * 60)
    return sum(any(s.start <= t * step < s.end for s in stops) for t in ticks) * step


@given(STOPS)
def test_the_parts_add_up_to_the_hours_in_which_anything_was_open(stops):
    lost = lost_by_kind(stops)
    total = sum(lost.values())
    assert total <= 48 + 1e-9
    assert total == pytest.approx(_open_hours(stops), abs=0.3)
    assert sum(by_category(lost).values()) == pytest.approx(total)


@given(STOPS, st.randoms(use_true_random=False))
def test_the_order_of_stops_does_not_matter(stops, chance):
    other = list(stops)
    chance.shuffle(other)
    first, second = lost_by_kind(stops), lost_by_kind(other)
    assert {k: round(v, 6) for k, v in first.items()} == {k: round(v, 6) for k, v in second.items()}


def test_hours_that_two_categories_share_are_halved():
    stops = [Stop(0, 10, Kind.DATA_ACCESS), Stop(5, 10, Kind.APPROVAL_PROCESS)]
    found = by_category(lost_by_kind(stops))
    assert found == {
        Category.TECHNICAL: 7.5,
        Category.ORGANIZATIONAL: 2.5,
        Category.CAPABILITY: 0.0,
    }


def _record(*events):
    return parse_story({"story": "x", "events": list(events)}).record


def test_only_what_stops_counts_and_a_resolution_ends_it():
    record = _record(
        {"at": 2, "by": "A", "blocker": "a", "title": "No key", "kind": "data_access"},
        {"at": 4, "by": "A", "blocker": "b", "title": "Slow net", "severity": "slows"},
        {"at": 12, "by": "B", "resolve": "a"},
    )
    assert sum(lost_by_kind(stops_of(record)).values()) == 10
    assert sum(verdict(record).hours_by_category.values()) == 10


def test_a_refusal_counts_until_the_same_thing_is_given():
    ask = {"at": 10, "by": "A", "request": "legal", "of": "Lee", "deadline": 5}
    no = {"at": 12, "by": "Lee", "decide": "legal", "decision": "rejected"}
    again = {"at": 20, "by": "A", "request": "legal", "of": "Lee"}
    yes = {"at": 30, "by": "Lee", "decide": "legal", "decision": "approved"}
    assert sum(lost_by_kind(stops_of(_record(ask, no))).values()) == 36
    assert sum(lost_by_kind(stops_of(_record(ask, no, again, yes))).values()) == 18
