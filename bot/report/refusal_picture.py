"""The map of where no is said as an SVG: for each function, request → wait → no, detour or yes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from bot.report.palette import LIGHT

WIDTH: Final = 860
ROW: Final = 76
HEAD: Final = 54
MOST_ROWS: Final = 12
WIDEST: Final = 34.0
"""Pixels of the widest flow."""
_COLUMNS: Final = {"request": 250, "wait": 470, "end": 690}
_FONT: Final = "font-family='system-ui,sans-serif'"
_SOFT: Final = LIGHT["soft"]
_COLOURS: Final = {
    "refused": LIGHT["accent"],
    "detour": LIGHT["capability"],
    "granted": LIGHT["live"],
    "open": LIGHT["wait"],
}


@dataclass(frozen=True, slots=True)
class Flow:
    """One function's row.

    Args:
        name: the function.
        note: what would be otherwise, in a line.
        requests: how often it was asked.
        wait: how long that took, in words.
        ends: how the requests ended: "refused", "detour", "granted" or "open" → label and count.
    """

    name: str
    note: str
    requests: int
    wait: str
    ends: Sequence[tuple[str, str, int]]


def refusal_svg(title: str, columns: tuple[str, str, str], flows: Sequence[Flow]) -> str:
    """Return the picture.

    Args:
        title: its heading, and what a screen reader says.
        columns: what stands over requests, waits and their ends.
        flows: the functions, the bottleneck first.
    """
    shown = list(flows)[:MOST_ROWS]
    most = max((flow.requests for flow in shown), default=1)
    height = HEAD + ROW * len(shown) + 16
    heads = zip(_COLUMNS.values(), columns, strict=True)
    drawn = [_text(x, 44, words, size=12, fill=_SOFT) for x, words in heads]
    for number, flow in enumerate(shown):
        drawn += _row(flow, HEAD + ROW * number, most, is_first=number == 0)
    name = escape(title, quote=True)
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height}' "
        f"width='{WIDTH}' height='{height}' role='img' aria-label=\"{name}\">"
        f"<title>{name}</title><rect width='100%' height='100%' fill='{LIGHT['paper']}'/>"
        f"{_text(16, 24, title, size=15, weight=600)}{''.join(drawn)}</svg>\n"
    )


def _row(flow: Flow, top: int, most: int, *, is_first: bool) -> list[str]:
    middle = top + ROW / 2 - 8
    width = max(2.0, WIDEST * flow.requests / most)
    drawn = [
        _text(16, middle, _clipped(flow.name, 30), size=13, weight=700 if is_first else 500),
        _text(16, middle + 17, _clipped(flow.note, 44), size=10, fill=_SOFT),
        _band(
            _COLUMNS["request"] + 26, middle, _COLUMNS["wait"] - 16, middle, width, LIGHT["rule"]
        ),
        _text(_COLUMNS["request"], middle + 4, str(flow.requests), size=13, weight=600),
        _text(_COLUMNS["wait"], middle + 4, _clipped(flow.wait, 24), size=12),
    ]
    ends = [each for each in flow.ends if each[2]]
    step = 17
    first = middle - step * (len(ends) - 1) / 2
    for place, (kind, label, count) in enumerate(ends):
        y = first + step * place
        colour = _COLOURS[kind]
        thick = max(2.0, WIDEST * count / most)
        drawn.append(
            _band(_COLUMNS["wait"] + 120, middle, _COLUMNS["end"] - 10, y, min(thick, 14), colour)
        )
        drawn.append(_text(_COLUMNS["end"], y + 4, f"{count} {label}", size=12, fill=colour))
    return drawn


def _band(x: float, y: float, to_x: float, to_y: float, width: float, colour: str) -> str:
    half = (x + to_x) / 2
    path = f"M{x:.0f} {y:.1f} C{half:.0f} {y:.1f} {half:.0f} {to_y:.1f} {to_x:.0f} {to_y:.1f}"
    return (
        f"<path d='{path}' fill='none' stroke='{colour}' stroke-width='{width:.1f}' "
        "stroke-opacity='0.55'/>"
    )


def _text(
    x: float, y: float, words: str, *, size: int, weight: int = 400, fill: str = LIGHT["ink"]
) -> str:
    return (
        f"<text x='{x:.0f}' y='{y:.1f}' {_FONT} font-size='{size}' font-weight='{weight}' "
        f"fill='{fill}'>{escape(words)}</text>"
    )


def _clipped(words: str, most: int) -> str:
    return words if len(words) <= most else f"{words[: most - 1]}…"
