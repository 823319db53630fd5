"""The function that something waits for: as somebody said it, else by its family and kind."""

from __future__ import annotations

from typing import Final

from bot.domain.verdict.model import Obstacle
from bot.domain.vocabulary import Family, Kind

FAMILY_FUNCTION: Final[dict[Family, str]] = {
    Family.DATA_ACCESS_PROCESS: "data access",
    Family.INTEGRATION_CAPABILITIES: "architecture and integration",
    Family.SECURITY_APPROVAL: "security",
    Family.BUDGET_AUTHORITY: "budget",
    Family.ACCOUNTABILITY_STRUCTURE: "ownership",
    Family.SKILLS: "skills and staffing",
    Family.PRIVACY_REVIEW: "privacy and legal",
}


def function_by(waits_for: str | None, family: Family | None, kind: Kind) -> str:
    """Return the function of something by what is known of it."""
    named = FAMILY_FUNCTION[family] if family else str(kind).replace("_", " ")
    return waits_for or named


def function_of_obstacle(obstacle: Obstacle) -> str:
    """Return the function that an obstacle waits for, in lower case."""
    return function_by(obstacle.waits_for, obstacle.family, obstacle.kind).lower()
