"""Puts a sprint's bundle together, and checks one from anywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any, Final

from sqlalchemy import select

from bot.bundle.judged import VERDICT, Grounds, read_grounds
from bot.bundle.seal import SealBrokenError, open_sealed, seal, sealing_key
from bot.db.audit_chain import AUDIT, CONTENT, HEADS, LINKS, commitment, link_hash
from bot.db.models import Sprint
from bot.debrief.queries import experience_of
from bot.domain.errors import InputError
from bot.messages.catalog import say_plain
from bot.playbook.figures import figures_of, priors_of
from bot.records.queries import record_of
from bot.unit_of_work import UnitOfWork

ABOUT: Final = "about.json"
TRAIL: Final = "audit.jsonl"
LINK: Final = (*("seq", "salt", "actor_commitment", "facts_commitment", "previous", "hash"),)
README: Final = "README.txt"


@dataclass(frozen=True, slots=True)
class Verified:
    """A bundle that holds.

    Args:
        about: what it says of itself.
        fingerprint: of the key that sealed it.
        entries: how many audit entries are in it.
        version: of this hour48, which judged the same.
    """

    about: dict[str, Any]
    fingerprint: str
    entries: int
    version: str


def make_bundle(uow: UnitOfWork, sprint: Sprint, secrets: Sequence[str]) -> bytes:
    """Return a sprint's bundle.

    Raises:
        InputError: the sprint has not started, or no key is configured.
    """
    if sprint.started_at is None:
        raise InputError(say_plain("bundle.sprint_not_started", number=sprint.id))
    key = sealing_key(secrets)
    grounds = Grounds(
        record_of(uow, sprint),
        experience_of(uow, sprint.started_at),
        priors_of(uow.playbook),
        figures_of(uow.playbook),
    )
    files = {
        **grounds.files(),
        ABOUT: _spelled(_about(uow, sprint)),
        TRAIL: b"".join(json.dumps(entry).encode() + b"\n" for entry in _entries(uow, sprint)),
        README: say_plain("bundle.read_me").encode(),
    }
    return seal(files, key)


def _about(uow: UnitOfWork, sprint: Sprint) -> dict[str, Any]:
    head = uow.session.execute(
        select(HEADS.c.seq, HEADS.c.hash).where(HEADS.c.team_id == uow.team_id)
    ).one_or_none()
    return {
        "sprint": sprint.id,
        "team": uow.team_id,
        "title": sprint.title,
        "status": str(sprint.status),
        "made_at": uow.now.isoformat(),
        "hour48": version("hour48"),
        "chain_head": {"entry": head.seq, "hash": head.hash} if head else None,
        "as_closed": sprint.verdict,
    }


def _entries(uow: UnitOfWork, sprint: Sprint) -> Iterator[dict[str, Any]]:
    columns = [*(AUDIT.c[name] for name in CONTENT), *(LINKS.c[name] for name in LINK)]
    rows = uow.session.execute(
        select(*columns)
        .join(LINKS, LINKS.c.audit_id == AUDIT.c.id)
        .where(AUDIT.c.sprint_id == sprint.id)
        .order_by(LINKS.c.seq)
    )
    for row in rows.mappings():
        yield {**row, "at": row["at"].isoformat()}


def verify_bundle(raw: bytes, key: str | None = None) -> Verified:
    """Check every byte of a bundle, its audit entries, and judge its sprint anew.

    Args:
        raw: the file.
        key: the fingerprint of the key that has to have sealed it; any when left out.

    Raises:
        SealBrokenError: something in it is not as it was sealed.
        InputError: another version of hour48 made it, and this one cannot judge it the same.
    """
    bundle = open_sealed(raw)
    if key is not None and bundle.fingerprint.replace(":", "") != key.replace(":", "").lower():
        raise SealBrokenError(say_plain("bundle.other_key", sealed_by=bundle.fingerprint))
    about = json.loads(bundle.files[ABOUT])
    entries = [json.loads(line) for line in bundle.files[TRAIL].splitlines()]
    for entry in entries:
        _refuse_other_entry(entry)
    if read_grounds(bundle.files).verdict_bytes() != bundle.files[VERDICT]:
        raise InputError(_other_verdict(str(about["hour48"])))
    return Verified(about, bundle.fingerprint, len(entries), version("hour48"))


def _other_verdict(made_by: str) -> str:
    ours = version("hour48")
    if made_by == ours:
        return say_plain("bundle.verdict_differs")
    return say_plain("bundle.judged_by_other_version", ours=ours, made_by=made_by)


def _refuse_other_entry(entry: dict[str, Any]) -> None:
    parsed = {**entry, "at": datetime.fromisoformat(entry["at"])}
    actor, facts, salt = entry["actor_commitment"], entry["facts_commitment"], entry["salt"]
    found = link_hash(parsed, entry["seq"], entry["previous"], actor, facts)
    is_kept = salt is None or (actor, facts) == (
        commitment(salt, "actor", entry["actor_id"]),
        commitment(salt, "facts", entry["facts"]),
    )
    if found != entry["hash"] or not is_kept:
        raise SealBrokenError(say_plain("bundle.entry_changed", seq=entry["seq"]))


def _spelled(value: Any) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()
