"""SQLite's write lock, granted to a process's threads in the order of asking.

SQLite itself lets waiting writers sleep and try again, so a busy loop of short transactions can
keep a person's press waiting for seconds. All writers of the file are threads of one bot.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.pool import ConnectionPoolEntry

_MINE = "hour48_writes"


class WriteLock:
    """A lock that is given in the order of asking.

    Args:
        patience: seconds after which somebody who waits goes on without it; SQLite's own lock
            still holds then.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._guard = threading.Lock()
        self._is_taken = False
        self._queue: deque[threading.Event] = deque()

    def take(self) -> bool:
        """Wait for the turn.

        Returns:
            Whether it came; who has it gives it back.
        """
        with self._guard:
            if not self._is_taken:
                self._is_taken = True
                return True
            mine = threading.Event()
            self._queue.append(mine)
        if mine.wait(self._patience):
            return True
        with self._guard:
            if mine.is_set():
                return True
            self._queue.remove(mine)
            return False

    def give(self) -> None:
        """Pass the turn on."""
        with self._guard:
            if self._queue:
                self._queue.popleft().set()
            else:
                self._is_taken = False


def use_write_lock(engine: Engine, patience: float) -> None:
    """Let the engine's writing transactions begin in the order in which they were asked for."""
    turns = WriteLock(patience)

    @event.listens_for(engine, "begin")
    def wait(connection: Connection) -> None:
        info = connection.info
        reads = connection.get_execution_options().get("read_only")
        if not reads and not info.get(_MINE):
            info[_MINE] = turns.take()

    def pass_on(_dbapi: Any, entry: ConnectionPoolEntry, *_: Any) -> None:
        if entry.info.pop(_MINE, False):
            turns.give()

    for ending in ("checkin", "invalidate"):
        event.listen(engine, ending, pass_on)
