"""The method's words: categories, kinds, phases, scenarios, subjects. One place for each.

Source: `docs/method.md`. Titles for people live in the playbook; these are the stable keys that
rows, stories and JSON carry.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Category(StrEnum):
    """The root cause's family; the method's key insight is told in these three."""

    TECHNICAL = "technical"
    ORGANIZATIONAL = "organizational"
    CAPABILITY = "capability"


class Kind(StrEnum):
    """What a blocker is, four kinds to a category."""

    DATA_ACCESS = "data_access"
    INFRASTRUCTURE = "infrastructure"
    INTEGRATION = "integration"
    DEPLOYMENT_PIPELINE = "deployment_pipeline"
    APPROVAL_PROCESS = "approval_process"
    DECISION_AUTHORITY = "decision_authority"
    RISK_TOLERANCE = "risk_tolerance"
    ACCOUNTABILITY = "accountability"
    SKILLS_GAP = "skills_gap"
    MISSING_ROLE = "missing_role"
    MISSING_PROCESS = "missing_process"
    UNCLEAR_OWNERSHIP = "unclear_ownership"


KIND_CATEGORY: Final[dict[Kind, Category]] = {
    Kind.DATA_ACCESS: Category.TECHNICAL,
    Kind.INFRASTRUCTURE: Category.TECHNICAL,
    Kind.INTEGRATION: Category.TECHNICAL,
    Kind.DEPLOYMENT_PIPELINE: Category.TECHNICAL,
    Kind.APPROVAL_PROCESS: Category.ORGANIZATIONAL,
    Kind.DECISION_AUTHORITY: Category.ORGANIZATIONAL,
    Kind.RISK_TOLERANCE: Category.ORGANIZATIONAL,
    Kind.ACCOUNTABILITY: Category.ORGANIZATIONAL,
    Kind.SKILLS_GAP: Category.CAPABILITY,
    Kind.MISSING_ROLE: Category.CAPABILITY,
    Kind.MISSING_PROCESS: Category.CAPABILITY,
    Kind.UNCLEAR_OWNERSHIP: Category.CAPABILITY,
}


class Severity(StrEnum):
    """Whether the sprint can go on past the blocker."""

    STOPS = "stops"
    SLOWS = "slows"


class Remedy(StrEnum):
    """What would remove a blocker; the first three are solvable, the last three structural."""

    BUDGET = "budget"
    PEOPLE = "people"
    TOOLS = "tools"
    ARCHITECTURE = "architecture"
    ORGANIZATION = "organization"
    GOVERNANCE = "governance"


STRUCTURAL_REMEDIES: Final = frozenset(
    {Remedy.ARCHITECTURE, Remedy.ORGANIZATION, Remedy.GOVERNANCE}
)


class Resolution(StrEnum):
    """How a blocker stopped blocking."""

    FIXED = "fixed"
    WORKED_AROUND = "worked_around"


class Subject(StrEnum):
    """What an approval is about."""

    SECURITY = "security"
    PRIVACY = "privacy"
    LEGAL = "legal"
    BUSINESS = "business"
    DATA_ACCESS = "data_access"
    CHANGE = "change"
    PRODUCTION = "production"


class Audience(StrEnum):
    """Whose approval a dossier is for."""

    SECURITY = "security"
    PRIVACY = "privacy"
    LEGAL = "legal"
    BUSINESS = "business"


class Decision(StrEnum):
    """How an approval ended; `expired` is silence until the deadline."""

    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"


class Period(StrEnum):
    """What the worth of a use case is counted by."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class OwnedPart(StrEnum):
    """What somebody accepts by name before a deployment counts as owned."""

    MODEL = "model"
    SERVICE = "service"
    DATA = "data"
    OUTCOME = "outcome"


class GuardrailOutcome(StrEnum):
    """What came of a limit that was watched."""

    OK = "ok"
    BREACHED = "breached"


class FindingLevel(StrEnum):
    """How much a probe's finding matters to the sprint, least first."""

    OK = "ok"
    NOTE = "note"
    SLOWS = "slows"
    STOPS = "stops"


