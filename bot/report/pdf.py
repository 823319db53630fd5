"""The report on paper, and the summary card for Slack, both set by typst from the same content."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

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
    return typeset(TEMPLATES / "report.typ", {"data": typst_data(content, playbook)}, format="pdf")


def render_card(content: ReportContent, playbook: Playbook) -> bytes:
    """Return the summary of `content` as a PNG, 1200 pixels wide, readable on light and dark."""
    data = {"data": typst_data(content, playbook)}
    return typeset(TEMPLATES / "card.typ", data, format="png", ppi=CARD_DOTS_PER_INCH)


def typeset(page: Path | bytes, data: dict[str, str], **how: Any) -> bytes:
    """Return the first page, or the document, that typst sets.

    Args:
        page: a template's file, or its text.
        data: what the template reads, by name.
        how: the format, and for pictures the dots per inch.
    """
    import typst

    made: Any = typst.compile(page, root=TEMPLATES, sys_inputs=data, timestamp=NO_DATE, **how)
    return bytes(made[0] if isinstance(made, list) else made)
