"""The rows behind a finding: how many, and the condition that finds them; no value of a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from probes.contract import Finding
from probes.quality.facts import TableFacts
from probes.sources import quote

Condition = Callable[[str, Mapping[str, Any]], str | None]

COUNTS = ("missing", "blank", "not_finite", "copies", "twins", "future")
"""Evidence that counts rows already."""


def _first_stand_in(name: str, evidence: Mapping[str, Any]) -> str | None:
    days = evidence.get("stand_ins") or []
    return f"CAST({name} AS DATE) = DATE '{days[0]}'" if days else None


def _missing(name: str, _evidence: Mapping[str, Any]) -> str:
    return f"{name} IS NULL"


CONDITIONS: dict[str, Condition] = {
    "missing": _missing,
    "all_missing": _missing,
    "label_gaps": _missing,
    "blank_text": lambda name, _: f"trim({name}) = ''",
    "edge_spaces": lambda name, _: f"{name} <> trim({name})",
    "not_finite": lambda name, _: f"NOT isfinite({name})",
    "sentinel_numbers": lambda name, told: f"{name} = {told['stand_in']:g}",
    "sentinel_dates": _first_stand_in,
    "future_times": lambda name, _: f"{name} > current_timestamp",
    "placeholder_text": lambda name, _: (
        f"lower(trim({name})) IN ('n/a', 'na', 'none', 'unknown', '-', '?', 'null', '')"
    ),
    "numbers_as_text": lambda name, _: f"try_cast({name} AS DOUBLE) IS NULL",
    "mixed_types": lambda name, _: f"try_cast({name} AS DOUBLE) IS NULL",
    "control_characters": lambda name, _: f"regexp_matches({name}, '[[:cntrl:]]')",
    "markup_in_text": lambda name, _: f"regexp_matches({name}, '<[a-zA-Z/][^>]*>')",
    "duplicate_keys": lambda name, _: f"count(*) OVER (PARTITION BY {name}) > 1",
    "stopped_filling": _missing,
}


def with_rows(findings: Sequence[Finding], facts: TableFacts) -> list[Finding]:
    """Return the findings, each about rows with their number and the condition to look at them."""
    return [_with_rows(one, facts) for one in findings]


def _with_rows(finding: Finding, facts: TableFacts) -> Finding:
    evidence = dict(finding.evidence)
    if "rows" not in evidence or finding.code in CONDITIONS:
        rows = next((evidence[key] for key in COUNTS if key in evidence), None)
        share = evidence.get("share")
        if rows is None and isinstance(share, int | float):
            rows = round(share * facts.rows)
        if rows is not None:
            evidence["rows_to_look_at"] = rows
    elif isinstance(evidence["rows"], int):
        evidence["rows_to_look_at"] = evidence["rows"]
    condition = CONDITIONS.get(finding.code)
    if condition and finding.column in facts.columns and "where" not in evidence:
        where = condition(quote(finding.column), evidence)
        if where:
            evidence["where"] = where
    return finding if evidence == finding.evidence else replace(finding, evidence=evidence)