LEVEL_RANK: Final = {level: rank for rank, level in enumerate(FindingLevel)}
ACTED_ON: Final = (FindingLevel.STOPS, FindingLevel.SLOWS)
"""Levels of findings that somebody has to do something about, the gravest first."""


class Role(StrEnum):
    """The four people of a team."""

    BUILDER = "builder"
    DATA = "data"
    APPROVER = "approver"
    BUSINESS = "business"


class UseCase(StrEnum):
    """The typical use cases, and the team's own."""

    RECOMMENDATION = "recommendation"
    ANOMALY = "anomaly"
    MAINTENANCE = "maintenance"
    CHURN = "churn"
    INVENTORY = "inventory"
    OTHER = "other"


class Criterion(StrEnum):
    """What a use case must meet before the sprint."""

    VALUABLE = "valuable"
    NOT_CRITICAL = "not_critical"
    REAL_DATA = "real_data"


class PathFamily(StrEnum):
    """The critical-path families of question 2."""

    DATA_ACCESS_PROCESS = "data_access_process"
    INTEGRATION_CAPABILITIES = "integration_capabilities"
    SECURITY_APPROVAL = "security_approval"
    BUDGET_AUTHORITY = "budget_authority"
    ACCOUNTABILITY_STRUCTURE = "accountability_structure"
    SKILLS = "skills"
    PRIVACY_REVIEW = "privacy_review"


class TimelineBand(StrEnum):
    """Question 3's answers; the boundaries are 7 days, 12 weeks and 12 months."""

    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"


class ShouldDoAI(StrEnum):
    """Question 5's answers."""

    YES = "yes"
    NOT_YET = "not_yet"
    NO = "no"


class Path(StrEnum):
    """Where the organisation goes from here."""

    DEPLOY_MORE = "deploy_more"
    FIX_BLOCKERS = "fix_blockers"
    BUILD_FOUNDATION = "build_foundation"


class PhaseKey(StrEnum):
    """The standard playbook's phases; a company's own playbook may name others."""

    DATA = "data"
    MODEL = "model"
    INTEGRATION = "integration"
    DEPLOYMENT = "deployment"


BUILT_IN_PHASE: Final[dict[str, Kind]] = {
    PhaseKey.DATA: Kind.DATA_ACCESS,
    PhaseKey.MODEL: Kind.INFRASTRUCTURE,
    PhaseKey.INTEGRATION: Kind.INTEGRATION,
    PhaseKey.DEPLOYMENT: Kind.DEPLOYMENT_PIPELINE,
}
"""The kind of what is built in each phase."""
PHASE_KIND: Final[dict[str, Kind]] = {
    **BUILT_IN_PHASE,
    PhaseKey.DEPLOYMENT: Kind.APPROVAL_PROCESS,  # what holds up a deployment is rarely built
}
"""What a blocker is taken for whose words say nothing, such as one in a script nobody trained."""
KIND_OF_OTHER_PHASE: Final = Kind.APPROVAL_PROCESS
"""The same in a phase that a company's own playbook names."""

PHASE_SCENARIOS: Final[dict[PhaseKey, tuple[str, str, str, str]]] = {
    PhaseKey.DATA: ("accessible", "locked", "unusable", "missing"),
    PhaseKey.MODEL: ("works", "locked_down", "missing", "no_skills"),
    PhaseKey.INTEGRATION: ("easy", "process", "impossible", "resistance"),
    PhaseKey.DEPLOYMENT: ("works", "security", "privacy", "nobody"),
}
"""A phase's four scenarios, best first."""

PHASE_HOURS: Final[dict[PhaseKey, tuple[int, int]]] = {
    PhaseKey.DATA: (0, 8),
    PhaseKey.MODEL: (8, 16),
    PhaseKey.INTEGRATION: (16, 24),
    PhaseKey.DEPLOYMENT: (24, 48),
}
SPRINT_HOURS: Final = 48
