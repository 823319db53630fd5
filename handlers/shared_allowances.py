"""One token bucket a person in the database, for all processes and replicas that answer people."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final

from sqlalchemy import Table, case, delete
from sqlalchemy.orm import Session, sessionmaker

from bot.db.person_rate_models import PersonAllowance
from bot.outbox.queue import INSERTS

FORGOTTEN_SECONDS: Final = 600.0
"""A bucket that nobody took from for so long is as full as a new one."""
ALLOWANCES: Final[Table] = PersonAllowance.__table__  # type: ignore[assignment]  # a model of its own table


Person = tuple[str, str]
"""The workspace, and a hash that stands for the person."""


class SharedAllowances:
    """Takes what a process has counted from the shared buckets.

    Args:
        sessions: opens transactions.
        clock: seconds since 1970.
    """

    def __init__(
        self, sessions: sessionmaker[Session], clock: Callable[[], float] = time.time
    ) -> None:
        self._sessions = sessions
        self._clock = clock
        self._swept = clock()

    def take(
        self, spent: Mapping[Person, int], a_second: float, burst: float
    ) -> dict[Person, float]:
        """Take from several buckets in one statement.

        Args:
            spent: by person, how much was used since the last time.
            a_second: what a bucket gains.
            burst: what it holds.

        Returns:
            By person, what is left; below zero where processes together let too much pass.
        """
        now = self._clock()
        with self._sessions.begin() as session:
            found = self._taken(session, spent, now, a_second, burst)
            if now - self._swept > FORGOTTEN_SECONDS:
                self._swept = now
                old = PersonAllowance.at < now - FORGOTTEN_SECONDS
                session.execute(delete(PersonAllowance).where(old))
        return found

    @staticmethod
    def _taken(
        session: Session, spent: Mapping[Person, int], now: float, a_second: float, burst: float
    ) -> dict[Person, float]:
        rows = [
            {"team_id": team, "person": person, "allowance": burst - count, "at": now}
            for (team, person), count in sorted(
                spent.items()
            )  # in one order, so that nobody waits in a circle
        ]
        insert = INSERTS[session.get_bind().dialect.name](ALLOWANCES).values(rows)
        known, new = ALLOWANCES.c, insert.excluded
        since = case((new.at > known.at, new.at - known.at), else_=0.0)
        refilled = known.allowance + since * a_second
        full = case((refilled > burst, burst), else_=refilled)
        put = insert.on_conflict_do_update(
            index_elements=["team_id", "person"],
            set_={"allowance": full - (burst - new.allowance), "at": new.at},
        ).returning(known.team_id, known.person, known.allowance)
        return {(team, who): float(left) for team, who, left in session.execute(put)}
