"""The method's own figures, used where nobody said otherwise: tables that can be argued with.

A range is (least, most likely, most) in days. Figures the article gives are marked with its words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.domain.verdict.texts import table
from bot.domain.vocabulary import (
    KIND_CATEGORY,
    Category,
    Kind,
    PathFamily,
    PhaseKey,
    Remedy,
    Subject,
)
from bot.reading.ranges import MONTH, YEAR, DayRange

LONG_STEP: Final = 180.0
"""Rebuilding an architecture that takes this many days or more is foundation work."""
DATA_STEP: Final = 84.0
"""Making data exist or usable is foundation work when it takes longer than "weeks"."""
NOT_NOW: Final = 12 * MONTH
NOT_AT_ALL: Final = 2.0 * YEAR
"""What takes longer than this is no condition that anybody waits for."""
WORK_SHARE: Final = 1 / 3
"""The part of a phase's hours that is hands-on work; the rest is slack and watching."""
SLOWED: Final = 1.25
"""What a slowing blocker does to the work of its phase."""

KIND_REMEDY: Final[dict[Kind, Remedy]] = {
    Kind.DATA_ACCESS: Remedy.TOOLS,
    Kind.INFRASTRUCTURE: Remedy.TOOLS,
    Kind.INTEGRATION: Remedy.PEOPLE,
    Kind.DEPLOYMENT_PIPELINE: Remedy.TOOLS,
    Kind.APPROVAL_PROCESS: Remedy.GOVERNANCE,
    Kind.DECISION_AUTHORITY: Remedy.ORGANIZATION,
    Kind.RISK_TOLERANCE: Remedy.GOVERNANCE,
    Kind.ACCOUNTABILITY: Remedy.ORGANIZATION,
    Kind.SKILLS_GAP: Remedy.PEOPLE,
    Kind.MISSING_ROLE: Remedy.PEOPLE,
    Kind.MISSING_PROCESS: Remedy.GOVERNANCE,
    Kind.UNCLEAR_OWNERSHIP: Remedy.ORGANIZATION,
}

KIND_DAYS: Final[dict[Kind, DayRange]] = {
    Kind.DATA_ACCESS: DayRange(14, 28, 84),
    Kind.INFRASTRUCTURE: DayRange(14, 45, 120),
    Kind.INTEGRATION: DayRange(30, 90, 183),
    Kind.DEPLOYMENT_PIPELINE: DayRange(7, 28, 84),
    Kind.APPROVAL_PROCESS: DayRange(14, 30, 120),  # "2-6 weeks" up to a "monthly meeting"
    Kind.DECISION_AUTHORITY: DayRange(14, 30, 120),
    Kind.RISK_TOLERANCE: DayRange(30, 60, 183),
    Kind.ACCOUNTABILITY: DayRange(14, 45, 120),
    Kind.SKILLS_GAP: DayRange(45, 90, 183),
    Kind.MISSING_ROLE: DayRange(45, 90, 183),
    Kind.MISSING_PROCESS: DayRange(14, 45, 120),
    Kind.UNCLEAR_OWNERSHIP: DayRange(7, 28, 84),
}
ARCHITECTURE_DAYS: Final = DayRange(183, 365, 730)
"""Replacing what the architecture cannot carry, when nobody said how long."""
DATA_DAYS: Final = DayRange(183, 274, 365)
"""Making data that was never recorded, when nobody said how long: "6-12 months"."""

SUBJECT_FAMILY: Final[dict[Subject, PathFamily]] = {
    Subject.SECURITY: PathFamily.SECURITY_APPROVAL,
    Subject.PRIVACY: PathFamily.PRIVACY_REVIEW,
    Subject.LEGAL: PathFamily.PRIVACY_REVIEW,
    Subject.BUSINESS: PathFamily.ACCOUNTABILITY_STRUCTURE,
    Subject.DATA_ACCESS: PathFamily.DATA_ACCESS_PROCESS,
    Subject.CHANGE: PathFamily.INTEGRATION_CAPABILITIES,
    Subject.PRODUCTION: PathFamily.ACCOUNTABILITY_STRUCTURE,
}
REFUSED_DAYS: Final = DayRange(60, 120, 365)
SILENT_DAYS: Final[dict[Subject, DayRange]] = {
    subject: DayRange(14, 30 if subject is Subject.SECURITY else 28, 84) for subject in Subject
}
"""Silence: the article's "2-6 weeks" with room; security is asked to look hardest."""


