"""What became of the plan after the debrief, as facts: claimed, proved, refused, broke again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.enums import FixState


class FixOutcome(StrEnum):
    """What happened to an item of the plan; `refused` is a Done that its check didn't confirm."""

    CLAIMED = "claimed"
    PROVED = "proved"
    REFUSED = "refused"
    REGRESSED = "regressed"
    STUCK = "stuck"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class FixChange:
    """One thing that happened to an item.

    Args:
        day: days since the debrief, fractions allowed.
        outcome: what happened.
        by: who said it; None where a nightly check found it.
        says: what the check found, or the reason given.
        held_until: for what broke again, the day until which its check held.
    """

    day: float
    outcome: FixOutcome
    by: str | None = None
    says: str = ""
    held_until: float | None = None


@dataclass(frozen=True, slots=True)
class PlannedFix:
    """An item of the plan, as it stands.

    Args:
        fix: what it is about, as `Fix.blocker` of the verdict names it.
        state: how it stands now.
        changes: what happened to it, in order of time.
    """

    fix: str
    state: FixState
    changes: tuple[FixChange, ...] = ()
