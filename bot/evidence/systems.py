"""Connected systems: their rows, settings and sealed secrets, and what the command shows."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.db.encryption import Encryption
from bot.db.evidence_models import EvidenceFact, EvidenceSystem
from bot.domain.errors import InputError
from bot.domain.waits import SystemEvent
from bot.evidence.contract import Adapter, SystemSettings
from bot.evidence.registry import adapter_of, is_installed
from bot.messages.catalog import say_plain
from bot.unit_of_work import UnitOfWork

HOOKS: Final = "/evidence/"
"""Where webhooks come in; the system's slug follows."""
SLUG_BYTES: Final = 18
SECRET_BYTES: Final = 32
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,38}")


@dataclass(frozen=True, slots=True)
class Connected:
    """A connected system, read.

    Args:
        row_id: its row.
        team_id: the workspace.
        name: what the administrator called it.
        adapter: how it is read.
        settings: what the administrator said about it.
        can_be_asked: there is an address and, where one is needed, a token.
    """

    row_id: int
    team_id: str
    name: str
    adapter: Adapter
    settings: SystemSettings
    can_be_asked: bool

    @property
    def origin(self) -> str:
        """What its facts are kept under."""
        return origin_of(self.row_id)


def origin_of(system_id: int) -> str:
    """Return what a system's facts are kept under."""
    return f"system:{system_id}"


@dataclass(frozen=True, slots=True)
class NewSystem:
    """What an administrator says to connect a system.

    Args:
        adapter: the adapter's name.
        name: what to call it; empty takes the adapter's name.
        settings: address, user, projects, names of states.
        secret: what webhooks are signed with; empty makes one, where there are webhooks and none
            was made before.
        token: what its API is called with; empty where it is not asked.
        allow_internal: its address may lead into the company's own network.
        renews_secret: a new secret takes the place of the one before.
    """

    adapter: str
    name: str = ""
    settings: SystemSettings = field(default_factory=SystemSettings)
    secret: str = ""
    token: str = ""
    allow_internal: bool = False
    renews_secret: bool = False


def connect(
    session: Session, team_id: str, asked: NewSystem, encryption: Encryption, now: datetime
) -> tuple[EvidenceSystem, str]:
    """Connect a system, or change what is given of one of that name.

    Returns:
        Its row, and its new webhook secret in the clear: the only time that it is shown. Empty
        where it has none, or keeps the one that the other system signs with.

    Raises:
        InputError: a name, an address or a token cannot be taken; says which.
    """
    adapter = adapter_of(asked.adapter)
    name = asked.name or adapter.name.replace("_", "-")
    if not _NAME.fullmatch(name):
        raise InputError(say_plain("connect.name_invalid", name=name), field="name")
    _check(adapter, asked)
    row = find(session, team_id, name)
    if row is None:
        row = EvidenceSystem(
            team_id=team_id,
            name=name,
            slug=secrets.token_urlsafe(SLUG_BYTES),
            created_at=now,
        )
        session.add(row)
    elif row.adapter != adapter.name:
        raise InputError(
            say_plain("connect.name_taken", name=name, adapter=row.adapter),
            field="name",
        )
    is_made = adapter.verify is not None and (row.secret is None or asked.renews_secret)
    secret = asked.secret or (secrets.token_urlsafe(SECRET_BYTES) if is_made else "")
    row.adapter = adapter.name
    given = {key: value for key, value in _plain(asked).items() if value}
    row.settings = {**_plain(NewSystem(adapter.name)), **(row.settings or {}), **given}
    row.secret = encryption.seal(secret) if secret else row.secret
    row.token = encryption.seal(asked.token) if asked.token else row.token
    row.error = None
    session.flush()
    return row, secret


def _check(adapter: Adapter, asked: NewSystem) -> None:
    address = asked.settings.base_url
    if address and urlsplit(address).scheme not in ("https", "http"):
        raise InputError(say_plain("connect.address_invalid", address=address), field="url")
    if address.startswith("http://") and not asked.allow_internal:
        raise InputError(say_plain("connect.https_needed"), field="url")
    if adapter.verify is None and not address:
        raise InputError(say_plain("connect.address_missing", label=adapter.label), field="url")
    if asked.token and not (address or adapter.api):
        raise InputError(say_plain("connect.token_without_address"), field="url")