@dataclass(frozen=True, slots=True)
class ScenarioMeaning:
    """What a gate's scenario says when nobody wrote a blocker down for it.

    Args:
        explained_by: categories of a blocker in that phase that is what the gate speaks of.
        key: the key of what the team found.
    """

    kind: Kind
    remedy: Remedy
    days: DayRange
    family: PathFamily | None
    explained_by: frozenset[Category]
    key: str

    @property
    def category(self) -> Category:
        """The category of what the team found."""
        return KIND_CATEGORY[self.kind]

    @property
    def words(self) -> str:
        """What the team found, to be continued after "the team found that"."""
        return table("scenario_found", str)[self.key]


_ANY: Final = frozenset(Category)
_TECHNICAL: Final = frozenset({Category.TECHNICAL})
_CAPABILITY: Final = frozenset({Category.CAPABILITY})
_DATA: Final = PathFamily.DATA_ACCESS_PROCESS
_LINK: Final = PathFamily.INTEGRATION_CAPABILITIES

SCENARIOS: Final[dict[tuple[str, str], ScenarioMeaning]] = {
    (PhaseKey.DATA, "locked"): ScenarioMeaning(  # "2-6 weeks"
        Kind.APPROVAL_PROCESS,
        Remedy.GOVERNANCE,
        DayRange(14, 28, 42),
        _DATA,
        _ANY,
        "data_locked",
    ),
    (PhaseKey.DATA, "unusable"): ScenarioMeaning(
        Kind.DATA_ACCESS,
        Remedy.ARCHITECTURE,
        DayRange(91, 183, 365),
        _DATA,
        _TECHNICAL,
        "data_unusable",
    ),
    (PhaseKey.DATA, "missing"): ScenarioMeaning(  # "6-12 months"
        Kind.DATA_ACCESS,
        Remedy.ARCHITECTURE,
        DayRange(183, 274, 365),
        _DATA,
        _TECHNICAL,
        "data_missing",
    ),
    (PhaseKey.MODEL, "locked_down"): ScenarioMeaning(
        Kind.APPROVAL_PROCESS,
        Remedy.GOVERNANCE,
        DayRange(14, 28, 42),
        PathFamily.SECURITY_APPROVAL,
        _ANY,
        "model_locked_down",
    ),
    (PhaseKey.MODEL, "missing"): ScenarioMeaning(
        Kind.INFRASTRUCTURE,
        Remedy.TOOLS,
        DayRange(14, 45, 120),
        None,
        _ANY,
        "model_missing",
    ),
    (PhaseKey.MODEL, "no_skills"): ScenarioMeaning(
        Kind.SKILLS_GAP,
        Remedy.PEOPLE,
        DayRange(45, 90, 183),
        PathFamily.SKILLS,
        _CAPABILITY,
        "model_no_skills",
    ),
    (PhaseKey.INTEGRATION, "process"): ScenarioMeaning(  # "3-6 months"
        Kind.APPROVAL_PROCESS,
        Remedy.GOVERNANCE,
        DayRange(91, 137, 183),
        _LINK,
        _ANY,
        "integration_process",
    ),
    (PhaseKey.INTEGRATION, "impossible"): ScenarioMeaning(
        Kind.INTEGRATION,
        Remedy.ARCHITECTURE,
        DayRange(365, 548, 1461),
        _LINK,
        _TECHNICAL,
        "integration_impossible",
    ),
    (PhaseKey.INTEGRATION, "resistance"): ScenarioMeaning(
        Kind.DECISION_AUTHORITY,
        Remedy.ORGANIZATION,
        DayRange(91, 183, 365),
        _LINK,
        _ANY,
        "integration_resistance",
    ),
    (PhaseKey.DEPLOYMENT, "security"): ScenarioMeaning(  # "6-12 months"
        Kind.APPROVAL_PROCESS,
        Remedy.GOVERNANCE,
        DayRange(183, 274, 365),
        PathFamily.SECURITY_APPROVAL,
        _ANY,
        "deployment_security",
    ),
    (PhaseKey.DEPLOYMENT, "privacy"): ScenarioMeaning(
        Kind.RISK_TOLERANCE,
        Remedy.GOVERNANCE,
        DayRange(60, 120, 274),
        PathFamily.PRIVACY_REVIEW,
        _ANY,
        "deployment_privacy",
    ),
    (PhaseKey.DEPLOYMENT, "nobody"): ScenarioMeaning(
        Kind.ACCOUNTABILITY,
        Remedy.ORGANIZATION,
        DayRange(30, 75, 183),
        PathFamily.ACCOUNTABILITY_STRUCTURE,
        _ANY,
        "deployment_nobody",
    ),
}
UNNAMED_SCENARIO: Final = ScenarioMeaning(
    Kind.MISSING_PROCESS,
    Remedy.GOVERNANCE,
    DayRange(14, 45, 120),
    None,
    _ANY,
    "unnamed",
)
"""A scenario that only a company's own playbook knows."""
