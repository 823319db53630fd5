"""Hash chain over the audit trail, one chain a workspace, written in the entry's own transaction.

A link holds commitments to who acted and to the facts, each salted, so that both can be taken out
of an entry when a person is erased and the chain still holds: the salt is destroyed with them.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, Final, cast

from sqlalchemy import (
    Connection,
    RowMapping,
    Table,
    bindparam,
    event,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.orm import Session, object_session, sessionmaker

from bot.db.audit_models import FIRST, ChainHead, ChainLink
from bot.db.models import AuditEntry

_NEW: Final = "hour48.audit.new"
_AT_ONCE: Final = 1_000


LINKS: Final = cast("Table", ChainLink.__table__)
HEADS: Final = cast("Table", ChainHead.__table__)
AUDIT: Final = cast("Table", AuditEntry.__table__)
HEAD: Final = (
    select(HEADS.c.seq, HEADS.c.hash)
    .where(HEADS.c.team_id == bindparam("of_team"))
    .with_for_update()
)
LINKED: Final = insert(LINKS)
MOVED: Final = (
    update(HEADS)
    .where(HEADS.c.team_id == bindparam("of_team"))
    .values(seq=bindparam("new_seq"), hash=bindparam("new_hash"))
)
"""What every transaction says that changes something, put together once."""
Entry = RowMapping | Mapping[Any, Any]
CONTENT: Final = (
    *("id", "team_id", "sprint_id", "at", "actor_id", "action", "subject", "subject_id", "facts"),
)


def canonical(value: Any) -> bytes:
    """Return the one spelling of a JSON value, whatever wrote it and whatever read it back."""
    as_read = json.loads(json.dumps(value))
    spelled = json.dumps(as_read, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return spelled.encode()


def commitment(salt: str, part: str, value: Any) -> str:
    """Return what stands for a value and tells nothing of it once the salt is gone."""
    return hashlib.sha256(canonical([salt, part, value])).hexdigest()


def content_hash(actor_id: str, facts: Any) -> str:
    """Return what an erasure notes about the content that it left behind."""
    return hashlib.sha256(canonical([actor_id, facts])).hexdigest()


def link_hash(entry: Entry, seq: int, previous: str, actor: str, facts: str) -> str:
    """Return the hash of a link.

    Args:
        entry: the row of the trail; its actor and facts are only in it by their commitments.
        seq: its place in the chain, from 1.
        previous: the hash of the link before.
        actor: the commitment to who acted.
        facts: the commitment to the facts.
    """
    fields = [
        *(1, entry["team_id"], seq, previous, entry["id"], entry["sprint_id"]),
        *(_moment(entry["at"]), entry["action"], entry["subject"], entry["subject_id"]),
        *(actor, facts),
    ]
    return hashlib.sha256(canonical(fields)).hexdigest()


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def append(connection: Connection, team_id: str, entries: Iterable[Entry]) -> None:
    """Chain entries of one workspace, in their order, behind the newest link.

    The head's row stays locked until the transaction ends, so this comes last in it.
    """
    seq, previous = _locked_head(connection, team_id)
    links = []
    for entry in entries:
        seq += 1
        salt = secrets.token_hex(16)
        actor = commitment(salt, "actor", entry["actor_id"])
        facts = commitment(salt, "facts", entry["facts"])
        found = link_hash(entry, seq, previous, actor, facts)
        links.append(
            {
                "team_id": team_id,
                "seq": seq,
                "audit_id": entry["id"],
                "salt": salt,
                "actor_commitment": actor,
                "facts_commitment": facts,
                "previous": previous,
                "hash": found,
            }
        )
        previous = found
    for start in range(0, len(links), _AT_ONCE):
        connection.execute(LINKED, links[start : start + _AT_ONCE])
    connection.execute(MOVED, {"of_team": team_id, "new_seq": seq, "new_hash": previous})


def _locked_head(connection: Connection, team_id: str) -> tuple[int, str]:
    asked = {"of_team": team_id}
    found = connection.execute(HEAD, asked).one_or_none()
    if found is None:
        _begin(connection, team_id)
        found = connection.execute(HEAD, asked).one()
    return found.seq, found.hash


def _begin(connection: Connection, team_id: str) -> None:
    """Write a chain's first head; of two writers one waits for the other and finds it there."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as insert_or_leave
    else:
        from sqlalchemy.dialects.sqlite import insert as insert_or_leave  # type: ignore[assignment]  # the same for us
    first = insert_or_leave(HEADS).values(team_id=team_id, seq=0, hash=FIRST)
    connection.execute(first.on_conflict_do_nothing())


def unchained(connection: Connection, team_id: str) -> Sequence[Entry]:
    """Return the entries that no link stands for, the oldest first."""
    columns = [AUDIT.c[name] for name in CONTENT]
    has_link = select(LINKS.c.id).where(LINKS.c.audit_id == AUDIT.c.id).exists()
    mine = select(*columns).where(AUDIT.c.team_id == team_id, ~has_link).order_by(AUDIT.c.id)
    return connection.execute(mine).mappings().all()


def adopt(connection: Connection, team_id: str) -> int:
    """Chain what a version of hour48 without a chain has written; return how many entries."""
    found = unchained(connection, team_id)
    if found:
        append(connection, team_id, found)
    return len(found)


def chain_sessions(sessions: sessionmaker[Session]) -> None:
    """Let every transaction of these sessions chain the entries that it writes."""
    sessions.configure(info={_NEW: ()})
    event.listen(sessions, "before_commit", _chain)
    event.listen(sessions, "after_rollback", _forget)


@event.listens_for(AuditEntry, "after_insert")
def _collect(_mapper: object, _connection: Connection, row: AuditEntry) -> None:
    session = object_session(row)
    if session is not None and _NEW in session.info:
        session.info[_NEW] = (*session.info[_NEW], row)


def _chain(session: Session) -> None:
    """Chain what the transaction has written, as the last thing that it does."""
    if session.in_nested_transaction():
        return
    session.flush()
    written, session.info[_NEW] = sorted(session.info[_NEW], key=attrgetter("id")), ()
    kept: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in written:
        if inspect(row).persistent:
            kept[row.team_id].append({name: getattr(row, name) for name in CONTENT})
    for team_id in sorted(kept):  # always in one order, so that no two transactions deadlock
        append(session.connection(), team_id, kept[team_id])


def _forget(session: Session) -> None:
    session.info[_NEW] = ()
