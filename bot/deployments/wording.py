"""What a guard's finding says, from its code and facts to a sentence."""

from __future__ import annotations

from typing import Final

from bot.db.serving_models import GuardFinding
from bot.messages.catalog import say
from bot.slack.text import Mrkdwn

KNOWN: Final = ("column", "errors", "latency", "sample_ratio", "action", "score", "elsewhere")
MOST_DETAIL: Final = 160


def finding_words(finding: GuardFinding) -> Mrkdwn:
    """Return what was found, as a clause without a full stop."""
    facts = finding.facts or {}
    detail = str(facts.get("says") or facts.get("reason") or finding.level)[:MOST_DETAIL]
    known = finding.guard if finding.guard in KNOWN else "other"
    return say(
        f"rollout.finding_{known}",
        guard=finding.guard.replace("_", " "),
        subject=finding.subject,
        detail=detail,
    )
