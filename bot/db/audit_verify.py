"""Checks an audit trail against its hash chain, and names the first entry that differs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Engine, select

from bot.db.audit_chain import (
    AUDIT,
    CONTENT,
    HEADS,
    LINKS,
    Entry,
    commitment,
    content_hash,
    link_hash,
    unchained,
)
from bot.db.audit_models import FIRST
from bot.domain.enums import AuditAction

REDACTED: Final = "rows"
"""The fact of an erasure's entry that names what it left of the entries that it emptied."""


class Flaw(StrEnum):
    """What can be wrong with a trail."""

    MISSING = "missing"
    CHANGED = "changed"
    GAP = "gap"
    ORDER = "order"
    BLANKED = "blanked"
    CUT = "cut"
    HEAD = "head"
    NO_HEAD = "no_head"
    UNCHAINED = "unchained"
    OTHER_HEAD = "other_head"


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """The first entry that is not as it was written.

    Args:
        flaw: what is wrong.
        seq: its place in the chain; the number of the last link where the end is wrong.
        audit_id: the row of the trail; None where only its place is known.
        at: when it was written, as far as its row says.
    """

    flaw: Flaw
    seq: int
    audit_id: int | None = None
    at: str = ""


@dataclass(slots=True)
class Trail:
    """What was found of a workspace's trail.

    Args:
        team_id: the workspace.
        entries: how many entries are as they were written.
        redacted: how many of them gave up their person, by an erasure that the trail notes.
        head: the hash of the newest link.
        finding: the first flaw; None where there is none.
    """

    team_id: str
    entries: int = 0
    redacted: int = 0
    head: str = FIRST
    finding: AuditFinding | None = None
    _blank: dict[int, tuple[int, str]] = field(default_factory=dict)
    _noted: dict[int, str] = field(default_factory=dict)


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """Open a connection whose statements all see one moment, so that a running bot may write."""
    one_moment: dict[str, Any] = (
        {"isolation_level": "REPEATABLE READ"}
        if engine.dialect.name == "postgresql"
        else {"read_only": True}
    )
    with engine.connect() as connection:
        yield connection.execution_options(**one_moment)


def teams(connection: Connection) -> list[str]:
    """Return the workspaces that have a trail."""
    found = connection.execute(select(AUDIT.c.team_id).union(select(HEADS.c.team_id))).scalars()
    return sorted(found)


def verify(connection: Connection, team_id: str, anchor: str | None = None) -> Trail:
    """Check a workspace's trail.

    Args:
        connection: reads in one snapshot.
        team_id: the workspace.
        anchor: a head's hash that was noted elsewhere earlier; the chain has to contain it.
    """
    trail = Trail(team_id)
    seen = {FIRST}
    for row in _rows(connection, team_id):
        trail.finding = _flaw_of(trail, row)
        if trail.finding is not None:
            return trail
        trail.entries += 1
        trail.head = row["hash"]
        seen.add(trail.head)
    trail.finding = _flaw_at_the_end(connection, trail)
    if trail.finding is None and anchor is not None and anchor not in seen:
        trail.finding = AuditFinding(Flaw.OTHER_HEAD, trail.entries)
    return trail


def verify_all(connection: Connection, anchor: str | None = None) -> list[Trail]:
    """Check every workspace's trail.

    Args:
        connection: reads in one snapshot.
        anchor: a head's hash that was noted elsewhere earlier; one of the chains has to contain it.
    """
    trails = [verify(connection, team, anchor) for team in teams(connection)]
    if any(trail.finding is None for trail in trails):
        for trail in trails:
            if trail.finding and trail.finding.flaw is Flaw.OTHER_HEAD:
                trail.finding = None
    return trails


def _rows(connection: Connection, team_id: str) -> Iterator[Entry]:
    links = [LINKS.c[name].label(f"link_{name}") for name in ("id", "team_id")]
    chained = [LINKS.c[name] for name in LINKS.c.keys() if name not in ("id", "team_id")]  # noqa: SIM118 - columns by name
    wanted = (
        select(*links, *chained, *(AUDIT.c[name] for name in CONTENT))
        .outerjoin(AUDIT, AUDIT.c.id == LINKS.c.audit_id)
        .where(LINKS.c.team_id == team_id)
        .order_by(LINKS.c.seq)
    )
    yield from connection.execute(wanted.execution_options(yield_per=1_000)).mappings()


def _flaw_of(trail: Trail, row: Entry) -> AuditFinding | None:
    seq, audit_id = trail.entries + 1, row["audit_id"]
    if row["seq"] != seq:
        return AuditFinding(Flaw.GAP, seq)
    if row["id"] is None:
        return AuditFinding(Flaw.MISSING, seq, audit_id)
    at = row["at"].isoformat(timespec="seconds")
    if row["previous"] != trail.head:
        return AuditFinding(Flaw.ORDER, seq, audit_id, at)
    actor, facts = row["actor_commitment"], row["facts_commitment"]
    if not _is_kept(trail, row) or row["hash"] != link_hash(row, seq, trail.head, actor, facts):
        return AuditFinding(Flaw.CHANGED, seq, audit_id, at)
    if row["action"] == AuditAction.ERASED:
        noted = row["facts"].get(REDACTED, {})
        trail._noted.update({int(of): str(left) for of, left in noted.items()})
    return None


def _is_kept(trail: Trail, row: Entry) -> bool:
    """Return whether the content is what was committed to; without a salt, note it for later."""
    salt = row["salt"]
    if salt is None:
        trail.redacted += 1
        left = content_hash(row["actor_id"], row["facts"])
        trail._blank[row["seq"]] = row["audit_id"], left
        return True
    return bool(
        commitment(salt, "actor", row["actor_id"]) == row["actor_commitment"]
        and commitment(salt, "facts", row["facts"]) == row["facts_commitment"]
    )


def _flaw_at_the_end(connection: Connection, trail: Trail) -> AuditFinding | None:
    for seq, (audit_id, left) in trail._blank.items():
        if trail._noted.get(seq) != left:
            return AuditFinding(Flaw.BLANKED, seq, audit_id)
    outside = unchained(connection, trail.team_id)
    head = connection.execute(
        select(HEADS.c.seq, HEADS.c.hash).where(HEADS.c.team_id == trail.team_id)
    ).one_or_none()
    if head is None and trail.entries:
        return AuditFinding(Flaw.NO_HEAD, trail.entries)
    if head is not None and head.seq > trail.entries:
        return AuditFinding(Flaw.CUT, trail.entries + 1)
    if head is not None and (head.seq, head.hash) != (trail.entries, trail.head):
        return AuditFinding(Flaw.HEAD, trail.entries)
    if outside:
        first = outside[0]
        at = first["at"].isoformat(timespec="seconds")
        return AuditFinding(Flaw.UNCHAINED, trail.entries, first["id"], at)
    return None
