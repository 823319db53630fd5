"""Links to reports: sealed, for one sprint of one workspace, and good for a week."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.db.encryption import Encryption, SealedError

LASTS: Final = timedelta(days=7)


class ReportLinks:
    """Makes and reads links.

    Args:
        public_url: where the page is reached from outside, without a slash at the end.
        secrets: what the seal's keys come from, the newest first.
    """

    def __init__(self, public_url: str, secrets: Sequence[str]) -> None:
        self._public_url = public_url
        self._encryption = Encryption.derived(secrets, "hour48 report links")

    def link(self, team_id: str, sprint_id: int, now: datetime, link_id: int | None = None) -> str:
        """Return the address of a sprint's report.

        Args:
            team_id: the workspace.
            sprint_id: the sprint.
            now: the moment from which it lasts.
            link_id: the row by which it can be revoked.
        """
        payload = json.dumps([team_id, sprint_id, link_id])
        sealed = self._encryption.seal(payload, now.timestamp())
        return f"{self._public_url}/reports/{sealed}"

    def read(self, sealed: str, now: datetime) -> tuple[str, int, int | None] | None:
        """Return a link's workspace, sprint and row; None when it is none, or too old."""
        try:
            opened = self._encryption.open(sealed, int(LASTS.total_seconds()), now.timestamp())
        except SealedError:
            return None
        team_id, sprint_id, *more = json.loads(opened)
        return str(team_id), int(sprint_id), more[0] if more else None
