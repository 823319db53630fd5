"""What probes found, as facts behind the answers.

A finding that stops is a cause unless the team overrides it in writing; one that slows stands
behind whatever it speaks of. A probe that could not look, as for a mistyped column, shows nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from bot.domain.record import Finding, SprintRecord
from bot.domain.verdict import texts
from bot.domain.verdict.model import FactRef, Obstacle, Sort
from bot.domain.vocabulary import Category, PhaseKey, Severity

MOST_EVIDENCE: Final = 4
"""An obstacle shows the gravest findings; all of them stand in the record."""
_PROBE_PHASE: Final[dict[str, str]] = {
    "access": PhaseKey.DATA,
    "quality": PhaseKey.DATA,
    "joins": PhaseKey.DATA,
    "environment": PhaseKey.MODEL,
    "baseline": PhaseKey.MODEL,
    "integration": PhaseKey.INTEGRATION,
    "governance": PhaseKey.DEPLOYMENT,
}
_GRAVITY: Final = {str(Severity.STOPS): 0, str(Severity.SLOWS): 1}


_COULD_NOT_LOOK: Final = frozenset(
    {
        *("label_missing", "table_absent", "no_such_database", "file_absent", "file_not_found"),
        *("host_unknown", "probe_died", "probe_out_of_memory", "probe_timed_out", "source_failed"),
        *("statement_timed_out", "source_changed", "no_such_column", "column_missing"),
        *("column_absent", "column_not_found", "unknown_column", "target_missing"),
    }
)
"""Codes of a probe that did not get to see anything."""
_MISTYPED: Final = re.compile(
    r"\b(?:there is no|no such) (?:column|table|file|sheet|field|database)\b|has no column [“\"']|"
    r"(?:column|table|file|sheet|field) (?:\S+ )?"
    r"(?:does not exist|was not found|not found|is unknown)|"
    r"unknown (?:column|table|field)|mistyped|misspel|typo\b|could not (?:run|start|connect)",
    re.IGNORECASE,
)


def could_look(finding: Finding) -> bool:
    """Return whether the probe saw what it speaks of, rather than failing before it could."""
    inconclusive = finding.failed or finding.code in _COULD_NOT_LOOK
    return not inconclusive and not _MISTYPED.search(finding.read)


def is_overridden(finding: Finding, record: SprintRecord) -> bool:
    """Return whether the team said in writing, after the finding, that it does not stop it."""
    return any(
        (each.finding or finding.id) == finding.id
        and each.code == finding.code
        and each.at >= finding.at
        for each in record.overrides
    )


def stopping_findings(record: SprintRecord) -> tuple[Finding, ...]:
    """Return the findings that stop, each code of a source once, the team's overrides left out."""
    found: dict[tuple[str, str, str], Finding] = {}
    for finding in grave_findings(record):
        if stops(finding) and not is_overridden(finding, record):
            found.setdefault((finding.probe, finding.source, finding.code), finding)
    return tuple(found.values())


def finding_fact(finding: Finding) -> FactRef:
    """Return the reference to a finding."""
    key = "fact_probe_of" if finding.source else "fact_probe"
    label = texts.say(key, probe=finding.probe, source=finding.source)
    return FactRef(Sort.FINDING, finding.id, label, finding.permalink)


def grave_findings(record: SprintRecord) -> tuple[Finding, ...]:
    """Return what stops or slows by each probe's last word on its source, what stops first."""
    last: dict[tuple[str, str], float] = {}
    for finding in filter(could_look, record.findings):
        of = (finding.probe, finding.source)
        last[of] = max(last.get(of, finding.at), finding.at)
    grave = [
        finding
        for finding in record.findings
        if could_look(finding)
        and finding.level in _GRAVITY
        and finding.at >= last[finding.probe, finding.source]
    ]
    return tuple(sorted(grave, key=lambda each: (_GRAVITY[each.level], each.at, each.id)))


def stops(finding: Finding) -> bool:
    """Return whether the probe says that it cannot go on like this."""
    return finding.level == Severity.STOPS


def category_of(finding: Finding) -> Category:
    """Return what a finding tells of: missing rules and papers, or the technical side."""
    return Category.ORGANIZATIONAL if finding.probe == "governance" else Category.TECHNICAL


def phase_of(finding: Finding, record: SprintRecord) -> str:
    """Return the phase a finding speaks of: its probe's, else the one it was found in."""
    named = _PROBE_PHASE.get(finding.probe)
    known = any(phase.key == named for phase in record.phases)
    return named if named and known else record.phase_at(finding.at)


def with_evidence(obstacles: Iterable[Obstacle], record: SprintRecord) -> tuple[Obstacle, ...]:
    """Return the obstacles, each with the findings that bear it out."""
    if not record.findings:
        return tuple(obstacles)
    grave, source = grave_findings(record), _sources(record)
    return tuple(_with_evidence(obstacle, grave, record, source) for obstacle in obstacles)


def _sources(record: SprintRecord) -> dict[FactRef, Finding]:
    """Return the finding that a blocker was written down from, whatever the probe said since."""
    by_id = {finding.id: finding for finding in record.findings}
    return {
        FactRef(Sort.BLOCKER, blocker.id): by_id[blocker.finding]
        for blocker in record.blockers
        if blocker.finding in by_id
    }


def _with_evidence(
    obstacle: Obstacle,
    grave: Iterable[Finding],
    record: SprintRecord,
    source: Mapping[FactRef, Finding],
) -> Obstacle:
    own = source.get(obstacle.fact)
    others = [finding for finding in grave if _bears_out(finding, obstacle, record)]
    found = list(dict.fromkeys([*([own] if own else []), *others]))
    facts = tuple(finding_fact(finding) for finding in found[:MOST_EVIDENCE])
    return replace(obstacle, evidence=facts)


def _bears_out(finding: Finding, obstacle: Obstacle, record: SprintRecord) -> bool:
    """A gate's scenario is borne out by any probe of its phase, a blocker by one of its sort."""
    if phase_of(finding, record) != obstacle.phase:
        return False
    return obstacle.scenario is not None or obstacle.category is category_of(finding)