def _plain(asked: NewSystem) -> dict[str, Any]:
    settings = asked.settings
    return {
        "base_url": settings.base_url.rstrip("/"),
        "user": settings.user,
        "projects": list(settings.projects),
        "ended": list(settings.ended),
        "refused": list(settings.refused),
        "allow_internal": asked.allow_internal,
    }


def settings_of(plain: Mapping[str, Any], adapter: Adapter) -> SystemSettings:
    """Return a system's settings as they were stored; its own API where it names no address."""
    return SystemSettings(
        base_url=plain.get("base_url") or adapter.api,
        user=plain.get("user", ""),
        projects=tuple(plain.get("projects", ())),
        ended=tuple(plain.get("ended", ())),
        refused=tuple(plain.get("refused", ())),
    )


def as_connected(row: EvidenceSystem) -> Connected:
    """Return a row as features read it.

    Raises:
        InputError: its adapter is not installed any more.
    """
    adapter = adapter_of(row.adapter)
    settings = settings_of(row.settings, adapter)
    needs_token = adapter.authorize is not None
    can_be_asked = bool(adapter.poll and settings.base_url and (row.token or not needs_token))
    return Connected(row.id, row.team_id, row.name, adapter, settings, can_be_asked)


def systems(session: Session, team_id: str) -> list[Connected]:
    """Return a workspace's connected systems by name; not those whose adapter is gone."""
    rows = session.scalars(
        select(EvidenceSystem)
        .where(EvidenceSystem.team_id == team_id)
        .order_by(EvidenceSystem.name)
    )
    return [as_connected(row) for row in rows if is_installed(row.adapter)]


def find(session: Session, team_id: str, name: str) -> EvidenceSystem | None:
    """Return a system by its name."""
    return session.scalars(
        select(EvidenceSystem).where(EvidenceSystem.team_id == team_id, EvidenceSystem.name == name)
    ).one_or_none()


def by_slug(session: Session, slug: str) -> EvidenceSystem | None:
    """Return the system whose webhooks come to an address."""
    return session.scalars(select(EvidenceSystem).where(EvidenceSystem.slug == slug)).one_or_none()


def disconnect(session: Session, team_id: str, name: str) -> None:
    """Forget a system and its secrets; its facts and links stay.

    Raises:
        InputError: there is none of that name.
    """
    row = find(session, team_id, name)
    if row is None:
        known = ", ".join(each.name for each in systems(session, team_id)) or "none"
        raise InputError(
            say_plain("connect.system_called_connected", name=name, known=known), field="name"
        )
    session.delete(row)


def reseal(session: Session, encryption: Encryption) -> int:
    """Seal every system's secrets with the newest key.

    Returns:
        How many systems there are.
    """
    rows: Sequence[EvidenceSystem] = session.scalars(select(EvidenceSystem).with_for_update()).all()
    for row in rows:
        row.secret = row.secret and encryption.reseal(row.secret)
        row.token = row.token and encryption.reseal(row.token)
    return len(rows)


def overview(uow: UnitOfWork) -> list[tuple[str, str, str, str, str, str]]:
    """Return a line for each connected system: name, adapter, facts, times and problem."""
    counted = uow.session.execute(
        select(EvidenceFact.origin, func.count())
        .where(EvidenceFact.team_id == uow.team_id)
        .group_by(EvidenceFact.origin)
    )
    counts = {str(origin): count for origin, count in counted}
    rows = uow.session.scalars(
        select(EvidenceSystem)
        .where(EvidenceSystem.team_id == uow.team_id)
        .order_by(EvidenceSystem.name)
    )
    return [
        (
            row.name,
            row.adapter,
            str(counts.get(origin_of(row.id), 0)),
            when(row.last_event_at),
            when(row.last_asked_at),
            row.error or ("" if is_installed(row.adapter) else say_plain("connect.adapter_gone")),
        )
        for row in rows
    ]


def when(at: datetime | None) -> str:
    """Return a moment as the command line writes it; None is said in words."""
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else say_plain("connect.never")


def told_facts(facts: Iterable[SystemEvent]) -> list[str]:
    """Return facts as lines, in the order of time."""
    ordered = sorted(facts, key=lambda fact: (fact.at, fact.kind))
    return [
        f"{fact.at:%Y-%m-%d %H:%M}  {fact.subject}  {say_plain(f'connect.fact_{fact.kind}')}"
        f"{f'  {fact.value}' if fact.value else ''}"
        for fact in ordered
    ]
