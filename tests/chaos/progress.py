"""Waiting for bots that keep dying: as long as anything moves, and no longer.

What counts as time is what bots got to live for, so a busy machine is not taken for a stuck bot.
Whoever has seen too many bots die asks for mercy; a bot that is spared and changes nothing for a
minute of its life is stuck, and then it is said what waits for what.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from tests.chaos.bots import Mercy

PAUSE = 0.03
LOOK_EVERY = 0.5
LIVES_BEFORE_MERCY = 4
STILL_TICKS = 600
"""Tenths of a second of a spared bot's life in which nothing moves, and it counts as stuck."""
MOST_TICKS = 6_000
"""The same in which something moves and what is waited for still does not come."""
NO_BOT_SECONDS = 300.0
"""Real seconds without any bot that runs at all."""

SIGNS = (
    "select count(*), coalesce(sum(sent_version), 0) from outbox",
    "select count(*) from outbox where state <> 'waiting'",
    "select count(*) from timers where state <> 'waiting'",
    "select count(*) from audit",
    "select count(*) from receipts",
)
"""What only grows when bots do what they are for."""


class GaveUpError(AssertionError):
    """The bot did not do what it was waited for, however long it lived."""


class Lives(Protocol):
    """What a wait needs to know of the bots; see `tests.chaos.bots.BotSupervisor`."""

    mercy: Mercy

    @property
    def lives(self) -> int: ...

    @property
    def ticks(self) -> float: ...


class Patience:
    """Waits for what bots do.

    Args:
        engine: the bots' database.
        bots: their lives.
        expected: errors that mean that it is not so yet.
    """

    def __init__(
        self, engine: Engine, bots: Lives, expected: tuple[type[Exception], ...] = ()
    ) -> None:
        self._engine = engine
        self._bots = bots
        self._expected = expected

    def until(self, what: str, attempt: Callable[[], Any]) -> Any:
        """Try until `attempt()` is truthy, and return that.

        Raises:
            GaveUpError: a spared bot has lived for long and nothing moved.
        """
        wait = _Wait(what, self._bots, self._signs)
        try:
            while True:
                try:
                    if result := attempt():
                        return result
                except self._expected as missing:
                    wait.seen = missing
                wait.go_on()
                time.sleep(PAUSE)
        finally:
            self._bots.mercy.no_more(wait)

    def _signs(self) -> tuple[Any, ...] | None:
        """Return what has been done so far; None while the database is away."""
        try:
            with self._engine.connect() as connection:
                return tuple(tuple(connection.execute(text(one)).one()) for one in SIGNS)
        except DBAPIError:
            return None


class _Wait:
    """One wait: how many bots have come and gone meanwhile, and since when nothing moves."""

    def __init__(self, what: str, bots: Lives, signs: Callable[[], tuple[Any, ...] | None]) -> None:
        self._what = what
        self._bots = bots
        self._read_signs = signs
        self._lives = bots.lives
        self._next_look = time.monotonic() + LOOK_EVERY
        self._signs: tuple[Any, ...] | None = None
        self._ticks, self._ticked_at = bots.ticks, time.monotonic()
        self._still_since = self._spared_since = self._ticks
        self._has_asked = False
        self.seen: object = "nothing happened"

    def go_on(self) -> None:
        """Ask for mercy when it is time, and give up when nothing moves any more."""
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + LOOK_EVERY
        ticks = self._bots.ticks
        if ticks > self._ticks:
            self._ticks, self._ticked_at = ticks, now
        if self._bots.lives - self._lives >= LIVES_BEFORE_MERCY and not self._has_asked:
            self._bots.mercy.ask(self)
            self._has_asked = True
            self._spared_since = self._still_since = ticks
        if (signs := self._read_signs()) != self._signs:
            self._signs, self._still_since = signs, ticks
        if why := self._why_to_give_up(ticks, now):
            raise GaveUpError(f"{self._what}: {self.seen}; {why}")

    def _why_to_give_up(self, ticks: float, now: float) -> str:
        if now - self._ticked_at > NO_BOT_SECONDS:
            return f"no bot has run for {NO_BOT_SECONDS:.0f} s"
        if ticks - self._still_since > STILL_TICKS:
            return f"nothing has moved for {STILL_TICKS / 10:.0f} s of a bot's life"
        if ticks - self._spared_since > MOST_TICKS:
            return f"it has not come in {MOST_TICKS / 10:.0f} s of a bot's life"
        return ""


# --- what is stuck --------------------------------------------------------------------------------

DUE = "select sprint_id, key, due_at from timers where state = 'waiting' order by due_at limit 3"
HEADS = """
    select o.lane, o.key, o.in_doubt, o.not_before, o.attempts, o.error, l.owner, l.leased_until
    from outbox o left join lanes l on l.team_id = o.team_id and l.lane = o.lane
    where o.state = 'waiting' order by o.priority, o.id limit 12
"""
LINES_OF_LOG = 600


def what_waits(engine: Engine, now: object) -> list[str]:
    """Say which timers and messages wait, and who holds their lanes.

    Args:
        engine: the bots' database.
        now: the sprints' time.
    """
    try:
        with engine.connect() as connection:
            timers = connection.execute(text(DUE)).all()
            heads = connection.execute(text(HEADS)).mappings().all()
    except DBAPIError as away:
        return [f"the database does not answer: {away}"]
    told = [f"it is {now}; next timer: sprint {one[0]}, {one[1]}, due {one[2]}" for one in timers]
    return told + ["waiting: " + ", ".join(f"{k}={v}" for k, v in one.items()) for one in heads]


def end_of(log: Path) -> str:
    """Return the last lines of the bots' log, where their threads stand among them."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return "\n".join(lines[-LINES_OF_LOG:])
