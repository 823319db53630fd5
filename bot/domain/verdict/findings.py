"""What probes found, as facts behind the answers.

A finding that stops is a cause unless the team overrides it in writing; one that slows stands
behind whatever it speaks of. A probe that could not look, as for a mistyped column, shows nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from bot.domain.probe_table import phase_informed
from bot.domain.record import Finding, SprintRecord
from bot.domain.verdict import texts
from bot.domain.verdict.model import FactRef, Obstacle, Sort
from bot.domain.vocabulary import ACTED_ON, Category, FindingLevel

MOST_EVIDENCE: Final = 4
"""An obstacle shows the gravest findings; all of them stand in the record."""


def could_look(finding: Finding) -> bool:
    """Return whether the probe saw its subject, rather than failing before it could."""
    return not finding.failed


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
    runs: dict[tuple[str, str], dict[float, list[Finding]]] = defaultdict(lambda: defaultdict(list))
    for finding in filter(could_look, record.findings):
        runs[finding.probe, finding.source][finding.at].append(finding)
    standing = [finding for of in runs.values() for finding in _standing(of)]
    grave = [finding for finding in standing if finding.level in ACTED_ON]
    return tuple(sorted(grave, key=lambda each: (not stops(each), each.at, each.id)))


def _standing(runs: Mapping[float, Sequence[Finding]]) -> list[Finding]:
    """Return what stands after all runs of a probe on a source.

    A run takes the place of what was found before, unless all that it reports are other things
    that stop: then it looked at something else, and the first ones were not seen to be mended.
    """
    standing: list[Finding] = []
    for at in sorted(runs):
        codes = {finding.code for finding in runs[at]}
        elsewhere = any(map(stops, runs[at])) and codes.isdisjoint(f.code for f in standing)
        standing = [*(standing if elsewhere else ()), *runs[at]]
    return standing


def stops(finding: Finding) -> bool:
    """Return whether the probe says that it cannot go on like this."""
    return finding.level == FindingLevel.STOPS


def category_of(finding: Finding) -> Category:
    """Return what a finding is about: missing rules and papers, or the technical side."""
    return Category.ORGANIZATIONAL if finding.probe == "governance" else Category.TECHNICAL


def phase_of(finding: Finding, record: SprintRecord) -> str:
    """Return the phase a finding is about: its probe's, else the one it was found in."""
    named = finding.phase or phase_informed(finding.probe)
    known = any(phase.key == named for phase in record.phases)
    return named if named and known else record.phase_at(finding.at)


def with_evidence(obstacles: Iterable[Obstacle], record: SprintRecord) -> tuple[Obstacle, ...]:
    """Return the obstacles, each with the findings that bear it out."""
    if not record.findings:
        return tuple(obstacles)
    standing = [each for each in grave_findings(record) if not is_overridden(each, record)]
    grave, source = standing, _sources(record)
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
    return obstacle.fact.sort is Sort.GATE or obstacle.category is category_of(finding)
