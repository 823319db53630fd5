"""Keeps slow and half-open connections from shutting people out of the page.

Whoever connects is let in; when there are too many, the one that has kept its request unfinished
for the longest goes. A request that is complete is never cut off by another connection.
"""

from __future__ import annotations

import asyncio
import resource
import time
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bot.metrics import CONNECTIONS_CLOSED

log = structlog.get_logger()

SWEEP_SECONDS: Final = 1.0
KEPT_FREE: Final = 256
"""Files of a process that connections leave to the database, Slack and the log."""
FEWEST: Final = 64
LOG_EVERY: Final = 60.0


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """How much patience a process has with those who connect.

    Args:
        head_seconds: until a request's headers are there, from the connection or its first byte.
        body_seconds: until its body is there, from its headers.
        connections: at a time, all together.
        per_address: unfinished requests at a time of one address; a proxy has hardly any.
        head_bytes: of a request before its body.
    """

    head_seconds: float = 10.0
    body_seconds: float = 15.0
    connections: int = 2_000
    per_address: int = 32
    head_bytes: int = 65_536

    def fitting(self) -> int:
        """Return how many connections this process has files for."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = self.connections + KEPT_FREE
        if soft != resource.RLIM_INFINITY and soft < wanted:
            soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        allowed = self.connections if soft == resource.RLIM_INFINITY else soft - KEPT_FREE
        return max(FEWEST, min(self.connections, allowed))


@dataclass(slots=True)
class Guard:
    """Knows the connections of one process that have not sent all of a request.

    Args:
        limits: how much patience there is.
    """

    limits: ConnectionLimits
    most: int = 0
    _unfinished: OrderedDict[GuardedProtocol, float] = field(default_factory=OrderedDict)
    _by_address: Counter[str] = field(default_factory=Counter)
    _open: OrderedDict[GuardedProtocol, None] = field(default_factory=OrderedDict)
    _sweep: asyncio.TimerHandle | None = None
    _logged_at: float = -LOG_EVERY

    def __post_init__(self) -> None:
        self.most = self.limits.fitting()

    def came(self, connection: GuardedProtocol) -> None:
        """Take a connection in; make space for it where there is none."""
        self._open[connection] = None
        self.begins(connection, self.limits.head_seconds)
        if self._by_address[connection.address] > self.limits.per_address:
            self._close(self._oldest_of(connection.address), "address")
        if len(self._open) > self.most:
            self._close(self._least_wanted(connection), "full")

    def _oldest_of(self, address: str) -> GuardedProtocol:
        return next(each for each in self._unfinished if each.address == address)

    def _least_wanted(self, newest: GuardedProtocol) -> GuardedProtocol:
        """Return the oldest unfinished one, else the oldest that rests, else the newest."""
        oldest = next((each for each in self._unfinished if each is not newest), None)
        if oldest is not None:
            return oldest
        return next((each for each in self._open if each.rests and each is not newest), newest)

    def begins(self, connection: GuardedProtocol, seconds: float) -> None:
        """Wait for so long for the head or the body of a request."""
        self.is_done(connection)
        self._unfinished[connection] = time.monotonic() + seconds
        self._by_address[connection.address] += 1
        if self._sweep is None:
            self._sweep = connection.loop.call_later(SWEEP_SECONDS, self._look, connection.loop)

    def is_done(self, connection: GuardedProtocol) -> None:
        """Wait for it no longer: its request is complete, or it has gone."""
        if self._unfinished.pop(connection, None) is None:
            return
        self._by_address[connection.address] -= 1
        if not self._by_address[connection.address]:
            del self._by_address[connection.address]

    def went(self, connection: GuardedProtocol) -> None:
        """Forget a connection."""
        self.is_done(connection)
        self._open.pop(connection, None)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Close whoever has taken too long; look again while somebody is waited for."""
        now = time.monotonic()
        for connection in [each for each, until in self._unfinished.items() if until < now]:
            self._close(connection, "slow")
        self._sweep = loop.call_later(SWEEP_SECONDS, self._look, loop) if self._unfinished else None

    def _close(self, connection: GuardedProtocol, why: str) -> None:
        CONNECTIONS_CLOSED.labels(why).inc()
        now = time.monotonic()
        if now - self._logged_at > LOG_EVERY:
            self._logged_at = now
            log.warning(
                "page.connection_closed", why=why, address=connection.address, open=len(self._open)
            )
        self.went(connection)
        connection.transport.abort()


class GuardedProtocol(HttpToolsProtocol):
    """Uvicorn's protocol that tells a guard how far its request is."""

    guard: Guard

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.address = ""
        self.rests = True
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # sockets are all it is given
        """Tell the guard of a connection that has not asked for anything yet."""
        super().connection_made(transport)
        self.address = self.client[0] if self.client else ""
        self._head_bytes = 0
        self.guard.came(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the guard that it is gone."""
        self.guard.went(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Refuse a head that has no end."""
        super().data_received(data)
        if self.rests and not self.transport.is_closing():
            self._head_bytes += len(data)
            if self._head_bytes > self.guard.limits.head_bytes:
                self.send_400_response("Too long.")

    def on_message_begin(self) -> None:
        """Begin to wait for the head, from its first byte."""
        super().on_message_begin()
        self.rests = True
        self.guard.begins(self, self.guard.limits.head_seconds)

    def on_headers_complete(self) -> None:
        """Begin to wait for the body."""
        self.rests = False
        self._head_bytes = 0
        self.guard.begins(self, self.guard.limits.body_seconds)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Wait no longer."""
        self.guard.is_done(self)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Rest until the next request, for as long as connections are kept."""
        self.rests = True
        super().on_response_complete()


def guarded(limits: ConnectionLimits) -> type[GuardedProtocol]:
    """Return the protocol of one page, whose connections have a guard of their own."""
    return type("Guarded", (GuardedProtocol,), {"guard": Guard(limits)})
