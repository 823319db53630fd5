"""Access: can we connect, log in, see the tables and read rows, and how long until the first one?

Every step that works is said with its time; the first that does not ends the probe with its own
code. The fact `seconds_to_first_row` is what a sprint keeps as its first successful read.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bot.domain.vocabulary import FindingLevel, Kind
from probes import texts
from probes.contract import (
    Finding,
    ProbeContext,
    ProbeFault,
    ProbeRequest,
    ProbeResult,
)
from probes.finding_codes import Codes
from probes.kinds import FILE_KINDS, SourceKind
from probes.sources import Source, listed, open_place
from probes.sources.faults import CODES as FAULTS
from probes.sources.faults import FAULT_SCENARIOS
from probes.sources.places import find_place
from probes.texts import say

if TYPE_CHECKING:
    from probes.sources.servers import ServerSource

SLOW_FIRST_ROW_SECONDS = 10.0
TABLES_TRIED = 25

CODES: Final = Codes(Path(__file__).with_name("access_codes.yaml"), Kind.DATA_ACCESS)
READABLE_CODES = frozenset({"rows_readable", "first_row_slow"})
SCENARIOS = FAULT_SCENARIOS | {
    "no_tables": "missing",
    "all_empty": "unusable",
    "table_empty": "unusable",
}


def meanings() -> dict[str, str]:
    """Return every code of this probe and what it means."""
    return {**FAULTS.meanings(), **CODES.meanings(), **texts.table("access_meanings", str)}


def run(request: ProbeRequest, context: ProbeContext) -> ProbeResult:
    """Try the source step by step.

    Raises:
        InputError: the source or the table is not one.
    """
    started = time.monotonic()
    place = find_place(request.source or "", context.settings, table=request.table)
    facts: dict[str, Any] = {"kind": place.settings.kind.value}
    findings: list[Finding] = []
    context.progress(0.1, say("connecting_to", name=place.name))
    try:
        with open_place(place, context.scratch, context.memory_mb, context.disk_mb) as source:
            facts["seconds_to_connect"] = round(time.monotonic() - started, 3)
            findings += [_connected(source, facts), *_standing(source, facts)]
            context.progress(0.4, say("looking_tables"))
            findings += _read(source, place.table, facts, started)
    except ProbeFault as fault:
        findings.append(fault.finding)
    context.progress(1.0, say("done"))
    scenario, why = _scenario(findings)
    findings.sort(key=lambda found: list(FindingLevel)[::-1].index(found.level))
    return ProbeResult(
        request.probe, place.name, place.table, tuple(findings), scenario, why, facts
    )


def _connected(source: Source, facts: dict[str, Any]) -> Finding:
    seconds = facts["seconds_to_connect"]
    evidence = {"seconds": seconds, "kind": source.kind.value}
    return CODES.finding("connected", evidence, name=source.name, seconds=seconds)


def _standing(source: Source, facts: dict[str, Any]) -> list[Finding]:
    """Say whether we read a replica and whether we may write, where the server can tell."""
    if source.kind is not SourceKind.POSTGRESQL:
        return []
    server: ServerSource = source  # type: ignore[assignment]  # the kind says so
    row = server.native_rows(
        "SELECT pg_is_in_recovery(), current_setting('server_version'), "
        "EXISTS (SELECT 1 FROM information_schema.role_table_grants WHERE privilege_type IN "
        "('INSERT', 'UPDATE', 'DELETE') AND table_schema NOT IN ('pg_catalog', "
        "'information_schema') AND grantee IN (SELECT rolname FROM pg_roles "
        "WHERE pg_has_role(rolname, 'MEMBER')))"
    )[0]
    facts |= {"replica": row[0], "server_version": row[1], "may_write": row[2]}
    codes = ["is_replica" if row[0] else "is_primary", *(["may_write"] if row[2] else [])]
    return [CODES.finding(code, name=source.name) for code in codes]


def _read(
    source: Source, table: str | None, facts: dict[str, Any], started: float
) -> list[Finding]:
    tables = source.tables()
    facts["tables"] = len(tables)
    if table is not None:
        return [_first_row(source, _wanted(source, table), facts, started)]
    if not tables:
        return [CODES.finding("no_tables", {"tables": 0}, source=source.name)]
    return _try_tables(source, tables, facts, started)


def _wanted(source: Source, table: str) -> str:
    """Return the table's own spelling; an absent one is a fault here, not a refusal."""
    known = {name.lower(): name for name in source.tables()}
    return known.get(table.lower(), table) if table not in known.values() else table


