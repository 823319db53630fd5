"""A deployment as a picture: calls by arm over time, what it was meant to do, what went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.report.pdf import typeset
from bot.report.pictures import environment

WIDTH: Final = 960
HEIGHT: Final = 470


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

    @property
    def most_calls(self) -> int:
        """How many calls the tallest bar stands for."""
        return max((sum(slot.values()) for slot in self.bars), default=0)


def render_deployment(picture: DeploymentPicture) -> bytes:
    """Return the picture as PNG."""
    page = (
        f"#set page(width: {WIDTH}pt, height: {HEIGHT}pt, margin: 0pt)\n"
        f'#image(bytes(sys.inputs.svg), format: "svg", width: {WIDTH}pt)\n'
    )
    return typeset(page.encode(), {"svg": deployment_svg(picture)}, format="png", ppi=110)


def deployment_svg(picture: DeploymentPicture) -> str:
    """Return the picture as SVG."""
    template = environment().get_template("deployment.svg.j2")
    return template.render(picture=picture, width=WIDTH, height=HEIGHT)
