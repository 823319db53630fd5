"""Reading a blocker's family and remedy from its kind, phase and title, where nobody said them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from bot.domain.record import Blocker
from bot.domain.verdict.assumptions import (
    ARCHITECTURE_DAYS,
    DATA_DAYS,
    KIND_DAYS,
    KIND_REMEDY,
)
from bot.domain.vocabulary import KIND_CATEGORY, Category, Kind, PathFamily, PhaseKey, Remedy
from bot.reading.ranges import DayRange

_DATA, _LINK = PathFamily.DATA_ACCESS_PROCESS, PathFamily.INTEGRATION_CAPABILITIES
_SECURITY, _PRIVACY = PathFamily.SECURITY_APPROVAL, PathFamily.PRIVACY_REVIEW
_ACCOUNT, _BUDGET, _SKILLS = (
    PathFamily.ACCOUNTABILITY_STRUCTURE,
    PathFamily.BUDGET_AUTHORITY,
    PathFamily.SKILLS,
)

_ORGANIZATIONAL: Final = Category.ORGANIZATIONAL
_SIGNED_BY_SOMEBODY: Final = frozenset(
    {
        Kind.APPROVAL_PROCESS,
        Kind.DECISION_AUTHORITY,
        Kind.RISK_TOLERANCE,
        Kind.MISSING_PROCESS,
    }
)

_BUDGET_WORDS: Final = re.compile(
    r"\b(?:budget|fund(?:s|ing|ed)?\b|capex|opex|cost cent|money|pay for|purchase order|cfo\b|"
    r"millions?\b|too expensive|haushaltsmittel|presupuesto)",
    re.IGNORECASE,
)
_TITLE_WORDS: Final[dict[PathFamily, re.Pattern[str]]] = {
    family: re.compile(rf"\b(?:{words})", re.IGNORECASE)
    for family, words in {
        _PRIVACY: r"privacy|gdpr|dpia|dpo\b|consent|personal data|pii\b|data protection|opt.?out|"
        r"biased?\b|legal\b|lawyer|compliance|regulator|explain",
        _SECURITY: r"security|infosec|ciso\b|pen(?:etration)?[ -]?test|vulnerab|threat|firewall|"
        r"packages?\b|pip install|proxy\b|mirror\b|allow.?list|whitelist|audit the model",
        _DATA: r"access to|data(?:base)? access|read access|access request|credential|replica|"
        r"warehouse|data ?set|data lake|extract\b|(?:customer|production|transaction) data",
        _LINK: r"architecture|change request|change (?:board|advisory|freeze|window)|cab\b|api\b|"
        r"endpoint|roadmap|product committee|website|front.?end|integrat|\d+ teams|seven teams",
        _ACCOUNT: r"nobody (?:will |would |wants to )?(?:own|sign|take|decid|answer)|"
        r"no ?one (?:will |would |wants to )?(?:own|sign|take|decid)|owner|accountab|responsib",
    }.items()
}
"""What an approval, a decision or a risk is about, by its title; the earliest mention counts."""

_PHASE_OWN: Final[dict[str, PathFamily]] = {
    PhaseKey.DATA: _DATA,
    PhaseKey.MODEL: _SECURITY,
    PhaseKey.INTEGRATION: _LINK,
}
"""A mention of the phase's own matter goes before any other."""

_KIND_FAMILY: Final[dict[Kind, PathFamily | None]] = {
    Kind.DATA_ACCESS: _DATA,
    Kind.INTEGRATION: _LINK,
    Kind.DEPLOYMENT_PIPELINE: _LINK,
    Kind.ACCOUNTABILITY: _ACCOUNT,
    Kind.UNCLEAR_OWNERSHIP: _ACCOUNT,
    Kind.SKILLS_GAP: _SKILLS,
    Kind.MISSING_ROLE: _SKILLS,
}
_PHASE_FAMILY: Final[dict[tuple[Kind, str], PathFamily]] = {
    (Kind.APPROVAL_PROCESS, PhaseKey.DATA): _DATA,
    (Kind.APPROVAL_PROCESS, PhaseKey.MODEL): _SECURITY,
    (Kind.APPROVAL_PROCESS, PhaseKey.INTEGRATION): _LINK,
    (Kind.APPROVAL_PROCESS, PhaseKey.DEPLOYMENT): _SECURITY,
    (Kind.DECISION_AUTHORITY, PhaseKey.DATA): _DATA,
    (Kind.DECISION_AUTHORITY, PhaseKey.MODEL): _ACCOUNT,
    (Kind.DECISION_AUTHORITY, PhaseKey.INTEGRATION): _LINK,
    (Kind.DECISION_AUTHORITY, PhaseKey.DEPLOYMENT): _ACCOUNT,
    (Kind.RISK_TOLERANCE, PhaseKey.DATA): _DATA,
    (Kind.RISK_TOLERANCE, PhaseKey.MODEL): _SECURITY,
    (Kind.RISK_TOLERANCE, PhaseKey.INTEGRATION): _LINK,
    (Kind.RISK_TOLERANCE, PhaseKey.DEPLOYMENT): _PRIVACY,
    (Kind.MISSING_PROCESS, PhaseKey.DATA): _DATA,
    (Kind.MISSING_PROCESS, PhaseKey.INTEGRATION): _LINK,
    (Kind.MISSING_PROCESS, PhaseKey.DEPLOYMENT): _ACCOUNT,
    (Kind.INFRASTRUCTURE, PhaseKey.DATA): _DATA,
    (Kind.INFRASTRUCTURE, PhaseKey.INTEGRATION): _LINK,
    (Kind.INFRASTRUCTURE, PhaseKey.DEPLOYMENT): _LINK,
}

