"""Tickets out of a CSV, as any ticket system exports it: a line a ticket, or a line a change."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from bot.domain.errors import InputError
from bot.domain.waits import Fact
from bot.evidence.adapters.generic import FIELDS, facts_of
from bot.evidence.contract import SystemSettings, UnreadableEvent
from bot.messages.catalog import say_plain

MOST_ROWS: Final = 200_000
NAMES: Final = {
    "issue key": "key", "number": "key", "ticket": "key", "id": "key", "identifier": "key",
    "opened": "created", "opened_at": "created", "created_at": "created", "created date": "created",
    "status": "state",
    "updated": "at", "updated_at": "at", "changed": "at", "changed_at": "at", "time": "at",
    "closed": "ended", "closed_at": "ended", "resolved": "ended", "resolved_at": "ended",
    "resolution date": "ended", "completed": "ended",
    "assigned to": "assignee", "assigned_to": "assignee", "owner": "assignee",
    "url": "link", "summary": "title", "short_description": "title",
}  # fmt: skip
"""What exports call our fields, in lower case."""


def read_csv(file: Path, settings: SystemSettings) -> list[Fact]:
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


def _facts(reader: Iterable[list[str]], name: str, settings: SystemSettings) -> list[Fact]:
    lines = iter(reader)
    head = [_field(title) for title in next(lines, [])]
    if "key" not in head or not {"created", "at", "ended"} & set(head):
        message = say_plain("connect.needs_column_key_created_ended")
        raise InputError(f"{name} {message}.", field="file")
    facts: list[Fact] = []
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
        if not event:
            continue
        try:
            facts += facts_of(event, settings)
        except UnreadableEvent as wrong:
            raise InputError(f"{name}, line {number}: {wrong}", field="file") from None
    return facts


def _field(title: str) -> str:
    name = " ".join(title.casefold().split())
    return NAMES.get(name, name)
