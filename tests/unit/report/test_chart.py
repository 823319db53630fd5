"""Whatever a sprint holds, its pictures stay inside their frame."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.report import chart, curve
from bot.report.content import ApprovalBar, BlockerBar, Forecast, Live, PhaseBand, Timeline

hours = st.floats(-5, 500)
spans = st.tuples(hours, hours).map(lambda pair: tuple(sorted(pair)))
bars = st.builds(
    BlockerBar,
    st.text(max_size=90),
    st.sampled_from(["technical", "capability"]),
    st.booleans(),
    st.lists(spans, max_size=3).map(tuple),
    st.booleans(),
    st.just("words"),
)
waits = st.builds(
    lambda label, span, decision: ApprovalBar(label, *span, decision, "words"),
    st.text(max_size=90),
    spans,
    st.sampled_from(["approved", "open"]),
)


def a_timeline(bars=(), waits=(), live=(), length=48.0, ended_at=48.0) -> Timeline:
    phases = (
        PhaseBand("one", "One", 0, length / 2, "It worked", None),
        PhaseBand("two", "Two", length / 2, length, None, None),
    )
    return Timeline(length, ended_at, phases, tuple(bars), tuple(waits), tuple(live))


@given(st.lists(bars, max_size=60), st.lists(waits, max_size=40), st.floats(1, 336))
def test_everything_stays_inside_the_frame(bars, waits, length):
    drawn = chart.timeline_chart(a_timeline(bars, waits, length=length))
    for row in drawn.rows:
        assert row.y < drawn.height
        assert len(row.label) <= chart.LONGEST_LABEL
        for mark in row.marks:
            assert mark.x >= chart.PLOT_LEFT - 0.1
            assert mark.x + mark.width <= chart.PLOT_RIGHT + 0.1
            assert mark.width >= chart.SHORTEST_MARK - 0.1
    assert len(drawn.rows) <= 2 * chart.MOST_BARS + 2
    assert len({row.y for row in drawn.rows}) == len(drawn.rows)


def test_of_many_blockers_the_longest_get_a_line_and_the_rest_share_one():
    many = [
        BlockerBar(str(at), "technical", True, ((0, at % 41 + 0.5),), False, "")
        for at in range(300)
    ]
    rows = chart.timeline_chart(a_timeline(many)).rows
    assert len(rows) == chart.MOST_BARS + 1
    assert rows[-1].label == "and 278 more"
    assert len(rows[-1].marks) == 278
    shortest_shown = min(row.marks[0].width for row in rows[:-1])
    assert all(mark.width <= shortest_shown for mark in rows[-1].marks)


@pytest.mark.parametrize("length", [1, 6, 24, 48, 72, 100, 336])
def test_an_axis_has_at_most_thirteen_ticks_and_begins_at_zero(length):
    ticks = chart.tick_hours(length)
    assert ticks[0] == 0
    assert 1 < len(ticks) <= 13


def test_a_sprint_that_ended_early_shows_where():
    drawn = chart.timeline_chart(a_timeline(ended_at=12.0))
    assert drawn.end_x == pytest.approx(chart.PLOT_LEFT + (chart.PLOT_RIGHT - chart.PLOT_LEFT) / 4)
    assert chart.timeline_chart(a_timeline()).end_x is None


def test_the_words_for_those_who_cannot_see_it_count_what_is_drawn():
    bar = BlockerBar("a", "technical", True, ((1, 2),), True, "")
    told = chart.timeline_chart(a_timeline([bar], live=[Live(40, 44, 1, "")])).summary
    assert "Blockers: 1, 1 of them open" in told
    assert "live for 4 hours" in told


@pytest.mark.parametrize(
    ("text", "longest", "shown"),
    [
        ("short", 10, "short"),
        ("two\n lines", 20, "two lines"),
        ("abcdefgh", 5, "abcd…"),
        ("ab", 0, "…"),
    ],
)
def test_labels_are_one_line_and_clipped(text, longest, shown):
    assert chart.clipped(text, longest) == shown


def a_forecast(*points: tuple[float, float], p50=10.0, p80=20.0) -> Forecast:
    return Forecast(p50, p80, "10 days", "3 weeks", points)


def test_the_curve_rises_from_left_to_right_inside_its_frame():
    drawn = curve.forecast_chart(a_forecast((0, 0), (10, 0.5), (20, 0.8), (400, 1)))
    assert drawn is not None
    assert list(drawn.points) == sorted(drawn.points, key=lambda point: (point[0], -point[1]))
    assert all(curve.LEFT <= x <= curve.RIGHT for x, _ in drawn.points)
    assert all(curve.TOP <= y <= curve.FLOOR for _, y in drawn.points)
    assert [tick.label for tick in drawn.ticks][-1] == "1 year"
    assert [mark.label for mark in drawn.marks] == ["P50: 10 days", "P80: 3 weeks"]


@pytest.mark.parametrize("points", [(), ((math.inf, 1),), ((math.nan, 0.5),)])
def test_without_a_finite_curve_there_is_no_picture(points):
    assert curve.forecast_chart(a_forecast(*points)) is None


def test_what_never_happens_is_not_marked():
    drawn = curve.forecast_chart(a_forecast((0, 0), (90, 0.6), p50=60, p80=math.inf))
    assert drawn is not None
    assert [mark.label for mark in drawn.marks] == ["P50: 10 days"]
