"""What became of a plan's items, from their rows and the audit trail."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.db.models import AuditEntry, FixItem, Sprint
from bot.domain.enums import AuditAction, AuditSubject, FixState
from bot.domain.plan_facts import FixChange, FixOutcome, PlannedFix
from bot.unit_of_work import BOT_ACTOR

Trail = Mapping[tuple[str, int | None], Sequence[AuditEntry]]
_OUTCOMES: Final[dict[str, FixOutcome]] = {
    AuditAction.CLAIMED: FixOutcome.CLAIMED,
    AuditAction.PROVED: FixOutcome.PROVED,
    AuditAction.REFUSED: FixOutcome.REFUSED,
    AuditAction.REGRESSED: FixOutcome.REGRESSED,
    AuditAction.STUCK: FixOutcome.STUCK,
    FixState.OPEN: FixOutcome.MOVED,
}
"""By the trail's action, which is the item's new state or that its check refused it."""


def planned_fixes(
    sprint: Sprint, items: Sequence[FixItem], trail: Trail, name: Callable[[str], str]
) -> tuple[PlannedFix, ...]:
    """Return a plan's items with what happened to each; empty before the close.

    Args:
        sprint: the sprint.
        items: its plan.
        trail: the sprint's audit trail by subject and row.
        name: what people call somebody.
    """
    return tuple(
        PlannedFix(
            about(sprint, item),
            FixState(item.state),
            tuple(
                _change(sprint, entry, name)
                for entry in trail.get((AuditSubject.FIX, item.id), ())
                if entry.action in _OUTCOMES
            ),
        )
        for item in items
    )


def about(sprint: Sprint, item: FixItem) -> str:
    """Return what an item removes; items from before it was kept are in the verdict's order."""
    if item.reference:
        return item.reference
    fixes = (sprint.verdict or {}).get("fixes", [])
    return str(fixes[item.number - 1]["blocker"]) if item.number <= len(fixes) else ""


def _change(sprint: Sprint, entry: AuditEntry, name: Callable[[str], str]) -> FixChange:
    held_at = entry.facts.get("held_at")
    return FixChange(
        _day(sprint, entry.at),
        _OUTCOMES[entry.action],
        None if entry.actor_id == BOT_ACTOR else name(entry.actor_id),
        str(entry.facts.get("sentence") or entry.facts.get("reason") or ""),
        _day(sprint, datetime.fromisoformat(held_at)) if held_at else None,
    )


def _day(sprint: Sprint, moment: datetime) -> float:
    """Return a moment in days since the sprint ended."""
    since = moment - (sprint.ended_at or moment)
    return round(max(0.0, since / timedelta(days=1)), 2)
