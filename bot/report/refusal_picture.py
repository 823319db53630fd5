"""The map of where no is said as an SVG: for each function, request → wait → no, detour or yes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.report.palette import LIGHT
from bot.report.pictures import environment

MOST_ROWS: Final = 12
WIDEST: Final = 34.0
"""Pixels of the widest flow."""


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

    @property
    def ended(self) -> list[tuple[str, str, int]]:
        """The ways it ended that happened at all."""
        return [each for each in self.ends if each[2]]


def refusal_svg(title: str, columns: tuple[str, str, str], flows: Sequence[Flow]) -> str:
    """Return the picture.

    Args:
        title: its heading, and what a screen reader says.
        columns: what stands over requests, waits and their ends.
        flows: the functions, the bottleneck first.
    """
    shown = flows[:MOST_ROWS]
    template = environment().get_template("refusals.svg.j2")
    return template.render(
        title=title,
        columns=columns,
        flows=shown,
        colours=LIGHT,
        widest=WIDEST,
        most=max((flow.requests for flow in shown), default=1),
        clipped=_clipped,
    )


def _clipped(words: str, most: int) -> str:
    return words if len(words) <= most else f"{words[: most - 1]}…"
