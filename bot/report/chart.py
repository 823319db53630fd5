"""Where everything stands on the timeline, in the units of its picture.

The web page and the PDF draw the same numbers, each with its own means.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Final

from bot.report.content import ApprovalBar, BlockerBar, Live, PhaseBand, Timeline
from bot.report.texts import say

WIDTH: Final = 1000.0
PLOT_LEFT: Final = 318.0
PLOT_RIGHT: Final = 980.0
BAND_TOP: Final = 24.0
BAND_HEIGHT: Final = 44.0
FIRST_ROW: Final = BAND_TOP + BAND_HEIGHT + 26.0
ROW_HEIGHT: Final = 26.0
SECTION_GAP: Final = 12.0
LONGEST_LABEL: Final = 50
LETTER_WIDTH: Final = 6.6
MOST_BARS: Final = 22
LONGEST_CUT_WORD: Final = 12
SHORTEST_MARK: Final = 3.0
TICK_STEPS: Final = (1, 2, 4, 8, 12, 24, 48, 96)


@dataclass(frozen=True, slots=True)
class ChartMark:
    """A stretch of a row; `text` stands beside it."""

    x: float
    width: float
    text: str = ""


@dataclass(frozen=True, slots=True)
class ChartRow:
    """One line of the timeline.

    Args:
        y: its middle.
        sort: `blocker`, `wait` or `live`.
        tone: the colour's name: a category, `wait` or `live`.
        faint: True for what slowed rather than stopped.
        label: its name, clipped to the column.
        words: the whole of it in a sentence.
        marks: its stretches.
        ending: how the last stretch ends: `open`, `closed`, `approved`, `rejected` or `expired`.
    """

    y: float
    sort: str
    tone: str
    faint: bool
    label: str
    words: str
    marks: tuple[ChartMark, ...]
    ending: str


@dataclass(frozen=True, slots=True)
class Band:
    """A phase across the top, its words clipped to its width."""

    x: float
    width: float
    title: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Tick:
    """An hour on the axis."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class TimelineChart:
    """The timeline, placed. `end_x` is where a sprint that ended early stopped."""

    width: float
    height: float
    band_top: float
    band_height: float
    bands: tuple[Band, ...]
    ticks: tuple[Tick, ...]
    rows: tuple[ChartRow, ...]
    end_x: float | None
    summary: str


