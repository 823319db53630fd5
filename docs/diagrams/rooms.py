"""Draw the rooms and the imports between them as `docs/images/rooms.svg`.

The layers are those that `lint-imports` holds, read from `pyproject.toml`; the arrows are counted
from the import graph. Run it with `make diagram` after a change of the layout.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from html import escape
from pathlib import Path
from typing import Final

import grimp

ROOT: Final = Path(__file__).parents[2]
PICTURE: Final = ROOT / "docs" / "images" / "rooms.svg"
BESIDE: Final = ("probes", "serving")
"""Rooms that stand outside of the layers: they are reached by their contracts alone."""
WIDTH, ROW, BOX_HEIGHT, GAP = 1180, 66, 34, 12


def layers() -> list[list[str]]:
    """Return the rooms by layer, the highest first."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contract = settings["tool"]["importlinter"]["contracts"][0]
    found = [re.split(r"\s*[:|]\s*", layer) for layer in contract["layers"]]
    return [*found, list(BESIDE)]


def room_of(module: str, rooms: list[str]) -> str | None:
    """Return the room that a module stands in; None for modules at the top of `bot`."""
    inside = [room for room in rooms if module == room or module.startswith(f"{room}.")]
    return max(inside, key=len, default=None)


def imports(rooms: list[str]) -> Counter[tuple[str, str]]:
    """Count the imports from each room to each other one."""
    packages = sorted({room.partition(".")[0] for room in rooms})
    graph = grimp.build_graph(*packages)
    counted: Counter[tuple[str, str]] = Counter()
    for module in graph.modules:
        here = room_of(module, rooms)
        for imported in graph.find_modules_directly_imported_by(module):
            there = room_of(imported, rooms)
            if here and there and here != there:
                counted[here, there] += 1
    return counted


def draw() -> str:
    """Return the picture; the same layout gives the same text."""
    rows = layers()
    rooms = [room for row in rows for room in row]
    places: dict[str, tuple[float, float, float]] = {}
    for number, row in enumerate(rows):
        box = min(230.0, (WIDTH - GAP * (len(row) + 1)) / len(row))
        left = (WIDTH - len(row) * box - (len(row) - 1) * GAP) / 2
        for place, room in enumerate(row):
            places[room] = (left + place * (box + GAP), 20 + number * ROW, box)
    arrows = [
        _arrow(places[here], places[there], count)
        for (here, there), count in sorted(imports(rooms).items())
    ]
    boxes = [_box(room, *places[room]) for room in rooms]
    height = 20 + len(rows) * ROW
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
            'font-family="sans-serif" font-size="13" role="img">',
            "<title>The rooms of hour48, the highest layer first; lines are imports</title>",
            f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
            *arrows,
            *boxes,
            "</svg>",
            "",
        ]
    )


def _box(room: str, left: float, top: float, width: float) -> str:
    return (
        f'<rect x="{left:.0f}" y="{top:.0f}" width="{width:.0f}" height="{BOX_HEIGHT}" rx="6" '
        'fill="#eef3fb" stroke="#3b5b8c"/>'
        f'<text x="{left + width / 2:.0f}" y="{top + 22:.0f}" text-anchor="middle" '
        f'fill="#14233a">{escape(room.removeprefix("bot."))}</text>'
    )


def _arrow(here: tuple[float, float, float], there: tuple[float, float, float], count: int) -> str:
    x1, y1 = here[0] + here[2] / 2, here[1] + BOX_HEIGHT
    x2, y2 = there[0] + there[2] / 2, there[1]
    if y2 < y1:
        y1, y2 = here[1] + BOX_HEIGHT / 2, there[1] + BOX_HEIGHT / 2
    width = min(4.0, 0.6 + count / 12)
    return (
        f'<path d="M{x1:.0f} {y1:.0f} C{x1:.0f} {(y1 + y2) / 2:.0f} {x2:.0f} {(y1 + y2) / 2:.0f} '
        f'{x2:.0f} {y2:.0f}" fill="none" stroke="#7a8aa0" stroke-opacity="0.45" '
        f'stroke-width="{width:.1f}"><title>{count} imports</title></path>'
    )


if __name__ == "__main__":
    PICTURE.write_text(draw(), "utf-8")
