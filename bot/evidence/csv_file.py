"""Tickets out of a CSV, as any ticket system exports it: a line a ticket, or a line a change."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

from bot.domain.errors import InputError
from bot.domain.waits import SystemEvent
from bot.evidence.adapters.generic import FIELDS, facts_of
from bot.evidence.contract import SystemSettings, UnreadableEvent, moment
from bot.messages.catalog import say_plain

TIMES: Final = ("created", "at", "ended")
MOST_ROWS: Final = 200_000
NAMES: Final = {
    "issue key": "key", "number": "key", "ticket": "key", "id": "key", "identifier": "key",
    "opened": "created", "opened_at": "created", "created_at": "created", "created date": "created",
    "status": "state",
    "updated": "at", "updated_at": "at", "changed": "at", "changed_at": "at", "time": "at",
    "closed": "ended", "closed_at": "ended", "closed date": "ended",
    "resolved": "ended", "resolved_at": "ended", "resolution date": "ended", "completed": "ended",
    "assigned to": "assignee", "assigned_to": "assignee", "owner": "assignee",
    "url": "link", "summary": "title", "short_description": "title",
}  # fmt: skip  # a table, one row a line
"""What exports call our fields, in lower case."""

_SLASHES: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})\b")
_CLOCKS: Final = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
_DAYS: Final = ("%d/%b/%y", "%d/%b/%Y", "%d-%b-%Y", "%d %b %Y", "%b %d, %Y", "%d.%m.%Y")
_WRITTEN: Final = (
    *(f"{day}{clock}" for day in _DAYS for clock in _CLOCKS),
    "%a %b %d %Y %H:%M:%S GMT%z",
)
"""How exports write times beside ISO 8601: Jira's "02/Mar/26 9:15 AM", Linear's, a German one."""


def read_csv(file: Path, settings: SystemSettings) -> list[SystemEvent]:
    """Return the facts of a CSV file.

    Raises:
        InputError: it can't be read, lacks a column, or a line's time can't; names the line.
    """
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as broken:
        raise InputError(
            say_plain("connect.can_t_read", file=file, broken=broken), field="file"
        ) from None
    try:
        dialect = csv.Sniffer().sniff(text[:20_000], delimiters=",;\t")
    except csv.Error:
        dialect = csv.excel
    reader = csv.reader(io.StringIO(text), dialect)
    try:
        return _facts(reader, file.name, settings)
    except csv.Error as broken:
        raise InputError(f"{file.name}: {broken}.", field="file") from None


def _facts(reader: Iterable[list[str]], name: str, settings: SystemSettings) -> list[SystemEvent]:
    lines = iter(reader)
    head = _named_once([_field(title) for title in next(lines, [])])
    if "key" not in head or not {"created", "at", "ended"} & set(head):
        message = say_plain("connect.columns_missing")
        raise InputError(f"{name} {message}.", field="file")
    events = _events(lines, head, name)
    is_day_first = _day_first(events.values())
    facts: list[SystemEvent] = []
    for number, event in events.items():
        times = {
            field: _as_iso(event[field], is_day_first=is_day_first)
            for field in TIMES
            if field in event
        }
        try:
            facts += facts_of(event | times, settings)
        except UnreadableEvent as wrong:
            raise InputError(f"{name}, line {number}: {wrong}", field="file") from None
    return facts


def _events(lines: Iterable[list[str]], head: list[str], name: str) -> dict[int, dict[str, str]]:
    """Return what each line says, by its number; empty lines say nothing."""
    events: dict[int, dict[str, str]] = {}
    for number, line in enumerate(lines, 2):
        if number > MOST_ROWS:
            raise InputError(
                say_plain("connect.more_than_lines", name=name, most_rows=format(MOST_ROWS, ",")),
                field="file",
            )
        event = {
            field: value.strip()
            for field, value in zip(head, line, strict=False)
            if field in FIELDS and value.strip()
        }
        if event:
            events[number] = event
    return events


def _day_first(events: Iterable[dict[str, str]]) -> bool | None:
    """Tell by all dates between slashes whether the day comes first; None where none tells."""
    found = [
        (int(date[1]), int(date[2]))
        for event in events
        for field in TIMES
        if (date := _SLASHES.match(event.get(field, "")))
    ]
    if any(first > 12 for first, _ in found):
        return True
    return False if any(second > 12 for _, second in found) else None


def _as_iso(text: str, *, is_day_first: bool | None) -> str:
    """Return a time as ISO 8601 where it is written otherwise; else as it stands."""
    if moment(text) is not None:
        return text
    plain = re.sub(r" \([^)]*\)$|(?<=\d),(?= \d)", "", text)
    slashed = [f"{'%d/%m' if is_day_first else '%m/%d'}/%Y{clock}" for clock in _CLOCKS]
    for form in (*_WRITTEN, *(slashed if is_day_first is not None else ())):
        try:
            return datetime.strptime(plain, form).isoformat()  # noqa: DTZ007 - UTC, as all are
        except ValueError:
            continue
    return text


def _named_once(head: list[str]) -> list[str]:
    """Return the fields of the columns; of several that mean the same one, the first counts."""
    return [field if field not in head[:at] else "" for at, field in enumerate(head)]


def _field(title: str) -> str:
    name = " ".join(title.casefold().split())
    return NAMES.get(name, name)
