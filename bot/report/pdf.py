"""The report on paper, and the summary card for Slack, both set by typst from the same content."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bot.playbook.model import Playbook
from bot.report.content import ReportContent
from bot.report.plain_data import typst_data

TEMPLATES: Final = Path(__file__).parent / "templates"
CARD_DOTS_PER_INCH: Final = 144.0
"""A card 600 points wide comes out 1200 pixels wide."""
NO_DATE: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""The same report is the same file, so the file does not say when it was made."""


def render_pdf(content: ReportContent, playbook: Playbook) -> bytes:
    """Return `content` as a tagged PDF on A4."""
    import typst

    pages = typst.compile(
        TEMPLATES / "report.typ",
        root=TEMPLATES,
        format="pdf",
        sys_inputs={"data": typst_data(content, playbook)},
        timestamp=NO_DATE,
    )
    return _one(pages)


def render_card(content: ReportContent, playbook: Playbook) -> bytes:
    """Return the summary of `content` as a PNG, 1200 pixels wide, readable on light and dark."""
    import typst

    pages = typst.compile(
        TEMPLATES / "card.typ",
        root=TEMPLATES,
        format="png",
        ppi=CARD_DOTS_PER_INCH,
        sys_inputs={"data": typst_data(content, playbook)},
    )
    return _one(pages)


def _one(made: bytes | list[bytes] | None) -> bytes:
    if isinstance(made, list):
        return made[0]
    return made or b""