_REBUILD: Final = re.compile(
    r"\b(?:legacy|mainframe|cobol|monolith|rewrit\w*|re-?architect\w*|replac\w+|rebuild\w*|"
    r"moderni[sz]\w*|migrat\w+|no api|microservices?|decommissioned|proprietary format)\b",
    re.IGNORECASE,
)
_NO_DATA: Final = re.compile(
    r"\b(?:do(?:es)? ?n[o']t exist|"
    r"never (?:been )?(?:recorded|collected|stored|tracked|connected|joined)|"
    r"not (?:recorded|collected|tracked|connected)|no common (?:id|key|ident)\w*|"
    r"\d+ (?:different |separate )?systems|spreadsheets?|excel)\b",
    re.IGNORECASE,
)
_TECHNICAL_KINDS: Final = frozenset(
    {Kind.DATA_ACCESS, Kind.INFRASTRUCTURE, Kind.INTEGRATION, Kind.DEPLOYMENT_PIPELINE}
)


_IMPACT_ASSESSMENT: Final = re.compile(
    r"\b(?:dpia|dsfa|aipd|eipd|(?:privacy|data protection) impact assessment)\b", re.IGNORECASE
)
"""A paper of the privacy review, also where the kind that was suggested is about data."""


def family_of(blocker: Blocker) -> PathFamily | None:
    """Return the blocker's critical-path family: as stated, else from title, phase and kind."""
    if blocker.family:
        return blocker.family
    if _BUDGET_WORDS.search(blocker.title) and KIND_CATEGORY[blocker.kind] is _ORGANIZATIONAL:
        return _BUDGET
    if _IMPACT_ASSESSMENT.search(blocker.title):
        return _PRIVACY
    guarded = blocker.kind_suggested and blocker.kind is Kind.INFRASTRUCTURE
    if guarded and _TITLE_WORDS[_SECURITY].search(blocker.title):
        return _SECURITY
    about = _about(blocker) if blocker.kind in _SIGNED_BY_SOMEBODY else None
    by_phase = _PHASE_FAMILY.get((blocker.kind, blocker.phase))
    return about or by_phase or _KIND_FAMILY.get(blocker.kind)


def is_family_guessed(blocker: Blocker) -> bool:
    """Return whether the family is only what is usual in the phase, or for a kind that was guessed.

    Then no word of the blocker says so, and nobody else did.
    """
    guess = _PHASE_FAMILY.get((blocker.kind, blocker.phase))
    if guess is None and blocker.kind_suggested:
        guess = _KIND_FAMILY.get(blocker.kind)
    if guess is None or blocker.family or family_of(blocker) is not guess:
        return False
    said = f"{blocker.title} {blocker.waits_for or ''}"
    return not (_TITLE_WORDS[guess].search(said) if guess in _TITLE_WORDS else True)


def _about(blocker: Blocker) -> PathFamily | None:
    """Return the family that the title names, else the one that whom it waits for belongs to."""
    own = _PHASE_OWN.get(blocker.phase)
    if own and _TITLE_WORDS[own].search(blocker.title):
        return own
    return _first_named(blocker.title) or _first_named(blocker.waits_for or "")


@lru_cache(maxsize=4096)
def _first_named(said: str) -> PathFamily | None:
    found = {family: words.search(said) for family, words in _TITLE_WORDS.items()}
    mentions = [(match.start(), family) for family, match in found.items() if match]
    return min(mentions)[1] if mentions else None


def remedy_of(blocker: Blocker) -> Remedy:
    """Return what would remove the blocker: as stated, else from kind and title."""
    if blocker.remedy:
        return blocker.remedy
    if _IMPACT_ASSESSMENT.search(blocker.title):
        return Remedy.GOVERNANCE
    if blocker.kind_suggested and family_of(blocker) is _BUDGET:
        return Remedy.BUDGET
    if blocker.kind in _TECHNICAL_KINDS and _REBUILD.search(blocker.title):
        return Remedy.ARCHITECTURE
    if blocker.kind is Kind.DATA_ACCESS and _NO_DATA.search(blocker.title):
        return Remedy.ARCHITECTURE
    return KIND_REMEDY[blocker.kind]


def assumed_days(kind: Kind, remedy: Remedy) -> DayRange:
    """Return the range of days for a blocker that nobody put a time on."""
    if remedy is Remedy.ARCHITECTURE:
        return DATA_DAYS if kind is Kind.DATA_ACCESS else ARCHITECTURE_DAYS
    return KIND_DAYS[kind]
