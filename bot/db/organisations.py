"""Organisations (Enterprise Grid): one installation for the workspaces that Slack grants it.

Rows stay with their workspace: an organisation shares its token with its workspaces and nothing
else. Slack tells which ones by two events; since an event can be lost, the list is also compared
with Slack's own now and then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, sessionmaker

from bot.db.installations import EVENT_PRECISION, end, row_of
from bot.db.models import Installation


class Organisations:
    """The organisations that installed the bot, and the workspaces that each one covers.

    Args:
        sessions: the factory of writing sessions.
    """

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self._sessions = sessions

    def grant(
        self,
        enterprise_id: str,
        team_ids: Iterable[str],
        now: datetime,
        happened_at: datetime | None = None,
    ) -> list[str]:
        """Let an organisation's installation serve workspaces.

        Args:
            enterprise_id: the organisation.
            team_ids: its workspaces.
            now: the moment.
            happened_at: when it was granted; what was revoked since then stays revoked.

        Returns:
            The workspaces that were not served by it before.
        """
        with self._sessions.begin() as session:
            return [
                team_id
                for team_id in team_ids
                if _grant(session, enterprise_id, team_id, now, happened_at or now)
            ]

    def revoke(
        self,
        enterprise_id: str,
        team_ids: Iterable[str],
        now: datetime,
        happened_at: datetime | None = None,
    ) -> list[str]:
        """End an organisation's hold on workspaces; one with an installation of its own stays.

        Returns:
            The workspaces that have gone.
        """
        with self._sessions.begin() as session:
            return [
                team_id
                for team_id in team_ids
                if _revoke(session, enterprise_id, team_id, now, happened_at or now)
            ]

    def leave(
        self, enterprise_id: str, now: datetime, happened_at: datetime | None = None
    ) -> list[str]:
        """Forget an organisation's token, and with it every workspace that had no other.

        Returns:
            The workspaces that have gone, and the organisation; none where the word is older than
            the installation.
        """
        with self._sessions.begin() as session:
            row = row_of(session, enterprise_id)
            late = happened_at and row and happened_at + EVENT_PRECISION <= row.installed_at
            if row is None or not row.is_org or late:
                return []
            end(session, row, now)
            covered = session.scalars(_covered(enterprise_id)).all()
            gone = [team for team in covered if _revoke(session, enterprise_id, team, now, now)]
        return [*gone, enterprise_id]

    def compare(self, enterprise_id: str, team_ids: Sequence[str], now: datetime) -> list[str]:
        """Bring the workspaces of an organisation to what Slack lists.

        Returns:
            The workspaces that changed.
        """
        with self._sessions() as session:
            known = set(session.scalars(_covered(enterprise_id)))
        gone = self.revoke(enterprise_id, sorted(known - set(team_ids)), now)
        return [*self.grant(enterprise_id, team_ids, now), *gone]

    def all_ids(self) -> Sequence[str]:
        """Return the organisations that are served."""
        installed = Installation.is_org, Installation.uninstalled_at.is_(None)
        with self._sessions() as session:
            return session.scalars(select(Installation.team_id).where(*installed)).all()


def _covered(enterprise_id: str) -> Select[str]:
    return select(Installation.team_id).where(
        Installation.enterprise_id == enterprise_id, Installation.by_org
    )


def _grant(
    session: Session, enterprise_id: str, team_id: str, now: datetime, happened_at: datetime
) -> bool:
    row = row_of(session, team_id) or Installation(team_id=team_id, installed_at=now)
    gone_at = row.uninstalled_at
    if gone_at is not None and happened_at + EVENT_PRECISION <= gone_at:
        return False
    if row.by_org and row.enterprise_id == enterprise_id and gone_at is None:
        return False
    row.enterprise_id, row.by_org = enterprise_id, True
    row.installed_at, row.uninstalled_at = happened_at, None
    session.add(row)
    return True


def _revoke(
    session: Session, enterprise_id: str, team_id: str, now: datetime, happened_at: datetime
) -> bool:
    row = row_of(session, team_id)
    if row is None or not row.by_org or row.enterprise_id != enterprise_id:
        return False
    if happened_at + EVENT_PRECISION <= row.installed_at:
        return False
    row.by_org = False
    if row.bot_token is not None:
        return False
    end(session, row, now)
    return True