def timeline_chart(timeline: Timeline) -> TimelineChart:
    """Return `timeline` placed on a picture `WIDTH` units wide."""
    scale = _Scale(timeline.length)
    rows = tuple(_rows(timeline, scale))
    return TimelineChart(
        width=WIDTH,
        height=(rows[-1].y if rows else FIRST_ROW) + ROW_HEIGHT,
        band_top=BAND_TOP,
        band_height=BAND_HEIGHT,
        bands=tuple(_band(phase, scale) for phase in timeline.phases),
        ticks=tuple(Tick(scale.x(hour), str(hour)) for hour in tick_hours(timeline.length)),
        rows=rows,
        end_x=scale.x(timeline.ended_at) if timeline.ended_at < timeline.length else None,
        summary=_summary(timeline),
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    length: float

    def x(self, hour: float) -> float:
        part = min(max(hour / self.length, 0.0), 1.0) if self.length else 0.0
        return round(PLOT_LEFT + part * (PLOT_RIGHT - PLOT_LEFT), 1)

    def mark(self, start: float, end: float, text: str = "") -> ChartMark:
        left = min(self.x(start), PLOT_RIGHT - SHORTEST_MARK)
        return ChartMark(left, round(max(self.x(end) - left, SHORTEST_MARK), 1), text)


def tick_hours(length: float) -> range:
    """Return the hours to mark on an axis of `length` hours: at most thirteen of them."""
    step = next((step for step in TICK_STEPS if length / step <= 12), TICK_STEPS[-1])
    return range(0, int(length) + 1, step)


def clipped(text: str, longest: int) -> str:
    """Return `text` on one line, shortened to `longest` characters with an ellipsis."""
    line = " ".join(text.split())
    if len(line) <= longest:
        return line
    cut = line[: max(longest - 1, 0)]
    whole_words = cut.rpartition(" ")[0]
    kept = whole_words if len(cut) - len(whole_words) < LONGEST_CUT_WORD and whole_words else cut
    return kept.rstrip() + "…"


def _rows(timeline: Timeline, scale: _Scale) -> Iterator[ChartRow]:
    places = count()
    gap = 0.0

    def next_y() -> float:
        return FIRST_ROW + next(places) * ROW_HEIGHT + gap

    for bar in _shown(timeline.bars):
        yield _bar_row(bar, next_y(), scale)
    if len(timeline.bars) > MOST_BARS:
        yield _crowd_row(timeline.bars, next_y(), scale)
    gap += SECTION_GAP * bool(timeline.bars)
    for wait in timeline.waits[:MOST_BARS]:
        yield _wait_row(wait, next_y(), scale)
    gap += SECTION_GAP * bool(timeline.waits)
    if timeline.live:
        yield _live_row(timeline.live, next_y(), scale)


def _hours(bar: BlockerBar) -> float:
    return sum(end - start for start, end in bar.spans)


def _shown(bars: tuple[BlockerBar, ...]) -> list[BlockerBar]:
    longest = sorted(bars, key=_hours, reverse=True)[:MOST_BARS]
    kept = {id(bar) for bar in longest}
    return [bar for bar in bars if id(bar) in kept]


def _bar_row(bar: BlockerBar, y: float, scale: _Scale) -> ChartRow:
    marks = tuple(scale.mark(start, end) for start, end in bar.spans)
    label = clipped(bar.label, LONGEST_LABEL)
    ending = "open" if bar.open else "closed"
    return ChartRow(y, "blocker", bar.category, not bar.stops, label, bar.words, marks, ending)


def _crowd_row(bars: tuple[BlockerBar, ...], y: float, scale: _Scale) -> ChartRow:
    """Place the bars that got no line of their own on one, pale, to show where they pile up."""
    shown = {id(bar) for bar in _shown(bars)}
    rest = [bar for bar in bars if id(bar) not in shown]
    marks = tuple(scale.mark(start, end) for bar in rest for start, end in bar.spans)
    words = say("more_blockers", rest=len(rest))
    return ChartRow(
        y, "crowd", "wait", True, say("and_more", number=len(rest)), words, marks, "closed"
    )


def _wait_row(wait: ApprovalBar, y: float, scale: _Scale) -> ChartRow:
    label = clipped(wait.label, LONGEST_LABEL)
    mark = scale.mark(wait.start, wait.end)
    return ChartRow(y, "wait", "wait", False, label, wait.words, (mark,), wait.decision)


def _live_row(live: tuple[Live, ...], y: float, scale: _Scale) -> ChartRow:
    marks = tuple(scale.mark(each.start, each.end, f"{each.percent:g} %") for each in live)
    return ChartRow(y, "live", "live", False, say("page_live"), live[-1].words, marks, "closed")


def _band(phase: PhaseBand, scale: _Scale) -> Band:
    left, right = scale.x(phase.start), scale.x(phase.end)
    room = int((right - left) / LETTER_WIDTH)
    return Band(
        left, round(right - left, 1), clipped(phase.title, room), clipped(phase.outcome or "", room)
    )


def _summary(timeline: Timeline) -> str:
    still = sum(bar.open for bar in timeline.bars)
    live = say("live_hours", live=round(sum(each.end - each.start for each in timeline.live), 1))
    return say(
        "timeline_summary",
        length=timeline.length,
        phases=len(timeline.phases),
        bars=len(timeline.bars),
        still=still,
        waits=len(timeline.waits),
        live=live if timeline.live else say("never_live"),
    )
