"""The forecast as a picture: which share of the draws is live by which day, days to years."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from bot.report.content import Forecast
from bot.report.texts import say, table
from bot.texts import as_share

WIDTH: Final = 1000.0
HEIGHT: Final = 250.0
LEFT: Final = 52.0
RIGHT: Final = 984.0
TOP: Final = 16.0
FLOOR: Final = 208.0
SHORTEST_AXIS: Final = 84.0


@dataclass(frozen=True, slots=True)
class CurveMark:
    """A named place on an axis or on the curve."""

    x: float
    y: float
    label: str


@dataclass(frozen=True, slots=True)
class ForecastChart:
    """The forecast, placed; `line` and `area` are SVG path data, `points` the line's corners."""

    width: float
    height: float
    left: float
    right: float
    top: float
    floor: float
    points: tuple[tuple[float, float], ...]
    line: str
    area: str
    ticks: tuple[CurveMark, ...]
    levels: tuple[CurveMark, ...]
    marks: tuple[CurveMark, ...]
    summary: str


def forecast_chart(forecast: Forecast) -> ForecastChart | None:
    """Return `forecast` placed on a picture; None when it has no curve to draw."""
    curve = [(days, share) for days, share in forecast.curve if math.isfinite(days) and days >= 0]
    if not curve:
        return None
    scale = _Scale(max(curve[-1][0], SHORTEST_AXIS))
    points = tuple((scale.x(days), scale.y(share)) for days, share in curve)
    line = "M" + " L".join(f"{x:g} {y:g}" for x, y in points)
    return ForecastChart(
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        right=RIGHT,
        top=TOP,
        floor=FLOOR,
        points=points,
        line=line,
        area=f"{line} L{points[-1][0]:g} {FLOOR:g} L{points[0][0]:g} {FLOOR:g} Z",
        ticks=tuple(
            CurveMark(scale.x(days), FLOOR, label)
            for days, label in table("tick", float).items()
            if days <= scale.longest
        ),
        levels=tuple(CurveMark(LEFT, scale.y(share), as_share(share)) for share in (0.5, 0.8, 1.0)),
        marks=_marks(forecast, scale),
        summary=say("forecast_summary", p50=forecast.p50_words, p80=forecast.p80_words),
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    longest: float

    def x(self, days: float) -> float:
        part = math.log1p(days) / math.log1p(self.longest)
        return round(LEFT + min(part, 1.0) * (RIGHT - LEFT), 1)

    def y(self, share: float) -> float:
        return round(FLOOR - min(max(share, 0.0), 1.0) * (FLOOR - TOP), 1)


def _marks(forecast: Forecast, scale: _Scale) -> tuple[CurveMark, ...]:
    named = (
        (forecast.p50, 0.5, f"P50: {forecast.p50_words}"),
        (forecast.p80, 0.8, f"P80: {forecast.p80_words}"),
    )
    return tuple(
        CurveMark(scale.x(days), scale.y(share), label)
        for days, share, label in named
        if days is not None and math.isfinite(days) and days <= scale.longest
    )
