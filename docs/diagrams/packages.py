"""Draw the packages and the imports between them as `docs/images/packages.svg`.

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
PICTURE: Final = ROOT / "docs" / "images" / "packages.svg"
BESIDE: Final = ("probes", "serving")
"""Packages that stand outside of the layers: they are reached by their contracts alone."""
WIDTH, ROW, BOX_HEIGHT, GAP = 1180, 66, 34, 12


def layers() -> list[list[str]]:
    """Return the packages by layer, the highest first."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contract = settings["tool"]["importlinter"]["contracts"][0]
    found = [re.split(r"\s*[:|]\s*", layer) for layer in contract["layers"]]
    return [*found, list(BESIDE)]


def package_of(module: str, packages: list[str]) -> str | None:
    """Return the package that a module stands in; None for modules at the top of `bot`."""
    inside = [
        package for package in packages if module == package or module.startswith(f"{package}.")
    ]
    return max(inside, key=len, default=None)


def imports(packages: list[str]) -> Counter[tuple[str, str]]:
    """Count the imports from each package to each other one."""
    tops = sorted({package.partition(".")[0] for package in packages})
    graph = grimp.build_graph(*tops)
    counted: Counter[tuple[str, str]] = Counter()
    for module in graph.modules:
        here = package_of(module, packages)
        for imported in graph.find_modules_directly_imported_by(module):
            there = package_of(imported, packages)
            if here and there and here != there:
                counted[here, there] += 1
    return counted


def draw() -> str:
    """Return the picture; the same layout gives the same text."""
    rows = layers()
    packages = [package for row in rows for package in row]
    places: dict[str, tuple[float, float, float]] = {}
    for number, row in enumerate(rows):
        box = min(230.0, (WIDTH - GAP * (len(row) + 1)) / len(row))
        left = (WIDTH - len(row) * box - (len(row) - 1) * GAP) / 2
        for place, package in enumerate(row):
            places[package] = (left + place * (box + GAP), 20 + number * ROW, box)
    arrows = [
        _arrow(places[here], places[there], count)
        for (here, there), count in sorted(imports(packages).items())
    ]
    boxes = [_box(package, *places[package]) for package in packages]
    height = 20 + len(rows) * ROW
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
            'font-family="sans-serif" font-size="13" role="img">',
            "<title>The packages of hour48, the highest layer first; lines are imports</title>",
            f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
            *arrows,
            *boxes,
            "</svg>",
            "",
        ]
    )


def _box(package: str, left: float, top: float, width: float) -> str:
    return (
        f'<rect x="{left:.0f}" y="{top:.0f}" width="{width:.0f}" height="{BOX_HEIGHT}" rx="6" '
        'fill="#eef3fb" stroke="#3b5b8c"/>'
        f'<text x="{left + width / 2:.0f}" y="{top + 22:.0f}" text-anchor="middle" '
        f'fill="#14233a">{escape(package.removeprefix("bot."))}</text>'
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
