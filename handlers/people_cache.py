"""60-second cache of people whose rows are already stored."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import Final

KEPT_SECONDS: Final = 60.0
"""Rows of a workspace that leaves are erased days later; nothing else makes somebody unknown."""
MOST_KEPT: Final = 20_000


class PeopleCache:
    """Remembers for a minute that somebody's row is there and fresh."""

    def __init__(self) -> None:
        self._until: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._languages: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()

    def has(self, team_id: str, user_id: str) -> bool:
        """Return whether somebody was known within the last minute."""
        return self._until.get((team_id, user_id), 0.0) > time.monotonic()

    def language(self, team_id: str, user_id: str) -> str | None:
        """Return what somebody reads, where that is known."""
        return self._languages.get((team_id, user_id)) if self.has(team_id, user_id) else None

    def keep(self, team_id: str, user_id: str, language: str | None = None) -> None:
        """Remember that somebody is known, and what they read."""
        with self._lock:
            self._until[team_id, user_id] = time.monotonic() + KEPT_SECONDS
            self._until.move_to_end((team_id, user_id))
            if language is not None:
                self._languages[team_id, user_id] = language
            while len(self._until) > MOST_KEPT:
                self._languages.pop(self._until.popitem(last=False)[0], None)
