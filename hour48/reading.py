"""What `hour48 read` prints: a line as typed, with all that was read from it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

from bot.domain.errors import InputError
from bot.reading import Reading, read
from bot.text_lines import numbered_lines
from hour48.texts import say

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
    low, high = found.lead_days or (None, None)
    days = "no figure" if found.lead_days is None else f"{_figure(low)} to {_figure(high)} days"
    rows = {
        "How long": f"{found.lead_time} ({days})" if found.lead_time else "not said",
        "Waits for": found.waits_for or "not said",
        "Severity": found.severity,
        "Owner": found.owner or "not said",
        "Blocker": f"{'yes' if found.is_blocker else 'no'} ({found.probability:.0%})",
    }
    return "\n".join([found.title, *(f"  {label}: {value}" for label, value in rows.items())])


def _figure(days: float | None) -> str:
    return "open" if days is None else f"{days:g}"
