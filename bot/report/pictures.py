"""The timeline and the forecast, drawn once as SVG: in place on the page, as images in the PDF."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bot.report.chart import timeline_chart
from bot.report.content import ReportContent
from bot.report.curve import forecast_chart
from bot.report.palette import LIGHT
from bot.report.texts import say

TEMPLATES: Final = Path(__file__).parent / "templates"
PAPER_FONTS: Final = {"sans": "Libertinus Serif"}
"""The font that typst brings along, so that the PDF is the same on every machine."""


@cache
def environment() -> Environment:
    """Return the templates; every word put into them is escaped."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    made.globals["word"] = say
    return made


def pictures(content: ReportContent) -> dict[str, Markup | None]:
    """Return both pictures, by `timeline` and `forecast`; without a forecast there is no curve."""
    curve = forecast_chart(content.forecast)
    return {
        "timeline": _drawn("timeline.svg.j2", timeline_chart(content.timeline)),
        "forecast": _drawn("forecast.svg.j2", curve) if curve else None,
    }


def _drawn(template: str, chart: object) -> Markup:
    drawn = environment().get_template(template).render(chart=chart)
    return Markup(drawn)  # noqa: S704 - escaped by the template that drew it


@cache
def picture_rules() -> str:
    """Return the style of both pictures; its colours and fonts are CSS variables."""
    return (TEMPLATES / "pictures.css").read_text(encoding="utf-8")


@cache
def _paper_rules() -> str:
    """Return the same with every variable replaced, as typst knows none."""
    values = LIGHT | PAPER_FONTS
    return re.sub(r"var\(--([a-z]+)\)", lambda found: values[found[1]], picture_rules())


def for_paper(svg: str) -> str:
    """Return a picture that stands by itself, in the colours of paper."""
    head, _, body = svg.partition(">")
    return f"{head}><style>{_paper_rules()}</style>{body}"
