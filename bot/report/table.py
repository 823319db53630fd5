"""The record as a CSV that a spreadsheet opens without running anything in it."""

from __future__ import annotations

import csv
import io
from typing import Final

from bot.report.content import ReportContent

COLUMNS: Final = ("hour", "when", "sort", "what", "by", "link", "id")
FORMULA_STARTS: Final = frozenset("=+-@\uff1d\uff0b\uff0d\uff20\t\r\n|%")


def render_csv(content: ReportContent) -> str:
    """Return one line a fact, in order of time, with a header."""
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow(COLUMNS)
    for fact in content.facts:
        hour = "" if fact.hour is None else f"{fact.hour:g}"
        texts = (fact.when, fact.sort, fact.words, fact.by, fact.link or "", fact.id)
        writer.writerow([hour, *(inert(text) for text in texts)])
    return lines.getvalue()


def inert(text: str) -> str:
    """Return `text` so that no spreadsheet takes it for a formula."""
    begins = text.lstrip(" \u00a0\u200b")[:1]
    return f"'{text}" if begins in FORMULA_STARTS and begins else text
