"""A sprint's report as a page, straight from its record and verdict."""

from __future__ import annotations

from datetime import datetime, tzinfo

from bot.domain.record import SprintRecord
from bot.domain.verdict.result import Verdict
from bot.playbook.model import Playbook
from bot.report.compose import compose
from bot.report.formatting import zone_named
from bot.report.page import render_page


def render_html(
    record: SprintRecord,
    verdict: Verdict,
    playbook: Playbook,
    *,
    kickoff: datetime,
    timezone: tzinfo | str,
) -> str:
    """Return a sprint's report as a page.

    Args:
        record: what happened.
        verdict: what follows from it.
        playbook: the words and figures the sprint ran by.
        kickoff: the moment of hour 0, aware.
        timezone: the zone to show times in.
    """
    content = compose(record, verdict, playbook, kickoff=kickoff, timezone=zone_named(timezone))
    return render_page(content, playbook)
