"""Tables: the kind, remedy, days and family that a rollback's reason or a finding stands for.

The first row that fits counts. Where a reason names nothing that the table knows, the product's own
suggestion for its kind stands in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from bot.domain.going_live import Guardrail, Rollback
from bot.domain.record import Finding
from bot.domain.verdict.assumptions import KIND_DAYS, KIND_REMEDY
from bot.domain.vocabulary import Kind, PathFamily, Remedy
from bot.reading.ranges import DayRange

_DATA, _LINK = PathFamily.DATA_ACCESS_PROCESS, PathFamily.INTEGRATION_CAPABILITIES
_SECURITY, _PRIVACY = PathFamily.SECURITY_APPROVAL, PathFamily.PRIVACY_REVIEW
_ACCOUNT, _BUDGET = PathFamily.ACCOUNTABILITY_STRUCTURE, PathFamily.BUDGET_AUTHORITY


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a record means that says neither kind nor remedy."""

    kind: Kind
    remedy: Remedy
    days: DayRange
    family: PathFamily | None


_Rows = tuple[tuple[re.Pattern[str], Meaning], ...]


def _rows(*rows: tuple[str, Meaning]) -> _Rows:
    return tuple((re.compile(pattern, re.IGNORECASE), meaning) for pattern, meaning in rows)


_REVIEW: Final = DayRange(14, 30, 120)

_ROLLBACKS: Final = _rows(
    (
        r"privacy|gdpr|dsgvo|rgpd|dpia|\bdpo\b|consent|personal data|datenschutz|legal\b|lawyer",
        Meaning(Kind.APPROVAL_PROCESS, Remedy.GOVERNANCE, _REVIEW, _PRIVACY),
    ),
    (
        r"security|infosec|ciso\b|vulnerab|pen(?:etration)?[ -]?test|sicherheit|seguridad|sécurité",
        Meaning(Kind.APPROVAL_PROCESS, Remedy.GOVERNANCE, _REVIEW, _SECURITY),
    ),
    (
        r"budget|licen[cs]e ran out|too expensive|cost (?:cap|limit|cent)",
        Meaning(Kind.DECISION_AUTHORITY, Remedy.BUDGET, DayRange(14, 30, 120), _BUDGET),
    ),
    (
        r"on.?call|pager|(?:nobody|no ?one) (?:answer|react|watch|own|look|respond|is respons)|"
        r"alerts? (?:went|was|were) (?:un|ignored)|no owner|unowned",
        Meaning(Kind.ACCOUNTABILITY, Remedy.ORGANIZATION, DayRange(14, 45, 120), _ACCOUNT),
    ),
    (
        r"change (?:freeze|board|window|request)|\bcab\b|freeze|not approved|no approval|"
        r"unapproved",
        Meaning(Kind.APPROVAL_PROCESS, Remedy.GOVERNANCE, _REVIEW, _LINK),
    ),
    (
        r"validat|retrain|accuracy|precision|recall\b|bias|unfair|discriminat|"
        r"false (?:alarm|positive|negative)|(?:wrong|bad|odd|silly|absurd) "
        r"(?:score|predict|recommend|forecast|answer|offer|price|result|label)|"
        r"worse than|model quality|hallucinat",
        Meaning(Kind.MISSING_PROCESS, Remedy.PEOPLE, DayRange(14, 30, 91), None),
    ),
    (
        r"drift|stale|upstream|feed\b|null|missing value|empty column|schema|column|label|"
        r"units?\b|duplicate|data quality|bad data|wrong data|late data|master data",
        Meaning(Kind.DATA_ACCESS, Remedy.PEOPLE, DayRange(7, 21, 91), _DATA),
    ),
    (
        r"error|latency|time[- ]?outs?|timed out|slow\b|slower|too slow|crash|memory|5\d\d\b|5xx|"
        r"outage|down\b|exception|bug\b|deadlock|cpu\b|\bload\b|p9\d|rollout|container|pod\b",
        Meaning(Kind.DEPLOYMENT_PIPELINE, Remedy.PEOPLE, DayRange(1, 4, 14), None),
    ),
    (
        r"complain|customer|brand\b|marketing|sales\b|business|\bceo\b|head of|director|manager|"
        r"board|store|branch|union|works council|press\b",
        Meaning(Kind.DECISION_AUTHORITY, Remedy.ORGANIZATION, DayRange(14, 30, 120), _ACCOUNT),
    ),
)
_UNTOLD_ROLLBACK: Final = Meaning(
    Kind.DEPLOYMENT_PIPELINE, Remedy.PEOPLE, DayRange(3, 14, 60), None
)


def meaning_of_rollback(rollback: Rollback) -> Meaning:
    """Return what a rollback's reason is about."""
    for pattern, meaning in _ROLLBACKS:
        if pattern.search(rollback.reason):
            return meaning
    if rollback.kind is None:
        return _UNTOLD_ROLLBACK
    return Meaning(rollback.kind, KIND_REMEDY[rollback.kind], KIND_DAYS[rollback.kind], None)


def meaning_of_guardrail(guardrail: Guardrail) -> Meaning:
    """Return what a breach of a guardrail is about, by what was guarded."""
    found = (meaning for pattern, meaning in _ROLLBACKS if pattern.search(guardrail.name))
    return next(found, _UNTOLD_ROLLBACK)


