"""A deployment as a picture: calls by arm over time, what it was meant to do, what went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from xml.sax.saxutils import escape

WIDTH: Final = 960
HEIGHT: Final = 470
LEFT, RIGHT = 40, 920
PLOT_TOP, PLOT_BOTTOM = 170, 350
BAND_TOP: Final = 372
BAND_HEIGHT: Final = 20
TILE_WIDTH: Final = 176
SERIES: Final = {"shadow": "#a9b0b6", "control": "#b9d3dc", "model": "#1f6f8b"}
STATES: Final = {
    "shadow": "#a9b0b6",
    "live": "#1f6f8b",
    "pulled": "#c8553d",
    "proposed": "#dcdad3",
    "ended": "#dcdad3",
}
INK, MUTED, PAPER, ALARM = "#22303c", "#66727d", "#fbfaf7", "#c8553d"
SHORTEST_LABEL: Final = 60
MOST_ALERTS: Final = 2


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure with its name."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """What the deployment was meant to do from one share of the time axis to another."""

    state: str
    label: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class DeploymentPicture:
    """What the picture shows.

    Args:
        title: the deployment's name.
        subtitle: of which time.
        tiles: at most five figures.
        bars: for each slot of time, arm → calls.
        stretches: what it was meant to do, in order.
        alerts: what went wrong, a line each.
        legend: arm → its name.
        start: the label of the time axis' beginning.
        end: the label of its end.
    """

    title: str
    subtitle: str
    tiles: Sequence[Tile]
    bars: Sequence[dict[str, int]]
    stretches: Sequence[Stretch]
    alerts: Sequence[str] = ()
    legend: dict[str, str] = field(default_factory=dict)
    start: str = ""
    end: str = ""


def render_deployment(picture: DeploymentPicture) -> bytes:
    """Return the picture as PNG."""
    import typst

    page = (
        f"#set page(width: {WIDTH}pt, height: {HEIGHT}pt, margin: 0pt)\n"
        f'#image(bytes(sys.inputs.svg), format: "svg", width: {WIDTH}pt)\n'
    )
    made = typst.compile(
        page.encode(), format="png", ppi=110, sys_inputs={"svg": deployment_svg(picture)}
    )
    return made if isinstance(made, bytes) else made[0]


def deployment_svg(picture: DeploymentPicture) -> str:
    """Return the picture as SVG."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="DejaVu Sans, sans-serif">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{PAPER}"/>',
        _text(LEFT, 42, picture.title, size=22, weight="bold"),
        _text(LEFT, 66, picture.subtitle, size=13, fill=MUTED),
        *_tiles(picture.tiles),
        *_legend(picture.legend),
        *_bars(picture.bars),
        *_band(picture.stretches),
        _text(LEFT, 412, picture.start, size=12, fill=MUTED),
        _text(RIGHT, 412, picture.end, size=12, fill=MUTED, anchor="end"),
        *(
            _text(LEFT, 436 + 20 * place, f"! {line[:110]}", size=13, fill=ALARM)
            for place, line in enumerate(picture.alerts[:MOST_ALERTS])
        ),
        "</svg>",
    ]
    return "\n".join(parts)


def _text(
    x: float,
    y: float,
    words: str,
    *,
    size: int = 13,
    fill: str = INK,
    weight: str = "normal",
    anchor: str = "start",
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}" '
        f'font-weight="{weight}" text-anchor="{anchor}">{escape(words)}</text>'
    )


def _tiles(tiles: Sequence[Tile]) -> list[str]:
    shown = []
    for place, tile in enumerate(tiles[:5]):
        x = LEFT + place * TILE_WIDTH
        shown.append(_text(x, 104, tile.value, size=22, weight="bold"))
        shown.append(_text(x, 124, tile.name, size=12, fill=MUTED))
    return shown


def _legend(legend: dict[str, str]) -> list[str]:
    shown = []
    for place, (arm, name) in enumerate(legend.items()):
        x = LEFT + place * 150
        fill = SERIES.get(arm, MUTED)
        shown.append(f'<rect x="{x}" y="144" width="10" height="10" fill="{fill}"/>')
        shown.append(_text(x + 16, 154, name, size=12, fill=MUTED))
    return shown


def _bars(bars: Sequence[dict[str, int]]) -> list[str]:
    most = max((sum(slot.values()) for slot in bars), default=0)
    line = (
        f'<line x1="{LEFT}" y1="{PLOT_BOTTOM}" x2="{RIGHT}" y2="{PLOT_BOTTOM}" stroke="#dcdad3"/>'
    )
    if not most:
        return [line]
    shown = [line, _text(RIGHT, PLOT_TOP - 4, f"{most}", size=11, fill=MUTED, anchor="end")]
    width = (RIGHT - LEFT) / len(bars)
    scale = (PLOT_BOTTOM - PLOT_TOP) / most
    for place, slot in enumerate(bars):
        y = float(PLOT_BOTTOM)
        for arm, fill in SERIES.items():
            height = slot.get(arm, 0) * scale
            if height:
                y -= height
                x = LEFT + place * width
                shown.append(
                    f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(1.0, width - 1):.1f}" '
                    f'height="{height:.1f}" fill="{fill}"/>'
                )
    return shown


def _band(stretches: Sequence[Stretch]) -> list[str]:
    shown = []
    for stretch in stretches:
        x = LEFT + stretch.start * (RIGHT - LEFT)
        width = max(2.0, (stretch.end - stretch.start) * (RIGHT - LEFT))
        fill = STATES.get(stretch.state, MUTED)
        shown.append(
            f'<rect x="{x:.1f}" y="{BAND_TOP}" width="{width:.1f}" height="{BAND_HEIGHT}" '
            f'fill="{fill}"/>'
        )
        if width >= SHORTEST_LABEL:
            label = _text(x + 6, BAND_TOP + 14, stretch.label, size=11, fill="#ffffff")
            shown.append(label)
    return shown
