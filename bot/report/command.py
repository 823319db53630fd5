"""What `hour48 report STORY.yaml` does: from a story's file to a report's file."""

from __future__ import annotations

from datetime import datetime, tzinfo
from pathlib import Path
from typing import Final

from bot.domain.errors import InputError
from bot.domain.verdict import verdict
from bot.playbook.figures import figures_of, phases_of, priors_of
from bot.playbook.loader import in_language, load_playbook
from bot.playbook.story_file import load_story
from bot.report.formatting import zone_named
from bot.report.texts import say
from bot.report.write import Format, format_named, write_report
from bot.texts import language

USUAL_KICKOFF: Final = datetime(2026, 1, 5, 9)  # noqa: DTZ001 - a story's own wall clock
"""A story counts hours and names no day, so it begins on a Monday morning unless told otherwise."""


def report_story(
    story: Path,
    form: Format | str,
    destination: Path | None = None,
    *,
    playbook: Path | None = None,
    kickoff: str | None = None,
    zone: str = "UTC",
) -> Path:
    """Write the report of a story and return its file.

    Args:
        story: the story's file.
        form: the report's form.
        destination: the file to write; None puts it beside the story's name in this folder.
        playbook: a company's own playbook; None is the standard one.
        kickoff: the date and time of hour 0 in `zone`, as in `2026-06-09T09:00`.
        zone: the time zone to show times in, as in `Europe/Berlin`.

    Raises:
        InputError: a file, the date or the zone cannot be read.
    """
    words, form = in_language(load_playbook(playbook), language()), format_named(form)
    record = load_story(story, phases=phases_of(words)).record
    timezone = zone_named(zone)
    return write_report(
        record,
        verdict(record, figures=figures_of(words), priors=priors_of(words)),
        words,
        form,
        destination or Path(f"{story.stem}.{form}"),
        kickoff=moment(kickoff, timezone),
        timezone=timezone,
    )


def moment(text: str | None, zone: tzinfo) -> datetime:
    """Return the moment `text` names, in `zone` where it names none itself.

    Raises:
        InputError: it is no date.
    """
    try:
        parsed = datetime.fromisoformat(text) if text else USUAL_KICKOFF
    except ValueError:
        raise InputError(say("date_time_write_t09", words=text), field="kickoff") from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)