_FINDINGS: Final[dict[str, _Rows]] = {
    "access": _rows(
        (
            r"host|refused|timed|tls|unreach|network|firewall|lost|too_many",
            Meaning(Kind.INFRASTRUCTURE, Remedy.TOOLS, DayRange(7, 21, 60), _DATA),
        ),
        (r"", Meaning(Kind.APPROVAL_PROCESS, Remedy.GOVERNANCE, DayRange(14, 28, 42), _DATA)),
    ),
    "quality": _rows(
        (r"leak|known_after", Meaning(Kind.DATA_ACCESS, Remedy.PEOPLE, DayRange(2, 7, 30), _DATA)),
        (
            r"stale|silent|drop|gap",
            Meaning(Kind.INFRASTRUCTURE, Remedy.TOOLS, DayRange(7, 28, 84), _DATA),
        ),
        (r"", Meaning(Kind.DATA_ACCESS, Remedy.PEOPLE, DayRange(14, 45, 120), _DATA)),
    ),
    "joins": _rows(
        (r"", Meaning(Kind.DATA_ACCESS, Remedy.PEOPLE, DayRange(14, 45, 120), _DATA)),
    ),
    "environment": _rows(
        (
            r"package|mirror|proxy|install|pip|blocked",
            Meaning(Kind.APPROVAL_PROCESS, Remedy.GOVERNANCE, DayRange(14, 28, 42), _SECURITY),
        ),
        (r"", Meaning(Kind.INFRASTRUCTURE, Remedy.TOOLS, DayRange(14, 30, 91), None)),
    ),
    "baseline": _rows(
        (r"leak", Meaning(Kind.DATA_ACCESS, Remedy.PEOPLE, DayRange(2, 7, 30), _DATA)),
        (r"", Meaning(Kind.DATA_ACCESS, Remedy.PEOPLE, DayRange(14, 45, 120), _DATA)),
    ),
    "integration": _rows(
        (r"", Meaning(Kind.INTEGRATION, Remedy.PEOPLE, DayRange(14, 45, 120), _LINK)),
    ),
    "governance": _rows(
        (
            r"legal|basis|consent|dpia|privacy|personal|retention|gdpr",
            Meaning(Kind.APPROVAL_PROCESS, Remedy.GOVERNANCE, _REVIEW, _PRIVACY),
        ),
        (
            r"owner|accountab|responsib|on.?call",
            Meaning(Kind.ACCOUNTABILITY, Remedy.ORGANIZATION, DayRange(14, 45, 120), _ACCOUNT),
        ),
        (
            r"secret|password|token|credential|key",
            Meaning(Kind.MISSING_PROCESS, Remedy.TOOLS, DayRange(1, 5, 21), _SECURITY),
        ),
        (r"", Meaning(Kind.MISSING_PROCESS, Remedy.GOVERNANCE, DayRange(14, 45, 120), None)),
    ),
}
_ANY_FINDING: Final = Meaning(Kind.MISSING_PROCESS, Remedy.PEOPLE, DayRange(14, 45, 120), None)


_TOLD: Final = _rows(
    (
        r"legal (?:basis|ground)|lawful|\bconsent|dpia|impact assessment|gdpr|dsgvo|rgpd|"
        r"art(?:icle|\.) ?\d+|special categor|purpose limit|rechtsgrundlage|base l[ée]gale?",
        Meaning(Kind.APPROVAL_PROCESS, Remedy.GOVERNANCE, _REVIEW, _PRIVACY),
    ),
    (
        r"leak|known (?:only )?after|only (?:set|known|filled|written) (?:after|once|when)|"
        r"gives? away|(?:from|in) the future|durchsickern|fuite|fuga",
        Meaning(Kind.DATA_ACCESS, Remedy.PEOPLE, DayRange(2, 7, 30), _DATA),
    ),
    (
        r"end ?points?\b|\bapi\b|http \d{3}|\b(?:404|410|50[0-4])\b",
        Meaning(Kind.INTEGRATION, Remedy.PEOPLE, DayRange(14, 45, 120), _LINK),
    ),
    (
        r"\blabels?\b|\btargets?\b|\boutcomes?\b",
        Meaning(Kind.DATA_ACCESS, Remedy.PEOPLE, DayRange(14, 45, 120), _DATA),
    ),
)
"""What a finding of a story tells of, whichever probe said it; ours suggest a kind themselves."""


def meaning_of_finding(finding: Finding) -> Meaning:
    """Return what a stopping finding is about: by the probe's own suggestion and its code.

    Its sentence is read only where a code of somebody else's tells nothing.
    """
    recorded = () if finding.kind else _TOLD
    rows = (*recorded, *_FINDINGS.get(finding.probe, ()))
    telling = [row for row in rows if row[0].pattern]
    texts = (f"{finding.code} {finding.code.replace('_', ' ')}", finding.read)
    found = next(
        (meaning for text in texts for pattern, meaning in telling if pattern.search(text)),
        rows[-1][1] if rows and not rows[-1][0].pattern else _ANY_FINDING,
    )
    kind, remedy = finding.kind or found.kind, finding.remedy or found.remedy
    return Meaning(kind, remedy, found.days, found.family)
