"""What people have to answer: privacy, accountability, monitoring, a plan for the output.

The answers come from `[governance]` of `hour48.toml` and with the request, from the sprint's
approvals; the probe invents none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from bot.domain.vocabulary import Kind, Remedy
from probes.contract import Finding, Level, SuggestedBlocker

PRIVACY: Final = {
    "purpose": "what the personal data are used for",
    "opt_out": "how a person can opt out",
    "retention": "how long the data are kept",
    "personal_data": "which personal data the model uses",
}
OWNERS: Final = {
    "model": "the model",
    "service": "the service",
    "data": "the data",
    "outcome": "the business outcome",
}
MONITORING: Final = {
    "endpoint": "an address that shows how it runs",
    "alert": "an alert when it goes wrong",
    "rollback": "a way back",
    "on_call": "somebody to call",
}
PLAN: Final = {"plan": "what the business does with the output"}

_MOST_SHOWN: Final = 600

_LISTS: Final = (
    ("privacy", PRIVACY, Kind.APPROVAL_PROCESS, Remedy.GOVERNANCE, "privacy_open", "said"),
    ("owners", OWNERS, Kind.ACCOUNTABILITY, Remedy.ORGANIZATION, "nobody_accountable", "accepted"),
    ("monitoring", MONITORING, Kind.DEPLOYMENT_PIPELINE, Remedy.TOOLS, "not_monitored", "there"),
    ("actionability", PLAN, Kind.UNCLEAR_OWNERSHIP, Remedy.ORGANIZATION, "no_plan", "said"),
)


def merged(configured: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the answers of both, what came with the request before what is configured."""
    return {name: _said(configured, name) | _said(given, name) for name, *_ in _LISTS}


def _said(answers: Mapping[str, Any], section: str) -> dict[str, Any]:
    given = answers.get(section)
    if not isinstance(given, Mapping):
        return {}
    return {str(key): value for key, value in given.items() if value}


def answer_findings(answers: Mapping[str, Any]) -> Iterator[Finding]:
    """Compare the answers with what must be answered.

    Args:
        answers: for `privacy`, `owners`, `monitoring` and `actionability` an object with the keys
            of the tables above; empty or false means open.
    """
    for section, asked, kind, remedy, code, done in _LISTS:
        given = answers.get(section) or {}
        given = given if isinstance(given, Mapping) else {}
        missing = [words for key, words in asked.items() if not given.get(key)]
        if not missing:
            words = "; ".join(f"{asked[key]}: {given[key]}" for key in asked)
            yield Finding(
                Level.OK,
                f"{section}_settled",
                f"{section.capitalize()}: all is {done}.",
                {"asked": len(asked)},
                f"{words[:_MOST_SHOWN]}.",
            )
            continue
        yield Finding(
            Level.SLOWS if section != "owners" else Level.STOPS,
            code,
            f"{section.capitalize()}: not yet {done} for {', '.join(missing)}.",
            {"open": len(missing), "asked": len(asked)},
            "Each needs a person's name under it, not a department's.",
            SuggestedBlocker(kind, remedy, f"{section.capitalize()} open: {', '.join(missing)}"),
        )
