"""Workspaces that installed the bot: their tokens, sealed, and what is left when they go.

An organisation that installed the bot for all of its workspaces (Enterprise Grid) has a row of its
own, and so has each workspace that it covers; see `bot.db.organisations`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

from sqlalchemy import bindparam, delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from bot.db.columns import Base
from bot.db.encryption import Encryption
from bot.db.models import AuditEntry, Installation, Receipt, Sprint, Timer
from bot.db.outbox_models import OutboxItem
from bot.domain.enums import UNFINISHED, AuditAction, AuditSubject, OutboxState, SprintStatus

RENEW_BEFORE: Final = timedelta(hours=2)
"""Tokens that expire are renewed this long before they do."""
EVENT_PRECISION: Final = timedelta(seconds=1)
"""Slack tells the moment of an event in whole seconds."""
RECEIPTS_KEPT: Final = timedelta(days=7)
"""Slack delivers nothing again after minutes; a week is for whoever looks into a fault."""
SIGNED: Final = "signed:"
"""What the receipts of signed requests begin with; they are needed for minutes only."""
SIGNED_KEPT: Final = timedelta(minutes=15)
"""Longer than a signature is taken, with clocks that differ."""
MISSING_SCOPE: Final = "missing_scope"
"""Slack's error for a call that a workspace has not granted."""
NO_TEAM: Final = "-"
"""Stands for the workspace in receipts of a time when none is known yet."""
LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)
_OF_TEAM: Final = select(Installation).where(Installation.team_id == bindparam("team_id"))
THE_WORKSPACE: Final = "workspace"
"""The actor of what happens because a workspace has gone."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """A workspace's way into Slack.

    Args:
        team_id: the workspace; of an organisation's own tokens, the organisation.
        bot_token: what calls are made with.
        bot_user_id: the bot's own user there.
        team_name: what the workspace is called.
        refresh_token: what the next token is got with, where tokens expire.
        expires_at: when the token expires; None when it does not.
        scopes: what was granted, separated by commas.
        installed_by: who installed it.
        enterprise_id: the organisation that the workspace belongs to, where Slack named one.
        is_org: whether the token is an organisation's, which serves several workspaces.
        app_id: the app at Slack; known only of a fresh installation.
    """

    team_id: str
    bot_token: str = field(repr=False)
    bot_user_id: str | None = None
    team_name: str | None = None
    refresh_token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None
    scopes: str | None = None
    installed_by: str | None = None
    enterprise_id: str | None = None
    is_org: bool = False
    app_id: str | None = None

    @classmethod
    def of(cls, answer: Mapping[str, Any], now: datetime) -> Self:
        """Read Slack's answer to `oauth.v2.access`, for a code or for a refresh token.

        Raises:
            LookupError: it names no workspace, and no organisation for all of whose workspaces
                the bot was installed.
        """
        lasts, is_org = answer.get("expires_in"), bool(answer.get("is_enterprise_install"))
        enterprise = answer.get("enterprise") or {}
        place = enterprise if is_org else answer.get("team") or {}
        return cls(
            team_id=str(place["id"]),
            bot_token=str(answer["access_token"]),
            bot_user_id=answer.get("bot_user_id"),
            team_name=place.get("name"),
            enterprise_id=enterprise.get("id"),
            is_org=is_org,
            app_id=answer.get("app_id"),
            refresh_token=answer.get("refresh_token"),
            expires_at=now + timedelta(seconds=int(lasts)) if lasts else None,
            scopes=answer.get("scope"),
            installed_by=(answer.get("authed_user") or {}).get("id"),
        )


class Installations:
    """The workspaces that installed the bot.

    Args:
        sessions: the factory of writing sessions.
        encryption: seals the tokens; None where the one token stands in the configuration.
    """

    def __init__(
        self, sessions: sessionmaker[Session], encryption: Encryption | None = None
    ) -> None:
        self._sessions = sessions
        self._encryption = encryption

    def save(self, tokens: Tokens, now: datetime) -> None:
        """Keep a workspace's tokens, sealed; a workspace that comes back is as new."""
        with self._sessions.begin() as session:
            row = row_of(session, tokens.team_id) or Installation(team_id=tokens.team_id)
            row.installed_at = now
            row.uninstalled_at = None
            row.installed_by = tokens.installed_by
            row.enterprise_id = tokens.enterprise_id
            row.is_org = tokens.is_org
            if tokens.scopes != row.scopes:
                _try_again(session, tokens.team_id)
            self._write(row, tokens)
            session.add(row)

    def renewed(self, tokens: Tokens) -> None:
        """Keep a renewed token, unless the workspace has gone meanwhile."""
        with self._sessions.begin() as session:
            row = row_of(session, tokens.team_id)
            if row is not None and row.uninstalled_at is None:
                self._write(row, tokens)

    def _write(self, row: Installation, tokens: Tokens) -> None:
        row.team_name = tokens.team_name or row.team_name
        row.bot_user_id = tokens.bot_user_id or row.bot_user_id
        row.bot_token = self._sealed(tokens.bot_token)
        row.refresh_token = self._sealed(tokens.refresh_token)
        row.token_expires_at = tokens.expires_at
        row.scopes = tokens.scopes or row.scopes

    def _sealed(self, secret: str | None) -> str | None:
        return self._open_vault().seal(secret) if secret else None

    def _open_vault(self) -> Encryption:
        if self._encryption is None:
            message = "tokens are only kept where database.encryption_keys is set"
            raise RuntimeError(message)
        return self._encryption

    def find(self, team_id: str) -> Tokens | None:
        """Return a workspace's tokens; None when it has not installed the bot, or has gone.

        Its own come first, then those of the organisation whose installation covers it.
        """
        with self._sessions() as session:
            row = session.scalars(_OF_TEAM, {"team_id": team_id}).one_or_none()
            own = self._read(row) if row else None
            if own or row is None or not row.by_org or row.uninstalled_at:
                return own
            org = session.scalars(_OF_TEAM, {"team_id": row.enterprise_id}).one_or_none()
        shared = self._read(org) if org else None
        return replace(shared, team_id=team_id, team_name=row.team_name) if shared else None

    def _read(self, row: Installation) -> Tokens | None:
        if row.bot_token is None or row.uninstalled_at is not None:
            return None
        encryption = self._open_vault()
        return Tokens(
            team_id=row.team_id,
            bot_token=encryption.open(row.bot_token),
            bot_user_id=row.bot_user_id,
            team_name=row.team_name,
            refresh_token=encryption.open(row.refresh_token) if row.refresh_token else None,
            expires_at=row.token_expires_at,
            scopes=row.scopes,
            installed_by=row.installed_by,
            enterprise_id=row.enterprise_id,
            is_org=row.is_org,
        )

    def to_renew(self, now: datetime) -> Sequence[Tokens]:
        """Return the tokens that expire soon."""
        with self._sessions() as session:
            rows = session.scalars(
                select(Installation).where(
                    Installation.uninstalled_at.is_(None),
                    Installation.refresh_token.is_not(None),
                    Installation.token_expires_at < now + RENEW_BEFORE,
                )
            ).all()
        return [tokens for tokens in map(self._read, rows) if tokens]

    def first_time(self, key: str, now: datetime, team_id: str = NO_TEAM) -> bool:
        """Return whether `key` is seen for the first time, by any bot on this database."""
        try:
            with self._sessions.begin() as session:
                session.add(Receipt(team_id=team_id, key=key, received_at=now))
        except IntegrityError:
            return False
        return True

    def reseal(self) -> int:
        """Seal every token with the newest key; returns how many workspaces there are.

        Raises:
            SealedError: a token was sealed with a key that is not configured any more.
        """
        encryption = self._open_vault()
        with self._sessions.begin() as session:
            rows = session.scalars(
                select(Installation).where(Installation.bot_token.is_not(None)).with_for_update()
            ).all()
            for row in rows:
                row.bot_token = encryption.reseal(str(row.bot_token))
                row.refresh_token = row.refresh_token and encryption.reseal(row.refresh_token)
        return len(rows)

    # --- leaving ----------------------------------------------------------------------------

    def leave(self, team_id: str, now: datetime, happened_at: datetime | None = None) -> bool:
        """Forget a workspace's tokens at once and stop everything that would speak to it.

        Args:
            team_id: the workspace.
            now: the moment.
            happened_at: when it was uninstalled; a late message about an earlier installation
                is not about this one.

        Returns:
            Whether it left.
        """
        with self._sessions.begin() as session:
            row = row_of(session, team_id) or Installation(team_id=team_id, installed_at=LONG_AGO)
            if happened_at is not None and happened_at + EVENT_PRECISION <= row.installed_at:
                return False
            session.add(row)
            row.bot_token = row.refresh_token = row.token_expires_at = None
            if row.by_org:  # its organisation's installation goes on
                return False
            end(session, row, now)
        return True

    def back(self, team_id: str, scopes: str | None = None) -> None:
        """Note that a workspace whose token stands in the configuration is reached again.

        Args:
            team_id: the workspace.
            scopes: what was granted, as Slack lists it; None where it did not say.
        """
        with self._sessions.begin() as session:
            row = row_of(session, team_id) or Installation(team_id=team_id, installed_at=LONG_AGO)
            row.uninstalled_at = None
            if scopes is not None and scopes != row.scopes:
                _try_again(session, team_id)
                row.scopes = scopes
            session.add(row)

    def scopes(self, team_id: str) -> str | None:
        """Return what was granted in a workspace, as Slack lists it; None where it is not known."""
        with self._sessions() as session:
            return scopes_of(session, team_id)

    def hush(self) -> None:
        """Drop what was declared after a workspace had gone, such as by a probe under way."""
        gone = select(Installation.team_id).where(Installation.uninstalled_at.is_not(None))
        with self._sessions.begin() as session:
            session.execute(
                update(OutboxItem)
                .where(OutboxItem.team_id.in_(gone), OutboxItem.state == OutboxState.WAITING)
                .values(state=OutboxState.DROPPED)
            )

    def left_before(self, moment: datetime) -> Sequence[str]:
        """Return the workspaces that left before `moment`."""
        with self._sessions() as session:
            return session.scalars(
                select(Installation.team_id).where(Installation.uninstalled_at <= moment)
            ).all()

    def forget_receipts(self, now: datetime) -> None:
        """Delete receipts that are too old for the same thing to be delivered again."""
        signed = Receipt.key.startswith(SIGNED) & (Receipt.received_at < now - SIGNED_KEPT)
        with self._sessions.begin() as session:
            session.execute(delete(Receipt).where(Receipt.received_at < now - RECEIPTS_KEPT))
            session.execute(delete(Receipt).where(signed))

    def erase(self, team_id: str) -> None:
        """Delete everything that a workspace left behind, its audit trail too.

        The database lets the trail go only while the installation says that the workspace has
        gone, so that row is the last one.
        """
        last = Base.metadata.tables[Installation.__tablename__]
        tables = [table for table in reversed(Base.metadata.sorted_tables) if table is not last]
        with self._sessions.begin() as session:
            for table in [*tables, last]:
                if "team_id" in table.c:
                    session.execute(delete(table).where(table.c.team_id == team_id))


