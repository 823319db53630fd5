"""Whom the rows are about: who was never seen, and who fell silent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.codes import found, graded, shown
from probes.quality.facts import TableFacts
from probes.quality.roles import Roles
from probes.quality.sentences import say
from probes.quality.times import RECENT_DAYS
from probes.settings import TableHints
from probes.sources import ColumnFamily, quote

REPORTS_EACH = 50

GUESSED_SILENT_SLOWS = 0.75

SILENT_STOPS = 0.75


def entity_findings(facts: TableFacts, roles: Roles, hints: TableHints) -> Iterator[Finding]:
    """Say how many of the known entities report, at all and lately."""
    if roles.entity is None:
        return
    known = _expected(facts, hints)
    seen, lately, days = _entities(facts, roles)
    if known and seen < known:
        share = 1 - seen / known
        sentence = say("entities_ever_reported", seen=seen, known=known, entity=shown(roles.entity))
        counts = {"seen": seen, "expected": known}
        level = FindingLevel.STOPS if share > SILENT_STOPS else graded(share, slows=0.05)
        yield found(level, "entities_missing", sentence, counts, column=roles.entity)
    if lately is None or lately >= seen or days is None:
        return
    share = 1 - lately / seen
    sentence = say(
        "entities_silent",
        lately=lately,
        seen=seen,
        entity=shown(roles.entity),
        days=days,
    )
    evidence: dict[str, Any] = {"reporting": lately, "seen": seen, "days": days}
    if share >= 0.05 if roles.entity_told else share >= 0.3:
        stops = roles.entity_told and share > SILENT_STOPS
        slows = 0.2 if roles.entity_told else _guessed_slows(facts, seen)
        level = FindingLevel.STOPS if stops else graded(share, slows=slows)
        yield found(level, "entities_silent", sentence, evidence, column=roles.entity)


def _guessed_slows(facts: TableFacts, seen: int) -> float:
    """Return the silent share that slows where we guessed the entity: customers may fall silent."""
    return GUESSED_SILENT_SLOWS if facts.rows >= REPORTS_EACH * seen else 2.0


def _expected(facts: TableFacts, hints: TableHints) -> int | None:
    if hints.expected_entities:
        return hints.expected_entities
    if not hints.entity_list:
        return None
    table, _, column = hints.entity_list.rpartition(".")
    relation = facts.source.relation(facts.source.only_table(table))
    return int(
        facts.source.rows(f"SELECT count(DISTINCT {quote(column)}) FROM {relation}")[0][0]  # noqa: S608  (names are quoted)
    )


def _entities(facts: TableFacts, roles: Roles) -> tuple[int, int | None, float | None]:
    """Count the entities ever seen, and those seen in the newest stretch of time."""
    entity, relation = quote(roles.entity or ""), facts.source.relation(facts.table)
    timed = roles.time and facts.columns[roles.time].column.family is ColumnFamily.TIME
    ends = _ends(facts, roles.time) if timed and roles.time else None
    if ends is None or roles.time is None:
        sql = f"SELECT count(DISTINCT {entity}) FROM {relation}"  # noqa: S608  (names are quoted)
        return int(facts.source.rows(sql)[0][0]), None, None
    first, last = ends
    window = min(timedelta(days=RECENT_DAYS), (last - first) / 10)
    since = (last - window).isoformat(sep=" ", timespec="seconds")
    seen, lately = facts.source.rows(
        f"SELECT count(*), sum(CASE WHEN t >= CAST('{since}' AS TIMESTAMP) THEN 1 ELSE 0 END) "  # noqa: S608  (names are quoted, the moment is ours)
        f"FROM (SELECT {entity} AS e, max({quote(roles.time)}) AS t FROM {relation} "
        f"WHERE {entity} IS NOT NULL GROUP BY {entity}) AS by_entity"
    )[0]
    return int(seen), int(lately or 0), round(window.total_seconds() / 86_400, 2)


def _ends(facts: TableFacts, time: str) -> tuple[datetime, datetime] | None:
    column = facts.columns[time]
    try:
        first = datetime.fromisoformat(str(column.smallest)[:19])
        last = datetime.fromisoformat(str(column.largest)[:19])
    except ValueError:  # years beyond the calendar, told elsewhere
        return None
    return (first, last) if last > first else None
