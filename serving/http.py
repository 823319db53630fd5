"""Serves an ASGI application with uvicorn on one of several sockets that share a port."""

from __future__ import annotations

import asyncio
import socket
import time
from ipaddress import ip_address
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bot.domain.errors import InputError
from serving.service import ARRIVED
from serving.texts import say

READ_SECONDS: Final = 5.0
"""Within which a request must be here, from its first byte to its last."""
KEEP_ALIVE_SECONDS: Final = 75
BACKLOG: Final = 2_048
_LATE: Final = (
    b"HTTP/1.1 408 Request Timeout\r\ncontent-type: application/json\r\nconnection: close\r\n"
    b'content-length: 63\r\n\r\n{"error":"The request did not come within 5 s.","field":"body"}'
)


class DeadlineProtocol(HttpToolsProtocol):
    """Hangs up on a caller whose request does not arrive in time; uvicorn waits for ever."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait(KEEP_ALIVE_SECONDS)

    def on_message_begin(self) -> None:
        """Begin to wait for the rest of a request."""
        super().on_message_begin()
        self._wait_no_more()
        self._wait(READ_SECONDS)

    def on_message_complete(self) -> None:
        """The request is here."""
        self.scope[ARRIVED] = time.perf_counter()  # type: ignore[typeddict-unknown-key]
        super().on_message_complete()
        self._wait_no_more()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._wait_no_more()
        super().connection_lost(exc)

    def _wait(self, seconds: float) -> None:
        self._deadline = self.loop.call_later(seconds, self._give_up)

    def _wait_no_more(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            self.transport.write(_LATE)
        self.transport.close()


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens on a port on which others of this user may listen as well.

    The kernel spreads callers over them.

    Args:
        host: the address.
        port: the port; 0 takes a free one, which others can then bind too.

    Raises:
        InputError: the address cannot be bound.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise InputError(
            say("cannot_listen_choose_another_host", host=host, port=port, strerror=error.strerror),
            field="port",
        ) from None
    bound.setblocking(False)
    bound.listen(BACKLOG)
    return bound


def is_local(host: str) -> bool:
    """Tell whether only this machine reaches an address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def server_of(
    app: Any, *, certificate: str | None = None, key: str | None = None
) -> uvicorn.Server:
    """Return a server that is to be run on a socket.

    Args:
        app: the ASGI application.
        certificate: file of TLS; a proxy's matter when left out.
        key: file of TLS.
    """
    config = uvicorn.Config(
        app,
        http=DeadlineProtocol,
        loop="uvloop",
        lifespan="off",
        ws="none",
        log_level="warning",
        log_config=None,  # its own would write lines of another shape
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=5,
        backlog=BACKLOG,
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )
    return uvicorn.Server(config)