def scopes_of(session: Session, team_id: str) -> str | None:
    """Return what a workspace granted, or the organisation that covers it; None if not known."""
    row = session.scalars(_OF_TEAM, {"team_id": team_id}).one_or_none()
    if row is not None and row.by_org and row.bot_token is None:
        row = session.scalars(_OF_TEAM, {"team_id": row.enterprise_id}).one_or_none()
    return row.scopes if row else None


def _try_again(session: Session, team_id: str) -> None:
    """Let what was refused for want of a scope be tried once more; scopes have changed."""
    covered = select(Installation.team_id).where(
        Installation.enterprise_id == team_id, Installation.by_org
    )
    session.execute(
        update(OutboxItem)
        .where(
            or_(OutboxItem.team_id == team_id, OutboxItem.team_id.in_(covered)),
            OutboxItem.state == OutboxState.FAILED,
            OutboxItem.error == MISSING_SCOPE,
        )
        .values(state=OutboxState.WAITING, attempts=0, not_before=None)
    )


def row_of(session: Session, team_id: str) -> Installation | None:
    """Return the row of a workspace or organisation, locked; None where there is none."""
    return session.scalars(_OF_TEAM.with_for_update(), {"team_id": team_id}).one_or_none()


def end(session: Session, row: Installation, now: datetime) -> None:
    """Note that a workspace has gone, and stop everything that would speak to it."""
    row.bot_token = row.refresh_token = row.token_expires_at = None
    row.uninstalled_at = row.uninstalled_at or now
    _drop_pending(session, row.team_id, now)


def _drop_pending(session: Session, team_id: str, now: datetime) -> None:
    """Drop what waits for a workspace, and end its sprints, which nobody hears any more."""
    for model in (OutboxItem, Timer):
        session.execute(
            update(model)
            .where(model.team_id == team_id, model.state == OutboxState.WAITING)
            .values(state=OutboxState.DROPPED)
        )
    ended = session.scalars(
        select(Sprint).where(Sprint.team_id == team_id, Sprint.status.in_(UNFINISHED))
    ).all()
    for sprint in ended:
        sprint.status = SprintStatus.CANCELLED
        sprint.ended_at = sprint.ended_at or now
        session.add(
            AuditEntry(
                team_id=team_id,
                sprint_id=sprint.id,
                at=now,
                actor_id=THE_WORKSPACE,
                action=AuditAction.CANCELLED,
                subject=AuditSubject.SPRINT,
                subject_id=sprint.id,
                facts={"reason": "hour48 was removed from the workspace"},
            )
        )
