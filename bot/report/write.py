"""Writing a sprint's report to a file, in any of its forms."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import datetime, tzinfo
from enum import StrEnum
from pathlib import Path
from typing import Final

from bot.domain.errors import InputError
from bot.domain.record import SprintRecord
from bot.domain.verdict.result import Verdict
from bot.playbook.model import Playbook
from bot.report.compose import compose
from bot.report.content import ReportContent
from bot.report.formatting import zone_named
from bot.report.page import Across, render_page
from bot.report.pdf import render_card, render_pdf
from bot.report.plain_data import render_json
from bot.report.texts import say

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


class Format(StrEnum):
    """The forms a report comes in."""

    HTML = "html"
    PDF = "pdf"
    PNG = "png"
    JSON = "json"
    CSV = "csv"


def format_named(name: str) -> Format:
    """Return the form of this name.

    Raises:
        InputError: there is none such.
    """
    try:
        return Format(name)
    except ValueError:
        known = ", ".join(Format)
        raise InputError(
            say("report_come_choose", name=name, known=known), field="format"
        ) from None


RENDERERS: Final[dict[Format, Callable[[ReportContent, Playbook], bytes]]] = {
    Format.HTML: lambda content, playbook: render_page(content, playbook).encode(),
    Format.PDF: render_pdf,
    Format.PNG: render_card,
    Format.JSON: lambda content, _: render_json(content).encode(),
    Format.CSV: lambda content, _: render_csv(content).encode("utf-8-sig"),
}


def render_report(
    record: SprintRecord,
    verdict: Verdict,
    playbook: Playbook,
    form: Format | str,
    *,
    kickoff: datetime,
    timezone: tzinfo | str,
    across: Across | None = None,
) -> bytes:
    """Return a sprint's report in one of its forms.

    Args:
        record: what happened.
        verdict: what follows from it.
        playbook: the words and figures the sprint ran by.
        form: which form, by itself or its name.
        kickoff: the moment of hour 0, aware.
        timezone: the zone to show times in, by itself or its name.
        across: what all sprints say together, for the page.

    Raises:
        InputError: there is no such form or zone.
    """
    zone, form = zone_named(timezone), format_named(form)
    content = compose(record, verdict, playbook, kickoff=kickoff, timezone=zone)
    if form is Format.HTML and across is not None:
        return render_page(content, playbook, across).encode()
    return RENDERERS[form](content, playbook)


def write_report(
    record: SprintRecord,
    verdict: Verdict,
    playbook: Playbook,
    form: Format | str,
    destination: Path,
    *,
    kickoff: datetime,
    timezone: tzinfo | str,
) -> Path:
    """Write a sprint's report to the file `destination` and return it.

    Raises:
        InputError: the file cannot be written.
    """
    made = render_report(record, verdict, playbook, form, kickoff=kickoff, timezone=timezone)
    try:
        destination.write_bytes(made)
    except OSError as error:
        why = error.strerror or str(error)
        raise InputError(say("report_cannot_written", destination=destination, why=why)) from error
    return destination
