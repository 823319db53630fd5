"""One look for every picture: its own light card, so the page's theme does not matter."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from probes.contract import Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CARD: Final = "#fbfaf7"
INK: Final = "#22303c"
MUTED: Final = "#66727d"
RULE: Final = "#dcdad3"
ACCENT: Final = "#1f6f8b"
SOFT: Final = "#b9d3dc"
WARM: Final = "#c8553d"
GREY: Final = "#a9b0b6"

WIDTH_INCHES: Final = 8.0
DOTS_PER_INCH: Final = 120
LONGEST_LABEL: Final = 34
MOST_BYTES: Final = 200_000
LONGEST_ALT: Final = 1_500

_SETTINGS: Final[Any] = {
    "figure.facecolor": CARD,
    "axes.facecolor": CARD,
    "savefig.facecolor": CARD,
    "axes.edgecolor": RULE,
    "axes.labelcolor": MUTED,
    "axes.titlecolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "x",
    "grid.color": RULE,
    "grid.linewidth": 0.8,
    "text.color": INK,
    "text.parse_math": False,  # a column called $price$ is not a formula
    "xtick.color": MUTED,
    "ytick.color": INK,
    "xtick.bottom": False,
    "ytick.left": False,
    "font.size": 11,
    "font.family": ["DejaVu Sans"],
}


def label(text: str) -> str:
    """Return `text` as one short line."""
    line = re.sub(r"\s+", " ", str(text)).strip() or "(no name)"
    return line if len(line) <= LONGEST_LABEL else line[: LONGEST_LABEL - 1] + "…"


@contextmanager
def card(title: str, subtitle: str, *, height: float) -> Iterator[tuple[Figure, Axes]]:
    """Give a titled card to draw on; `height` in inches is that of the drawing below the title."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    head = 0.95
    total = head + height + 0.55
    with rc_context(_SETTINGS), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure = Figure(figsize=(WIDTH_INCHES, total), dpi=DOTS_PER_INCH, layout="constrained")
        FigureCanvasAgg(figure)
        engine: Any = figure.get_layout_engine()
        engine.set(rect=(0.02, 0.02, 0.96, 1 - head / total - 0.02))
        figure.text(0.03, 1 - 0.36 / total, title, fontsize=15, fontweight="bold", va="center")
        figure.text(0.03, 1 - 0.68 / total, subtitle, fontsize=10.5, color=MUTED, va="center")
        yield figure, figure.add_subplot()


def save(figure: Figure, folder: Path, name: str, title: str, alt: str) -> Picture:
    """Write the card as PNG, smaller when it would be too heavy to post, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.png"
    for dots in (DOTS_PER_INCH, 90, 60):
        figure.savefig(path, dpi=dots, metadata={"Description": alt, "Software": None})
        if path.stat().st_size <= MOST_BYTES:
            break
    return Picture(name=name, title=title, alt=alt, path=path)


def clip_alt(parts: list[str]) -> str:
    """Return the parts as one sentence list, short enough for an alternative text."""
    text = "; ".join(parts)
    return (text if len(text) <= LONGEST_ALT else text[: LONGEST_ALT - 1] + "…") + "."