def _first_row(source: Source, table: str, facts: dict[str, Any], started: float) -> Finding:
    from probes.sources.faults import fault

    if table not in source.tables():
        raise fault("table_absent", source.name, table, table)
    asked = time.monotonic()
    first = f"SELECT * FROM {source.relation(table)} LIMIT 1"  # noqa: S608  (every column's right)
    rows = source.rows(f"SELECT count(*) FROM ({first}) AS first_row")  # noqa: S608  (every column's right)
    seconds = time.monotonic() - asked
    if not rows[0][0]:
        return replace(CODES.finding("table_empty", {"rows": 0}, table=table), table=table)
    facts.setdefault("seconds_to_first_row", round(time.monotonic() - started, 3))
    facts.setdefault("first_read_at", datetime.now(UTC).isoformat(timespec="seconds"))
    code = "first_row_slow" if seconds > SLOW_FIRST_ROW_SECONDS else "rows_readable"
    evidence = {"seconds": round(seconds, 3)}
    return replace(CODES.finding(code, evidence, table=table, seconds=seconds), table=table)


def _try_tables(
    source: Source, tables: list[str], facts: dict[str, Any], started: float
) -> list[Finding]:
    """Read a row of each of the first tables; denied and empty ones are reported together."""
    outcomes: dict[str, Finding] = {}
    for table in tables[:TABLES_TRIED]:
        try:
            outcomes[table] = _first_row(source, table, facts, started)
        except ProbeFault as fault:
            outcomes[table] = fault.finding
    facts["tables_tried"] = len(outcomes)
    return _summary(source.name, outcomes, is_file=source.kind in FILE_KINDS)


def _summary(source: str, outcomes: dict[str, Finding], *, is_file: bool) -> list[Finding]:
    by_code: dict[str, list[str]] = {}
    for table, found in outcomes.items():
        by_code.setdefault(found.code, []).append(table)
    denied = by_code.get("privilege_missing", [])
    if len(denied) == len(outcomes):
        return [outcomes[denied[0]]]
    if len(by_code.get("table_empty", [])) == len(outcomes):
        advice = say("file_empty_next" if is_file else "table_small_next")
        tried = len(outcomes)
        return [CODES.finding("all_empty", {"tried": tried}, source=source, advice=advice)]
    others = [
        one for one in outcomes.values() if one.code not in {"privilege_missing", "table_empty"}
    ]
    if by_code.keys() & READABLE_CODES:  # one broken table does not stop who can read the others
        others = [
            replace(one, level=FindingLevel.SLOWS) if one.level is FindingLevel.STOPS else one
            for one in others
        ]
    parts = [
        _in_one(code, [one for one in others if one.code == code], outcomes)
        for code in dict.fromkeys(one.code for one in others)
    ]
    empty, tried = by_code.get("table_empty", []), len(outcomes)
    if empty:
        evidence: dict[str, Any] = {"empty": len(empty), "tried": tried}
        parts.append(CODES.finding("some_tables_empty", evidence, names=listed(empty)))
    if denied:
        evidence = {"denied": len(denied), "tried": tried}
        names: dict[str, Any] = {
            "tables": listed(denied),
            "first": listed(denied[:3]),
            "source": source,
        }
        parts.append(CODES.finding("some_tables_denied", evidence, **names))
    return parts


def _in_one(code: str, found: list[Finding], outcomes: dict[str, Finding]) -> Finding:
    if code != "rows_readable":
        return found[0]
    slowest = max(float(one.evidence["seconds"]) for one in found)
    evidence = {"tables": len(found), "tried": len(outcomes), "slowest_seconds": slowest}
    return replace(
        found[0], sentence=say("tables_readable", **evidence), evidence=evidence, table=None
    )


def _scenario(findings: list[Finding]) -> tuple[str, str]:
    worst = next((found for found in findings if found.level is FindingLevel.STOPS), None)
    if worst is None:
        readable = [found for found in findings if found.code in READABLE_CODES]
        return (
            ("accessible", readable[0].sentence) if readable else ("locked", findings[-1].sentence)
        )
    return SCENARIOS.get(worst.code, "locked"), worst.sentence
