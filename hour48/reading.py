"""What `hour48 read` prints: a line as typed, with all that was read from it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

from bot.domain.errors import InputError
from bot.reading import Reading, read
from bot.suggest.text_lines import numbered_lines
from bot.texts import as_share
from hour48.texts import say, table

LONGEST_TEXT: Final = 10_000
"""Characters."""


def lines_read(text: str | None, file: Path | None, on: str | None) -> Iterator[Reading]:
    """Read one text, or every line of a file that is not blank.

    Args:
        text: what somebody typed.
        file: a UTF-8 text file, instead.
        on: the day it was said, `YYYY-MM-DD`; today when left out.

    Raises:
        InputError: neither or both given, or one of them cannot be read.
    """
    day = _day(on)
    if text is not None and file is None:
        yield _read(text, day, "")
    elif file is not None and text is None:
        for number, line in numbered_lines(file):
            yield _read(line, day, f"{file}, line {number}: ")
    else:
        raise InputError(say("text_or_file"))


def _day(on: str | None) -> date:
    if on is None:
        return date.today()  # noqa: DTZ011 - the reader's own day
    try:
        return date.fromisoformat(on)
    except ValueError:
        raise InputError(say("date_invalid", on=on), field="on") from None


def _read(text: str, day: date, place: str) -> Reading:
    if len(text) > LONGEST_TEXT:
        raise InputError(
            say("text_too_long", place=place, words=len(text), longest_text=LONGEST_TEXT),
            field="text",
        )
    if not any(map(str.isalnum, text)):
        raise InputError(say("words_read", place=place), field="text")
    return read(text, on=day)


def shown(found: Reading, *, as_json: bool) -> str:
    """Return a reading as one line of JSON, or as short lines for a person."""
    fields = found.as_json()
    if as_json:
        return json.dumps(fields, ensure_ascii=False)
    words = table("reading_words", str)
    low, high = (words["open"] if day is None else f"{day:g}" for day in found.lead_days or (0, 0))
    days = say("reading_days", low=low, high=high) if found.lead_days else words["no_figure"]
    is_one = words["blocker" if found.is_blocker else "no_blocker"]
    told = {
        "lead_time": f"{found.lead_time} ({days})" if found.lead_time else words["not_said"],
        "waits_for": found.waits_for or words["not_said"],
        "severity": found.severity,
        "owner": found.owner or words["not_said"],
        "blocker": f"{is_one} ({as_share(found.probability)})",
    }
    rows = table("reading_rows", str)
    return "\n".join([found.title, *(f"  {rows[name]}: {said}" for name, said in told.items())])
