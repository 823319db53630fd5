"""What can be asked."""

from __future__ import annotations

from enum import StrEnum


class Intent(StrEnum):
    """What a question wants to know; `none` is a question the record cannot answer."""

    BLOCKED = "blocked"
    WAITING = "waiting"
    NEXT = "next"
    DECIDED = "decided"
    NEEDED = "needed"
    MISSED = "missed"
    LIVE = "live"
    FORECAST = "forecast"
    WHAT_IF = "what_if"
    WHO = "who"
    FINDINGS = "findings"
    HOURS_LOST = "hours_lost"
    NOW = "now"
    BLOCKER_STATUS = "blocker_status"
    RESOLVED = "resolved"
    VERDICT = "verdict"
    PATH = "path"
    PLAN = "plan"
    SURPRISE = "surprise"
    COST = "cost"
    HELP = "help"
    NONE = "none"
