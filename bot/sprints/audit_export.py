"""The audit trail as a file that a spreadsheet opens without running anything in it."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC
from typing import Final

from sqlalchemy import select

from bot.db.models import AuditEntry, Sprint
from bot.slack.text import clean
from bot.sprints.snapshot import hour_of
from bot.unit_of_work import UnitOfWork

COLUMNS: Final = ("at", "hour", "actor", "actor_id", "action", "subject", "number", "details")
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


def audit_csv(uow: UnitOfWork, sprint: Sprint) -> str:
    """Return a sprint's trail as CSV, the oldest step first.

    Args:
        uow: the open unit.
        sprint: its sprint.

    Returns:
        A line of column names and a line for each step: its moment in ISO 8601 and UTC, the hour
        of the sprint, who by name and id, what was done to what, its number, and the details.
    """
    written = io.StringIO()
    lines = csv.writer(written, lineterminator="\r\n")
    lines.writerow(COLUMNS)
    steps = uow.session.scalars(
        select(AuditEntry).where(AuditEntry.sprint_id == sprint.id).order_by(AuditEntry.id)
    )
    for step in steps:
        lines.writerow([harmless(cell) for cell in _cells(uow, sprint, step)])
    return written.getvalue()


def _cells(uow: UnitOfWork, sprint: Sprint, step: AuditEntry) -> tuple[str, ...]:
    facts = dict(step.facts)
    number = facts.pop("number", step.subject_id)
    return (
        step.at.astimezone(UTC).isoformat(timespec="seconds"),
        f"{hour_of(sprint, step.at):.2f}",
        uow.name(step.actor_id),
        step.actor_id,
        step.action,
        step.subject,
        "" if number is None else str(number),
        json.dumps(facts, ensure_ascii=False, sort_keys=True) if facts else "",
    )


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; an apostrophe marks it as text."""
    shown = clean(cell) if not cell.startswith(FORMULA_STARTS) else cell
    return f"'{shown}" if shown.lstrip(" ").startswith(FORMULA_STARTS) else shown
